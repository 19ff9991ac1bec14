"""`day`: one day of a box as a page that everybody understands."""

import webbrowser
from pathlib import Path
from typing import Any

import click

from yingbi.cli.options import opened, vault_options
from yingbi.cli.settings import settings_of
from yingbi.domain.messages import say, say_count


@click.command(
    "day",
    help=say(
        "Write DAY of a box as one page without any picture: who was there, what happened, who fell."
    ),
)
@click.argument("day", required=False)
@click.option("--box", "box_name", required=True, metavar="NAME", help=say("The box."))
@click.option("--camera", metavar="NAME", help=say("Only of this camera."))
@click.option("--zone", metavar="NAME", help=say("Time zone of the day (default: this machine's)."))
@click.option(
    "-o",
    "out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help=say("The page, HTML."),
)
@click.option("--force", is_flag=True, help=say("Replace an existing file."))
@click.option("--show", is_flag=True, help=say("Open it in the browser."))
@vault_options
@click.pass_obj
def day_command(obj: dict[str, Any], /, day: str | None, *, out: Path, **given: Any) -> int:
    """Write the page, and say in one line what it tells."""
    from yingbi.media.output import new_file
    from yingbi.usecases.day import day_named, day_of_box, zone_named
    from yingbi.usecases.open import must_lie_outside
    from yingbi.web.day_page import write_day
    from yingbi.web.pages import spoken

    zone = zone_named(given["zone"])
    asked = day_named(day, zone)
    settings_of(obj)
    with opened(obj) as vault:
        must_lie_outside(vault, out)
        box = vault.boxes.box_named(given["box_name"])
        with new_file(out, force=given["force"]) as file:  # refused before a record is opened
            told = day_of_box(vault, box, asked, zone, given["camera"])
            write_day(told, {}, file, spoken(), box=box.name)
    fell = len(told.story.falls)
    line = say("{day}: written to {out}", day=asked.isoformat(), out=out)
    if fell:
        line += " · " + say_count("somebody fell {n} time", "somebody fell {n} times", fell)
    click.echo(line)
    if given["show"]:
        webbrowser.open(out.resolve().as_uri())
    return 0

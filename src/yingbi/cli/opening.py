"""`open`: a part of an object in clear, whole, or of a span of time or bytes."""

from pathlib import Path
from typing import Any

import click

from yingbi.cli import show
from yingbi.cli.options import JSON, opened, vault_options
from yingbi.cli.vault import level_words
from yingbi.domain.messages import say
from yingbi.errors import UsageError

FILE = click.Path(path_type=Path)


@click.command("open", help=say("Write a part of an object in clear; the log says so first."))
@click.argument("object_id", metavar="ID")
@click.option("-o", "--out", required=True, type=FILE, help=say("File to write."))
@click.option(
    "--part",
    type=click.Choice(["masked", "records", "preview"]),
    help=say("Which part (default: masked; records at level 1)."),
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "csv"]),
    help=say("How records are written (default: by the output's ending, .jsonl or .csv)."),
)
@click.option("--raw", is_flag=True, help=say("The original, at level 3 where the box allows it."))
@click.option(
    "--purpose", default="", metavar="TEXT", help=say("Why the original is needed; it is logged.")
)
@click.option(
    "--from",
    "from_s",
    metavar="T",
    help=say("Start, in seconds or h:mm:ss from the object's start."),
)
@click.option("--to", "to_s", metavar="T", help=say("End, likewise."))
@click.option(
    "--bytes",
    "span",
    metavar="START:LENGTH",
    help=say("With --raw: only these bytes, at most 64 MiB of them; the rest is not read."),
)
@click.option("--force", is_flag=True, help=say("Replace an output that is already there."))
@vault_options
@JSON
@click.pass_obj
def open_command(
    obj: dict[str, Any], /, object_id: str, out: Path, *, raw: bool, as_json: bool, **given: Any
) -> None:
    """Open one part."""
    if raw and given["part"]:
        raise UsageError(problem=say("Use --part or --raw, not both."))
    if raw and not given["purpose"].strip():
        raise UsageError(
            problem=say("An original needs --purpose TEXT: the log keeps why it was opened.")
        )
    from yingbi.domain.part import PartKind
    from yingbi.domain.record_file import Form
    from yingbi.usecases.look import object_id_of
    from yingbi.usecases.open import Wish, open_object

    part = PartKind.RAW if raw else PartKind(given["part"]) if given["part"] else None
    wish = Wish(
        object_id_of(object_id),
        part,
        given["purpose"],
        seconds_of(given["from_s"]),
        seconds_of(given["to_s"]),
        _span(given["span"]),
        form=Form(given["form"]) if given["form"] else None,
    )
    with opened(obj) as vault:
        done = open_object(vault, wish, out, force=given["force"])
    if as_json:
        show.as_json(
            {"id": object_id, "part": done.part.value, "output": str(out), "bytes": done.size}
        )
        return
    click.echo(
        say(
            "{part} of an object of level {level} written in clear to {out}",
            part=done.part.value,
            level=level_words(done.level),
            out=out,
        ),
        err=True,
    )


def _span(text: str | None) -> tuple[int, int] | None:
    """Return first byte and number of bytes of "START:LENGTH"; UsageError on anything else."""
    if text is None:
        return None
    start, _, length = text.partition(":")
    if not all(part.isascii() and part.isdigit() and len(part) < 16 for part in (start, length)):
        raise UsageError(problem=say("'{value}' is not START:LENGTH in bytes", value=text))
    return int(start), int(length)


def seconds_of(text: str | None) -> float | None:
    """Return seconds of "90", "1:30" or "0:01:30"; UsageError on anything else."""
    if text is None:
        return None
    try:
        pieces = [float(piece) for piece in text.split(":")]
    except ValueError:
        pieces = []
    if not 1 <= len(pieces) <= 3 or any(not 0 <= piece < 1e9 for piece in pieces):
        raise UsageError(problem=say("'{text}' is no time; write seconds or h:mm:ss.", text=text))
    total = 0.0
    for piece in pieces:
        total = total * 60 + piece
    return total

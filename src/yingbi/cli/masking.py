"""`mask` and `detect`: what needs no vault."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from yingbi.cli import show
from yingbi.cli.settings import settings_of
from yingbi.domain.messages import say, say_error
from yingbi.errors import SomeFailedError
from yingbi.mask.measured import usual_percent

if TYPE_CHECKING:
    from yingbi.domain.report import InputReport

FILE = click.Path(path_type=Path)


@click.command(
    "mask",
    help=say("Write copies of INPUTS in which people are unreadable; originals stay as they are."),
)
@click.argument("inputs", nargs=-1, required=True, type=FILE)
@click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(),
    help=say("File for one input, folder for more."),
)
@click.option(
    "--targets",
    metavar="LIST",
    help=say("What to cover: face,person (default: all that this version finds)."),
)
@click.option(
    "--style",
    metavar="STYLE",
    help=say(
        "solid (default) cannot be undone; pixelate[:CELLS] and blur[:SHARE] let people be recognised: {pixelate} % and {blur} % in a test.",
        pixelate=usual_percent("pixelate"),
        blur=usual_percent("blur"),
    ),
)
@click.option(
    "--color",
    metavar="#RRGGBB",
    help=say("Colour of a solid mask; black, grey, white or a number (default: grey)."),
)
@click.option(
    "--audio",
    type=click.Choice(["drop", "keep", "mute"]),
    default="drop",
    help=say("What becomes of the sound (default: drop)."),
)
@click.option("--report", type=FILE, help=say("Write a JSON report to this file."))
@click.option("--force", is_flag=True, help=say("Replace outputs that are already there."))
@click.option("--jobs", type=int, help=say("Inputs worked on at the same time."))
@click.option("--dry-run", is_flag=True, help=say("Say what would be done, and do nothing."))
@click.option("--json", "as_json", is_flag=True, help=say("Print JSON for machines."))
@click.pass_obj
def mask_command(obj: dict[str, Any], /, inputs: tuple[Path, ...], out: str, **given: Any) -> int:
    """Plan, mask, and say in plain words what was done."""
    from yingbi.bootstrap import parse_targets, report_facts, sight, style
    from yingbi.usecases.mask import MaskOptions, mask_inputs, plan, plan_report

    settings = settings_of(
        obj, jobs=given["jobs"], **{"mask.style": given["style"], "mask.color": given["color"]}
    )
    covering = style(settings)
    targets = parse_targets(given["targets"])
    pairs = plan(inputs, Path(out), into_folder=out.endswith("/"))
    if given["dry_run"]:
        return _dry_run(
            [(str(item.path), str(output)) for item, output in pairs], as_json=given["as_json"]
        )
    show.warn_of(covering)
    options = MaskOptions(given["audio"], given["force"], settings["jobs"])
    if given["report"]:
        plan_report(given["report"], pairs, force=given["force"])
    looking = sight(settings, targets)
    with show.progress(quiet=given["as_json"]) as progress:
        reports = mask_inputs(pairs, options, looking, progress)
    told = [_told(report) for report in reports]
    if given["report"]:
        facts = report_facts(settings, targets)
        _write_report(given["report"], facts | {"inputs": told}, force=given["force"])
    return _close(reports, told, as_json=given["as_json"])


@click.command(
    "detect",
    help=say("Print what is private in INPUT, frame by frame; no picture is printed or written."),
)
@click.argument("input_path", metavar="INPUT", type=FILE)
@click.option(
    "--targets",
    metavar="LIST",
    help=say("What to look for: face,person (default: all that this version finds)."),
)
@click.option("--json", "as_json", is_flag=True, help=say("Print JSON Lines, one frame a line."))
@click.pass_obj
def detect_command(
    obj: dict[str, Any], /, input_path: Path, targets: str | None, *, as_json: bool
) -> None:
    """Detect and print."""
    from yingbi.bootstrap import parse_targets, sight
    from yingbi.usecases.detect import detect

    settings = settings_of(obj)
    looking = sight(settings, parse_targets(targets))
    with show.progress(quiet=as_json) as progress:
        detection = detect(input_path, looking, progress)
    if as_json:
        show.as_lines(detection.lines)
        return
    click.echo(show.counted(detection.tally))


def _dry_run(pairs: list[tuple[str, str]], *, as_json: bool) -> int:
    if as_json:
        show.as_json([{"source": source, "output": output} for source, output in pairs])
    for source, output in [] if as_json else pairs:
        click.echo(say("would mask '{source}' to '{output}'", source=source, output=output))
    return 0


def _told(report: "InputReport") -> dict[str, Any]:
    """Return the report for machines, its error in the user's language."""
    if report.error is None:
        return report.to_json()
    message = say_error(report.error)
    return {
        "source": report.source,
        "output": None,
        "error": {"code": report.error.code, "message": message},
    }


def _write_report(path: Path, report: dict[str, Any], *, force: bool) -> None:
    from yingbi.media.output import new_file

    with new_file(path, force=force, private=False) as file:
        file.write(show.json_text(report, indent=2).encode() + b"\n")


def _close(reports: "list[InputReport]", told: list[dict[str, Any]], *, as_json: bool) -> int:
    """Print the outcome; a failed input among several makes the status 1."""
    failed = [entry for entry in told if "error" in entry]
    if as_json:
        show.as_json(told)
    for entry in failed:
        click.echo(f"yingbi: {entry['error']['message']} [{entry['error']['code']}]", err=True)
    if not as_json:
        click.echo(_plain_words(reports))
    return SomeFailedError.exit_status if failed else 0


def _plain_words(reports: "list[InputReport]") -> str:
    done = [report for report in reports if report.error is None]
    words = [show.counted(show.total(report.tally for report in done))]
    sounds = {report.audio for report in done}
    if "drop" in sounds:
        words.append(say("sound dropped, keep it with --audio keep"))
    if "keep" in sounds:
        words.append(say("sound kept: voices may still tell who speaks"))
    if "mute" in sounds:
        words.append(say("sound muted"))
    if len(reports) > 1:
        words.append(say("{done} of {total} inputs masked", done=len(done), total=len(reports)))
    return "; ".join(words)

"""`mask` and `detect`: what needs no vault."""

from pathlib import Path
from typing import Any

import click

from yingbi.cli import show
from yingbi.cli.options import TEXT
from yingbi.cli.settings import settings_of
from yingbi.domain.messages import say
from yingbi.mask.measured import each_percent

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
    help=say("What to cover: face,head,person,plate,text,screen (default: face,head,plate)."),
)
@TEXT
@click.option(
    "--strict/--no-strict",
    default=None,
    help=say("Look with two families of networks, at four turns, at full size: slow."),
)
@click.option(
    "--style",
    metavar="STYLE",
    help=say(
        "solid (default) cannot be undone; pixelate[:CELLS] and blur[:SHARE] let people be recognised, in percent of pictures in a test: {weak}.",
        weak=each_percent(),
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
@click.option(
    "--zones",
    type=FILE,
    help=say("TOML or JSON file of places that are always masked, or never looked at."),
)
@click.option(
    "--show-zones",
    type=FILE,
    metavar="PICTURE",
    help=say("Only draw the zones over a masked frame of the first input, and mask nothing else."),
)
@click.option(
    "--edit",
    type=FILE,
    metavar="FILE",
    help=say(
        "Mask what this edit file says, of 'detect -o' or 'review'; nothing is looked for again."
    ),
)
@click.option(
    "--keep-person",
    metavar="N,...",
    help=say("With --edit: let these people be seen, up to the first doubt who they are."),
)
@click.option(
    "--known",
    multiple=True,
    metavar="PERSON",
    help=say(
        "Let this enrolled person be seen in the one film, where it is sure who it is; needs the vault."
    ),
)
@click.option(
    "--time-range",
    multiple=True,
    metavar="FROM..TO",
    help=say("Mask only between these times, as 1:05..2:30; the rest stays as it is."),
)
@click.option(
    "--no-passthrough",
    is_flag=True,
    help=say("Encode also the stretches of film in which nothing is masked."),
)
@click.option(
    "--check",
    is_flag=True,
    help=say("Look at each copy with other networks; where a face is still seen, quarantine it."),
)
@click.option(
    "--contact-sheet",
    type=FILE,
    metavar="PICTURE",
    help=say("Draw the doubtful moments, what is in doubt covered, into this .png or .jpg."),
)
@click.option(
    "--names",
    type=click.Choice(["keep", "anonymous"]),
    default="keep",
    help=say(
        "What outputs in a folder are called: as their inputs, or by names that tell nothing."
    ),
)
@click.option(
    "--dates",
    type=click.Choice(["now", "none"]),
    default="now",
    help=say("Which time of writing outputs bear: the true one, or 1 January 1980."),
)
@click.option(
    "--keep",
    metavar="LIST",
    help=say("Keep of films also: subtitles,data,chapter-names (default: none)."),
)
@click.option(
    "--salvage",
    is_flag=True,
    help=say("Of a film that is cut off, mask what comes before the break; status 3."),
)
@click.option(
    "--salvage-like",
    metavar="FILM",
    type=FILE,
    help=say("The same, also of an MP4 or MOV without an index, by a whole film of that camera."),
)
@click.option("--report", type=FILE, help=say("Write a signed JSON report to this file."))
@click.option(
    "--resume",
    is_flag=True,
    help=say("Go on with what --report knows: skip outputs that are finished and unchanged."),
)
@click.option("--force", is_flag=True, help=say("Replace outputs that are already there."))
@click.option("--jobs", type=int, help=say("Inputs worked on at the same time."))
@click.option("--dry-run", is_flag=True, help=say("Say what would be done, and do nothing."))
@click.option(
    "--estimate",
    is_flag=True,
    help=say("Only say about how long it would take, and how many people are there at least."),
)
@click.option("--json", "as_json", is_flag=True, help=say("Print JSON for machines."))
@click.pass_obj
def mask_command(obj: dict[str, Any], /, inputs: tuple[Path, ...], out: str, **given: Any) -> int:
    """Plan, mask, and say in plain words what was done."""
    from yingbi.cli.mask_run import run

    return run(obj, inputs, out, given)


@click.command(
    "detect",
    help=say("Print what is private in INPUT, frame by frame; no picture is printed or written."),
)
@click.argument("input_path", metavar="INPUT", type=FILE)
@click.option(
    "--targets",
    metavar="LIST",
    help=say("What to look for: face,head,person,plate,text,screen (default: face,head,plate)."),
)
@click.option(
    "--strict/--no-strict",
    default=None,
    help=say("Look with two families of networks, at four turns, at full size: slow."),
)
@click.option(
    "-o",
    "--out",
    type=FILE,
    help=say("Write an edit file: what was found, for 'review' and 'mask --edit'."),
)
@click.option("--force", is_flag=True, help=say("Replace outputs that are already there."))
@click.option("--json", "as_json", is_flag=True, help=say("Print JSON Lines, one frame a line."))
@click.pass_obj
def detect_command(obj: dict[str, Any], /, input_path: Path, **given: Any) -> None:
    """Detect and print, or write an edit file."""
    from yingbi.bootstrap import parse_targets, sight
    from yingbi.usecases.detect import detect

    settings = settings_of(obj, **{"detect.strict": given["strict"]})
    targets = parse_targets(given["targets"])
    if given["out"]:
        from yingbi.cli.edits import first_pass_to

        first_pass_to(input_path, settings, targets, given)
        return
    with show.progress(quiet=given["as_json"]) as progress:
        detection = detect(input_path, sight(settings, targets), progress)
    if given["as_json"]:
        show.as_lines(detection.lines)
        return
    click.echo(show.counted(detection.tally))

"""`mask` and `detect`: what needs no vault."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import click

from yingbi.cli import mask_words, show
from yingbi.cli.settings import settings_of
from yingbi.domain.messages import say
from yingbi.errors import UsageError
from yingbi.mask.measured import usual_percent

if TYPE_CHECKING:
    from yingbi.capture.inputs import Input, LeftOut
    from yingbi.domain.region import Target
    from yingbi.domain.settings import Settings
    from yingbi.domain.zone import Zone
    from yingbi.pipeline.engine import Sight
    from yingbi.pipeline.recheck import Second
    from yingbi.usecases.contact_sheet import SheetPlan
    from yingbi.usecases.mask import MaskOptions
    from yingbi.usecases.report import ReportPlan

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
@click.option(
    "--strict/--no-strict",
    default=None,
    help=say("Look with two families of networks, at four turns, at full size: slow."),
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
    "--keep",
    metavar="LIST",
    help=say("Keep of films also: subtitles,data,chapter-names (default: none)."),
)
@click.option(
    "--salvage",
    is_flag=True,
    help=say("Of a film that is cut off, mask what comes before the break; status 3."),
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
@click.option("--json", "as_json", is_flag=True, help=say("Print JSON for machines."))
@click.pass_obj
def mask_command(obj: dict[str, Any], /, inputs: tuple[Path, ...], out: str, **given: Any) -> int:
    """Plan, mask, and say in plain words what was done."""
    from yingbi.bootstrap import parse_targets, report_facts, sight, style
    from yingbi.capture.inputs import left_out
    from yingbi.capture.zones import read_zones
    from yingbi.usecases.contact_sheet import contact_sheet
    from yingbi.usecases.mask import mask_inputs, plan, plan_report
    from yingbi.usecases.report import mask_with_report

    if given["resume"] and not given["report"]:
        raise UsageError(problem=say("--resume needs --report: it says what is finished."))
    settings = settings_of(
        obj,
        jobs=given["jobs"],
        **{
            "detect.strict": given["strict"],
            "mask.style": given["style"],
            "mask.color": given["color"],
        },
    )
    covering = style(settings)
    targets = parse_targets(given["targets"])
    pairs = _called(plan(inputs, Path(out), into_folder=out.endswith("/")), Path(out), given)
    if given["dry_run"]:
        return _dry_run(
            [(str(item.path), str(output)) for item, output in pairs], as_json=given["as_json"]
        )
    show.warn_of(covering)
    zones = read_zones(given["zones"]) if given["zones"] else ()
    if given["show_zones"]:
        return _show_zones(given, sight(settings, targets), pairs[0][0], zones)
    second = _second_look(settings, targets) if given["check"] else None
    options = _options(given, settings["jobs"], second, zones, Path(out))
    passed, report = left_out(inputs), None
    sheet = _sheet_plan(given, settings, pairs)
    if given["report"]:
        plan_report(given["report"], pairs, force=given["force"] or given["resume"])
        deciding = _deciding(options, settings["check.score"])
        report = _report_plan(given, settings, report_facts(settings, targets, deciding), passed)
        report = replace(report, sheet=sheet)
    looking = sight(settings, targets)
    with show.progress(quiet=given["as_json"]) as progress:
        if report is None:
            reports = mask_inputs(pairs, options, looking, progress)
            if sheet:
                contact_sheet(reports, sheet, progress)
        else:
            reports = mask_with_report(pairs, options, looking, progress, report)
    return mask_words.close(reports, passed, report, as_json=given["as_json"])


def _options(
    given: dict[str, Any],
    jobs: int,
    second: "Second | None",
    zones: "Sequence[Zone]",
    root: Path,
) -> "MaskOptions":
    from yingbi.bootstrap import parse_keep
    from yingbi.usecases.mask import MaskOptions

    return MaskOptions(
        given["audio"],
        given["force"],
        jobs,
        root=root,
        second=second,
        zones=zones,
        passthrough=not given["no_passthrough"],
        keep=parse_keep(given["keep"]),
        salvage=given["salvage"],
    )


def _deciding(options: "MaskOptions", score: float) -> dict[str, Any]:
    """Return the choices that decide what a copy is; another choice asks for another copy."""
    return {
        "audio": options.audio,
        "check": score if options.second else None,
        "keep": sorted(options.keep),
        "salvage": options.salvage,
        "passthrough": options.passthrough,
        "zones": [zone.to_json() for zone in options.zones],
    }


def _called(
    pairs: "list[tuple[Input, Path]]", out: Path, given: dict[str, Any]
) -> "list[tuple[Input, Path]]":
    """Return the pairs under the names that the user wants; a dry run draws none."""
    if given["names"] == "keep":
        return pairs
    from yingbi.usecases.names import unnamed

    if given["resume"]:
        raise UsageError(
            problem=say("--names anonymous draws new names; it cannot go on with --resume.")
        )
    return unnamed(pairs, out, (lambda: "*" * 16) if given["dry_run"] else lambda: token_hex(8))


def _report_plan(
    given: dict[str, Any],
    settings: "Settings",
    facts: "Mapping[str, Any]",
    passed: "Sequence[LeftOut]",
) -> "ReportPlan":
    from yingbi.domain.settings import data_home
    from yingbi.keys.installation import installation_key
    from yingbi.usecases.report import ReportPlan

    return ReportPlan(
        given["report"],
        installation_key(data_home(), settings["report.suite"]),
        facts,
        passed,
        resume=given["resume"],
        force=given["force"],
    )


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
@click.option("--json", "as_json", is_flag=True, help=say("Print JSON Lines, one frame a line."))
@click.pass_obj
def detect_command(
    obj: dict[str, Any],
    /,
    input_path: Path,
    targets: str | None,
    *,
    strict: bool | None,
    as_json: bool,
) -> None:
    """Detect and print."""
    from yingbi.bootstrap import parse_targets, sight
    from yingbi.usecases.detect import detect

    settings = settings_of(obj, **{"detect.strict": strict})
    looking = sight(settings, parse_targets(targets))
    with show.progress(quiet=as_json) as progress:
        detection = detect(input_path, looking, progress)
    if as_json:
        show.as_lines(detection.lines)
        return
    click.echo(show.counted(detection.tally))


def _second_look(settings: "Settings", targets: "Sequence[Target]") -> "Second":
    from yingbi.bootstrap import second_look
    from yingbi.domain.region import Target

    if not {Target.FACE, Target.HEAD, Target.PERSON} & set(targets):
        raise UsageError(problem=say("--check looks for faces, and none of the targets is one."))
    return second_look(settings)


def _sheet_plan(
    given: dict[str, Any], settings: "Settings", pairs: "Sequence[tuple[Input, Path]]"
) -> "SheetPlan | None":
    from yingbi.usecases.contact_sheet import SheetPlan, plan_sheet

    if not given["contact_sheet"]:
        return None
    force = given["force"] or given["resume"]
    sheet = SheetPlan(given["contact_sheet"], settings["mask.grow"], force)
    taken = [path for item, output in pairs for path in (item.path, output)]
    plan_sheet(sheet, [*taken, *([given["report"]] if given["report"] else [])])
    return sheet


def _show_zones(
    given: dict[str, Any], looking: "Sight", item: "Input", zones: "Sequence[Zone]"
) -> int:
    from yingbi.usecases.zone_picture import zone_picture

    if not given["zones"]:
        raise UsageError(problem=say("--show-zones needs --zones."))
    zone_picture(item, zones, looking, given["show_zones"], force=given["force"])
    click.echo(say("zones drawn: {path}", path=given["show_zones"]))
    return 0


def _dry_run(pairs: list[tuple[str, str]], *, as_json: bool) -> int:
    if as_json:
        show.as_json([{"source": source, "output": output} for source, output in pairs])
    for source, output in [] if as_json else pairs:
        click.echo(say("would mask '{source}' to '{output}'", source=source, output=output))
    return 0

"""One run of `mask`: what was asked for becomes plans, the plans are carried out, and told."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import click

from yingbi.cli import mask_words, show
from yingbi.cli.options import with_text
from yingbi.cli.settings import settings_of
from yingbi.domain.messages import say
from yingbi.errors import UsageError

if TYPE_CHECKING:
    from yingbi.capture.inputs import Input
    from yingbi.domain.decision import TimeRange
    from yingbi.domain.edit import Edit
    from yingbi.domain.region import Target
    from yingbi.domain.settings import Settings
    from yingbi.domain.zone import Zone
    from yingbi.pipeline.engine import Sight
    from yingbi.pipeline.recheck import Second
    from yingbi.usecases.contact_sheet import SheetPlan
    from yingbi.usecases.mask import MaskOptions
    from yingbi.usecases.report import ReportPlan

Given = dict[str, Any]
"""The options of `mask` by their names."""


def run(obj: Given, inputs: tuple[Path, ...], out: str, given: Given) -> int:
    """Return the exit status; raise what makes the whole run impossible."""
    from yingbi.bootstrap import parse_targets, sight, style
    from yingbi.capture.zones import read_zones
    from yingbi.usecases.mask import plan

    if given["resume"] and not given["report"]:
        raise UsageError(problem=say("--resume needs --report: it says what is finished."))
    settings = settings_for(obj, given)
    covering = style(settings)
    targets = with_text(parse_targets(given["targets"]), given["text_kind"])
    pairs = _called(plan(inputs, Path(out), into_folder=out.endswith("/")), Path(out), given)
    if given["dry_run"]:
        return _dry_run(
            [(str(item.path), str(output)) for item, output in pairs], as_json=given["as_json"]
        )
    if given["estimate"]:
        from yingbi.cli.estimating import estimate_all, no_edit

        no_edit(given)
        items, looking = [item for item, _ in pairs], sight(settings, targets)
        return estimate_all(items, looking, settings["jobs"], as_json=given["as_json"])
    show.warn_of(covering)
    zones = read_zones(given["zones"]) if given["zones"] else ()
    if given["show_zones"]:
        return _show_zones(given, sight(settings, targets), pairs[0][0], zones)
    return _mask(pairs, inputs, Path(out), given, (settings, targets, zones), obj=obj)


def settings_for(obj: Given, given: Given) -> "Settings":
    """Return the settings in force, the options of `mask` above all others."""
    return settings_of(
        obj,
        jobs=given["jobs"],
        **{
            "detect.strict": given["strict"],
            "mask.style": given["style"],
            "mask.color": given["color"],
            "detect.text_kind": given.get("text_kind"),
        },
    )


def _mask(
    pairs: "list[tuple[Input, Path]]",
    inputs: tuple[Path, ...],
    out: Path,
    given: Given,
    looking: "tuple[Settings, Sequence[Target], Sequence[Zone]]",
    *,
    obj: Given,
) -> int:
    from yingbi.bootstrap import report_facts, report_facts_of_edit
    from yingbi.capture.inputs import left_out
    from yingbi.usecases.mask import mask_inputs

    settings, targets, zones = looking
    seeing, edit, zones = _seeing(given, settings, targets, zones, pairs, obj=obj)
    targets = edit.targets if edit else targets
    second = second_look_of(settings, targets) if given["check"] else None
    options = options_of(given, settings["jobs"], second, zones, out)
    passed = left_out(inputs)
    sheet = _sheet_plan(given, settings, pairs)
    decided = deciding(options, settings["check.score"])
    facts = (
        partial(report_facts_of_edit, settings, edit)
        if edit
        else partial(report_facts, settings, targets)
    )
    report = _report_plan(given, settings, facts, decided, pairs)
    with show.progress(quiet=given["as_json"]) as progress:
        if report is None:
            reports = mask_inputs(pairs, options, seeing, progress)
            if sheet:
                from yingbi.usecases.contact_sheet import contact_sheet

                contact_sheet(reports, sheet, progress)
        else:
            from yingbi.usecases.report import mask_with_report

            whole = replace(report, left_out=passed, sheet=sheet)
            reports = mask_with_report(pairs, options, seeing, progress, whole)
    return mask_words.close(reports, passed, report, as_json=given["as_json"])


def _seeing(
    given: Given,
    settings: "Settings",
    targets: "Sequence[Target]",
    zones: "Sequence[Zone]",
    pairs: "Sequence[tuple[Input, Path]]",
    *,
    obj: Given,
) -> "tuple[Sight, Edit | None, Sequence[Zone]]":
    """Return how to look, the edit where one is given, and all zones."""
    from yingbi.bootstrap import sight
    from yingbi.cli.edits import ranges_of, told_by

    ranges = ranges_of(given["time_range"])
    if given["edit"] and given.get("known"):
        raise UsageError(problem=say("--known looks anew, --edit does not: take one of them."))
    if given["edit"]:
        seeing, edit = told_by(given, settings, [item.path for item, _ in pairs], ranges)
        return seeing, edit, (*zones, *edit.choices.zones)
    if given["keep_person"]:
        raise UsageError(problem=say("--keep-person needs --edit: it says who has which number."))
    if given.get("known"):
        seeing, edit = _known(given, settings, targets, pairs, ranges, obj=obj)
        return seeing, edit, zones
    return replace(sight(settings, targets), ranges=ranges), None, zones


def _known(
    given: Given,
    settings: "Settings",
    targets: "Sequence[Target]",
    pairs: "Sequence[tuple[Input, Path]]",
    ranges: "Sequence[TimeRange]",
    *,
    obj: Given,
) -> "tuple[Sight, Edit]":
    """Return how to cover all but known people of the one film."""
    from yingbi.cli.knowing import known_sight

    if len(pairs) != 1:
        raise UsageError(problem=say("--known is for one film; name that one alone."))
    path, quiet = pairs[0][0].path, given["as_json"]
    return known_sight(obj, given["known"], settings, targets, path, ranges=ranges, quiet=quiet)


def options_of(
    given: Given,
    jobs: int,
    second: "Second | None",
    zones: "Sequence[Zone]",
    root: Path,
) -> "MaskOptions":
    """Return what was chosen for all inputs; root: the folder that is written to."""
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
        salvage=given["salvage"] or given["salvage_like"] is not None,
        like=given["salvage_like"],
        undated=given["dates"] == "none",
    )


def deciding(options: "MaskOptions", score: float) -> dict[str, Any]:
    """Return the choices that decide what a copy is; another choice asks for another copy."""
    return {
        "audio": options.audio,
        "check": score if options.second else None,
        "keep": sorted(options.keep),
        "salvage": options.salvage,
        "salvage_like": None if options.like is None else str(options.like),
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
    given: Given,
    settings: "Settings",
    facts: "Callable[[dict[str, Any]], dict[str, Any]]",
    decided: dict[str, Any],
    pairs: "Sequence[tuple[Input, Path]]",
) -> "ReportPlan | None":
    """Return where the report goes, by whom it is signed, and what decided the outcome.

    facts: how things were found, and what was decided by the other options.
    """
    if not given["report"]:
        return None
    from yingbi.cli.edits import edit_facts
    from yingbi.domain.settings import data_home
    from yingbi.keys.installation import installation_key
    from yingbi.usecases.mask import plan_report
    from yingbi.usecases.report import ReportPlan

    plan_report(given["report"], pairs, force=given["force"] or given["resume"])
    return ReportPlan(
        given["report"],
        installation_key(data_home(), settings["report.suite"]),
        facts(decided | edit_facts(given)),
        resume=given["resume"],
        force=given["force"],
    )


def second_look_of(settings: "Settings", targets: "Sequence[Target]") -> "Second":
    """Return who looks at the copies again. Raises: UsageError where no target is a face."""
    from yingbi.bootstrap import second_look
    from yingbi.domain.region import Target

    if not {Target.FACE, Target.HEAD, Target.PERSON} & set(targets):
        raise UsageError(problem=say("--check looks for faces, and none of the targets is one."))
    return second_look(settings)


def _sheet_plan(
    given: dict[str, Any], settings: "Settings", pairs: "Sequence[tuple[Input, Path]]"
) -> "SheetPlan | None":
    if not given["contact_sheet"]:
        return None
    from yingbi.usecases.contact_sheet import SheetPlan, plan_sheet

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

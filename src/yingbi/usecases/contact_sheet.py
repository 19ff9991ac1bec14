"""The doubtful moments of a run as small pictures, taken from what was written.

Clause: 6.2.5.b.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yingbi.domain.moment import Doubt, Moment
from yingbi.domain.region import Region, Target
from yingbi.domain.report import InputReport, Progress
from yingbi.errors import UnsafeOutputError, YingbiError
from yingbi.mask.cover import reach
from yingbi.media.contact import Cell, cell, chart, sheet
from yingbi.media.glimpse import glimpses
from yingbi.media.outline import encoded
from yingbi.media.output import check_new, new_file
from yingbi.usecases.evidence import identity

MOST = 48
ENDINGS = (".png", ".jpg", ".jpeg")


@dataclass(frozen=True, slots=True)
class SheetPlan:
    """Where the sheet goes, and how far regions are covered."""

    path: Path
    grow: float
    force: bool = False


def plan_sheet(plan: SheetPlan, taken: Sequence[Path]) -> None:
    """Raise, before any work, where the sheet cannot be written or would take a file's place.

    Raises: UnsafeOutputError, OutputExistsError, CannotCreateError.
    """
    if plan.path.suffix.lower() not in ENDINGS:
        raise UnsafeOutputError(output=plan.path, reason="it must be a new .png or .jpg")
    if plan.path.resolve() in {path.resolve() for path in taken}:
        raise UnsafeOutputError(output=plan.path, reason="it is one of the inputs or outputs")
    check_new(plan.path, force=plan.force)


def contact_sheet(
    reports: Sequence[InputReport], plan: SheetPlan, progress: Progress
) -> dict[str, Any]:
    """Write the sheet of the worst moments; return what the report says of it.

    Each picture is of the output, never of the input, and its doubtful region is filled
    once more; of a copy in quarantine only the place is drawn. In the order of files and
    times. A moment that cannot be shown is left out.
    """
    chosen = _worst(reports)
    tick = progress.begin(plan.path.name, len(chosen))
    cells: list[Cell] = []
    told: list[dict[str, Any]] = []
    for number, report in enumerate(reports, 1):
        moments = [moment for n, moment in chosen if n == number]
        for moment, shown in _cells(report, number, moments, plan.grow):
            tick(1)
            if shown is not None:
                cells.append(shown)
                told.append({"source": report.source, "at_ms": round(moment.at_s * 1000)})
    total = sum(len(_moments(report)) for report in reports)
    title = f"Yingbi: {len(cells)} / {total}"
    with new_file(plan.path, force=plan.force, private=False) as file:
        file.write(encoded(sheet(cells, title), plan.path.suffix))
    return {"path": str(plan.path)} | identity(plan.path).to_json() | {"cells": told}


def _worst(reports: Sequence[InputReport]) -> list[tuple[int, Moment]]:
    """Return the worst moments with the numbers of their inputs, in the order of time.

    The worst of each track comes before the second worst of any.
    """
    every = [(n, moment) for n, report in enumerate(reports, 1) for moment in _moments(report)]
    every.sort(key=lambda one: one[1].weight)
    drawn: Counter[tuple[int, int | None]] = Counter()
    ranked = []
    for n, moment in every:
        key = n, moment.track
        still_seen = moment.doubt is Doubt.STILL_SEEN
        ranked.append((0 if still_seen else drawn[key], n, moment))
        drawn[key] += 1
    ranked.sort(key=lambda one: one[0])
    chosen = [(n, moment) for _, n, moment in ranked[:MOST]]
    return sorted(chosen, key=lambda one: (one[0], one[1].at_s))


def _moments(report: InputReport) -> list[Moment]:
    told: Sequence[Mapping[str, Any]] = report.more.get("moments", ())
    again: Mapping[str, Any] = report.more.get("check") or {}
    return [Moment.from_json(one) for one in (*told, *again.get("still_seen", ()))]


def _cells(
    report: InputReport, number: int, moments: Sequence[Moment], grow: float
) -> Iterator[tuple[Moment, Cell | None]]:
    written = report.output or report.more.get("quarantine", {}).get("path")
    if written is None or not moments:
        return
    try:
        frames = glimpses(Path(written), [moment.at_s for moment in moments])
        for moment, frame in zip(moments, frames, strict=False):
            if frame is None:
                yield moment, None
                continue
            words = _words(number, moment)
            if report.output is None:  # something in this copy is clear, perhaps beside the box
                yield moment, chart(frame.size, moment.box, words)
                continue
            box = reach(Region(Target(moment.kind), moment.box, moment.score), grow)
            yield moment, cell(frame, box, words)
    except YingbiError:
        return  # the sheet is a help; the output was checked before


def _words(number: int, moment: Moment) -> str:
    """Return words that any font has: number of the file, time, why, score."""
    minutes, seconds = divmod(moment.at_s, 60)
    hours, minutes = divmod(int(minutes), 60)
    time = f"{hours}:{minutes:02}:{seconds:06.3f}"
    return f"{number}  {time}  {moment.doubt.value} {moment.score:.2f}"

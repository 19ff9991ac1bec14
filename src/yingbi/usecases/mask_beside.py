"""Masked copies in a folder beside what was chosen, with a signed report, replacing nothing.

Clause: 6.2.5.b.
"""

import contextlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path
from typing import Any

from yingbi.capture.inputs import Input, is_folder, left_out
from yingbi.domain.report import InputReport, Progress
from yingbi.keys.installation import InstallationKey
from yingbi.pipeline.engine import Sight
from yingbi.usecases.journal import journal_of
from yingbi.usecases.mask import MaskOptions, plan, plan_report
from yingbi.usecases.quarantine import ENDING
from yingbi.usecases.report import ReportPlan, mask_with_report

FOLDER = "masked"
REPORT = ".report.json"


@dataclass(frozen=True, slots=True)
class Beside:
    """Where the copies of what was chosen go.

    pairs: each input with its output. root: the folder that all of them lie in. report: beside
    them. Nothing of these was there when it was asked for.
    """

    pairs: tuple[tuple[Input, Path], ...]
    root: Path
    report: Path


def beside(chosen: Path) -> Beside:
    """Return where the copies of a file or folder go: names that are free, by a number if need be.

    Of "a/film.mp4" it is "a/masked/film.mp4", then "a/masked/film 2.mp4"; of the folder "a/days"
    it is the folder "a/masked/days". Raises: what `usecases.mask.plan` raises.
    """
    folder = chosen.absolute().parent / FOLDER
    if is_folder(chosen):
        root = _free(folder / chosen.absolute().name)
        pairs = plan([chosen], root, into_folder=True)
    else:
        root = folder
        pairs = [(item, _free(output)) for item, output in plan([chosen], root, into_folder=True)]
    named = root if is_folder(chosen) else pairs[0][1]
    return Beside(tuple(pairs), root, _report_of(named))


def mask_beside(
    chosen: Path,
    options: MaskOptions,
    sight: Sight,
    progress: Progress,
    *,
    key: InstallationKey,
    facts: Mapping[str, Any],
) -> tuple[Beside, list[InputReport]]:
    """Mask what was chosen; return where that went and what became of each input.

    key: signs the report. facts: what the report says of how it was made.

    Raises: the input's own error where there is only one, and as `beside` and
        `mask_with_report` do.
    """
    places = beside(chosen)
    with _gone_if_empty(places):
        plan_report(places.report, places.pairs, force=False)
        report = ReportPlan(places.report, key, facts, left_out([chosen]))
        placed = replace(options, root=places.root)
        return places, mask_with_report(places.pairs, placed, sight, progress, report)


def _free(wanted: Path) -> Path:
    """Return the name, or the first one with a number that nothing has."""
    numbered = (wanted.with_name(f"{wanted.stem} {n}{wanted.suffix}") for n in count(2))
    return next(name for name in chain([wanted], numbered) if not _taken(name))


def _taken(name: Path) -> bool:
    """Return whether something has the name, or one that would be written beside it."""
    report = _report_of(name)
    beside_it = name, report, journal_of(report), _apart(name)
    return any(path.exists() or path.is_symlink() for path in beside_it)


def _report_of(output: Path) -> Path:
    return output.with_name(output.name + REPORT)


def _apart(output: Path) -> Path:
    return output.with_name(output.name + ENDING)


@contextmanager
def _gone_if_empty(places: Beside) -> Iterator[None]:
    """Leave no empty folder behind where nothing could be written."""
    made = [folder for folder in (places.root, places.report.parent) if not folder.exists()]
    try:
        yield
    except BaseException:
        for folder in dict.fromkeys(made):
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise

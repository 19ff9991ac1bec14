"""What arrives is masked into a folder: copies, signed reports, what was there before, quarantine.

    OUT/TREE/NAME                  the copy
    OUT/reports/TREE/NAME.json     its signed report
    OUT/earlier/TREE/...           copies and reports of what a file was before it changed
    OUT/quarantine/TREE/NAME.json  why there is no copy

Copy and report are on the disk before the file is remembered as done.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from yingbi.capture.inputs import Input
from yingbi.domain.messages import say, say_error
from yingbi.domain.report import Progress
from yingbi.domain.report_errors import QuarantinedError
from yingbi.errors import ReadWriteError, SourceChangedError, UnsafeOutputError, YingbiError
from yingbi.keys.installation import InstallationKey
from yingbi.media.output import sweep
from yingbi.pipeline.engine import Sight
from yingbi.usecases.evidence import entry_of, identity, told
from yingbi.usecases.journal import journal_of
from yingbi.usecases.mask import MaskOptions, plan
from yingbi.usecases.quarantine import ENDING
from yingbi.usecases.report import ReportPlan, mask_with_report
from yingbi.usecases.watch_arrivals import Arrival
from yingbi.usecases.watch_memory import Known, Memory, State, synced
from yingbi.usecases.watch_quarantine import Quarantine, make_folder
from yingbi.usecases.watch_work import Done

REPORTS, EARLIER, QUARANTINE = "reports", "earlier", "quarantine"


@dataclass(frozen=True, slots=True)
class MaskWork:
    """Masking into OUT; a `Work`. facts: what decides the outcome, as reports say it."""

    out: Path
    options: MaskOptions
    sight: Sight
    key: InstallationKey
    facts: Mapping[str, Any]
    removes: bool = False

    def settle(self, memory: Memory) -> list[Done]:
        """Clear away what was half-written for files that were begun and never ended."""
        for place, known in memory.of(State.BEGUN).items():
            output = self.out / known.output
            for path in (output, self._report(place), self._quarantine.record_of(place)):
                sweep(path.parent)
            with suppress(OSError):
                output.with_name(output.name + ENDING).unlink()
        return []

    def output_of(self, arrival: Arrival) -> str:
        """Return the copy's place below OUT. Raises: UnsafeOutputError."""
        place = arrival.place
        first = place.parts[0].lower()
        if first in (REPORTS, EARLIER, QUARANTINE):
            reason = say("a folder '{name}' in OUT is the watcher's own", name=first)
            raise UnsafeOutputError(output=self.out / place, reason=reason)
        ((_, output),) = plan([arrival.path], self.out / place.parent, into_folder=True)
        return output.relative_to(self.out).as_posix()

    def make_room(self, arrival: Arrival, known: Known) -> None:
        """Move the old copy and its report to OUT/earlier, under the first number that is free.

        Whoever comes here again after a crash finds what is left to move, and the same number.

        Raises: CannotCreateError, ReadWriteError.
        """
        report, earlier = self._report(arrival.place), self.out / EARLIER
        moves = [(report, earlier / arrival.place.with_name(report.name))]
        if known.output:
            moves.append((self.out / known.output, earlier / known.output))
        moves = [(old, new) for old, new in moves if old.is_file()]
        number = next(
            n for n in count(1) if not any(_numbered(new, n).exists() for _, new in moves)
        )
        for old, new in moves:
            _move(old, _numbered(new, number))

    def do(self, arrival: Arrival, begun: Known, progress: Progress) -> Done:
        """Mask it; when this returns copy and report are on the disk.

        Raises: what masking raises; QuarantinedError once the copy lies in quarantine.
        """
        output, report = self.out / begun.output, self._report(arrival.place)
        make_folder(report.parent)
        pair = Input(arrival.path, arrival.place), output
        wanted = ReportPlan(report, self.key, self.facts, resume=True)
        try:
            (one,) = mask_with_report([pair], self.options, self.sight, progress, wanted)
        except YingbiError:
            if not output.exists():  # else it says whose the copy is
                journal_of(report).unlink(missing_ok=True)
            raise
        except OSError as error:  # of a full disk, when the run's journal is closed
            raise ReadWriteError(path=report, reason=error.strerror) from error
        if isinstance(one.error, QuarantinedError):
            raise self._quarantine.keep(output, arrival.place, one.error)
        entry = entry_of(one)
        if entry["input"]["sha256"] != begun.sha256:
            raise SourceChangedError(path=arrival.path)
        self._quarantine.clear(arrival.place)
        return Done(
            arrival.place,
            tally=None if one.kept else one.tally,
            output=begun.output,
            written=entry["written"]["sha256"],
            whole="lost_s" not in entry,
            told=told(one),
        )

    def refuse(self, arrival: Arrival, sha256: str, error: YingbiError) -> None:
        """Write the record."""
        self._quarantine.record(arrival, sha256, error)

    def remove(self, arrival: Arrival, known: Known) -> str:
        """Unlink the source, if it and its copy are, byte for byte, what they were."""
        if not known.whole:
            return say("it is cut off, and the copy lacks what comes after the break")
        try:
            before = _mark(arrival.path)
            if identity(self.out / known.output).sha256 != known.written:
                return say("its copy is not what was written any more")
            if identity(arrival.path).sha256 != known.sha256 or _mark(arrival.path) != before:
                return say("it changed meanwhile")
            arrival.path.unlink()
        except OSError as error:
            return error.strerror or type(error).__name__
        except ReadWriteError as error:
            return say_error(error)
        synced(arrival.path.parent)
        return ""

    @property
    def _quarantine(self) -> Quarantine:
        return Quarantine(self.out / QUARANTINE)

    def _report(self, place: Path) -> Path:
        return self.out / REPORTS / place.with_name(place.name + ".json")


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.stem}.{number}{path.suffix}")


def _move(old: Path, new: Path) -> None:
    make_folder(new.parent)
    try:
        old.rename(new)
    except OSError as error:
        raise ReadWriteError(path=old, reason=error.strerror) from error
    synced(new.parent)
    synced(old.parent)


def _mark(path: Path) -> tuple[int, ...]:
    """Return what changes when another file takes the name, or this one is written to."""
    found = os.lstat(path)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns

"""What a run has finished, written as it goes, so that a run broken off can be gone on with.

The journal lies beside the report, one signed JSON a line: what the run is, which output
is begun, which is finished. A line that was cut by a crash is not there. When the report
is written the journal goes.
"""

import contextlib
import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from yingbi.domain.canonical_json import canonical
from yingbi.domain.report_errors import BrokenOffError, ReportBrokenError, RunInUseError
from yingbi.errors import CannotCreateError, ReadWriteError
from yingbi.keys.installation import InstallationKey
from yingbi.usecases.signed_report import LINE, REPORT, check_signature, read_json, signed

Entry = Mapping[str, Any]

OUTCOME = ("made_at", "inputs", "left_out", "contact_sheet")
"""What a report says of its outcome; all else in it is the recipe."""


@dataclass(slots=True)
class Past:
    """What earlier runs with the same report did.

    begun: outputs that they began, and so may be replaced. entries: what is said of the
    finished ones, with the recipe that they were made by.
    """

    begun: set[str] = field(default_factory=set)
    entries: dict[str, tuple[Entry, Entry]] = field(default_factory=dict)

    def add(self, entry: Entry, recipe: Entry) -> None:
        """Note a finished output."""
        self.begun.add(str(entry["output"]))
        self.entries[str(entry["output"])] = entry, recipe


class Journal:
    """The journal of one run; its methods may be called from several threads."""

    def __init__(self, file: BinaryIO, path: Path, key: InstallationKey, recipe: Entry) -> None:
        self._file, self._path, self._key = file, path, key
        self.recipe = recipe
        self.finished = 0
        self._one_at_a_time = threading.Lock()
        self._write({"recipe": recipe})

    def begin(self, output: Path) -> None:
        """Note that the output's name will be taken; on the disk when this returns."""
        self._write({"begun": str(output)})

    def done(self, entry: Entry) -> None:
        """Note what is said of a finished output."""
        self.finished += 1
        self._write({"entry": entry})

    def _write(self, line: Entry) -> None:
        content = canonical(signed(line, self._key, LINE)) + b"\n"
        try:
            with self._one_at_a_time:
                self._file.write(content)
                self._file.flush()
                os.fsync(self._file.fileno())
        except OSError as error:
            raise ReadWriteError(path=self._path, reason=error.strerror) from error


def journal_of(report: Path) -> Path:
    """Return where the journal of a report lies."""
    return report.with_name(report.name + ".journal")


@contextmanager
def opened_journal(
    report: Path, key: InstallationKey, recipe: Entry, *, resume: bool, force: bool
) -> Iterator[tuple[Journal, Past]]:
    """Yield the journal of a run, and what earlier runs did where this one goes on with them.

    The journal stays where the block raises after something was finished, else it goes.

    Raises: BrokenOffError where one lies there and neither resume nor force is set,
        RunInUseError, CannotCreateError.
    """
    path = journal_of(report)
    if path.exists() and not resume and not force:
        raise BrokenOffError(path=report)
    try:
        file = path.open("a+b")
    except OSError as error:
        raise CannotCreateError(path=path, reason=error.strerror) from error
    with _closed_at_last(file):
        _alone(file, report)
        past = Past()
        if resume:
            past = _past(report, file, key, path)
        else:
            file.truncate(0)
        journal = Journal(file, path, key, recipe)
        try:
            yield journal, past
        except BaseException:
            if not journal.finished and not past.begun:
                path.unlink(missing_ok=True)  # nothing to go on with
            raise
        path.unlink(missing_ok=True)


@contextmanager
def _closed_at_last(file: BinaryIO) -> Iterator[None]:
    """Close the journal; each line was on the disk, or its failing was raised, before."""
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # what a full disk did not take is tried once more
            file.close()


def _alone(file: BinaryIO, report: Path) -> None:
    """Hold the journal, where the system can, as long as the file is open."""
    with contextlib.suppress(ImportError):
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RunInUseError(path=report) from None


def _past(report: Path, file: BinaryIO, key: InstallationKey, path: Path) -> Past:
    """Read the finished report, then the journal of the run that was broken off."""
    past = Past()
    if report.exists():
        body, signer = check_signature(read_json(report), REPORT, report)
        if signer != key.fingerprint:
            raise ReportBrokenError(path=report, reason="it is signed by another installation")
        recipe = {name: value for name, value in body.items() if name not in OUTCOME}
        for entry in body.get("inputs", ()):
            if entry.get("output"):
                past.add(entry, recipe)
    _read_lines(past, file, key, path)
    return past


def _read_lines(past: Past, file: BinaryIO, key: InstallationKey, path: Path) -> None:
    """Take in every whole line, and cut the file behind the last one."""
    recipe: Entry = {}
    end = file.seek(0)
    for content in file:
        line = _line(content, key, path)
        if line is None:
            break  # cut by a crash; nothing behind it was promised
        end += len(content)
        recipe = line.get("recipe", recipe)
        if "begun" in line:
            past.begun.add(line["begun"])
        if "entry" in line:
            past.add(line["entry"], recipe)
    file.truncate(end)


def _line(content: bytes, key: InstallationKey, path: Path) -> dict[str, Any] | None:
    if not content.endswith(b"\n"):
        return None
    try:
        body, signer = check_signature(json.loads(content), LINE, path)
    except (ValueError, ReportBrokenError):
        return None
    return body if signer == key.fingerprint else None

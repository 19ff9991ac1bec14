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
from yingbi.keys.signature import signed
from yingbi.usecases.signed_report import LINE, REPORT, check_signature, read_json

Entry = Mapping[str, Any]

TRIES = 3
"""A journal may be removed by the run before just when it is opened."""
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
    with _held(path, report) as file:
        if not resume and not force and file.seek(0, os.SEEK_END):
            raise BrokenOffError(path=report)
        past = _past(report, file, key, path) if resume else Past()
        if not resume:
            file.truncate(0)
        journal = Journal(file, path, key, recipe)
        try:
            yield journal, past
        except BaseException:
            if not journal.finished and not past.begun:
                _remove(file, path)  # nothing to go on with
            raise
        _remove(file, path)


def _remove(file: BinaryIO, path: Path) -> None:
    """Close the journal, for there are systems that remove no open file, and remove it.

    Where that fails another run has it open by now, and it is that one's; or the folder
    takes no change, and the next run tells of the journal.
    """
    _close(file)
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def _close(file: BinaryIO) -> None:
    """Close the journal; each line was on the disk, or its failing was raised, before."""
    with contextlib.suppress(OSError):  # what a full disk did not take is tried once more
        file.close()


@contextmanager
def _held(path: Path, report: Path) -> Iterator[BinaryIO]:
    """Yield the journal, held where the system can until the block ends, even once it is closed.

    What was removed while we waited to open or to hold it is no journal: nobody would find it.
    """
    for _ in range(TRIES):
        try:
            file = path.open("a+b")
        except OSError as error:
            raise CannotCreateError(path=path, reason=error.strerror) from error
        with contextlib.ExitStack() as stack:
            stack.callback(_close, file)
            _hold(file, report, stack)
            if _lies_at(file, path):
                yield file
                return
    raise RunInUseError(path=report)


def _hold(file: BinaryIO, report: Path, stack: contextlib.ExitStack) -> None:
    """Lock the file by a second descriptor of it, which is closed with the stack."""
    with contextlib.suppress(ImportError):
        import fcntl

        lock = os.dup(file.fileno())
        stack.callback(os.close, lock)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RunInUseError(path=report) from None


def _lies_at(file: BinaryIO, path: Path) -> bool:
    with contextlib.suppress(OSError):
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    return False


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

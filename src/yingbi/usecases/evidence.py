"""What a run keeps so that its report can be signed, and what it need not do again.

Clause: 6.2.5.b.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from yingbi.domain.messages import say_error
from yingbi.domain.report import InputReport
from yingbi.errors import ReadWriteError, SourceChangedError

if TYPE_CHECKING:  # it loads the ciphers, which a run without a report does not need
    from yingbi.usecases.journal import Entry, Journal, Past

READ_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class Identity:
    """A file's content in two numbers. stamp: changes when somebody writes to it meanwhile."""

    sha256: str
    size: int
    stamp: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it for machines."""
        return {"sha256": self.sha256, "bytes": self.size}


def identity(path: Path) -> Identity:
    """Return what the file is now. Raises: ReadWriteError."""
    try:
        with path.open("rb") as file:
            return identity_of_open(file)
    except OSError as error:
        raise ReadWriteError(path=path, reason=error.strerror) from error


def identity_of_open(file: BinaryIO) -> Identity:
    """Return what the open file is, from its first byte to its last; raises OSError."""
    file.flush()
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(READ_AT_ONCE):
        digest.update(piece)
    return Identity(digest.hexdigest(), file.tell(), _stamp(os.fstat(file.fileno())))


def unchanged(path: Path, before: Identity | None) -> None:
    """Raise SourceChangedError where the file was written to since; None asks nothing."""
    if before is None:
        return
    try:
        status = path.stat()
    except OSError as error:
        raise SourceChangedError(path=path) from error
    if _stamp(status) != before.stamp:
        raise SourceChangedError(path=path)


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    return status.st_size, status.st_mtime_ns, status.st_ino


class Evidence:
    """The journal of this run, and what earlier ones finished."""

    def __init__(self, journal: "Journal", past: "Past") -> None:
        self._journal, self._past = journal, past

    def kept(self, source: Path, output: Path) -> InputReport | None:
        """Return an earlier run's outcome where it still holds: then nothing is to be done.

        It holds where settings, networks and version are the same, and input and output
        are, byte for byte, what they were.
        """
        entry, recipe = self._past.entries.get(str(output), ({}, {}))
        if not entry or entry["source"] != str(source) or recipe != self._journal.recipe:
            return None
        if not (_is(source, entry["input"]) and _is(output, entry["written"])):
            return None
        self._journal.done(entry)
        return InputReport(str(source), str(output), more=entry, kept=True)

    def ours(self, output: Path) -> bool:
        """Return whether an earlier run began this output, so that it may be replaced."""
        return str(output) in self._past.begun

    def begin(self, output: Path) -> None:
        """Note that work on the output begins."""
        self._journal.begin(output)

    def done(self, report: InputReport) -> None:
        """Note a finished output."""
        self._journal.done(entry_of(report))


def entry_of(report: InputReport) -> "Entry":
    """Return what the report says of one input that went well."""
    return report.more if report.kept else report.to_json() | dict(report.more)


def told(report: InputReport, *, whole: bool = False) -> dict[str, Any]:
    """Return the report for machines, its error in the user's language.

    whole: with all that only the signed report says.
    """
    if report.error is None:
        entry = dict(entry_of(report))
        return entry if whole else {name: entry[name] for name in report.to_json()}
    message = say_error(report.error)
    return {
        "source": report.source,
        "output": None,
        "error": {"code": report.error.code, "message": message},
        **(report.more if whole else {}),
    }


def _is(path: Path, told: "Entry") -> bool:
    """Return whether the file is what was told of it; a size that differs spares the reading."""
    try:
        if path.is_symlink() or path.stat().st_size != told["bytes"]:
            return False
    except OSError:
        return False
    return bool(identity(path).sha256 == told["sha256"])

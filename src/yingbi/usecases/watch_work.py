"""What a watcher is made of: work that is done with each file, who is told, and whose fault an error is."""

import errno
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from yingbi.domain.grade_errors import SceneContradictedError, SceneDoubtfulError
from yingbi.domain.report import Progress, Tally
from yingbi.errors import (
    MemoryNotLockedError,
    ModelChangedError,
    ModelMissingError,
    NotAuthorisedError,
    NoVaultError,
    SealBrokenError,
    VaultLockedError,
    VaultTooNewError,
    VaultTooOldError,
    YingbiError,
)
from yingbi.media.output import FULL
from yingbi.usecases.watch_arrivals import Arrival
from yingbi.usecases.watch_memory import Known, Memory, State

ROOM_MAY_COME = FULL - {errno.EFBIG}
PASSES = (VaultLockedError, VaultTooOldError, NotAuthorisedError, NoVaultError)
"""What people or other processes put right, and no file is to blame for."""
OF_THE_FILE = (SceneContradictedError, SceneDoubtfulError)
"""Refusals that are no right of anybody's: the file shows what its box's scene does not allow."""
ENDS = (
    *(VaultTooNewError, SealBrokenError, MemoryNotLockedError),
    *(ModelMissingError, ModelChangedError),
)
"""What no file is to blame for either, and waiting does not help."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one file. told: for machines. error: set where it is quarantined."""

    place: Path
    tally: Tally | None = None
    output: str = ""
    written: str = ""
    object_id: str = ""
    whole: bool = True
    told: Mapping[str, Any] = field(default_factory=dict)
    error: YingbiError | None = None


class Work(Protocol):
    """What is done with each file."""

    @property
    def removes(self) -> bool:
        """Whether sources go once they are done."""

    def settle(self, memory: Memory) -> list[Done]:
        """Clear away or bring to its end what was broken off; return what came to an end."""

    def output_of(self, arrival: Arrival) -> str:
        """Return where its output will lie, as it is remembered; raises where it must not."""

    def make_room(self, arrival: Arrival, known: Known) -> None:
        """Put aside what an earlier content of the file became; nothing of it is lost."""

    def do(self, arrival: Arrival, begun: Known, progress: Progress) -> Done:
        """Do it, whole or not at all; what an attempt that died left is gone on with."""

    def refuse(self, arrival: Arrival, sha256: str, error: YingbiError) -> None:
        """Write why the file is not worked on."""

    def remove(self, arrival: Arrival, known: Known) -> str:
        """Remove the source of what is done; return why it stays, or nothing."""


class Face(Protocol):
    """Who is told."""

    def progress(self) -> AbstractContextManager[Progress]:
        """Yield what shows how far the work on one file is."""

    def done(self, done: Done) -> None:
        """Tell what became of one file."""

    def waits(self, error: YingbiError) -> None:
        """Tell why everything waits."""

    def tell(self, line: str) -> None:
        """Tell what else should be known."""


def came_to(known: Known, done: Done) -> Known:
    """Return what is remembered of a file that is done."""
    return replace(
        known,
        state=State.DONE,
        tries=0,
        output=done.output,
        written=done.written,
        object_id=done.object_id,
        whole=done.whole,
    )


def over_soon(error: YingbiError) -> bool:
    """Return whether it is no fault of any file, and goes away without us."""
    if isinstance(error, OF_THE_FILE):
        return False
    if isinstance(error, PASSES):
        return True
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in ROOM_MAY_COME:
            return True
        cause = cause.__cause__ or cause.__context__
    return False

"""A folder without anybody beside it: what arrives is worked on once, and told in one line.

    look -> at rest? -> begun, remembered -> worked on -> done, remembered | quarantined

What is wrong with one file concerns that file alone. What is wrong with the machine, such
as a full disk, holds everything until it is over.
"""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from yingbi.domain.messages import say
from yingbi.domain.watch_errors import GaveUpError
from yingbi.errors import (
    InterruptedByUserError,
    NoSuchInputError,
    ReadWriteError,
    SourceChangedError,
    UnreadableInputError,
    UnsafeOutputError,
    UsageError,
    YingbiError,
)
from yingbi.usecases.evidence import identity
from yingbi.usecases.watch_arrivals import (
    Arrival,
    Rest,
    Stamp,
    arrivals,
    being_written,
    looks_like_media,
    stamp_of,
)
from yingbi.usecases.watch_memory import Known, Memory, State
from yingbi.usecases.watch_work import ENDS, Done, Face, Work, came_to, over_soon

MOST_TRIES = 10
"""So often a file may be what we died over before it is left alone."""
LONGEST_WAIT_S = 60.0

OPEN = (State.BEGUN, State.LEAVING)


def check_places(folder: Path, out: Path | None, state: Path) -> None:
    """Raise where the folder is none, or where we would work on what we wrote ourselves.

    Raises: NoSuchInputError, UsageError, UnsafeOutputError.
    """
    if not folder.exists():
        raise NoSuchInputError(path=folder)
    if not folder.is_dir():
        raise UsageError(problem=say("'{path}' is a file; only a folder is watched.", path=folder))
    watched = folder.resolve()
    for other in (out, state):
        if other is not None and other.resolve().is_relative_to(watched):
            raise UnsafeOutputError(output=other, reason="it lies inside the input folder")
    if out is not None and watched.is_relative_to(out.resolve()):
        raise UnsafeOutputError(output=out, reason="the input folder lies inside it")


class Watcher:
    """One folder, what is known of it, and what is done with what arrives."""

    def __init__(
        self,
        folder: Path,
        memory: Memory,
        work: Work,
        face: Face,
        *,
        settle_s: float,
        retry: bool = False,
    ) -> None:
        self._folder, self._memory, self._work, self.face = folder, memory, work, face
        self._rest = Rest(settle_s)
        self._again = set(memory.of(State.QUARANTINED)) if retry else set()
        self._passed: dict[Path, Stamp] = {}
        self._stay: dict[Path, Stamp] = {}
        self._unread: set[Path] = set()
        self._later: Counter[Path] = Counter()

    def round(self, now: float) -> int:
        """Work on all that is at rest; return how many files are not at rest yet.

        Raises: UnreadableInputError where the folder cannot be read, what `over_soon`
            knows, and what keeps us from remembering.
        """
        for done in self._work.settle(self._memory):
            self.face.done(done)
        found = arrivals(self._folder, self._tell_unread)
        fresh = [one for one in found if self._is_new(one)]
        ready = self._rest.of(fresh, now)
        left = len(fresh) - len(ready)
        for one in sorted(ready, key=self._turn):
            left += not self._take(one)
        if self._work.removes:
            for one in found:
                self._remove(one)
        return left

    @property
    def quarantined(self) -> int:
        """How many files that lie there are in quarantine."""
        shut = self._memory.of(State.QUARANTINED)
        return sum(stamp_of(self._folder / place) is not None for place in shut)

    def _is_new(self, one: Arrival) -> bool:
        known = self._memory.get(one.place)
        if known is None:
            return self._passed.get(one.place) != one.stamp
        return known.state in OPEN or known.stamp != one.stamp or one.place in self._again

    def _turn(self, one: Arrival) -> int:
        """Return a number that is larger for what we died over, and for what held up the others."""
        known = self._memory.get(one.place)
        return self._later[one.place] + (known.tries if known else 0)

    def _take(self, one: Arrival) -> bool:
        """Work on one file; return False where it turns out not to be at rest."""
        if stamp_of(one.path) != one.stamp or being_written(one.path):
            return False
        known = self._memory.get(one.place)
        if known is None and not looks_like_media(one.path):
            self._passed[one.place] = one.stamp
            return True
        sha256 = ""
        try:
            sha256 = identity(one.path).sha256
            begun = self._begin(one, known, sha256)
            if begun is None:
                return True
            with self.face.progress() as progress:
                done = self._work.do(one, begun, progress)
        except (KeyboardInterrupt, InterruptedByUserError):
            self._put_back(one)
            raise
        except YingbiError as error:
            return self._failed(one, sha256, error)
        self._memory.note(one.place, came_to(begun, done))
        self.face.done(done)
        return True

    def _begin(self, one: Arrival, known: Known | None, sha256: str) -> Known | None:
        """Remember that work begins; None where there is none, since only the file's date is new."""
        same = known is not None and known.sha256 == sha256
        tries = known.tries + 1 if known and same and known.state is State.BEGUN else 1
        now = Known(State.BEGUN, one.stamp.size, one.stamp.written_ns, sha256, tries)
        if known is not None and known.state not in OPEN:
            if same and one.place not in self._again:
                touched = replace(known, size=now.size, written_ns=now.written_ns)
                self._memory.note(one.place, touched)
                return None
            if not same:
                self._work.make_room(one, known)
        self._again.discard(one.place)
        if tries > MOST_TRIES:
            raise GaveUpError(path=one.path, tries=MOST_TRIES)
        return self._memory.note(one.place, replace(now, output=self._work.output_of(one)))

    def _put_back(self, one: Arrival) -> None:
        """Take back the try, if the disk has room for that."""
        known = self._memory.get(one.place)
        if known is not None and known.state is State.BEGUN and known.tries:
            with suppress(ReadWriteError):
                self._memory.note(one.place, replace(known, tries=known.tries - 1))

    def _failed(self, one: Arrival, sha256: str, error: YingbiError) -> bool:
        """Put the file into quarantine; return False where it is not to blame, or changed."""
        known = self._memory.get(one.place)
        if over_soon(error) or isinstance(error, ENDS):
            self._later[one.place] += 1
            self._put_back(one)
            raise error
        if known is not None and known.state is State.LEAVING:
            self.face.waits(error)  # whether it was left is found out before anything else
            return False
        if isinstance(error, SourceChangedError) or stamp_of(one.path) != one.stamp:
            self._put_back(one)  # changed or gone: its time comes, or not
            return False
        self._work.refuse(one, sha256, error)
        stamp = one.stamp
        shut = Known(State.QUARANTINED, stamp.size, stamp.written_ns, sha256)
        self._memory.note(one.place, shut)
        self.face.done(Done(one.place, error=error))
        return True

    def _remove(self, one: Arrival) -> None:
        known = self._memory.get(one.place)
        if known is None or known.state is not State.DONE or known.stamp != one.stamp:
            return
        if self._stay.get(one.place) == one.stamp:
            return
        reason = self._work.remove(one, known)
        if reason:
            self._stay[one.place] = one.stamp
            line = say("'{source}' was not removed: {reason}", source=one.path, reason=reason)
            self.face.tell(line)

    def _tell_unread(self, folder: Path, error: OSError) -> None:
        if folder not in self._unread:
            self._unread.add(folder)
            line = say("'{path}' cannot be read: {reason}.", path=folder, reason=error.strerror)
            self.face.tell(line)


def watch(watcher: Watcher, *, every_s: float, wait: Callable[[float], None] = time.sleep) -> None:
    """Look and work until an interrupt ends it; what may pass is waited for, longer and longer.

    Raises: what keeps the watcher from remembering or from writing its records.
    """
    pause = every_s
    while True:
        try:
            watcher.round(time.monotonic())
            pause = every_s
        except YingbiError as error:
            if not (over_soon(error) or isinstance(error, UnreadableInputError)):
                raise
            watcher.face.waits(error)
            pause = min(2 * pause, max(every_s, LONGEST_WAIT_S))
        wait(pause)


def watch_once(
    watcher: Watcher,
    *,
    every_s: float,
    settle_s: float,
    wait: Callable[[float], None] = time.sleep,
) -> int:
    """Work on what is there and comes to rest; return how many files were left for the next time.

    Raises: as `Watcher.round` does; nothing is waited for.
    """
    end = time.monotonic() + settle_s
    while True:
        now = time.monotonic()
        left = watcher.round(now)
        if not left or now >= end:
            return left
        wait(min(every_s, max(0.0, end - time.monotonic())))

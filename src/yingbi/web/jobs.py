"""Work that takes its time, in a thread of its own: shown while it goes on, and stopped at will."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from yingbi.domain.messages import say_error
from yingbi.domain.page_errors import BusyError
from yingbi.domain.report import Progress
from yingbi.errors import InterruptedByUserError, YingbiError
from yingbi.web.entry import Clock

State = Literal["working", "done", "failed", "cancelled"]

Work = Callable[[Progress], Any]
"""Does the work and returns what comes of it; tells the progress where it is."""

ENOUGH_S = 2.0
"""So long is waited before the time that is left is reckoned: the first frames are slow."""


@dataclass(frozen=True, slots=True)
class Shown:
    """How far a job is.

    name, done, total: what it is at now, and how many of its frames; total is None where
    nobody knows. steps_done, steps: of how many inputs, where there are several.
    seconds_left: of what it is at now; None where it cannot be reckoned.
    """

    name: str = ""
    done: int = 0
    total: int | None = None
    steps_done: int = 0
    steps: int = 1
    seconds_left: float | None = None


class Job:
    """One piece of work in a thread. `state`, `result` and `error` say what became of it.

    error: the one line that the command line would print, in the language of the moment.
    """

    def __init__(self, work: Work, clock: Clock) -> None:
        self.result: Any = None
        self.error: str | None = None
        self.state: State = "working"
        self._work, self._clock = work, clock
        self._stop = threading.Event()
        self._changing = threading.Lock()
        self._name, self._done = "", 0
        self._total: int | None = None
        self._steps_done, self._steps = 0, 1
        self._begun = clock()
        self._thread = threading.Thread(target=self._run, name="yingbi job")
        self._thread.start()

    def begin(self, name: str, frames: int | None) -> Callable[[int], None]:
        """Announce work, as `Progress` asks for; it and what comes back raise after a cancel."""
        if self._stop.is_set():
            raise InterruptedByUserError
        with self._changing:
            if name:
                self._name, self._done, self._total = name, 0, frames
                self._begun = self._clock()
            else:
                self._steps_done, self._steps = 0, frames or 1
        return self._tick if name else self._step

    def _tick(self, done: int) -> None:
        with self._changing:
            self._done += done
        if self._stop.is_set():
            raise InterruptedByUserError

    def _step(self, done: int) -> None:
        with self._changing:
            self._steps_done += done

    def shown(self) -> Shown:
        """Return how far it is."""
        with self._changing:
            left = None
            spent = self._clock() - self._begun
            if self._total and self._done and spent > ENOUGH_S:
                left = max(0.0, spent / self._done * (self._total - self._done))
            return Shown(self._name, self._done, self._total, self._steps_done, self._steps, left)

    def cancel(self) -> None:
        """Ask it to end at its next frame."""
        self._stop.set()

    def wait(self, timeout_s: float | None = None) -> None:
        """Return when it has ended, or after the time."""
        self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            self.result = self._work(self)
            self.state = "done"
        except InterruptedByUserError:
            self.state = "cancelled"
        except YingbiError as error:
            self.error = say_error(error)
            self.state = "failed"
        except Exception:  # noqa: BLE001 a thread's last net: its page says that it failed
            self.error = say_error(YingbiError())
            self.state = "failed"


class Jobs:
    """At most one piece of heavy work at a time: two would only slow each other down."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._starting = threading.Lock()
        self._job: Job | None = None
        self._ended = False

    @property
    def busy(self) -> bool:
        """Whether something is being worked on."""
        return self._job is not None and self._job.state == "working"

    def start(self, work: Work) -> Job:
        """Begin the work.

        Raises: BusyError where other work is not done, InterruptedByUserError after the end.
        """
        with self._starting:
            if self._ended:
                raise InterruptedByUserError
            if self.busy:
                raise BusyError
            self._job = Job(work, self._clock)
            return self._job

    def end(self) -> None:
        """Stop what is being worked on and return when it has ended; nothing begins after that."""
        with self._starting:
            self._ended = True
        if self._job is not None:
            self._job.cancel()
            self._job.wait()

"""Tell somebody of an event, without ever holding up the looking.

Whoever looks hands a notice over and goes on: each target has a thread and a short queue of its
own.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from yingbi.domain.messages import say
from yingbi.domain.notice import Notice
from yingbi.usecases.tell_target import COMMAND_S, Order, Target

REPEAT = timedelta(seconds=30)
"""The same of the same person within this time is told once."""
WAITS_S = (2.0, 10.0, 60.0)
"""After a failure it is tried again after these seconds, and then given up."""
MOST_WAITING = 64


class _Line:
    """The way to one target: what waits, and a thread that tells it, one after another."""

    def __init__(
        self, target: Target, tell: Callable[[str], None], waits_s: Sequence[float]
    ) -> None:
        self.failing = False
        self._target, self._tell, self._waits_s = target, tell, waits_s
        self._waiting: deque[Notice] = deque()
        self._changed = threading.Condition()
        self._busy = self._ended = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="yingbi tells", daemon=True)
        self._thread.start()

    def put(self, notice: Notice) -> None:
        """Let a notice wait; where too many do, the oldest is left out."""
        with self._changed:
            self._waiting.append(notice)
            if len(self._waiting) > MOST_WAITING:
                self._waiting.popleft()
            self._changed.notify_all()

    def end(self) -> None:
        """Take no more; what waits is told still."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Begin nothing more."""
        self._stop.set()

    def join(self, until_s: float) -> None:
        """Return when all is told, or then."""
        self._thread.join(max(0.0, until_s - time.monotonic()))

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._ended)
                if not self._waiting or self._stop.is_set():
                    return
                notice = self._waiting.popleft()
            self._deliver(notice)

    def _deliver(self, notice: Notice) -> None:
        for wait_s in (0.0, *self._waits_s):
            if self._stop.wait(wait_s):
                return
            if self._target.send(notice):
                self.failing = False
                return
            if not self.failing:  # told once, until it works again
                self.failing = True
                line = say(
                    "'{target}' could not be told; it is tried again", target=self._target.name
                )
                with suppress(OSError):  # nobody may read it, and what follows is told all the same
                    self._tell(line)


class Teller:
    """Tells of events whoever asked for them. A context manager: leaving it lets the rest be told.

    tell: takes one line of what goes wrong. waits_s: seconds before each further try.
    """

    def __init__(
        self,
        orders: Iterable[Order],
        tell: Callable[[str], None],
        *,
        waits_s: Sequence[float] = WAITS_S,
        leave_s: float = COMMAND_S,
    ) -> None:
        self._orders = tuple(orders)
        self._lines = {id(one.target): _Line(one.target, tell, waits_s) for one in self._orders}
        self._told: dict[tuple[str | None, ...], datetime] = {}
        self._leave_s = leave_s

    def __enter__(self) -> "Teller":
        return self

    def __exit__(self, *_error: object) -> None:
        """Let what waits be told, for a while, and a command that runs by then be ended."""
        lines, until_s = self._lines.values(), time.monotonic() + self._leave_s
        for line in lines:
            line.end()
        for line in lines:
            line.join(until_s)
        for line in lines:
            line.stop()
        for line in lines:
            line.join(until_s + COMMAND_S)

    @property
    def asked(self) -> bool:
        """Whether anybody is to be told of anything."""
        return bool(self._orders)

    @property
    def failing(self) -> tuple[str, ...]:
        """Which targets could not be told of late, by name."""
        named = ((one.target.name, self._lines[id(one.target)].failing) for one in self._orders)
        return tuple(dict.fromkeys(name for name, failing in named if failing))

    def tell(self, notice: Notice) -> None:
        """Hand a notice to everybody who asked for such; return at once."""
        wanted = [one for one in self._orders if one.event == notice.event.event]
        if wanted and self._is_new(notice):
            for one in wanted:
                self._lines[id(one.target)].put(notice)

    def _is_new(self, notice: Notice) -> bool:
        """Return whether it was not told just before; forget what is over.

        A number of people is new whenever it is told: the last one has to be right.
        """
        event, now = notice.event, notice.at
        self._told = {key: at for key, at in self._told.items() if abs(now - at) < REPEAT}
        key = (event.event, event.subject, event.place, event.direction)
        if event.event == "count":
            return True
        if key in self._told:
            return False
        self._told[key] = now
        return True

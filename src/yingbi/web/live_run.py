"""What the page `live` shows: the run in its thread, and the newest of what it saw.

Clause: A.1-3; A.1.c-1.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from yingbi.domain.notice import Notice, behaviour_words, event_words, figure_number, person_words
from yingbi.domain.report import Progress
from yingbi.errors import InterruptedByUserError, YingbiError
from yingbi.media.draw import COLOURS, FLOOR, HORIZON, LIMBS, SURE, WALL
from yingbi.media.live_source import LiveSource
from yingbi.usecases.live import Plan, Told, live
from yingbi.usecases.onlook import Figure

MOST_EVENTS = 200
"""So many events stay on the page; the records of a door hold them all."""
ALARMS = ("fell", "left-alone", "unknown-person", "camera-covered", "camera-moved")
"""Events that stand out on the page."""


class LiveRun:
    """One run over a source. `work` is done in a thread; the rest answers any other.

    ended: is called once, when nothing follows. error: what broke it off.
    """

    def __init__(
        self, source: LiveSource, plan: Plan, ended: Callable[[], None] = lambda: None
    ) -> None:
        self._source, self._plan, self._ended = source, plan, ended
        self._changing = threading.Lock()
        self._told: Told | None = None
        self._events: deque[tuple[int, Notice]] = deque(maxlen=MOST_EVENTS)
        self._count = 0
        self.version = 0
        self.error: YingbiError | None = None

    @property
    def keeps_on(self) -> bool:
        """Whether it goes on without anybody who looks: something is sealed, or somebody told."""
        return self._plan.stand is not None or self._plan.teller.asked

    @property
    def sealed(self) -> bool:
        """Whether records are left at a door."""
        return self._plan.stand is not None

    @property
    def camera(self) -> str:
        """What the camera is called in words."""
        return self._plan.camera

    def work(self, progress: Progress) -> None:
        """Look until the source ends or the progress says that it was cancelled."""
        tick = progress.begin(self.camera, None)

        def go_on() -> bool:
            try:
                tick(0)
            except InterruptedByUserError:
                return False
            return True

        try:
            with self._source as source:
                for told in live(source, self._plan, go_on):
                    self._take(told)
        except YingbiError as error:
            self.error = error
            raise
        finally:
            self._ended()

    def scene(self) -> dict[str, Any]:
        """Return what the figures stand in: the floor, its places, and how they are drawn."""
        places = self._plan.options.places
        return {
            "areas": [{"name": one.name, "points": one.points} for one in places.areas]
            if places
            else [],
            "lines": [{"name": one.name, "points": (one.start, one.end)} for one in places.lines]
            if places
            else [],
            "colours": COLOURS,
            "limbs": LIMBS,
            "sure": SURE,
            "wall": WALL,
            "floor": FLOOR,
            "horizon": HORIZON,
        }

    def now(self, since: int) -> dict[str, Any]:
        """Return who is there, and what happened after event number `since`, in words."""
        with self._changing:
            told, version = self._told, self.version
            events = [(number, one) for number, one in self._events if number > since]
        if told is None:
            return {"version": version, "figures": [], "events": [], "rate": 0.0, "skipped": 0}
        info = self._source.info
        return {
            "version": version,
            "size": info.size,
            "figures": [_figure(one) for one in told.moment.figures],
            "events": [_event(number, one) for number, one in events],
            "rate": round(told.rate, 1),
            "skipped": told.skipped,
            "failing": list(self._plan.teller.failing),
        }

    def _take(self, told: Told) -> None:
        with self._changing:
            self._told = told
            for notice in told.notices:
                self._count += 1
                self._events.append((self._count, notice))
            self.version += 1


def _figure(one: Figure) -> dict[str, Any]:
    return {
        "number": figure_number(one.subject),
        "name": person_words(one.subject),
        "doing": behaviour_words(one.behaviour),
        "down": one.behaviour == "fallen",
        "points": one.points
        and [(round(x, 4), round(y, 4), round(score, 2)) for x, y, score in one.points],
    }


def _event(number: int, notice: Notice) -> dict[str, Any]:
    return {
        "number": number,
        "at": notice.at.timestamp(),
        "time": notice.at.strftime("%H:%M:%S"),
        "words": event_words(notice.event),
        "alarm": notice.event.event in ALARMS,
    }

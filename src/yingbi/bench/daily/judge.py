"""Judge whatever tells behaviour and falls from glimpses, by drawn falls and drawn days."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from math import exp, lgamma, log
from typing import Protocol

import numpy as np

from yingbi.bench.daily.days import REAL_DAY, Stream, drawn_falls, drawn_life
from yingbi.bench.daily.noise import HOLD_S
from yingbi.domain.glimpse import Glimpse
from yingbi.domain.interval import wilson
from yingbi.domain.record import Behaviour, Event

FALLS, HOURS = 320, 10.0
EARLY_S, LATE_S = 0.5, 20.0
"""A fall counts as told from so long before the descent until so long after the body struck the floor."""
SAME_S = 20.0
NOTHING = "nothing"


class Conduct(Protocol):
    """What tells the behaviour of one person; `make_conduct` makes it from the person's name."""

    def see(self, glimpse: Glimpse) -> list[Behaviour | Event]:
        """Return what one more glimpse settles."""

    def finish(self) -> list[Behaviour | Event]:
        """Return what is left when the person has gone."""


class Company(Protocol):
    """What tells the behaviour of everybody in a picture."""

    def see(
        self, now: float, glimpses: Mapping[int, Glimpse], names: Mapping[int, str]
    ) -> list[Behaviour | Event]:
        """Return what the glimpses of one time settle, by track."""

    def finish(self) -> list[Behaviour | Event]:
        """Return what is left at the end."""


Maker = Callable[[str], Conduct]


@dataclass(frozen=True, slots=True)
class Told:
    """Something that was told, and when."""

    at_s: float
    what: Behaviour | Event


@dataclass(frozen=True, slots=True)
class Verdict:
    """How well falls are told.

    told, falls: falls that were told, and all. by_kind: the same of each kind. delays_s: of those that
    were told, from when the body struck the floor. repeats: told once more. beside: told in the streams of falls
    at a time when nobody fell. alarms: in daily life, where each is false. hours: of it. by_activity: false
    alarms, times the thing was done, and hours of it. confusion: seconds by (truth, told).
    """

    told: int
    falls: int
    by_kind: dict[str, tuple[int, int]]
    delays_s: tuple[float, ...]
    repeats: int
    beside: int
    alarms: int
    hours: float
    by_activity: dict[str, tuple[int, int, float]]
    confusion: dict[tuple[str, str], float]

    @property
    def sensitivity(self) -> float:
        """Return the share of falls that was told."""
        return self.told / self.falls if self.falls else 0.0

    @property
    def sensitivity_interval(self) -> tuple[float, float]:
        """Return its Wilson interval (95 percent)."""
        return wilson(self.told, self.falls)

    @property
    def delay_s(self) -> float:
        """Return the delay that 95 of 100 told falls do not exceed."""
        return float(np.percentile(self.delays_s, 95)) if self.delays_s else float("inf")

    @property
    def alarms_an_hour(self) -> float:
        """Return false alarms in an hour of drawn life."""
        return self.alarms / self.hours if self.hours else 0.0

    @property
    def alarms_a_day(self) -> float:
        """Return false alarms in 24 hours of drawn life, in all of which somebody is busy in the picture."""
        return 24 * self.alarms_an_hour

    @property
    def alarms_a_day_interval(self) -> tuple[float, float]:
        """Return the Poisson interval (95 percent) of false alarms in 24 hours."""
        low, high = poisson_interval(self.alarms)
        return 24 * low / self.hours, 24 * high / self.hours

    @property
    def alarms_a_real_day(self) -> float:
        """Return false alarms in a day in which everything is done as often as `REAL_DAY` says."""
        rows = self.by_activity.items()
        return sum(REAL_DAY[name] * alarms / done for name, (alarms, done, _) in rows if alarms)

    @property
    def alarms_a_real_day_interval(self) -> tuple[float, float]:
        """Return its interval (95 percent): that of their number, in the mix in which they were seen."""
        done = sum(count for _, count, _ in self.by_activity.values())
        each = sum(REAL_DAY.values()) / done if done else 0.0
        if self.alarms:
            each = self.alarms_a_real_day / self.alarms
        low, high = poisson_interval(self.alarms)
        return each * low, each * high

    def agreement(self, behaviour: str) -> float:
        """Return the share of a behaviour's true time that was told as such."""
        of = sum(s for (truth, _), s in self.confusion.items() if truth == behaviour)
        return self.confusion.get((behaviour, behaviour), 0.0) / of if of else 0.0


def judge(
    make_conduct: Maker, falls: int = FALLS, hours: float = HOURS, seed: int = 1,
    hold_s: float = HOLD_S,
) -> Verdict:  # fmt: skip
    """Return the verdict over drawn falls and drawn daily life, the same for the same seed."""
    return verdict(make_conduct, drawn_falls(falls, seed, hold_s), drawn_life(hours, seed, hold_s))


def verdict(make_conduct: Maker, falls: Iterable[Stream], life: Iterable[Stream]) -> Verdict:
    """Return the verdict over streams of falls and streams of daily life."""
    return told_by(partial(heard, make_conduct), falls, life)


def told_by(
    hear: Callable[[Stream], list[Told]], falls: Iterable[Stream], life: Iterable[Stream]
) -> Verdict:
    """Return the same over what `hear` tells of each stream, in order of time."""
    kinds: dict[str, list[int]] = {}
    delays: list[float] = []
    repeats = beside = 0
    for stream in falls:
        told = [one for one in hear(stream) if _is_fall(one)]
        for fall in stream.falls:
            inside = [
                one
                for one in told
                if fall.descent_s - EARLY_S <= one.at_s <= fall.struck_s + LATE_S
            ]
            kinds.setdefault(fall.kind, []).append(bool(inside))
            delays += [max(0.0, one.at_s - fall.struck_s) for one in inside[:1]]
            repeats += max(0, len(inside) - 1)
            beside += len(told) - len(inside)
    counted = {kind: (sum(hits), len(hits)) for kind, hits in kinds.items()}
    alarms, done, time_s = Counter[str](), Counter[str](), dict[str, float]()
    confusion: dict[tuple[str, str], float] = {}
    length_s = 0.0
    for stream in life:
        told = hear(stream)
        alarms.update(_activity(stream, one.at_s) for one in told if _is_fall(one))
        for span in stream.doing:
            done[span.name] += 1
            time_s[span.name] = time_s.get(span.name, 0.0) + span.to_s - span.from_s
        for pair, seconds in confused(stream, told).items():
            confusion[pair] = confusion.get(pair, 0.0) + seconds
        length_s += stream.length_s
    return Verdict(
        sum(hits for hits, _ in counted.values()),
        sum(of for _, of in counted.values()),
        counted,
        tuple(delays),
        repeats,
        beside,
        alarms.total(),
        length_s / 3600,
        {name: (alarms[name], done[name], time_s[name] / 3600) for name in sorted(done)},
        confusion,
    )


def heard(make_conduct: Maker, stream: Stream) -> list[Told]:
    """Return all that is told of a stream; each track is somebody new."""
    told = []
    for number, track in enumerate(stream.tracks):
        conduct = make_conduct(f"unknown {number + 1}")
        for glimpse in track:
            told += [Told(glimpse.time_s, what) for what in conduct.see(glimpse)]
        told += [Told(track[-1].time_s, what) for what in conduct.finish()]
    return sorted(told, key=lambda one: one.at_s)


def heard_together(company: Company, stream: Stream) -> list[Told]:
    """Return all that is told of a stream; who is lost and found again goes on."""
    told, end_s = list[Told](), 0.0
    sights = sorted(
        (
            (glimpse.time_s, n, glimpse)
            for n, track in enumerate(stream.tracks)
            for glimpse in track
        ),
        key=lambda one: one[:2],
    )
    names = {n: f"unknown {n + 1}" for n in range(len(stream.tracks))}
    for now, group in groupby(sights, key=lambda one: one[0]):
        glimpses = {number: glimpse for _, number, glimpse in group}
        told += [Told(now, what) for what in company.see(now, glimpses, names)]
        end_s = now
    return [*told, *(Told(end_s, what) for what in company.finish())]


def confused(stream: Stream, told: Iterable[Told]) -> dict[tuple[str, str], float]:
    """Return seconds by (truth, told) of the glimpses whose truth is known."""
    seconds: dict[tuple[str, str], float] = {}
    spans = [one.what for one in told if isinstance(one.what, Behaviour)]
    times = np.array([glimpse.time_s for track in stream.tracks for glimpse in track])
    if not len(times):
        return seconds
    step_s = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    said = np.full(len(times), NOTHING, dtype=object)
    for span in spans:
        said[(times >= span.from_s) & (times <= span.to_s)] = span.behaviour
    for truth in stream.being:
        inside = said[(times >= truth.from_s) & (times < truth.to_s)]
        for name, count in Counter(inside.tolist()).items():
            pair = (truth.name, name)
            seconds[pair] = seconds.get(pair, 0.0) + count * step_s
    return seconds


def _is_fall(told: Told) -> bool:
    return isinstance(told.what, Event) and told.what.event == "fell"


def _activity(stream: Stream, at_s: float) -> str:
    """Return what was done then, or just before."""
    begun = [span for span in stream.doing if span.from_s <= at_s]
    return begun[-1].name if begun else stream.doing[0].name


def poisson_interval(count: int) -> tuple[float, float]:
    """Return the exact interval (95 percent) of the mean of a count (Garwood 1936)."""
    most = 2.0 * count + 10
    low = _mean_where(lambda mean: 1 - _at_most(count - 1, mean), 0.025, most) if count else 0.0
    return low, _mean_where(lambda mean: 1 - _at_most(count, mean), 0.975, most)


def _at_most(count: int, mean: float) -> float:
    """Return how likely a Poisson number is at most the count."""
    return sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(count + 1))


def _mean_where(rising: Callable[[float], float], value: float, most: float) -> float:
    low, high = 0.0, most
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < value else (low, middle)
    return low

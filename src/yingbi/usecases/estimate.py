"""How long masking a film will take on this machine, told from a few short looks into it."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain, islice
from math import ceil
from pathlib import Path
from time import perf_counter

from yingbi.domain.frame import Frame
from yingbi.domain.report import Progress
from yingbi.media.film_info import FilmInfo
from yingbi.media.splice import why_not
from yingbi.media.still import still_facts
from yingbi.media.stretches import stretch
from yingbi.pipeline.engine import Sight, open_reel
from yingbi.pipeline.lookahead import MOST_FRAMES, MOST_S, SWEEP_S
from yingbi.pipeline.sample import Clock, Sample, sample

PLACES, EVERY_S = 8, 1.5
"""So many looks are taken, each at another place, but no more than one in so many seconds."""
PAST_KEY = 12
"""Frames to let pass at each, at most: right after a key frame all of a picture seems to have changed."""
MOST_SPENT_S, MOST_SHARE = 3.5, 0.1
"""No more looks are taken after so long, or after so large a share of what masking will take."""
SETTLED = 0.9
"""The first look after all of a picture was searched costs more than most: so it was in eight films."""
STILL_S, STILL_S_PER_PIXEL = 0.3, 8e-8
"""What a still cost on two cores, whatever was on it."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What masking a film or a still is going to be like.

    seconds: that it will take. people: how many there are at least; 0 says nothing.
    frames, duration_s: of all of it. sampled_s: seconds of the film that were looked at.
    """

    seconds: float
    people: int
    frames: int
    duration_s: float
    sampled_s: float


def estimate(
    path: Path, sight: Sight, progress: Progress, *, clock: Clock = perf_counter
) -> Estimate:
    """Return what masking the file is going to be like; nothing is written.

    A film is looked into at a few places just as masking does it; a still is told by its size.
    clock: seconds that go by.

    Raises: what makes the input unusable, as far as it is looked at; InterruptedByUserError.
    """
    began = clock()
    with open_reel(path, sight.threads, tapped=True) as reel:
        info, tap = reel.info, reel.tap
        if info is None:
            return _of_still(path)
        film = _Film(info, copies=tap is not None and why_not(info, tap) is None)
    looking = replace(sight, told=None, tick=progress.begin(path.name, None))
    samples: list[Sample] = []

    for frames in _stretches(path, film, sight.threads):
        samples.append(sample(replace(reel, frames=frames), info, looking, clock))
        if clock() - began > min(MOST_SPENT_S, MOST_SHARE * film.seconds(samples)):
            break
    sampled_s = sum(one.frames for one in samples) / info.rate
    people = max((one.tally.people for one in samples), default=0)
    return Estimate(film.seconds(samples), people, film.frames, info.duration_s, float(sampled_s))


@dataclass(frozen=True, slots=True)
class _Film:
    """What is known of a film beforehand. copies: whether what has no mask is copied."""

    info: FilmInfo
    copies: bool

    @property
    def frames(self) -> int:
        return self.info.frames or max(1, round(self.info.duration_s * self.info.rate))

    @property
    def at_once(self) -> int:
        """How many frames go by from one look to the next."""
        return max(1, min(MOST_FRAMES, int(MOST_S * self.info.rate)))

    def seconds(self, samples: Sequence[Sample]) -> float:
        """Return what masking the whole film will take, by what was measured so far."""
        measured = sum(one.frames for one in samples)
        if not measured:
            return 0.0
        looks = sum(self._looks(one.frames) for one in samples)
        first = sum(one.first for one in samples) / len(samples)
        look = SETTLED * sum(one.others for one in samples) / looks if looks else first
        encoding = sum(one.encoding for one in samples if one.masked or not self.copies)
        sweeps = self.info.duration_s / SWEEP_S * max(0.0, first - look)  # in place of a look
        return first + self._looks(self.frames) * look + sweeps + self.frames * encoding / measured

    def _looks(self, frames: int) -> int:
        return ceil((frames - 1) / self.at_once)


def _of_still(path: Path) -> Estimate:
    facts = still_facts(path)
    each = STILL_S + STILL_S_PER_PIXEL * facts.width * facts.height
    return Estimate(each * facts.frames, 0, facts.frames, 0.0, 0.0)


def _stretches(path: Path, film: _Film, threads: int) -> Iterator[Iterator[Frame]]:
    """Yield frames from places all over the film, from none twice."""
    seen, duration_s = set(), film.info.duration_s
    count = max(1, min(PLACES, int(duration_s / EVERY_S)))
    each, past = 1 + film.at_once, min(PAST_KEY, film.frames // 8)
    for number in (*range(0, count, 2), *range(1, count, 2)):  # time may be over in between
        start_s = (number + 0.5) * duration_s / count
        with closing(stretch(path, film.info, start_s, threads)) as frames:
            first = next(islice(frames, past, None), None)
            if first is not None and first.pts not in seen:  # key frames may be far apart
                seen.add(first.pts)
                yield islice(chain([first], frames), each)

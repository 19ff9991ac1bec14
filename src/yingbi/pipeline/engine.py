"""The way that every frame goes first, whatever is made of it afterwards.

capture -> detect, where and when `lookahead` says -> track -> grade. What follows (mask,
structure, seal) is declared in `mask`, `level1`, `level2` and `level3`, each on one screen.

Clause: 6.2.1.f-1; 6.2.1.f-2; 4.2-1.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Protocol, TypeVar

from yingbi.detect.heads import heads
from yingbi.domain.data_class import NOTHING
from yingbi.domain.decision import TimeRange, within
from yingbi.domain.frame import Frame
from yingbi.domain.part import PartKind, SealedSegment
from yingbi.domain.region import CLEAR_SIGHT, PEOPLE, BoxXYXY, Pace, Region, Target
from yingbi.domain.report import Tally
from yingbi.errors import UnmaskableError, YingbiError
from yingbi.grade.classes import classes
from yingbi.mask.style import SOLID, Style
from yingbi.media.encoder import PRESET
from yingbi.media.film import FilmReader
from yingbi.media.film_info import FilmInfo
from yingbi.media.mend import lost_its_index, mended
from yingbi.media.probe import Source, film_source, probe
from yingbi.media.still import read_stills
from yingbi.media.tap import Tap
from yingbi.pipeline.lookahead import MOST_S, look_ahead
from yingbi.track.tracker import track

SLACK_S = 0.02
"""Times of frames are rounded; nobody is let go of for that."""


class Finder(Protocol):
    """Finds some kinds of target in a frame."""

    @property
    def kinds(self) -> frozenset[Target]:
        """What it finds."""

    @property
    def pace(self) -> Pace:
        """How often it is worth asking."""

    def find(self, frame: Frame, part: BoxXYXY | None = None) -> list[Region]:
        """Return what was seen, in a box of the displayed picture or in all of it.

        What is unsure counts as seen.
        """


class LooksAtPeople(Protocol):
    """Looks at the people of a frame before anything is covered."""

    def look(self, frame: Frame, regions: Sequence[Region]) -> frozenset[str]:
        """Return the classes of data that it finds with them."""


Verdict = tuple[Frame, Sequence[Region], Sequence[Region], Sequence[Region]]
"""A frame with all that was found in it, what of that is covered, and what is left clear."""


class Told(Protocol):
    """What a first pass has found, and what was decided about it."""

    def must_be_of(self, path: Path, sha256: str) -> None:
        """Raise unless it was found in a file of this name that has this content."""

    def replay(self, reel: "Reel") -> Iterator[Verdict]:
        """Yield every frame of the reel; raise where it is not the film that it was."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame with its tracked regions and the classes of data in it, or the label for none.

    clear: what was found too and is left to be seen, since somebody chose so.
    """

    frame: Frame
    regions: Sequence[Region]
    labels: frozenset[str]
    clear: Sequence[Region] = ()


@dataclass(frozen=True, slots=True)
class Sight:
    """How to look: what for, how long to hold, how far to cover, and whom to tell.

    targets: what is covered; the finders may find more, of which heads are derived.
    told: what a first pass has found, and what was decided: then nothing is looked for again.
    ranges: the only times, from the first frame on, in which what is found is covered; none means
    always.
    """

    finders: Sequence[Finder]
    hold_s: float
    grow: float
    crf: int
    threads: int = 0
    style: Style = SOLID
    preset: str = PRESET
    tick: Callable[[int], None] = field(default=lambda _done: None)
    targets: frozenset[Target] = frozenset(Target) - {Target.HEAD}
    told: Told | None = None
    ranges: Sequence[TimeRange] = ()


@dataclass(frozen=True, slots=True)
class Reel:
    """An opened source: what it is, its frames, and a film's own facts.

    tap: the coded packets that the frames come from, where they were asked for.
    film: the reader of a film, which knows afterwards whether it broke off.
    """

    source: Source
    info: FilmInfo | None
    frames: Iterable[Frame]
    tap: Tap | None = None
    film: FilmReader | None = None

    def from_zero(self) -> "Reel":
        """Return it with times since its first frame: a film may begin anywhere on its own clock."""
        return replace(self, frames=_from_zero(self.frames))


def _from_zero(frames: Iterable[Frame]) -> Iterator[Frame]:
    first: int | None = None
    for frame in frames:
        first = frame.pts if first is None else first
        yield replace(frame, pts=frame.pts - first)


@dataclass(frozen=True, slots=True)
class Take:
    """One run over one source: what is read, how it is looked at, and what was counted.

    who: looks at the people in each frame, where anybody may be recognised.
    broke: where given, what breaks off reading or finding is put here instead of being raised, and
        the frames that waited for more come out first: for what happens now, and cannot be refused.
    """

    reel: Reel
    sight: Sight
    tally: Tally = field(default_factory=Tally)
    who: LooksAtPeople | None = None
    broke: list[Exception] | None = None


@dataclass(frozen=True, slots=True)
class Sealed:
    """One sealed segment on its way to the store, the seconds that it spans, and of whom it is."""

    kind: PartKind
    segment: SealedSegment
    from_s: float = 0.0
    to_s: float = 0.0
    track: int | None = None


@contextmanager
def open_reel(
    path: Path,
    threads: int = 0,
    *,
    tapped: bool = False,
    salvage: bool = False,
    like: Path | None = None,
) -> Iterator[Reel]:
    """Open a film or a still; raise what `media.probe` and the readers raise.

    tapped: also hand on a film's coded packets.
    salvage: of a film that breaks off, yield what comes before.
    like: a whole film, with whose help the pictures of one without an index are found.
    """
    if like is not None and lost_its_index(path):
        with (
            mended(path, like) as held,
            FilmReader(path, threads, held, salvage=True, mended=True) as film,
        ):
            yield Reel(film_source(path, film.info), film.info, film.frames(), None, film)
        return
    source = probe(path, salvage=salvage)
    if source.kind == "still":
        yield Reel(source, None, read_stills(path))
        return
    tap = Tap() if tapped else None
    with FilmReader(path, threads=threads, tap=tap, salvage=salvage) as film:
        yield Reel(source, film.info, film.frames(), tap, film)


_HELD = Path("a sealed film")


@contextmanager
def open_held(content: bytes, media_type: str, threads: int = 0) -> Iterator[Reel]:
    """Open a film or a still that is in memory; raise what the readers raise."""
    if media_type.startswith("image/"):
        frames = read_stills(_HELD, content)
        first = next(frames)
        source = Source(_HELD, "still", media_type, *first.size, None, 0.0, 0, has_audio=False)
        yield Reel(source, None, chain([first], frames))
        return
    with FilmReader(_HELD, threads, BytesIO(content)) as film:
        info = film.info
        source = Source(
            _HELD,
            "film",
            media_type,
            *info.size,
            info.frames,
            info.duration_s,
            info.turns,
            has_audio=False,
        )
        yield Reel(source, info, film.frames())


def see(take: Take) -> Iterator[Seen]:
    """Yield every frame of the source with what must be protected in it.

    Raises: UnmaskableError where a detector fails on a frame; the input is then refused.
        EditDiffersError where what is told is of another film.
    """
    reel, sight, tally = take.reel, take.sight, take.tally
    looked = _looked(take) if sight.told is None else sight.told.replay(reel)
    for frame, tracked, regions, clear in looked:
        found = classes(regions)
        if take.who is not None:
            found |= _met(take.who, frame, tracked, reel.source.path)
        tally.labels |= found
        labels = found or frozenset({NOTHING})
        _count(tally, tracked, regions)
        sight.tick(1)
        yield Seen(frame, regions, labels, clear)


def _met(who: LooksAtPeople, frame: Frame, regions: Sequence[Region], path: Path) -> frozenset[str]:
    try:
        return who.look(frame, regions)
    except YingbiError:
        raise
    except Exception as error:
        reason = type(error).__name__
        raise UnmaskableError(path=path, frame=frame.index, reason=reason) from error


def _looked(take: Take) -> Iterator[Verdict]:
    """Yield each frame with all that was tracked, what of it is masked, and what is not."""
    reel, sight = take.reel, take.sight
    eyes = _Eyes(sight.finders, reel.source.path)
    moving = reel.info is not None
    frames = _until(reel.frames, take.broke)
    found = _until(look_ahead(frames, eyes) if moving else map(eyes.alone, frames), take.broke)
    hold_s = max(sight.hold_s, MOST_S + SLACK_S) if moving else sight.hold_s
    start_s: float | None = None
    for frame, tracked in track(found, hold_s=hold_s):
        start_s = frame.time_s if start_s is None else start_s
        regions = wanted(tracked, sight.targets)
        inside = within(sight.ranges, frame.time_s - start_s)
        yield frame, tracked, regions if inside else [], [] if inside else regions


T = TypeVar("T")


def _until(items: Iterable[T], broke: list[Exception] | None) -> Iterator[T]:
    """Yield items until they end or break off; what broke them is kept where there is a list."""
    try:
        yield from items
    except Exception as error:
        if broke is None:
            raise
        broke.append(error)


def wanted(regions: Sequence[Region], targets: Collection[Target]) -> list[Region]:
    """Return the regions of one frame that are asked for, heads derived from all of them."""
    derived = heads(regions) if Target.HEAD in targets else []
    return [region for region in [*regions, *derived] if region.kind in targets]


class _Eyes:
    """The finders, asked by their pace; a frame on which one fails is refused."""

    def __init__(self, finders: Sequence[Finder], path: Path) -> None:
        self._finders, self._path = finders, path
        self.quick, self.whole = (
            frozenset(kind for finder in finders if finder.pace is pace for kind in finder.kinds)
            for pace in (Pace.QUICK, Pace.WHOLE)
        )

    def alone(self, frame: Frame) -> tuple[Frame, list[Region]]:
        return frame, self._ask(frame, None, Pace)

    def glance(self, frame: Frame, part: BoxXYXY | None) -> list[Region]:
        return self._ask(frame, part, [Pace.QUICK])

    def examine(self, frame: Frame, part: BoxXYXY | None) -> list[Region]:
        return self._ask(frame, part, [Pace.QUICK, Pace.PART])

    def survey(self, frame: Frame) -> list[Region]:
        return self._ask(frame, None, [Pace.WHOLE])

    def _ask(self, frame: Frame, part: BoxXYXY | None, paces: Iterable[Pace]) -> list[Region]:
        asked = [finder for finder in self._finders if finder.pace in paces]
        try:
            return [region for finder in asked for region in finder.find(frame, part)]
        except YingbiError:
            raise
        except Exception as error:
            reason = type(error).__name__
            raise UnmaskableError(path=self._path, frame=frame.index, reason=reason) from error


def _count(tally: Tally, tracked: Sequence[Region], shown: Sequence[Region]) -> None:
    """Count what is covered by its kind, and people by all that was seen of them."""
    tally.frames += 1
    for region in shown:
        if region.seen:
            tally.seen[region.kind] = tally.seen.get(region.kind, 0) + 1
    for region in tracked:
        if region.seen and region.track is not None and region.kind in PEOPLE:
            clear = region.score >= CLEAR_SIGHT
            tally.subjects[region.track] = tally.subjects.get(region.track, 0) + clear
            tally.best[region.track] = max(tally.best.get(region.track, 0.0), region.score)

"""Who the people of a film are and whether they may be children: by several looks, or not at all.

Faces are looked at in memory, twice a second until it is clear who somebody is, and then now and
then; a look that does not agree makes it unclear again, so that somebody who takes over a track
does not keep the name. What stays of a look is a
name or none, a likeness and an age; a vector is wiped once it was compared.

Of somebody who is recognised the owner's word counts, and no age that a network guesses; of
others see `domain.age`.

Clause: 6.1-4; 6.5.a; A.1-3; A.1-4.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

from yingbi.domain.age import Band, agreeing, band_of
from yingbi.domain.face import ReadsFaces
from yingbi.domain.frame import Frame
from yingbi.domain.household import Household
from yingbi.domain.region import CLEAR_SIGHT, Region, Target
from yingbi.domain.tightening import MINOR
from yingbi.structure.known import Rule, Sight, looked, verdict


@dataclass(frozen=True, slots=True)
class Manners:
    """When is looked, and from when on something is said; the guide shows this table.

    often_s, seldom_s: between two looks at somebody, before and after it is clear who they are.
    give_up: after so many looks it counts as clear that nobody can tell.
    least_px: smaller faces are not looked at; none smaller was measured.
    most: so many looks count, the latest.
    unknown, unknown_likeness: somebody is nobody of those who are enrolled after so many looks of
    which none names anybody and whose middle likeness is lower.
    same_floor: two people stand as far away whose feet differ by less of the picture's height.
    forget_s: what was seen of a track is forgotten so long after it was seen last.
    """

    often_s: float = 0.5
    seldom_s: float = 5.0
    give_up: int = 20
    least_px: int = 48
    most: int = 40
    unknown: int = 5
    unknown_likeness: float = 0.45
    same_floor: float = 0.05
    forget_s: float = 900.0


@dataclass(slots=True, eq=False)
class _Somebody:
    """What is known of one track."""

    sights: deque[Sight]
    heights: deque[float]
    name: str | None = None
    likeness: float = 0.0
    stranger: bool = False
    band: Band = "unknown"
    tried_s: float = float("-inf")
    seen_s: float = 0.0


class Acquaintance:
    """Says of a film's tracks who they are. Let it look at every frame, in order."""

    def __init__(
        self,
        reader: ReadsFaces,
        household: Household | None,
        rule: Rule | None = None,
        manners: Manners | None = None,
        *,
        still: Callable[[], bool] = lambda: True,
    ) -> None:
        """Begin a film. household: None recognises nobody, and only tells age bands.

        still: asked now and then whether anybody may be recognised still; once it says no,
        nobody is, from then on, and the gallery is wiped.
        """
        self._reader, self._household, self._still = reader, household, still
        self._asked_s = float("-inf")
        self._rule, self._manners = rule or Rule(), manners or Manners()
        self._people: dict[int, _Somebody] = {}
        self._measured_s = float("-inf")

    def look(self, frame: Frame, regions: Sequence[Region]) -> frozenset[str]:
        """Look at the faces for which it is time; return the classes of data that it finds.

        regions: all that was found in the frame, with its tracks.
        """
        now = frame.time_s
        self._ask(now)
        for region in regions:
            if region.kind is Target.FACE and _surely(region) and region.track is not None:
                self._face(frame, region, region.track)
        if now - self._measured_s >= self._manners.often_s or now < self._measured_s:
            self._measured_s = now
            self._measure(frame, regions)
            self._forget(now)
        there = {one.track for one in regions if one.track is not None and one.seen}
        young = any(self.band_of(track) == "possibly-under-14" for track in there)
        return frozenset({MINOR}) if young else frozenset()

    def name_of(self, track: int) -> tuple[str, float] | None:
        """Return the name of a track, and how alike they are; None for strangers and doubts."""
        one = self._people.get(track)
        return None if one is None or one.name is None else (one.name, one.likeness)

    def is_stranger(self, track: int) -> bool:
        """Return whether a track is surely nobody of those who are enrolled."""
        one = self._people.get(track)
        return one is not None and one.stranger

    def agreed(self, name: str) -> frozenset[str]:
        """Return the kinds of record that may be kept of somebody who has a name."""
        return frozenset() if self._household is None else self._household.agreed[name]

    def band_of(self, track: int) -> Band:
        """Return the age band of a track."""
        one = self._people.get(track)
        return "unknown" if one is None else one.band

    def sureness(self, track: int) -> float:
        """Return how much of what was seen speaks for the age band of a track, 0..1."""
        one = self._people.get(track)
        if one is None:
            return 0.0
        ages = [look.age_years for look in one.sights]
        return agreeing(ages, one.band) if one.name is None else min(max(one.likeness, 0.0), 1.0)

    def _ask(self, now: float) -> None:
        if self._household is None or 0 <= now - self._asked_s < self._manners.seldom_s:
            return
        self._asked_s = now
        if not self._still():
            self._household.gallery.wipe()
            self._household = None
            self._people.clear()

    def _face(self, frame: Frame, region: Region, track: int) -> None:
        manners, now = self._manners, frame.time_s
        one = self._people.get(track)
        if one is None:
            most = manners.most
            one = self._people[track] = _Somebody(deque(maxlen=most), deque(maxlen=most))
        one.seen_s = now
        sure = one.name is not None and one.sights[-1].name == one.name
        given_up = one.name is None and len(one.sights) >= manners.give_up
        clear = sure or one.stranger or given_up
        wait_s = manners.seldom_s if clear else manners.often_s
        x0, y0, x1, y1 = region.box
        if 0 <= now - one.tried_s < wait_s or max(x1 - x0, y1 - y0) < manners.least_px:
            return
        one.tried_s = now
        gallery = None if self._household is None else self._household.gallery
        look = looked(self._reader, gallery, self._rule, frame, region.box)
        if look is not None:
            one.sights.append(look)
            self._judge(one)

    def _judge(self, one: _Somebody) -> None:
        found = verdict(one.sights, self._rule)
        one.name, one.likeness = (None, 0.0) if found is None else found
        one.band = self._band(one)
        if self._household is None or not self._household.gallery.members:
            return
        nobody = all(look.name is None for look in one.sights)
        alike = median(look.likeness for look in one.sights)
        enough = len(one.sights) >= self._manners.unknown
        one.stranger = nobody and enough and alike < self._manners.unknown_likeness

    def _band(self, one: _Somebody) -> Band:
        if one.name is not None and self._household is not None:
            return "possibly-under-14" if one.name in self._household.minors else "older"
        return band_of([look.age_years for look in one.sights], one.heights)

    def _measure(self, frame: Frame, regions: Iterable[Region]) -> None:
        """Compare the heights of people who stand as far away as each other."""
        for short, tall in _pairs(regions, frame.size[1], self._manners.same_floor):
            a, b = (self._people.get(one.track or 0) for one in (short, tall))
            if a is not None and b is not None and self.band_of(tall.track or 0) == "older":
                a.heights.append(_height(short) / _height(tall))
                a.band = self._band(a)

    def _forget(self, now: float) -> None:
        old = [t for t, one in self._people.items() if now - one.seen_s > self._manners.forget_s]
        for track in old:
            del self._people[track]


def _surely(region: Region) -> bool:
    return region.seen and region.score >= CLEAR_SIGHT


def _height(region: Region) -> int:
    return region.box[3] - region.box[1]


def _pairs(
    regions: Iterable[Region], high: int, same_floor: float
) -> Iterator[tuple[Region, Region]]:
    """Yield those of whom all is seen and whose feet are as far down, the shorter one first."""
    whole = [
        one
        for one in regions
        if one.kind is Target.PERSON and _surely(one) and one.track is not None
        if one.box[1] > 0 and one.box[3] < high
    ]
    for a, b in combinations(whole, 2):
        if abs(a.box[3] - b.box[3]) <= same_floor * high:
            yield (a, b) if _height(a) < _height(b) else (b, a)

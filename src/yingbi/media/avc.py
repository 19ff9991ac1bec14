"""H.264 as coded: the kinds of its units, and the record of parameter sets beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Self

from yingbi.media.nal import Bits, BrokenUnitsError, join, split_at_starts, without_user_data
from yingbi.media.syntax import Grammar, Held, Ids, free, sorted_out

SLICE, IDR, SEI, SPS, PPS = 1, 5, 6, 7, 8
DELIMITER, END_OF_SEQUENCE, END_OF_STREAM, FILLER = 9, 10, 11, 12
PROFILES = {66: "baseline", 77: "main", 100: "high", 110: "high10", 122: "high422", 244: "high444"}
MOST_IDS = 32

SAID = frozenset({0, 1, 6, 19, 45, 47, 137, 144, 147, 148, 149})
"""SEI that is kept: buffering period, picture timing, recovery point, film grain, packing of two
views, orientation, mastering display, light level, transfer, ambient light, colour volume."""


def _kind(unit: bytes) -> int:
    return unit[0] & 31


def _one_picture(slices: Sequence[bytes]) -> bool:
    """Tell whether the slices go through one picture once, from its first macroblock."""
    firsts = [Bits(unit[:9], 1).golomb() for unit in slices]
    return firsts[0] == 0 and all(a < b for a, b in pairwise(firsts))


GRAMMAR = Grammar(
    head=1,
    kind=_kind,
    pictures=frozenset({SLICE, IDR}),
    starts=frozenset({IDR}),
    messages=frozenset({SEI}),
    sets=frozenset({SPS, PPS}),
    passing=frozenset({DELIMITER, END_OF_SEQUENCE, END_OF_STREAM}),
    filler=frozenset({FILLER}),
    said=SAID,
    one=_one_picture,
)


@dataclass(frozen=True, slots=True)
class AvcRecord:
    """The parameter sets of a film as its container holds them (avcC).

    head: profile, its constraints, level. tail: what follows the sets, kept as it is.
    An encoder's sets have both their ids alike.
    """

    head: bytes = field(repr=False)
    length_size: int
    sps: tuple[bytes, ...] = field(repr=False)
    pps: tuple[bytes, ...] = field(repr=False)
    tail: bytes = field(default=b"", repr=False)

    @classmethod
    def parse(cls, record: bytes) -> Self:
        """Return the record; raise BrokenUnitsError where it is none."""
        if len(record) < 7 or record[0] != 1:
            raise BrokenUnitsError("not a record of parameter sets")
        sps, place = sets_in(record, 6, record[5] & 31)
        if place >= len(record):
            raise BrokenUnitsError("a record ends too early")
        pps, place = sets_in(record, place + 1, record[place])
        return cls(record[1:4], (record[4] & 3) + 1, sps, pps, record[place:])

    def __bytes__(self) -> bytes:
        """Return the record for a container."""
        return b"".join(
            (
                bytes((1, *self.head, 0xFC | (self.length_size - 1), 0xE0 | len(self.sps))),
                join(self.sps, 2),
                bytes((len(self.pps),)),
                join(self.pps, 2),
                self.tail,
            )
        )

    @property
    def profile_name(self) -> str | None:
        """What x264 calls the profile."""
        return PROFILES.get(self.head[0])

    def free_ids(self) -> Ids:
        """Return the id that an encoder's sets may have."""
        taken = {Bits(unit, 4).golomb() for unit in self.sps}
        for unit in self.pps:
            bits = Bits(unit, 1)
            taken |= {bits.golomb(), bits.golomb()}
        return (free(taken, range(1, MOST_IDS)),)

    def with_sets_of(self, extradata: bytes, ids: Ids) -> Self:
        """Return a record with both sets; the higher level and the common constraints count.

        Of what follows the sets only the kind of pixels stays.
        """
        units = split_at_starts(extradata)
        sps = tuple(unit for unit in units if _kind(unit) == SPS)
        pps = tuple(unit for unit in units if _kind(unit) == PPS)
        constraints = self.head[1]
        for unit in sps:
            constraints &= unit[2]
        level = max(self.head[2], *(unit[3] for unit in sps))
        return replace(
            self,
            head=bytes((self.head[0], constraints, level)),
            sps=self.sps + sps,
            pps=self.pps + pps,
            tail=self.tail[:4] if self.tail[3:4] == b"\0" else b"",
        )

    def held(self, content: bytes) -> Held:
        """Return what a packet holds."""
        return sorted_out(content, self.length_size, frozenset(self.sps + self.pps), GRAMMAR)

    def encoded(self, content: bytes, ids: Ids) -> list[bytes]:
        """Return the units of an encoder's packet, which was told the ids when it was opened."""
        units = split_at_starts(content)
        pure = (without_user_data(u, 1, SAID)[0] if _kind(u) == SEI else u for u in units)
        return [unit for unit in pure if unit is not None]


def sets_in(record: bytes, place: int, count: int) -> tuple[tuple[bytes, ...], int]:
    """Return so many units that follow their lengths of two bytes, and the place after them."""
    found = []
    for _ in range(count):
        end = place + 2 + int.from_bytes(record[place : place + 2])
        if end > len(record) or end < place + 3:
            raise BrokenUnitsError("a record ends too early")
        found.append(record[place + 2 : end])
        place = end
    return tuple(found), place

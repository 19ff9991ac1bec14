"""H.264 as coded: what a packet holds, and the record of parameter sets beside it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Self

from yingbi.media.nal import (
    Bits,
    BrokenUnitsError,
    join,
    split,
    split_at_starts,
    without_user_data,
)

SLICE, IDR, SEI, SPS, PPS = 1, 5, 6, 7, 8
_ENDS = frozenset({9, 10, 11})
"""Access unit delimiter, end of sequence, end of stream."""

_EMPTY = frozenset({12})
"""Filler; it may be dropped."""

PROFILES = {66: "baseline", 77: "main", 100: "high", 110: "high10", 122: "high422", 244: "high444"}
MOST_IDS = 32


@dataclass(frozen=True, slots=True)
class AvcRecord:
    """The parameter sets of a film as its container holds them (avcC).

    head: profile, its constraints, level. tail: what follows the sets, kept as it is.
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
        sps, place = _sets(record, 6, record[5] & 31)
        if place >= len(record):
            raise BrokenUnitsError("a record ends too early")
        pps, place = _sets(record, place + 1, record[place])
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
    def profile(self) -> int:
        """The number of the profile."""
        return self.head[0]

    def free_id(self) -> int:
        """Return an id that no set has, for an encoder; raise BrokenUnitsError without one."""
        taken = {Bits(unit, 4).golomb() for unit in self.sps}
        for unit in self.pps:
            bits = Bits(unit, 1)
            taken |= {bits.golomb(), bits.golomb()}
        free = next((n for n in range(1, MOST_IDS) if n not in taken), None)
        if free is None:
            raise BrokenUnitsError("no id is free")
        return free

    def with_sets_of(self, extradata: bytes) -> Self:
        """Return a record that also holds an encoder's sets (Annex B); the higher level counts."""
        units = split_at_starts(extradata)
        sps = tuple(unit for unit in units if unit[0] & 31 == SPS)
        pps = tuple(unit for unit in units if unit[0] & 31 == PPS)
        constraints = self.head[1]
        for unit in sps:
            constraints &= unit[2]
        level = max(self.head[2], *(unit[3] for unit in sps))
        return replace(
            self,
            head=bytes((self.profile, constraints, level)),
            sps=self.sps + sps,
            pps=self.pps + pps,
        )


@dataclass(frozen=True, slots=True)
class Held:
    """What a packet holds.

    begins: whether all that follows can be decoded without what came before (IDR).
    vcl: the units of the picture. kept: all units to copy. fault: why it must not be copied.
    dropped: how many SEI messages are not copied.
    """

    begins: bool
    vcl: tuple[bytes, ...] = field(default=(), repr=False)
    kept: tuple[bytes, ...] = field(default=(), repr=False)
    dropped: int = 0
    fault: str | None = None


def held(content: bytes, record: AvcRecord) -> Held:
    """Return what a packet holds; one that is not plainly a single picture has a fault.

    What a decoder here would not show must not be copied unseen: second views, layers,
    auxiliary and redundant pictures, private units, parameter sets that change on the way.
    """
    try:
        units = split(content, record.length_size)
        return _sorted(units, frozenset(record.sps + record.pps))
    except BrokenUnitsError:
        return Held(begins=False, fault="units")


def _sorted(units: Iterable[bytes], known: frozenset[bytes]) -> Held:
    vcl, kept, dropped = [], [], 0
    for unit in units:
        kind = unit[0] & 31
        if kind in {SLICE, IDR}:
            vcl.append(unit)
        elif kind == SEI:
            stays, lost = without_user_data(unit, 1)
            dropped += lost
            if stays is not None:
                kept.append(stays)
            continue
        elif kind in _EMPTY:
            continue
        elif kind in {SPS, PPS} and unit not in known:
            return Held(begins=False, fault="sets")
        elif kind not in {SPS, PPS, *_ENDS}:
            return Held(begins=False, fault="units")
        kept.append(unit)
    kinds = {unit[0] & 31 for unit in vcl}
    if len(kinds) != 1 or not _one_picture(vcl):
        return Held(begins=False, fault="fields")
    return Held(kinds == {IDR}, tuple(vcl), tuple(kept), dropped)


def _one_picture(slices: Iterable[bytes]) -> bool:
    """Tell whether the slices go through one picture once, from its first macroblock."""
    firsts = [Bits(unit[:9], 1).golomb() for unit in slices]
    return firsts[0] == 0 and all(a < b for a, b in pairwise(firsts))


def _sets(record: bytes, place: int, count: int) -> tuple[tuple[bytes, ...], int]:
    found = []
    for _ in range(count):
        end = place + 2 + int.from_bytes(record[place : place + 2])
        if end > len(record) or end < place + 3:
            raise BrokenUnitsError("a record ends too early")
        found.append(record[place + 2 : end])
        place = end
    return tuple(found), place

"""HEVC as coded: the kinds of its units, and the record of parameter sets beside it.

The encoder numbers its parameter sets 0, as cameras do. Both must be there at once, so the
encoder's units are given other numbers: an id that takes eight bits more than a 0 moves all
that follows in a slice by a whole byte and changes no bit of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from yingbi.media.avc import sets_in
from yingbi.media.nal import (
    Bits,
    BrokenUnitsError,
    guarded,
    join,
    plain,
    split_at_starts,
    without_user_data,
)
from yingbi.media.syntax import Grammar, Held, Ids, free, sorted_out

VPS, SPS, PPS = 32, 33, 34
DELIMITER, END_OF_SEQUENCE, END_OF_STREAM, FILLER = 35, 36, 37, 38
SEI_BEFORE, SEI_AFTER = 39, 40
IDR = frozenset({19, 20})
RANDOM_ACCESS = frozenset(range(16, 24))
PICTURES = frozenset(range(10)) | frozenset(range(16, 22))
FOREIGN = 64
"""The kind given to units of any layer but the first."""

SAID = frozenset({0, 1, 6, 19, 45, 47, 129, 130, 136, 137, 144, 147, 148, 149})
"""SEI that is kept: as for H.264, and active sets, timing of decoding units, time code."""

LONG_IDS = tuple(number for number in range(15, 31) if (number + 1) % 4)
"""Ids of nine bits that, within a slice, leave no byte zero that was none: the emulation
prevention of what follows stays as it is."""

FIXED = 22
GENERAL_PROFILE, GENERAL_LEVEL = 96, 12


def _kind(unit: bytes) -> int:
    if len(unit) < 3:
        raise BrokenUnitsError("a unit is too short")
    layer = (unit[0] & 1) << 5 | unit[1] >> 3
    return FOREIGN if layer else unit[0] >> 1 & 63


def _one_picture(slices: Sequence[bytes]) -> bool:
    """Tell whether just the first slice says that it begins a picture."""
    return [unit[2] >> 7 for unit in slices] == [1] + [0] * (len(slices) - 1)


GRAMMAR = Grammar(
    head=2,
    kind=_kind,
    pictures=PICTURES,
    starts=IDR,
    messages=frozenset({SEI_BEFORE, SEI_AFTER}),
    sets=frozenset({VPS, SPS, PPS}),
    passing=frozenset({DELIMITER, END_OF_SEQUENCE, END_OF_STREAM}),
    filler=frozenset({FILLER}),
    said=SAID,
    one=_one_picture,
)


@dataclass(frozen=True, slots=True)
class HevcRecord:
    """The parameter sets of a film as its container holds them (hvcC).

    head: what stands before them. arrays: kind with its flag, and the units, of each list.
    An encoder's ids are those of VPS, SPS and PPS.
    """

    head: bytes = field(repr=False)
    arrays: tuple[tuple[int, tuple[bytes, ...]], ...] = field(repr=False)

    @classmethod
    def parse(cls, record: bytes) -> Self:
        """Return the record; raise BrokenUnitsError where it is none."""
        if len(record) <= FIXED or record[0] != 1:
            raise BrokenUnitsError("not a record of parameter sets")
        arrays, place = [], FIXED + 1
        for _ in range(record[FIXED]):
            if place + 3 > len(record):
                raise BrokenUnitsError("a record ends too early")
            count = int.from_bytes(record[place + 1 : place + 3])
            units, after = sets_in(record, place + 3, count)
            arrays.append((record[place], units))
            place = after
        return cls(record[:FIXED], tuple(arrays))

    def __bytes__(self) -> bytes:
        """Return the record for a container."""
        lists = (
            bytes((kind,)) + len(units).to_bytes(2) + join(units, 2) for kind, units in self.arrays
        )
        return self.head + bytes((len(self.arrays),)) + b"".join(lists)

    @property
    def length_size(self) -> int:
        """Bytes of the length before each unit."""
        return (self.head[21] & 3) + 1

    @property
    def profile_name(self) -> str | None:
        """Nothing: x265 goes by the kind of pixels."""
        return None

    def free_ids(self) -> Ids:
        """Return ids of VPS, SPS and PPS that an encoder's sets may have."""
        pps = [Bits(unit, 2).golomb() for unit in self._all(PPS)]
        return (
            free((unit[2] >> 4 for unit in self._all(VPS)), range(15, 0, -1)),
            free(map(_sps_id, self._all(SPS)), range(15, 0, -1)),
            free(pps, LONG_IDS),
        )

    def with_sets_of(self, extradata: bytes, ids: Ids) -> Self:
        """Return a record with both sets and nothing else; the higher level counts."""
        own = [_renumbered(unit, ids) for unit in split_at_starts(extradata)]
        arrays = tuple(
            (kind, units + tuple(unit for unit in own if _kind(unit) == kind & 63))
            for kind, units in self.arrays
            if kind & 63 in GRAMMAR.sets  # lists of SEI hold an encoder's words
        )
        level = max(self.head[GENERAL_LEVEL], *(plain(u)[14] for u in own if _kind(u) == SPS))
        head = self.head[:GENERAL_LEVEL] + bytes((level,)) + self.head[GENERAL_LEVEL + 1 :]
        return replace(self, head=head, arrays=arrays)

    def held(self, content: bytes) -> Held:
        """Return what a packet holds."""
        known = frozenset(unit for _, units in self.arrays for unit in units)
        return sorted_out(content, self.length_size, known, GRAMMAR)

    def encoded(self, content: bytes, ids: Ids) -> list[bytes]:
        """Return the units of an encoder's packet under these ids, without its words."""
        found = []
        for unit in split_at_starts(content):
            if _kind(unit) in GRAMMAR.messages:
                pure = without_user_data(unit, 2, SAID)[0]
                found += [pure] if pure is not None else []
            else:
                found.append(_renumbered(unit, ids))
        return found

    def _all(self, kind: int) -> list[bytes]:
        return [unit for listed, units in self.arrays if listed & 63 == kind for unit in units]


def _renumbered(unit: bytes, ids: Ids) -> bytes:
    """Return an encoder's unit, whose ids are all 0, under other ids."""
    vps, sps, pps = ids
    match _kind(unit):
        case kind if kind in PICTURES:
            return _renumbered_slice(unit, pps, before=2 if kind in RANDOM_ACCESS else 1)
        case 32:
            return _edited(unit, [(0, "0000", f"{vps:04b}")])
        case 33:
            if unit[2] >> 1 & 7:
                raise BrokenUnitsError("an encoder made layers in time")
            own_vps = (0, "0000", f"{vps:04b}")
            return _edited(unit, [own_vps, (8 + GENERAL_PROFILE, "1", _golomb(sps))])
        case 34:
            return _edited(unit, [(0, "1", _golomb(pps)), (1, "1", _golomb(sps))])
        case _:
            return unit


def _renumbered_slice(unit: bytes, pps: int, *, before: int) -> bytes:
    """Return the slice with another PPS; `before`: flags before the id."""
    first = f"{unit[2]:08b}"
    if first[before] != "1":
        raise BrokenUnitsError("an encoder's slice has another id")
    bits = first[:before] + _golomb(pps) + first[before + 1 :]
    return unit[:2] + int(bits, 2).to_bytes(2) + unit[3:]


def _edited(unit: bytes, edits: list[tuple[int, str, str]]) -> bytes:
    """Return a set in which bits at a place of the original are others."""
    bits = "".join(f"{byte:08b}" for byte in plain(unit[2:])).rstrip("0")[:-1]
    for place, old, new in reversed(edits):
        if bits[place : place + len(old)] != old:
            raise BrokenUnitsError("an encoder's set has another id")
        bits = bits[:place] + new + bits[place + len(old) :]
    bits += "1"
    bits += "0" * (-len(bits) % 8)
    return unit[:2] + guarded(int(bits, 2).to_bytes(len(bits) // 8))


def _golomb(number: int) -> str:
    bits = f"{number + 1:b}"
    return "0" * (len(bits) - 1) + bits


def _sps_id(unit: bytes) -> int:
    """Return the id of an SPS, which stands behind its profiles and levels."""
    bits = Bits(unit, 2)
    bits.take(4)
    layers = bits.take(3)
    bits.take(1 + GENERAL_PROFILE)
    there = [(bits.take(1), bits.take(1)) for _ in range(layers)]
    if layers:
        bits.take(2 * (8 - layers))
    for profile, level in there:
        bits.take(88 * profile + 8 * level)
    return bits.golomb()

"""What H.264 and HEVC have in common once they are cut into NAL units."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from yingbi.media.nal import BrokenUnitsError, split, without_user_data

Ids = tuple[int, ...]
"""Ids of parameter sets that are free for an encoder; what each means is the codec's."""


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


@dataclass(frozen=True, slots=True)
class Grammar:
    """The kinds of units of a codec.

    head: bytes of a unit's header. kind: tells a unit's kind. pictures: kinds of the shown
    picture, of which `starts` need nothing before them. passing: kinds that are copied;
    filler: kinds that are left out; all others forbid copying.
    said: payload types of SEI that are kept. one: whether units are plainly one picture.
    """

    head: int
    kind: Callable[[bytes], int] = field(repr=False)
    pictures: frozenset[int]
    starts: frozenset[int]
    messages: frozenset[int]
    sets: frozenset[int]
    passing: frozenset[int]
    filler: frozenset[int]
    said: frozenset[int]
    one: Callable[[Sequence[bytes]], bool] = field(repr=False)


class Record(Protocol):
    """The parameter sets of a film as its container holds them, and what follows from them."""

    @property
    def length_size(self) -> int:
        """Bytes of the length before each unit."""

    @property
    def profile_name(self) -> str | None:
        """What an encoder calls the profile, None where that is left to it."""

    def __bytes__(self) -> bytes:
        """Return the record for a container."""

    def free_ids(self) -> Ids:
        """Return ids that no set has; raise BrokenUnitsError without some."""

    def with_sets_of(self, extradata: bytes, ids: Ids) -> "Record":
        """Return a record that also holds an encoder's sets (Annex B), under these ids."""

    def held(self, content: bytes) -> Held:
        """Return what a packet holds; one that is not plainly a single picture has a fault.

        What a decoder here would not show must not be copied unseen: second views, layers,
        auxiliary and redundant pictures, private units, sets that change on the way.
        """

    def encoded(self, content: bytes, ids: Ids) -> list[bytes]:
        """Return the units of an encoder's packet (Annex B), under these ids, without its words."""


def sorted_out(content: bytes, length_size: int, known: frozenset[bytes], grammar: Grammar) -> Held:
    """Return what a packet holds, as `Record.held` does. known: the film's parameter sets."""
    try:
        return _sorted(split(content, length_size), known, grammar)
    except BrokenUnitsError:
        return Held(begins=False, fault="units")


def _sorted(units: Iterable[bytes], known: frozenset[bytes], grammar: Grammar) -> Held:
    vcl, kept, dropped = [], [], 0
    for unit in units:
        kind = grammar.kind(unit)
        if kind in grammar.messages:
            stays, lost = without_user_data(unit, grammar.head, grammar.said)
            dropped += lost
            if stays is not None:
                kept.append(stays)
            continue
        if kind in grammar.filler:
            continue
        if kind in grammar.pictures:
            vcl.append(unit)
        elif kind in grammar.sets and unit not in known:
            return Held(begins=False, fault="sets")
        elif kind not in grammar.sets | grammar.passing:
            return Held(begins=False, fault="units")
        kept.append(unit)
    kinds = {grammar.kind(unit) for unit in vcl}
    if len(kinds) != 1 or not grammar.one(vcl):
        return Held(begins=False, fault="fields")
    return Held(kinds <= grammar.starts, tuple(vcl), tuple(kept), dropped)


def free(taken: Iterable[int], among: Iterable[int]) -> int:
    """Return the first number that is not taken; raise BrokenUnitsError without one."""
    used = set(taken)
    found = next((number for number in among if number not in used), None)
    if found is None:
        raise BrokenUnitsError("no id is free")
    return found

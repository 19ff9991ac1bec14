"""Opening a span of time: what is not needed is not read, and what is read is proven."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest

from sealing_house import NOW, ORIGINAL, House
from yingbi.domain.ids import new_id
from yingbi.domain.part import PartKind
from yingbi.envelope.part import PartEnd
from yingbi.errors import NoKeyError, NotAuthorisedError, SealBrokenError, UsageError
from yingbi.release import opening
from yingbi.release.range import open_range
from yingbi.seal.masked import masked
from yingbi.seal.raw import raw


class Watched(BytesIO):
    """A file that keeps account of which bytes were handed out."""

    def __init__(self, content):
        super().__init__(content)
        self.seen = set()

    def read(self, size=-1):
        start = self.tell()
        data = super().read(size)
        self.seen |= set(range(start, start + len(data)))
        return data

    def readinto(self, buffer):
        start = self.tell()
        count = super().readinto(buffer)
        self.seen |= set(range(start, start + count))
        return count


class Film:
    """A film of five segments, four seconds each."""

    def __init__(self, name):
        self.house = House(name)
        self.content, self.end = self.house.film(5)
        self.index = self.house.index(self.content)

    def open(self, content=None, part=PartKind.MASKED, **changed):
        file = content if isinstance(content, BytesIO) else BytesIO(content or self.content)
        index = changed.pop("index", self.index)
        arguments = self.house.arguments(part) | {"end": self.end}
        return open_range(self.house.suite, file, index, **(arguments | changed))

    def bytes_of(self, *numbers):
        return {
            place
            for number in numbers
            for place in range(
                self.index[number].offset, self.index[number].offset + self.index[number].length
            )
        }


@pytest.fixture(params=["intl", "sm"])
def film(request):
    return Film(request.param)


@pytest.fixture
def intl():
    return Film("intl")


def test_a_span_opens_its_segments_and_the_first(film):
    def opened(**span):
        return [bytes(content) for _, content in film.open(**span)]

    assert opened() == [b"film %d" % n for n in range(5)]
    assert opened(from_s=9.0, to_s=11.0) == [b"film 0", b"film 2"]
    assert opened(from_s=9.0, to_s=11.0, first=False) == [b"film 2"]
    assert opened(from_s=13.0) == [b"film 0", b"film 3", b"film 4"]
    assert opened(to_s=5.0) == [b"film 0", b"film 1"]
    assert opened(from_s=900.0) == [b"film 0"]
    assert opened(from_s=900.0, first=False) == []


@pytest.mark.parametrize("held", [True, False])
def test_no_byte_outside_the_needed_segments_is_read(film, monkeypatch, held):
    if not held:
        monkeypatch.setattr(opening, "HELD_BYTES", 0)
    for span, numbers in (
        ({"from_s": 9.0, "to_s": 11.0}, (0, 2)),
        ({"from_s": 9.0, "to_s": 11.0, "first": False}, (2,)),
        ({"from_s": 17.0, "first": False}, (4,)),
        ({"from_s": 900.0, "first": False}, ()),
    ):
        file = Watched(film.content)
        assert len(list(film.open(file, **span))) == len(numbers)
        assert file.seen == film.bytes_of(*numbers)
    file = Watched(film.content)
    list(film.house.open(file, end=film.end))
    assert file.seen == film.bytes_of(*range(5))  # the control: whole opening reads everything


def test_what_was_altered_outside_the_span_does_not_hinder_and_inside_it_is_refused(film):
    span = {"from_s": 9.0, "to_s": 11.0}
    needed = film.bytes_of(0, 2)
    broken = bytearray(b ^ 1 for b in film.content)
    for place in needed:
        broken[place] = film.content[place]
    assert [bytes(c) for _, c in film.open(bytes(broken), **span)] == [b"film 0", b"film 2"]
    with pytest.raises(SealBrokenError):
        film.house.open(bytes(broken), end=film.end)
    for place in sorted(needed)[:: 1 if film.house.suite.name == "intl" else 9]:
        bad = bytearray(film.content)
        bad[place] ^= 1
        with pytest.raises(SealBrokenError):
            film.open(bytes(bad), **span)


def test_segments_that_are_not_those_of_the_index_are_refused(film):
    second = film.index[2]
    at, size = second.offset, second.length
    span = {"from_s": 9.0, "to_s": 11.0}
    other = film.index[3].offset
    content = film.content
    swapped = content[:at] + content[other : other + size] + content[at + size :]
    fresh, _ = film.house.film(5)  # the same object sealed again, by the same device
    replaced = content[:at] + fresh[at : at + size] + content[at + size :]
    for bad in (swapped, replaced):
        with pytest.raises(SealBrokenError, match="catalogue names"):
            film.open(bad, **span)
    for bad in (content[:at], content[: at + size - 1]):
        with pytest.raises(SealBrokenError, match="incomplete"):
            film.open(bad, **span)
    for moved in (
        replace(second, offset=at + 1),
        replace(second, length=size - 1),
        replace(second, length=size + 1),
        replace(second, segment_id=new_id()),
    ):
        index = [*film.index[:2], moved, *film.index[3:]]
        with pytest.raises(SealBrokenError):
            film.open(index=index, **span)
    for index in (film.index[:-1], [*film.index, second], []):
        with pytest.raises(SealBrokenError, match="index names other"):
            film.open(index=index, **span)


def test_the_chain_is_checked_between_neighbours_and_the_end_where_it_is_reached(film):
    house = film.house
    sealer = house.sealer()
    first = [masked(sealer, replace_film(n)) for n in range(2)]
    other = house.sealer()
    again = [masked(other, replace_film(n)) for n in range(2)]
    content = house.keep(first[0], again[1])
    index, end = [], PartEnd(2, again[1].seal_digest)
    for n, one in enumerate((first[0], again[1])):
        offset = n * len(first[0].content)
        index.append(
            replace(
                film.index[n], segment_id=one.segment_id, offset=offset, length=len(one.content)
            )
        )
    with pytest.raises(SealBrokenError, match="does not follow"):
        film.open(content, index=index, end=end)
    assert len(list(film.open(content, index=index, end=end, from_s=5.0, first=False))) == 1
    wrong = PartEnd(film.end.count, bytes(32))
    with pytest.raises(SealBrokenError, match="at its end"):
        film.open(end=wrong, from_s=17.0)
    assert len(list(film.open(end=wrong, from_s=5.0, to_s=6.0))) == 2


def replace_film(number):
    from sealing_house import FILM

    return replace(FILM, content=b"film %d" % number, from_s=4.0 * number, to_s=4.0 * number + 4)


def test_a_span_needs_leave_before_anything_is_read(intl):
    for refused in (
        {"grant": intl.house.grant(object_id=new_id())},
        {"grant": intl.house.grant(PartKind.RECORDS)},
        {"now": NOW + timedelta(seconds=1)},
    ):
        file = Watched(intl.content)
        with pytest.raises(NotAuthorisedError):
            intl.open(file, from_s=1.0, **refused)
        assert not file.seen


def test_a_span_needs_the_locks_of_its_own_segments_alone(intl):
    needed = [intl.index[n].segment_id for n in (0, 2)]
    locks = {i: intl.house.locks[i] for i in needed}
    assert len(list(intl.open(locks=locks, from_s=9.0, to_s=11.0))) == 2
    for missing in needed:
        fewer = {i: lock for i, lock in locks.items() if i != missing}
        with pytest.raises(NoKeyError):
            next(intl.open(locks=fewer, from_s=9.0, to_s=11.0))


def test_another_devices_seal_opens_no_span(film):
    other = House(film.house.suite.name)
    with pytest.raises(SealBrokenError, match="signature"):
        film.open(device_public_key=other.device_public, from_s=9.0)


def test_an_original_has_no_span_of_time(intl):
    original = intl.house.keep(raw(intl.house.sealer(PartKind.RAW), ORIGINAL))
    with pytest.raises(UsageError):
        intl.open(original, PartKind.RAW, from_s=1.0)


def test_a_segment_that_changes_after_it_was_verified_is_refused(intl, monkeypatch):
    monkeypatch.setattr(opening, "HELD_BYTES", 0)
    file = BytesIO(intl.content)
    opened = intl.open(file, from_s=9.0, to_s=11.0)
    place = intl.index[2].offset + intl.index[2].length // 2
    file.seek(place)
    file.write(bytes([intl.content[place] ^ 1]))
    assert next(opened)[1] == b"film 0"
    with pytest.raises(SealBrokenError):
        next(opened)

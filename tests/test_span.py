"""Seeking in an original: few bytes are read, and no byte comes out unproven."""

import os
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest

from sealing_house import NOW, House
from yingbi.crypto import merkle
from yingbi.domain.ids import new_id
from yingbi.domain.part import PartKind, RawFilm
from yingbi.envelope import seek
from yingbi.envelope.header import CHUNK_BYTES
from yingbi.envelope.part import PartEnd
from yingbi.envelope.reader import SegmentReader
from yingbi.errors import NoKeyError, NotAuthorisedError, SealBrokenError, UsageError
from yingbi.release import opening
from yingbi.release import span as span_module
from yingbi.release.span import open_span
from yingbi.seal.raw import raw

SLICE = 5 * CHUNK_BYTES
"""Slices are shorter here than an import's, so that many fit into a quick test."""
TAIL = CHUNK_BYTES + 1000
SEALED_CHUNK = CHUNK_BYTES + 16


@pytest.fixture(autouse=True)
def _short_slices(monkeypatch):
    monkeypatch.setattr(span_module, "SLICE_BYTES", SLICE)


class Original:
    """An original of two whole slices and a shorter one."""

    def __init__(self, name):
        self.house = House(name)
        self.clear = os.urandom(2 * SLICE + TAIL)
        self.sealed, self.end = self.seal(self.clear)
        self.content = self.house.keep(*self.sealed)
        self.index = self.house.index(self.content)

    def seal(self, clear, cut=SLICE):
        sealer = self.house.sealer(PartKind.RAW)
        cuts = range(0, len(clear), cut)
        pieces = [RawFilm(clear[n : n + cut], "video/mp4", ("none",)) for n in cuts]
        return [raw(sealer, piece) for piece in pieces], sealer.end

    def open(self, start, length, content=None, **changed):
        file = content if isinstance(content, BytesIO) else BytesIO(content or self.content)
        arguments = self.house.arguments(PartKind.RAW) | {"end": self.end}
        del arguments["part"]
        index = changed.pop("index", self.index)
        arguments |= {"start": start, "length": length} | changed
        return open_span(self.house.suite, file, index, **arguments)

    def body_at(self, number):
        """Where the body of a segment begins in the file."""
        reader = SegmentReader.parse(self.house.suite, self.sealed[number].content)
        return self.index[number].offset + len(reader.header.encode()) + 32

    def leaves_at(self, number):
        after = self.index[number].offset + self.index[number].length
        return after - 64 - 36 - 32 * (2 if number == 2 else 5)


@pytest.fixture(scope="module", params=["intl", "sm"])
def original(request):
    return Original(request.param)


@pytest.fixture(scope="module")
def intl():
    return Original("intl")


SPANS = [
    (0, 1),
    (0, SLICE),
    (CHUNK_BYTES - 1, 2),
    (CHUNK_BYTES, CHUNK_BYTES),
    (SLICE - 1, 2),
    (SLICE, 1),
    (SLICE - 10, SLICE),
    (2 * SLICE - 1, 1 + TAIL),
    (2 * SLICE, TAIL),
    (2 * SLICE + TAIL - 1, 1),
    (2 * SLICE + 5, CHUNK_BYTES),
]


@pytest.mark.parametrize(("start", "length"), SPANS)
def test_a_span_is_what_stands_there_in_the_original(original, start, length):
    assert original.open(start, length) == original.clear[start : start + length]


def test_a_span_that_the_original_does_not_have_is_refused_in_one_line(original):
    total = len(original.clear)
    for start, length in ((0, 0), (-1, 5), (0, -1), (0, SLICE + 1)):
        with pytest.raises(UsageError, match="1 byte to 64 MiB"):
            original.open(start, length)
    for start, length in ((total, 1), (total - 1, 2), (3 * SLICE - 1, 1), (3 * SLICE, 1)):
        with pytest.raises(UsageError, match="ends before"):
            original.open(start, length)
    with pytest.raises(UsageError, match="ends before"):
        original.open(2 * SLICE - 1, 2 + TAIL)


class Watched(BytesIO):
    """A file that keeps account of what was handed out."""

    def __init__(self, content):
        super().__init__(content)
        self.reads = []

    def readinto(self, buffer):
        start = self.tell()
        count = super().readinto(buffer)
        self.reads.append((start, start + count))
        return count


def test_of_the_body_only_the_chunks_of_the_span_are_read(original, monkeypatch):
    monkeypatch.setattr(seek, "PREFIX_BYTES", 2000)  # what is read at once to find the header
    file = Watched(original.content)
    original.open(SLICE + CHUNK_BYTES + 7, CHUNK_BYTES, file)
    at = original.body_at(1)
    place, leaves = original.index[1], original.leaves_at(1)
    assert file.reads == [
        (place.offset, place.offset + 2000),
        (leaves, place.offset + place.length),
        (at + SEALED_CHUNK, at + 3 * SEALED_CHUNK),
    ]


def test_what_was_altered_outside_the_needed_chunks_does_not_hinder(original, monkeypatch):
    """The control is the next test: the same alteration inside is refused."""
    monkeypatch.setattr(seek, "PREFIX_BYTES", 2000)
    broken = bytearray(b ^ 1 for b in original.content)
    place, at = original.index[1], original.body_at(1)
    for kept in (
        range(place.offset, place.offset + 2000),
        range(at + SEALED_CHUNK, at + 3 * SEALED_CHUNK),
        range(original.leaves_at(1), place.offset + place.length),
    ):
        broken[kept.start : kept.stop] = original.content[kept.start : kept.stop]
    start = SLICE + CHUNK_BYTES + 7
    assert (
        original.open(start, CHUNK_BYTES, bytes(broken))
        == original.clear[start : start + CHUNK_BYTES]
    )


def test_any_altered_byte_of_head_chunk_leaf_and_seal_is_refused(original):
    place, at = original.index[1], original.body_at(1)
    start = SLICE + CHUNK_BYTES + 7
    places = [
        *range(place.offset, at, 5),
        *range(at + SEALED_CHUNK, at + 3 * SEALED_CHUNK, 4999),
        at + 3 * SEALED_CHUNK - 1,
        *range(original.leaves_at(1), place.offset + place.length, 3),
    ]
    for altered in places:
        bad = bytearray(original.content)
        bad[altered] ^= 0x40
        with pytest.raises(SealBrokenError):
            original.open(start, CHUNK_BYTES, bytes(bad))


def test_a_chunk_and_its_leaf_replaced_together_are_refused(original):
    """The digest in the file fits the chunk, but no longer the signed root."""
    at, leaves = original.body_at(0), original.leaves_at(0)
    bad = bytearray(original.content)
    bad[at] ^= 1
    bad[leaves : leaves + 32] = merkle.leaf_hash(
        original.house.suite, bytes(bad[at : at + SEALED_CHUNK])
    )
    with pytest.raises(SealBrokenError, match="was altered"):
        original.open(0, 5, bytes(bad))
    count = 5
    digests = [bytes(bad[leaves + 32 * n : leaves + 32 * n + 32]) for n in range(count)]
    root_at = leaves + 32 * count + 4
    bad[root_at : root_at + 32] = merkle.root(original.house.suite, digests)
    with pytest.raises(SealBrokenError, match="signature"):
        original.open(0, 5, bytes(bad))


def test_a_chunk_from_elsewhere_is_refused(original):
    first, second = original.body_at(0), original.body_at(1)
    for source in (first + SEALED_CHUNK, second):
        bad = bytearray(original.content)
        bad[first : first + SEALED_CHUNK] = original.content[source : source + SEALED_CHUNK]
        with pytest.raises(SealBrokenError, match="chunk"):
            original.open(0, 5, bytes(bad))


def test_a_segment_from_elsewhere_is_refused(original):
    a, b, c = (original.content[p.offset : p.offset + p.length] for p in original.index)
    again, _ = original.seal(original.clear)
    fresh = bytes(again[0].content)
    for bad in (b + a + c, fresh + b + c):
        with pytest.raises(SealBrokenError, match="catalogue names"):
            original.open(0, 5, bad)
    with pytest.raises(SealBrokenError):
        original.open(0, 5, a[:-1])
    with pytest.raises(SealBrokenError):
        original.open(2 * SLICE, 5, a + b + c[:-1])


def test_an_index_that_does_not_fit_is_refused(original):
    one = original.index[0]
    for wrong in (
        replace(one, length=one.length - 1),
        replace(one, length=one.length + 1),
        replace(one, length=10),
        replace(one, offset=1),
        replace(one, segment_id=new_id()),
    ):
        with pytest.raises(SealBrokenError):
            original.open(0, 5, index=[wrong, *original.index[1:]])
    with pytest.raises(SealBrokenError, match="index names other"):
        original.open(0, 5, index=original.index[:2])


def test_the_chain_and_the_end_are_checked_where_they_are_reached(original):
    again, end = original.seal(original.clear)
    mixed = [original.sealed[0], *again[1:]]
    content = original.house.keep(*mixed)
    index = original.house.index(original.house.keep(*again))
    index = [replace(index[0], segment_id=mixed[0].segment_id), *index[1:]]
    with pytest.raises(SealBrokenError, match="does not follow"):
        original.open(SLICE - 1, 2, content, index=index, end=end)
    assert original.open(SLICE, 2, content, index=index, end=end)
    wrong = PartEnd(3, bytes(32))
    with pytest.raises(SealBrokenError, match="at its end"):
        original.open(2 * SLICE, 2, end=wrong)
    assert original.open(SLICE, 2, end=wrong)


def test_a_part_that_is_cut_otherwise_is_refused_even_at_its_last_segment(original):
    """Else byte N of such a part would be taken for another one."""
    sealed, end = original.seal(original.clear, CHUNK_BYTES * 4)
    content = original.house.keep(*sealed)
    index = original.house.index(content)
    assert len(index) == 3
    for start in (0, CHUNK_BYTES * 4, SLICE, 2 * SLICE, 2 * SLICE + 5):
        with pytest.raises(UsageError, match="slices"):
            original.open(start, 1, content, index=index, end=end)


def test_an_original_of_one_slice_needs_no_neighbour(original):
    sealed, end = original.seal(b"small original")
    content = original.house.keep(*sealed)
    index = original.house.index(content)
    assert original.open(6, 8, content, index=index, end=end) == b"original"


def test_a_span_needs_leave_before_anything_is_read(intl):
    for refused in (
        {"grant": intl.house.grant(PartKind.MASKED)},
        {"grant": intl.house.grant(PartKind.RAW, object_id=new_id())},
        {"now": NOW + timedelta(seconds=1)},
    ):
        file = Watched(intl.content)
        with pytest.raises(NotAuthorisedError):
            intl.open(0, 5, file, **refused)
        assert not file.reads


def test_no_lock_no_key_and_no_device_no_span(original):
    other = House(original.house.suite.name)
    with pytest.raises(NoKeyError):
        original.open(0, 5, locks={})
    with pytest.raises(NoKeyError):
        original.open(0, 5, epoch_key_of=lambda *_: (original.house.epoch, other.private))
    with pytest.raises(SealBrokenError, match="signature"):
        original.open(0, 5, device_public_key=other.device_public)


def test_keys_and_plaintext_are_zeroed_when_a_span_was_given_or_refused(intl, monkeypatch):
    keys, rooms = [], []
    unwrap, room = opening.unwrap, seek.room
    monkeypatch.setattr(opening, "unwrap", lambda *a: keys.append(unwrap(*a)) or keys[-1])
    monkeypatch.setattr(seek, "room", lambda size: rooms.append(room(size)) or rooms[-1])
    assert intl.open(SLICE - 1, 2) == intl.clear[SLICE - 1 : SLICE + 1]
    bad = bytearray(intl.content)
    bad[intl.body_at(1)] ^= 1
    with pytest.raises(SealBrokenError):
        intl.open(SLICE - CHUNK_BYTES, 2 * CHUNK_BYTES, bytes(bad))
    assert (len(keys), len(rooms)) == (4, 4)
    assert not any(map(any, keys))
    span = [bytes(one).count(0) for one in rooms]
    assert span[2:] == [len(one) for one in rooms[2:]]


def test_a_span_is_as_long_as_it_was_asked_for_or_does_not_come(original):
    segment = seek.seekable(
        original.house.suite,
        BytesIO(original.content),
        original.index[2].offset,
        original.index[2].length,
        original.house.device_public,
    )
    dek = opening.Keys(
        original.house.locks, lambda *_: (original.house.epoch, original.house.private)
    ).dek(segment.head)
    private = segment.head.open_metadata(dek)
    assert private.true_length == TAIL < segment.head.header.body_bytes
    for start, length in ((0, TAIL + 1), (TAIL, 1), (-1, 1), (0, 0), (5, -1)):
        with pytest.raises(ValueError, match="there are no"):
            segment.open_span(dek, private, start, length)
    with pytest.raises(SealBrokenError):
        segment.open_span(bytes(32), private, 0, 5)

"""The sealed format: what is written is read back; what was touched is refused."""

import os
import tracemalloc
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from uuid import UUID

import cbor2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from yingbi.crypto import merkle
from yingbi.crypto.suite import suite
from yingbi.domain.level import Level
from yingbi.domain.part import PartKind, PrivateMetadata
from yingbi.envelope import segment as segment_module
from yingbi.envelope.header import CHUNK_BYTES, MAX_BODY_BYTES, NO_PREVIOUS
from yingbi.envelope.layout import bytes_after_lock
from yingbi.envelope.lock import Lock, Recipient, RecipientType, lock_key_ids, parse_lock
from yingbi.envelope.padding import padme, private_size, unpadded
from yingbi.envelope.part import PartEnd, check_end, first_header, read_part
from yingbi.envelope.private import open_private, seal_private, sealed_bytes
from yingbi.envelope.reader import SegmentReader
from yingbi.envelope.room import LARGE, room, settled, wipe, wiped_on_failure
from yingbi.envelope.schedule import commitment, lock_mac, meta_key, payload_key
from yingbi.envelope.segment import Place, nonce, seal_bytes, seal_segment, signed_message
from yingbi.errors import NoKeyError, NotAuthorisedError, SealBrokenError
from yingbi.keys.device import DevicePublic
from yingbi.keys.unwrap import unwrap
from yingbi.keys.wrap import EpochPublic, wrap

BOTH = pytest.mark.parametrize("name", ["intl", "sm"])
FIXED = 138
DEK = bytes(range(32))
quick = settings(max_examples=40, deadline=None)


class Maker:
    """One device and one box, and segments sealed by hand."""

    def __init__(self, name, *, long_kept=False):
        self.suite = suite(name)
        self.private, self.public = self.suite.new_signer()
        self.box_private, box_public = self.suite.new_recipient(long_kept=long_kept)
        self.epoch = EpochPublic(UUID(int=2), 7, 1, b"k" * 16, box_public)

    def sign(self, message):
        return self.suite.sign(self.private, message)

    def place(self, number=0, previous=NO_PREVIOUS, **changed):
        ids = [UUID(int=n) for n in (1, 2, 3, 4 + number)]
        place = Place(
            *(Level.RAW_ON_RELEASE, PartKind.RAW, *ids),
            *(number, 7, 1, b"d" * 16, previous),
        )
        return replace(place, **changed)

    def seal(self, content=b"content", number=0, previous=NO_PREVIOUS, **options):
        changed = options.pop("place", {})
        dek = options.pop("dek", DEK)
        private = options.pop("private", PrivateMetadata("video/mp4", len(content)))
        return seal_segment(
            self.suite,
            dek,
            self.place(number, previous, **changed),
            private,
            content,
            padded_to=options.pop("padded_to", padme(len(content))),
            sign=self.sign,
            make_lock=lambda context: wrap(self.suite, dek, self.epoch, context),
            **options,
        )

    def open(self, data, dek=DEK):
        return SegmentReader.parse(self.suite, data).verify(self.public).open(dek)

    def unlock(self, data):
        head = SegmentReader.parse(self.suite, data).verify(self.public).head
        return unwrap(self.suite, head.lock, self.epoch, self.box_private, head.lock_context)

    def part(self, count=3, **options):
        sealed, previous = [], NO_PREVIOUS
        for number in range(count):
            sealed.append(self.seal(b"content %d" % number, number, previous, **options))
            previous = sealed[-1].seal_digest
        return sealed

    def resealed(self, data, chunks):
        """The segment with other chunks, signed again by its own device."""
        reader = SegmentReader.parse(self.suite, data)
        leaves = [merkle.leaf_hash(self.suite, chunk) for chunk in chunks]
        seal = seal_bytes(len(chunks), merkle.root(self.suite, leaves))
        seal += self.sign(signed_message(reader.hh, reader.commit, seal))
        head = data[: len(reader.header.encode()) + 32]
        return b"".join([head, *chunks, *leaves, seal])


@pytest.fixture(params=["intl", "sm"])
def maker(request):
    return Maker(request.param)


@pytest.fixture(params=["intl", "sm", "intl-long-kept"])
def boxed(request):
    """A maker for what depends on the kind of the box's key."""
    name, _, long_kept = request.param.partition("-")
    return Maker(name, long_kept=bool(long_kept))


@BOTH
@quick
@given(content=st.binary(max_size=300), padding=st.integers(0, 300))
def test_what_is_sealed_opens_whole(name, content, padding):
    maker = Maker(name)
    sealed = maker.seal(content, padded_to=len(content) + padding)
    private, opened = maker.open(sealed.content)
    assert (opened, private.true_length) == (content, len(content))


@pytest.mark.parametrize("length", [0, 1, 65535, 65536, 65537, 131072, 200_000])
def test_every_length_around_a_chunk_opens_and_its_end_is_found_by_arithmetic(maker, length):
    content = os.urandom(length)
    sealed = maker.seal(content, padded_to=length)
    assert maker.open(sealed.content)[1] == content
    chunks = max(1, -(-length // CHUNK_BYTES))
    before = FIXED + 1 + 4 + 1024 + 16 + 32
    assert len(sealed.content) == before + length + 16 * chunks + 32 * chunks + 4 + 32 + 64
    assert bytes_after_lock(maker.suite, sealed.header) == len(sealed.content) - before


SHAPES = [(0, 0), (0, 1), (1, 1), (65_535, 65_536), (65_536, 65_536), (65_536, 65_537)]
SHAPES += [(65_537, 200_000), (200_000, 200_000), (10, 131_072), (LARGE + 5, LARGE + 70_000)]


@BOTH
@pytest.mark.parametrize(("length", "size"), SHAPES)
def test_a_segment_is_what_joining_its_pieces_one_by_one_gives(name, length, size):
    """The plain road of the page: pad, cut, seal, hash, join, each with a copy of its own."""
    s, content = suite(name), bytes(range(251)) * (length // 251 + 1)
    content = content[:length]
    sealed = seal_segment(
        *(s, DEK, Maker(name).place(), PrivateMetadata("video/mp4", length), content),
        padded_to=size,
        sign=lambda message: s.hash(message) * 2,
        make_lock=s.hash,
    )
    head, hh = sealed.header.encode(), sealed.header.digest(s)
    body, cipher = content + bytes(size - length), s.cipher(payload_key(s, DEK, hh))
    clear = [body[n : n + CHUNK_BYTES] for n in range(0, size, CHUNK_BYTES)] or [b""]
    chunks = [cipher.seal(nonce(n, last=n + 1 == len(clear)), c) for n, c in enumerate(clear)]
    leaves = [s.hash(b"\0" + chunk) for chunk in chunks]
    commit, root = commitment(s, DEK, hh), merkle.root(s, leaves)
    seal = len(chunks).to_bytes(4) + root
    signature = s.hash(b"YBV1 seal " + hh + commit + seal) * 2
    assert bytes(sealed.content) == b"".join([head, commit, *chunks, *leaves, seal, signature])
    assert (sealed.merkle_root, sealed.seal_digest) == (root, s.hash(seal + signature))


def test_a_large_segment_opens_and_neither_form_can_be_written_to(maker):
    content = os.urandom(LARGE + 1)
    sealed = maker.seal(content)
    private, opened = maker.open(sealed.content)
    assert (bytes(opened), private.true_length) == (content, len(content))
    for view in (sealed.content, opened):
        with pytest.raises(TypeError, match="read-only"):
            view[0] = 1
    for at in (1300, LARGE // 2, len(sealed.content) - 100):
        bad = bytearray(sealed.content)
        bad[at] ^= 1
        with pytest.raises(SealBrokenError):
            maker.open(bad)


@pytest.mark.parametrize("size", [0, 1, 70_000, LARGE, LARGE + 3])
def test_a_room_is_empty_when_it_is_made_and_after_a_failure(size):
    buffer = room(size)
    assert (len(buffer), any(buffer[:100]), buffer.readonly) == (size, False, False)
    with pytest.raises(ZeroDivisionError), wiped_on_failure(buffer):  # noqa: PT012
        buffer[:] = b"\1" * size
        raise ZeroDivisionError
    assert bytes(buffer) == bytes(size)
    buffer[:] = b"\1" * size
    assert settled(buffer) == b"\1" * size
    wipe(buffer)
    assert bytes(buffer) == bytes(size)


def test_a_plaintext_whose_last_chunk_is_forged_is_wiped(maker, monkeypatch):
    from yingbi.envelope import reader as reader_module

    kept = []
    monkeypatch.setattr(reader_module, "room", lambda size: kept.append(room(size)) or kept[-1])
    data = maker.seal(b"x" * 2 * CHUNK_BYTES, padded_to=2 * CHUNK_BYTES).content
    first, second = SegmentReader.parse(maker.suite, data).chunks
    bad = maker.resealed(data, [first, bytes(second[:-1]) + bytes([second[-1] ^ 1])])
    assert bytes(maker.open(data)[1]) == bytes(kept.pop()) == b"x" * 2 * CHUNK_BYTES
    with pytest.raises(SealBrokenError, match="does not open"):
        maker.open(bad)
    assert not any(kept.pop())


def test_header_fields_stand_where_the_page_says(maker):
    data = maker.seal().content
    assert data[:10] == b"YBV1" + bytes([0, maker.suite.code, 1, 16, 3, 4])
    assert [UUID(bytes=data[at : at + 16]).int for at in (10, 26, 42, 58)] == [1, 2, 3, 4]
    assert data[74:84] == bytes.fromhex("00000000 00000007 0001")
    assert data[84:100] == b"d" * 16
    assert data[100:132] == NO_PREVIOUS
    assert data[132:136] == (7).to_bytes(4)
    assert data[136:143] == b"\x00\x01\xa0" + (1024 + 16).to_bytes(4)


def test_private_metadata_comes_back_and_stays_out_of_the_clear(maker):
    private = PrivateMetadata(
        *("video/mp4", 7, 0.1, 1 / 3, "front door", "2026-11-24T10:00:00Z", "option", 1),
        *(("face", "person"), "holiday.mp4", {"width": "640"}),
    )
    sealed = maker.seal(private=private)
    assert maker.open(sealed.content)[0] == private
    for secret in (b"front door", b"holiday", b"face", b"2026", b"mp4"):
        assert secret not in sealed.content


def test_one_header_is_as_long_as_another_whatever_its_metadata_say(maker):
    plain = maker.seal(b"x")
    full = PrivateMetadata(
        "application/json", 1, labels=("face", "person", "plate"), camera="c" * 90
    )
    assert len(maker.seal(b"x", private=full).content) == len(plain.content)
    assert sealed_bytes(replace(full, camera="c" * 2000)) == 4096 + 16


# --- altered, cut, grown -------------------------------------------------------------------------


@pytest.mark.parametrize("flip", [0x01, 0x80])
def test_any_flipped_bit_of_any_byte_is_refused_without_a_key(maker, flip):
    data = maker.seal(b"some content", padded_to=20).content
    for place in range(len(data)):
        bad = bytearray(data)
        bad[place] ^= flip
        with pytest.raises(SealBrokenError):
            SegmentReader.parse(maker.suite, bad).verify(maker.public)


@BOTH
@quick
@given(place=st.integers(0), value=st.integers(1, 255), length=st.sampled_from([70_000, 140_000]))
def test_any_changed_byte_of_a_longer_segment_is_refused(name, place, value, length):
    maker = Maker(name)
    bad = bytearray(maker.seal(bytes(length), padded_to=length).content)
    bad[place % len(bad)] ^= value
    with pytest.raises(SealBrokenError):
        SegmentReader.parse(maker.suite, bad).verify(maker.public)


def test_a_lock_in_the_file_is_guarded_by_its_own_mac(maker):
    sealed = maker.seal(detached=False)
    start = len(sealed.header.encode()) + 32
    assert sealed.content[start : start + len(sealed.lock)] == sealed.lock
    assert maker.unlock(sealed.content) == DEK
    for place in range(start, start + len(sealed.lock)):
        bad = bytearray(sealed.content)
        bad[place] ^= 1
        with pytest.raises((SealBrokenError, NoKeyError)):
            maker.unlock(bad)


def test_every_cut_and_every_appended_byte_is_refused(maker):
    data = maker.seal().content
    for length in range(len(data)):
        with pytest.raises(SealBrokenError):
            SegmentReader.parse(maker.suite, data[:length])
        with pytest.raises(SealBrokenError):
            list(read_part(maker.suite, data[:length]))
    for tail in (b"\0", b"YBV1", data[:-1]):
        with pytest.raises(SealBrokenError):
            SegmentReader.parse(maker.suite, data + tail)
        with pytest.raises(SealBrokenError):
            list(read_part(maker.suite, data + tail))


UNKNOWN = [
    (3, 0x32, "begin with YBV1"),
    (4, 1, "version"),
    (5, 0, "suite"),
    (5, 3, "suite"),
    (6, 4, "flags"),
    (6, 0x81, "flags"),
    (7, 15, "chunk size"),
    (8, 0, "level"),
    (8, 4, "level"),
    (9, 0, "kind of part"),
    (9, 5, "kind of part"),
    (8, 1, "cannot exist"),
    (8, 2, "cannot exist"),
    (132, 4, "longer than a segment"),
    (136, 0x11, "public metadata is too long"),
    (139, 1, "private metadata has an impossible length"),
    (142, 0x11, "private metadata has an impossible length"),
]


@pytest.mark.parametrize(("place", "value", "reason"), UNKNOWN)
def test_what_this_version_does_not_know_is_refused_by_the_parser(maker, place, value, reason):
    bad = bytearray(maker.seal().content)
    bad[place] = value
    with pytest.raises(SealBrokenError, match=reason):
        SegmentReader.parse(maker.suite, bad)
    with pytest.raises(SealBrokenError, match=reason):
        list(read_part(maker.suite, bytes(bad)))


def test_a_segment_of_the_other_suite_is_refused():
    data = Maker("sm").seal().content
    for read in (SegmentReader.parse, lambda s, d: list(read_part(s, d))):
        with pytest.raises(SealBrokenError, match="another cipher suite"):
            read(suite("intl"), data)


ODD_MAPS = {
    "a number in more bytes than needed": "a1616118 01",
    "a length in more bytes than needed": "b80161 6101",
    "keys out of order": "a2616201616101",
    "a key twice": "a2616101616102",
    "indefinite length": "bf616101ff",
    "a list": "80",
    "a number as key": "a10101",
    "bytes as value": "a161614101",
    "a map as value": "a16161a0",
    "a tag": "a16161c074323031332d30332d32315432303a30343a30305a",
    "a half float": "a16161f93c00",
    "nothing": "",
    "something behind it": "a000",
    "too deep": "a16161" + "81" * 30 + "00",
    "a length that is not there": "bbffffffffffffffff",
    "text that is no UTF-8": "a16161 61ff",
    "true": "a16161f5",
}


@pytest.mark.parametrize("odd", ODD_MAPS.values(), ids=ODD_MAPS)
def test_public_metadata_that_is_not_canonical_is_refused(maker, odd):
    data, public = maker.seal().content, bytes.fromhex(odd)
    bad = data[:136] + len(public).to_bytes(2) + public + data[139:]
    with pytest.raises(SealBrokenError, match="metadata"):
        SegmentReader.parse(maker.suite, bad)


def test_public_metadata_of_text_and_numbers_is_kept(maker):
    header = replace(maker.seal().header, public={"b": 1, "a": "text", "longer": 2})
    data = header.encode() + bytes(32 + bytes_after_lock(maker.suite, header))
    assert first_header(data) == header


@quick
@given(junk=st.binary(max_size=400))
@example(b"")
@example(b"YBV1")
def test_anything_at_all_is_refused_in_one_way(junk):
    intl = Maker("intl")
    real = intl.seal().content
    for data in (junk, real[:138] + junk, real[:4] + junk, real[:136] + junk, real + junk):
        if data != real:
            with pytest.raises(SealBrokenError):
                list(read_part(intl.suite, data))
    with pytest.raises(SealBrokenError):
        parse_lock(junk)


def test_a_header_that_promises_64_mib_makes_nobody_allocate_them(maker, tmp_path):
    bad = bytearray(maker.seal().content)
    bad[132:136] = MAX_BODY_BYTES.to_bytes(4)
    list(read_part(maker.suite, maker.seal().content))
    path = tmp_path / "part"
    path.write_bytes(bad)
    tracemalloc.start()
    with path.open("rb") as file:
        for read in (
            lambda: SegmentReader.parse(maker.suite, bad),
            lambda: list(read_part(maker.suite, file)),
        ):
            with pytest.raises(SealBrokenError, match="incomplete"):
                read()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


# --- whoever holds a key, but not the device's ----------------------------------------------------


def test_a_holder_of_the_key_cannot_put_other_content_under_the_seal(maker):
    data = maker.seal(b"what was there").content
    reader = SegmentReader.parse(maker.suite, data)
    cipher = maker.suite.cipher(payload_key(maker.suite, DEK, reader.hh))
    forged = cipher.seal(nonce(0, last=True), b"what was never")
    leaf = merkle.leaf_hash(maker.suite, forged)
    start = len(reader.header.encode()) + 32
    bad = bytearray(data)
    bad[start : start + len(forged) + 32] = forged + leaf
    bad[-96:-64] = merkle.root(maker.suite, [leaf])
    with pytest.raises(SealBrokenError, match="signature"):
        maker.open(bytes(bad))


def test_another_devices_seal_is_refused(maker):
    other = Maker(maker.suite.name)
    with pytest.raises(SealBrokenError, match="signature"):
        SegmentReader.parse(maker.suite, maker.seal().content).verify(other.public)


def test_a_wrong_key_is_told_by_the_commitment(maker):
    with pytest.raises(SealBrokenError, match="key is not the one"):
        maker.open(maker.seal().content, bytes(32))
    with pytest.raises(ValueError, match="DEK"):
        maker.open(maker.seal().content, bytes(31))


def test_chunks_in_another_order_do_not_open_even_when_signed(maker):
    data = maker.seal(bytes(CHUNK_BYTES) + b"x" * CHUNK_BYTES, padded_to=2 * CHUNK_BYTES).content
    first, second = SegmentReader.parse(maker.suite, data).chunks
    assert maker.resealed(data, [first, second])[:-64] == data[:-64]
    for chunks in ([second, first], [first, first]):
        with pytest.raises(SealBrokenError, match="does not open"):
            maker.open(maker.resealed(data, chunks))


def test_a_last_chunk_is_marked_as_last(maker):
    data = maker.seal(b"onechunk").content
    reader = SegmentReader.parse(maker.suite, data)
    cipher = maker.suite.cipher(payload_key(maker.suite, DEK, reader.hh))
    unmarked = cipher.seal(nonce(0, last=False), b"onechunk")
    with pytest.raises(SealBrokenError, match="does not open"):
        maker.open(maker.resealed(data, [unmarked]))


def test_padding_that_is_not_empty_is_refused(maker, monkeypatch):
    for place in (7, 70_000, 140_000):
        body = bytearray(b"content".ljust(140_001, b"\0"))
        body[place] = 1
        monkeypatch.setattr(
            segment_module,
            "padded_chunks",
            lambda _, size, step, body=body: (body[n : n + step] for n in range(0, size, step)),
        )
        with pytest.raises(SealBrokenError, match="padding"):
            maker.open(maker.seal(padded_to=len(body)).content)


def crafted_private(maker, clear, values, size=None):
    written = values if isinstance(values, bytes) else cbor2.dumps(values, canonical=True)
    text = len(written).to_bytes(4) + written
    text += bytes((private_size(len(text)) if size is None else size) - len(text))
    return maker.suite.seal(meta_key(maker.suite, DEK, clear), bytes(12), text, clear)


GOOD = {
    "media_type": "video/mp4",
    "true_length": 7,
    "from_s": 0.0,
    "to_s": 1.5,
    "camera": None,
    "recorded_at": None,
    "clock": "unknown",
    "record_schema": None,
    "labels": [],
    "source_name": None,
    "extra": {},
}


def test_private_metadata_that_is_not_exactly_of_this_version_is_refused(maker):
    clear = b"clear header"

    def read(sealed):
        return open_private(maker.suite, DEK, clear, sealed, "it")

    assert read(crafted_private(maker, clear, GOOD)).to_s == 1.5
    odd = [GOOD | {"more": 1}, {k: v for k, v in GOOD.items() if k != "clock"}]
    odd += [GOOD | {"true_length": n} for n in (-1, 1 << 32, True, 1.0, "7")]
    odd += [GOOD | {"from_s": t} for t in (0, float("inf"), float("nan"), "0")]
    odd += [GOOD | {"labels": v} for v in ("face", [1], {})]
    odd += [GOOD | {"extra": v} for v in ([], {"a": 1})]
    odd += [GOOD | {"camera": 1}, GOOD | {"record_schema": -1}, GOOD | {"media_type": None}]
    odd += [b"\xa0\x00", b"\xbf\xff", b"", b"\x80"]
    for values in odd:
        with pytest.raises(SealBrokenError):
            read(crafted_private(maker, clear, values))
    with pytest.raises(SealBrokenError, match="size"):
        read(crafted_private(maker, clear, GOOD, size=2048))
    sealed = maker.suite.seal(meta_key(maker.suite, DEK, clear), bytes(12), b"\xff" * 1024, clear)
    with pytest.raises(SealBrokenError, match="length"):
        read(sealed)
    good = seal_private(maker.suite, DEK, clear, PrivateMetadata("a", 0))
    with pytest.raises(SealBrokenError, match="altered"):
        open_private(maker.suite, DEK, b"another header", good, "it")


def test_what_cannot_be_read_back_cannot_be_sealed(maker):
    wrong = [
        {"private": PrivateMetadata("video/mp4", 8)},
        {"private": PrivateMetadata("video/mp4", 7, from_s=float("nan"))},
        {"private": PrivateMetadata("video/mp4", 7, source_name="x" * 70_000)},
        {"private": PrivateMetadata("video/mp4", 7, camera=3)},
        {"padded_to": 6},
        {"padded_to": MAX_BODY_BYTES + 1},
        {"place": {"level": Level.OBSCURED}},
        {"place": {"level": Level.STRUCTURED_ONLY, "part": PartKind.MASKED}},
    ]
    for options in wrong:
        with pytest.raises(ValueError):  # noqa: PT011 - each for a reason of its own
            maker.seal(**options)


# --- locks ---------------------------------------------------------------------------------------


def test_a_lock_gives_its_key_to_its_box_in_its_context_alone(boxed):
    lock = wrap(boxed.suite, DEK, boxed.epoch, b"context")
    assert unwrap(boxed.suite, lock, boxed.epoch, boxed.box_private, b"context") == DEK
    other = Maker(boxed.suite.name)
    wrong = [
        (boxed.epoch, boxed.box_private, b"another context"),
        (boxed.epoch, other.box_private, b"context"),
        (replace(boxed.epoch, key_id=b"x" * 16), boxed.box_private, b"context"),
    ]
    for epoch, private, context in wrong:
        with pytest.raises(NoKeyError):
            unwrap(boxed.suite, lock, epoch, private, context)


def test_any_changed_byte_of_a_lock_is_refused(boxed):
    lock = wrap(boxed.suite, DEK, boxed.epoch, b"context")
    for place in range(len(lock)):
        bad = bytearray(lock)
        bad[place] ^= 1
        with pytest.raises((SealBrokenError, NoKeyError)):
            unwrap(boxed.suite, bytes(bad), boxed.epoch, boxed.box_private, b"context")
    for other in (lock[:-1], lock + b"\0", b"", lock[:3]):
        with pytest.raises(SealBrokenError):
            unwrap(boxed.suite, other, boxed.epoch, boxed.box_private, b"context")


def test_recipients_added_by_one_without_the_key_are_noticed(boxed):
    lock = parse_lock(wrap(boxed.suite, DEK, boxed.epoch, b"context"))
    added = (*lock.recipients, Recipient(RecipientType.BOX_EPOCH, b"e" * 16, b"whatever"))
    bad = replace(lock, recipients=added).encode()
    with pytest.raises(SealBrokenError, match="recipients"):
        unwrap(boxed.suite, bad, boxed.epoch, boxed.box_private, b"context")


def test_a_lock_that_holds_no_data_key_is_refused(boxed):
    wrapped = boxed.suite.wrap(boxed.epoch.public_key, b"short", b"context")
    lock = Lock(boxed.suite.code, (Recipient(boxed.epoch.recipient_type, b"k" * 16, wrapped),))
    with pytest.raises(SealBrokenError, match="no data key"):
        unwrap(boxed.suite, lock.encode(), boxed.epoch, boxed.box_private, b"context")


def test_what_belongs_to_a_box_is_never_locked_to_a_device(boxed):
    device = DevicePublic(b"d" * 16, boxed.epoch.public_key)
    with pytest.raises(NotAuthorisedError):
        wrap(boxed.suite, DEK, device, b"context")
    wrapped = boxed.suite.wrap(boxed.epoch.public_key, DEK, b"context")
    lock = Lock(boxed.suite.code, (Recipient(RecipientType.DEVICE, b"k" * 16, wrapped),))
    lock = replace(lock, mac=lock_mac(boxed.suite, DEK, b"context", lock.without_mac()))
    with pytest.raises(NoKeyError):
        unwrap(boxed.suite, lock.encode(), boxed.epoch, boxed.box_private, b"context")


def test_locks_have_limits(boxed):
    lock = wrap(boxed.suite, DEK, boxed.epoch, b"context")
    for place, value in ((0, 2), (1, 0), (1, 3), (2, 0), (2, 9), (3, 3), (20, 0xFF)):
        bad = bytearray(lock)
        bad[place] = value
        with pytest.raises(SealBrokenError):
            parse_lock(bytes(bad))
    one = Recipient(RecipientType.BOX_EPOCH, b"k" * 16, b"x")
    for bad in (
        lambda: Recipient(RecipientType.BOX_EPOCH, b"k" * 15, b"x"),
        lambda: Recipient(RecipientType.BOX_EPOCH, b"k" * 16, b""),
        lambda: Recipient(RecipientType.BOX_EPOCH, b"k" * 16, b"x" * 2049),
        lambda: Lock(1, ()).encode(),
        lambda: Lock(1, (one,) * 9).encode(),
    ):
        with pytest.raises(ValueError):  # noqa: PT011 - each for a reason of its own
            bad()


def test_a_well_formed_lock_with_none_or_too_many_recipients_is_refused(maker):
    recipient = bytes([1]) + b"k" * 16 + b"\0\1x"
    for count in (0, 9):
        lock = bytes([1, maker.suite.code, count]) + recipient * count + bytes(32)
        with pytest.raises(SealBrokenError, match="no or too many"):
            parse_lock(lock)
    assert len(parse_lock(bytes([1, 1, 8]) + recipient * 8 + bytes(32)).recipients) == 8


def test_a_lock_of_the_other_suite_is_refused(maker):
    other = Maker("sm" if maker.suite.name == "intl" else "intl")
    lock = wrap(other.suite, DEK, other.epoch, b"context")
    with pytest.raises(SealBrokenError, match="another suite"):
        unwrap(maker.suite, lock, maker.epoch, maker.box_private, b"context")


def test_a_lock_says_how_its_key_is_wrapped_and_for_which_keys(boxed):
    lock = wrap(boxed.suite, DEK, boxed.epoch, b"context")
    long_kept = len(boxed.epoch.public_key) == 1216
    assert lock[3] == (2 if long_kept else 1)
    assert len(lock) == 3 + 19 + 32 + {32: 80, 65: 162, 1216: 1168}[len(boxed.epoch.public_key)]
    assert lock_key_ids(lock) == (boxed.epoch.key_id,)
    parsed = parse_lock(lock)
    device = Recipient(RecipientType.DEVICE, b"d" * 16, b"x")
    other = Recipient(RecipientType.BOX_EPOCH, b"o" * 16, b"x")
    several = replace(parsed, recipients=(device, other, *parsed.recipients)).encode()
    assert lock_key_ids(several) == (b"o" * 16, boxed.epoch.key_id)
    with pytest.raises(SealBrokenError):
        lock_key_ids(lock[:-1])


@settings(max_examples=200, deadline=None)
@given(junk=st.binary(max_size=200), count=st.integers(0, 255), kind=st.sampled_from([1, 2, 16, 9]))
def test_anything_at_all_as_a_lock_is_refused_in_one_way(junk, count, kind):
    for data in (junk, bytes([1, 1, count, kind]) + junk):
        with suppress(SealBrokenError):
            parsed = parse_lock(data)
            assert parsed.encode() == data
            assert len(lock_key_ids(data)) <= len(parsed.recipients) <= 8


def test_a_lock_of_the_other_type_opens_nothing(boxed):
    lock = parse_lock(wrap(boxed.suite, DEK, boxed.epoch, b"context"))
    (one,) = lock.recipients
    renamed = replace(lock, recipients=(replace(one, kind=RecipientType(3 - one.kind)),))
    renamed = replace(renamed, mac=lock_mac(boxed.suite, DEK, b"context", renamed.without_mac()))
    with pytest.raises(NoKeyError):
        unwrap(boxed.suite, renamed.encode(), boxed.epoch, boxed.box_private, b"context")


def test_after_a_rotation_a_lock_may_name_another_key_than_the_header(boxed):
    sealed = boxed.seal(detached=False)
    head = SegmentReader.parse(boxed.suite, sealed.content).verify(boxed.public).head
    for long_kept in (False, True):
        private, public = boxed.suite.new_recipient(long_kept=long_kept)
        held = replace(boxed.epoch, epoch=99, key_id=b"h" * 16, public_key=public)
        lock = wrap(boxed.suite, DEK, held, head.lock_context)
        assert unwrap(boxed.suite, lock, held, private, head.lock_context) == DEK
        with pytest.raises(NoKeyError):
            unwrap(boxed.suite, lock, boxed.epoch, boxed.box_private, head.lock_context)


def test_every_use_of_a_key_gives_another_key(maker):
    s, hh = maker.suite, bytes(32)
    derived = {
        payload_key(s, DEK, hh)[:16],
        commitment(s, DEK, hh)[:16],
        meta_key(s, DEK, b"")[:16],
        lock_mac(s, DEK, b"", b"")[:16],
        payload_key(s, DEK, b"\1" * 32)[:16],
        payload_key(s, bytes(32), hh)[:16],
    }
    assert len(derived) == 6


# --- parts ---------------------------------------------------------------------------------------


def joined(segments):
    return b"".join(s.content for s in segments)


def test_a_part_reads_as_it_was_written(maker):
    sealed = maker.part()
    read = list(read_part(maker.suite, BytesIO(joined(sealed))))
    assert [r.header for r in read] == [s.header for s in sealed]
    assert [r.seal_digest for r in read] == [s.seal_digest for s in sealed]
    check_end(read[-1], PartEnd(3, sealed[-1].seal_digest))


def test_segments_swapped_doubled_left_out_or_of_another_part_are_refused(maker):
    a, b, c = maker.part()
    foreign = maker.part(place={"object_id": UUID(int=99)})
    box = maker.part(place={"box_id": UUID(int=98)})
    kind = maker.part(place={"part": PartKind.MASKED})
    other_device = maker.part(place={"device_id": b"e" * 16})
    orders = [
        (*(b, a, c), "does not follow"),
        (*(a, c, b), "does not follow"),
        (*(a, a, b), "does not follow"),
        (*(a, c), "does not follow"),
        (*(b, c), "does not follow"),
        (*(a, b, c, a), "does not follow"),
        (*(a, b, c, c), "does not follow"),
        (*(a, foreign[1]), "does not follow"),
        (*(a, box[1]), "does not follow"),
        (*(a, kind[1]), "does not follow"),
        (*(a, other_device[1]), "does not follow"),
        (*(a, b, foreign[2]), "does not follow"),
    ]
    for *segments, reason in orders:
        with pytest.raises(SealBrokenError, match=reason):
            list(read_part(maker.suite, joined(segments)))
    for changed in (
        {"object_id": UUID(int=99)},
        {"box_id": UUID(int=98)},
        {"controller_id": UUID(int=97)},
        {"part": PartKind.MASKED},
        {"level": Level.OBSCURED, "part": PartKind.RECORDS},
        {"device_id": b"e" * 16},
    ):
        chained = maker.seal(b"x", 1, a.seal_digest, place=changed)
        with pytest.raises(SealBrokenError, match="another part"):
            list(read_part(maker.suite, joined([a, chained])))


def test_a_first_segment_that_names_one_before_it_is_refused(maker):
    with pytest.raises(SealBrokenError, match="does not follow"):
        list(read_part(maker.suite, maker.seal(previous=b"p" * 32).content))


def test_segments_cut_off_the_end_are_noticed_by_what_is_kept_outside(maker):
    sealed = maker.part()
    end = PartEnd(3, sealed[-1].seal_digest)
    short = list(read_part(maker.suite, joined(sealed[:2])))
    for last, wrong in (
        (short[-1], end),
        (short[-1], PartEnd(2, sealed[-1].seal_digest)),
        (short[-1], PartEnd(3, sealed[1].seal_digest)),
    ):
        with pytest.raises(SealBrokenError, match="missing at its end"):
            check_end(last, wrong)


def test_an_empty_file_is_no_part(maker):
    with pytest.raises(SealBrokenError, match="incomplete"):
        list(read_part(maker.suite, b""))


# --- padding -------------------------------------------------------------------------------------


@settings(deadline=None)
@given(length=st.integers(0, 1 << 40))
def test_padme_adds_at_most_12_percent_and_pads_once(length):
    size = padme(length)
    assert length <= size <= length * 1.12 + 1
    assert padme(size) == size


def test_padme_leaves_few_sizes():
    assert [padme(n) for n in (0, 1, 2, 9, 17, 100, 1000, 65_537)] == [
        *(0, 1, 2, 10, 18, 104, 1024),
        69_632 - 2048,
    ]
    assert padme(MAX_BODY_BYTES) == MAX_BODY_BYTES
    assert len({padme(n) for n in range(1 << 16, 1 << 17)}) <= 64


def test_an_impossible_true_length_is_refused():
    with pytest.raises(SealBrokenError, match="true length"):
        unpadded(b"abc", 4, "it")
    assert unpadded(b"abc\0\0", 3, "it") == b"abc"

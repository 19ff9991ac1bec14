"""HEVC: sets under other numbers, slices that follow them, and nothing else changed."""

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingbi.media.hevc import LONG_IDS, HevcRecord, _renumbered, _renumbered_slice
from yingbi.media.nal import Bits, BrokenUnitsError, guarded, join, plain, split_at_starts

FREE = (15, 15, LONG_IDS[0])


def coded(traits: str = "") -> tuple[bytes, list[bytes]]:
    """Return the sets and the packets of a small film, with start codes."""
    context = av.CodecContext.create("libx265", "w")
    parameters = "log-level=none:info=0:keyint=4:bframes=0" + traits
    context.options = {"preset": "ultrafast", "x265-params": parameters}
    context.width, context.height, context.pix_fmt = 128, 64, "yuv420p"
    context.time_base = 1
    context.flags |= av.codec.context.Flags.global_header
    context.open()
    packets = []
    for number in range(9):
        picture = np.full((96, 128), 16 + 9 * number, np.uint8)
        picture[: 8 * number] = 90
        frame = av.VideoFrame.from_ndarray(picture, "yuv420p")
        frame.pts = number
        packets += context.encode(frame)
    return bytes(context.extradata), [bytes(p) for p in packets + context.encode(None)]


def shown(sets: bytes, packets: list[bytes]) -> list[np.ndarray]:
    """Return what a decoder makes of it."""
    context = av.CodecContext.create("hevc", "r")
    context.extradata = sets
    frames = [f for p in packets for f in context.decode(av.Packet(p))]
    return [frame.to_ndarray() for frame in frames + context.decode(None)]


def renumbered(content: bytes, ids: tuple[int, ...] = FREE) -> bytes:
    return b"".join(b"\0\0\0\1" + _renumbered(unit, ids) for unit in split_at_starts(content))


@pytest.mark.parametrize("number", LONG_IDS)
def test_under_other_numbers_the_film_shows_the_same(number: int) -> None:
    sets, packets = coded()
    other = renumbered(sets, (3, 9, number))
    moved = [renumbered(packet, (3, 9, number)) for packet in packets]
    before, after = shown(sets, packets), shown(other, moved)
    assert len(before) == len(after) == 9
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    assert all(len(b) > len(a) for a, b in zip(packets, moved, strict=True))
    assert len(shown(sets, moved)) < 9, "control: the slices do ask for other sets"


@given(st.integers(0, 255), st.binary(max_size=40), st.sampled_from(LONG_IDS))
def test_in_a_slice_the_number_changes_and_no_bit_behind_it(
    first: int, rest: bytes, number: int
) -> None:
    bare = bytes((first | 0x40,)) + rest + b"\x80"
    unit = b"\x02\x01" + guarded(bare)
    moved = _renumbered_slice(unit, number, before=1)
    bits = Bits(moved, 2)
    assert bits.take(1) == first >> 7
    assert bits.golomb() == number
    before = f"{int.from_bytes(bare):0{8 * len(bare)}b}"[2:]
    after = plain(moved[2:])
    assert f"{int.from_bytes(after):0{8 * len(after)}b}"[10:] == before
    assert moved[2:] == guarded(after), "no start code arises"


def test_a_slice_or_set_under_a_number_already_is_refused() -> None:
    sets, packets = coded()
    with pytest.raises(BrokenUnitsError):
        renumbered(renumbered(sets))
    with pytest.raises(BrokenUnitsError):
        renumbered(renumbered(packets[0]))


def record_of(sets: bytes) -> bytes:
    arrays = [(kind, [u for u in split_at_starts(sets) if u[0] >> 1 == kind]) for kind in range(64)]
    lists = [(kind, units) for kind, units in arrays if units]
    body = b"".join(
        bytes((0x80 | kind,)) + len(units).to_bytes(2) + join(units, 2) for kind, units in lists
    )
    return b"\x01" + bytes(20) + b"\x03" + bytes((len(lists),)) + body


@pytest.mark.parametrize("traits", ["", ":temporal-layers=3"])
def test_a_record_is_read_and_written_and_takes_an_encoders_sets(traits: str) -> None:
    sets, _ = coded(traits)
    record = HevcRecord.parse(record_of(sets))
    assert bytes(record) == record_of(sets)
    assert record.free_ids() == FREE
    both = record.with_sets_of(coded()[0], FREE)
    assert HevcRecord.parse(bytes(both)) == both
    again = both.free_ids()
    assert all(a != b for a, b in zip(again, FREE, strict=True))
    assert not any(number == 0 for number in again)


def test_a_record_cut_off_is_refused() -> None:
    whole = record_of(coded()[0])
    for cut in range(1, len(whole)):
        with pytest.raises(BrokenUnitsError):
            HevcRecord.parse(whole[:cut])


@pytest.mark.parametrize(
    ("name", "extra", "fault"),
    [
        ("another layer", b"\x02\x09\x80\x40", "units"),
        ("an enhancement by others", b"\x7e\x01\x80\x40", "units"),
        ("private units", b"\x7c\x01\x80\x40", "units"),
        ("a second picture", b"\x26\x01\xac\x40", "fields"),
        ("another kind of picture", b"\x02\x01\xd0\x40", "fields"),
        ("other sets", b"\x44\x01\xc1\x72\xb4", "sets"),
        ("a unit of one byte", b"\x26", "units"),
    ],
)
def test_what_a_decoder_would_not_show_is_not_copied(name: str, extra: bytes, fault: str) -> None:
    sets, packets = coded()
    record = HevcRecord.parse(record_of(sets))
    units = split_at_starts(packets[0])
    found = record.held(join(units, 4))
    assert (found.begins, found.fault) == (True, None)
    assert record.held(join([*units, extra], 4)).fault == fault, name

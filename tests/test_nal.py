"""NAL units: taken apart and put together without a change, user data gone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingbi.media.avc import SAID, AvcRecord
from yingbi.media.nal import (
    Bits,
    BrokenUnitsError,
    guarded,
    join,
    plain,
    split,
    split_at_starts,
    without_user_data,
)

SPS = bytes.fromhex("674d400beca146d35010101400000300040003a9803c50a658")
PPS = bytes.fromhex("68ce03bc80")
RECORD = bytes.fromhex("014d400bffe10019") + SPS + b"\x01\x00\x05" + PPS
IDR, SLICE, SEI = b"\x65\x88\x84", b"\x41\x9a\x21", 0x06

zeros = st.binary(max_size=40).map(lambda data: bytes(byte % 5 for byte in data))
ended = zeros.map(lambda data: data + b"\x80")
units = st.lists(st.binary(min_size=1, max_size=300), max_size=6)
kinds = st.integers(0, 600)
messages = st.lists(st.tuples(kinds, zeros), min_size=1, max_size=5)


def number(value: int) -> bytes:
    return b"\xff" * (value // 255) + bytes((value % 255,))


def sei(*told: tuple[int, bytes]) -> bytes:
    bare = b"".join(number(kind) + number(len(data)) + data for kind, data in told) + b"\x80"
    return bytes((SEI,)) + guarded(bare)


@given(units, st.sampled_from([1, 2, 4]))
def test_units_survive_being_joined_and_split(given_units: list[bytes], size: int) -> None:
    short = [unit[: 256**size - 1] for unit in given_units]
    assert split(join(short, size), size) == short


@given(st.binary(max_size=200), st.sampled_from([1, 2, 4]))
def test_a_packet_whose_lengths_do_not_add_up_is_refused(content: bytes, size: int) -> None:
    try:
        found = split(content, size)
    except BrokenUnitsError:
        return
    assert join(found, size) == content


@given(ended)
def test_emulation_prevention_hides_every_start_code_and_can_be_taken_out(bare: bytes) -> None:
    coded = guarded(bare)
    assert plain(coded) == bare
    assert not any(coded[n : n + 3] in {b"\0\0\0", b"\0\0\1", b"\0\0\2"} for n in range(len(coded)))
    assert not coded.endswith(b"\0")


@given(st.lists(ended.map(lambda bare: guarded(b"\x65" + bare)), max_size=5))
def test_units_between_start_codes_are_found(given_units: list[bytes]) -> None:
    content = b"".join((b"\0\0\0\1", b"\0\0\1")[n % 2] + u for n, u in enumerate(given_units))
    assert split_at_starts(content) == given_units


@given(messages)
def test_of_a_message_unit_just_what_is_known_to_be_harmless_stays(
    told: list[tuple[int, bytes]],
) -> None:
    left, lost = without_user_data(sei(*told), 1, SAID)
    staying = [(kind, data) for kind, data in told if kind in SAID]
    assert lost == len(told) - len(staying)
    assert left == (sei(*staying) if staying else None)


@given(st.binary(max_size=60))
def test_a_message_unit_that_cannot_be_read_is_dropped_or_kept_byte_for_byte(data: bytes) -> None:
    unit = bytes((SEI,)) + data
    left, lost = without_user_data(unit, 1, SAID)
    assert left is None or lost or left == unit
    assert left is None or without_user_data(left, 1, SAID) == (left, 0)


@given(st.lists(st.integers(0, 70000), max_size=8))
def test_numbers_are_read_as_they_are_written(values: list[int]) -> None:
    bits = "".join("0" * (len(f"{v + 1:b}") - 1) + f"{v + 1:b}" for v in values) + "1"
    bits += "0" * (-len(bits) % 8)
    bare = bytes(int(bits[n : n + 8], 2) for n in range(0, len(bits), 8))
    reader = Bits(guarded(bare), 0)
    assert [reader.golomb() for _ in values] == values


def test_a_record_is_read_and_written_and_takes_an_encoders_sets() -> None:
    record = AvcRecord.parse(RECORD)
    assert bytes(record) == RECORD
    assert (record.profile_name, record.sps, record.pps) == ("main", (SPS,), (PPS,))
    assert record.free_ids() == (1,)
    encoder = b"\0\0\0\1" + b"\x67\x4d\x40\x33\x4b" + b"\0\0\1" + b"\x68\x4a\xf0"
    both = record.with_sets_of(encoder, (1,))
    assert AvcRecord.parse(bytes(both)) == both
    assert both.head == b"\x4d\x40\x33"
    assert both.free_ids() == (2,)


@pytest.mark.parametrize("cut", range(1, len(RECORD)))
def test_a_record_cut_off_is_refused(cut: int) -> None:
    with pytest.raises(BrokenUnitsError):
        AvcRecord.parse(RECORD[:cut])


def test_a_picture_that_needs_nothing_before_it_is_known() -> None:
    record = AvcRecord.parse(RECORD)
    told = sei((5, b"a name and a place"), (1, b"\x04"))
    found = record.held(join([told, SPS, PPS, IDR], 4))
    assert (found.begins, found.fault, found.dropped) == (True, None, 1)
    assert found.vcl == (IDR,)
    assert found.kept == (sei((1, b"\x04")), SPS, PPS, IDR)
    assert not record.held(join([SLICE], 4)).begins


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("a second view", [IDR, b"\x74\x40\x00\x41\x88"], "units"),
        ("an auxiliary picture", [IDR, b"\x73\x88\x84"], "units"),
        ("private data", [IDR, b"\x78GPS"], "units"),
        ("partitioned data", [b"\x42\x88\x84"], "units"),
        ("two pictures", [IDR, IDR], "fields"),
        ("two kinds of pictures", [IDR, SLICE], "fields"),
        ("a redundant slice", [SLICE, b"\x41\x40\x21", b"\x41\x40\x22"], "fields"),
        ("no picture", [sei((1, b"\x04"))], "fields"),
        ("other parameter sets", [SPS[:-1] + b"\x59", IDR], "sets"),
    ],
)
def test_what_a_decoder_would_not_show_is_not_copied(
    name: str, content: list[bytes], fault: str
) -> None:
    assert AvcRecord.parse(RECORD).held(join(content, 4)).fault == fault, name


def test_a_packet_that_is_no_sequence_of_units_is_not_copied() -> None:
    assert AvcRecord.parse(RECORD).held(b"\0\0\0\x09\x65").fault == "units"

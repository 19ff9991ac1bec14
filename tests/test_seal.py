"""Sealing through a door and opening with leave: the roads of rooms `seal` and `release`."""

import ast
import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from uuid import UUID

import pytest

import yingbi
from sealing_house import FILM, NOW, ORIGINAL, PAGE, House
from yingbi.domain.ids import new_id
from yingbi.domain.level import Level
from yingbi.domain.part import PartKind, Records
from yingbi.domain.record_form import RECORD_SCHEMA
from yingbi.envelope.part import PartEnd
from yingbi.errors import (
    NoKeyError,
    NotAuthorisedError,
    RecordRefusedError,
    SealBrokenError,
)
from yingbi.keys.device import Device
from yingbi.release import opening as release_opening
from yingbi.seal import writer
from yingbi.seal.door import About
from yingbi.seal.masked import masked
from yingbi.seal.raw import raw
from yingbi.seal.records import records

SOURCE = Path(yingbi.__file__).parent


@pytest.fixture(params=["intl", "sm"])
def house(request):
    return House(request.param)


@pytest.fixture
def intl():
    return House("intl")


# --- sealing -------------------------------------------------------------------------------------


def test_film_records_and_original_come_back_as_they_went_in(house):
    about = About("front door", "2026-11-24T10:00:00Z", "option", "holiday.mp4")
    for kind, seal, value in (
        (PartKind.MASKED, masked, FILM),
        (PartKind.PREVIEW, masked, FILM),
        (PartKind.RECORDS, records, PAGE),
        (PartKind.RAW, raw, ORIGINAL),
    ):
        sealed = seal(house.sealer(kind, about=about), value, extra={"frames": "12"})
        [(private, content)] = house.open(house.keep(sealed), kind)
        assert content == value.content
        assert (private.media_type, private.labels) == (value.media_type, value.labels)
        assert (private.camera, private.clock) == ("front door", "option")
        assert (private.recorded_at, private.source_name) == (
            "2026-11-24T10:00:00Z",
            "holiday.mp4",
        )
        assert private.extra == {"frames": "12"}
        assert private.record_schema == (RECORD_SCHEMA if kind is PartKind.RECORDS else None)
        assert private.to_s == getattr(value, "to_s", 0.0)


@pytest.mark.parametrize(
    ("level", "forbidden"),
    [
        (Level.STRUCTURED_ONLY, {PartKind.MASKED, PartKind.PREVIEW, PartKind.RAW, PartKind.ROI}),
        (Level.OBSCURED, {PartKind.RAW, PartKind.ROI}),
        (Level.RAW_ON_RELEASE, set()),
    ],
)
def test_a_level_seals_only_what_may_exist_there(level, forbidden):
    house = House("intl", level)
    for kind in PartKind:
        if kind in forbidden:
            with pytest.raises(NotAuthorisedError):
                house.sealer(kind)
        else:
            assert house.sealer(kind).end.count == 0


def test_no_road_takes_another_roads_content(intl):
    for seal, value in ((masked, ORIGINAL), (masked, PAGE), (records, FILM), (raw, FILM)):
        for kind in PartKind:
            with pytest.raises(TypeError):
                seal(intl.sealer(kind), value)
    for seal, value, kind in (
        (masked, FILM, PartKind.RAW),
        (masked, FILM, PartKind.RECORDS),
        (records, PAGE, PartKind.MASKED),
        (raw, ORIGINAL, PartKind.MASKED),
        (raw, ORIGINAL, PartKind.RECORDS),
    ):
        sealer = intl.sealer(kind)
        with pytest.raises(NotAuthorisedError):
            seal(sealer, value)
        assert sealer.end.count == 0


def test_masked_and_raw_are_refused_before_a_level_1_door():
    house = House("intl", Level.STRUCTURED_ONLY)
    book = house.sealer(PartKind.RECORDS)
    for seal, value in ((masked, FILM), (raw, ORIGINAL)):
        with pytest.raises(NotAuthorisedError):
            seal(book, value)
    assert records(book, PAGE).number == 0


def test_a_door_with_another_boxes_key_cannot_be_made(intl):
    with pytest.raises(ValueError, match="another box"):
        replace(intl.door, box_id=new_id())


def test_records_have_one_size_whether_anyone_was_there_or_not(house):
    sizes = set()
    for content, labels in (
        (b"", ("none",)),
        (b"x", ("body",)),
        (os.urandom(4096), ("biometric.face", "body", "plate", "text")),
    ):
        sealer = house.sealer(PartKind.RECORDS, about=About(camera="c" * len(content[:40])))
        sealed = records(sealer, Records(content, 0.0, 60.0, 4096, labels))
        sizes.add((len(sealed.content), len(sealed.lock)))
    assert len(sizes) == 1


def test_records_that_do_not_fit_their_size_are_refused(intl):
    sealer = intl.sealer(PartKind.RECORDS)
    with pytest.raises(RecordRefusedError):
        records(sealer, Records(bytes(4097), 0.0, 60.0, 4096, ("none",)))
    assert records(sealer, replace(PAGE, padded_to=None)).number == 0


def test_film_is_padded_so_that_near_lengths_look_alike(intl):
    sizes = {
        len(masked(intl.sealer(), replace(FILM, content=bytes(n))).content)
        for n in range(100_000, 100_400, 50)
    }
    assert len(sizes) == 1


def test_each_segment_has_a_key_of_its_own_that_is_zeroed_afterwards(intl, monkeypatch):
    keys, at_sealing = [], []
    real = writer.seal_segment

    def watched(suite, dek, *arguments, **options):
        keys.append(dek)
        at_sealing.append(bytes(dek))
        return real(suite, dek, *arguments, **options)

    monkeypatch.setattr(writer, "seal_segment", watched)
    sealer = intl.sealer()
    first, second = masked(sealer, FILM), masked(sealer, FILM)
    assert len(set(at_sealing)) == 2
    assert all(len(key) == 32 and any(key) for key in at_sealing)
    assert [bytes(key) for key in keys] == [bytes(32)] * 2
    assert first.content[-500:] != second.content[-500:]


def test_a_segment_that_failed_does_not_move_the_chain(intl):
    sealer = intl.sealer()
    masked(sealer, FILM)
    end = sealer.end
    with pytest.raises(ValueError, match="cannot exist"):
        masked(sealer, replace(FILM, content=bytes((64 << 20) + 1)))
    assert sealer.end == end
    with pytest.raises(ValueError, match="should follow"):
        sealer.follow(masked(intl.sealer(), FILM))
    assert masked(sealer, FILM).number == 1


def test_no_repr_tells_content_or_keys(intl):
    canary = b"CANARY-IN-CONTENT"
    sealed = masked(intl.sealer(), replace(FILM, content=canary))
    content = intl.keep(sealed)
    heads = intl.verify(content)
    shown = "".join(map(repr, (sealed, heads, intl.door.device, replace(FILM, content=canary))))
    assert "CANARY" not in shown
    assert repr(sealed.lock)[2:40] not in shown


# --- opening -------------------------------------------------------------------------------------


class Untouchable(BytesIO):
    """A file that tells whether anyone looked at it."""

    touched = False

    def read(self, *arguments):
        self.touched = True
        return super().read(*arguments)

    def seek(self, *arguments):
        self.touched = True
        return super().seek(*arguments)


def test_without_leave_the_file_is_not_even_read(intl):
    content, _ = intl.film()
    later = NOW + timedelta(seconds=1)
    for refused in (
        {"grant": intl.grant(object_id=new_id())},
        {"grant": intl.grant(PartKind.RECORDS)},
        {"now": later},
    ):
        file = Untouchable(content)
        with pytest.raises(NotAuthorisedError):
            intl.open(file, **refused)
        assert not file.touched


def test_a_part_opens_in_order_from_bytes_and_from_a_file(house, tmp_path):
    content, end = house.film()
    path = tmp_path / "part"
    path.write_bytes(content)
    with path.open("rb") as file:
        from_file = [body for _, body in house.open(file, end=end)]
    assert from_file == [b"film 0", b"film 1", b"film 2"]
    assert [body for _, body in house.open(content, end=end)] == from_file
    assert [head.header.number for head in house.verify(content, end=end)] == [0, 1, 2]


def test_any_changed_byte_anywhere_lets_no_byte_out(house):
    content, end = house.film(2)
    step = 1 if house.suite.name == "intl" else 7
    for place in range(0, len(content), step):
        bad = bytearray(content)
        bad[place] ^= 1
        with pytest.raises(SealBrokenError):
            house.open(bytes(bad), end=end)
        with pytest.raises(SealBrokenError):
            house.verify(bytes(bad), end=end)


def test_cut_swapped_doubled_and_grown_parts_let_no_byte_out(house):
    content, end = house.film(3)
    size = len(content) // 3
    a, b, c = (content[n * size : (n + 1) * size] for n in range(3))
    other, _ = house.film(3)
    foreign = other[size : 2 * size]
    for bad in (
        *(a + b, a, b + c, a + c, b + a + c, a + c + b, a + b + c + c, a + b + b + c, b""),
        *(a + foreign + c, a + b + other[2 * size :], content + b"\0", content[:-1], other),
        *(content[: size + 100], content[100:]),
    ):
        with pytest.raises(SealBrokenError):
            house.open(bad, end=end)
    assert [body for _, body in house.open(a + b)] == [b"film 0", b"film 1"]
    with pytest.raises(SealBrokenError):
        house.open(content, end=PartEnd(4, end.seal_digest))


def test_another_objects_or_parts_file_in_its_place_is_refused(intl):
    other = House("intl")
    other.door = replace(intl.door, object_id=new_id())
    other.signer, other.device_public = intl.signer, intl.device_public
    content, _ = other.film(1)
    with pytest.raises(SealBrokenError, match="another part"):
        intl.open(content)
    kind = intl.keep(records(intl.sealer(PartKind.RECORDS), PAGE))
    with pytest.raises(SealBrokenError, match="another part"):
        intl.open(kind)


def test_a_segment_without_a_lock_keeps_the_whole_part_closed(house):
    content, end = house.film(3)
    for missing in list(house.locks):
        locks = {k: v for k, v in house.locks.items() if k != missing}
        opening = house.open(content, end=end, locks=locks)
        with pytest.raises(NoKeyError):
            next(opening)


def test_locks_of_other_segments_boxes_and_keys_open_nothing(house):
    content, end = house.film(2)
    first, second = house.locks
    other = House(house.suite.name)
    attempts = [
        {"locks": {first: house.locks[second], second: house.locks[first]}},
        {"epoch_key_of": lambda *_: (house.epoch, other.private)},
        {"epoch_key_of": lambda *_: (other.epoch, other.private)},
        {"epoch_key_of": lambda *_: (replace(house.epoch, box_id=new_id()), house.private)},
        {"epoch_key_of": lambda *_: (replace(house.epoch, key_id=b"x" * 16), house.private)},
    ]
    for attempt in attempts:
        opening = house.open(content, end=end, **attempt)
        with pytest.raises(NoKeyError):
            next(opening)
    lock = house.locks[second]
    bad = house.locks | {second: lock[:-1] + bytes([lock[-1] ^ 1])}
    with pytest.raises(SealBrokenError):
        next(house.open(content, end=end, locks=bad))


def test_another_devices_seal_or_another_suite_opens_nothing(house):
    content, end = house.film(1)
    other = House(house.suite.name)
    with pytest.raises(SealBrokenError):
        house.open(content, end=end, device_public_key=other.device_public)
    other_suite = House("sm" if house.suite.name == "intl" else "intl")
    other_suite.door = replace(other_suite.door, object_id=house.door.object_id)
    with pytest.raises(SealBrokenError, match="suite"):
        other_suite.open(content)


def test_a_part_too_large_to_hold_is_read_twice_and_opens_the_same(intl, monkeypatch):
    content, end = intl.film(4)
    monkeypatch.setattr(release_opening, "HELD_BYTES", 0)
    bodies = [body for _, body in intl.open(BytesIO(content), end=end)]
    assert bodies == [b"film %d" % n for n in range(4)]


def test_a_file_that_changes_between_the_two_readings_gives_nothing_changed(intl, monkeypatch):
    content, end = intl.film(2)
    monkeypatch.setattr(release_opening, "HELD_BYTES", 0)
    size = len(content) // 2
    for place in range(size, len(content), 11):
        file = BytesIO(content)
        opening = intl.open(file, end=end)
        file.seek(place)
        file.write(bytes([content[place] ^ 1]))
        assert next(opening)[1] == b"film 0"
        with pytest.raises(SealBrokenError):
            next(opening)
    file = BytesIO(content)
    opening = intl.open(file, end=end)
    file.seek(size)
    file.write(content[:size])
    assert next(opening)[1] == b"film 0"
    with pytest.raises(SealBrokenError, match="changed while it was read"):
        next(opening)
    file = BytesIO(content)
    opening = intl.open(file, end=end)
    file.truncate(size)
    assert next(opening)[1] == b"film 0"
    with pytest.raises(SealBrokenError):
        next(opening)


def test_long_bodies_open_whole_from_two_threads_and_no_altered_chunk_opens(house, monkeypatch):
    contents = [os.urandom(size) for size in ((3 << 20) + 5, 1 << 20, 70_000)]
    sealer = house.sealer(PartKind.RAW)
    pieces = [raw(sealer, replace(ORIGINAL, content=content)) for content in contents]
    whole = house.keep(*pieces)
    monkeypatch.setattr(release_opening, "HELD_BYTES", 0)
    for passing in (False, True):
        opening = house.open(whole, PartKind.RAW, end=sealer.end, passing=passing)
        assert [bytes(body) for _, body in opening] == contents
    kept = [body for _, body in house.open(whole, PartKind.RAW, end=sealer.end)]
    assert [bytes(body) for body in kept] == contents
    for place in (len(pieces[0].content) // 9 * step for step in range(1, 9)):
        bad = bytearray(whole)
        bad[place] ^= 1
        with pytest.raises(SealBrokenError):
            house.open(bad, PartKind.RAW, end=sealer.end)
        file = BytesIO(whole)
        opening = house.open(file, PartKind.RAW, end=sealer.end, passing=True)
        file.seek(place)
        file.write(bad[place : place + 1])
        with pytest.raises(SealBrokenError):
            next(opening)


def test_keys_are_zeroed_when_opening_ends_or_is_left(intl, monkeypatch):
    keys = []
    real = release_opening.unwrap

    def watched(*arguments):
        keys.append(real(*arguments))
        return keys[-1]

    monkeypatch.setattr(release_opening, "unwrap", watched)
    content, end = intl.film(3)
    list(intl.open(content, end=end))
    left = intl.open(content, end=end)
    next(left)
    assert any(map(any, keys[3:]))
    left.close()
    assert len(keys) == 6
    assert not any(map(any, keys))


def test_a_lock_moved_to_a_new_key_opens_under_that_key(intl):
    """Rotation rewraps locks; headers and bodies stay as they are."""
    from yingbi.envelope.reader import SegmentReader
    from yingbi.keys.unwrap import unwrap
    from yingbi.keys.wrap import wrap

    sealed = masked(intl.sealer(), FILM)
    head = SegmentReader.parse(intl.suite, sealed.content).verify(intl.device_public).head
    dek = unwrap(intl.suite, sealed.lock, intl.epoch, intl.private, head.lock_context)
    private, public = intl.suite.new_recipient()
    hold = replace(intl.epoch, epoch=900, key_id=b"h" * 16, public_key=public)
    lock = wrap(intl.suite, dek, hold, head.lock_context)
    [(_, content)] = intl.open(
        sealed.content,
        locks={sealed.segment_id: lock},
        epoch_key_of=lambda *_: (hold, private),
    )
    assert content == FILM.content


# --- roads ---------------------------------------------------------------------------------------


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_only_release_and_rotate_import_what_opens_locks():
    users = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if "yingbi.keys.unwrap" in set(imports_of(path))
    }
    assert "release/opening.py" in users
    assert all(user.startswith("release/") or user == "keys/rotate.py" for user in users)


def test_only_seal_imports_the_writer_that_takes_any_bytes():
    users = {
        path.relative_to(SOURCE).parts[0]
        for path in SOURCE.rglob("*.py")
        if "yingbi.seal.writer" in set(imports_of(path))
    }
    assert users == {"seal"}


def test_sealing_masked_film_and_records_loads_neither_raw_nor_anything_that_opens():
    script = (
        "import sys, yingbi.seal.masked, yingbi.seal.records\n"
        "roads = ('yingbi.seal.raw', 'yingbi.release', 'yingbi.keys.unwrap')\n"
        "sys.exit(any(name.startswith(roads) for name in sys.modules))"
    )
    control = script.replace("import sys,", "import sys, yingbi.seal.raw,")
    environment = {**os.environ, "PYTHONPATH": str(SOURCE.parent)}
    for code, expected in ((script, 0), (control, 1)):
        ran = subprocess.run([sys.executable, "-c", code], env=environment, check=False)
        assert ran.returncode == expected


def test_a_device_has_an_id_of_its_own_key():
    house, other = House("intl"), House("intl")
    assert house.door.device.device_id != other.door.device.device_id
    with pytest.raises(ValueError, match="device id"):
        Device(b"short", b"", house.sign)
    assert UUID(bytes=house.door.device.device_id)

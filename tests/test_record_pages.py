"""Pages of records: as lines and as a map, in one way each, and as a table."""

import csv
import io
import json
import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from key_house import YEAR, opened
from record_values import (
    EACH,
    STANDARD,
    accepted_by,
    accepted_by_schema,
    pages,
    spoiled,
    values_in,
)
from vault_house import new_vault
from yingbi.domain.box import BoxPolicy
from yingbi.domain.ids import new_id
from yingbi.domain.level import Level
from yingbi.domain.part import PartKind
from yingbi.domain.record import (
    Event,
    Pose,
)
from yingbi.domain.record_csv import COLUMNS, to_csv
from yingbi.domain.record_form import from_json, to_json
from yingbi.domain.record_page import (
    Head,
    Page,
    head_from_json,
    head_to_json,
    page_lines,
    page_of,
    page_of_lines,
)
from yingbi.envelope.canonical import read_map, write_map
from yingbi.errors import RecordRefusedError
from yingbi.keys.locks import LockGroup
from yingbi.seal.door import Door, PartSealer
from yingbi.seal.records import records as seal_records
from yingbi.store.stored import ObjectInfo
from yingbi.store.writer import ObjectWriter
from yingbi.structure.pack import pack, unpack_page
from yingbi.structure.record_cbor import FURTHEST_STEP, from_cbor, to_cbor
from yingbi.usecases.box import create_box
from yingbi.usecases.open import Wish, opened_segments
from yingbi.usecases.person import erase_person

# --- pages ---------------------------------------------------------------------------------------


@given(pages)
def test_a_page_comes_back_from_its_lines_and_from_its_map(page):
    lines, cbor = page_lines(page), to_cbor(page)
    again = page_of_lines(lines)
    assert from_cbor(cbor) == again
    assert (page_lines(again), to_cbor(again)) == (lines, cbor)
    assert again.head == page.head
    assert len(again.records) == len(page.records)
    assert all(accepted_by_schema(json.loads(line)) for line in lines.splitlines())


def test_a_page_keeps_its_head_with_other_records():
    page = page_of(head_from_json(EACH[0]), tuple(map(from_json, EACH[1:])))
    left = page.only(one for one in page.records if isinstance(one, Pose))
    assert (left.head, len(left.records)) == (page.head, 1)


def test_a_start_is_told_in_utc_and_needs_a_time_zone():
    beijing = datetime(2026, 11, 30, 3, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=8)))
    assert head_to_json(Head(beijing))["page"]["start"] == "2026-11-29T19:00:00.250Z"
    with pytest.raises(ValueError, match="time zone"):
        Head(datetime(2026, 11, 29))  # noqa: DTZ001
    with pytest.raises(ValueError, match="order"):
        Head(networks=(("b", "0" * 64), ("a", "0" * 64)))
    with pytest.raises(ValueError, match="once"):
        Head(networks=(("a", "0" * 64), ("a", "1" * 64)))


LINES = page_lines(page_of(head_from_json(EACH[0]), tuple(map(from_json, EACH[1:]))))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"time_ms":1500', b'"time_ms":1500.0'),
        (b'"time_ms":1500', b'"time_ms":15e2'),
        (b'"time_ms":1500', b'"time_ms":1e400'),
        (b'"time_ms":1500', b'"time_ms":NaN'),
        (b'"time_ms":1500', b'"time_ms":-Infinity'),
        (b'"time_ms":1500', b'"time_ms":' + b"9" * 5000),
        (b'"time_ms":1500', b'"time_ms":1,"time_ms":1500'),
        (b'"time_ms":1500', b'"time_ms": 1500'),
        (b'"points":[[0,', b'"points":[[-0,'),
        (b'"unknown 1"', b'"unknown\\u00201"'),
        (b'"kind":"identity","subject":"unknown 1"', b'"subject":"unknown 1","kind":"identity"'),
        (b'{"v":2,"kind":"identity"', b'{"v":2,"page":null}\n{"v":2,"kind":"identity"'),
        (b'{"v":2,"page"', b'\xef\xbb\xbf{"v":2,"page"'),
        (b"\n", b"\r\n"),
        (b"\n", b"\n\n"),
        (b'"page"', b'"pag\xff"'),
    ],
)
def test_lines_are_read_only_in_the_one_way_they_are_written(old, new):
    assert page_of_lines(LINES).records
    assert old in LINES
    with pytest.raises(RecordRefusedError):
        page_of_lines(LINES.replace(old, new, 1))


def test_a_page_needs_its_head_first_and_has_one_schema():
    head, *rest = LINES.splitlines(keepends=True)
    old = b'{"v":1,"kind":"event","event":"left","time_s":1,"subject":"unknown 1"}\n'
    for lines in (
        rest,
        [head, head, *rest],
        [*rest, head],
        [head, old],
        [old, head],
        [old, rest[0]],
    ):
        with pytest.raises(RecordRefusedError):
            page_of_lines(b"".join(lines))
    assert page_of_lines(head) == head_page(head)


def head_page(line: bytes) -> Page:
    return page_of(head_from_json(json.loads(line)), ())


@pytest.mark.parametrize("opening", [b"[", b'{"v":', b'{"v":2,"page":['])
def test_nesting_without_an_end_is_refused(opening):
    with pytest.raises(RecordRefusedError):
        page_of_lines(opening * 200_000)
    for deep in (b"\x81" * 200_000, b"\xa1\x61v" * 100_000, b"\xd8\x20" * 100_000):
        with pytest.raises(RecordRefusedError):
            from_cbor(deep)


def spoiled_map(change: Any) -> bytes:
    told = read_map(to_cbor(page_of_lines(LINES)), "it")
    change(told)
    return write_map(told)


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told.update(v=1),
        lambda told: told.update(v=2.0),
        lambda told: told.update(v=True),
        lambda told: told.update(image=b"\xff\xd8\xff"),
        lambda told: told.pop("page"),
        lambda told: told["page"]["clock"].update(offset_ms=2**70),
        lambda told: told.update(records={}),
        lambda told: told.update(records="unknown 1"),
        lambda told: told["records"].append([1] * 64),
        lambda told: told["records"].append(LINES),
        lambda told: told["records"][0].update(subject=b"unknown 1"),
        lambda told: told["records"][0].update(from_ms=math.nan),
        lambda told: told["records"][0].update({1: 1}),
        lambda told: told["records"][1].update(points=[[0, 0, 0]] * 17),
        lambda told: told["records"][1]["steps"].append(0),
        lambda told: told["records"][1]["steps"].pop(),
        lambda told: told["records"][1]["steps"].__setitem__(0, True),
        lambda told: told["records"][1]["steps"].__setitem__(0, 1.0),
        lambda told: told["records"][1]["steps"].__setitem__(0, 4001),
        lambda told: told["records"][1]["steps"].__setitem__(0, FURTHEST_STEP + 1),
        lambda told: told["records"][1].update(steps=bytes(55)),
        lambda told: told["records"][1].update(subject=["unknown 1"]),
    ],
)
def test_a_map_that_says_anything_else_is_refused(change):
    assert from_cbor(spoiled_map(lambda _: None)) == page_of_lines(LINES)
    with pytest.raises(RecordRefusedError):
        from_cbor(spoiled_map(change))


def test_steps_that_leave_what_can_be_told_are_refused_though_each_is_small():
    whole = tuple((3.0, 3.0, 0.5) for _ in range(17))
    told = read_map(to_cbor(Page(records=(Pose("unknown 1", 0, whole, (0, 0, 3, 3)),) * 2)), "it")
    told["records"][1]["steps"][4] = 1000
    assert from_cbor(write_map(told)).records[1].points[0][0] == 4.0
    told["records"][1]["steps"][4] = 1001
    with pytest.raises(RecordRefusedError):
        from_cbor(write_map(told))


@given(st.integers(0, 10**6), st.binary(min_size=0, max_size=3))
def test_a_changed_byte_is_refused_or_tells_another_page_in_its_one_way(at, other):
    whole = to_cbor(page_of_lines(LINES))
    at %= len(whole)
    changed = whole[:at] + other + whole[at + 1 :]
    try:
        page = from_cbor(changed)
    except RecordRefusedError:
        return
    assert to_cbor(page) == changed


@given(st.binary(max_size=200))
def test_anything_at_all_is_a_page_or_refused(content):
    for read in (page_of_lines, from_cbor):
        try:
            assert isinstance(read(content), Page)
        except RecordRefusedError:
            continue


def test_whoever_is_erased_leaves_the_head_of_the_page_as_it_was(tmp_path):
    head = head_from_json(EACH[0])
    with opened(new_vault(tmp_path / "vault")) as vault:
        box = create_box(vault, "hall", BoxPolicy(Level.STRUCTURED_ONLY, retention=YEAR))
        object_id, people = new_id(), {"7": 1, "8": 2}
        with vault.rooms.keys_db.begin() as unit:
            day = datetime.now(UTC).date()
            epoch = vault.epochs.epoch_for(unit, box.box_id, day)
        folder, keystore = vault.folder, vault.keystore
        door = Door(
            suite=keystore.suite,
            level=Level.STRUCTURED_ONLY,
            controller_id=folder.controller_id,
            box_id=box.box_id,
            object_id=object_id,
            epoch=epoch,
            device=keystore.device,
        )
        group = LockGroup(box.box_id, epoch.epoch, epoch.retention)
        both = [Event("entered", 1.5, "unknown 1"), Event("entered", 2.5, "unknown 2")]
        with ObjectWriter(
            vault.rooms, object_id=object_id, level=door.level, group=group, day=day
        ) as writer:
            for page in pack(both, (0, 60), 65536, ("body",), head):
                sealed = seal_records(PartSealer(door, PartKind.RECORDS), page)
                writer.add(PartKind.RECORDS, sealed)
            info = ObjectInfo(to_s=60.0, extra={"people": json.dumps(people)})
            writer.commit(info, now=datetime.now(UTC))
        erase_person(vault, object_id, 1, purpose="", sight_of=no_sight)
        stored = vault.rooms.catalogue.get(object_id)
        segments = opened_segments(vault, stored, Wish(object_id, PartKind.RECORDS))
        left = [unpack_page(content) for _, content in segments]
    assert left == [page_of(head, (both[1],))]


def no_sight():
    raise AssertionError("no original is kept, and nothing is looked at")


# --- the grammar of the map ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def grammar():
    verifier = pytest.importorskip("cddl_verifier")
    return verifier.Validator((STANDARD / "record-2.cddl").read_text("utf-8"))


@settings(max_examples=60)
@given(page=pages)
def test_the_grammar_accepts_every_page(grammar, page):
    assert grammar.validate(to_cbor(page)).valid


SHORT_MAPS = [
    read_map(to_cbor(page_of(head_from_json(EACH[0]), (from_json(told),))), "it")
    for told in EACH[1:]
]


@settings(max_examples=150)
@given(told=spoiled(st.sampled_from(SHORT_MAPS)))
def test_the_grammar_refuses_and_accepts_the_same_as_the_code(grammar, told):
    """But for sums of steps and days that no month has, of which a grammar knows nothing."""
    content = write_map(told)
    by_code = accepted_by(from_cbor, content)
    by_grammar = grammar.validate(content).valid
    beyond = "2026-02-30T19:00:00Z" in values_in(told) or any(
        isinstance(one, int) and 4000 < abs(one) <= FURTHEST_STEP for one in values_in(told)
    )
    assert by_code == by_grammar or (by_grammar and beyond), told


# --- tables --------------------------------------------------------------------------------------

CELL = re.compile(r"-?[0-9]+|[a-z0-9][a-z0-9 -]*|[0-9-]{10}T[0-9:.]{8,12}Z|")


def rows_of(table: Iterable[bytes]) -> list[dict[str, str]]:
    text = b"".join(table).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@given(st.lists(pages, max_size=2))
def test_a_table_has_a_row_a_record_and_no_cell_that_a_spreadsheet_would_run(made):
    rows = rows_of(to_csv(made))
    told = [to_json(one) for page in made for one in page.records]
    assert len(rows) == len(told)
    assert all(list(row) == list(COLUMNS) for row in rows)
    assert all(CELL.fullmatch(cell) for row in rows for cell in row.values())
    for row, record in zip(rows, told, strict=True):
        flat = {name: str(record[name]) for name in COLUMNS if name in record}
        assert {name: row[name] for name in flat} == flat
        assert row["from_ms"] == str(record.get("time_ms", record.get("from_ms")))
        box, nose = [row[name] for name in ("x0", "y0", "x1", "y1")], [row["nose_x"], row["nose_y"]]
        assert box == list(map(str, record.get("box", [""] * 4)))
        assert nose == list(map(str, record.get("points", [["", ""]])[0][:2]))


def test_a_table_tells_utc_where_the_start_is_known_and_nothing_where_it_is_not():
    event = Event("fell", 75.25, "unknown 1", confidence=0.9)
    known = Page(datetime(2026, 12, 31, 23, 59, tzinfo=UTC), records=(event,))
    assert rows_of(to_csv([known]))[0]["utc"] == "2027-01-01T00:00:15.250Z"
    assert rows_of(to_csv([Page(records=(event,))]))[0]["utc"] == ""
    assert list(to_csv([])) == [b"\xef\xbb\xbf" + ",".join(COLUMNS).encode() + b"\r\n"]

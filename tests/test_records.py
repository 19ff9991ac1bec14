"""Records: the published schemas and the code are one, and nothing else passes."""

import base64
import copy
import json
import math
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from record_values import (
    EACH,
    accepted_by,
    accepted_by_code,
    accepted_by_schema,
    has_a_point,
    heads,
    jpeg,
    places_in,
    records,
    records_1,
    spoiled,
    values_in,
)
from yingbi.domain import record_form_1
from yingbi.domain.record import (
    Attribute,
    Behaviour,
    Event,
    Identity,
    Pose,
    kind_of,
    span_of,
)
from yingbi.domain.record_csv import to_csv
from yingbi.domain.record_form import from_json, to_json, to_lines
from yingbi.domain.record_page import (
    MOST_NETWORKS,
    Head,
    Page,
    head_from_json,
    head_to_json,
    page_lines,
    page_of_lines,
)
from yingbi.errors import RecordRefusedError
from yingbi.structure.record_cbor import to_cbor

# --- schema 1, which vaults hold -----------------------------------------------------------------


def as_1(record: Any) -> Any:
    return json.loads(record_form_1.to_lines([record]))


@given(records_1)
def test_schema_1_is_read_and_opened_as_it_was_written(record):
    written = record_form_1.to_lines([record])
    assert accepted_by_schema(json.loads(written), 1)
    page = page_of_lines(written)
    assert (page.schema, page.head) == (1, Head())
    assert page_lines(page) == written


@settings(max_examples=300)
@given(spoiled(records_1.map(as_1)))
@example({"v": True, "kind": "event", "event": "left", "time_s": 1, "subject": "unknown 1"})
@example({"v": 1.0, "kind": "event", "event": "left", "time_s": 1, "subject": "unknown 1"})
@example({"v": 1, "kind": "event", "event": "count", "time_s": 1, "count": 2.0})
@example({"v": 1, "kind": "event", "event": "count", "time_s": 1, "count": True})
@example({"v": 1, "kind": "event", "event": ["left"], "time_s": 1, "subject": "unknown 1"})
@example({"v": 1, "kind": ["pose"], "time_s": 1, "subject": "unknown 1"})
@example([])
@example("identity")
def test_schema_1_and_its_reader_refuse_and_accept_the_same(told):
    assert accepted_by(record_form_1.from_json, told) == accepted_by_schema(told, 1), told


def test_what_schema_1_cannot_say_is_not_written_as_schema_1():
    with pytest.raises(ValueError, match="no Behaviour"):
        record_form_1.to_lines([Behaviour("unknown 1", 0, 1, "walking", 1)])


# --- schema 2: the schema and the code are one -----------------------------------------------------


@given(records)
def test_what_the_code_writes_the_schema_accepts_and_the_code_reads_again(record):
    told = json.loads(to_lines([record]))
    assert accepted_by_schema(told)
    again = from_json(told)
    assert to_json(again) == told
    assert kind_of(again) == kind_of(record)
    assert span_of(again) == pytest.approx(span_of(record), abs=0.000501)


@given(heads)
def test_a_head_is_accepted_by_the_schema_and_read_again_as_it_was(head):
    told = json.loads(json.dumps(head_to_json(head)))
    assert accepted_by_schema(told)
    assert head_from_json(told) == head


@settings(max_examples=500)
@given(spoiled(st.sampled_from(EACH) | records.map(to_json) | heads.map(head_to_json)))
@example(EACH[1] | {"v": True})
@example(EACH[1] | {"v": 1})
@example(EACH[1] | {"kind": ["pose"]})
@example(EACH[1] | {"kind": {}})
@example([])
@example("identity")
@example(None)
def test_schema_and_code_refuse_and_accept_the_same(told):
    fine = accepted_by_schema(told) and not has_a_point(told)
    assert accepted_by_code(told) == fine, told


@pytest.mark.parametrize("line", EACH, ids=lambda told: told.get("event", told.get("kind", "head")))
def test_no_field_takes_a_picture_a_text_or_a_list_of_numbers(line):
    picture = jpeg()
    forbidden = [
        picture.decode("latin-1"),
        base64.b64encode(picture).decode(),
        base64.b32encode(picture).decode().lower(),
        "data:image/png;base64,iVBORw0KGgo=",
        "Alice",
        [0.125] * 64,
        [1] * 64,
        {"pixels": [0] * 9},
        True,
        1.0,
        math.nan,
        math.inf,
    ]
    assert accepted_by_schema(line)
    assert accepted_by_code(line)
    for within, key in places_in(copied := copy.deepcopy(line)):
        kept = within[key]
        for value in forbidden:
            within[key] = value
            assert not accepted_by_code(copied), (key, value)
            assert has_a_point(copied) or not accepted_by_schema(copied), (key, value)
        within[key] = kept
    for within in [copied, *(one for one in values_in(copied) if isinstance(one, dict))]:
        within["image"] = base64.b64encode(picture).decode()
        assert not accepted_by_code(copied)
        assert not accepted_by_schema(copied)
        del within["image"]
    assert copied == line


@pytest.mark.parametrize(
    "record",
    [
        Identity("Alice", 0, 1, 0.5),
        Identity("unknown 1", 0, 1, 1.2),
        Identity("unknown 1", -1, 1, 1),
        Pose("unknown 1", 0, ((0, 0, 1),) * 16),
        Pose("unknown 1", 0, ((0, math.nan, 1),) * 17),
        Pose("unknown 1", 0, ((math.inf, 0, 1),) * 17),
        Attribute("unknown 1", 0, 1, "faith", "any", 1),
        Attribute("unknown 1", 0, 1, "carried", "red", 1),
        Behaviour("unknown 1", 0, 1, "thinking", 1),
        Event("stole", 0, "unknown 1"),
        Event("fell", 0, "unknown 1"),
        Event("crossed", 0, "unknown 1", place="=1+1", direction="back"),
    ],
)
def test_what_could_not_be_read_again_is_never_written(record):
    with pytest.raises(RecordRefusedError):
        to_json(record)
    with pytest.raises(RecordRefusedError):
        list(to_csv([Page(records=(record,))]))
    with pytest.raises(RecordRefusedError):
        to_cbor(Page(records=(record,)))


def test_a_refusal_names_the_field_and_never_what_stood_in_it():
    with pytest.raises(RecordRefusedError) as refused:
        from_json(EACH[1] | {"subject": "Alice of 5 Seeded Lane"})
    assert "subject" in str(refused.value)
    assert "Alice" not in str(refused.value)


def test_a_pose_of_schema_1_gets_the_box_around_its_points():
    told = to_json(Pose("unknown 1", 0, tuple((i / 100, 0.9 - i / 50, 0.5) for i in range(17))))
    assert told["box"] == [0, 580, 160, 900]


def test_what_lies_far_outside_is_written_at_the_edge_of_what_can_be_told():
    told = to_json(Pose("unknown 1", 0, ((9.0, -9.0, 1),) * 17, (-5, -4, 4, 5)))
    assert told["points"][0] == [4000, -4000, 100]
    assert told["box"] == [-4000, -4000, 4000, 4000]


@pytest.mark.parametrize(("count", "fine"), [(MOST_NETWORKS, True), (MOST_NETWORKS + 1, False)])
def test_a_head_names_so_many_networks_and_no_more(count, fine):
    told = copy.deepcopy(EACH[0])
    told["page"]["networks"] = {f"network-{i}": "0a" * 32 for i in range(count)}
    assert accepted_by_code(told) == accepted_by_schema(told) == fine

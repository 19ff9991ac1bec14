"""The standard as data, and the published schema of records."""

import json
import math
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

import yingbi.standard.catalogue as catalogue
from yingbi.domain.record import Event, Identity, Pose
from yingbi.domain.record_form import from_json, to_json, to_lines
from yingbi.errors import NoSuchRequirementError, RecordRefusedError

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = json.loads((Path(catalogue.__file__).parent / "record-1.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema_rs.validator_for(SCHEMA)


@pytest.mark.parametrize(
    ("file", "key", "read"),
    [
        ("requirements", "requirements", catalogue.requirements),
        ("regulations", "packs", catalogue.regulations),
        ("metrics", "metrics", catalogue.metrics),
    ],
)
def test_the_package_carries_every_entry_that_people_wrote(file, key, read):
    written = yaml.safe_load((ROOT / "standard" / f"{file}.yaml").read_text("utf-8"))[key]
    assert [item["id"] for item in read()] == [item["id"] for item in written]
    assert len({item["id"] for item in read()}) == len(written), "an id is used twice"


def test_the_requirements_hold_to_their_own_schema():
    schema = json.loads((ROOT / "standard" / "schema.json").read_text("utf-8"))
    jsonschema_rs.validator_for(schema).validate(
        yaml.safe_load((ROOT / "standard" / "requirements.yaml").read_text("utf-8"))
    )


def test_a_requirement_speaks_both_languages():
    for found in catalogue.requirements():
        identifier = found["id"]
        assert catalogue.requirement(identifier) is found
        assert all(
            found[field][tongue] for field in ("title", "requirement") for tongue in ("zh", "en")
        )


def test_an_unknown_id_is_refused_by_name():
    with pytest.raises(NoSuchRequirementError, match=r"9\.9\.z"):
        catalogue.requirement("9.9.z")
    with pytest.raises(NoSuchRequirementError):
        catalogue.entry("no-such-metric")
    with pytest.raises(NoSuchRequirementError):
        catalogue.requirement("key-age")  # a metric is not a requirement
    assert catalogue.entry("key-age")["group"] == "application"


# --- records: the schema and the code are one ---------------------------------------------------

subjects = st.integers(0, 999_999_999).map("unknown {}".format)
times = st.floats(0, 1e9) | st.integers(0, 10**9)
shares = st.floats(0, 1)
points = st.lists(
    st.tuples(st.floats(-4, 4), st.floats(-4, 4), shares), min_size=17, max_size=17
).map(tuple)
records = st.one_of(
    st.builds(Identity, subjects, times, times, shares),
    st.builds(Pose, subjects, times, points),
    st.builds(Event, st.sampled_from(["entered", "left"]), times, subjects),
    st.builds(Event, st.just("count"), times, count=st.integers(0, 100_000)),
)

wrong = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.sampled_from([math.nan, math.inf, -math.inf, -0.001, 1.001, 4.001, 1e9 + 1, 10**30]),
    st.sampled_from(["", "unknown", "unknown 1 ", "unknown ١", "unknown 1234567890", "Alice"]),
    st.sampled_from(["unknown 1\n", "/9j/4AAQSkZJRg==", "\u0000", "identity", "entered", "1"]),
    st.lists(st.floats(0, 1), max_size=4),
    st.just({}),
)


def accepted_by_schema(record: Any) -> bool:
    try:
        return VALIDATOR.is_valid(record)
    except ValueError:  # NaN and infinities are no JSON at all
        return False


def accepted_by_code(record: Any) -> bool:
    try:
        from_json(record)
    except RecordRefusedError:
        return False
    return True


@st.composite
def spoiled(draw):
    """A valid record with one thing changed; what comes out may still be valid."""
    record = to_json(draw(records))
    how = draw(st.sampled_from(["value", "extra", "missing", "points", "point"]))
    if how == "value":
        record[draw(st.sampled_from(sorted(record)))] = draw(wrong)
    elif how == "extra":
        record[draw(st.sampled_from(["name", "image", "count", "subject", "points", ""]))] = draw(
            wrong
        )
    elif how == "missing":
        del record[draw(st.sampled_from(sorted(record)))]
    elif "points" in record and how == "points":
        record["points"] = record["points"][: draw(st.integers(0, 16))] + draw(
            st.lists(st.just([0.5, 0.5, 1]), max_size=18)
        )
    elif "points" in record:
        point = record["points"][draw(st.integers(0, 16))]
        if draw(st.booleans()):
            point[draw(st.integers(0, 2))] = draw(wrong)
        else:
            point.append(draw(wrong))
    return record


@given(records)
def test_what_the_code_writes_the_schema_accepts_and_the_code_reads_again(record):
    written = json.loads(to_lines([record]))
    assert accepted_by_schema(written)
    assert to_json(from_json(written)) == to_json(record)


@settings(max_examples=400)
@given(spoiled())
@example({"v": True, "kind": "event", "event": "left", "time_s": 1, "subject": "unknown 1"})
@example({"v": 1.0, "kind": "event", "event": "left", "time_s": 1, "subject": "unknown 1"})
@example({"v": 1, "kind": "event", "event": "count", "time_s": 1, "count": 2.0})
@example({"v": 1, "kind": "event", "event": "count", "time_s": 1, "count": True})
@example({"v": 1, "kind": "event", "event": ["left"], "time_s": 1, "subject": "unknown 1"})
@example({"v": 1, "kind": ["pose"], "time_s": 1, "subject": "unknown 1"})
@example([])
@example("identity")
def test_schema_and_code_refuse_and_accept_the_same(record):
    assert accepted_by_code(record) == accepted_by_schema(record), record


@pytest.mark.parametrize(
    "change",
    [
        {"image": "/9j/4AAQSkZJRg=="},
        {"subject": "Alice"},
        {"subject": "data:image/png;base64,iVBORw0KGgo="},
        {"confidence": math.nan},
        {"confidence": "0.9"},
        {"v": 2},
    ],
)
def test_bytes_names_and_unknown_fields_never_pass(change):
    record = to_json(Identity("unknown 1", 0, 2, 0.9)) | change
    assert not accepted_by_code(record)
    assert not accepted_by_schema(record)

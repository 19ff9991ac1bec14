"""Records, heads and pages of every kind, lines of them with one thing changed, and who accepts those."""

import copy
import io
import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import numpy as np
from hypothesis import strategies as st
from PIL import Image

import yingbi.standard.catalogue as catalogue
from yingbi.domain.detail import NAMES, Detail
from yingbi.domain.record import (
    ATTRIBUTES,
    BEHAVIOURS,
    COLOURS,
    DIRECTIONS,
    EVENTS,
    KINDS,
    Attribute,
    Behaviour,
    Event,
    Identity,
    Pose,
)
from yingbi.domain.record_form import from_json, to_json
from yingbi.domain.record_page import (
    CLOCKS,
    ClockState,
    Head,
    head_from_json,
    head_to_json,
    page_of,
)
from yingbi.errors import RecordRefusedError

STANDARD = Path(catalogue.__file__).parent
VALIDATORS = {
    number: jsonschema_rs.validator_for(
        json.loads((STANDARD / f"record-{number}.schema.json").read_text("utf-8")),
        validate_formats=True,
    )
    for number in (1, 2)
}


# --- what can be written -------------------------------------------------------------------------

numbered = st.integers(0, 999_999_999).map("unknown {}".format)
enrolled = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=8, max_size=8).map(
    "known {}".format
)
subjects = numbered | enrolled
times = st.floats(0, 1e9) | st.integers(0, 10**9)
shares = st.floats(0, 1)
places = st.from_regex(r"[a-z0-9][a-z0-9-]{0,23}", fullmatch=True, alphabet="ab9z-")
coordinates = st.floats(-4, 4)
boxes = st.tuples(coordinates, coordinates, coordinates, coordinates)
points = st.lists(
    st.tuples(coordinates, coordinates, shares), min_size=17, max_size=17
).map(tuple)  # fmt: skip
told_by_events = {
    "subject": subjects,
    "count": st.integers(0, 100_000),
    "place": places,
    "direction": st.sampled_from(DIRECTIONS),
    "for_s": times,
    "confidence": shares,
}


@st.composite
def attributes(draw):
    name = draw(st.sampled_from(sorted(ATTRIBUTES)))
    value = draw(st.sampled_from(ATTRIBUTES[name] or COLOURS))
    return Attribute(draw(subjects), draw(times), draw(times), name, value, draw(shares))


@st.composite
def events(draw):
    name = draw(st.sampled_from(sorted(EVENTS)))
    return Event(name, draw(times), **{one: draw(told_by_events[one]) for one in EVENTS[name]})


records = st.one_of(
    st.builds(Identity, subjects, times, times, shares),
    st.builds(Pose, subjects, times, points, boxes),
    attributes(),
    st.builds(Behaviour, subjects, times, times, st.sampled_from(BEHAVIOURS), shares),
    events(),
)
seconds = st.floats(0, 1e9)
records_1 = st.one_of(
    st.builds(Identity, numbered, seconds, seconds, shares),
    st.builds(Pose, numbered, seconds, points),
    st.builds(Event, st.sampled_from(["entered", "left"]), seconds, numbered),
    st.builds(Event, st.just("count"), seconds, count=st.integers(0, 100_000)),
)
clocks = st.builds(
    ClockState,
    st.sampled_from(CLOCKS),
    st.none() | st.integers(-(10**12), 10**12),
    st.none() | st.integers(0, 10**12),
)
moments = st.datetimes(
    datetime(1000, 1, 2), datetime(2999, 12, 30), timezones=st.just(UTC)  # noqa: DTZ001
).map(lambda one: one.replace(microsecond=one.microsecond // 1000 * 1000))  # fmt: skip
networks = st.dictionaries(
    places, st.text("0123456789abcdef", min_size=64, max_size=64), max_size=4
)
details = st.builds(
    Detail,
    st.just(0) | st.integers(4, 500),
    st.just(0) | st.integers(1, 3600),
    st.sampled_from(NAMES),
)
heads = st.builds(
    Head,
    st.none() | moments,
    clocks,
    networks.map(lambda told: tuple(sorted(told.items()))),
    details,
)
pages = st.builds(page_of, heads, st.lists(records, max_size=6).map(tuple))


def one_of_each() -> list[Any]:
    """A record of each kind and event, and a head, as lines have them."""
    whole = tuple((i / 20, i / 17, 0.5) for i in range(17))
    made = [
        Identity("unknown 1", 0.4, 9.2, 0.93),
        Pose("known abcd2345", 12.5, whole, (0.12, 0.3, 0.26, 0.9)),
        Attribute("unknown 1", 0, 5, "upper-colour", "red", 0.7),
        Attribute("unknown 1", 0, 5, "helmet", "worn", 0.7),
        Behaviour("unknown 1", 1, 2, "walking", 0.8),
    ]
    facts = {"subject": "unknown 1", "count": 3, "place": "front-door", "direction": "back"}
    facts |= {"for_s": 12.25, "confidence": 0.9}
    made += [Event(name, 1.5, **{f: facts[f] for f in EVENTS[name]}) for name in EVENTS]
    start, clock = datetime(2026, 11, 29, 19, tzinfo=UTC), ClockState("option", -20, 500)
    head = Head(start, clock, (("pose-movenet", "ab" * 32),))
    return [head_to_json(head), *map(to_json, made)]


EACH = one_of_each()


# --- who accepts what ----------------------------------------------------------------------------


def accepted_by_schema(told: Any, number: int = 2) -> bool:
    try:
        return VALIDATORS[number].is_valid(told)
    except ValueError:  # NaN and infinities are no JSON at all
        return False


def accepted_by(read: Any, told: Any) -> bool:
    try:
        read(told)
    except RecordRefusedError:
        return False
    return True


def accepted_by_code(told: Any) -> bool:
    """Whether it is a line of a page, be it the head or a record."""
    return accepted_by(from_json, told) or accepted_by(head_from_json, told)


def values_in(told: Any) -> Iterator[Any]:
    yield told
    for one in told.values() if isinstance(told, dict) else told if isinstance(told, list) else ():
        yield from values_in(one)


def has_a_point(told: Any) -> bool:
    """JSON Schema cannot tell 1.0 from 1; the code can, and refuses it."""
    return any(isinstance(one, float) for one in values_in(told))


def places_in(told: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each map or list with each of its keys or numbers."""
    for key in list(told) if isinstance(told, dict) else range(len(told)):
        yield told, key
        if isinstance(told[key], (dict, list)):
            yield from places_in(told[key])


def jpeg() -> bytes:
    picture = Image.fromarray(np.random.default_rng(3).integers(0, 256, (16, 16), np.uint8))
    picture.save(file := io.BytesIO(), "JPEG")
    return file.getvalue()


wrong = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 101),
    st.sampled_from([4000, 4001, -4001, 10**12, 10**12 + 1, -(10**12) - 1, 10**30]),
    st.sampled_from([math.nan, math.inf, -math.inf, 0.5, 1.0, 2.0, -0.0, 1e300]),
    st.sampled_from(["", "unknown", "unknown 1 ", "unknown ١", "unknown 1234567890", "Alice"]),
    st.sampled_from(["unknown 1\n", "/9j/4AAQSkZJRg==", "\u0000", "known abcd2341", "known abc"]),
    st.sampled_from(["picture", "Gate", "-gate", "a" * 25, "=1+1", "2026-11-29T19:00:00+01:00"]),
    st.sampled_from(
        ["2026-02-30T19:00:00Z", "2024-02-29T23:59:59.001Z", "2026-11-29T19:00:00.000Z"]
    ),
    st.sampled_from(["2026-11-29T19:00:60Z", "2026-11-29t19:00:00z", "0026-11-29T19:00:00Z"]),
    st.sampled_from([*KINDS, *EVENTS, *ATTRIBUTES, *BEHAVIOURS, *COLOURS, *CLOCKS, "worn"]),
    st.lists(st.floats(0, 1) | st.integers(0, 9), max_size=5),
    st.sampled_from([{}, {"": 1}, {"x": "ab" * 32}, {"X": "ab" * 32}, {"x": "AB" * 32}]),
)


@st.composite
def spoiled(draw, lines):
    """A valid line with one thing changed; what comes out may still be valid."""
    told = copy.deepcopy(draw(lines))
    within, key = draw(st.sampled_from(list(places_in(told))))
    how = draw(st.sampled_from(["value", "value", "extra", "missing", "longer"]))
    if how == "value":
        within[key] = draw(wrong)
    elif how == "missing":
        del within[key]
    elif isinstance(within, list):
        within.append(draw(wrong))
    elif how == "extra":
        names = ["name", "image", "count", "subject", "points", "box", "for_s", "time_s", ""]
        within[draw(st.sampled_from(names))] = draw(wrong)
    return told

"""What stands in a page of the index: written, read and searched as one by one would be."""

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yingbi.domain.record import Behaviour, Event, Record, kind_of, span_of
from yingbi.domain.subject import Appearance
from yingbi.errors import SealBrokenError
from yingbi.keys import index_page
from yingbi.keys.index_page import IndexEntry, packed
from yingbi.keys.index_page import unpacked as entries_of
from yingbi.store.event_rows import (
    UNKNOWN_US,
    Happening,
    encoded,
    moment_of,
    span_us,
)
from yingbi.store.event_search import Somebody, Wanted, search

seconds = st.floats(0, 1e6).map(lambda s: round(s, 3))
people = st.sampled_from(["unknown 1", "unknown 2", "unknown 999999999", "known abcd2345"])
told = st.lists(
    st.one_of(
        st.builds(Event, st.sampled_from(["entered", "left", "fell"]), seconds, people),
        st.builds(
            Event, st.just("crossed"), seconds, people,
            place=st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=9),
            direction=st.sampled_from(["forward", "back"]),
        ),
        st.builds(Event, st.just("count"), seconds, count=st.integers(0, 100_000)),
        st.builds(
            lambda who, a, b, what: Behaviour(who, min(a, b), max(a, b), what, 0.5),
            people, seconds, seconds, st.sampled_from(["lying", "walking"]),
        ),
    ),
    max_size=12,
)  # fmt: skip
objects = st.lists(st.tuples(told, st.one_of(st.none(), st.integers(0, 10**15))), max_size=5)


def entries_made(some) -> list[IndexEntry]:
    made = []
    for number, (records_, start) in enumerate(some):
        began = UNKNOWN_US if start is None else start
        span = span_us(records_, began) or index_page.NO_TIME
        made.append(IndexEntry(number.to_bytes(16), 1, *span, encoded(records_, began)))
    return made


def expected(number: int, record: Record, start: int | None) -> Happening:
    from_s, to_s = span_of(record)
    of_event = record if isinstance(record, Event) else Event("", 0.0)
    for_s = of_event.for_s if isinstance(record, Event) else to_s - from_s
    names_ = {"event": "event", "behaviour": "behaviour"}
    return Happening(
        UUID(int=number),
        kind_of(record),
        getattr(record, names_[kind_of(record)]),
        None if start is None else moment_of(start, from_s),
        from_s,
        for_s,
        record.subject,
        of_event.place,
        of_event.direction,
        of_event.count,
        getattr(record, "confidence", None),
    )


def same(one: Happening, other: Happening) -> bool:
    """Whether both are the same, how long it took but for the precision that the index keeps."""
    lasts = [h.for_s for h in (one, other)]
    close = lasts[0] == lasts[1] or lasts[0] == pytest.approx(lasts[1], rel=1e-6, abs=1e-3)
    return close and one._replace(for_s=None) == other._replace(for_s=None)


@given(objects)
def test_what_is_written_is_read_again(some):
    there = list(search(entries_made(some), Wanted()))
    meant = [expected(n, one, start) for n, (told_, start) in enumerate(some) for one in told_]
    assert len(there) == len(meant)
    assert all(same(one, other) for one, other in zip(there, meant, strict=True))


@given(
    objects,
    st.one_of(
        st.none(), st.sets(st.sampled_from(["event fell", "event crossed", "behaviour lying"]))
    ),
    st.one_of(st.none(), st.integers(0, 10**15)),
    st.one_of(st.none(), st.integers(0, 10**15)),
    st.booleans(),
)
def test_what_is_found_is_what_one_by_one_would_be(some, what, first, until, somebody):
    link_ = Appearance(UUID(int=9), UUID(int=8), UUID(int=0), 2, 10.0, 500_000.0)
    who = Somebody(frozenset({"known abcd2345"}), {bytes(16): [link_]}) if somebody else None
    wanted = Wanted(None if what is None else frozenset(what), first, until, who)

    def meant(one: Happening) -> bool:
        began = some[one.object_id.int][1]
        if what is not None and f"{one.kind} {one.name}" not in what:
            return False
        if wanted.timed:
            if began is None:
                return False
            at = began + round(one.from_s * 1e6)
            lasts = 0 if one.kind == "event" else round(one.for_s * 1e6)
            if (first is not None and at + lasts < first) or (until is not None and at >= until):
                return False
        if who is None or one.subject == "known abcd2345":
            return True
        linked = one.object_id.int == 0 and one.subject == "unknown 2"
        return linked and one.from_s + (one.for_s or 0) >= 10.0 and one.from_s <= 500_000.0

    made = entries_made(some)
    everything = list(search(made, Wanted()))
    assert list(search(made, wanted)) == [one for one in everything if meant(one)]


@given(st.binary(max_size=200))
def test_other_bytes_are_refused_and_nothing_else_happens(content):
    entry = IndexEntry(bytes(16), 1, 0, 0, content)
    for read in (lambda: list(search([entry], Wanted())), lambda: entries_of(content)):
        try:
            read()
        except SealBrokenError:
            continue


@given(objects, st.data())
def test_a_changed_byte_of_an_entry_is_refused_or_gives_another_value(some, data):
    for entry in entries_made(some):
        at = data.draw(st.integers(0, len(entry.content) - 1))
        content = bytearray(entry.content)
        content[at] ^= data.draw(st.integers(1, 255))
        try:
            list(search([entry._replace(content=bytes(content))], Wanted()))
        except SealBrokenError:
            continue


@settings(max_examples=40)
@given(st.lists(st.tuples(st.binary(min_size=16, max_size=16), st.binary(max_size=9)), max_size=9))
def test_a_page_gives_back_its_entries(some):
    entries = [IndexEntry(object_id, 1, 2, 3, content) for object_id, content in some]
    assert entries_of(packed(entries)) == entries

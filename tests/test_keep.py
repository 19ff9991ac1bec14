"""What is kept of records is what was agreed to: kinds, or single things of a kind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingbi.domain.box import BoxPolicy
from yingbi.domain.keep import KEEPABLE, RECORD_KINDS, allows, keeps, kind_named, ordered
from yingbi.domain.level import Level
from yingbi.domain.record import UNSEEN, Attribute, Behaviour, Event, Identity
from yingbi.domain.subject import narrowed
from yingbi.errors import UsageError
from yingbi.usecases.asked import record_kinds

FELL, LEFT = Event("fell", 1.0, "unknown 1", confidence=0.9), Event("left", 1.0, "unknown 1")
WALKS = Behaviour("unknown 1", 0.0, 2.0, "walking", 0.8)
BLUE = Attribute("unknown 1", 0.0, 2.0, "upper-colour", "blue", 0.8)


def test_a_kind_keeps_all_of_it_and_a_single_thing_only_that():
    assert keeps(["event"], FELL)
    assert keeps(["event"], LEFT)
    assert keeps(["event.fell"], FELL)
    assert not keeps(["event.fell"], LEFT)
    assert keeps(["behaviour.walking"], WALKS)
    assert not keeps(["behaviour.lying"], WALKS)
    assert keeps(["attributes.upper-colour"], BLUE)
    assert not keeps(["attributes.helmet"], BLUE)
    assert not keeps(["event", "pose"], Identity("unknown 1", 0.0, 1.0, 0.9))


def test_how_somebody_looks_is_kept_only_where_it_is_asked_for():
    assert not keeps(RECORD_KINDS, BLUE)
    assert record_kinds(None) == RECORD_KINDS


def test_a_list_is_read_in_one_order_without_what_a_kind_holds_already():
    assert record_kinds("event.fell, pose ,event.left") == ("pose", "event.left", "event.fell")
    assert record_kinds("event.fell,event") == ("event",)


def test_no_more_is_kept_than_the_box_keeps():
    assert record_kinds("event.fell", ("event",)) == ("event.fell",)
    assert record_kinds(None, ("event.fell",)) == ("event.fell",)
    for refused in ("event", "event.left", "pose"):
        with pytest.raises(UsageError, match=refused):
            record_kinds(refused, ("event.fell",))


@pytest.mark.parametrize("name", ["", "event.", "event.flew", "pose.arm", "picture", "event fell"])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(UsageError):
        record_kinds(name)


@pytest.mark.parametrize("name", UNSEEN)
def test_what_nothing_here_can_see_is_not_promised(name):
    with pytest.raises(UsageError, match="Nothing here can see"):
        record_kinds(f"event,attributes.{name}")
    assert record_kinds("attributes.upper-colour") == ("attributes.upper-colour",)  # the control


def test_consent_to_a_kind_bounds_its_single_things():
    policy = BoxPolicy(Level.STRUCTURED_ONLY)
    kept = narrowed(policy, ["identity", "event.fell"], frozenset({"event"}))
    assert kept == ("event.fell",)


@given(st.sets(st.sampled_from(KEEPABLE)), st.sampled_from(KEEPABLE))
def test_ordering_changes_nothing_of_what_is_allowed(keep, name):
    assert allows(ordered(keep), name) == allows(keep, name)
    assert all(
        kind_named(one) not in ordered(keep) or one == kind_named(one) for one in ordered(keep)
    )

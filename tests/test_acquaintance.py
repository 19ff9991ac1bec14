"""Who people are in records: known by looks that agree, else a number; never by an age alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from test_known import faces, projection
from test_structure import Posing, all_records, frame_at
from yingbi.domain.face import FaceLook
from yingbi.domain.frame import Frame, Plane
from yingbi.domain.household import Household
from yingbi.domain.record import Attribute, Event, Identity, Pose, Record
from yingbi.domain.region import Region, Target
from yingbi.domain.template import Gallery, Member, Template
from yingbi.structure.acquaintance import Acquaintance, Manners
from yingbi.structure.alone import ALONE_S, Alone
from yingbi.structure.scribe import Diary, Scribe
from yingbi.usecases.onlook import Onlooker

ADA, BO = "known adaaaaaa", "known bobbbbbb"
ADULT, CHILD = 40.0, 8.0
ALL = frozenset({"identity", "pose", "attributes", "behaviour", "event"})
KEEP = ("identity", "pose", "attributes.age-band", "event")
BY = projection()
LOOKS = faces(4, people=4)
ADA_S, BO_S, STRANGER_S, OTHER_S = (own[3] for own in LOOKS)


class Mirror:
    """A reader that is told whose face is where, by the box's left side."""

    def __init__(self, shown: Mapping[int, tuple[np.ndarray, float]]) -> None:
        self.shown, self.given = dict(shown), list[FaceLook]()

    def read(self, frame: Frame, box: tuple[int, int, int, int]) -> FaceLook | None:
        vector, age = self.shown[box[0]]
        self.given.append(FaceLook(vector.copy(), age, box[2] - box[0]))
        return self.given[-1]


def household(
    agreed: frozenset[str] = ALL, minors: Iterable[str] = (), names: Sequence[str] = (ADA, BO)
) -> Household:
    templates = (Template.of(list(own[:3]), BY) for own in LOOKS)
    members = tuple(Member(name, one) for name, one in zip(names, templates, strict=False))
    return Household(Gallery(BY, members), dict.fromkeys(names, agreed), frozenset(minors))


def somebody(track: int, at: int, *, high: int = 100, score: float = 0.9) -> list[Region]:
    """A body whose face is where the mirror knows it, its feet on one line with all others."""
    body = (at, 300 - high, at + 60, 300)
    return [
        Region(Target.PERSON, body, score, track),
        Region(Target.FACE, (at, 300 - high, at + 50, 350 - high), score, track),
    ]


def large(time_s: float) -> Frame:
    plane = Plane(np.zeros((400, 400), np.uint8), 0, 0, (128,))
    return replace(frame_at(time_s), planes=(plane,))


def film(
    who: Acquaintance | None,
    there: Iterable[list[Region]],
    keep: tuple[str, ...] = KEEP,
    every_s: float = 0.1,
) -> tuple[list[Record], list[frozenset[str]]]:
    """Return the records of all pages, and the classes found in each frame."""
    scribe, pages, labels = Scribe(Diary(keep, True, 2.0), Posing(), who), [], []
    for number, regions in enumerate(there):
        frame = large(number * every_s)
        labels.append(frozenset() if who is None else who.look(frame, regions))
        pages += scribe.note(frame, regions, labels[-1] | {"body"})
    return all_records([*pages, *scribe.finish()]), labels


def subjects(records: Iterable[Record]) -> set[str | None]:
    return {one.subject for one in records} - {None}


def events(records: Iterable[Record], name: str) -> list[Event]:
    return [one for one in records if isinstance(one, Event) and one.event == name]


TWO = {0: (ADA_S, ADULT), 200: (STRANGER_S, ADULT)}


def test_who_is_known_has_a_name_in_all_of_the_page_and_nobody_else_has() -> None:
    mirror = Mirror(TWO)
    both = [somebody(1, 0) + somebody(2, 200)] * 40
    records, _ = film(Acquaintance(mirror, household()), both)
    assert subjects(records) == {ADA, "unknown 2"}
    (entered, _) = events(records, "entered")
    assert (entered.subject, entered.time_s) == (ADA, 0.0)  # before anybody had looked three times
    (sure,) = [
        one.confidence for one in records if isinstance(one, Identity) and one.subject == ADA
    ]
    assert sure == pytest.approx(BY_LIKENESS, abs=0.006)
    assert not any(look.vector.any() for look in mirror.given)
    assert subjects(film(None, both)[0]) == {"unknown 1", "unknown 2"}  # the control


BY_LIKENESS = household().gallery.nearest(ADA_S).likeness


def test_too_few_looks_before_a_page_is_closed_leave_a_number() -> None:
    seen = [[]] * 591 + [somebody(1, 0)] * 40  # the minute ends after a second of it
    records, _ = film(Acquaintance(Mirror(TWO), household()), seen)
    assert subjects(records) == {"unknown 1", ADA}
    assert all(one.subject == ADA for one in records if isinstance(one, Pose) and one.time_s > 60)


def test_a_face_is_looked_at_twice_a_second_until_it_is_known_and_then_now_and_then() -> None:
    mirror = Mirror(TWO)
    film(Acquaintance(mirror, household()), [somebody(1, 0)] * 600)
    assert len(mirror.given) == 3 + 11
    small = [[replace(one, box=(0, 0, 47, 47)) for one in somebody(1, 0)]] * 600
    film(Acquaintance(few := Mirror(TWO), household()), small)
    film(Acquaintance(faint := Mirror(TWO), household()), [somebody(1, 0, score=0.3)] * 600)
    assert few.given == faint.given == []


def test_who_takes_over_a_track_does_not_keep_the_name() -> None:
    mirror = Mirror(TWO)
    who = Acquaintance(mirror, household())
    for number in range(400):
        if number == 30:
            assert who.name_of(1) is not None
            mirror.shown[0] = (STRANGER_S, ADULT)
        who.look(large(number / 10), somebody(1, 0))
    assert who.name_of(1) is None
    for number in range(400, 3000):
        mirror.shown[0] = (BO_S, ADULT)
        who.look(large(number / 10), somebody(1, 0))
    named = who.name_of(1)
    assert named is None or named[0] == BO  # and Bo is not called Ada, however long it takes


@pytest.mark.parametrize("known_s", [3, 60, 300])
def test_the_name_is_soon_gone_however_long_its_owner_had_the_track(known_s: int) -> None:
    mirror = Mirror(TWO)
    who, called = Acquaintance(mirror, household()), []
    for number in range(known_s * 10 + 150):
        if number == known_s * 10:
            mirror.shown[0] = (STRANGER_S, ADULT)
        who.look(large(number / 10), somebody(1, 0))
        called.append(who.name_of(1) is not None)
    assert all(called[20 : known_s * 10])  # the control
    assert not any(called[known_s * 10 + 130 :])


def test_who_comes_back_on_a_track_keeps_the_number_and_nobody_else_gets_it() -> None:
    one, two, three = (somebody(track, 200 * (track - 1)) for track in (1, 2, 3))
    there = [[*one, *two]] * 20 + [two] * 20 + [[*one, *two]] * 20 + [[*one, *two, *three]] * 20
    keep = ("identity", "event")
    records, _ = film(None, there, keep)
    told = [(event.subject, event.time_s) for event in events(records, "entered")]
    assert told == [("unknown 1", 0.0), ("unknown 2", 0.0), ("unknown 1", 4.0), ("unknown 3", 6.0)]


def test_somebody_unknown_is_told_of_once_and_only_where_people_are_enrolled() -> None:
    alone = [somebody(2, 200)] * 300
    records, _ = film(Acquaintance(Mirror(TWO), household()), alone)
    (told,) = events(records, "unknown-person")
    assert (told.subject, told.time_s) == ("unknown 1", 2.0)
    for nobody in (None, household(names=())):
        assert not events(film(Acquaintance(Mirror(TWO), nobody), alone)[0], "unknown-person")
    known, _ = film(Acquaintance(Mirror(TWO), household()), [somebody(1, 0)] * 300)
    assert not events(known, "unknown-person")
    early = Mirror({0: (STRANGER_S, ADULT)})
    who, pages = Acquaintance(early, household()), []
    scribe = Scribe(Diary(KEEP, True, 2.0), Posing(), who)
    for number in range(500):  # she turns round after some seconds: that was said too early
        early.shown[0] = (STRANGER_S if number < 25 else ADA_S, ADULT)
        pages += scribe.note(
            large(number / 10), somebody(1, 0), who.look(large(number / 10), somebody(1, 0))
        )
    late = all_records([*pages, *scribe.finish()])
    assert subjects(late) == {ADA}
    assert not events(late, "unknown-person")
    half = (ADA_S + 1.4 * STRANGER_S) / np.linalg.norm(ADA_S + 1.4 * STRANGER_S)
    near = household().gallery.nearest(half.astype(np.float32)).likeness
    assert Manners().unknown_likeness < near < 0.55  # a doubt is neither known nor unknown
    doubt = Mirror({200: (half.astype(np.float32), ADULT)})
    records, _ = film(Acquaintance(doubt, household()), alone)
    assert subjects(records) == {"unknown 1"}
    assert not events(records, "unknown-person")


def test_of_who_is_known_only_what_they_agreed_to_is_written() -> None:
    both = [somebody(1, 0) + somebody(2, 200)] * 40
    little = household(frozenset({"identity", "event"}))
    records, _ = film(Acquaintance(Mirror(TWO), little), both)
    posed = {one.subject for one in records if isinstance(one, Pose)}
    assert posed == {"unknown 2"}
    assert events(records, "entered")[0].subject == ADA


def test_of_who_is_known_only_what_they_agreed_to_is_shown() -> None:
    for agreed, shown in ((ALL, True), (frozenset({"identity", "event"}), False)):
        who = Acquaintance(Mirror(TWO), household(agreed))
        onlooker, drawn = Onlooker(("identity", "pose", "event"), Posing(), None, who), {}
        for number in range(60):
            both = somebody(1, 0) + somebody(2, 200)
            labels = who.look(large(number / 10), both)
            moment = onlooker.look(large(number / 10), both, labels)
            drawn |= {one.subject: one.points is not None for one in moment.figures}
        assert drawn["unknown 2"]
        assert drawn[ADA] == shown


def test_once_nobody_may_be_recognised_any_more_names_and_templates_go() -> None:
    may, home = [True], household()
    who = Acquaintance(Mirror(TWO), home, still=lambda: may[0])
    onlooker, called = Onlooker(("identity", "event"), None, None, who), []
    for number in range(200):
        may[0] = number < 100
        labels = who.look(large(number / 10), somebody(1, 0))
        moment = onlooker.look(large(number / 10), somebody(1, 0), labels)
        called.append(moment.figures[0].subject if moment.figures else None)
    assert called[5] == "unknown 1"
    assert called[50] == ADA
    assert called[160] == "unknown 1"
    assert not any(one.template.codes.any() for one in home.gallery.members)


def test_of_a_run_of_days_only_those_of_late_are_remembered_and_numbers_go_on() -> None:
    """Somebody new every five seconds for an hour, each for ten."""
    shown = {0: (ADA_S, ADULT), 200: (STRANGER_S, ADULT)}
    who = Acquaintance(Mirror(shown), household())
    onlooker, came = Onlooker(("identity", "event"), None, None, who), 0
    for number in range(7200):
        last = number // 10
        there = somebody(last + 1, 200) + (somebody(last, 0) if last else [])
        labels = who.look(large(number / 2), there)
        moment = onlooker.look(large(number / 2), there, labels)
        came += sum(one.event == "entered" for one in moment.events)
    assert came == max(onlooker.numbers.values()) == 720
    # Pages have six minutes here: those of this one and of the one before.
    assert len(onlooker.numbers) < 150


# Children.


def test_an_age_band_is_written_with_the_share_of_looks_that_say_it() -> None:
    ages = {0: (STRANGER_S, CHILD), 200: (OTHER_S, ADULT)}
    records, labels = film(
        Acquaintance(Mirror(ages), None), [somebody(1, 0) + somebody(2, 200)] * 40
    )
    bands = {
        one.subject: (one.value, one.confidence) for one in records if isinstance(one, Attribute)
    }
    assert bands == {"unknown 1": ("possibly-under-14", 1.0), "unknown 2": ("older", 1.0)}
    assert labels[0] == frozenset()  # one look says nothing
    assert labels[-1] == {"minor"}
    unasked, _ = film(Acquaintance(Mirror(ages), None), [somebody(1, 0)] * 40, ("identity",))
    assert not [one for one in unasked if isinstance(one, Attribute)]


def test_the_owner_s_word_counts_where_somebody_is_known_and_not_a_guess() -> None:
    guesses = {0: (ADA_S, ADULT), 200: (BO_S, 19.0)}
    both = [somebody(1, 0) + somebody(2, 200)] * 40
    records, labels = film(Acquaintance(Mirror(guesses), household(minors=[ADA])), both)
    bands = {one.subject: one.value for one in records if isinstance(one, Attribute)}
    assert bands == {ADA: "possibly-under-14", BO: "older"}
    assert labels[-1] == {"minor"}
    bands = film(Acquaintance(Mirror(guesses), None), both)[0]  # the control: guesses alone
    assert {one.subject: one.value for one in bands if isinstance(one, Attribute)} == {
        "unknown 1": "older",
        "unknown 2": "possibly-under-14",
    }


def test_who_is_much_shorter_than_a_grown_up_beside_them_may_be_a_child() -> None:
    near = {0: (STRANGER_S, 27.0), 200: (OTHER_S, ADULT)}
    for high, band in ((120, "possibly-under-14"), (190, "older")):
        there = [somebody(1, 0, high=high) + somebody(2, 200, high=200)] * 60
        records, _ = film(Acquaintance(Mirror(near), None), there)
        found = {one.subject: one.value for one in records if isinstance(one, Attribute)}
        assert found == {"unknown 1": band, "unknown 2": "older"}


def test_a_child_is_left_alone_when_nobody_else_was_there_for_a_minute() -> None:
    child, other = somebody(1, 0), somebody(2, 200)
    household_of_two = household(minors=[ADA])
    shown = {0: (ADA_S, CHILD), 200: (BO_S, ADULT)}
    with_bo, alone = [child + other] * 60, [child] * 800
    records, _ = film(Acquaintance(Mirror(shown), household_of_two), with_bo + alone)
    (told,) = events(records, "left-alone")
    assert told.subject == ADA
    assert 6.0 <= told.time_s <= 7.2  # since Bo has gone
    never, _ = film(Acquaintance(Mirror(shown), household_of_two), (with_bo + [child] * 500) * 2)
    assert not events(never, "left-alone")
    grown, _ = film(Acquaintance(Mirror(shown), household()), with_bo + alone)
    assert not events(grown, "left-alone")  # the control: Ada is no child


def test_being_left_alone_is_told_once_for_each_time() -> None:
    watch, told = Alone(), []
    for second in range(600):
        there = {"unknown 1": True} | ({"unknown 2": False} if second == 300 else {})
        told += watch.see(float(second), there)
    assert [one.time_s for one in told] == [0.0, 300.0]
    assert ALONE_S == 60.0
    assert Alone().see(0.0, {}) == []

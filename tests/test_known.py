"""Known people: templates that can be cancelled, names that change, and doubts that stay doubts."""

from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from films import face_film
from networks import as_frame, models_dir, network
from yingbi.bench.identity import identity, linkable, told_apart
from yingbi.bootstrap import sight
from yingbi.crypto.suite import suite
from yingbi.detect.embedding import SMALLEST_PX, FaceReader, age_of
from yingbi.detect.faces import FaceFinder
from yingbi.domain.age import agreeing, band_of, needs_guardian
from yingbi.domain.face import FaceLook
from yingbi.domain.filing import distinct, filing, filing_persons
from yingbi.domain.frame import Frame, Plane
from yingbi.domain.ids import new_id
from yingbi.domain.interval import wilson
from yingbi.domain.people_errors import GuardianNeededError, NoConsentError
from yingbi.domain.pseudonym import known_as, message
from yingbi.domain.recognition import may_be_recognised, must_be_agreed
from yingbi.domain.record import ATTRIBUTES
from yingbi.domain.record_form import SUBJECT
from yingbi.domain.region import Target
from yingbi.domain.report import Quiet
from yingbi.domain.settings import resolve
from yingbi.domain.subject import Basis, Consent, Subject
from yingbi.domain.template import (
    KEPT,
    LENGTH,
    STREAM_BYTES,
    Gallery,
    Likeness,
    Member,
    Projection,
    Template,
    hadamard,
)
from yingbi.structure.known import Recogniser, Rule, Sight, runs, verdict
from yingbi.usecases.mask_known import Wanted, known_edit

CHOSEN, OTHER = "person one", "person two"
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def projection(key: bytes = b"k" * 32) -> Projection:
    return Projection.drawn(suite("intl").hkdf(key, info=b"test", length=STREAM_BYTES))


def faces(count: int, people: int = 40, seed: int = 110) -> np.ndarray:
    """Vectors as a network gives them: not negative, of length 1, some of one person alike."""
    chance = np.random.default_rng(seed)
    middles = chance.gamma(1.0, 1.0, (people, 1, LENGTH))
    found = np.maximum(middles + 0.7 * chance.standard_normal((people, count, LENGTH)), 0)
    return (found / np.linalg.norm(found, axis=2, keepdims=True)).astype(np.float32)


def test_the_transform_keeps_lengths_and_angles() -> None:
    one, two = np.random.default_rng(1).standard_normal((2, LENGTH)).astype(np.float32)
    assert float(hadamard(one) @ hadamard(two)) == pytest.approx(float(one @ two), abs=1e-2)
    assert np.allclose(hadamard(hadamard(one)), one, atol=1e-4)


def test_one_key_draws_one_projection_and_another_key_another() -> None:
    one, same, other = projection(), projection(), projection(b"o" * 32)
    assert np.array_equal(one.signs, same.signs)
    assert np.array_equal(one.kept, same.kept)
    assert len(set(one.kept.tolist())) == KEPT
    assert not np.array_equal(one.kept, other.kept)
    with pytest.raises(ValueError, match="needs"):
        Projection.drawn(bytes(STREAM_BYTES - 1))


def test_people_are_told_apart_by_templates_of_one_key() -> None:
    looks, seen_by = faces(4), projection()
    gallery = Gallery(
        seen_by,
        tuple(Member(str(n), Template.of(list(own[:3]), seen_by)) for n, own in enumerate(looks)),
    )
    found = [gallery.nearest(own[3]) for own in looks]
    assert [one.name for one in found if one] == [str(n) for n in range(len(looks))]


def test_templates_of_two_keys_tell_nothing_of_whether_they_are_of_one_person() -> None:
    looks = faces(3)
    first, second = (
        np.stack([Template.of(list(own), by).codes for own in looks]).astype(float)
        for by in (projection(), projection(b"o" * 32))
    )
    likeness = _cosines(first, second)
    mated, others = np.diag(likeness), likeness[~np.eye(len(looks), dtype=bool)]
    assert abs(mated.mean() - others.mean()) < 0.03
    assert abs(likeness).max() < 0.3
    control = _cosines(first, first)  # under one key the likeness is plain
    assert np.diag(control).min() > control[~np.eye(len(looks), dtype=bool)].max() + 0.1


def test_a_template_cannot_be_turned_back_exactly_even_with_its_key() -> None:
    vector, by = faces(1, people=1)[0, 0], projection()
    codes = Template.of([vector], by).codes.astype(np.float32)
    turned = np.zeros(LENGTH, np.float32)
    turned[by.kept] = codes
    for signs in by.signs[::-1]:
        turned = hadamard(turned) * signs
    away = vector - vector.mean()
    likeness = float(turned @ away / np.linalg.norm(turned) / np.linalg.norm(away))
    assert 0.4 < likeness < 0.8  # not exact, and far from nothing: the key must stay secret


def test_no_value_of_a_face_prints_what_it_holds_and_all_can_be_wiped() -> None:
    vector, by = faces(1, people=1)[0, 0], projection()
    template = Template.of([vector], by)
    gallery = Gallery(by, (Member("known abcd2345", template),))
    look = FaceLook(vector, 33.0, 80)
    for value in (look, template, gallery, by, gallery.members[0]):
        assert "array" not in repr(value)
        assert "33.0" not in repr(value)
    look.wipe()
    gallery.wipe()
    assert not vector.any()
    assert not template.codes.any()


def _cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    lengths = [np.linalg.norm(one, axis=1, keepdims=True) for one in (a, b)]
    return a / lengths[0] @ (b / lengths[1]).T


def test_linkability_is_nothing_for_chance_and_all_for_what_is_plain() -> None:
    chance = np.random.default_rng(110)
    one, two = chance.standard_normal((2, 2000))
    assert linkable(one, two) < 0.1
    assert linkable(one + 10, two) > 0.95
    assert told_apart(one + 10, two) == (pytest.approx(1.0), pytest.approx(100.0))
    assert told_apart(one, two)[0] == pytest.approx(0.5, abs=0.05)


def test_without_pictures_the_bench_says_so(tmp_path: Path) -> None:
    (row,) = identity(tmp_path)
    assert row.value is None
    assert row.note


# Who is known: several looks that agree.


def looks(names: str, apart_s: float = 0.4) -> list[Sight]:
    """Looks at one track: 1 and 2 name people, a point names nobody."""
    named = {"1": CHOSEN, "2": OTHER, ".": None}
    return [Sight(n * 10, n * apart_s, named[c], 0.7, 30.0) for n, c in enumerate(names)]


@pytest.mark.parametrize("seen", ["11", "11..", "111...", "1112", "", "...", "1", "112"])
def test_a_doubt_is_a_stranger(seen: str) -> None:
    assert verdict(looks(seen), Rule()) is None


@pytest.mark.parametrize("seen", ["111", "1111.", "11.1.11"])
def test_looks_that_agree_name_somebody(seen: str) -> None:
    found = verdict(looks(seen), Rule())
    assert found is not None
    assert found[0] == CHOSEN


@given(st.text("12.", max_size=14))
def test_nobody_is_shown_but_between_looks_that_name_them(seen: str) -> None:
    frames = {n * 10: name for n, name in enumerate(seen)}
    for first, last in runs(looks(seen), CHOSEN, Rule()):
        between = [name for frame, name in frames.items() if first <= frame <= last]
        assert set(between) == {"1"}
        assert len(between) >= 3


def test_a_while_without_a_look_ends_what_is_shown() -> None:
    assert runs(looks("111111"), CHOSEN, Rule()) == [(0, 50)]
    assert runs(looks("111111", apart_s=1.5), CHOSEN, Rule()) == []
    late = [*looks("111"), *(Sight(n, n / 10 + 5, CHOSEN, 0.7, 30.0) for n in (60, 70, 80))]
    assert runs(late, CHOSEN, Rule()) == [(0, 20), (60, 80)]


def test_one_look_is_not_enough_where_the_next_one_is_as_near() -> None:
    rule = Rule()
    assert rule.named(Likeness(CHOSEN, 0.9, 0.4)) == CHOSEN
    assert rule.named(Likeness(CHOSEN, 0.9, 0.01)) is None
    assert rule.named(Likeness(CHOSEN, 0.54, 0.4)) is None
    assert rule.named(None) is None


class Told:
    """A reader that has been told what every face is: the rule is tried without a network."""

    def __init__(self, vector: np.ndarray) -> None:
        self._vector, self.given = vector, list[FaceLook]()

    def read(self, frame: Frame, box: tuple[int, int, int, int]) -> FaceLook | None:
        self.given.append(FaceLook(self._vector.copy(), 9.0, box[2] - box[0]))
        return self.given[-1]


def test_a_film_is_told_and_every_vector_is_wiped_at_once() -> None:
    (own, stranger), by = faces(4, people=2), projection()
    gallery = Gallery(by, (Member("known abcd2345", Template.of(list(own[:3]), by)),))
    reader = Told(own[3])
    who = Recogniser(reader, gallery)
    for number in range(60):
        who.see(7, at(number), (0, 0, 64, 64))
    assert who.name_of(7) is not None
    assert who.names() == {"known abcd2345"}
    assert who.name_of(8) is None
    assert 3 <= len(reader.given) < 60  # not every frame is read
    assert not any(one.vector.any() for one in reader.given)
    control = Recogniser(Told(stranger[0]), gallery)
    for number in range(60):
        control.see(7, at(number), (0, 0, 64, 64))
    assert control.name_of(7) is None


def at(number: int) -> Frame:
    plane = Plane(np.zeros((64, 64, 3), np.uint8), 0, 0, (0, 0, 0))
    return Frame(number, number, Fraction(1, 25), (plane,), "rgb")


# Names, ages, filing, leave.


def test_names_fit_the_records_and_differ_by_person_box_and_day() -> None:
    person, day, cipher = new_id(), date(2026, 11, 24), suite("intl")

    def name(key: bytes, one=person, rotation="day", when=day) -> str:
        return known_as(cipher.hmac(key, message(one, rotation, when)))

    names = [
        name(b"a" * 32),
        name(b"b" * 32),
        name(b"a" * 32, one=new_id()),
        name(b"a" * 32, when=date(2026, 11, 25)),
        name(b"a" * 32, rotation="box"),
    ]
    assert all(SUBJECT.fullmatch(one) for one in names)
    assert len(set(names)) == len(names)
    assert name(b"a" * 32) == names[0]
    tomorrow = name(b"a" * 32, rotation="box", when=date(2026, 11, 25))
    assert tomorrow == names[-1]


def test_an_age_is_a_flag_and_never_leave() -> None:
    assert band_of([3.0, 5.0]) == "unknown"
    assert band_of([3.0, 5.0, 30.0]) == "possibly-under-14"
    assert band_of([45.0, 40.0, 38.0]) == "older"
    assert {"possibly-under-14", "older", "unknown"} == set(ATTRIBUTES["age-band"])
    assert needs_guardian("older", minor=True)  # what is known is stronger than a guess
    assert needs_guardian("possibly-under-14", minor=False)
    assert not needs_guardian("unknown", minor=False)


def test_near_the_bound_stature_beside_a_grown_up_adds_to_an_age_and_never_takes_away() -> None:
    near, short, tall = [27.0] * 3, [0.7, 0.72, 0.78], [0.9, 0.95, 1.0]
    assert band_of(near, short) == "possibly-under-14"
    assert band_of(near, tall) == band_of(near) == "older"
    assert band_of(near, short[:2]) == "older"  # two sights are no stature
    assert band_of([20.0] * 3, tall) == "possibly-under-14"
    assert band_of([40.0] * 3, short) == "older"  # who sits is short too: an age has its say
    assert band_of([20.0] * 2, short) == "unknown"
    assert agreeing([20.0, 20.0, 30.0, 20.0], "possibly-under-14") == 0.75
    assert agreeing([], "older") == agreeing([20.0], "unknown") == 0.0


def test_the_network_s_age_is_the_two_likeliest_years_weighed() -> None:
    shares = np.zeros(100, np.float32)
    shares[[20, 24]] = 0.5, 0.25
    shares[60] = 0.1
    assert age_of(shares) == pytest.approx((20 * 2 + 24) / 3 + 1)


def test_a_filing_comes_near_at_four_fifths_and_is_due_at_all() -> None:
    assert filing_persons() == 100_000
    states = [filing(n) for n in (0, 79_999, 80_000, 99_999, 100_000, 10**6)]
    assert states == ["none", "none", "near", "near", "due", "due"]
    assert distinct(["a", "b"], ["b", "c"], []) == 3


@given(st.integers(0, 500), st.integers(1, 500))
def test_an_interval_holds_the_share_that_was_counted(hits: int, total: int) -> None:
    low, high = wilson(min(hits, total), total)
    assert 0 <= low <= min(hits, total) / total + 1e-12
    assert min(hits, total) / total - 1e-12 <= high <= 1


def test_nothing_found_is_no_promise() -> None:
    assert wilson(0, 420)[1] == pytest.approx(0.0091, abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)


def leave(**other) -> Consent:
    facts = {"basis": Basis.CONSENT, "fields": ("identity",), "until": date(2027, 1, 1)} | other
    return Consent(new_id(), new_id(), given_at=NOW.isoformat(), **facts)


@pytest.mark.parametrize(
    "given_one",
    [
        leave(fields=("pose", "event")),
        leave(basis=Basis.LEGITIMATE_INTEREST),
        leave(until=date(2026, 1, 1)),
        leave(withdrawn_at=NOW.isoformat()),
    ],
)
def test_nobody_is_recognised_but_by_a_consent_in_force_that_says_so(given_one: Consent) -> None:
    grown = Subject(new_id(), "Ada", NOW.isoformat())
    assert not may_be_recognised(grown, [given_one], NOW)
    with pytest.raises(NoConsentError):
        must_be_agreed(grown, [given_one], NOW)
    assert may_be_recognised(grown, [given_one, leave()], NOW)  # the control


def test_a_child_is_recognised_by_a_guardian_s_word_alone() -> None:
    child = Subject(new_id(), "Ada", NOW.isoformat(), minor=True)
    with pytest.raises(GuardianNeededError):
        must_be_agreed(child, [leave()], NOW)
    must_be_agreed(child, [leave(), leave(guardian="Anne")], NOW)


# The real networks.


@pytest.fixture(scope="module")
def eyes() -> tuple[FaceFinder, FaceReader]:
    finding = network("face-centerface")
    return FaceFinder(finding, 640), FaceReader(network("face-faceres"), finding)


def portrait_turned(degrees: float, size: int = 512) -> Frame:
    from films import portrait

    turned = portrait().resize((size, size)).rotate(degrees, resample=2)
    return as_frame(np.asarray(turned, np.uint8))


def read(eyes: tuple[FaceFinder, FaceReader], frame: Frame) -> FaceLook:
    finder, reader = eyes
    look = reader.read(frame, finder.find(frame)[0].box)
    assert look is not None
    return look


def test_a_face_is_the_same_however_it_is_tilted(eyes) -> None:
    looks = [read(eyes, portrait_turned(degrees)) for degrees in (0, 20, -25)]
    whole = [one.vector - one.vector.mean() for one in looks]
    for other in whole[1:]:
        lengths = np.linalg.norm(whole[0]) * np.linalg.norm(other)
        assert float(whole[0] @ other / lengths) > 0.8
    assert all(np.linalg.norm(one.vector) == pytest.approx(1, abs=1e-4) for one in looks)
    assert 20 < looks[0].age_years < 60


def test_a_face_under_32_pixels_is_not_read(eyes) -> None:
    frame = portrait_turned(0)
    assert eyes[1].read(frame, (180, 80, 180 + SMALLEST_PX - 1, 80 + SMALLEST_PX - 1)) is None
    assert eyes[1].read(frame, (172, 62, 272, 210)) is not None


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return face_film(tmp_path_factory.mktemp("film") / "astro.mp4", seconds=2.4)


def test_in_a_film_the_known_stay_visible_and_strangers_do_not(eyes, film: Path) -> None:
    settings = resolve({}, "", {"YINGBI_MODELS_DIR": str(models_dir())}, {"detect.size": 320})
    looking, by = sight(settings, [Target.FACE, Target.HEAD]), projection()
    own = Template.of([read(eyes, portrait_turned(angle)).vector for angle in (0, 3, -3)], by)
    gallery = Gallery(by, (Member(CHOSEN, own),))

    def shown(gallery: Gallery, names: set[str]):
        wanted = Wanted(Recogniser(eyes[1], gallery), names)
        replay, _, told = known_edit(film, looking, Quiet(), {}, wanted)
        clear = sum(bool(replay.judged.masked_at(n)[1]) for n in range(60))
        assert clear == told.frames
        return told

    known = shown(gallery, {CHOSEN})
    assert known.tracks == 1
    assert 20 <= known.frames < known.of == 60  # nobody looked before the first look
    assert shown(gallery, {OTHER}).frames == 0
    wrong = Template.of(list(faces(3, people=1)[0]), by)
    assert shown(Gallery(by, (Member(CHOSEN, wrong),)), {CHOSEN}).frames == 0
    other_key = Gallery(projection(b"o" * 32), gallery.members)
    assert shown(other_key, {CHOSEN}).frames == 0

"""Edit files: what a first pass found, what people decide, and the copy that comes of both."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import jsonschema_rs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from films import face_film
from yb import Yingbi
from yingbi.capture.edits import edit_of, read_edit
from yingbi.domain.decision import (
    Addition,
    Choices,
    Join,
    Judgement,
    Split,
    TimeRange,
)
from yingbi.domain.edit import Edit, FilmFacts, edit_text
from yingbi.domain.edit_errors import EditRefusedError
from yingbi.domain.judged import Judged
from yingbi.domain.region import Region, Target
from yingbi.domain.sightings import SightingsWriter
from yingbi.domain.zone import Zone
from yingbi.standard.catalogue import edit_schema

VALIDATOR = jsonschema_rs.validator_for(json.loads(edit_schema()))
NOTHING = Choices()


def edit_with(*frames: list[Region], choices: Choices = NOTHING) -> Edit:
    writer = SightingsWriter(Fraction(1, 25))
    for number, regions in enumerate(frames):
        writer.take(number, regions)
    film = FilmFacts("a.mp4", "0" * 64, 1, 640, 360, Fraction(1, 25))
    return Edit(film, writer.finish(), choices, {"targets": ["face", "plate"]})


def face(track: int, x: int = 0, score: float = 0.9, seen: bool = True) -> Region:
    return Region(Target.FACE, (x, 10, x + 40, 60), score, track, seen=seen)


def read(text: str) -> Edit:
    def refuse(field: str, reason: str) -> EditRefusedError:
        return EditRefusedError(path="it", field=field, reason=reason)

    return edit_of(json.loads(text), refuse)


def shown(judged: Judged) -> list[tuple[set[int], set[int]]]:
    """Return for each frame who is masked and who can be seen."""
    both = [judged.masked_at(frame) for frame in range(len(judged.sightings))]
    return [({r.track for r in m}, {r.track for r in c}) for m, c in both]


regions = st.builds(
    lambda kind, x, y, w, h, score, track, seen: Region(
        kind, (x, y, x + w, y + h), score / 1000, track, seen=seen
    ),
    st.sampled_from(Target),
    *[st.integers(-50, 700)] * 2,
    *[st.integers(1, 300)] * 2,
    st.integers(0, 1000),
    st.none() | st.integers(1, 9),
    st.booleans(),
)
verdicts = st.builds(
    lambda do, who, kind, first, last: Judgement(
        do, None if kind else who, kind, first, last and first + last
    ),
    st.sampled_from(["mask", "release"]),
    st.integers(1, 9),
    st.none() | st.sampled_from(Target),
    st.integers(0, 9),
    st.none() | st.integers(1, 9),
)
numbers = st.integers(1, 12)
paths = st.dictionaries(
    st.integers(0, 9),
    st.tuples(*[st.integers(-9, 9)] * 2, *[st.integers(10, 90)] * 2),
    min_size=1,
).map(lambda found: tuple(sorted(found.items())))
decisions = st.one_of(
    verdicts,
    st.builds(Split, numbers, st.integers(0, 9), numbers),
    st.builds(Join, numbers, numbers),
    st.builds(Addition, numbers, st.sampled_from(Target), paths),
)
SQUARE = ((0.1, 0.1), (0.4, 0.1), (0.4, 0.4))
choices = st.builds(
    Choices,
    st.lists(decisions, max_size=5).map(tuple),
    st.sampled_from(
        [(), (Zone("door", "mask", SQUARE), Zone("poster", "ignore", SQUARE, to_s=3.0))]
    ),
    st.sampled_from([(), (TimeRange(0.0, 0.2),)]),
)
films = st.lists(st.lists(regions, max_size=4), min_size=10, max_size=12)


@given(films, choices)
def test_an_edit_comes_back_from_its_file_as_it_was_and_keeps_to_its_schema(frames, chosen):
    edit = edit_with(*frames, choices=chosen)
    text = edit_text(edit)
    VALIDATOR.validate(json.loads(text))
    again = read(text)
    assert again.choices == edit.choices
    assert again.film == edit.film
    for frame in range(len(frames)):
        assert again.sightings.regions(frame) == edit.sightings.regions(frame)


SPOILS = {
    "format": lambda d: d.update(format="other"),
    "version": lambda d: d.update(version=2),
    "unknown field": lambda d: d.update(picture="AAAA"),
    "no film": lambda d: d.pop("film"),
    "digest": lambda d: d["film"].update(sha256="0"),
    "size": lambda d: d["film"].update(width=0),
    "time base": lambda d: d["film"].update(time_base=[1]),
    "target": lambda d: d["found"].update(targets=["soul"]),
    "kind": lambda d: d["frames"][0]["regions"][0].update(kind="soul"),
    "score": lambda d: d["frames"][0]["regions"][0].update(score=1.5),
    "short box": lambda d: d["frames"][0]["regions"][0].update(box=[1, 2, 3]),
    "track": lambda d: d["frames"][0]["regions"][0].update(track=0),
    "picture in a region": lambda d: d["frames"][0]["regions"][0].update(pixels="AAAA"),
    "no frames": lambda d: d.update(frames=[]),
    "do": lambda d: d["decisions"].append({"do": "forget", "track": 1}),
    "both": lambda d: d["decisions"].append({"do": "mask", "track": 1, "kind": "face"}),
    "neither": lambda d: d["decisions"].append({"do": "mask"}),
    "join of one": lambda d: d["decisions"].append({"do": "join", "tracks": [1]}),
    "empty path": lambda d: d["decisions"].append(
        {"do": "add", "track": 9, "kind": "face", "path": []}
    ),
    "range": lambda d: d["ranges"].append({"from_s": -1, "to_s": 2}),
    "zone": lambda d: d["zones"].append({"do": "mask"}),
}
"""What the schema refuses as well."""
ONLY_HERE = {
    "frame left out": lambda d: d["frames"].pop(0),
    "times fall": lambda d: d["frames"][1].update(pts=-5),
    "box inside out": lambda d: d["frames"][0]["regions"][0].update(box=[9, 9, 1, 1]),
    "range inside out": lambda d: d["ranges"].append({"from_s": 5, "to_s": 2}),
    "path behind the end": lambda d: d["decisions"].append(
        {"do": "add", "track": 9, "kind": "face", "path": [[99, 0, 0, 5, 5]]}
    ),
    "crossed zone": lambda d: d["zones"].append(
        {"do": "mask", "polygon": [[0, 0], [1, 1], [1, 0], [0, 1]]}
    ),
}
"""What a schema cannot say."""


@pytest.mark.parametrize("spoil", [*SPOILS, *ONLY_HERE])
def test_a_spoiled_edit_is_refused_with_the_place(spoil):
    document = json.loads(edit_text(edit_with([face(1)], [face(1)])))
    read(json.dumps(document))
    {**SPOILS, **ONLY_HERE}[spoil](document)
    assert VALIDATOR.is_valid(document) is (spoil in ONLY_HERE)
    with pytest.raises(EditRefusedError):
        read(json.dumps(document))


def test_a_released_person_is_masked_wherever_there_is_doubt():
    edit = edit_with(
        [face(1), face(2, 300)],  # apart: seen
        [face(1, score=0.2), face(2, 300)],  # a low score
        [face(1, seen=False), face(2, 300)],  # held without a sight
        [face(1, 290), face(2, 300)],  # one over the other
        [face(1, 290)],
        choices=Choices((Judgement("release", 1),)),
    )
    judged = Judged(edit)
    assert shown(judged) == [
        ({2}, {1}),
        ({1, 2}, set()),
        ({1, 2}, set()),
        ({1, 2}, set()),
        (set(), {1}),
    ]


def test_who_stays_visible_without_a_look_does_so_only_up_to_the_first_crossing():
    frames = [
        [face(1), face(2, 300)],
        [face(1), face(2, 300)],
        [face(1, 290), face(2, 300)],
        [face(1)],
    ]
    edit = edit_with(*frames)
    judged = Judged(edit)
    assert judged.stretches(1) == [(0, 1), (3, 3)]
    released = judged.release(1)
    assert (released.first, released.last) == (0, 1)
    chosen = Choices((released,))
    assert [clear for _, clear in shown(Judged(replace(edit, choices=chosen)))] == [
        {1},
        {1},
        set(),
        set(),
    ]


def test_later_decisions_are_stronger_and_names_follow_splits_and_joins():
    frames = [[face(1), face(2, 300)] for _ in range(6)]
    chosen = Choices(
        (Split(1, 3, 7), Join(2, 7), Judgement("release", 2), Judgement("mask", 2, None, 5))
    )
    judged = Judged(edit_with(*frames, choices=chosen))
    # from the split on "2" is at two places of one frame, which is a doubt by itself
    assert [clear for _, clear in shown(judged)] == [{2}] * 3 + [set()] * 3
    assert [r.track for r in judged.masked_at(0)[0]] == [1]
    assert {r.track for pair in judged.masked_at(4) for r in pair} == {2}


def test_a_kind_is_released_and_everybody_else_stays_masked():
    plate = Region(Target.PLATE, (0, 200, 90, 230), 0.2, 3)
    chosen = Choices((Judgement("release", None, Target.PLATE),))
    judged = Judged(edit_with([face(1), plate], choices=chosen))
    assert shown(judged) == [({1}, {3})]


def test_a_drawn_region_goes_straight_between_its_points_and_is_masked_whatever_the_ranges():
    drawn = Addition(9, Target.FACE, ((0, (0, 0, 10, 10)), (4, (40, 0, 50, 10))))
    chosen = Choices((drawn,), (), (TimeRange(99, 100),))
    judged = Judged(edit_with(*[[]] * 6, choices=chosen))
    boxes = [[r.box for r in judged.masked_at(n)[0]] for n in range(6)]
    assert boxes == [
        [(0, 0, 10, 10)], [(10, 0, 20, 10)], [(20, 0, 30, 10)], [(30, 0, 40, 10)], [(40, 0, 50, 10)], [],
    ]  # fmt: skip
    trimmed = drawn.trimmed(1, 2)
    assert trimmed is not None
    assert trimmed.path == ((1, (10, 0, 20, 10)), (2, (20, 0, 30, 10)))
    assert drawn.trimmed(5, 9) is None


@given(films, st.lists(decisions, max_size=6).map(tuple))
def test_nothing_that_was_found_is_lost_by_deciding(frames, made):
    edit = edit_with(*frames, choices=Choices(made))
    judged = Judged(edit)
    for frame, found in enumerate(frames):
        masked, clear = judged.masked_at(frame)
        drawn = [one for one in edit.choices.additions if one.at(frame)]
        assert len(masked) + len(clear) == len(found) + len(drawn)
        if not any(isinstance(one, Judgement) and one.do == "release" for one in made):
            assert not clear


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return face_film(tmp_path_factory.mktemp("film") / "astro.mp4", seconds=1.2)


@pytest.fixture
def yingbi(tmp_path: Path) -> Yingbi:
    return Yingbi(tmp_path)


def frames_of(path: Path) -> list[np.ndarray]:
    with av.open(path) as container:
        return [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]


def test_a_copy_made_from_an_edit_covers_what_the_first_pass_covers(yingbi, film, tmp_path):
    yingbi("detect", film, "-o", "e.json")
    document = json.loads((tmp_path / "e.json").read_text())
    VALIDATOR.validate(document)
    printed = [json.loads(line) for line in yingbi("detect", film, "--json").out.splitlines()]
    assert [f["pts"] for f in document["frames"]] == [f["pts"] for f in printed]
    assert [len(f["regions"]) for f in document["frames"]] == [len(f["regions"]) for f in printed]
    told = yingbi("mask", film, "--edit", "e.json", "-o", "edited.mp4", "--json").json[0]
    looked = yingbi("mask", film, "-o", "looked.mp4", "--json").json[0]
    assert {n: told[n] for n in ("frames", "covered", "faces", "people")} == {
        n: looked[n] for n in ("frames", "covered", "faces", "people")
    }
    both = zip(frames_of(tmp_path / "edited.mp4"), frames_of(tmp_path / "looked.mp4"), strict=True)
    for a, b in both:
        far = np.abs(a.astype(int) - b)
        assert far.mean() < 1, "the two copies differ by no more than by how they were encoded"


def test_who_is_kept_can_be_seen_and_the_report_says_so(yingbi, film, tmp_path):
    yingbi("detect", film, "-o", "e.json", "--targets", "face,head")
    people = yingbi("edit", "show", "e.json", "--json").json
    person = max(people, key=lambda one: one["best"])
    answer = yingbi(
        "mask", film, "--edit", "e.json", "--keep-person", person["id"], "-o", "kept.mp4",
        "--report", "r.json",
    )  # fmt: skip
    assert f"person {person['id']} can be seen in" in answer.err
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["options"]["keep_person"] == [person["id"]]
    left = report["inputs"][0]["left_clear"]
    assert {one["track"] for one in left} == {person["id"]}
    yingbi("mask", film, "-o", "masked.mp4")
    kept, masked, plain = (frames_of(tmp_path / n) for n in ("kept.mp4", "masked.mp4", film))
    (x0, y0, x1, y1), *_ = (
        region["box"]
        for region in json.loads((tmp_path / "e.json").read_text())["frames"][15]["regions"]
        if region["track"] == person["id"] and region["kind"] == "face"
    )
    inside = slice(y0, y1), slice(x0, x1)
    assert np.abs(kept[15][inside].astype(int) - plain[15][inside]).mean() < 5
    assert np.abs(masked[15][inside].astype(int) - plain[15][inside]).mean() > 30
    answer = yingbi("mask", film, "--edit", "e.json", "--keep-person", 99, "-o", "no.mp4", status=2)
    assert "[no-such-track]" in answer.err
    assert not (tmp_path / "no.mp4").exists()
    assert "[usage]" in yingbi("mask", film, "--keep-person", 1, "-o", "no.mp4", status=2).err


def test_outside_of_a_time_range_the_film_stays_as_it_is(yingbi, film, tmp_path):
    yingbi("mask", film, "--time-range", "0:00.4..0.8", "-o", "part.mp4", "--report", "r.json")
    part, plain = frames_of(tmp_path / "part.mp4"), frames_of(film)
    changed = [np.abs(a.astype(int) - b).mean() > 8 for a, b in zip(part, plain, strict=True)]
    assert changed == [10 <= n <= 20 for n in range(30)]
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["options"]["time_ranges"] == [{"from_s": 0.4, "to_s": 0.8}]
    assert report["inputs"][0]["left_clear"]
    for wrong in ("5", "2..1", "a..b", "..", "-1..2"):
        answer = yingbi("mask", film, "--time-range", wrong, "-o", "no.mp4", status=2)
        assert "[usage]" in answer.err


def test_another_film_than_the_edits_own_is_refused(yingbi, film, tmp_path):
    yingbi("detect", film, "-o", "e.json")
    other = face_film(tmp_path / "other.mp4", seconds=1.0)
    for path in (other,):
        answer = yingbi("mask", path, "--edit", "e.json", "-o", "no.mp4", status=65)
        assert "[edit-differs]" in answer.err
    document = json.loads((tmp_path / "e.json").read_text())
    document["frames"].pop()  # cut short by hand: the digest still fits
    (tmp_path / "short.json").write_text(json.dumps(document))
    answer = yingbi("mask", film, "--edit", "short.json", "-o", "no.mp4", status=65)
    assert "[edit-differs]" in answer.err
    document["frames"].append(document["frames"][-1] | {"frame": 29, "pts": 10**9})
    (tmp_path / "late.json").write_text(json.dumps(document))
    yingbi("mask", film, "--edit", "late.json", "-o", "no.mp4", status=65)
    assert not (tmp_path / "no.mp4").exists()


def test_an_edit_file_is_not_replaced_without_being_asked(yingbi, film, tmp_path):
    yingbi("detect", film, "-o", "e.json")
    assert "[output-exists]" in yingbi("detect", film, "-o", "e.json", status=73).err
    yingbi("detect", film, "-o", "e.json", "--force")
    answer = yingbi("detect", film, "-o", film, "--force", status=2)
    assert "[unsafe-output]" in answer.err
    (tmp_path / "bad.json").write_text('{"format": 1, "format": 2}')
    assert "[edit-refused]" in yingbi("edit", "show", "bad.json", status=65).err
    assert read_edit(tmp_path / "e.json").film.name == film.name
    assert replace(read_edit(tmp_path / "e.json").film, name="x").width == 320

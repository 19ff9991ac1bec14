"""Where somebody could be taken for another one, nobody is let be seen by mistake."""

import json
import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from films import face_film, portrait
from yb import Yingbi
from yingbi.domain.decision import Addition, Choices, Judgement, Split, TimeRange
from yingbi.domain.edit import Edit, FilmFacts
from yingbi.domain.edit_errors import DecisionRefusedError
from yingbi.domain.judged import Judged
from yingbi.domain.region import Region, Target
from yingbi.domain.sightings import SightingsWriter
from yingbi.domain.zone import Zone

WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def face(track: int, x: int = 0, score: float = 0.9, seen: bool = True, size: int = 40) -> Region:
    return Region(Target.FACE, (x, 10, x + size, 10 + size), score, track, seen=seen)


def judged(*frames, cuts=(), choices=None, start=0) -> Judged:
    writer = SightingsWriter(Fraction(1, 10))
    for number, regions in enumerate(frames):
        writer.take(start + number, regions, cut=number in cuts)
    film = FilmFacts("a.mp4", "0" * 64, 1, 640, 360, Fraction(1, 10))
    return Judged(Edit(film, writer.finish(), choices or Choices(), {"targets": ["face"]}))


def decided(one: Judged, *decisions) -> Judged:
    return Judged(replace(one.edit, choices=Choices(tuple(decisions))))


def clear(one: Judged) -> list[set[int]]:
    return [{r.track for r in one.masked_at(n)[1]} for n in range(len(one.sightings))]


def test_behind_a_cut_the_same_number_is_not_taken_for_the_same_person():
    film = judged(*[[face(1)]] * 6, cuts=(3,))
    assert film.stretches(1) == [(0, 2), (3, 5)]
    assert clear(decided(film, film.release(1))) == [{1}] * 3 + [set()] * 3
    without = judged(*[[face(1)]] * 6)
    assert without.stretches(1) == [(0, 5)], "the control: without the cut nothing ends"


def test_behind_a_while_out_of_sight_neither():
    film = judged([face(1)], [face(1)], [face(1, seen=False)], [face(1)])
    assert film.stretches(1) == [(0, 1), (3, 3)]


def test_one_number_at_two_places_of_a_frame_is_a_doubt():
    film = judged([face(1), face(1, 300)], [face(1)])
    assert clear(decided(film, Judgement("release", 1))) == [set(), {1}]


def test_a_small_face_over_a_large_one_is_a_crossing():
    film = judged(*[[face(1, size=200), face(2, 20, size=50)]] * 4)
    with pytest.raises(DecisionRefusedError):
        film.release(1)


def test_who_is_crossed_from_the_beginning_is_not_let_be_seen_behind_it():
    film = judged(*[[face(1), face(2, 5)]] * 3, *[[face(1), face(2, 300)]] * 5)
    with pytest.raises(DecisionRefusedError):
        film.release(1)


def test_each_region_is_judged_by_itself():
    body = Region(Target.PERSON, (300, 0, 400, 300), 0.95, 1)
    film = judged([face(1, seen=False), body], [face(1, score=0.2), body], [face(1), body])
    masked = [
        {r.kind for r in decided(film, Judgement("release", 1)).masked_at(n)[0]} for n in range(3)
    ]
    assert masked == [{Target.FACE}, {Target.FACE}, set()]


def test_who_is_split_off_is_masked_until_somebody_decides():
    film = judged(*[[face(1)]] * 6)
    split = decided(film, Judgement("release", 1), Split(1, 3, 2))
    assert clear(split) == [{1}] * 3 + [set()] * 3


def test_scores_are_rounded_down():
    film = judged([face(1, score=0.3499)])
    assert clear(decided(film, Judgement("release", 1))) == [set()]


def test_times_count_from_the_first_frame_and_not_from_the_clocks_zero():
    film = judged(*[[face(1)]] * 6, start=1000, choices=Choices((), (), (TimeRange(0.0, 0.2),)))
    assert clear(film) == [set()] * 3 + [{1}] * 3


def test_a_zone_that_is_ignored_drops_what_was_found_and_never_what_was_drawn():
    drawn = Addition(9, Target.FACE, ((0, (10, 10, 50, 50)), (1, (10, 10, 50, 50))))
    zones = (Zone("all", "ignore", WHOLE),)
    film = judged([face(1)], [face(1)], choices=Choices((drawn,), zones))
    masked, left = film.masked_at(1)
    assert [r.track for r in masked] == [9]
    assert [r.track for r in left] == [1]
    both = Choices((drawn,), (*zones, Zone("door", "mask", WHOLE)))
    assert [r.track for r in Judged(replace(film.edit, choices=both)).masked_at(1)[0]] == [1, 9]


# --- the command ---------------------------------------------------------------------------------


@pytest.fixture
def yingbi(tmp_path: Path) -> Yingbi:
    return Yingbi(tmp_path)


def stepped(path: Path, views: list[tuple[int, int, int]], **options: str) -> Path:
    """Write a film that shows each part of the portrait for 12 frames: x, y and width of each."""
    container_format = {"format": "mpegts"} if path.suffix == ".ts" else {}
    with av.open(str(path), "w", **container_format, options=options) as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number in range(12 * len(views)):
            x, y, wide = views[number // 12]
            box = (x, y, x + wide, y + wide * 3 // 4)
            shown = portrait().resize((320, 240), box=box)
            frame = av.VideoFrame.from_ndarray(np.asarray(shown), "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def grey(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="gray").astype(int) for frame in container.decode(video=0)]


def test_a_cut_in_a_film_is_found_and_ends_who_stays_visible(yingbi, tmp_path):
    film = stepped(tmp_path / "cut.mp4", [(100, 20, 300), (60, 200, 300)])
    yingbi("detect", film, "-o", "e.json", "--targets", "face")
    assert json.loads((tmp_path / "e.json").read_text())["cuts"] == [12]
    still = stepped(tmp_path / "still.mp4", [(100, 20, 300), (104, 22, 300)])
    yingbi("detect", still, "-o", "s.json", "--targets", "face")
    assert json.loads((tmp_path / "s.json").read_text())["cuts"] == []


def test_a_time_range_of_a_film_that_begins_late_masks_its_beginning(yingbi, tmp_path):
    film = stepped(tmp_path / "late.ts", [(100, 20, 300)] * 3, output_ts_offset="10")
    with av.open(str(film)) as container:
        assert next(container.decode(video=0)).time > 5
    yingbi("mask", film, "--targets", "face", "--time-range", "0..0.5", "-o", "m.ts.mp4")
    changed = [
        np.abs(a - b).mean() > 5
        for a, b in zip(grey(tmp_path / "m.ts.mp4"), grey(film), strict=True)
    ]
    assert changed == [n <= 12 for n in range(36)]


def test_a_film_that_is_replaced_before_the_copy_is_made_is_refused(yingbi, tmp_path):
    film = face_film(tmp_path / "a.mp4", seconds=0.8)
    yingbi("detect", film, "-o", "e.json")
    other = stepped(tmp_path / "b.mp4", [(60, 200, 300)] * 2)
    shutil.copy(other, film)
    answer = yingbi("mask", film, "--edit", "e.json", "-o", "no.mp4", status=65)
    assert "[edit-differs]" in answer.err
    assert not (tmp_path / "no.mp4").exists()


def test_a_report_of_a_copy_by_an_edit_says_by_what_it_was_found(yingbi, tmp_path):
    film = face_film(tmp_path / "a.mp4", seconds=0.6)
    yingbi("detect", film, "-o", "e.json", "--targets", "face")
    yingbi("mask", film, "--edit", "e.json", "-o", "m.mp4", "--report", "r.json")
    report, edit = (json.loads((tmp_path / n).read_text()) for n in ("r.json", "e.json"))
    assert report["targets"] == ["face"]
    assert report["networks"] == edit["found"]["networks"]
    again = yingbi(
        "mask", film, "--edit", "e.json", "-o", "m.mp4", "--report", "r.json", "--resume"
    )
    assert "before" in again.out, "the same recipe: nothing is made again"

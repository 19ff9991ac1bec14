"""The leak bench counts true people by the pixels: a worse mask gives a worse number, always."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from yb import Yingbi
from yingbi.bench import folder, own, pasted, peer, running, written
from yingbi.bench.fidelity import GREEN, OURS, psnr_outside
from yingbi.bench.leak_films import make, plans
from yingbi.bench.leaks import Judged, OtherFramesError, count, judge
from yingbi.bench.stills import Still
from yingbi.bench.strata import hard_faces, kinds, missed
from yingbi.bench.tree import CommandFailedError, cost
from yingbi.bench.truth import Clip, around, patch
from yingbi.domain.interval import wilson
from yingbi.media.planes import Planes, planes_of, read_planes, write_planes, write_rgb

GREY = 128
Rule = Callable[[int, int], bool]
"""Whether a frame's box of a person (frame, person) is drawn."""


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    """Five short films, one of each kind, of textures with a box where a face would be."""
    folder = tmp_path_factory.mktemp("clips")
    chance = np.random.default_rng(3)
    stills = []
    for number in range(4):
        coarse = chance.integers(0, 256, (12, 12, 3), np.uint8)
        write_rgb(folder / f"{number}.png", coarse.repeat(20, axis=0).repeat(20, axis=1))
        stills.append(Still(folder / f"{number}.png", ((80, 60, 160, 150),)))
    return [make(plan, folder) for plan in plans(stills, films=5, frames=20)]


def always(_frame: int, _person: int) -> bool:
    return True


def masked(clip: Clip, out: Path, drawn: Rule = always) -> Path:
    """Write the film with grey over the people whom the rule names in each frame."""

    def pictures() -> Iterator[Planes]:
        for index, planes in enumerate(read_planes(clip.path)):
            luma, blue, red = (plane.copy() for plane in planes)
            for number, person in enumerate(clip.people):
                if drawn(index, number):
                    x0, y0, x1, y1 = (max(0, edge) for edge in person.heads[index])
                    blue[y0:y1, x0:x1] = red[y0:y1, x0:x1] = GREY
                    luma[2 * y0 : 2 * y1, 2 * x0 : 2 * x1] = GREY
            yield luma, blue, red

    write_planes(out, pictures(), clip.rate, crf=10, gop=20)
    return out


def judged(clips: list[Clip], folder: Path, drawn: Rule = always) -> list[Judged]:
    return [judge(masked(clip, folder / clip.path.name, drawn), clip, OURS) for clip in clips]


def test_a_whole_mask_leaks_nothing_and_no_mask_everything(clips, tmp_path):
    whole = count(judged(clips, tmp_path))
    none = count(judge(clip.path, clip, OURS) for clip in clips)
    assert whole.people == none.people == sum(len(clip.people) for clip in clips) >= 9
    assert (whole.leaked, whole.open_frames, whole.gap_frames) == (0, 0, 0)
    assert none.leaked == none.people
    assert none.open_frames == none.frames


def test_cutting_tracks_makes_the_number_worse(clips, tmp_path):
    cut = count(judged(clips, tmp_path, lambda frame, person: person > 0 or frame < 12))
    assert 0 < cut.leaked < cut.people
    assert cut.gap_frames >= 3
    cut_all = count(judged(clips, tmp_path, lambda frame, _: frame < 12))
    assert cut_all.leaked == cut_all.people > cut.leaked
    assert cut_all.gap_s >= cut.gap_s > 0


def test_dropping_every_nth_box_makes_the_number_worse_the_more_are_dropped(clips, tmp_path):
    counts = []
    for nth in (1, 2, 5):
        dropped = judged(clips, tmp_path, lambda frame, _, nth=nth: frame % nth != nth - 1)
        counts.append(count(dropped))
    every, half, fifth = counts
    assert every.open_frames > half.open_frames > fifth.open_frames > 0
    assert fifth.leaked == fifth.people, "one frame is enough: nobody is hidden by the others"
    assert half.gap_frames == fifth.gap_frames == 1


def test_a_mask_of_less_than_nine_tenths_counts_as_none(clips, tmp_path):
    clip = clips[0]
    right = clip.people[0].patches[10]

    def narrow(planes: Planes, share: float) -> Planes:
        luma, blue, red = (plane.copy() for plane in planes)
        rows = slice(right.top, right.top + right.seen.shape[0])
        end = right.left + round(right.seen.shape[1] * share)
        blue[rows, right.left : end] = red[rows, right.left : end] = GREY
        luma[2 * rows.start : 2 * rows.stop, 2 * right.left : 2 * end] = GREY
        return luma, blue, red

    for share, hidden in ((1.0, True), (0.7, False)):
        films = (narrow(planes, share) for planes in read_planes(clip.path))
        write_planes(tmp_path / "narrow.mp4", films, clip.rate, crf=5, gop=1)
        value = judge(tmp_path / "narrow.mp4", clip, OURS).people[0][10]
        assert (value >= 0.9) == hidden


def test_what_is_masked_beside_people_is_counted(clips, tmp_path):
    (alone,) = judged(clips[:1], tmp_path)
    assert alone.beside <= 0.02 * alone.own

    def all_grey() -> Iterator[Planes]:
        for planes in read_planes(clips[0].path):
            yield tuple(np.full_like(plane, GREY) for plane in planes)

    write_planes(tmp_path / "grey.mp4", all_grey(), clips[0].rate, crf=10, gop=20)
    everything = judge(tmp_path / "grey.mp4", clips[0], OURS)
    assert everything.beside > 5 * everything.own
    same = judge(tmp_path / "grey.mp4", clips[0], OURS, others=tmp_path / "grey.mp4")
    assert (same.beside, same.own) == (0, everything.own)
    assert count([everything]).leaked == 0


def test_a_film_of_other_length_is_not_judged(clips, tmp_path):
    short = list(read_planes(clips[0].path))[:-1]
    write_planes(tmp_path / "short.mp4", iter(short), clips[0].rate, crf=20, gop=20)
    with pytest.raises(OtherFramesError):
        judge(tmp_path / "short.mp4", clips[0], OURS)


def test_who_is_hidden_or_half_out_of_the_picture_does_not_count_there():
    box, size = (0, 0, 40, 40), (200, 100)
    inside = patch(box, around(1, 0, (20, 20), (100, 50)), size)
    assert inside.seen.all()
    assert (inside.left, inside.top, inside.seen.shape) == (40, 15, (20, 20))
    at_border = patch(box, around(1, 0, (20, 20), (8, 50)), size)
    assert at_border.seen.shape == (20, 14)
    assert at_border.left == 0
    assert patch(box, around(1, 0, (20, 20), (-4, 50)), size) is None
    assert patch(box, around(1, 0, (20, 20), (100, 50)), size, [(80, 30, 110, 70)]) is None
    covered = patch(box, around(1, 0, (20, 20), (100, 50)), size, [(80, 30, 90, 70)])
    assert covered.seen.sum() == 15 * 20
    assert patch(box, around(0.2, 0, (20, 20), (100, 50)), size) is None


def test_a_turned_box_counts_by_the_ellipse_in_it():
    turned = patch((0, 0, 80, 80), around(1, 45, (40, 40), (100, 60)), (200, 120))
    assert turned.seen.sum() == pytest.approx(np.pi * 20 * 20, rel=0.05)


@pytest.mark.parametrize(("hits", "of"), [(0, 50), (3, 100), (50, 50)])
def test_intervals_hold_the_share_and_shrink_with_the_count(hits, of):
    low, high = wilson(hits, of)
    assert 0 <= low <= hits / of <= high <= 1
    wider = wilson(hits * 10, of * 10)
    assert wider[1] - wider[0] < high - low


def test_the_interval_is_wilsons():
    assert wilson(5, 100) == pytest.approx((0.0215, 0.1118), abs=0.0002)


def test_green_is_told_from_everything_else():
    picture = np.zeros((16, 32, 3), np.uint8)
    picture[:, :16] = (0, 255, 0)
    picture[:, 16:] = (40, 120, 50)
    assert GREEN.drawn(planes_of(picture))[:, :8].all()
    assert not GREEN.drawn(planes_of(picture))[:, 8:].any()


def test_likeness_is_measured_outside_masks_only(clips, tmp_path):
    clip = clips[0]
    grey = masked(clip, tmp_path / "grey.mp4")
    assert psnr_outside(clip.path, grey, grey) > 38
    assert psnr_outside(clip.path, clip.path, clip.path) == 100
    assert psnr_outside(clip.path, clip.path, grey) < psnr_outside(clip.path, grey, grey) - 5


def test_a_mask_on_grey_is_still_a_mask(tmp_path):
    clear = np.zeros((160, 160, 3), np.uint8)
    clear[40:120, 40:120] = 120
    masked = clear.copy()
    masked[40:120, 40:120] = 128
    for name, picture in (("clear.png", clear), ("masked.png", masked)):
        write_rgb(tmp_path / name, picture)
    assert (
        psnr_outside(tmp_path / "clear.png", tmp_path / "masked.png", tmp_path / "masked.png")
        == 100
    )


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.key)
def test_a_hard_face_is_missed_unless_it_is_covered(kind, tmp_path):
    chance = np.random.default_rng(5)
    picture = chance.integers(0, 256, (10, 10, 3), np.uint8).repeat(20, axis=0).repeat(20, axis=1)
    write_rgb(tmp_path / "still.png", picture)
    stills = [Still(tmp_path / "still.png", ((60, 50, 130, 140),))] * 2
    made = list(hard_faces(kind, stills, tmp_path))
    assert len(made) == 2
    for one in made:
        high, wide = one.face.seen.shape
        largest = 2 * max(high, wide)
        assert kind.low * 0.45 <= largest <= kind.high * 1.1
    assert missed(made, [one.path for one in made], OURS) == 2
    write_rgb(tmp_path / "grey.png", np.full((480, 640, 3), 128, np.uint8))
    assert missed(made, [tmp_path / "grey.png", made[1].path], OURS) == 1


def test_who_walks_behind_another_does_not_count_meanwhile():
    box = (0, 0, 40, 50)
    there, elsewhere = (around(1, 0, (20, 25), (x, 100)) for x in (100, 400))
    first, second = pasted._people([box, box], [[there, there], [there, elsewhere]], (640, 352))
    assert first.patches[0] is None
    assert first.patches[1].seen.all()
    assert all(one.seen.all() for one in second.patches)


def test_a_face_counts_when_it_stays_for_three_frames():
    face, moved, far = (10, 10, 30, 30), (13, 10, 33, 30), (90, 10, 110, 30)
    found = {0: [face], 1: [moved, far], 2: [moved], 50: [face], 51: [face]}
    assert own.lasting(found, 1) == [moved]
    assert own.lasting(found, 0) == [face]
    assert own.lasting(found, 50) == []


def test_a_plates_polygon_is_measured_along_its_edges_and_filled():
    tilted = np.array([[10, 40], [10, 20], [90, 10], [90, 30]], float)
    assert written.height(tilted) == pytest.approx(20)
    assert 4 * written.area(tilted, (40, 60)).sum() == pytest.approx(80 * 20, rel=0.03)
    around_ = written.area(tilted[::-1], (40, 60))
    assert (around_ == written.area(tilted, (40, 60))).all(), "whichever way round"


def test_a_user_measures_own_films_and_nothing_is_written(clips, tmp_path):
    films = tmp_path / "films"
    films.mkdir()
    list_of_planes = list(read_planes(clips[0].path))[:4]
    write_planes(films / "film.mp4", iter(list_of_planes), Fraction(10), crf=20, gop=4)
    told = Yingbi(tmp_path)("bench", "leak", films, "--json").json
    assert [row["key"] for row in told["rows"]] == ["own-two", "own-strict"]
    assert [path.name for path in films.iterdir()] == ["film.mp4"]
    refused = Yingbi(tmp_path)("bench", "leak", tmp_path / "none", status=66)
    assert "none" in refused.err


@pytest.mark.evaluation
@pytest.mark.torture
def test_an_hour_of_film_needs_no_more_memory_than_twenty_minutes(eval_data):
    rows = {row.key: row for row in running.memory(36_000)}
    growth = rows["run-memory-growth"]
    print(f"{rows['run-memory'].value:.0f} MB at most, {growth.value:.2f} MB more per 1000 frames")
    assert growth.value <= growth.goal


def test_only_stills_that_both_tools_read_are_chosen(tmp_path):
    large = np.full((250, 260, 3), 90, np.uint8)
    write_rgb(tmp_path / "large.png", large)
    write_rgb(tmp_path / "small.png", large[:100, :100])
    (tmp_path / "broken.png").write_bytes((tmp_path / "large.png").read_bytes()[:300])
    (tmp_path / "note.txt").write_text("no picture")
    assert [path.name for path in folder._chosen(tmp_path, 5)] == ["large.png"]


# --- what a command costs, and what the peer did before --------------------------------------------


def test_a_commands_children_are_counted_and_its_memory_is_its_own():
    held = np.ones(150 << 20, np.uint8)  # what we hold must not be counted as the command's
    work = "sum(range(9_000_000))"
    alone = cost(["python3", "-c", work])
    through = cost(["sh", "-c", f"python3 -c '{work}'; true"])
    assert through.cpu_s > 0.6 * alone.cpu_s > 0.03
    assert alone.peak_mb < held.nbytes / 2e6
    assert cost(["python3", "-c", "bytearray(90 << 20)"]).peak_mb > 90


def test_a_command_that_fails_gives_no_number():
    with pytest.raises(CommandFailedError, match="broke here"):
        cost(["sh", "-c", "echo broke here >&2; exit 3"])


@pytest.fixture
def installed(tmp_path, monkeypatch) -> Path:
    """A stand-in for the peer's command: it copies its inputs and notes each run."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("REFRESH", raising=False)
    home = peer._home(peer.OPENCV)
    command = home / "env" / "bin" / "deface"
    command.parent.mkdir(parents=True)
    notes = tmp_path / "runs"
    command.write_text(
        f'#!/bin/sh\necho "$@" >>{notes}\n'
        'for f in "$@"; do case $f in *.mp4) cp "$f" "${f%.mp4}_anonymized.mp4";; esac; done\n'
    )
    command.chmod(0o755)
    (home / "complete").touch()
    return notes


def test_the_peer_runs_once_for_the_same_film_and_settings(installed, tmp_path, monkeypatch):
    film, other = tmp_path / "film.mp4", tmp_path / "other.mp4"
    film.write_bytes(b"one")
    other.write_bytes(b"two")

    def runs() -> int:
        return len(installed.read_text().splitlines())

    first = peer.run_peer([film])
    assert first.outputs[0].read_bytes() == b"one"
    assert peer.run_peer([film]) == first
    assert runs() == 1
    peer.run_peer([film], peer.SCALED)
    peer.run_peer([other])
    assert runs() == 3
    film.write_bytes(b"three")
    assert peer.run_peer([film]).outputs[0].read_bytes() == b"three"
    assert runs() == 4
    monkeypatch.setenv("REFRESH", "1")
    peer.run_peer([film])
    assert runs() == 5


def test_a_film_is_the_same_whenever_it_is_made(tmp_path):
    chance = np.random.default_rng(1)
    pictures = [planes_of(chance.integers(0, 256, (32, 48, 3), np.uint8)) for _ in range(6)]
    for name in ("a.mp4", "b.mp4"):
        assert write_planes(tmp_path / name, iter(pictures), Fraction(25), crf=18, gop=3) == 6
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    assert len(list(read_planes(tmp_path / "a.mp4"))) == 6

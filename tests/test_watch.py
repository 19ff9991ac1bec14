"""`yingbi watch`: what arrives in a folder is done once, and told in one line."""

import json
import os
import shutil
import sys
import time
from pathlib import Path

import pytest

from films import face_film
from made_films import Recipe, make_film
from stills import make_still
from watch_house import all_once, command, frames, masking, outputs, started, to_the_end
from yingbi.domain.watch_errors import WatchMemoryError
from yingbi.errors import UnreadableInputError
from yingbi.usecases.watch import MOST_TRIES, over_soon
from yingbi.usecases.watch_arrivals import Arrival, Rest, Stamp, arrivals, being_written, stamp_of
from yingbi.usecases.watch_memory import FIRST, Known, State, opened_memory

SHORT, LONGER = Recipe(pts=tuple(range(0, 6006, 1001))), Recipe(pts=tuple(range(0, 9009, 1001)))


@pytest.fixture
def root(tmp_path):
    (tmp_path / "in").mkdir()
    return tmp_path


def run(root: Path, **given):
    removes = given.pop("removes", False)
    state = root / "out" / ".yingbi-watch"
    return to_the_end(root / "in", state, lambda _: masking(root, removes=removes), **given)


def places(face) -> list[str]:
    return [done.place.as_posix() for done in face.found]


# --- what is taken, and when ---------------------------------------------------------------------


def test_a_film_that_is_copied_slowly_is_masked_once_and_whole(root):
    content = make_film(root / "film.mp4").read_bytes()
    yingbi = command(root)
    with started(yingbi, "in", "out", "--settle", "0.8", "--targets", "face") as running:
        for at in range(0, len(content), len(content) // 8):
            with (root / "in" / "film.mp4").open("ab") as file:
                file.write(content[at : at + len(content) // 8])
            time.sleep(0.3)
            assert outputs(root / "out") == {}
        told = running.line()
        assert (told["event"], told["place"], told["frames"]) == ("masked", "film.mp4", 24)
        status, rest, errors = running.end()
    assert (status, rest.count("\n")) == (130, 1), "nothing but that it was interrupted"
    assert "[interrupted]" in errors
    all_once(root, root / ".local" / "share" / "yingbi", {"film.mp4": 24})
    yingbi("report", "verify", "out/reports/film.mp4.json")


def test_the_control_without_settling_the_same_film_is_taken_too_soon(root):
    content = make_film(root / "film.mp4").read_bytes()
    (root / "in" / "film.mp4").write_bytes(content[: len(content) // 2])
    (cut,) = run(root).found
    assert cut.error.code == "cut-off"


def test_a_file_is_at_rest_when_neither_its_size_nor_its_date_has_changed_for_so_long():
    def seen(size: int, written: int) -> Arrival:
        return Arrival(Path("in/a"), Path("a"), Stamp(size, written))

    rest = Rest(5.0)
    at = [(0.0, 1, 1), (4.0, 1, 1), (4.5, 2, 1), (9.0, 2, 2), (13.9, 2, 2), (14.0, 2, 2)]
    ready = [bool(rest.of([seen(size, written)], now)) for now, size, written in at]
    assert ready == [False, False, False, False, False, True]
    assert rest.of([], 20.0) == []
    assert rest.of([seen(2, 2)], 30.0) == [], "who was gone begins anew"


def test_names_of_what_is_still_being_written_wait_until_they_are_changed(root):
    names = ["a.mp4.part", "b.mp4.crdownload", "c.TMP", ".d.mp4.x8Fq2z", "e.mp4~", "f.filepart"]
    for name in names:
        make_still(root / "still.jpg").rename(root / "in" / name)
    (root / "in" / ".hidden").mkdir()
    make_still(root / "in" / ".hidden" / "g.jpg")
    (root / "in" / "link.jpg").symlink_to(root / "in" / "e.mp4~")
    assert run(root).found == []
    (root / "in" / "c.TMP").rename(root / "in" / "c.jpg")
    assert places(run(root)) == ["c.jpg"]


def test_what_is_no_film_and_no_picture_is_passed_over(root):
    (root / "in" / "notes.txt").write_text("no film")
    make_still(root / "in" / "named-by-nobody.jpg").rename(root / "in" / "unnamed")
    assert places(run(root)) == ["unnamed"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_a_file_that_a_process_has_open_for_writing_is_seen_and_waits(root):
    film = make_film(root / "in" / "film.mp4", SHORT)
    with film.open("rb"):
        assert not being_written(film)
    with film.open("ab"):
        assert being_written(film)
        assert not being_written(film, Path("/nobody/tells"))
        assert run(root, left=1).found == []
    assert places(run(root)) == ["film.mp4"]


def test_a_folder_that_goes_away_is_waited_for_and_one_below_that_cannot_be_read_is_told(root):
    told = []
    (root / "in" / "shut").mkdir()
    assert arrivals(root / "in", lambda path, _: told.append(path.name)) == []
    with pytest.raises(UnreadableInputError):
        arrivals(root / "gone", lambda *_: None)
    if os.getuid():
        (root / "in" / "shut").chmod(0)
        arrivals(root / "in", lambda path, _: told.append(path.name))
        assert told == ["shut"]


# --- once ----------------------------------------------------------------------------------------


def test_a_tree_is_kept_and_nothing_is_done_twice_or_for_its_date_alone(root):
    (root / "in" / "deep" / "er").mkdir(parents=True)
    make_film(root / "in" / "deep" / "er" / "a.mp4", SHORT)
    make_still(root / "in" / "b.jpg")
    assert places(run(root)) == ["b.jpg", "deep/er/a.mp4"]
    all_once(root, root / "home", {"b.jpg": 1, "deep/er/a.mp4": 6})
    before = (root / "out" / "b.jpg").stat().st_mtime_ns
    os.utime(root / "in" / "b.jpg", (1, 1))
    assert places(run(root)) == []
    (root / "out" / "b.jpg").unlink()
    assert places(run(root)) == [], "a copy that somebody took away is not made again"
    make_film(root / "in" / "deep" / "er" / "a.mp4", LONGER)
    assert places(run(root)) == ["deep/er/a.mp4"]
    assert before


def test_what_a_changed_file_was_before_is_kept_with_its_report(root):
    film = root / "in" / "a.mp4"
    made = []
    for recipe in (SHORT, LONGER, SHORT):
        make_film(film, recipe)
        run(root)
        made.append((root / "out" / "a.mp4").read_bytes())
    earlier = root / "out" / "earlier"
    assert [(earlier / f"a.{n}.mp4").read_bytes() for n in (1, 2)] == made[:2]
    reports = [json.loads((earlier / f"a.mp4.{n}.json").read_text()) for n in (1, 2)]
    assert [report["inputs"][0]["frames"] for report in reports] == [6, 9]
    assert frames(root / "out" / "a.mp4") == 6


def test_a_memory_that_was_lost_makes_nothing_twice_and_replaces_nothing(root):
    make_film(root / "in" / "a.mp4", SHORT)
    run(root)
    before = (root / "out" / "a.mp4").stat()
    shutil.rmtree(root / "out" / ".yingbi-watch")
    assert places(run(root)) == ["a.mp4"], "its report says that it is done"
    assert (root / "out" / "a.mp4").stat().st_mtime_ns == before.st_mtime_ns
    shutil.rmtree(root / "out" / ".yingbi-watch")
    (root / "out" / "reports" / "a.mp4.json").unlink()
    (strange,) = run(root).found
    assert strange.error.code == "output-exists"
    assert (root / "out" / "a.mp4").stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize("name", ["reports", "quarantine", "Earlier"])
def test_a_folder_of_the_watchers_own_names_is_not_written_into(root, name):
    (root / "in" / name).mkdir()
    make_still(root / "in" / name / "a.jpg")
    (refused,) = run(root).found
    assert refused.error.code == "unsafe-output"
    assert outputs(root / "out") == {}


# --- the memory ----------------------------------------------------------------------------------


def known(number: int = 0) -> Known:
    return Known(State.DONE, number, number, "0" * 64)


def test_a_line_that_was_cut_is_not_there_and_one_that_was_altered_is_refused(tmp_path):
    with opened_memory(tmp_path) as memory:
        for number in range(3):
            memory.note(Path(f"影{number}\udcff.mp4"), known(number))
    file = tmp_path / "memory"
    whole = file.read_bytes()
    lines = whole.splitlines(keepends=True)
    for cut in range(len(whole) - len(lines[-1]), len(whole)):
        file.write_bytes(whole[:cut])
        with opened_memory(tmp_path) as memory:
            assert len(memory.of(State.DONE)) == 2
            memory.note(Path("new"), known())
        with opened_memory(tmp_path) as memory:
            assert len(memory.of(State.DONE)) == 3
    altered = [lines[0].replace(b"00", b"01"), *lines[1:]]
    for content in (
        altered,
        lines[1:],
        [lines[1], lines[0], lines[2]],
        [b"\0" * 9 + b"\n", *lines],
    ):
        file.write_bytes(b"".join(content))
        with pytest.raises(WatchMemoryError), opened_memory(tmp_path):
            pass
    file.write_bytes(whole)
    with opened_memory(tmp_path) as memory:
        assert memory.get(Path("影1\udcff.mp4")) == known(1)


def test_a_note_that_finds_no_room_leaves_what_was_noted_before(tmp_path, monkeypatch):
    assert len(FIRST) == 64
    with opened_memory(tmp_path) as memory:
        memory.note(Path("a"), known())
        real = os.fsync
        monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "full")))
        with pytest.raises(Exception, match="full") as full:
            memory.note(Path("b"), known())
        assert over_soon(full.value)
        assert memory.get(Path("b")) is None
        monkeypatch.setattr(os, "fsync", real)
        memory.note(Path("c"), known())
    with opened_memory(tmp_path) as memory:
        assert set(memory.of(State.DONE)) == {Path("a"), Path("c")}


def test_what_the_program_died_over_ten_times_is_left_alone_and_comes_last_before(root):
    for name in ("a.jpg", "b.jpg"):
        make_still(root / "in" / name)
    begun = dict(zip(("size", "written_ns"), stamp_now(root / "in" / "a.jpg"), strict=True))
    from yingbi.usecases.evidence import identity

    digest = identity(root / "in" / "a.jpg").sha256
    state = root / "out" / ".yingbi-watch"
    for tries, expected in ((1, None), (MOST_TRIES, "gave-up")):
        with opened_memory(state) as memory:
            memory.note(
                Path("a.jpg"),
                Known(State.BEGUN, sha256=digest, tries=tries, output="a.jpg", **begun),
            )
        found = run(root).found
        assert found[-1].place == Path("a.jpg")
        assert (found[-1].error.code if found[-1].error else None) == expected
    assert places(run(root, retry=True)) == ["a.jpg"]


def stamp_now(path: Path) -> tuple[int, int]:
    stamp = stamp_of(path)
    return stamp.size, stamp.written_ns


# --- quarantine ----------------------------------------------------------------------------------


def test_a_bad_file_has_its_record_is_left_alone_and_heals_when_it_changes(root):
    whole = make_film(root / "film.mp4").read_bytes()
    (root / "in" / "a.mp4").write_bytes(whole[:9000])
    make_still(root / "in" / "b.jpg")
    chinese = command(root, LANG="zh_CN.UTF-8")
    once = ("watch", "in", "out", "--once", "--settle", "0", "--targets", "face")
    answer = chinese(*once, status=1)
    assert [line.split("'")[0][:2] for line in answer.out.splitlines()] == ["已隔", "已虚"]
    record = root / "out" / "quarantine" / "a.mp4.json"
    told = json.loads(record.read_text())
    assert (told["source"], told["code"], told["bytes"]) == ("a.mp4", "cut-off", 9000)
    assert "残缺" in told["message"] or "截断" in told["message"] or "损坏" in told["message"]
    assert chinese(*once, status=1).out == "", "not tried again, and not well either"
    assert len(chinese(*once, "--retry", status=1).out.splitlines()) == 1
    clear = [path for path in (root / "out").rglob("*") if path.is_file()]
    assert not any(whole[2000:2100] in path.read_bytes() for path in clear)
    (root / "in" / "a.mp4").write_bytes(whole)
    assert places(run(root)) == ["a.mp4"]
    assert not record.exists()
    assert chinese(*once).out == ""


def test_the_control_of_the_above_what_the_source_holds_would_be_found(root):
    whole = make_film(root / "film.mp4").read_bytes()
    assert whole[2000:2100] in (root / "film.mp4").read_bytes()


def test_a_copy_in_which_a_face_is_still_seen_lies_in_quarantine_alone(root):
    face_film(root / "in" / "a.mp4", seconds=0.8, size=(80, 60))  # nowhere seen with 0.9
    blind = command(root, YINGBI_DETECT_FACE="0.9", YINGBI_CHECK_SCORE="0.5")
    once = ("watch", "in", "out", "--once", "--settle", "0", "--targets", "face", "--check")
    (line,) = blind(*once, status=1).out.splitlines()
    assert "[quarantined]" in line
    left = {path.relative_to(root / "out").as_posix() for path in (root / "out").rglob("*.*")}
    left.discard(".yingbi-watch")
    assert left == {
        "quarantine/a.mp4.json", "quarantine/a.mp4.quarantine", "reports/a.mp4.json",
    }  # fmt: skip
    assert (root / "out" / "quarantine" / "a.mp4.quarantine").stat().st_mode & 0o777 == 0o600
    yingbi = command(root)
    (line,) = yingbi(*once, "--retry").out.splitlines()
    assert outputs(root / "out").keys() == {"a.mp4"}
    assert list((root / "out" / "quarantine").iterdir()) == []


def test_a_film_that_is_cut_off_is_salvaged_where_that_was_asked_for(root):
    content = make_film(root / "film.ts", Recipe(container="mpegts")).read_bytes()
    (root / "in" / "a.ts").write_bytes(content[: len(content) * 2 // 3 + 50])
    once = ("watch", "in", "out", "--once", "--settle", "0", "--targets", "face")
    once += ("--salvage", "--after", "remove")
    answer = command(root)(*once)
    assert "cut off" in answer.out
    assert "was not removed: it is cut off" in answer.err
    assert (root / "in" / "a.ts").exists()
    assert 0 < frames(root / "out" / "a.ts.mp4") < 24


# --- removing ------------------------------------------------------------------------------------


def test_a_source_goes_only_when_its_copy_is_what_was_written(root):
    for name in ("a.jpg", "b.jpg"):
        make_still(root / "in" / name)
    run(root)
    (root / "out" / "a.jpg").write_bytes(b"other")
    face = run(root, removes=True)
    assert [path.name for path in (root / "in").iterdir()] == ["a.jpg"]
    (line,) = face.lines
    assert "a.jpg' was not removed: its copy is not what was written" in line
    shutil.copyfile(root / "in" / "a.jpg", root / "in" / "b.jpg")
    assert places(run(root, removes=True)) == []
    assert not (root / "in" / "b.jpg").exists(), "it came again, is known, and goes"


def test_a_source_that_changed_since_is_never_removed(root):
    work = masking(root, removes=True)
    still = make_still(root / "in" / "a.jpg")
    (done,) = run(root).found
    stamp = stamp_of(still)
    remembered = Known(
        State.DONE, *stamp_now(still), sha256="1" * 64, output=done.output, written=done.written
    )
    assert work.remove(Arrival(still, Path("a.jpg"), stamp), remembered) == "it changed meanwhile"
    assert still.exists()

"""Files that are spoiled are refused, never stumbled over; what is accepted can be kept."""

import json
import os
import resource
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema_rs
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from yb import Yingbi
from yingbi.capture.boxes import read_boxes
from yingbi.capture.edits import DEEPEST, MOST_TRACKS, read_edit
from yingbi.capture.zones import read_zones
from yingbi.cli.edits import ranges_of
from yingbi.domain.decision import Addition, Choices, Join, Judgement, Split, TimeRange
from yingbi.domain.edit import Edit, FilmFacts, edit_text
from yingbi.domain.edit_errors import BoxesRefusedError, EditRefusedError
from yingbi.domain.region import Region, Target
from yingbi.domain.report_errors import BrokenOffError, RunInUseError, ZonesRefusedError
from yingbi.domain.sightings import SightingsWriter
from yingbi.domain.zone import Zone
from yingbi.errors import ReadWriteError, UsageError, YingbiError
from yingbi.keys.installation import InstallationKey, installation_key
from yingbi.standard.catalogue import edit_schema
from yingbi.usecases.journal import Journal, journal_of, opened_journal

VALIDATOR = jsonschema_rs.validator_for(json.loads(edit_schema()))
HERE = "@here@"
"""Stands for what no Python value can be dumped as."""

numbers = st.sampled_from(
    [-1, 0, 1, 2, 0.5, -0.5, 1.0, 1e308, -(1 << 31), 1 << 24, 1 << 31, 1 << 62, 10**30]
)
texts = st.sampled_from(["", "face", "soul", "mask", "1", "\ud800", "\u0000", "a\nb"]) | st.text()
plain = st.recursive(
    st.none() | st.booleans() | numbers | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.dictionaries(st.sampled_from(["do", "track", "kind", "x"]) | texts, inner, max_size=4)
    ),
    max_leaves=8,
).map(json.dumps)
raw = st.sampled_from(
    ["9" * 400, "9" * 5000, "-" + "9" * 400, "1e999", "-1e999", "NaN", "Infinity"]
    + ["[" * deep + "]" * deep for deep in (5, DEEPEST, DEEPEST + 2, 900, 100_000)]
    + ['{"a":' * deep + "1" + "}" * deep for deep in (40, 100_000)]
    + ["[[1]]", '{"a": 1, "a": 2}', "[9" + "9" * 400 + "]", '{"x": 1e999}', "01", ""]
)
values = plain | raw


def edit() -> Edit:
    writer = SightingsWriter(Fraction(1, 25))
    for number in range(3):
        face = Region(Target.FACE, (10, 10, 50, 60), 0.9, 1, seen=number != 1)
        writer.take(number, [face, Region(Target.PLATE, (90, 10, 99, 20), 0.4)], cut=number == 2)
    decisions = (
        Judgement("release", 1, None, 0, 1), Judgement("mask", None, Target.PLATE),
        Split(1, 2, 3), Join(1, 3),
        Addition(9, Target.FACE, ((0, (0, 0, 5, 5)), (2, (4, 0, 9, 5)))),
    )  # fmt: skip
    corners = ((0.1, 0.1), (0.4, 0.1), (0.4, 0.4))
    zones = (Zone("door", "mask", corners, to_s=3.0), Zone("2", "ignore", corners, from_s=1.0))
    film = FilmFacts("a.mp4", "0" * 64, 1, 640, 360, Fraction(1, 25))
    choices = Choices(decisions, zones, (TimeRange(0.0, 0.2),))
    found = {"targets": ["face", "plate"], "settings": {"a": [1, 0.5, None, True]}}
    return Edit(film, writer.finish(), choices, found)


EDIT = json.loads(edit_text(edit()))
RECTANGLE = {"name": "door", "do": "mask", "rectangle": [0, 0, 0.5, 0.5], "files": ["*.mp4"]}
ZONES = {"zone": [EDIT["zones"][0], EDIT["zones"][1], RECTANGLE]}
COCO = {
    "images": [{"id": 1, "frame": 0}, {"id": 2}],
    "categories": [{"id": 1, "name": "face"}, {"id": 2, "name": "plate"}],
    "annotations": [
        {"image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5], "score": 0.5},
        {"image_id": 2, "category_id": 2, "bbox": [1, 1, 5, 5]},
    ],
}
COLUMNS = ["frame", "x0", "y0", "x1", "y1", "kind", "score"]


def places(told: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield above
    if isinstance(told, (dict, list)):
        for name, one in told.items() if isinstance(told, dict) else enumerate(told):
            yield from places(one, (*above, name))


def spoiled(document: Any) -> st.SearchStrategy[str]:
    """Draw the document with something in the place of one of its values, or beside it."""
    return st.builds(
        lambda place, value, name: with_value(document, place, value, name),
        st.sampled_from(list(places(document))),
        values,
        st.none() | st.sampled_from(["name", "to_s", "held", "x"]) | texts,
    )


def with_value(document: Any, place: tuple[Any, ...], value: str, name: str | None = None) -> str:
    told = json.loads(json.dumps({"it": document}))
    at, last = told, "it"
    for step in place:
        at, last = at[last], step
    inner = at[last]
    if name is not None and isinstance(inner, dict):
        inner[name] = HERE
    elif name is not None and isinstance(inner, list):
        inner.append(HERE)
    else:
        at[last] = HERE
    return json.dumps(told)[len('{"it": ') : -1].replace(json.dumps(HERE), value)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    path = tmp_path_factory.mktemp("spoiled") / "it"

    def write(text: str) -> Path:
        path.write_bytes(text.encode("utf-8", "backslashreplace"))
        return path

    return write


def test_what_is_spoiled_below_is_whole_before(written):
    assert edit_text(read_edit(written(json.dumps(EDIT)))) == edit_text(edit())
    assert len(read_zones(written(json.dumps(ZONES)))) == 3
    assert len(read_boxes(written(json.dumps(COCO)))) == 2


def same(a: Edit, b: Edit) -> bool:
    columns = ("pts", "starts", "kinds", "boxes", "scores", "tracks", "seen", "cuts")
    return (a.film, a.choices, a.found) == (b.film, b.choices, b.found) and all(
        np.array_equal(getattr(a.sightings, name), getattr(b.sightings, name)) for name in columns
    )


@given(spoiled(EDIT))
@example(with_value(EDIT, ("found", "targets"), "[[1]]"))
@example(with_value(EDIT, ("found", "settings"), '{"a": 1e999}'))
@example(with_value(EDIT, ("zones", 1, "from_s"), "1e999"))
@example(with_value(EDIT, ("frames", 0, "regions", 0, "score"), "9" * 400))
@example(with_value(EDIT, ("frames", 0, "time_s"), "9" * 400))
@example(with_value(EDIT, ("ranges", 0, "to_s"), "9" * 400))
@example(with_value(EDIT, ("zones", 0, "polygon"), f"[[0, 0], [1, 0], [1, {'9' * 400}]]"))
@example(with_value(EDIT, ("zones", 0), '{"do": "mask", "rectangle": [0, 0, 1e-200, 1e-200]}'))
def test_a_spoiled_edit_is_refused_or_can_be_kept_as_it_is(written, text):
    try:
        first = read_edit(written(text))
    except EditRefusedError:
        return
    assert same(first, read_edit(written(edit_text(first))))


@given(spoiled(EDIT))
def test_what_the_schema_refuses_the_reader_refuses_too(written, text):
    with suppress(ValueError, RecursionError):
        if not VALIDATOR.is_valid(json.loads(text)):
            with pytest.raises(EditRefusedError):
                read_edit(written(text))


@given(spoiled(ZONES))
def test_spoiled_zones_are_refused_or_can_be_told_in_a_report(written, text):
    with suppress(ZonesRefusedError):
        for zone in read_zones(written(text)):
            json.dumps(zone.to_json(), allow_nan=False)
            zone.name.encode()


@pytest.mark.parametrize(
    "line",
    ["to_s = " + "9" * 5000, "from_s = inf", "from_s = nan", "x = " + "[" * 5000 + "]" * 5000,
     "to_s = 1979-05-27", "from_s = " + "9" * 400],
)  # fmt: skip
def test_zones_in_toml_are_refused_likewise(written, line):
    whole = '[[zone]]\ndo = "mask"\nrectangle = [0, 0, 1, 1]\n'
    assert read_zones(written(whole))
    with pytest.raises(ZonesRefusedError):
        read_zones(written(whole + line + "\n"))


@given(spoiled(COCO))
@example(with_value(COCO, ("categories", 0, "name"), '["face"]'))
@example(with_value(COCO, ("annotations", 0, "bbox", 3), "9" * 400))
def test_spoiled_coco_is_refused_or_read(written, text):
    with suppress(BoxesRefusedError):
        assert read_boxes(written(text))


@given(st.lists(st.lists(texts | plain | raw, min_size=5, max_size=7), max_size=3))
def test_a_spoiled_table_of_boxes_is_refused_or_read(written, rows):
    head = ",".join(COLUMNS[: len(rows[0])] if rows else COLUMNS)
    with suppress(BoxesRefusedError):
        assert read_boxes(written("\n".join([head, *(",".join(row) for row in rows)])))


@pytest.mark.parametrize(
    "text",
    [
        "frame,x0,y0,x1,y1,y1\n0,1,2,3,8,9\n",
        with_value(COCO, ("images", 1, "id"), "1"),
        with_value(COCO, ("categories", 1, "id"), "1"),
        with_value(COCO, ("categories", 0, "name"), '""').replace('"name": ""', '"name": null'),
        json.dumps(COCO).replace('"bbox"', '"bbox": [0, 0, 9, 9], "bbox"'),
    ],
)
def test_boxes_whose_names_stand_twice_or_say_nothing_are_refused(written, text):
    with pytest.raises(BoxesRefusedError):
        read_boxes(written(text))


@pytest.mark.parametrize(
    ("place", "value", "field"),
    [
        (("found", "targets"), "[[1]]", "found.targets"),
        (("found", "settings"), "1e999", "found"),
        (("found", "settings"), "[" * DEEPEST + "]" * DEEPEST, "found"),
        (("tracks",), "3", "tracks"),
        (("version",), "true", "version"),
        (("frames", 1, "frame"), "true", "frames[1].frame"),
        (("frames", 1, "time_s"), '"0.04"', "frames[1].time_s"),
        (("film", "time_base"), f"[1, {1 << 31}]", "film.time_base"),
        (("zones", 1, "from_s"), "1e999", "zones[1].from_s"),
        (("zones", 1, "name"), r'"\ud800"', "zones[1].name"),
        (("zones", 1, "name"), '"a", "name": "b"', "*"),
        (("frames", 0, "regions", 0, "track"), str(MOST_TRACKS), "frames[0].regions.track"),
        (("decisions", 0, "track"), str(MOST_TRACKS), "decisions[0].track"),
        (("decisions", 2, "into"), str(MOST_TRACKS), "decisions[2].into"),
        (("decisions", 3, "tracks"), f"[1, {MOST_TRACKS}]", "decisions[3].tracks"),
        (("decisions", 4, "track"), str(MOST_TRACKS), "decisions[4].track"),
    ],
)
def test_a_spoiled_edit_is_refused_with_the_place(written, place, value, field):
    with pytest.raises(EditRefusedError) as refused:
        read_edit(written(with_value(EDIT, place, value)))
    assert refused.value.facts["field"] == field


def test_the_largest_track_is_read_and_the_schema_has_the_same_bound(written):
    for track, good in ((MOST_TRACKS - 1, True), (MOST_TRACKS, False)):
        text = with_value(EDIT, ("frames", 0, "regions", 0, "track"), str(track))
        assert VALIDATOR.is_valid(json.loads(text)) is good
        if good:
            assert read_edit(written(text)).sightings.largest_track == track


def test_a_zone_without_an_end_stays_without_one(written):
    text = with_value(EDIT, ("zones", 0, "to_s"), "null")
    assert VALIDATOR.is_valid(json.loads(text))
    kept = read_edit(written(edit_text(read_edit(written(text)))))
    assert kept.choices.zones[0].to_s == float("inf")


def test_spoiled_files_end_in_one_line_and_a_status(tmp_path):
    yingbi = Yingbi(tmp_path)
    (tmp_path / "e.json").write_text(with_value(EDIT, ("found", "targets"), "[[1]]"))
    assert "[edit-refused]" in yingbi("edit", "show", "e.json", status=65).err
    (tmp_path / "z.json").write_text(with_value(ZONES, ("zone", 1, "from_s"), "9" * 400))
    answer = yingbi("mask", "e.json", "--zones", "z.json", "-o", "o.json", status=78)
    assert "[zones-refused]" in answer.err


@pytest.mark.parametrize("text", ["0.." + "9" * 400, "9" * 5000 + ":00:00..1", "0..1" + "0" * 9])
def test_times_that_no_film_has_are_refused(text):
    assert ranges_of(["0:59:59..1:00:00.5"]) == (TimeRange(3599.0, 3600.5),)
    with pytest.raises(UsageError):
        ranges_of([text])


# --- the journal's end: nothing is removed while it is open, and nobody else can have it ---------


@pytest.fixture
def key(tmp_path: Path) -> InstallationKey:
    return installation_key(tmp_path / "home", "intl")


def run(report: Path, key: InstallationKey, inside: Callable[[Journal], None], **how: bool) -> None:
    wanted = {"resume": False, "force": False} | how
    with opened_journal(report, key, {"version": 2}, **wanted) as (journal, _):
        inside(journal)


def fails(journal: Journal) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("inside", [lambda _: None, fails])
def test_a_journal_is_closed_before_it_is_removed(tmp_path, key, monkeypatch, inside):
    monkeypatch.setitem(sys.modules, "fcntl", None)  # a system without locks, such as Windows
    report, unlink, removed = tmp_path / "r.json", Path.unlink, []

    def as_on_windows(path: Path, **how: bool) -> None:
        held = [os.path.realpath(link) for link in Path("/proc/self/fd").iterdir()]
        if str(path) in held:
            raise PermissionError(path)
        removed.append(path)
        unlink(path, **how)

    monkeypatch.setattr(Path, "unlink", as_on_windows)
    with journal_of(report).open("wb"), pytest.raises(PermissionError):
        journal_of(report).unlink()  # the control: what is open is noticed
    with suppress(KeyboardInterrupt):
        run(report, key, inside)
    assert removed == [journal_of(report)]
    assert not journal_of(report).exists()


def test_a_journal_is_held_until_it_is_gone(tmp_path, key, monkeypatch):
    report, unlink, told = tmp_path / "r.json", Path.unlink, []

    def watched(path: Path, **how: bool) -> None:
        try:
            run(report, key, lambda _: None, resume=True)
        except YingbiError as error:
            told.append(error.code)
        unlink(path, **how)

    monkeypatch.setattr(Path, "unlink", watched)
    run(report, key, lambda _: None)
    assert told == [RunInUseError.code]


def test_two_runs_never_hold_one_report_at_once_however_they_come_and_go(tmp_path, key):
    report, at_work, twice = tmp_path / "r.json", [], []

    def inside(_: Journal) -> None:
        at_work.append(1)
        if len(at_work) > 1 or not journal_of(report).exists():
            twice.append(1)
        at_work.pop()

    def often() -> None:
        for _ in range(60):
            with suppress(RunInUseError):
                run(report, key, inside, force=True)

    threads = [threading.Thread(target=often) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not twice
    assert not journal_of(report).exists()


def test_what_was_finished_stays_and_is_told_of_to_the_next_run(tmp_path, key):
    report = tmp_path / "r.json"

    def broken_off(journal: Journal) -> None:
        journal.done({"output": "a"})
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(report, key, broken_off)
    with pytest.raises(BrokenOffError):
        run(report, key, lambda _: None)
    assert journal_of(report).stat().st_size


@pytest.mark.parametrize("note", [Journal.begin, Journal.done])
def test_a_disk_that_takes_no_more_ends_in_the_runs_own_error(tmp_path, key, note):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def filled(journal: Journal) -> None:
        size = journal_of(tmp_path / "r.json").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 9, hard))
        note(journal, Path("a") if note is Journal.begin else {"output": "a"})

    try:
        with pytest.raises(ReadWriteError):
            run(tmp_path / "r.json", key, filled)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    run(tmp_path / "r.json", key, lambda _: None, resume=True)

"""Records instead of pictures: numbered people, cut by the clock, of one size."""

from collections.abc import Iterable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yingbi.domain.frame import Frame, Plane
from yingbi.domain.part import Records
from yingbi.domain.record import Event, Identity, Pose, Record
from yingbi.domain.region import Region, Target
from yingbi.errors import RecordRefusedError
from yingbi.structure.pack import pack, unpack
from yingbi.structure.scribe import Diary, Scribe

POINTS = tuple((0.1 * (i % 7), 0.05 * i, 0.9) for i in range(17))


class Posing:
    """Key points that are always the same: the scribe's clock is tested here, not the network."""

    def find(self, frame: Frame, box: object) -> tuple[tuple[float, float, float], ...]:
        return POINTS


def frame_at(time_s: float) -> Frame:
    plane = Plane(np.zeros((4, 4), np.uint8), 0, 0, (128,))
    return Frame(0, round(time_s * 1000), Fraction(1, 1000), (plane,), "grey")


def person(track: int) -> Region:
    return Region(Target.PERSON, (0, 0, 40, 100), 0.9, track)


def written(diary: Diary, moments: Iterable[tuple[float, list[Region]]]) -> list[Records]:
    scribe, pages = Scribe(diary, Posing()), []
    for time_s, regions in moments:
        pages += scribe.note(frame_at(time_s), regions, frozenset({"body"}))
    return pages + list(scribe.finish())


def all_records(pages: Iterable[Records]) -> list[Record]:
    return [record for page in pages for record in unpack(page.content)]


def test_who_comes_and_goes_is_written_with_the_right_times() -> None:
    moments = [(i / 10, [person(7)] if 20 <= i < 60 else []) for i in range(100)]
    records = all_records(written(Diary(("identity", "pose", "event"), True, 2.0), moments))
    assert Event("entered", 2.0, "unknown 1") in records
    assert Event("left", 5.9, "unknown 1") in records
    assert [r.count for r in records if isinstance(r, Event) and r.event == "count"] == [1, 0]
    assert [r for r in records if isinstance(r, Identity)] == [Identity("unknown 1", 2.0, 5.9, 0.9)]
    poses = [r.time_s for r in records if isinstance(r, Pose)]
    assert len(poses) == 8
    assert min(np.diff(poses)) == pytest.approx(0.5)


def test_only_kept_kinds_are_written() -> None:
    moments = [(i / 10, [person(1)]) for i in range(50)]
    records = all_records(written(Diary(("event",), True, 2.0), moments))
    assert {type(record) for record in records} == {Event}


def test_pages_are_cut_by_the_clock_also_when_nothing_happens() -> None:
    pages = written(
        Diary(("identity", "pose", "event"), True, 2.0), [(i * 0.5, []) for i in range(500)]
    )
    assert [(p.from_s, p.to_s) for p in pages] == [
        (0.0, 60.0), (60.0, 120.0), (120.0, 180.0), (180.0, 240.0), (240.0, 249.5)
    ]  # fmt: skip
    assert {p.padded_to for p in pages} == {65536}


def test_events_alone_take_a_small_page_every_five_minutes() -> None:
    pages = written(Diary(("event",), True, 2.0), [(float(i), []) for i in range(700)])
    assert [p.padded_to for p in pages] == [4096, 4096, 4096]


@settings(max_examples=15)
@given(st.integers(1, 60), st.sampled_from([4096, 65536]))
def test_what_does_not_fit_loses_poses_and_nothing_else(people: int, size: int) -> None:
    rng = np.random.default_rng(people)
    records: list[Record] = [Event("entered", 0.0, f"unknown {i}") for i in range(people)]
    for moment in range(120):
        for i in range(people):
            points = tuple((float(x), float(y), 0.9) for x, y in rng.random((17, 2)))
            records.append(Pose(f"unknown {i}", moment / 2, points))
    pages = list(pack(records[: 4000 + people], (0, 60), size, ()))
    kept = all_records(pages)
    assert all(len(page.content) <= size for page in pages)
    assert [r for r in kept if isinstance(r, Event)] == records[:people]
    lost = len(records[: 4000 + people]) - len(kept)
    assert sum(page.poses_dropped for page in pages) == lost


@pytest.mark.parametrize("damage", [lambda c: c[:-1], lambda c: c + b"x", lambda c: b"\0" + c[1:]])
def test_damaged_content_is_refused(damage: object) -> None:
    page = next(pack([Event("count", 1.0, count=2)], (0, 1), None, ()))
    with pytest.raises(RecordRefusedError):
        unpack(damage(page.content))  # type: ignore[operator]

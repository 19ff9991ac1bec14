"""Records instead of pictures: numbered people, cut by the clock, of one size."""

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yingbi.domain.frame import Frame, Plane
from yingbi.domain.part import Records
from yingbi.domain.record import Attribute, Behaviour, Event, Identity, Pose, Record
from yingbi.domain.record_form_1 import to_lines as to_lines_1
from yingbi.domain.record_page import MOST_NETWORKS, ClockState, Head, page_lines, page_of
from yingbi.domain.region import Region, Target
from yingbi.errors import RecordRefusedError
from yingbi.structure.pack import MEDIA_TYPE, MOST_BYTES, pack, unpack, unpack_page
from yingbi.structure.scribe import Diary, Scribe
from yingbi.track.tracker import track

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


@dataclass(frozen=True)
class Tick:
    index: int
    time_s: float


@pytest.mark.parametrize("gap_s", [0.5, 1.0, 2.0, 5.0])
def test_whoever_stands_still_is_told_as_one_however_seldom_frames_come(gap_s: float) -> None:
    found = [(Tick(n, n * gap_s), [person(0)]) for n in range(12)]
    moments = [(frame.time_s, regions) for frame, regions in track(found, hold_s=0.5)]
    told = all_records(written(Diary(("identity", "event"), True, 2.0), moments))
    happened = [(r.event, r.time_s, r.count) for r in told if isinstance(r, Event)]
    assert happened == [("entered", 0.0, None), ("count", 0.0, 1)]


@pytest.mark.parametrize("gap_s", [0.1, 1.0, 2.0])
def test_whoever_is_missed_for_less_than_is_held_does_not_leave(gap_s: float) -> None:
    """Frames come unevenly: just where he is missed one comes early."""
    times = [gap_s * (n - 0.2 * (n == 8)) for n in range(16)]
    moments = [(time_s, [] if n == 8 else [person(1)]) for n, time_s in enumerate(times)]
    told = all_records(written(Diary(("event",), True, 2.0), moments))
    assert [r.event for r in told if isinstance(r, Event)] == ["entered", "count"]


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


def test_events_alone_take_a_small_page_every_six_minutes() -> None:
    pages = written(Diary(("event",), True, 2.0), [(float(i), []) for i in range(900)])
    assert [p.padded_to for p in pages] == [4096, 4096, 4096]


HEAD = Head(
    datetime(2026, 11, 29, 19, tzinfo=UTC),
    ClockState("device", -12, 40),
    (("pose-movenet", "5f" * 32),),
)


def crowded(people: int) -> tuple[list[Record], list[Record]]:
    """Return what is told of many people besides poses, and two poses a second of each, of noise."""
    rng = np.random.default_rng(people)
    told: list[Record] = []
    for name in (f"unknown {i}" for i in range(people)):
        told += [Event("entered", 0.0, name), Identity(name, 0, 60, 0.9)]
        told += [Behaviour(name, 0, 60, "walking", 0.8)]
        told += [Attribute(name, 0, 60, "upper-colour", "red", 0.7)]
    poses: list[Record] = []
    for moment in range(120):
        for i in range(people):
            points = tuple((float(x), float(y), 0.9) for x, y in rng.random((17, 2)))
            poses.append(Pose(f"unknown {i}", moment / 2, points, (0.1, 0.2, 0.3, 0.9)))
    return told, poses[:2000]


@settings(max_examples=8)
@given(st.integers(1, 60), st.sampled_from([4096, 65536]))
def test_what_does_not_fit_loses_poses_and_nothing_else(people: int, size: int) -> None:
    told, poses = crowded(people)
    pages = list(pack([*told, *poses], (0, 60), size, (), HEAD))
    kept = all_records(pages)
    assert all(len(page.content) <= size for page in pages)
    assert [r for r in kept if not isinstance(r, Pose)] == told
    lost = len(told) + len(poses) - len(kept)
    assert sum(page.poses_dropped for page in pages) == lost
    assert {unpack_page(page.content).head for page in pages} == {HEAD}


def walking(people: int, seed: int = 5) -> list[Record]:
    """A minute of people who walk about, seen by a network that is off by some thousandths."""
    rng = np.random.default_rng(seed)
    records: list[Record] = []
    for i, now in ((i, now) for now in np.arange(0, 60, 0.5) for i in range(people)):
        x, y = 0.2 + 0.2 * i + 0.1 * np.sin(now / 7 + i), 0.3 + 0.02 * np.sin(now / 5)
        swing = 0.02 * np.sin(4 * now + np.arange(17))
        body = np.stack([x + swing, y + 0.03 * np.arange(17)], axis=1) + rng.normal(
            0, 0.004, (17, 2)
        )
        points = tuple(
            (a, b, v) for (a, b), v in zip(body, rng.normal(0.8, 0.05, 17).clip(0, 1), strict=True)
        )
        records.append(Pose(f"unknown {i + 1}", float(now), points, (x, y, x + 0.1, y + 0.6)))
    return records


def test_what_is_sealed_takes_half_the_room_of_its_lines() -> None:
    records = walking(3)
    (page,) = pack(records, (0, 60), None, (), HEAD)
    lines = zlib.compress(page_lines(page_of(HEAD, tuple(records))), 9)
    assert len(page.content) < 0.55 * len(lines)


def test_a_minute_of_ten_people_fits_its_fixed_size_with_every_pose() -> None:
    (page,) = pack(walking(10), (0, 60), 65536, (), HEAD)
    assert page.poses_dropped == 0


def test_the_longest_head_leaves_room_for_records_in_the_smallest_page() -> None:
    rng = np.random.default_rng(8)
    names = sorted({f"{rng.bytes(16).hex()}" for _ in range(MOST_NETWORKS)})
    head = Head(HEAD.start, HEAD.clock, tuple((name, rng.bytes(32).hex()) for name in names))
    events: list[Record] = [Event("entered", i, f"unknown {i}") for i in range(500)]
    pages = list(pack(events, (0, 300), 4096, (), head))
    assert all_records(pages) == events
    assert 1 < len(pages) < 9
    assert {unpack_page(page.content).head for page in pages} == {head}


def test_what_is_packed_says_what_it_is_and_keeps_its_head() -> None:
    (page,) = pack([], (0, 60), None, (), HEAD)
    assert page.media_type == MEDIA_TYPE
    assert unpack_page(page.content) == page_of(HEAD, ())
    (bare,) = pack([], (0, 60), None, ())
    assert unpack_page(bare.content).head == Head()


def test_pages_of_schema_1_are_read_and_are_told_apart() -> None:
    records: list[Record] = [Event("entered", 1.25, "unknown 1"), Pose("unknown 1", 1.5, POINTS)]
    page = unpack_page(zlib.compress(to_lines_1(records)))
    assert (page.schema, page.head) == (1, Head())
    assert [type(one) for one in page.records] == [Event, Pose]
    assert unpack(zlib.compress(b"")) == []


@pytest.mark.parametrize("damage", [lambda c: c[:-1], lambda c: c + b"x", lambda c: b"\0" + c[1:]])
def test_damaged_content_is_refused(damage: object) -> None:
    page = next(pack([Event("count", 1.0, count=2)], (0, 1), None, ()))
    with pytest.raises(RecordRefusedError):
        unpack(damage(page.content))  # type: ignore[operator]


@pytest.mark.parametrize("filling", [b"\n", b" ", b"\0", b"[", b"\x81", b"{}\n"])
def test_a_page_that_swells_beyond_all_measure_is_refused(filling: bytes) -> None:
    content = zlib.compress(filling * (MOST_BYTES // len(filling) + 1))
    assert len(content) < 70_000
    with pytest.raises(RecordRefusedError):
        unpack(content)


# --- nothing that is told of somebody denies the rest ---------------------------------------------

STOOD, LAY = (140, 60, 200, 260), (110, 210, 300, 270)


@dataclass(frozen=True)
class Stretch:
    """So many frames in which somebody stands or lies, and what of it is seen."""

    frames: int
    lies: bool
    found: bool
    posed: bool
    another: bool  # another track begins
    score: float


STRETCHES = st.lists(
    st.builds(
        Stretch,
        st.integers(1, 40),
        *[st.booleans()] * 4,
        st.sampled_from([0.3, 0.5, 0.9]),
    ),
    min_size=1,
    max_size=8,
)


class Drawn:
    """Poses of whoever is drawn: along their box, where a pose is seen at all."""

    def __init__(self) -> None:
        self.box: tuple[int, int, int, int] | None = None

    def find(self, frame: Frame, box: object) -> tuple[tuple[float, float, float], ...] | None:
        if self.box is None:
            return None
        (x0, y0, x1, y1), (width, height) = self.box, frame.size
        shares = (0, 0, 0, 0, 0, 0.2, 0.2, 0.35, 0.35, 0.5, 0.5, 0.5, 0.5, 0.75, 0.75, 1, 1)
        tall = y1 - y0 > x1 - x0
        return tuple(
            (
                (x0 + (x1 - x0) * (0.4 + 0.2 * (n % 2) if tall else share)) / width,
                (y0 + (y1 - y0) * (share if tall else 0.4 + 0.2 * (n % 2))) / height,
                0.9,
            )
            for n, share in enumerate(shares)
        )


def drawn_moments(
    stretches: list[Stretch], gap_s: float, begins_s: float, poses: Drawn
) -> Iterator[tuple[Frame, list[Region]]]:
    plane = Plane(np.zeros((360, 480), np.uint8), 0, 0, (128,))
    number, on = 0, 1
    for one in stretches:
        on += one.another
        for _ in range(one.frames):
            at_ms = round((begins_s + number * gap_s) * 1000)
            frame = Frame(number, at_ms if number else 0, Fraction(1, 1000), (plane,), "grey")
            box = LAY if one.lies else STOOD
            poses.box = box if one.posed else None
            regions = [Region(Target.PERSON, box, one.score, on)] if one.found else []
            yield frame, regions
            number += 1


@settings(max_examples=150, deadline=None)
@given(STRETCHES, st.sampled_from([0.04, 0.1, 0.3, 1.0]), st.sampled_from([0.0, 57.0]))
def test_nothing_that_is_told_of_somebody_denies_the_rest(stretches, gap_s, begins_s) -> None:
    poses = Drawn()
    scribe, pages = Scribe(Diary(("identity", "pose", "behaviour", "event"), True, 2.0), poses), []
    for frame, regions in drawn_moments(stretches, gap_s, begins_s, poses):
        pages += scribe.note(frame, regions, frozenset({"body"}))
    told = all_records([*pages, *scribe.finish()])
    came, left = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    for one in told:
        if isinstance(one, Event) and one.event in ("entered", "left") and one.subject:
            (came if one.event == "entered" else left)[one.subject].append(one.time_s)
    did = [one for one in told if isinstance(one, Behaviour)]
    for one in did:
        stays = zip(came[one.subject], [*left[one.subject], float("inf")], strict=False)
        assert any(from_s <= one.from_s and one.to_s <= to_s for from_s, to_s in stays), one
    for one, other in combinations(did, 2):
        apart = one.to_s <= other.from_s or other.to_s <= one.from_s
        assert one.subject != other.subject or apart, (one, other)
    for one in told:
        if isinstance(one, Identity) and len(left[one.subject]) == len(came[one.subject]):
            assert one.to_s <= max(left[one.subject])

"""The bench of drawn falls and drawn days: true bodies, true gravity, measured noise, an honest judge."""

from itertools import pairwise

import numpy as np
import pytest

from yingbi.bench.daily.actor import Actor, Span, ballistic, smooth
from yingbi.bench.daily.body import HEAD, JOINTS, PELVIS, Body, points_of, pose_of, resting
from yingbi.bench.daily.days import (
    OF_CHILDREN,
    ROUTINE,
    Stream,
    drawn_actor,
    drawn_falls,
    drawn_life,
)
from yingbi.bench.daily.falls import KINDS, fall, mirrored
from yingbi.bench.daily.judge import confused, judge, poisson_interval, verdict
from yingbi.bench.daily.moves import go, walking_pace
from yingbi.bench.daily.noise import (
    DOWN,
    FILMS,
    STILLS,
    UPRIGHT,
    Look,
    glimpses_of,
    lost,
    noisy_points,
    times_of,
)
from yingbi.bench.daily.postures import LIE_BACK, LIE_SIDE, SQUAT, STAND
from yingbi.bench.daily.strip import act, strip
from yingbi.bench.daily.view import Camera, Screen, seen
from yingbi.domain.glimpse import Glimpse
from yingbi.domain.record import BEHAVIOURS, Behaviour, Event

ADULT = Body.of(1.7)
CAMERA = Camera(height_m=2.0, down_deg=15.0, lens_deg=80.0, aspect=16 / 9)


def lengths(points):
    bones = [
        (5, 7),
        (7, 9),
        (6, 8),
        (8, 10),
        (11, 13),
        (13, 15),
        (12, 14),
        (14, 16),
        (5, 6),
        (11, 12),
    ]
    return np.array([np.linalg.norm(points[:, a] - points[:, b], axis=1) for a, b in bones])


def test_limbs_keep_their_lengths_in_any_pose(rng):
    poses = rng.uniform(-2.5, 2.5, (200, len(JOINTS)))
    found = lengths(points_of(ADULT, poses))
    assert np.allclose(found, found[:, :1])
    assert np.isclose(found[0, 0], ADULT.upper_arm)
    assert np.isclose(found[5, 0], ADULT.shank)


def test_a_body_is_as_high_as_it_is_said_to_be():
    for height_m in (0.8, 1.2, 1.7, 1.95):
        points, _ = resting(Body.of(height_m), pose_of()[None])
        assert points[0, HEAD, 2] + 0.075 * height_m == pytest.approx(height_m, rel=0.06)


def test_angles_turn_the_way_that_their_names_say():
    def one(**angles):
        return points_of(ADULT, pose_of(**angles)[None])[0]

    assert one(pitch=60)[0, 0] > 0.3  # the face goes ahead
    assert one(roll=60)[0, 1] < -0.3  # and to the right
    assert one(hip_l=90)[13, 0] > 0.3  # the left knee comes up ahead
    assert one(hip_l=90, knee_l=90)[15, 2] < -0.3  # its shank hangs
    assert one(raise_r=90)[10, 0] > 0.3
    assert one(spread_l=90)[9, 1] > 0.5
    assert one(yaw=90)[0, 1] > 0.05


def test_whoever_stands_up_and_down_keeps_both_feet_in_place(rng):
    actor = Actor(ADULT, rng, STAND.copy())
    actor.to(1.0, actor.towards(SQUAT))
    actor.to(1.0, actor.towards(STAND))
    _, points = actor.played()
    ankles = points[:, 15:17, :2]
    assert np.abs(ankles - ankles[0])[:, :, 0].max() < 0.01
    assert np.abs(ankles - ankles[0])[:, :, 1].max() < 0.06  # the knees open
    assert np.ptp(points[:, PELVIS, 2]) > 0.3


def test_the_foot_that_bears_does_not_slide_and_the_body_goes_ahead(rng):
    actor = Actor(ADULT, rng, STAND.copy())
    go(actor, 4.0, walking_pace(actor))
    times, points = actor.played()
    speeds = np.diff(points[:, 15:17, 0], axis=0) / np.diff(times)[:, None]
    assert np.median(speeds.min(axis=1)) < 0.05  # one foot stands at any time
    assert np.median(speeds.max(axis=1)) > 1.0  # the other goes
    assert 3.0 < actor.place[0] < 5.5
    assert 0.4 < np.median(np.diff(points[:, PELVIS, 0]) / np.diff(times)) < 2.0


def test_nobody_sinks_into_the_floor():
    for name in (
        "tying shoes",
        "sitting on the floor",
        "exercising on the floor",
        "a child on the floor",
    ):
        actor = act(name, 3)
        _, points = actor.played()
        assert points[:, :, 2].min() > -0.03, name


def falls_of(kind, count=6):
    for seed in range(count):
        actor = drawn_actor(np.random.default_rng([seed, len(kind)]))
        fall(actor, kind)
        yield actor


@pytest.mark.parametrize("kind", KINDS)
def test_falls_obey_gravity(kind):
    for actor in falls_of(kind):
        times, points = actor.played()
        (one,) = actor.falls
        assert one.lost_s < one.descent_s < one.struck_s
        inside = (times >= one.descent_s - 1e-6) & (times <= one.struck_s + 1e-6)
        high = points[inside, PELVIS, 2]
        speed = np.diff(high) / np.diff(times[inside])
        assert speed.max() < 0.05, "nobody rises while falling"
        assert (-np.diff(speed) / np.diff(times[inside])[1:]).max() < 12.5, "faster than free fall"
        after = points[times > one.struck_s][:3, PELVIS, 2]
        assert after.max() < 0.5 * actor.body.height


def test_falls_are_as_fast_and_as_long_as_real_ones():
    facts = []
    for kind in ("forward", "backward", "sideways", "faint", "slip", "trip"):
        for actor in falls_of(kind, 8):
            times, points = actor.played()
            (one,) = actor.falls
            inside = (times >= one.descent_s) & (times <= one.struck_s)
            speed = -np.diff(points[inside, PELVIS, 2]) / np.diff(times[inside])
            facts.append(
                (one.struck_s - one.descent_s, one.struck_s - one.lost_s, speed[-4:].max())
            )
    descent_s, whole_s, strikes = np.mean(facts, axis=0)
    assert 0.5 < descent_s < 0.85  # 0.58 s, deviation 0.26
    assert 0.8 < whole_s < 1.6  # 1.27 s, deviation 0.65
    assert 1.5 < strikes < 2.8  # 2.1 m/s, deviation 0.6


def test_a_body_without_support_falls_freely_and_no_faster():
    step_s = 0.02
    given = np.array([1.0, 1.0, *[0.2] * 60])
    found = ballistic(given, step_s)
    drop = 1 - found[1:20]
    assert np.allclose(drop, 9.81 * step_s**2 * np.arange(19) * (np.arange(19) + 1) / 2, atol=1e-9)
    assert found[-1] == 0.2
    assert (ballistic(given[::-1].copy(), step_s) == 1.0)[
        :-2
    ].all()  # who will be pushed up is not below


def test_mirrored_twice_is_the_same_and_once_the_other_side():
    assert np.array_equal(mirrored(mirrored(LIE_SIDE)), LIE_SIDE)
    left, right = (points_of(ADULT, pose[None])[0] for pose in (LIE_SIDE, mirrored(LIE_SIDE)))
    assert np.allclose(left[HEAD] * (1, -1, 1), right[HEAD])


def test_least_jerk_begins_and_ends_at_rest():
    share = np.linspace(0, 1, 101)
    way = smooth(share)
    assert (way[0], way[-1]) == (0, 1)
    assert max(way[1], 1 - way[-2]) < 1e-4


def test_a_camera_sees_the_near_larger_and_the_high_above():
    near, far = (resting(ADULT, STAND[None], (x, 0.0))[0] for x in (3.0, 6.0))
    views = [seen(CAMERA, ADULT, points) for points in (near, far)]
    heights = [view.box[0, 3] - view.box[0, 1] for view in views]
    assert 1.6 < heights[0] / heights[1] < 2.4
    for view in views:
        assert view.points[0, 0, 1] < view.points[0, 11, 1] < view.points[0, 15, 1]
        x0, y0, x1, y1 = view.box[0]
        assert ((view.points[0] >= (x0, y0)) & (view.points[0] <= (x1, y1))).all()
    assert abs(views[0].points[0, 0, 0] - CAMERA.aspect / 2) < 0.05


def test_a_face_that_is_turned_away_and_an_arm_behind_the_trunk_are_hidden():
    faces, back = (
        seen(
            CAMERA,
            ADULT,
            resting(ADULT, (STAND + pose_of(yaw=yaw, raise_l=40, elbow_l=60))[None], (4, 0))[0],
        )
        for yaw in (180, 0)
    )
    assert faces.shown[0, :3].all()
    assert not back.shown[0, :3].any()
    side = pose_of(yaw=-90)  # the left arm is on the far side
    view = seen(CAMERA, ADULT, resting(ADULT, (STAND + side)[None], (4.0, 0.0))[0])
    assert not view.shown[0, [7, 9]].all()
    assert view.shown[0, [8, 10]].all()


def test_furniture_hides_what_is_beyond_it_and_nothing_before_it():
    points, _ = resting(ADULT, STAND[None], (4.0, 0.0))
    open_view = seen(CAMERA, ADULT, points)
    top = float(open_view.points[0, 11, 1])
    hidden = seen(CAMERA, ADULT, points, Screen(0, 2, top, 3.0))
    before = seen(CAMERA, ADULT, points, Screen(0, 2, top, 5.0))
    assert not hidden.shown[0, 13:].any()
    assert hidden.shown[0, 5:7].all()
    assert hidden.box[0, 3] < open_view.box[0, 3] - 0.1
    assert np.array_equal(before.shown, open_view.shown)


def looked_at(pose, count=6000):
    points = np.repeat(resting(ADULT, pose[None], (4.0, 0.0))[0], count, axis=0)
    times = np.arange(count) / 7.5
    return Look(
        times, seen(CAMERA, ADULT, points), np.full(count, UPRIGHT if pose is STAND else DOWN)
    )


@pytest.mark.parametrize("table", [FILMS, STILLS])
@pytest.mark.parametrize("pose", [STAND, LIE_BACK])
def test_noise_is_as_strong_as_the_table_says(rng, table, pose):
    look = looked_at(pose)
    quality = table[look.postures[0]]
    found = noisy_points(look, table, rng)
    off = (found[:, :, :2] - look.seen.points) / look.sizes[:, None, None]
    shown = look.seen.shown[0]
    median = np.median(np.hypot(off[:, shown, 0], off[:, shown, 1]))
    assert 0.017 < median < 0.028  # measured: 0.021
    tremble = off[:-2] - 2 * off[1:-1] + off[2:]
    white = 1.483 * np.median(np.abs(tremble[:, shown])) / 6**0.5
    measured = 0.0054 if pose is STAND else 0.0203
    assert 0.6 * measured < white < 1.4 * measured
    assert abs(found[:, shown, 2].mean() - quality.sure) < 0.03


@pytest.mark.parametrize(("share", "lost_s"), [(0.9, 0.08), (0.58, 0.26), (0.48, 0.6)])
def test_what_is_lost_is_lost_as_often_and_as_long_as_the_table_says(rng, share, lost_s):
    times = np.arange(60000) / 30
    gone = lost(times, np.full(60000, share), np.full(60000, lost_s), rng)
    assert 1 - gone.mean() == pytest.approx(share, abs=0.03)
    runs = gone.sum() / max(1, (np.diff(gone.astype(int)) == 1).sum())
    assert runs / 30 == pytest.approx(lost_s, rel=0.25)


def test_a_lost_box_is_held_and_then_given_up(rng):
    look = looked_at(LIE_BACK, 3000)
    long = glimpses_of(look, 60.0, rng, STILLS)
    short = glimpses_of(look, 0.3, rng, STILLS)
    assert len(long) == 1
    assert any(not glimpse.seen for glimpse in long[0])
    followed = [glimpse.points is not None for glimpse in long[0] if not glimpse.seen]
    assert 0.5 < sum(followed) / len(followed) < 0.95, "by the pose alone, as the table says"
    assert len(short) > 20
    for track in short:
        assert track[0].seen
        sure = [glimpse.time_s for glimpse in track if glimpse.seen]
        held = [one.time_s for one in track if one.points is None]
        assert all(min(abs(one - at) for at in sure) <= 0.3 + 1e-9 for one in held)
        assert all(b.time_s > a.time_s for a, b in pairwise(track))


def test_boxes_are_off_and_tremble_as_measured(rng):
    look = looked_at(STAND, 4000)
    (track,) = glimpses_of(look, 60.0, rng, FILMS)
    boxes = np.array([glimpse.box for glimpse in track if glimpse.points])
    off = (boxes - look.seen.box[0]) / look.sizes[0]
    tremble = off[:-2] - 2 * off[1:-1] + off[2:]
    assert off.std() == pytest.approx(0.05, rel=0.2)  # measured: 0.050
    assert 0.004 < 1.483 * np.median(np.abs(tremble)) / 6**0.5 < 0.0095  # measured: 0.0067


def test_glimpses_come_six_to_ten_times_a_second_and_not_evenly(rng):
    for _ in range(20):
        times = times_of(60.0, rng)
        steps = np.diff(times)
        assert 5.9 < len(times) / 60 < 10.1
        assert steps.min() > 0
        assert np.std(steps) > 0.005


def test_the_same_seed_draws_the_same_and_another_draws_otherwise():
    def some(seed):
        return [*drawn_falls(2, seed), *drawn_life(0.01, seed)]

    assert all(
        a.tracks == b.tracks and a.falls == b.falls for a, b in zip(some(7), some(7), strict=True)
    )
    assert some(7)[0].tracks != some(8)[0].tracks


def test_every_kind_of_fall_and_every_activity_has_its_truth():
    streams = list(drawn_falls(len(KINDS), 3))
    assert [stream.falls[0].kind for stream in streams] == list(KINDS)
    for stream in streams:
        (one,) = stream.falls
        assert 0 < one.lost_s < one.struck_s < stream.length_s
    for life in drawn_life(0.1, 3):
        assert not life.falls
        assert {span.name for span in life.doing} <= {*ROUTINE, *OF_CHILDREN}
        assert {span.name for span in life.being} <= set(BEHAVIOURS) - {"fallen"}
        assert all(span.from_s < span.to_s <= life.length_s + 1e-6 for span in life.being)


def test_each_activity_ends_on_both_feet():
    for name in {*ROUTINE, *OF_CHILDREN}:
        actor = act(name, 5)
        _, points = actor.played()
        assert points[-1, PELVIS, 2] > 0.4 * actor.body.height, name


def test_a_strip_shows_figures_and_not_only_paper():
    drawn = strip(act("picking up", 1), 0.2)
    assert drawn.dtype == np.uint8
    assert len(np.unique(drawn.reshape(-1, 3), axis=0)) >= 4


class Silent:
    """Never says anything."""

    def __init__(self, subject):
        self.subject = subject

    def see(self, glimpse):
        return []

    def finish(self):
        return []


class Always(Silent):
    """Says with every glimpse that somebody fell."""

    def see(self, glimpse):
        return [Event("fell", glimpse.time_s, self.subject, confidence=0.5)]


class Wide(Silent):
    """Says it when the box becomes wider than it is high."""

    wide = False

    def see(self, glimpse):
        x0, y0, x1, y1 = glimpse.box
        before, self.wide = self.wide, x1 - x0 > y1 - y0
        return (
            [Event("fell", glimpse.time_s, self.subject, confidence=0.5)]
            if self.wide > before
            else []
        )


def test_the_judge_tells_silence_clamour_and_a_plain_rule_apart():
    drawn = list(drawn_falls(16, 5)), list(drawn_life(0.3, 5))
    silent, always, wide = (verdict(maker, *drawn) for maker in (Silent, Always, Wide))
    assert (silent.told, silent.alarms, silent.beside) == (0, 0, 0)
    assert silent.sensitivity_interval[1] < 0.25
    assert silent.delay_s == float("inf")
    assert always.sensitivity == 1
    assert always.alarms_an_hour > 10000
    assert always.repeats > 100
    assert 0.4 < wide.sensitivity <= 1
    assert silent.alarms < wide.alarms < always.alarms
    assert wide.alarms_a_day > 24
    assert sum(alarms for alarms, _, _ in wide.by_activity.values()) == wide.alarms


def test_judging_is_the_same_twice():
    assert judge(Wide, 8, 0.02, 3) == judge(Wide, 8, 0.02, 3)


def test_a_fall_that_is_told_too_late_or_too_early_does_not_count():
    (stream,) = drawn_falls(1, 2)
    (one,) = stream.falls

    def telling(at_s):
        class At(Silent):
            def see(self, glimpse):
                if abs(glimpse.time_s - at_s) < 0.01:
                    return [Event("fell", glimpse.time_s, self.subject, confidence=0.5)]
                return []

        track = tuple(
            Glimpse(t, (0.1, 0.1, 0.2, 0.5), None) for t in np.arange(0, 90, 0.5).tolist()
        )
        made = Stream((track,), (one,), (), (), 90.0)
        return verdict(At, [made], [])

    struck = round(one.struck_s * 2) / 2 + 1.0
    assert telling(struck).told == 1
    assert telling(struck).delay_s == pytest.approx(struck - one.struck_s)
    assert (telling(0.0).told, telling(0.0).beside) == (0, 1)
    assert (telling(89.0).told, telling(89.0).beside) == (0, 1)


def test_confusion_counts_seconds_of_what_was_true_and_told():
    track = tuple(Glimpse(t / 10, (0.1, 0.1, 0.2, 0.5), None) for t in range(100))
    stream = Stream((track,), (), (), (Span("sitting", 2.0, 6.0), Span("standing", 6.0, 8.0)), 10.0)
    told = Behaviour("unknown 1", 0.0, 5.0, "sitting", 0.9)

    class Says(Silent):
        def finish(self):
            return [told]

    found = verdict(Says, [], [stream])
    assert found.confusion["sitting", "sitting"] == pytest.approx(3.1, abs=0.2)
    assert found.confusion["sitting", "nothing"] == pytest.approx(0.9, abs=0.2)
    assert found.agreement("standing") == 0
    assert confused(stream, [])["standing", "nothing"] == pytest.approx(2.0, abs=0.2)


def test_the_poisson_interval_is_the_exact_one():
    for count, low, high in (
        (0, 0.0, 3.689),
        (1, 0.0253, 5.572),
        (10, 4.795, 18.39),
        (2000, 1913.3, 2089.6),
    ):
        assert poisson_interval(count) == pytest.approx((low, high), rel=1e-3)

"""What each way of looking buys: every way is judged on the same looks, and pays for its own."""

import numpy as np
import pytest

from networks import as_frame
from yingbi.bench import ways
from yingbi.bench.strata import Hard
from yingbi.bench.truth import Patch
from yingbi.bench.ways import Look, Outcome, Way
from yingbi.domain.region import Region, Target

FRAME = as_frame(np.zeros((200, 300, 3), np.uint8))
FACE = Hard(None, Patch(40, 60, np.ones((10, 10), np.bool_)))  # 120..140, 80..100 in pixels
SEEN = Region(Target.FACE, (120, 80, 140, 100), 0.9)
ELSEWHERE = Region(Target.FACE, (10, 10, 60, 60), 0.2)


def judged(*regions: Region) -> Outcome:
    outcome = Outcome()
    ways._judge(outcome, "small", FACE, FRAME, Look(regions, 5.0))
    return outcome


def test_a_face_is_missed_unless_a_mask_lies_over_it_and_what_lies_elsewhere_is_counted():
    assert judged().missed == {"small": [True]}
    assert judged(ELSEWHERE).missed == {"small": [True]}
    assert judged(SEEN).missed == {"small": [False]}
    assert judged(SEEN).beside == [0.0]
    assert judged(SEEN, ELSEWHERE).beside[0] == pytest.approx(judged(ELSEWHERE).beside[0])
    assert judged(ELSEWHERE).beside[0] > 50 * 50 / (200 * 300)


def test_a_way_sees_what_its_looks_saw_and_takes_their_time_together():
    looks = {"first": Look([ELSEWHERE], 3.0), "second": Look([SEEN], 4.0)}
    alone = Way("alone", "", ("first",), frozenset({Target.FACE}))
    both = Way("both", "", ("first", "second"))
    assert ways._put_together(alone, looks).ms == 3.0
    found = ways._put_together(both, looks)
    assert found.ms == 7.0
    kinds = [region.kind for region in found.regions]
    assert kinds.count(Target.FACE) == kinds.count(Target.HEAD) == 2


def test_the_table_tells_each_kind_and_without_data_that_it_is_missing(monkeypatch):
    outcome = Outcome({"small": [True, False], "dark": [False]}, [10.0, 20.0], [0.0, 0.1])
    missed, time, beside = ways._rows(Way("all", "all", ()), outcome)
    assert missed.value == pytest.approx(100 / 3)
    assert dict(missed.more) == {"small": 50.0, "dark": 0.0}
    assert (time.value, beside.value) == (15.0, pytest.approx(5.0))
    monkeypatch.delenv("YINGBI_EVAL_DATA", raising=False)
    (row,) = ways.ways()
    assert row.value is None

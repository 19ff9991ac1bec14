"""A clock that was set back is noticed, and neither what is held nor what is erased is harmed.

The process is the user's own; only Python's clock is another one in it.
"""

from pathlib import Path

import pytest

from stills import make_still
from yb import Yingbi, with_vault

DAY_S = 86400
CLOCK = """
import datetime, os, time

SHIFT_S = int(os.environ["SHIFT_S"])
right, right_ns = time.time, time.time_ns
time.time = lambda: right() + SHIFT_S
time.time_ns = lambda: right_ns() + SHIFT_S * 10**9


class Shifted(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)


datetime.datetime = Shifted
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "clock").mkdir()
    (tmp_path / "clock" / "sitecustomize.py").write_text(CLOCK)
    return tmp_path


def at(yingbi: Yingbi, days: float) -> Yingbi:
    """Return the same command in processes whose clock goes wrong by so many days."""
    other = Yingbi(yingbi.home)
    clock = {"PYTHONPATH": str(yingbi.home / "clock"), "SHIFT_S": str(int(days * DAY_S))}
    other.environment = yingbi.environment | clock
    return other


def keep(yingbi: Yingbi, name: str, box: str) -> str:
    picture = make_still(yingbi.home / name)
    return yingbi("protect", picture, "--box", box).out.split()[0]


def held(yingbi: Yingbi) -> set[str]:
    return {one["id"] for one in yingbi("list", "--box", "hall", "--json").json}


def opened(yingbi: Yingbi, object_id: str) -> bytes:
    out = yingbi.home / f"{object_id}.out"
    yingbi("open", object_id, "-o", out, "--force")
    return out.read_bytes()


def test_a_clock_set_back_is_noticed_and_nothing_is_lost_revived_or_erased(home: Path) -> None:
    yingbi = with_vault(home, "intl")
    yingbi("box", "create", "hall", "--level", "2", "--retain-days", "7")
    first, gone = keep(yingbi, "first.png", "hall"), keep(yingbi, "gone.png", "hall")
    before = opened(yingbi, first)
    yingbi("erase", gone, "--yes")
    past = at(yingbi, -3)

    answer = past("vault", "sweep", status=2)
    assert "before the log's last entry" in answer.err
    assert answer.err.count("\n") == 1
    second = keep(past, "second.png", "hall")  # which works on
    assert opened(past, first) == before
    assert past("open", gone, "-o", "no.png", status=66).err.rstrip().endswith("[object-erased]")
    assert held(past) == {first, second}
    past("verify")

    told = yingbi("log", "verify", "--json").json["clock_back"]
    assert len(told) == 1
    assert abs(told[0]["seconds"] - 3 * DAY_S) < 300
    assert "The clock went back by" in yingbi("log", "verify").err
    assert held(yingbi) == {first, second}
    assert opened(yingbi, first) == before
    assert opened(yingbi, second)
    yingbi("open", gone, "-o", "no.png", status=66)
    yingbi("vault", "sweep")
    yingbi("verify")
    assert held(yingbi) == {first, second}


def test_what_is_erased_under_a_clock_set_back_stays_erased_and_becomes_final(home: Path) -> None:
    yingbi = with_vault(home, "intl")
    yingbi("box", "create", "hall", "--level", "2")
    one = keep(yingbi, "one.png", "hall")
    past = at(yingbi, -40)
    receipt = past("erase", one, "--yes", "--json").json
    assert not receipt["final_at"]
    past("open", one, "-o", "no.png", status=66)
    final = yingbi("erase", one, "--final", "--yes", "--json").json
    assert final["final_at"]
    assert held(yingbi) == set()
    yingbi("verify")


def test_control_the_other_clock_is_believed_and_does_erase_what_is_over_its_time(
    home: Path,
) -> None:
    yingbi = with_vault(home, "intl")
    yingbi("box", "create", "hall", "--level", "2", "--retain-days", "7")
    one = keep(yingbi, "one.png", "hall")
    future = at(yingbi, 10)
    assert "over its time was erased" in future("list", "--box", "hall").err
    yingbi("open", one, "-o", "no.png", status=66)
    leapt = at(yingbi, 500)
    two = keep(yingbi, "two.png", "hall")
    assert "leapt far ahead" in leapt("vault", "sweep", status=2).err
    assert held(yingbi) == {two}

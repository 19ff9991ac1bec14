"""What other commands than `protect` leave: nothing readable but the output that was asked for.

As in `test_leaks`: each runs under strace, and all that it wrote is searched.
"""

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from films import face_film
from lair import PASSPHRASE, Lair
from leak_scan import Trail, trail_of
from leak_trace import Trace

CAMERA, BOX, FILM_NAME = "camera over the planted gate", "hall of planted box", "planted-night.mp4"
PERSON, PURPOSE = "Planted Person 6201", "planted purpose 6202"
TEXTS = (CAMERA, BOX, FILM_NAME, PERSON, PURPOSE, PASSPHRASE)


@dataclass(frozen=True)
class Day:
    """A vault's life: each command with what it did."""

    lair: Lair
    out: Path
    traces: dict[str, Trace] = field(repr=False)
    trail: Trail = field(repr=False)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    film = face_film(tmp_path_factory.mktemp("film") / FILM_NAME, seconds=1.0)
    lair = Lair(tmp_path_factory.mktemp("lair") / "of-a-day")
    out, traces = lair.outside / "opened.mp4", dict[str, Trace]()

    def traced(*command: object) -> Trace:
        name = " ".join(str(one) for one in command[:2])
        traces[name] = lair.traced(sys.executable, "-m", "yingbi", *command)
        return traces[name]

    traced("vault", "init", "--suite", "intl")
    traced("box", "create", BOX, "--level", "2")
    traced("subject", "add", PERSON)
    told = lair.run("protect", film, "--box", BOX, "--camera", CAMERA, "--json")
    object_id = json.loads(told)[0]["id"]
    traced("open", object_id, "--purpose", PURPOSE, "-o", out)
    traced("keys", "rotate", "--box", BOX)
    traced("erase", object_id, "--yes")
    traced("vault", "sweep")
    return Day(lair, out, traces, trail_of(film, TEXTS))


def test_no_command_writes_outside_the_vault_but_the_output_that_was_named(day: Day) -> None:
    assert len(day.traces) >= 7
    for name, trace in day.traces.items():
        strays = day.lair.strays(trace)
        if name.startswith("open"):
            beside = [one for one in strays if str(day.out.parent) not in one]
            assert (beside, len(strays) > 0) == ([], True), name  # the control: the output is seen
        else:
            assert strays == [], name


def test_no_command_leaves_a_name_a_purpose_or_a_picture_readable(day: Day) -> None:
    for name, trace in day.traces.items():
        all_of_it = day.lair.leaks(day.trail, trace)
        found = [one for one in all_of_it if str(day.out.parent) not in str(one)]
        assert found == [], name
        if name.startswith("open"):
            assert (
                all_of_it != []
            )  # the control: the film that was asked for is seen in what was written
    assert day.out.stat().st_size > 0

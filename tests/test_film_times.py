"""Films whose clocks begin anywhere or jump: records tell times since the first frame."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from door_house import owner
from vault_house import new_vault
from yingbi.capture.inputs import find_inputs
from yingbi.domain.box import BoxPolicy
from yingbi.domain.frame import Frame
from yingbi.domain.level import Level
from yingbi.domain.part import PartKind
from yingbi.domain.record import Event, Identity
from yingbi.domain.region import Pace, Region, Target
from yingbi.domain.report import Quiet
from yingbi.errors import SeenOtherwiseError, UnsupportedMediaError
from yingbi.pipeline.engine import Sight
from yingbi.pipeline.remask import Somebody
from yingbi.usecases.box import create_box
from yingbi.usecases.open import read_records
from yingbi.usecases.own_desk import OwnDesk
from yingbi.usecases.person import _found_again, _pages_of, erase_person
from yingbi.usecases.protect import LONGEST_S, ProtectOptions, Protector

STEP_MS = 100


def film(path: Path, *times_ms: int) -> Path:
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=10, options={"bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 96, 80, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for number, at_ms in enumerate(times_ms):
            grey = np.full((80, 96, 3), 100 + number, np.uint8)
            picture = av.VideoFrame.from_ndarray(grey, "rgb24")
            picture.pts, picture.time_base = at_ms, Fraction(1, 1000)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


class Finds:
    """Finds one person in every frame."""

    kinds, pace = frozenset({Target.PERSON}), Pace.WHOLE

    def find(self, _frame: Frame, part: object = None) -> list[Region]:
        return [Region(Target.PERSON, (20, 10, 60, 70), 0.9)]


SIGHT = Sight((Finds(),), 0.3, 0.1, 28)


def taken_in(vault: Any, level: Level, path: Path) -> Any:
    box = create_box(vault, f"level {level}", BoxPolicy(level))
    protector = Protector(OwnDesk(vault, box), ProtectOptions(("identity", "event")), SIGHT, None)
    (item,) = find_inputs([path])
    return vault.rooms.catalogue.get(protector.protect(item, Quiet()).object_id)


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize(
    ("begins_ms", "ending"), [(0, ".mkv"), (50_000_000, ".mkv"), (7_000, ".ts")]
)
def test_second_0_of_an_object_is_its_films_first_frame(tmp_path, level, begins_ms, ending):
    times = (begins_ms + STEP_MS * n for n in range(30))
    new_vault(tmp_path / "vault")
    with owner(tmp_path / "vault") as vault:
        stored = taken_in(vault, level, film(tmp_path / f"a{ending}", *times))
        assert stored.info.from_s == 0
        assert stored.info.to_s == pytest.approx(3, abs=0.2)
        told = read_records(vault, stored.object_id)
        assert [one.time_s for one in told if isinstance(one, Event)] == [0, 0]
        assert [(r.from_s, r.to_s) for r in told if isinstance(r, Identity)] == [(0.0, 2.9)]
        if PartKind.RAW in {part.kind for part in stored.parts}:
            # Whoever is erased is found in the original by the times of the records.
            done = erase_person(vault, stored.object_id, 1, purpose="asked", sight_of=lambda: SIGHT)
            assert done.original


def test_records_of_earlier_versions_are_matched_by_the_films_own_clock(tmp_path):
    new_vault(tmp_path / "vault")
    with owner(tmp_path / "vault") as vault:
        path = film(tmp_path / "a.mkv", *(STEP_MS * n for n in range(30)))
        stored = taken_in(vault, Level.RAW_ON_RELEASE, path)
        now = [Somebody(1, 0.0, 2.9)]
        (page,) = _pages_of(vault, stored)
        assert _found_again(stored, 1, [page], now) == {1}
        told = [Identity("unknown 1", 50_000.0, 50_002.9, 0.9)]
        late = [replace(page, written=page.written.only(told))]
        with pytest.raises(SeenOtherwiseError):
            _found_again(stored, 1, late, now)
        old = replace(stored, info=replace(stored.info, from_s=50_000.0))
        assert _found_again(old, 1, late, now) == {1}


def test_a_film_whose_times_jump_is_refused_before_pages_fill_the_disk(tmp_path):
    new_vault(tmp_path / "vault")
    late = LONGEST_S * 1000
    with owner(tmp_path / "vault") as vault:
        jumps = film(tmp_path / "jumps.mkv", 0, 100, 200, late + 1)
        with pytest.raises(UnsupportedMediaError, match="31 days"):
            taken_in(vault, Level.STRUCTURED_ONLY, jumps)
        kept = [one for one in (tmp_path / "vault" / "objects").rglob("*") if one.is_file()]
        assert kept == []

"""What protects never loads what opens; and masking needs nothing that the vault needs.

Each program runs in a process of its own, since modules stay loaded once they are.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from films import face_film
from lair import Lair

ROADS = ("yingbi.release", "yingbi.share", "yingbi.keys.unwrap", "yingbi.seal.raw")
NOT_AT_A_DOOR = (
    *ROADS,
    *(f"yingbi.keys.{room}" for room in ("keystore", "slots", "boxes", "epochs", "locks")),
    *("yingbi.keys.take_delivery", "yingbi.keys.rotate", "yingbi.keys.provider"),
    *("yingbi.audit", "yingbi.access", "yingbi.db", "sqlalchemy"),
)

LOADED = f"""
import json, sys
def roads(of={ROADS!r}):
    return [r for r in of if any(m == r or m.startswith(r + ".") for m in sys.modules)]
"""

COMMANDS = """
from yingbi.__main__ import run
statuses = [run(arguments) for arguments in json.loads(sys.argv[1])]
print(json.dumps({"statuses": statuses, "roads": roads()}), file=sys.stderr)
"""

AT_A_DOOR = f"""
from yingbi.__main__ import run
statuses = [run(arguments) for arguments in json.loads(sys.argv[1])]
told = {{"statuses": statuses, "roads": roads({NOT_AT_A_DOOR!r})}}
print(json.dumps(told), file=sys.stderr)
"""

AGENT = """
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from yingbi.crypto.suite import suite
from yingbi.detect.faces import FaceFinder
from yingbi.detect.people import PersonFinder
from yingbi.domain.ids import new_id
from yingbi.domain.level import Level
from yingbi.domain.part import PartKind
from yingbi.envelope.part import read_part
from yingbi.keys.device import Device, device_id_of
from yingbi.keys.wrap import EpochPublic
from yingbi.models.shelf import open_network
from yingbi.pipeline.engine import Sight, Take, open_reel
from yingbi.pipeline.level1 import level1
from yingbi.seal.door import About, Door, PartSealer
from yingbi.structure.pose import PoseFinder
from yingbi.structure.scribe import Diary, Scribe

film, models, name = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
chosen, box = suite(name), uuid4()
_, box_key = chosen.new_recipient()  # its private half is elsewhere from here on
signing_key, device_key = chosen.new_signer()
device = Device(
    device_id_of(chosen, device_key), device_key, lambda said: chosen.sign(signing_key, said)
)
epoch = EpochPublic(box, 20000, 0, bytes(16), box_key)
door = Door(chosen, Level.STRUCTURED_ONLY, uuid4(), box, new_id(), epoch, device)
finders = [
    FaceFinder(open_network("face-centerface", models, 1), size=320, threshold=0.12),
    PersonFinder(open_network("person-centernet", models, 1), threshold=0.15),
]
poses = PoseFinder(open_network("pose-movenet", models, 1))
with open_reel(film) as reel:
    take = Take(reel, Sight(finders, hold_s=0.5, grow=0.25, crf=18))
    scribe = Scribe(Diary(("identity", "pose", "event"), True, 2.0), poses)
    book = PartSealer(door, PartKind.RECORDS, About())
    sealed = [one.segment.content for one in level1(take, scribe, book)]
for segment in read_part(chosen, b"".join(sealed)):
    segment.verify(device_key)
print(json.dumps({"segments": len(sealed), "people": take.tally.people, "roads": roads()}))
"""

HIDE = """
import importlib.abc
class Hidden(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name in HIDDEN:
            raise ImportError(f"there is no {name} here")
HIDDEN = set(json.loads(sys.argv[2]))
for name in HIDDEN:
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Hidden())
import cffi
there = cffi.FFI.dlopen
def dlopen(self, name, flags=0):
    if name and "gcrypt" in str(name):
        raise OSError("there is no libgcrypt here")
    return there(self, name, flags)
cffi.FFI.dlopen = dlopen
"""

TOLD = """
import contextlib, io
from yingbi.__main__ import run
told = []
for arguments in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run(arguments)
    told.append([status, out.getvalue(), err.getvalue()])
print(json.dumps(told))
"""
LINUX_ONLY = ("fcntl", "resource")


def program(lair: Lair, text: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-c", LOADED + text, *map(str, arguments)],
        env=lair.environment, cwd=lair.root / "home", stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done


def commands(lair: Lair, *lines: list[object], text: str = COMMANDS) -> tuple[Any, str]:
    """Run command lines in one process; return the statuses, the roads then loaded, and the output."""
    done = program(lair, text, json.dumps([[str(word) for word in line] for line in lines]))
    return json.loads(done.stderr.splitlines()[-1]), done.stdout


def without(
    lair: Lair, hidden: tuple[str, ...], *lines: list[object]
) -> list[tuple[int, str, str]]:
    """Run command lines where some modules and libgcrypt are not there."""
    told = json.dumps([[str(word) for word in line] for line in lines])
    return [
        tuple(one)
        for one in json.loads(program(lair, HIDE + TOLD, told, json.dumps(hidden)).stdout)
    ]


@pytest.fixture(scope="module")
def lair(tmp_path_factory: pytest.TempPathFactory) -> Lair:
    lair = Lair(tmp_path_factory.mktemp("lair") / "of-one")
    face_film(lair.outside / "film.mp4", seconds=0.6)
    lair.run("vault", "init", "--suite", "intl")
    lair.run("box", "create", "strict", "--level", 1)
    lair.run("box", "create", "loose", "--level", 3, "--raw-export", "owner")
    return lair


def test_protecting_at_level_1_loads_nothing_that_opens_and_opening_does(lair: Lair) -> None:
    film = lair.outside / "film.mp4"
    told, out = commands(lair, ["protect", film, "--box", "strict", "--json"])
    assert told == {"statuses": [0], "roads": []}
    (one,) = json.loads(out)
    assert one["people"] == 1
    told, _ = commands(lair, ["open", one["id"], "-o", lair.outside / "records"])
    assert told == {"statuses": [0], "roads": ["yingbi.release", "yingbi.keys.unwrap"]}


def test_control_the_road_of_originals_is_seen_at_level_3(lair: Lair) -> None:
    told, _ = commands(lair, ["protect", lair.outside / "film.mp4", "--box", "loose"])
    assert told == {"statuses": [0], "roads": ["yingbi.seal.raw"]}


def test_protecting_through_a_door_loads_no_keystore_and_no_database(lair: Lair) -> None:
    film, door = lair.outside / "film.mp4", lair.outside / "door.yb"
    lair.run("box", "pass", "strict", "-o", door)
    told, _ = commands(lair, ["protect", film, "--door", door], text=AT_A_DOOR)
    assert told == {"statuses": [0], "roads": []}
    told, _ = commands(lair, ["protect", film, "--box", "strict"], text=AT_A_DOOR)  # the control
    assert told["statuses"] == [0]
    assert {"yingbi.keys.keystore", "yingbi.db", "sqlalchemy"} <= set(told["roads"])


@pytest.mark.parametrize("suite", ["sm", "intl"])
def test_level_1_wired_as_an_agent_has_no_road_to_open(lair: Lair, suite: str) -> None:
    """An agent holds a box's public half and its own device key, and no vault."""
    film, models = lair.outside / "film.mp4", lair.environment["YINGBI_MODELS_DIR"]
    told = json.loads(program(lair, AGENT, film, models, suite).stdout)
    assert told == {"segments": 1, "people": 1, "roads": []}


def test_mask_and_detect_need_no_linux_and_no_libgcrypt(lair: Lair, tmp_path: Path) -> None:
    film, out = lair.outside / "film.mp4", tmp_path / "masked.mp4"
    masked, detected = without(
        lair, LINUX_ONLY, ["mask", film, "-o", out], ["detect", film, "--json"]
    )
    assert masked[0] == 0, masked
    assert out.stat().st_size > 1000
    assert detected[0] == 0, detected
    frames = [json.loads(line) for line in detected[1].splitlines()]
    assert [frame["frame"] for frame in frames] == list(range(15))
    assert all(frame["regions"] for frame in frames)


def test_the_vault_says_in_one_line_where_it_does_not_work(lair: Lair, tmp_path: Path) -> None:
    an_id = "01a20e4f-9c8c-727e-b7fe-fdcd12520553"
    lines: list[list[object]] = [
        ["protect", lair.outside / "film.mp4", "--box", "strict"],
        ["list", "--box", "strict"],
        ["box", "create", "other", "--level", "1"],
        ["box", "list"],
        ["inspect", an_id],
        ["open", an_id, "-o", tmp_path / "opened"],
        ["verify"],
        ["erase", an_id, "--yes"],
        ["--vault", tmp_path / "new", "vault", "init", "--suite", "intl"],
    ]
    for line, (status, out, err) in zip(lines, without(lair, LINUX_ONLY, *lines), strict=True):
        assert (status, out) == (69, ""), (line, status, out, err)
        assert err.count("\n") == 1
        assert err.endswith("[not-on-this-system]\n")
    assert list(tmp_path.iterdir()) == [], "nothing was begun"


def test_without_libgcrypt_one_suite_is_refused_in_one_line_and_the_other_works(
    lair: Lair, tmp_path: Path
) -> None:
    (tmp_path / "sm").mkdir()
    refused, made = without(
        lair, (),
        ["--vault", tmp_path / "sm", "vault", "init", "--suite", "sm"],
        ["--vault", tmp_path / "intl", "vault", "init", "--suite", "intl"],
    )  # fmt: skip
    assert refused[:2] == (69, ""), refused
    assert refused[2].count("\n") == 1
    assert refused[2].endswith("[library-missing]\n")
    assert list((tmp_path / "sm").iterdir()) == []
    assert made[0] == 0, made

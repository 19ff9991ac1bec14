"""Levels 1 and 2 leave nothing readable anywhere; level 3 gives the original to whom may have it alone.

The command runs under strace. Everything below the vault, the temporary folder, the home and
the caches is searched afterwards, and with it every byte that was written on the way there.
"""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from films import face_film, portrait
from house import ROOT
from lair import PASSPHRASE, PLACES, Answer, Lair
from leak_plants import KINDS
from leak_scan import Trail, files_of, scan, trail_of
from leak_trace import Trace
from yingbi.crypto.suite import suite as cipher_suite
from yingbi.envelope.layout import bytes_after_lock
from yingbi.envelope.part import read_part

pytestmark = pytest.mark.unguarded


CAMERA, BOX, FILM_NAME = "camera over the seeded porch", "hall of seeded box", "seeded-evening.mp4"
RECORDS = (
    '{"v":2,"kind":"pose","subject":"unknown 1"',
    '{"v":2,"kind":"identity","subject":"unknown 1"',
    '{"v":2,"kind":"event","event":"entered"',
    '{"v":2,"kind":"event","event":"count"',
    '"subject":"unknown 1"',
    "unknown 1",
)
TEXTS = (CAMERA, BOX, FILM_NAME, FILM_NAME.removesuffix(".mp4"), PASSPHRASE, *RECORDS)
PLANTED_RECORD = RECORDS[0] + ',"time_ms":1500,"box":[0,0,1,1],"points":[]}\n'
PART_CODES = {1: "masked", 2: "records", 4: "raw"}  # byte 9 of a header
OBJECT_ID = slice(42, 58)  # its place in a header


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of 100 frames."""
    return face_film(tmp_path_factory.mktemp("film") / FILM_NAME, seconds=4.0)


@pytest.fixture(scope="module")
def trail(film: Path) -> Trail:
    return trail_of(film, TEXTS)


@dataclass(frozen=True)
class Protected:
    lair: Lair
    level: int
    trace: Trace = field(repr=False)
    told: dict[str, object]


@pytest.fixture(scope="module", params=[(1, "sm"), (2, "intl")], ids=["level1-sm", "level2-intl"])
def protected(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, film: Path
) -> Protected:
    level, suite = request.param
    lair = Lair(tmp_path_factory.mktemp("lair") / "of-one")
    lair.run("vault", "init", "--suite", suite)
    lair.run("box", "create", BOX, "--level", level)
    trace = lair.traced(
        sys.executable, "-m", "yingbi", "protect", film, "--box", BOX, "--camera", CAMERA, "--json"
    )
    (told,) = json.loads(trace.out)
    return Protected(lair, level, trace, told)


def test_protecting_writes_nowhere_but_into_the_vault(protected: Protected) -> None:
    assert protected.lair.strays(protected.trace) == []
    names = {path.suffix for _, path in protected.trace.touched()}
    assert {".part", ".yb", ".db-wal"} <= names, "the trace saw the vault being written"


def test_nothing_of_the_film_or_its_records_is_left_readable(
    protected: Protected, trail: Trail, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(trail.pixels) > 100_000
    with capsys.disabled():
        print(f"\nlevel {protected.level}: ", end="")
        found = protected.lair.leaks(trail, protected.trace)
    assert found == []


def test_a_level_has_its_parts_and_no_other(protected: Protected) -> None:
    expected = {1: ["records"], 2: ["masked", "records"]}[protected.level]
    assert sorted(protected.told["parts"]) == expected  # type: ignore[call-overload]
    bodies = [p.read_bytes() for p in protected.lair.vault.rglob("*.yb")]
    assert sorted(PART_CODES[body[9]] for body in bodies) == expected
    out = protected.lair.outside / "raw"
    how = ["--raw", "--purpose", "a test"]
    refused = protected.lair.ask("open", protected.told["id"], *how, "-o", out)
    assert (refused.status, "[raw-never]" in refused.err) == (77, True)
    assert not out.exists()


def test_what_was_searched_for_is_what_the_vault_holds(protected: Protected) -> None:
    out = protected.lair.outside / "records.jsonl"
    protected.lair.run("open", protected.told["id"], "--part", "records", "-o", out)
    text = out.read_text()
    assert [needle for needle in RECORDS if needle not in text] == []
    listed = protected.lair.run("list", "--box", BOX, "--json")
    assert CAMERA in listed


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory, film: Path) -> Protected:
    """The film after it went through a door, while the owner is away."""
    lair = Lair(tmp_path_factory.mktemp("lair") / "of-a-door")
    door = lair.outside / "door.yb"
    lair.run("vault", "init", "--suite", "intl")
    lair.run("box", "create", BOX, "--level", "2")
    lair.run("box", "pass", BOX, "-o", door, "--days", "2")
    (lair.outside / "passphrase").rename(lair.outside / "taken along")
    how = ("protect", film, "--door", door, "--camera", CAMERA, "--json")
    trace = lair.traced(sys.executable, "-m", "yingbi", *how)
    (lair.outside / "taken along").rename(lair.outside / "passphrase")
    (told,) = json.loads(trace.out)
    return Protected(lair, 2, trace, told)


def test_a_door_leaves_nothing_readable_and_writes_nowhere_but_into_the_vault(
    delivered: Protected, trail: Trail, capsys: pytest.CaptureFixture[str]
) -> None:
    assert delivered.lair.strays(delivered.trace) == []
    assert len(list((delivered.lair.vault / "inbox").glob("*.yd"))) == 1
    with capsys.disabled():
        print("\na door: ", end="")
        found = delivered.lair.leaks(trail, delivered.trace)
    assert found == []


def test_what_a_door_left_the_owner_opens(delivered: Protected) -> None:
    """The control of the test above, which it follows: what was searched for is there."""
    out = delivered.lair.outside / "records.jsonl"
    delivered.lair.run("open", delivered.told["id"], "--part", "records", "-o", out)
    text = out.read_text()
    assert [needle for needle in RECORDS if needle not in text] == []
    masked = delivered.lair.outside / "masked.mp4"
    delivered.lair.run("open", delivered.told["id"], "-o", masked)
    assert masked.stat().st_size > 1000


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory, film: Path) -> tuple[Lair, Trace]:
    lair = Lair(tmp_path_factory.mktemp("lair") / "of-plants")
    folders = [lair.root / place for place in PLACES]
    plants = ROOT / "tools" / "leak_plants.py"
    return lair, lair.traced(sys.executable, plants, film, PLANTED_RECORD, *folders)


def test_control_every_plant_is_found_unlinked_ones_too(
    planted: tuple[Lair, Trace], trail: Trail
) -> None:
    lair, trace = planted
    findings = lair.leaks(trail, trace)
    found = {(finding.place.partition(" (compressed")[0], finding.kind) for finding in findings}
    told_by = {
        "frame": ["pixels"],
        "crop": ["picture"],
        "remux": ["film", "packet"],
        "record": ["text"],
        "packed": ["text"],
    }
    for number, place in enumerate(PLACES):
        for kind in KINDS:
            path = lair.root / place / f"{kind}.planted"
            unlinked = kind == KINDS[number]
            assert path.exists() is not unlinked
            for finding in told_by[kind]:
                assert (f"written: {path}", finding) in found, (path, finding)
                assert ((str(path), finding) in found) is not unlinked, (path, finding)
    never_named = {kind for place, kind in found if f"{lair.vault}/#" in place}
    in_memory = {kind for place, kind in found if "memfd:planted" in place}
    assert "picture" in never_named
    assert "pixels" in in_memory


def test_control_every_path_planted_outside_the_vault_is_seen(planted: tuple[Lair, Trace]) -> None:
    lair, trace = planted
    strays = lair.strays(trace)
    for place in PLACES:
        for kind in KINDS:
            path = lair.root / place / f"{kind}.planted"
            assert any(str(path) in stray for stray in strays) is (place != "vault"), path
    assert any("memfd:planted" in stray for stray in strays)


@pytest.mark.parametrize("kind", ["mapped", "copied", "sent"])
def test_control_ways_around_a_written_byte_are_seen(tmp_path: Path, film: Path, kind: str) -> None:
    programs = {
        "mapped": "m = mmap.mmap(out.fileno(), 4096); m[:5] = b'clear'",
        "copied": "os.copy_file_range(film.fileno(), out.fileno(), 4096)",
        "sent": "socket.socket(socket.AF_UNIX).close()",
    }
    program = (
        "import mmap, os, socket, sys\n"
        "film, out = open(sys.argv[1], 'rb'), open(sys.argv[2], 'r+b')\n" + programs[kind]
    )
    lair = Lair(tmp_path / "lair")
    inside = lair.vault / "file"
    inside.write_bytes(bytes(4096))
    trace = lair.traced(sys.executable, "-c", program, film, inside)
    words = {"mapped": "shared memory of", "copied": "copy_file_range(", "sent": "socket("}
    (stray,) = lair.strays(trace)
    assert stray.startswith(words[kind])


@dataclass
class House:
    """A vault at level 3: a film and a still in one box, another still in a second box."""

    lair: Lair
    suite: str
    sources: dict[str, Path] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def protect(self, box: str, *sources: Path) -> None:
        self.lair.run("box", "create", box, "--level", "3", "--raw-export", "owner")
        for told in json.loads(self.lair.run("protect", *sources, "--box", box, "--json")):
            source = Path(told["source"])
            self.sources[source.stem], self.ids[source.stem] = source, told["id"]

    def body(self, name: str, part: str) -> Path:
        """Return the file of a part; what it is stands in its header."""
        wanted = UUID(self.ids[name]).bytes
        for path in self.lair.vault.rglob("*.yb"):
            with path.open("rb") as file:
                header = file.read(OBJECT_ID.stop)
            if PART_CODES[header[9]] == part and header[OBJECT_ID] == wanted:
                return path
        raise AssertionError(f"the vault has no body for {name}, {part}")

    def open(self, name: str, part: str, out: Path, **environment: str) -> Answer:
        how = ["--raw", "--purpose", "a test"] if part == "raw" else ["--part", part]
        return self.lair.ask("open", self.ids[name], *how, "-o", out, **environment)

    def refuses(self, name: str, part: str, refusal: tuple[int, str], **environment: str) -> None:
        """Assert that a part stays shut, with this status and code, and that no byte comes out."""
        folder = self.lair.outside / uuid4().hex
        folder.mkdir()
        answer = self.open(name, part, folder / "opened", **environment)
        assert (answer.status, answer.out) == (refusal[0], b""), answer
        assert f"[{refusal[1]}]" in answer.err
        assert list(folder.iterdir()) == [], "neither an output nor a temporary file"


@pytest.fixture(scope="module", params=["sm", "intl"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> House:
    house = House(Lair(tmp_path_factory.mktemp("lair") / "of-three"), request.param)
    outside = house.lair.outside
    house.lair.run("vault", "init", "--suite", house.suite)
    film = face_film(outside / "film.mp4", seconds=0.6)
    for left, name in ((60, "near"), (70, "far")):
        view = portrait().crop((left, 0, left + 320, 240))
        view.save(outside / f"{name}.jpg", quality=90)
    house.protect("attic", film, outside / "near.jpg")
    house.protect("cellar", outside / "far.jpg")
    return house


def test_a_level_3_vault_shows_nothing_of_its_original(house: House) -> None:
    texts = [PASSPHRASE, "attic", "cellar", "film.mp4", "unknown 1"]
    trail = trail_of(house.sources["film"], texts)
    assert scan(trail, files_of(house.lair.searched), print) == []


def test_a_wrong_passphrase_gives_no_byte(house: House) -> None:
    wrong = house.lair.outside / "wrong"
    wrong.write_text("another passphrase 4711\n")
    wrong.chmod(0o600)
    refusal = (77, "wrong-passphrase")
    house.refuses("film", "raw", refusal, YINGBI_PASSPHRASE_FILE=str(wrong))
    to_pipe = house.open("film", "raw", Path("/dev/stdout"), YINGBI_PASSPHRASE_FILE=str(wrong))
    assert (to_pipe.status, to_pipe.out) == (77, b"")


def _first_body(house: House, sealed: bytes) -> tuple[int, int]:
    """Return where the first segment's body begins, and where that segment ends."""
    chosen = cipher_suite(house.suite)
    first = next(read_part(chosen, sealed))
    return first.size - bytes_after_lock(chosen, first.header), first.size


def _flip(sealed: bytes, at: int) -> bytes:
    return sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]


DAMAGES: dict[str, Callable[[bytes, int, int], bytes]] = {
    "start": lambda sealed, body, _end: _flip(sealed, body),
    "middle": lambda sealed, body, end: _flip(sealed, (body + end) // 2),
    "end": lambda sealed, _body, _end: _flip(sealed, len(sealed) - 1),
    "header": lambda sealed, body, _end: _flip(sealed, body // 2),
    "cut": lambda sealed, _body, _end: sealed[:-1],
    "appended": lambda sealed, _body, _end: sealed + b"\0",
    "doubled": lambda sealed, _body, _end: sealed * 2,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_body_is_refused_and_nothing_comes_out(house: House, damage: str) -> None:
    part = {"header": "masked", "doubled": "records"}.get(damage, "raw")
    body = house.body("film", part)
    sealed = body.read_bytes()
    try:
        body.write_bytes(DAMAGES[damage](sealed, *_first_body(house, sealed)))
        house.refuses("film", part, (65, "seal-broken"))
    finally:
        body.write_bytes(sealed)


@pytest.mark.parametrize(
    ("other", "part"), [("film", "raw"), ("far", "masked")], ids=["same-box", "other-box"]
)
def test_bodies_that_changed_places_are_refused(house: House, other: str, part: str) -> None:
    first, second = house.body("near", part), house.body(other, part)
    contents = first.read_bytes(), second.read_bytes()
    try:
        first.write_bytes(contents[1])
        second.write_bytes(contents[0])
        house.refuses("near", part, (65, "seal-broken"))
        house.refuses(other, part, (65, "seal-broken"))
    finally:
        first.write_bytes(contents[0])
        second.write_bytes(contents[1])


@pytest.mark.parametrize("name", ["film", "near"])
def test_the_original_comes_back_byte_for_byte(house: House, name: str, tmp_path: Path) -> None:
    """Also after all that was done and undone above: those refusals were of the damage."""
    answer = house.open(name, "raw", tmp_path / "opened")
    assert answer.status == 0, answer
    assert (tmp_path / "opened").read_bytes() == house.sources[name].read_bytes()


def test_an_erased_object_stays_shut_when_its_bytes_are_put_back(
    house: House, tmp_path: Path
) -> None:
    vault = house.lair.vault
    bodies = {part: house.body("film", part) for part in ("raw", "masked", "records")}
    before = {path: path.read_bytes() for path in (*bodies.values(), vault / "catalogue.db")}
    assert not list(vault.glob("*.db-*")), "nothing of the catalogue is elsewhere"
    house.lair.run("erase", house.ids["film"], "--yes")
    assert not any(body.exists() for body in bodies.values())
    for body in bodies.values():
        body.write_bytes(before[body])
    for part in ("raw", "records"):
        house.refuses("film", part, (66, "object-erased"))
    (vault / "catalogue.db").write_bytes(before[vault / "catalogue.db"])
    for body in bodies.values():
        body.write_bytes(before[body])
    for part in bodies:
        house.refuses("film", part, (65, "seal-broken"))  # a row without a key
    answer = house.open("near", "raw", tmp_path / "opened")
    assert answer.status == 0, "what was not erased opens still"


ORDINARY = [
    "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
    # Its own files may lie in a folder closed to others, as this source tree or the networks may.
    "--inh-caps", "+dac_override", "--ambient-caps", "+dac_override",
]  # fmt: skip
UNGUARDED = "import time; print('ready', flush=True); time.sleep(60)"


def _with_cores() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def _as_ordinary_user(lair: Lair, *command: object) -> subprocess.Popen[str]:
    """Start a command with core files of any size allowed, as a user who is nobody special."""
    if os.getuid() == 0:
        for path in (lair.root, *lair.root.rglob("*")):
            os.chown(path, 65534, 65534)
        for above in lair.root.parents:
            if above.name.startswith(("pytest-", "popen-", "test_")):  # closed to others
                above.chmod(0o755)
    return subprocess.Popen(
        [*(ORDINARY if os.getuid() == 0 else []), sys.executable, *map(str, command)],
        env=lair.environment, cwd=lair.root / "home",
        preexec_fn=_with_cores,  # noqa: PLW1509 no thread of this process is at work
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def _cores(lair: Lair) -> list[Path]:
    return [path for path in lair.root.rglob("core*") if path.is_file()]


def test_an_abort_midway_leaves_no_core_where_an_unguarded_process_does(
    tmp_path: Path, film: Path
) -> None:
    if resource.getrlimit(resource.RLIMIT_CORE)[1] != resource.RLIM_INFINITY:
        pytest.fail("core files are limited here: run the tests with 'ulimit -Hc unlimited'")
    lair = Lair(tmp_path / "lair")
    control = _as_ordinary_user(lair, "-c", UNGUARDED)
    assert control.stdout is not None
    assert control.stdout.readline() == "ready\n"
    control.send_signal(signal.SIGABRT)
    control.communicate(timeout=60)
    assert control.returncode == -signal.SIGABRT
    pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    if "/" in pattern or pattern.startswith("|") or not pattern:
        print(f"no process leaves a core here: kernel.core_pattern is '{pattern}'")
        assert _cores(lair) == []
    else:
        (core,) = _cores(lair)
        core.unlink()
    lair.run("vault", "init", "--suite", "intl")
    lair.run("box", "create", BOX, "--level", "2")
    copy = shutil.copy(film, lair.outside)
    working = _as_ordinary_user(lair, "-m", "yingbi", "protect", copy, "--box", BOX)
    until = time.monotonic() + 60
    while not list(lair.vault.glob("objects/*.open")):  # the mark of a writer at work
        assert working.poll() is None, working.communicate()
        assert time.monotonic() < until
        time.sleep(0.02)
    time.sleep(0.5)
    working.send_signal(signal.SIGABRT)
    told = working.communicate(timeout=60)
    assert working.returncode == -signal.SIGABRT, told
    assert _cores(lair) == []

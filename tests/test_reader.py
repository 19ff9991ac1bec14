"""A reader in another language, written after the page of the format, agrees on every vector.

It is node's: WebCrypto has the ciphers of `intl`. It has no ML-KEM, so it is given the data keys
of those vectors.
"""

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import cbor2
import pytest

from test_vectors import Vector
from yingbi.errors import YingbiError

FOLDER = Path(__file__).parent / "vectors"
READER = Path(__file__).parent / "reader"
VECTORS = sorted(FOLDER.glob("intl-*.vector"))
# Where the failure lies in unwrapping itself, a reader without ML-KEM can only say "no key".
NO_MLKEM = {"intl-hybrid-context", "intl-hybrid-lattice", "intl-hybrid-curve"}
OLDEST_NODE = (18, 4)


def node() -> str:
    found = shutil.which("node")
    assert found, "node 18.4 or newer is needed; run: tools/bootstrap.sh tools"
    return found


def read(paths: list[Path]) -> dict[str, dict]:
    """Return what the reader says of each vector, by its name."""
    command = [node(), str(READER / "vectors.mjs"), *map(str, paths)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 0, run.stderr
    told = map(json.loads, run.stdout.splitlines())
    return {Path(one["file"]).stem: one for one in told}


def values(path: Path, key: str) -> list[str]:
    head = path.read_text("utf-8").partition("\n\n")[0]
    return [line.partition(": ")[2] for line in head.splitlines() if line.startswith(f"{key}: ")]


@pytest.fixture(scope="module")
def told() -> dict[str, dict]:
    return read(VECTORS)


def test_node_is_new_enough():
    version = subprocess.run([node(), "--version"], capture_output=True, text=True, check=True)
    assert tuple(map(int, version.stdout[1:].split(".")[:2])) >= OLDEST_NODE


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_another_reader_says_the_same_of_a_vector(path, told):
    one = told[path.stem]
    assert [one["outcome"]] == values(path, "expect"), one
    if one["outcome"] == "ok":
        assert one["private"] == values(path, "private")
        assert one["content"] == values(path, "content-hash") != []
    else:
        assert [str(one["step"])] == values(path, "step"), one


def test_it_opens_what_is_locked_without_being_given_a_data_key(tmp_path, told):
    opened = [path for path in VECTORS if told[path.stem]["outcome"] == "ok"]
    bare = []
    for path in opened:
        lines = path.read_text("utf-8").splitlines(keepends=True)
        bare.append(tmp_path / path.name)
        bare[-1].write_text("".join(x for x in lines if not x.startswith("dek: ")), "utf-8")
    again = read(bare)
    closed = {name for name, one in again.items() if one["outcome"] != "ok"}
    assert closed == {name for name in again if "hybrid" in name}
    assert len(again) - len(closed) >= 15


def test_it_refuses_few_vectors_only_because_it_lacks_a_cipher(told):
    assert {name for name, one in told.items() if "ML-KEM" in one.get("why", "")} == NO_MLKEM


def test_it_would_notice_a_vector_that_opens_though_it_should_not(tmp_path):
    """The control: with one byte changed, a vector that opens is refused."""
    text = (FOLDER / "intl-ok-one-chunk.vector").read_text("utf-8")
    changed = tmp_path / "changed.vector"
    head, _, body = text.partition("\n\n")
    changed.write_text(f"{head}\n\n{body[:1000]}{'A' if body[1000] != 'A' else 'B'}{body[1001:]}")
    assert read([changed])["changed"]["outcome"] == "seal-broken"


# --- two readers, and metadata that nobody foresaw ------------------------------------------------


def odd_value(rng: random.Random, depth: int = 0) -> object:
    """Return a value of any kind that CBOR can write, near the edges where writings change."""
    edge = rng.choice([0, 1, 23, 24, 255, 256, 65535, 65536, 1 << 32, 1 << 63, (1 << 64) - 1])
    kinds = [
        lambda: rng.choice([edge, -1 - edge, edge - 1, 1 << 64, -(1 << 64) - 1]),
        lambda: rng.choice([0.0, -0.0, 1.5, 1 / 3, 65504.0, 65505.0, 5.96e-8, 1e-8, 1e300, 0.1]),
        lambda: rng.choice(["", "a", "门", "b" * rng.choice([22, 23, 24, 255, 256])]),
        lambda: rng.choice([True, False, None, b"bytes", float("inf"), float("nan")]),
    ]
    if depth < 5:
        kinds.append(lambda: [odd_value(rng, depth + 1) for _ in range(rng.randrange(3))])
        kinds.append(lambda: {str(i): odd_value(rng, depth + 1) for i in range(rng.randrange(3))})
    return rng.choice(kinds)()


def damaged(rng: random.Random, data: bytes) -> bytes:
    """Return the bytes with one changed, left out or put in; half of the times as they are."""
    at, byte = rng.randrange(len(data)), bytes([rng.randrange(256)])
    edits = [
        data[:at] + byte + data[at + 1 :],
        data[:at] + data[at + 1 :],
        data[:at] + byte + data[at:],
    ]
    return rng.choice([data, data, data, *edits])


def odd_case(rng: random.Random, number: int) -> str:
    """Return a vector, signed and locked as it should be, with odd metadata."""
    from case import PRIVATE, Case, private_plaintext

    case, canonical = Case("intl", f"odd {number}"), rng.random() < 0.9
    if rng.random() < 0.5:
        values = {key: odd_value(rng) for key in rng.sample(["a", "b", "aa", "ab", "门", ""], 2)}
        public = damaged(rng, cbor2.dumps(values, canonical=canonical))
        return case.vector("odd", "ok", case.segment(public=public))
    changed = {key: odd_value(rng) for key in rng.sample(sorted(PRIVATE), rng.randrange(2))}
    changed |= {"from_s": rng.choice([0.0, 0.1, 1 / 3, 2.5, 65504.0, 1e10, 2.0**-24, 1e-40])}
    values = PRIVATE | {"true_length": 7, "extra": {"a": "b" * rng.choice([0, 23, 24])}} | changed
    text = damaged(rng, cbor2.dumps(values, canonical=canonical))
    return case.vector("odd", "ok", case.segment(private_plaintext=private_plaintext(text)))


def outcome(path: Path) -> tuple[str, int]:
    """Return what this program's reader says of a vector: the code, and the step it came to."""
    passed = 0
    try:
        for passed in Vector(path).steps():  # noqa: B007 - the last one is what is asked for
            pass
    except YingbiError as error:
        return error.code, passed + 1
    return "ok", passed


def judged(seed: int, count: int, folder: Path) -> int:
    """Let both readers judge that many odd vectors; return how many open."""
    rng, paths = random.Random(seed), []
    for number in range(count):
        paths.append(folder / f"{number}.vector")
        paths[-1].write_text(odd_case(rng, number), "utf-8")
    theirs, opened = read(paths), 0
    for path in paths:
        one, ours = theirs[path.stem], outcome(path)
        assert (one["outcome"], one.get("step", 5)) == ours, (path.read_text("utf-8"), one)
        opened += ours[0] == "ok"
    print(f"seed {seed}: {opened} of {count} odd vectors open, both readers refuse the others")
    return opened


@pytest.fixture
def second_writer(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(FOLDER), *sys.path])


@pytest.mark.usefixtures("second_writer")
def test_two_readers_agree_on_metadata_that_nobody_foresaw(tmp_path):
    assert 50 < judged(110, 600, tmp_path) < 500, "where one kind is rare, nothing was tried"


@pytest.mark.torture
@pytest.mark.usefixtures("second_writer")
@pytest.mark.parametrize("seed", range(20))
def test_two_readers_agree_on_very_many_odd_metadata(seed, tmp_path):
    assert 50 < judged(seed, 1000, tmp_path) < 900


def test_the_reader_is_small_and_needs_nothing_but_node():
    text = (READER / "ybv1.mjs").read_text("utf-8")
    assert text.count("\n") < 250
    imported = [line.split('"')[1] for line in text.splitlines() if line.startswith("import ")]
    assert imported == ["node:crypto"]

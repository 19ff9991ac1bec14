"""A reader in another language, written after the page of the format, agrees on every vector.

It is node's: WebCrypto has the ciphers of `intl`. It has no ML-KEM, so it is given the data keys
of those vectors.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

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


def test_the_reader_is_small_and_needs_nothing_but_node():
    text = (READER / "ybv1.mjs").read_text("utf-8")
    assert text.count("\n") < 250
    imported = [line.split('"')[1] for line in text.splitlines() if line.startswith("import ")]
    assert imported == ["node:crypto"]

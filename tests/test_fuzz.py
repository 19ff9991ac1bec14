"""Every reader of bytes that an attacker may have written, fed with anything at all."""

import os
import re
import subprocess
import sys
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

TARGETS = ("envelope", "cbor", "private", "locks")
PROGRAM = Path(__file__).with_name("fuzz") / "targets.py"
VECTORS = Path(__file__).with_name("vectors")


def run(target: str, folder: Path, until: str) -> tuple[int, int, str]:
    """Return exit status, how many inputs were tried, and what was printed.

    until: libFuzzer's own option, `-runs=N` or `-max_total_time=SECONDS`.
    """
    corpus = folder / "corpus"
    corpus.mkdir()
    for vector in sorted(VECTORS.glob("*-ok-*.vector")):
        head, _, body = vector.read_text().partition("\n\n")
        (corpus / vector.stem).write_bytes(b64decode(body))
        for number, value in enumerate(re.findall(r"[0-9a-f]{24,}", head)):
            (corpus / f"{vector.stem}-{number}").write_bytes(
                bytes.fromhex(value[: len(value) & ~1])
            )
    done = subprocess.run(
        [sys.executable, str(PROGRAM), target, until, "-max_len=200000", "-len_control=20",
         "-print_final_stats=1", "-timeout=20", str(corpus)],
        env=os.environ | {"FUZZ_FOLDER": str(folder)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    tried = re.search(r"number_of_executed_units:\s*(\d+)", done.stderr)
    return done.returncode, int(tried[1]) if tried else 0, done.stdout + done.stderr


def fuzz_all(tmp_path: Path, until: str, at_least: int) -> None:
    def one(target: str):
        folder = tmp_path / target
        folder.mkdir()
        return run(target, folder, until)

    with ThreadPoolExecutor(len(TARGETS)) as together:
        outcomes = dict(zip(TARGETS, together.map(one, TARGETS), strict=True))
    for target, (status, tried, told) in outcomes.items():
        print(f"{target}: {tried:,} inputs ({until})")
        assert status == 0, f"{target}: {told[-3000:]}"
        assert tried >= at_least, f"{target}: {told[-3000:]}"


def test_no_reader_does_anything_but_read_or_refuse(tmp_path):
    # Counted, not timed: a busy machine once had its minute over before the first new input.
    fuzz_all(tmp_path, "-runs=200000", 200_000)


def test_the_control_a_mistake_four_bytes_deep_is_found(tmp_path):
    status, _, told = run("planted", tmp_path, "-runs=2000000")
    assert status != 0
    assert "planted" in told


@pytest.mark.torture
def test_no_reader_does_anything_but_read_or_refuse_in_ten_minutes(tmp_path):
    fuzz_all(tmp_path, "-max_total_time=600", 200_000)

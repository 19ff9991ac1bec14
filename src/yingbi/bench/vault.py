"""How fast the vault seals and opens, as ratios measured side by side in one run.

Under load each run is slowed down by others, so what is compared runs in turn,
A, B, A, B, and medians are taken: of the time on the clock and of the processor's.
Objects by the million are measured in `bench/scale.py`, seeking in `bench/seek.py`.
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from yingbi.bench.original import Original, slices_of
from yingbi.bench.row import Row
from yingbi.crypto.contract import NONCE_BYTES, TAG_BYTES
from yingbi.crypto.suite import NAMES, Suite, suite
from yingbi.domain.messages import say
from yingbi.envelope.header import MAX_BODY_BYTES
from yingbi.envelope.reader import SegmentReader
from yingbi.envelope.schedule import DEK_BYTES
from yingbi.errors import LibraryMissingError

RUNS = 5
RATIO_GOAL = 0.7
FILE_BYTES = 4 * MAX_BODY_BYTES
_NONCE = bytes(NONCE_BYTES)


@dataclass(frozen=True, slots=True)
class Taken:
    """Median seconds of one work: on the clock, and of the processor."""

    clock: float
    processor: float


def side_by_side(works: Mapping[str, Callable[[], object]], runs: int) -> dict[str, Taken]:
    """Run all works in turn, `runs` times, after one turn that does not count."""
    clock: dict[str, list[float]] = {name: [] for name in works}
    processor: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(runs + 1):
        for name, work in works.items():
            began, used = time.perf_counter(), time.process_time()
            work()
            if turn:
                processor[name].append(time.process_time() - used)
                clock[name].append(time.perf_counter() - began)
    return {name: Taken(median(clock[name]), median(processor[name])) for name in works}


def ratios(octets: int = MAX_BODY_BYTES, runs: int = RUNS) -> list[Row]:
    """Compare one segment with its cipher, then its hash, each over all bytes in one call."""
    return [row for name in NAMES for row in _of_suite(name, octets, runs)]


def _of_suite(name: str, octets: int, runs: int) -> list[Row]:
    try:
        taken = side_by_side(_works(suite(name), os.urandom(octets)), runs)
    except LibraryMissingError:
        note = say("not measured: libgcrypt is missing")
        what = say("sealing, suite `{suite}`", suite=name)
        return [Row(f"vault-seal-{name}", what, None, "MB/s", note=note)]
    speed = {key: octets / 1e6 / one.clock for key, one in taken.items()}
    rows = []
    for key, what in (
        ("seal", say("sealing, suite `{suite}`", suite=name)),
        (
            "seal-plain",
            say("its cipher, then its hash, in one call each, suite `{suite}`", suite=name),
        ),
        ("seal-aead", say("its cipher alone, suite `{suite}`", suite=name)),
        ("open", say("verifying and opening, suite `{suite}`", suite=name)),
        (
            "open-plain",
            say("its hash, then its cipher, in one call each, suite `{suite}`", suite=name),
        ),
    ):
        rows.append(Row(f"vault-{key}-{name}", what, speed[key], "MB/s"))
        if key in ("seal", "open"):
            rows += _compared(
                f"vault-{key}-ratio-{name}", taken[f"{key}-plain"], taken[key], RATIO_GOAL
            )
    return rows


def _compared(key: str, other: Taken, ours: Taken, goal: float) -> list[Row]:
    """Return how many times as fast we are: by the clock, and by the processor's time."""
    clock, processor = other.clock / ours.clock, other.processor / ours.processor
    return [
        Row(key, say("as a part of that"), clock, "", goal, at_least=True),
        Row(key + "-cpu", say("the same in processor time"), processor, ""),
    ]


def _works(chosen: Suite, content: bytes) -> dict[str, Callable[[], object]]:
    """Return what is compared; the plain calls write into memory that is at hand already."""
    original, dek = Original(chosen), os.urandom(DEK_BYTES)
    sealed = original.seal(content, dek=dek).content
    cipher = chosen.cipher(os.urandom(chosen.key_bytes))
    secret = memoryview(bytearray(len(content) + TAG_BYTES))
    clear = memoryview(bytearray(len(content)))
    cipher.seal_into(_NONCE, content, secret)

    def opened() -> object:
        return SegmentReader.parse(chosen, sealed).verify(original.device_public_key).open(dek)

    if (
        SegmentReader.parse(chosen, sealed).verify(original.device_public_key).open(dek)[1]
        != content
    ):
        raise ValueError("what was opened is not what was sealed")

    def plainly_sealed() -> object:
        cipher.seal_into(_NONCE, content, secret)
        return chosen.hash(secret)

    def plainly_opened() -> None:
        chosen.hash(secret)
        cipher.open_into(_NONCE, secret, clear)

    return {
        "seal": lambda: original.seal(content),
        "seal-plain": plainly_sealed,
        "seal-aead": lambda: cipher.seal_into(_NONCE, content, secret),
        "open": opened,
        "open-plain": plainly_opened,
    }


def against_age(octets: int = FILE_BYTES, runs: int = RUNS) -> list[Row]:
    """Compare whole files, from disk to disk, with `age`; nothing is forced onto the disk."""
    try:
        import pyrage  # a comparison only: the product does not need it
    except ImportError:
        note = say("not measured: the package pyrage is missing")
        return [Row("vault-age", say("against `age`"), None, "", note=note)]
    identity = pyrage.x25519.Identity.generate()
    recipients = [identity.to_public()]
    original = Original(suite("intl"))
    with TemporaryDirectory(prefix="yingbi-bench-") as name:
        clear, ours, theirs, back = (Path(name) / part for part in ("clear", "yb", "age", "back"))
        with clear.open("wb") as file:
            for _ in range(octets >> 20):
                file.write(os.urandom(1 << 20))
        taken = side_by_side(
            {
                "seal": lambda: original.seal_pieces(slices_of(clear), ours),
                "age-seal": lambda: pyrage.encrypt_file(str(clear), str(theirs), recipients),
                "open": lambda: original.open(ours, back),
                "age-open": lambda: pyrage.decrypt_file(str(theirs), str(back), [identity]),
            },
            runs,
        )
    return [
        *_with_age(
            "seal", say("a file sealed, suite `intl`"), say("the same by `age`"), taken, octets
        ),
        *_with_age(
            "open",
            say("a file opened, suite `intl`, two threads where there are two processors"),
            say("the same by `age`"),
            taken,
            octets,
        ),
    ]


def _with_age(
    key: str, what: str, other: str, taken: Mapping[str, Taken], octets: int
) -> list[Row]:
    ours, theirs = taken[key], taken[f"age-{key}"]
    clock, processor = theirs.clock / ours.clock, theirs.processor / ours.processor
    return [
        Row(f"vault-file-{key}", what, octets / 1e6 / ours.clock, "MB/s"),
        Row(f"vault-age-{key}", other, octets / 1e6 / theirs.clock, "MB/s"),
        Row(f"vault-age-{key}-ratio", say("times as fast as `age`"), clock, "", 1.0, at_least=True),
        Row(f"vault-age-{key}-ratio-cpu", say("the same in processor time"), processor, ""),
    ]

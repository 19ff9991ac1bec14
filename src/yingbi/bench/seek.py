"""How long it takes to open 1 MiB somewhere in a very long original."""

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from yingbi.bench.original import Original
from yingbi.bench.row import Row
from yingbi.crypto.suite import NAMES, suite
from yingbi.domain.messages import say
from yingbi.envelope.header import MAX_BODY_BYTES
from yingbi.errors import LibraryMissingError

OBJECT_BYTES = int(os.environ.get("YINGBI_BENCH_BYTES", str(4 << 30)))
SPAN_BYTES = 1 << 20
SEEKS = 200
GOALS_MS = {"intl": 10.0, "sm": 25.0}


def seek(octets: int = OBJECT_BYTES, seeks: int = SEEKS) -> list[Row]:
    """Seal a long original in a temporary folder, then open 1 MiB of it at random places.

    The keys of the vault, the index and the locks are in memory, as in a vault that is
    open, and the file is in the system's cache where it fits; each seek opens its
    segment's key and checks the signature anew.
    """
    return [row for name in NAMES for row in _of_suite(name, octets, seeks)]


def _of_suite(name: str, octets: int, seeks: int) -> list[Row]:
    size = f"{octets / (1 << 30):.3g} GiB"
    what = say("1 MiB anywhere in {size}, suite `{suite}`, median", size=size, suite=name)
    slow = say("the same, 95 of 100 are faster")
    try:
        original = Original(suite(name))
    except LibraryMissingError:
        note = say("not measured: libgcrypt is missing")
        return [Row(f"vault-seek-{name}", what, None, "ms", note=note)]
    piece = os.urandom(min(octets, MAX_BODY_BYTES))
    with TemporaryDirectory(prefix="yingbi-bench-") as folder:
        path = Path(folder) / "original.yb"
        original.seal_pieces(_pieces(piece, octets), path)
        both = list(_seeks(original, path, piece, octets, seeks))
    taken, used = sorted(clock for clock, _ in both), sorted(used for _, used in both)
    goal, middle = GOALS_MS[name], len(both) // 2
    return [
        Row(f"vault-seek-{name}", what, taken[middle], "ms", goal),
        Row(f"vault-seek-cpu-{name}", say("the same in processor time"), used[middle], "ms"),
        Row(f"vault-seek-p95-{name}", slow, taken[len(taken) * 95 // 100], "ms"),
    ]


def _pieces(piece: bytes, octets: int) -> Iterator[bytes]:
    """Yield one piece again and again: sealed, no two of them are alike."""
    for start in range(0, octets, len(piece)):
        yield piece[: octets - start]


def _seeks(
    original: Original, path: Path, piece: bytes, octets: int, count: int
) -> Iterator[tuple[float, float]]:
    """Yield the milliseconds of each seek, on the clock and of the processor; a wrong byte ends the measurement."""
    places, length = random.Random(octets), min(SPAN_BYTES, octets)  # noqa: S311 - no secret
    for _ in range(count):
        start = places.randrange(octets - length + 1)
        began, used = time.perf_counter(), time.process_time()
        with path.open("rb") as file:
            found = original.open_span(file, start, length)
        yield (time.perf_counter() - began) * 1000, (time.process_time() - used) * 1000
        inside = start % len(piece)
        if found != (piece + piece)[inside : inside + length]:
            raise ValueError("what was opened is not what was sealed")

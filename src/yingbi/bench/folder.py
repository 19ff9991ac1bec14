"""What masking a folder of stills costs, beside the peer with the same files."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from yingbi.bench.fidelity import still_psnr_outside
from yingbi.bench.peer import SCALED, STOCK, PeerMissingError, run_peer
from yingbi.bench.program import COMMAND
from yingbi.bench.row import Row
from yingbi.bench.speed import PSNR_GOAL_DB, everything, faces, ratios
from yingbi.bench.tree import Cost, cost
from yingbi.domain.messages import say
from yingbi.errors import YingbiError
from yingbi.media.planes import read_rgb

STILLS = 200
GOAL = 5.0
LARGEST_BYTES = 3_000_000
SMALLEST = 240
"""Pixels of the longer side; what is smaller was cut out of a photograph."""

ENDINGS = {".jpg", ".jpeg", ".png"}


def stills(count: int = STILLS) -> list[Row]:
    """Measure a folder of so many stills of the evaluation data, of mixed size."""
    what = say("{n} stills of mixed size", n=count)
    given = os.environ.get("YINGBI_EVAL_DATA", "")
    chosen = list(_chosen(Path(given), count)) if given else []
    if len(chosen) < count:
        note = say("not measured: YINGBI_EVAL_DATA names no folder")
        return [Row("speed-stills", what, None, "s", GOAL, note)]
    with tempfile.TemporaryDirectory(prefix="yingbi-bench-") as name:
        return list(_measured(what, chosen, Path(name)))


def _measured(what: str, chosen: list[Path], folder: Path) -> Iterator[Row]:
    given = folder / "given"
    given.mkdir()
    copies = [given / f"{n:03d}{path.suffix.lower()}" for n, path in enumerate(chosen)]
    for path, copy in zip(chosen, copies, strict=True):
        shutil.copyfile(path, copy)
    took, took_all = (
        _mask(given, folder / str(n), targets) for n, targets in enumerate((faces(), everything()))
    )
    told = say("{what}: `--targets {targets}`, processor", what=what, targets=faces())
    yield Row("speed-stills", told, took.cpu_s, "s")
    told = say("the same with `--targets {targets}`", targets=everything())
    yield Row("speed-stills-all", told, took_all.cpu_s, "s")
    yield Row("speed-stills-size", say("size of the copies"), _mb(folder / "0"), "MB")
    yield Row("speed-stills-source-size", say("size of the stills"), _mb(given), "MB")
    likeness = [still_psnr_outside(path, folder / "0" / path.name) for path in copies]
    told = say("likeness outside masks of the least like copy, PSNR")
    yield Row("speed-stills-psnr", told, min(likeness), "dB", PSNR_GOAL_DB, at_least=True)
    try:
        peers = run_peer(copies, STOCK), run_peer(copies, SCALED)
    except PeerMissingError as error:
        yield Row("speed-stills-stock", say("deface, stock"), None, "s", note=str(error))
        return
    yield from ratios("speed-stills", (took, took_all), peers, GOAL)


def _mask(given: Path, out: Path, targets: str) -> Cost:
    return cost([COMMAND, "mask", given, "-o", f"{out}/", "--targets", targets])


def _chosen(data: Path, count: int) -> Iterator[Path]:
    """Yield stills that both can read, always the same ones, from all folders of the data."""
    found = sorted(
        path
        for path in data.rglob("*")
        if path.suffix.lower() in ENDINGS and path.stat().st_size <= LARGEST_BYTES
    )
    left = count
    for at in np.random.default_rng(110).permutation(len(found)):
        if left and _plain(found[int(at)]):
            left -= 1
            yield found[int(at)]


def _plain(path: Path) -> bool:
    """Return whether it is a picture of three channels of 8 bits, upright as stored, not tiny."""
    from yingbi.media.still import read_still

    try:
        frame, seen = read_still(path), read_rgb(path)
    except YingbiError:
        return False
    channels = frame.planes[0].samples.shape[2:] or (len(frame.planes),)
    plain = frame.depth == 8 and channels == (3,) and frame.size == seen.shape[1::-1]
    return plain and max(frame.size) >= SMALLEST


def _mb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6

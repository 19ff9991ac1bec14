"""Plates with polygons that people drew, and lines of text: what of them stays to be read."""

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yingbi.bench.fidelity import OURS
from yingbi.bench.leak import evaluation_data, unmeasured
from yingbi.bench.leaks import COVERED
from yingbi.bench.program import COMMAND
from yingbi.bench.reading import Reader, open_reader
from yingbi.bench.row import Row
from yingbi.bench.tree import cost
from yingbi.bootstrap import finders, load_settings
from yingbi.detect.text import TextFinder
from yingbi.domain.frame import Frame
from yingbi.domain.interval import wilson
from yingbi.domain.messages import say, say_error
from yingbi.domain.region import BUILT, BoxXYXY, Target, clipped
from yingbi.errors import ModelMissingError
from yingbi.media.planes import Samples8, planes_of, read_rgb
from yingbi.media.still import read_still
from yingbi.models.shelf import open_network

RECALL_GOAL = 95.0
LEAST_HEIGHT = 16.0
TRUTH = "easypr_plates.json"

FAINT, SIZES = 0.3, (960, 1920)
"""Words are looked for at a lower score than the product's, at its size and at twice that."""

THREADS = 1

Polygon = NDArray[np.float64]
"""(4, 2): corners x y of a plate in pixels, one after another around it."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One picture and the plates in it."""

    path: Path
    polygons: tuple[Polygon, ...]


def plates() -> list[Row]:
    """Measure how many plates `--targets plate` covers."""
    what, data = say("plates covered"), evaluation_data()
    scenes = list(_scenes(data / "plate_scenes")) if data else []
    if Target.PLATE not in BUILT:
        return [Row("leak-plates", what, None, "%", note=say("not built"))]
    if not scenes:
        return unmeasured("leak-plates", what)
    with tempfile.TemporaryDirectory(prefix="yingbi-bench-") as name:
        masked = _masked([scene.path for scene in scenes], Path(name), Target.PLATE)
        shares, beside, own, whole = [], 0, 0, 0
        for scene, path in zip(scenes, masked, strict=True):
            told = ~_drawn(scene.path)  # what had the mask's colour before tells nothing
            drawn = _drawn(path) & told
            areas = [area(polygon, drawn.shape) for polygon in scene.polygons]
            shares += [
                float(drawn[inside & told].mean())
                for polygon, inside in zip(scene.polygons, areas, strict=True)
                if (inside & told).any() and height(polygon) >= LEAST_HEIGHT
            ]
            on = np.logical_or.reduce(areas)
            own, whole = own + int(on.sum()), whole + drawn.size
            beside += int((drawn & ~on).sum())
    hidden = sum(share >= COVERED for share in shares)
    low, high = (f"{100 * edge:.1f}" for edge in wilson(hidden, len(shares)))
    counted = say(
        "{what}: {covered} of {of} ({low} to {high} %)",
        what=what,
        covered=hidden,
        of=len(shares),
        low=low,
        high=high,
    )
    share = 100 * hidden / max(1, len(shares))
    return [
        Row("leak-plates", counted, share, "%", RECALL_GOAL, at_least=True),
        Row("leak-plates-beside", say("masked beside plates"), 100 * beside / whole, "%"),
        Row("leak-plates-own", say("the plates' own area"), 100 * own / whole, "%"),
    ]


def text() -> list[Row]:
    """Measure which lines the finder still sees after `--targets text`, and which words are read."""
    what, data = say("lines of text still found after `--targets text`"), evaluation_data()
    if Target.TEXT not in BUILT:
        return [Row("leak-text", what, None, "", note=say("not built"))]
    paths = sorted((data / "text").glob("*")) if data else []
    if not paths:
        return unmeasured("leak-text", what)
    with tempfile.TemporaryDirectory(prefix="yingbi-bench-") as name:
        masked = _masked(paths, Path(name), Target.TEXT)
        before, after = _lines(paths), _lines(masked)
        told = say("{what}, of {n} before", what=what, n=before)
        return [Row("leak-text", told, after, "", 0.0), *_words(paths, masked)]


def _words(paths: Sequence[Path], masked: Sequence[Path]) -> list[Row]:
    """Return how many words are read in the pictures, and how many in their masked copies.

    Read is wherever a more thorough search than the product's sees a line, in the copy also
    where it saw one in the picture.
    """
    still = say("words still read after `--targets text`")
    folder = load_settings({}).models_dir
    try:
        reader = open_reader(folder, THREADS)
        network = open_network("text-ppocr", folder, THREADS)
    except ModelMissingError as error:
        return [Row("leak-words", still, None, "", 0.0, say_error(error))]
    looks = [TextFinder(network, [Target.TEXT], size, FAINT) for size in SIZES]
    read, left = 0, 0
    for clear, copy in zip(map(read_still, paths), map(read_still, masked), strict=True):
        places = {region.box for look in looks for region in look.find(clear)}
        read += words_of(reader, clear, places)
        places |= {region.box for look in looks for region in look.find(copy)}
        left += words_of(reader, copy, places)
    return [
        Row("leak-words-before", say("words read before, the control"), read, ""),
        Row("leak-words", still, left, "", 0.0),
    ]


def words_of(reader: Reader, picture: Frame, places: Iterable[BoxXYXY]) -> int:
    """Return how many words are read in the boxes; boxes of one line count once, the longest."""
    found = [(box, reader.words(picture, box)) for box in sorted(places)]
    kept: list[tuple[BoxXYXY, list[str]]] = []
    for box, words in sorted(found, key=lambda one: -len("".join(one[1]))):
        if not any(_centre_in(box, other) for other, _ in kept):
            kept.append((box, words))
    return sum(len(words) for _, words in kept)


def _centre_in(box: BoxXYXY, other: BoxXYXY) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return other[0] <= x < other[2] and other[1] <= y < other[3]


def height(polygon: Polygon) -> float:
    """Return the mean of a plate's two shorter edges, in pixels."""
    edges = np.hypot(*(polygon - np.roll(polygon, 1, axis=0)).T)
    return float(np.sort(edges)[:2].mean())


def area(polygon: Polygon, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return (h, w) chroma samples, true inside a convex polygon."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    x, y = columns * 2.0 + 1, rows * 2.0 + 1
    sides = []
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        sides.append((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0) >= 0)
    inside: NDArray[np.bool_] = np.logical_and.reduce(sides) | ~np.logical_or.reduce(sides)
    return inside


def _scenes(folder: Path) -> Iterator[Scene]:
    notes = folder / TRUTH
    if not notes.is_file():
        return
    for name, plates_ in sorted(json.loads(notes.read_text("utf-8")).items()):
        path = folder / name
        if path.is_file() and plates_:
            yield Scene(path, tuple(np.array(plate["poly"], np.float64) for plate in plates_))


def _masked(paths: Sequence[Path], folder: Path, target: Target) -> list[Path]:
    given, out = folder / "given", folder / "out"
    given.mkdir()
    names = [f"{n:03d}{path.suffix.lower()}" for n, path in enumerate(paths)]
    for path, name in zip(paths, names, strict=True):
        shutil.copyfile(path, given / name)
    cost([COMMAND, "mask", given, "-o", f"{out}/", "--targets", target.value])
    return [out / name for name in names]


def _drawn(path: Path) -> NDArray[np.bool_]:
    return OURS.drawn(planes_of(_even(read_rgb(path))))


def _even(rgb: Samples8) -> Samples8:
    return np.ascontiguousarray(rgb[: rgb.shape[0] // 2 * 2, : rgb.shape[1] // 2 * 2])


def _lines(paths: Sequence[Path]) -> int:
    """Return how many lines the finder sees, at its default; masks themselves do not count."""
    (finder,) = finders(load_settings({}), (Target.TEXT,))
    found = 0
    for path in paths:
        drawn, frame = _drawn(path), read_still(path)
        for region in finder.find(frame):
            inside = clipped(region.box, *frame.size)
            if region.kind is Target.TEXT and inside is not None:
                x0, y0, x1, y1 = (edge // 2 for edge in inside)
                found += drawn[y0 : y1 + 1, x0 : x1 + 1].mean() < COVERED
    return int(found)

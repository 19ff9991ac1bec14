"""`python -m yingbi.bench.daily.measure`: how well the networks see people, for the noise of drawn ones.

Reads `pose/` (stills with key points that people set) and `home_fall/` (four films, the right half of
which shows a fall in colour) of the folder that YINGBI_EVAL_DATA names. Stills are also turned by a
quarter, as nobody drew key points of people who lie.
"""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yingbi.bootstrap import finders, load_settings, poses
from yingbi.domain.frame import Frame
from yingbi.domain.messages import say
from yingbi.domain.region import BoxXYXY, Target, clipped, overlap
from yingbi.media.film import FilmReader
from yingbi.media.still import read_still
from yingbi.pipeline.engine import Finder
from yingbi.structure.attention import PoseSource

Floats = NDArray[np.float64]

FILMS = {
    "fall-01-cam0.mp4": (90, 114),
    "fall-03-cam0.mp4": (156, 174),
    "fall-05-cam0.mp4": (90, 108),
    "fall-07-cam0.mp4": (90, 120),
}
"""By film: the first frame of the fall, and the first on which the person is down."""

POSTURES = ("upright", "between", "down")
BODY = {
    "coco": dict(zip(range(17), range(17), strict=True)),
    "aic": {0: 6, 1: 8, 2: 10, 3: 5, 4: 7, 5: 9, 6: 12, 7: 14, 8: 16, 9: 11, 10: 13, 11: 15},
    "mpii": {0: 5, 1: 6, 2: 7, 3: 8, 4: 9, 5: 10, 6: 11, 7: 12, 8: 13, 9: 14, 10: 15, 11: 16},
}
"""By folder: which of its joints is which of COCO's."""

FILES = {"coco": "test_coco.json", "aic": "test_aic.json", "mpii": "test_mpii_trb.json"}
LEAST_POINTS, LEAST_PX, SAME = 8, 60, 0.4
"""People with fewer points or pixels do not count; a box of less IoU is not theirs."""

REACH = 0.12
"""How far a box reaches past the outermost points, where the set gives points and no box."""


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """A person in a still. points: (17, 3), x and y in pixels, and 0 unknown, 1 hidden, 2 seen."""

    path: Path
    box: BoxXYXY
    points: Floats


def main() -> None:
    """Print what is measured, one line a number."""
    data = Path(os.environ.get("YINGBI_EVAL_DATA", ""))
    if not (data / "pose").is_dir():
        sys.stdout.write(say("not measured: YINGBI_EVAL_DATA names no folder") + "\n")
        return
    settings = load_settings({}, None)
    (finder,), source = finders(settings, [Target.PERSON]), poses(settings)
    people = [person for name in FILES for person in labelled(data / "pose" / name, name)]
    for turns, name in ((0, "upright"), (1, "turned"), (3, "back")):
        _tell(f"stills-{name}", _of_stills(people, turns, finder, source))
    sights = {path: list(_of_film(data / "home_fall" / path, finder, source)) for path in FILMS}
    for number, posture in enumerate(POSTURES):
        parts = [
            [sight for i, sight in enumerate(film) if _posture(i, FILMS[path]) == number]
            for path, film in sights.items()
        ]
        _tell(f"films-{posture}", _of_sights(parts))


def labelled(folder: Path, name: str) -> Iterator[Labelled]:
    """Yield the people of a folder who are large and marked enough."""
    told = json.loads((folder / FILES[name]).read_text("utf-8"))
    pictures = {picture["id"]: picture["file_name"] for picture in told["images"]}
    for one in told["annotations"]:
        points = np.zeros((17, 3))
        given = np.array(one["keypoints"], float).reshape(-1, 3)
        for theirs, ours in BODY[name].items():
            points[ours] = given[theirs]
        known = points[points[:, 2] > 0]
        if len(known) < LEAST_POINTS or one.get("iscrowd"):
            continue
        box = _box(one, known)
        if box[3] - box[1] >= LEAST_PX:
            yield Labelled(folder / pictures[one["image_id"]], box, points)


def _box(one: dict[str, Any], known: Floats) -> BoxXYXY:
    if "bbox" in one:
        x, y, width, height = one["bbox"]
        return round(x), round(y), round(x + width), round(y + height)
    (x0, y0), (x1, y1) = known[:, :2].min(axis=0), known[:, :2].max(axis=0)
    edge = REACH * max(x1 - x0, y1 - y0)
    return round(x0 - edge), round(y0 - edge), round(x1 + edge), round(y1 + edge)


def _of_stills(
    people: list[Labelled], turns: int, finder: Finder, source: PoseSource
) -> dict[str, float]:
    """Return shares of boxes and poses found, and errors in sizes of the body."""
    found, posed, edges, errors, shown, hidden = 0, 0, [], [], [], []
    for path, group in groupby(people, key=lambda person: person.path):
        upright = read_still(path)
        frame = replace(upright, turns=turns)
        boxes = [region.box for region in finder.find(frame) if region.kind is Target.PERSON]
        for person in group:
            box, points = _turned(person, turns, upright.size)
            size = max(box[2] - box[0], box[3] - box[1])
            nearest = max(boxes, key=lambda other: overlap(box, other), default=None)
            if nearest is not None and overlap(box, nearest) >= SAME:
                found += 1
                edges.append(np.subtract(nearest, box) / size)
            given = source.find(frame, box)
            if given is None:
                continue
            posed += 1
            pose = np.array(given) * (*frame.size, 1)
            off = np.hypot(*(pose - points)[:, :2].T) / size
            errors += off[points[:, 2] == 2].tolist()
            shown += pose[points[:, 2] == 2, 2].tolist()
            hidden += pose[points[:, 2] == 1, 2].tolist()
    told = {"people": len(people), "box": found / len(people), "pose": posed / len(people)}
    told["edge"] = float(np.std(edges)) if edges else np.nan
    told |= {f"error p{n}": float(np.percentile(errors, n)) for n in (25, 50, 75, 90, 95)}
    told |= {f"shown p{n}": float(np.percentile(shown, n)) for n in (10, 25, 50, 75, 90)}
    return told | {f"hidden p{n}": float(np.percentile(hidden, n)) for n in (10, 50, 90) if hidden}


def _turned(person: Labelled, turns: int, size: tuple[int, int]) -> tuple[BoxXYXY, Floats]:
    """Return box and points in the picture after so many quarter turns clockwise."""
    (x0, y0, x1, y1), points, (width, height) = person.box, person.points.copy(), size
    for _ in range(turns):
        x0, y0, x1, y1 = height - y1, x0, height - y0, x1
        points[:, 0], points[:, 1] = height - points[:, 1], points[:, 0].copy()
        width, height = height, width
    return (x0, y0, x1, y1), points


Sighted = tuple[BoxXYXY | None, Floats | None]


def _of_film(path: Path, finder: Finder, source: PoseSource) -> Iterator[Sighted]:
    """Yield for each frame the surest person's box and points in the right half."""
    with FilmReader(path) as film:
        for frame in film.frames():
            yield _sight(frame, finder, source)


def _sight(frame: Frame, finder: Finder, source: PoseSource) -> Sighted:
    width, height = frame.size
    half = (width // 2, 0, width, height)
    regions = [one for one in finder.find(frame, half) if one.kind is Target.PERSON]
    box = max(regions, key=lambda one: one.score).box if regions else None
    if box is None or clipped(box, width, height) is None:
        return None, None
    given = source.find(frame, box)
    return box, None if given is None else np.array(given) * (width, height, 1)


def _posture(index: int, edges: tuple[int, int]) -> int:
    return sum(index >= edge for edge in edges)


def _of_sights(parts: list[list[Sighted]]) -> dict[str, float]:
    """Return shares, the mean length of what is lost in frames, and how much points tremble."""
    every = [sight for part in parts for sight in part]
    boxes = [[box is not None for box, _ in part] for part in parts]
    given = [[points is not None for box, points in part if box is not None] for part in parts]
    told = {
        "frames": float(len(every)),
        "box": float(np.mean([seen for row in boxes for seen in row])),
        "box lost for": _mean_run(boxes),
        "pose": float(np.mean([seen for row in given for seen in row])),
        "pose lost for": _mean_run(given),
    }
    shown = np.concatenate([points[:, 2] for _, points in every if points is not None])
    told |= {f"score p{n}": float(np.percentile(shown, n)) for n in (10, 50, 90)}
    for step in (1, 4):
        told[f"points tremble over {step}"] = _tremble(parts, step)
        told[f"box trembles over {step}"] = _tremble_of_boxes(parts, step)
    return told


def _mean_run(rows: list[list[bool]]) -> float:
    runs = [len(list(run)) for row in rows for seen, run in groupby(row) if not seen]
    return float(np.mean(runs)) if runs else 0.0


def _tremble(parts: list[list[Sighted]], step: int) -> float:
    """Return the white part of the error in sizes of the body, by second differences."""
    found = []
    for part in parts:
        for triple in zip(part, part[step:], part[2 * step :], strict=False):
            (a, b, c), box = [points for _, points in triple], triple[1][0]
            if a is None or b is None or c is None or box is None:
                continue
            sure = (a[:, 2] > 0.3) & (b[:, 2] > 0.3) & (c[:, 2] > 0.3)
            size = max(box[2] - box[0], box[3] - box[1])
            found += np.abs((a - 2 * b + c)[sure, :2] / size).ravel().tolist()
    return _spread(found)


def _tremble_of_boxes(parts: list[list[Sighted]], step: int) -> float:
    found: list[float] = []
    for part in parts:
        boxes = [box for box, _ in part]
        for a, b, c in zip(boxes, boxes[step:], boxes[2 * step :], strict=False):
            if a is None or b is None or c is None:
                continue
            size = max(b[2] - b[0], b[3] - b[1])
            found += np.abs((np.array(a) - 2 * np.array(b) + np.array(c)) / size).tolist()
    return _spread(found)


def _spread(second_differences: list[float]) -> float:
    """Return the standard deviation of what trembles by their median, which no leap moves."""
    return 1.483 * float(np.median(second_differences)) / 6**0.5 if second_differences else 0.0


def _tell(what: str, numbers: dict[str, float]) -> None:
    told = "; ".join(f"{name} {value:.3g}" for name, value in numbers.items())
    sys.stdout.write(f"{what}: {told}\n")


if __name__ == "__main__":
    main()

"""What the outputs of a user's own network mean: one small function for each kind.

Every function takes the outputs by name, or in the network's order, and the size of the
canvas; it returns boxes in canvas pixels, their scores and their classes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from yingbi.detect.faces import decoded as centerface_boxes
from yingbi.detect.view import Boxes, Scores

Outputs = Mapping[str, NDArray[np.float32]]
Classes = NDArray[np.intp]
Found = tuple[Boxes, Scores, Classes]

CELLS = (8, 16, 32)
"""Canvas pixels per cell of the three grids that YuNet and YOLOX look at."""
STEEPEST = 80.0
LARGEST = 10.0  # logarithm; a box beyond it covers every picture anyway


def yunet(outputs: Outputs, size: tuple[int, int], threshold: float) -> Found:
    """Decode YuNet: `cls_8`, `obj_8`, `bbox_8` and so on for three grids.

    cls, obj: (1, cells, 1), 0..1. bbox: (1, cells, 4), centre and logarithm of the size in
    cells, from the cell's upper left.
    """
    found = []
    for cell in CELLS:
        sure = outputs[f"cls_{cell}"][0, :, 0].clip(0, 1) * outputs[f"obj_{cell}"][0, :, 0].clip(
            0, 1
        )
        boxes = _from_grid(outputs[f"bbox_{cell}"][0], _grid(size, cell), cell)
        found.append((boxes, np.sqrt(sure)))
    boxes = np.concatenate([boxes for boxes, _ in found])
    return _above(boxes, np.concatenate([scores for _, scores in found])[:, None], threshold)


def centerface(outputs: Outputs, _size: tuple[int, int], threshold: float) -> Found:
    """Decode CenterFace: heat, logarithm of the size, offset, in this order; points after them."""
    heat, scale, offset, *_ = outputs.values()
    boxes, scores = centerface_boxes(heat[0, 0], scale[0], offset[0], threshold)
    return boxes, scores, np.zeros(len(scores), np.intp)


def yolox(outputs: Outputs, size: tuple[int, int], threshold: float) -> Found:
    """Decode YOLOX as it is exported: one output (1, cells, 5 + classes), not decoded.

    A row is the centre and the logarithm of the size in cells, from the cell's upper left,
    then how sure there is something and what, 0..1.
    """
    (rows,) = (values[0] for values in outputs.values())
    grids = [_grid(size, cell) for cell in CELLS]
    if len(rows) != sum(map(len, grids)):
        raise ValueError("the output has another number of cells than its input")
    boxes, start = [], 0
    for cell, grid in zip(CELLS, grids, strict=True):
        boxes.append(_from_grid(rows[start : start + len(grid), :4], grid, cell))
        start += len(grid)
    return _above(np.concatenate(boxes), rows[:, 4:5] * rows[:, 5:], threshold)


def detr(outputs: Outputs, size: tuple[int, int], threshold: float) -> Found:
    """Decode RT-DETR: (1, queries, classes) logits, and boxes (1, queries, 4) of 0..1.

    A box is its centre and size as shares of the canvas.
    """
    logits, shares = _logits_and_boxes(outputs)
    centres, halves = shares[:, :2], shares[:, 2:] / 2
    boxes = np.concatenate([centres - halves, centres + halves], axis=1) * np.tile(size, 2)
    scores = (1 / (1 + np.exp(-np.clip(logits, -STEEPEST, STEEPEST)))).astype(np.float32)
    return _above(boxes, scores, threshold)


def _logits_and_boxes(outputs: Outputs) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    named = {name.rpartition("/")[2]: values[0] for name, values in outputs.items()}
    if {"logits", "pred_boxes"} <= set(named):
        return named["logits"], named["pred_boxes"]
    logits, boxes = (values[0] for values in outputs.values())
    if boxes.shape[-1] != 4:
        raise ValueError("no output holds boxes")
    return logits, boxes


def _grid(size: tuple[int, int], cell: int) -> NDArray[np.float32]:
    """Return (cells, 2) x y of every cell of a canvas of (width, height), row by row."""
    columns, rows = np.meshgrid(np.arange(size[0] // cell), np.arange(size[1] // cell))
    return np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.float32)


def _from_grid(values: NDArray[np.float32], grid: NDArray[np.float32], cell: int) -> Boxes:
    centres = values[:, :2] + grid
    halves = np.exp(np.minimum(values[:, 2:4], LARGEST)) / 2
    return np.concatenate([centres - halves, centres + halves], axis=1) * cell


def _above(boxes: Boxes, scores: NDArray[np.float32], threshold: float) -> Found:
    """Return each box with its surest class, where that is sure enough. scores: (N, classes)."""
    classes = scores.argmax(axis=1)
    best = scores[np.arange(len(scores)), classes]
    sure = best >= threshold
    return boxes[sure].astype(np.float32), best[sure].astype(np.float32), classes[sure]


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of network is fed and read.

    decode: as above. colours: the order that it was taught. divided_by: what pixels of
    0..255 are divided by.
    """

    decode: Callable[[Outputs, tuple[int, int], float], Found]
    colours: Literal["rgb", "bgr"]
    divided_by: float


KINDS: Mapping[str, Kind] = {
    "yunet": Kind(yunet, "bgr", 1),
    "centerface": Kind(centerface, "rgb", 1),
    "yolox": Kind(yolox, "bgr", 1),
    "detr": Kind(detr, "rgb", 255),
}
"""Every kind by the name that `models import --kind` knows it by."""

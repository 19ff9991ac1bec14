"""What the tests of networks share: the installed networks, and pictures as frames."""

import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from yingbi.domain.frame import Frame, Plane
from yingbi.domain.region import BoxXYXY, overlap
from yingbi.domain.settings import resolve
from yingbi.inference.session import Network
from yingbi.models.shelf import open_network, status


def models_dir() -> Path:
    """The folder of the installed networks; what is missing there fails the test."""
    folder = resolve({}, "", os.environ, {}).models_dir
    wrong = [
        model.name for model, state in status(folder) if state != "installed" and not model.extra
    ]
    if wrong:
        pytest.fail(f"not installed in {folder}: {', '.join(wrong)}; run `make models` first")
    return folder


def network(name: str) -> Network:
    return open_network(name, models_dir(), 1)


def as_frame(rgb: NDArray[np.uint8], turns: int = 0) -> Frame:
    """A still whose displayed picture is `rgb`, stored so that `turns` turns it upright."""
    stored = np.ascontiguousarray(np.rot90(rgb, turns))
    return Frame(0, 0, Fraction(1), (Plane(stored, 0, 0, (0, 0, 0)),), "rgb", turns=turns)


def centre_in(box: BoxXYXY, inside: BoxXYXY) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return inside[0] <= x < inside[2] and inside[1] <= y < inside[3]


def found(truth: BoxXYXY, boxes: list[BoxXYXY]) -> bool:
    return any(overlap(truth, box) >= 0.4 or centre_in(truth, box) for box in boxes)

"""Read a line of text with PP-OCR's reader.

The network gives, for each narrow column of a line, how likely each character is; runs of
one character count once and blanks part them (CTC, Graves and others 2006). What was read stays
in memory: nothing here writes it, and no `repr` shows it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yingbi.domain.frame import Frame
from yingbi.domain.region import BoxXYXY, clipped
from yingbi.inference.session import Network, OnnxNetwork
from yingbi.media.upright import upright_crop
from yingbi.models.shelf import checked

READER = "text-ppocr-reader"
ALPHABET = "character"
"""Under this name the file holds its characters, one a line, in the order of the outputs."""

HIGH = 48
NARROWEST, LEAST, WIDEST = 16, 320, 3200
"""Pixels: of a line, of what the network is given, and of the longest line."""

UPRIGHT = 1.5
"""What is so many times as high as wide is a line from top to bottom, and is laid down."""


@dataclass(frozen=True, slots=True)
class Line:
    """What was read in one place.

    text: empty where no character is. sure: mean likelihood of its characters, 0..1; of none, 0.
    each: pixels of the picture along the line for each sign; of none, 0.
    """

    text: str = field(repr=False)
    sure: float
    each: float


class TextReader:
    """Reads one line at a time."""

    def __init__(self, network: Network, characters: Sequence[str]) -> None:
        """Keep a loaded network and its characters, without the blank and the space."""
        self._network = network
        self._characters = ("", *characters, " ")
        (self._input,) = network.input_names

    def read(self, frame: Frame, box: BoxXYXY) -> Line:
        """Return the line in a box of the displayed picture; outside of it nothing is read."""
        inside = clipped(box, *frame.size)
        if inside is None:
            return Line("", 0.0, 0.0)
        (heat,) = self._network.run({self._input: _as_input(_line(frame, inside))})
        text, sure = self._text(heat[0])
        length = max(inside[2] - inside[0], inside[3] - inside[1])
        return Line(text, sure, length / len(text) if text else 0.0)

    def _text(self, heat: NDArray[np.float32]) -> tuple[str, float]:
        best = heat.argmax(axis=1)
        new = np.diff(best, prepend=-1) != 0
        kept = new & (best > 0)
        if not kept.any():
            return "", 0.0
        text = "".join(self._characters[index] for index in best[kept])
        return text, float(heat.max(axis=1)[kept].mean())


def loaded(
    models_dir: Path, threads: int, cards: str = "optional"
) -> tuple[Network, Sequence[str]]:
    """Return the reader's network and its characters; raises what `models.shelf.checked` raises."""
    network = OnnxNetwork(checked(READER, models_dir, cards), threads)
    return network, network.notes[ALPHABET].splitlines()


def _line(frame: Frame, box: BoxXYXY) -> NDArray[np.uint8]:
    """Return the line as (HIGH, width, 3) RGB, from left to right."""
    x0, y0, x1, y1 = box
    width, height = x1 - x0, y1 - y0
    if height < UPRIGHT * width:
        return upright_crop(frame, box, _long(width, height), HIGH)
    return np.rot90(upright_crop(frame, box, HIGH, _long(height, width)))


def _long(length: int, breadth: int) -> int:
    return min(max(round(HIGH * length / breadth), NARROWEST), WIDEST)


def _as_input(line: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return (1, 3, HIGH, width) of BGR, -1..1, with zeros behind a short line."""
    canvas = np.zeros((HIGH, max(line.shape[1], LEAST), 3), np.float32)
    canvas[:, : line.shape[1]] = line[:, :, ::-1] / np.float32(127.5) - 1
    return np.ascontiguousarray(canvas.transpose(2, 0, 1)[None])

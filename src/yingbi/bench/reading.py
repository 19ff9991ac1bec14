"""Read lines of text with PP-OCR's reader: an attacker's tool, not part of masking.

The network gives, for each narrow column of a line, how likely each character is; runs of
one character count once and blanks part them (CTC, Graves and others 2006).
"""

from collections.abc import Sequence
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

SURE = 0.5
"""Mean likelihood of its characters from which on a line counts as read, as in RapidOCR."""

LETTERS, LOWEST = 2, 8
"""Of a word, and the pixels that a line is high at least: what is less nobody can read."""


class Reader:
    """Reads one line at a time."""

    def __init__(self, network: Network, characters: Sequence[str]) -> None:
        """Keep a loaded network and its characters, without the blank and the space."""
        self._network = network
        self._characters = ("", *characters, " ")
        (self._input,) = network.input_names

    def words(self, frame: Frame, box: BoxXYXY) -> list[str]:
        """Return the words of the line in a box of the displayed picture.

        A word is what stands between spaces and holds two letters or digits, so that a line of
        Chinese is one: single ones are read in arrows, wires and the bars of windows as well.
        What is read without being sure is left out.
        """
        inside = clipped(box, *frame.size)
        if inside is None or min(inside[2] - inside[0], inside[3] - inside[1]) < LOWEST:
            return []
        (heat,) = self._network.run({self._input: _as_input(_line(frame, inside))})
        text = self._text(heat[0])
        return [word for word in text.split() if sum(map(str.isalnum, word)) >= LETTERS]

    def _text(self, heat: NDArray[np.float32]) -> str:
        best = heat.argmax(axis=1)
        new = np.diff(best, prepend=-1) != 0
        kept = new & (best > 0)
        if not kept.any() or heat.max(axis=1)[kept].mean() < SURE:
            return ""
        return "".join(self._characters[index] for index in best[kept])


def open_reader(models_dir: Path, threads: int) -> Reader:
    """Return the reader; raises what `models.shelf.checked` raises."""
    network = OnnxNetwork(checked(READER, models_dir), threads)
    return Reader(network, network.notes[ALPHABET].splitlines())


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

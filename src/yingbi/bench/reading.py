"""Which words somebody who has a reader of text gets out of a picture: an attacker's tool here."""

from collections.abc import Sequence
from pathlib import Path

from yingbi.detect.reader import HIGH, LEAST, TextReader, loaded
from yingbi.domain.frame import Frame
from yingbi.domain.region import BoxXYXY, clipped
from yingbi.inference.session import Network

__all__ = ["HIGH", "LEAST", "Reader", "open_reader"]

SURE = 0.5
"""Mean likelihood of its characters from which on a line counts as read, as in RapidOCR."""

LETTERS, LOWEST = 2, 8
"""Of a word, and the pixels that a line is high at least: what is less nobody can read."""


class Reader:
    """Reads the words of one line at a time."""

    def __init__(self, network: Network, characters: Sequence[str]) -> None:
        """Keep a loaded network and its characters, without the blank and the space."""
        self._lines = TextReader(network, characters)

    def words(self, frame: Frame, box: BoxXYXY) -> list[str]:
        """Return the words of the line in a box of the displayed picture.

        A word is what stands between spaces and holds two letters or digits, so that a line of
        Chinese is one: single ones are read in arrows, wires and the bars of windows as well.
        What is read without being sure is left out.
        """
        inside = clipped(box, *frame.size)
        if inside is None or min(inside[2] - inside[0], inside[3] - inside[1]) < LOWEST:
            return []
        line = self._lines.read(frame, inside)
        if line.sure < SURE:
            return []
        return [word for word in line.text.split() if sum(map(str.isalnum, word)) >= LETTERS]


def open_reader(models_dir: Path, threads: int) -> Reader:
    """Return the reader; raises what `models.shelf.checked` raises."""
    return Reader(*loaded(models_dir, threads))

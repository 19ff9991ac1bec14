"""The bench's reader: what counts as a word that can still be read."""

from pathlib import Path

import numpy as np
import pytest

from networks import as_frame
from yingbi.bench import written
from yingbi.bench.reading import HIGH, LEAST, Reader

LETTERS = "abcdefghi"


class Saying:
    """A network that says the same of every line, and keeps what it was given."""

    input_names = ("x",)

    def __init__(self, columns: str, sure: float = 0.9) -> None:
        """Columns: the character of each, "-" for the blank."""
        heat = np.full((len(columns), len(LETTERS) + 2), (1 - sure) / 20, np.float32)
        for row, letter in enumerate(columns):
            heat[row, ("-" + LETTERS + " ").index(letter)] = sure
        self._heat, self.given = heat, []

    def run(self, inputs):
        self.given.append(inputs["x"])
        return [self._heat[None]]


def blank(width: int = 400, height: int = 300):
    return as_frame(np.full((height, width, 3), (10, 20, 30), np.uint8))


def reading(network: Saying) -> Reader:
    return Reader(network, LETTERS)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ("aab", ["ab"]),
        ("aa-ab", ["aab"]),
        ("--", []),
        ("ab cd", ["ab", "cd"]),
        ("a bc", ["bc"]),  # a single letter is read in an arrow as well
        (" -ab- ", ["ab"]),
    ],
)
def test_runs_count_once_blanks_part_them_and_a_word_has_two_letters(columns, words):
    assert reading(Saying(columns)).words(blank(), (10, 10, 110, 40)) == words


def test_what_is_not_sure_or_too_low_or_outside_is_not_read():
    assert reading(Saying("abc", sure=0.49)).words(blank(), (10, 10, 110, 40)) == []
    assert reading(Saying("abc")).words(blank(), (10, 10, 110, 17)) == []
    assert reading(Saying("abc")).words(blank(), (410, 10, 510, 40)) == []
    assert reading(Saying("abc")).words(blank(), (380, 10, 510, 40)) == ["abc"]


def test_a_line_is_given_as_the_network_was_taught_with_a_standing_one_laid_down():
    network = Saying("ab")
    reading(network).words(blank(), (0, 0, 100, 20))
    (short,) = network.given
    assert short.shape == (1, 3, HIGH, LEAST)
    colour = np.array((30, 20, 10)) / 127.5 - 1  # blue, green, red
    assert np.allclose(short[0, :, :, :240], colour[:, None, None], atol=0.02)
    assert not short[0, :, :, 240:].any()
    picture = np.zeros((300, 400, 3), np.uint8)
    picture[:150] = 255  # white above, which becomes the left end where a line goes up
    reading(network).words(as_frame(picture), (100, 0, 130, 300))
    long = network.given[1]
    assert long.shape == (1, 3, HIGH, HIGH * 10)
    ends = {long[0, 0, 24, 20].round(), long[0, 0, 24, -20].round()}
    assert ends == {-1, 1}


def test_two_boxes_of_one_line_count_once_and_two_lines_twice():
    reader = reading(Saying("ab cd"))
    line, inside, other = (0, 0, 200, 40), (20, 5, 180, 38), (0, 100, 200, 140)
    assert written.words_of(reader, blank(), [line, inside]) == 2
    assert written.words_of(reader, blank(), [line, inside, other]) == 4


def test_without_the_reader_the_row_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("YINGBI_MODELS_DIR", str(tmp_path))
    (row,) = written._words([Path("a.png")], [Path("b.png")])
    assert row.value is None
    assert "yingbi models install text-ppocr-reader" in row.note

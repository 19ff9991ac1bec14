"""Which lines of text are kept as private: read surely, judged alone and in their row."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from networks import as_frame, models_dir
from yingbi.detect.private import LineJudge, PrivateText, _strip
from yingbi.detect.reader import Line, TextReader
from yingbi.domain.frame import Frame, Plane
from yingbi.domain.region import Pace, Region, Target
from yingbi.domain.settings import resolve
from yingbi.errors import ModelMissingError
from yingbi.pipeline.finders import Finders

SIGNS = "0123456789abcdefghijklmnopqrstuvwxyzEt"
CARD = "6222020000000000"


class Saying:
    """A network that says of every line what it was told last, and counts how often."""

    input_names = ("x",)

    def __init__(self, text: str, sure: float = 0.99) -> None:
        """Text: of any characters of SIGNS and spaces."""
        self.text, self.sure, self.times = text, sure, 0

    def run(self, inputs):
        self.times += 1
        heat = np.full((2 * len(self.text), len(SIGNS) + 2), 0.0, np.float32)
        for at, sign in enumerate(self.text):
            heat[2 * at, (SIGNS + " ").index(sign) + 1] = self.sure
            heat[2 * at + 1, 0] = 1.0
        return [heat[None]]


def judging(network: Saying) -> LineJudge:
    return LineJudge(TextReader(network, SIGNS))


def line(x0: int = 40, width: int = 320, y0: int = 100) -> Region:
    return Region(Target.TEXT, (x0, y0, x0 + width, y0 + 24), 0.9)


def filmed(
    index: int, grey: int = 90, stripe: int | None = None, light: int | None = None
) -> Frame:
    rgb = np.full((240, 480, 3), grey, np.uint8)
    if stripe is not None:
        rgb[100:124, stripe : stripe + 60] = 255 - grey if light is None else light
    return Frame(index, index, Fraction(1, 4), (Plane(rgb, 0, 0, (0, 0, 0)),), "rgb", filmed=True)


def kinds(judge: LineJudge, frame: Frame, *lines: Region) -> list[frozenset[str]]:
    return [of for _, of in judge.judged(frame, lines)]


def test_a_line_is_private_by_its_pattern_and_otherwise_not():
    assert kinds(judging(Saying(CARD)), filmed(0), line()) == [{"text.bank-card"}]
    assert kinds(judging(Saying("exit 12 b")), filmed(0), line()) == [frozenset()]


@pytest.mark.parametrize(
    ("network", "width"),
    [(Saying("exit", 0.8), 320), (Saying(""), 320), (Saying("exit 12 b"), 50)],
    ids=["not sure", "nothing read", "too small"],
)
def test_what_is_not_read_surely_is_private(network, width):
    assert kinds(judging(network), filmed(0), line(width=width)) == [{"text.unread"}]


def test_a_number_in_two_lines_of_one_row_is_private_in_both():
    class Halves(Saying):
        def run(self, inputs):
            self.text = "62220200" if self.times == 0 else "00000000"
            return super().run(inputs)

    left, right = line(20, 160), line(210, 160)
    assert kinds(judging(Halves("0")), filmed(0), left, right) == [{"text.bank-card"}] * 2
    below = line(210, 160, 150)
    assert kinds(judging(Halves("0")), filmed(0), left, below) == [frozenset()] * 2, "the control"


def test_a_line_is_read_once_while_nothing_moves_there_and_again_when_something_does():
    network = Saying("exit 12 b")
    judge = judging(network)
    for index in range(4):
        kinds(judge, filmed(index, stripe=200), line())
    assert network.times == 1
    kinds(judge, filmed(4, stripe=60), line())
    assert network.times == 2


def faint(index: int, stripe: int, contrast: int) -> Frame:
    """Return a frame with one stripe that is lighter by so many greys."""
    return filmed(index, grey=40, stripe=stripe, light=40 + contrast)


@pytest.mark.parametrize("contrast", [20, 5])
def test_faint_text_that_changes_is_read_anew_and_while_it_stays_it_is_not(contrast):
    network = Saying("exit 12 b")
    judge = judging(network)
    for index in range(2):
        assert kinds(judge, faint(index, 60, contrast), line()) == [frozenset()]
    assert network.times == 1, "the control"
    network.text = CARD
    assert kinds(judge, faint(2, 200, contrast), line()) == [{"text.bank-card"}]


def test_what_has_too_little_contrast_to_be_compared_is_never_taken_for_public_unread():
    network = Saying("exit 12 b")
    judge = judging(network)
    kinds(judge, faint(0, 60, 2), line())
    network.text = CARD
    assert kinds(judge, faint(1, 60, 2), line()) == [{"text.bank-card"}]


def test_that_a_line_is_public_is_believed_for_a_second_and_that_it_is_private_for_good():
    for text, wanted in (("exit 12 b", [1, 1, 1, 1, 1, 2, 2]), (CARD, [1] * 7)):
        network = Saying(text)
        judge, times = judging(network), []
        for index in range(7):
            kinds(judge, filmed(index, stripe=200), line())
            times.append(network.times)
        assert times == wanted


def test_where_a_line_was_private_it_stays_private_for_a_while_and_unread_does_not():
    network = Saying(CARD)
    judge = judging(network)
    kinds(judge, filmed(0), line())
    network.text = "exit 12 b"
    assert kinds(judge, filmed(2, stripe=60), line()) == [{"text.bank-card"}]
    assert kinds(judge, filmed(30, stripe=90), line()) == [frozenset()]
    network.sure = 0.5
    assert kinds(judge, filmed(31, stripe=150), line()) == [{"text.unread"}]
    network.sure = 0.99
    assert kinds(judge, filmed(32, stripe=180), line()) == [frozenset()]


def test_a_new_film_or_a_still_remembers_nothing():
    network = Saying(CARD)
    judge = judging(network)
    kinds(judge, filmed(5), line())
    network.text = "exit 12 b"
    assert kinds(judge, filmed(0), line()) == [frozenset()]
    still = as_frame(np.full((240, 480, 3), 90, np.uint8))
    for _ in range(2):
        kinds(judge, still, line())
    assert network.times == 4


def test_what_was_read_stands_in_no_repr():
    assert CARD not in repr(Line(CARD, 0.99, 20.0))
    judge = judging(Saying(CARD))
    kinds(judge, filmed(0), line())
    assert CARD not in repr(judge._memory.judged)


class Finding:
    """A finder that gives lines by the place that is searched."""

    kinds, pace = frozenset({Target.TEXT, Target.PLATE}), Pace.PART

    def __init__(self, of_part: list[Region], of_strip: list[Region]) -> None:
        self._of_part, self._of_strip, self.asked = of_part, of_strip, []

    def find(self, frame, part=None):
        self.asked.append(part)
        return self._of_strip if len(self.asked) > 1 else self._of_part


def test_a_line_that_a_part_cuts_is_seen_whole_or_counts_as_private():
    cut, whole, part = line(100, 100), line(40, 300), (0, 0, 200, 240)
    finder = Finding([cut], [whole])
    found = PrivateText(finder, judging(Saying(CARD))).find(filmed(0), part)
    whole = replace(whole, read=frozenset({"text.bank-card"}))
    assert (found, finder.asked) == ([whole], [part, _strip(cut.box, (480, 240))])
    assert (
        PrivateText(Finding([cut], [whole]), judging(Saying("exit 12 b"))).find(filmed(0), part)
        == []
    )
    still_cut = PrivateText(Finding([cut], []), judging(Saying("exit 12 b"))).find(filmed(0), part)
    assert still_cut == [replace(cut, read=frozenset({"text.unread"}))]


def test_plates_are_passed_on_as_they_are():
    plate = Region(Target.PLATE, (10, 10, 90, 40), 0.4)
    finder = Finding([line(), plate], [])
    found = PrivateText(finder, judging(Saying("exit 12 b"))).find(filmed(0))
    assert found == [plate]


# --- with the installed networks -----------------------------------------------------------------


def settings(kind: str, **more: str):
    options = {"detect.text_kind": kind, "models.dir": str(models_dir())} | more
    return resolve({}, "", {}, options)


def written(*texts: str) -> Frame:
    picture = Image.new("RGB", (900, 120 * len(texts)), (230, 228, 220))
    draw = ImageDraw.Draw(picture)
    for row, text in enumerate(texts):
        draw.text((60, 120 * row + 40), text, font=ImageFont.load_default(32), fill="black")
    return as_frame(np.asarray(picture))


def test_of_real_lines_only_the_private_ones_are_covered():
    texts = ("No smoking area", "Card 6222 0200 0000 0000", "2026-11-24 15:30", "ann@example.com")
    (private,) = Finders(settings("private"), frozenset({Target.TEXT}), 1).all()
    (every,) = Finders(settings("all"), frozenset({Target.TEXT}), 1).all()
    rows = {region.box[1] // 120 for region in private.find(written(*texts))}
    assert rows == {1, 3}
    assert {region.box[1] // 120 for region in every.find(written(*texts))} == {0, 1, 2, 3}


def test_the_reader_is_named_and_needed_for_private_text_alone(tmp_path):
    both = frozenset({Target.TEXT, Target.PLATE})
    names = {name for name, _ in Finders(settings("private"), both, 1).networks()}
    assert names == {"text-ppocr", "text-ppocr-reader"}
    for kind, targets in (("all", both), ("private", frozenset({Target.PLATE}))):
        told = Finders(settings(kind), targets, 1).networks()
        assert {name for name, _ in told} == {"text-ppocr"}
    with pytest.raises(ModelMissingError):
        Finders(settings("private", **{"models.dir": str(tmp_path)}), both, 1).all()

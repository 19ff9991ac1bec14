"""The closer look at what a glance left in doubt."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from films import FACE, portrait
from networks import as_frame, network
from yingbi.detect import faces
from yingbi.detect.closer import ASIDE, SIDE, Closer
from yingbi.detect.faces import FaceFinder, _doubtful, _inside
from yingbi.inference.session import Network

BOXES = np.array([[100, 50, 114, 66], [-4, 10, 8, 24], [300, 200, 420, 330], [0, 0, 2, 3]], "f")


def test_a_place_comes_back_to_where_it_was():
    closer = Closer.at(BOXES)
    columns, _ = closer.size
    seen = BOXES[[0, 1, 2, 2, 3]]  # the large one is seen in two sizes
    middles = np.array([divmod(n, columns)[::-1] for n in range(len(seen))]) * SIDE + SIDE / 2
    sides = np.array(
        [(box[2:] - box[:2]) * view.scale for box, view in zip(seen, closer.views, strict=True)]
    )
    squares = np.concatenate([middles - sides / 2, middles + sides / 2], axis=1).astype("f")
    placed, whole = closer.placed(squares)
    assert whole.all()
    assert np.abs(placed - seen).max() <= 0.51  # squares begin at whole pixels


def test_what_is_cut_off_at_the_edge_of_a_square_does_not_count():
    closer = Closer.at(BOXES)
    far = SIDE / 2 + ASIDE + 1
    beside = np.array([[far - 3, 20, far + 3, 40], [20, 20, 40, 40]], "f")
    assert closer.placed(beside)[1].tolist() == [False, True]


def test_the_canvas_shows_the_places():
    rgb = np.zeros((80, 80, 3), np.uint8)
    rgb[30:50, 30:50] = 200
    canvas = Closer.at(np.array([[30, 30, 50, 50]], "f")).picture(as_frame(rgb))
    assert canvas.shape == (SIDE, SIDE, 3)
    assert (canvas[SIDE // 2 - 8 : SIDE // 2 + 8, SIDE // 2 - 8 : SIDE // 2 + 8] > 190).all()
    assert (canvas[:4, :4] == 0).all()


def test_a_doubt_in_a_clear_face_is_that_face_and_one_beside_it_is_not():
    boxes = np.array([[0, 0, 50, 60], [10, 10, 30, 30], [45, 40, 95, 100]], "f")
    assert _doubtful(boxes, np.array([0.9, 0.1, 0.1], "f")).tolist() == [2]
    assert sorted(_doubtful(boxes, np.array([0.2, 0.1, 0.1], "f")).tolist()) == [0, 1, 2]


def test_a_box_that_is_nearly_all_beside_the_picture_is_told_by_its_share():
    boxes = np.array([[10, 10, 20, 20], [-5, 10, 5, 20], [99, -40, 189, 60], [110, 0, 120, 9]], "f")
    assert _inside(boxes, (100, 50)) == pytest.approx([1, 0.5, 0.5 / 90, 0])


@pytest.fixture
def small() -> tuple[np.ndarray, tuple[float, float]]:
    """A picture of 1200 by 900 with a face 11 pixels high, and where its middle is."""
    x0, y0, x1, y1 = FACE
    scale = 11 / (y1 - y0)
    whole = portrait()
    shrunk = whole.resize((round(whole.width * scale), round(whole.height * scale)))
    below, beside = 900 - 200 - shrunk.height, 1200 - 300 - shrunk.width
    around = ((200, below), (300, beside), (0, 0))
    picture = np.pad(np.asarray(shrunk), around, mode="edge")  # no frame that looks like a face
    return picture, (300 + (x0 + x1) / 2 * scale, 200 + (y0 + y1) / 2 * scale)


def test_a_face_too_faint_for_a_glance_is_found_by_the_closer_look(small, monkeypatch):
    picture, (x, y) = small
    finder = FaceFinder(network("face-centerface"), size=1280, threshold=0.3)

    def found() -> bool:
        boxes = [region.box for region in finder.find(as_frame(picture))]
        return any(x0 < x < x1 and y0 < y < y1 and x1 - x0 < 24 for x0, y0, x1, y1 in boxes)

    assert found()
    monkeypatch.setattr(faces, "DOUBT", 0.3)
    monkeypatch.setattr(faces, "CLEAR", 0.0)
    assert not found()


class Asked:
    """A network that remembers the shapes of what it was given."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.input_names, self.shapes = network.input_names, []

    def run(self, inputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        self.shapes += [one.shape for one in inputs.values()]
        return self._network.run(inputs)


@pytest.mark.parametrize(("filmed", "height"), [(False, 608), (True, 960)])
def test_a_frame_of_a_film_is_searched_all_over_and_a_still_is_not(small, filmed, height):
    asked = Asked(network("face-centerface"))
    FaceFinder(asked, size=1280).find(replace(as_frame(small[0]), filmed=filmed))
    assert max(shape[2] for shape in asked.shapes) == height


@pytest.mark.parametrize("shape", [(400, 1280), (1280, 400)])
def test_a_picture_is_searched_in_pieces_and_a_face_on_a_seam_is_found_once(shape, monkeypatch):
    x0, y0, x1, y1 = FACE
    scale = 90 / (y1 - y0)
    whole = portrait()
    shrunk = np.asarray(whole.resize((round(whole.width * scale), round(whole.height * scale))))
    side = len(shrunk)
    wide = shape[1] > shape[0]
    top = 40 if wide else 640 - round((y0 + y1) / 2 * scale)  # its middle is where pieces meet
    left = 640 - round((x0 + x1) / 2 * scale) if wide else 40
    picture = np.full((*shape, 3), 90, np.uint8)
    picture[top : top + side, left : left + side] = shrunk
    asked = Asked(network("face-centerface"))
    finder = FaceFinder(asked, size=1280, thorough=True)

    def seen(at_once: int) -> tuple[int, ...]:
        monkeypatch.setattr(faces, "MOST_AT_ONCE", at_once)
        (one,) = [r for r in finder.find(as_frame(picture)) if r.score > 0.3]
        return one.box

    at_once, in_pieces = seen(10**7), seen(1280 * 416 // 2)
    assert np.abs(np.subtract(at_once, in_pieces)).max() <= 2
    assert [max(one[2:]) for one in asked.shapes if max(one[2:]) > 512] == [1280, 704, 704]

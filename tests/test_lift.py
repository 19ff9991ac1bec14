"""One person's own film: that person and nobody else, and back into the masked film."""

import io
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from films import face_film
from still_rows import ROWS
from yingbi.domain.frame import Frame, Plane
from yingbi.domain.region import Region, Target, clipped
from yingbi.errors import SealBrokenError
from yingbi.mask.cover import cover, reach
from yingbi.mask.film import masker
from yingbi.mask.lift import Lifter, lifted
from yingbi.media.cutting import paste
from yingbi.media.film import FilmReader
from yingbi.media.still import read_stills
from yingbi.media.upright import upright_crop
from yingbi.pipeline.lift import lift

GREY, GROW = 128, 0.25
ANNE = (Target.PERSON, (40, 30, 160, 200))
BEN = (Target.PERSON, (130, 50, 250, 220))


def people():
    (kind, box), (other_kind, other) = ANNE, BEN
    return [
        Region(kind, box, 0.9, track=1),
        Region(Target.FACE, (70, 40, 110, 90), 0.9, track=1),
        Region(other_kind, other, 0.9, track=2),
    ]


@pytest.fixture(scope="module")
def taken(tmp_path_factory):
    """A film of five seconds: its clear luma, everybody's own film, and the masked film."""
    path = face_film(tmp_path_factory.mktemp("lift") / "a.mp4", seconds=5)
    clear, films, masked = [], [], b""
    with FilmReader(path) as reader:
        lifter = Lifter(reader.info, crf=18, grow=GROW)
        cloth = masker(reader.info, "video/mp4", crf=18, grow=GROW)
        for frame in reader.frames():
            clear.append(frame.planes[0].samples.copy())
            films += lifter.note(frame, people(), frozenset({"face"}))
            masked += b"".join(p.content for p in cloth.mask(frame, people(), frozenset()))
        films += lifter.finish()
        masked += b"".join(piece.content for piece in cloth.finish())
    return clear, films, masked


def test_one_person_is_lifted_out_of_the_masked_film_and_the_other_is_not(taken):
    clear, films, masked = taken
    own = {c.pts: c for film in films if film.track == 1 for c in lifted(film.content)}
    with FilmReader(Path("masked"), held=io.BytesIO(masked)) as reader:
        seen = 0
        for frame, was in zip(reader.frames(), clear, strict=True):
            luma = frame.planes[0].samples
            assert (np.abs(luma[60:180, 45:105].astype(int) - GREY) <= 2).all()  # masked before
            paste(frame, own[frame.pts])
            near = np.abs(luma[60:180, 45:105].astype(int) - was[60:180, 45:105])
            assert near.mean() < 4
            assert (np.abs(luma[60:210, 130:240].astype(int) - GREY) <= 6).all()  # Ben stays
            seen += 1
    assert seen == len(clear) == 125


def test_films_are_cut_by_the_clock_and_hold_every_frame(taken):
    clear, films, _ = taken
    for track in (1, 2):
        its = [film for film in films if film.track == track]
        assert [film.from_s for film in its] == [0.0, 4.0]
        assert sum(1 for film in its for _ in lifted(film.content)) == len(clear)


boxes = st.tuples(*[st.integers(-10, 90)] * 2, *[st.integers(4, 70)] * 2).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@given(st.lists(st.tuples(boxes, st.sampled_from([1, 2, None])), min_size=1, max_size=5))
def test_no_pixel_that_somebody_else_is_masked_on_is_in_a_persons_film(found):
    luma = np.arange(80 * 100, dtype=np.uint8).reshape(80, 100) | 1
    luma[luma == GREY] = 1
    frame = Frame(0, 0, Fraction(1, 25), (Plane(luma, 0, 0, (GREY,)),), "grey")
    regions = [Region(Target.PERSON, box, 0.9, track=track) for box, track in found]
    others = luma.copy()
    for region in regions:
        box = clipped(reach(region, GROW), 100, 80)
        if region.track != 1 and box is not None:
            others[box[1] : box[3], box[0] : box[2]] = GREY
    lifter = Lifter(None, crf=18, grow=GROW)
    list(lifter.note(frame, regions, frozenset()))
    films = {film.track: film for film in lifter.finish()}
    if 1 not in films:
        assert not any(
            t == 1 and clipped(reach(r, GROW), 100, 80)
            for r, (_, t) in zip(regions, found, strict=True)
        )
        return
    (cutting,) = lifted(films[1].content)
    x0, y0, x1, y1 = cutting.box
    assert (cutting.planes[0] == others[y0:y1, x0:x1]).all()
    masked = Frame(0, 0, Fraction(1, 25), (Plane(luma.copy(), 0, 0, (GREY,)),), "grey")
    cover(masked, regions, grow=GROW)
    paste(masked, cutting)
    mine = masked.planes[0].samples != GREY
    assert (masked.planes[0].samples[mine] == luma[mine]).all()


@pytest.mark.parametrize("content", [b"", b"\0\0\0\4none", b"\0\0\0\2{}", b"\xff" * 40])
def test_what_is_no_persons_film_is_refused(content):
    with pytest.raises(SealBrokenError):
        list(lifted(content))


def still_of(name, as_rgb=False):
    """A picture, its people lifted, and the picture masked, as level 3 does."""
    content = ROWS[name].make()
    lifter, cloth = Lifter(None, crf=18, grow=0.1), masker(None, "image", crf=18, grow=0.1)
    anne = Region(Target.FACE, (40, 30, 70, 60), 0.9, track=1)
    ben = Region(Target.FACE, (90, 50, 120, 90), 0.9, track=2)
    films, masked = [], b""
    for frame in read_stills("held", content, as_rgb=as_rgb):
        films += lifter.note(frame, [anne, ben], frozenset())
        masked += b"".join(p.content for p in cloth.mask(frame, [anne, ben], frozenset()))
    films += lifter.finish()
    masked += b"".join(piece.content for piece in cloth.finish())
    return content, films, masked


@pytest.mark.parametrize(
    ("name", "as_rgb"),
    [
        ("jpeg 4:2:0", False), ("jpeg 4:2:0", True), ("jpeg turned 6", False), ("jpeg grey", False),
        ("png and alpha 16", False), ("gif moving", False), ("tiff of several pages", False),
        ("webp moving, lossless", False),
    ],
)  # fmt: skip
def test_one_person_is_lifted_out_of_every_frame_of_a_picture(name, as_rgb):
    """as_rgb: as versions before the planes of JPEG were kept wrote the people apart."""
    content, films, masked = still_of(name, as_rgb)
    own, sink = [film.content for film in films if film.track == 1], io.BytesIO()
    count = len(list(read_stills("held", content)))
    assert lift(masked, own, sink, still=True, crf=18) == count
    whole, back = (list(read_stills("held", c)) for c in (content, sink.getvalue()))
    assert len(whole) == len(back) == count
    for was, now in zip(whole, back, strict=True):
        seen, hidden = (
            upright_crop(now, box, 20, 20) for box in ((46, 36, 64, 54), (96, 56, 114, 84))
        )
        truth = upright_crop(was, (46, 36, 64, 54), 20, 20)
        assert np.abs(seen.astype(int) - truth).mean() < 6
        if now.size == (160, 120):  # the last page is too small for the other one
            assert np.abs(hidden.astype(int) - GREY).max() <= 6

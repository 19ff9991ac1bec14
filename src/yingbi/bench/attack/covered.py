"""What the attacker gets: films that went through the product's own way, under each style.

Each film is looked at once, by the product's engine and its own networks; then it is
covered and written under each style as `pipeline.mask` does it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from yingbi.bench.attack.people import Picture, film, ways
from yingbi.domain.frame import Frame
from yingbi.domain.region import BoxXYXY, Region, Target, area, clipped, overlap
from yingbi.mask.cover import cover, reach
from yingbi.mask.style import Style
from yingbi.media.blur import box_blurred
from yingbi.media.film_writer import FilmWriter
from yingbi.media.made import moved
from yingbi.media.upright import upright_rgb
from yingbi.pipeline.engine import Reel, Sight, Take, open_held, see

Paint = Callable[[Frame, Sequence[Region]], object]
"""Changes a frame where its regions are."""

Image = NDArray[np.float32]
"""(H, W, 3), RGB 0..255."""

MEDIA_TYPE = "video/mp4"
PEER_SCALE = 1.3


@dataclass(frozen=True, slots=True)
class Watched:
    """One film and what the engine saw in it.

    faces: where the attacked person's face is, by frame, as displayed; None where nothing was seen.
    """

    picture: Picture
    seed: int
    film: bytes = field(repr=False)
    regions: tuple[tuple[Region, ...], ...] = field(repr=False)
    faces: tuple[BoxXYXY | None, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """What the attacker makes of a masked film: one picture, with the place of the mask.

    place: the mask, as displayed; mask: (H, W), where it was in every frame that was used.
    """

    image: Image = field(repr=False)
    face: BoxXYXY
    place: BoxXYXY
    mask: NDArray[np.bool_] = field(repr=False)


def watch(picture: Picture, seed: int, sight: Sight) -> Watched:
    """Return the picture's film with all that the engine sees in it."""
    content = film(picture, seed)
    with open_held(content, MEDIA_TYPE) as reel:
        regions = tuple(tuple(seen.regions) for seen in see(Take(reel, sight)))
    faces: list[BoxXYXY | None] = []
    for its in regions:
        faces.append(_same(its, faces[-1] if faces else None, picture))
    return Watched(picture, seed, content, regions, tuple(faces))


def _same(regions: Sequence[Region], last: BoxXYXY | None, picture: Picture) -> BoxXYXY | None:
    """Return the face that was meant before, at first the largest near the middle."""
    boxes = [region.box for region in regions if region.kind is Target.FACE]
    if not boxes:
        return last
    if last is not None:
        return max(boxes, key=lambda box: overlap(box, last))
    height, width = picture.rgb.shape[:2]
    inner = (width // 5, height // 5, width - width // 5, height - height // 5)
    return max(boxes, key=lambda box: area(box) * (overlap(box, inner) > 0))


def covering(style: Style, grow: float, kinds: frozenset[Target]) -> Paint:
    """Return what covers regions of these kinds as the product does."""

    def paint(frame: Frame, regions: Sequence[Region]) -> object:
        its = [region for region in regions if region.kind in kinds]
        return cover(frame, its, grow=grow, style=style)

    return paint


def clear(_frame: Frame, _regions: Sequence[Region]) -> object:
    """Leave the frame as it is: the control that every attack must win."""
    return None


def peer_blur(frame: Frame, regions: Sequence[Region]) -> object:
    """Blur as a common tool does: a box filter half as wide as the box, in an ellipse."""
    for region in regions:
        if region.kind is Target.FACE:
            _peer_blur(frame, region.box)
    return None


def _peer_blur(frame: Frame, box: BoxXYXY) -> None:
    x0, y0, x1, y1 = box
    dx, dy = (round((side) * (PEER_SCALE - 1) / 2) for side in (x1 - x0, y1 - y0))
    inside = clipped((x0 - dx, y0 - dy, x1 + dx, y1 + dy), *frame.size)
    if inside is None:
        return
    left, top, right, bottom = frame.stored_box(inside)
    for plane in frame.planes:
        rows = slice(top >> plane.y_shift, -(-bottom >> plane.y_shift))
        columns = slice(left >> plane.x_shift, -(-right >> plane.x_shift))
        part = plane.samples[rows, columns]
        high, wide = part.shape[:2]
        y, x = np.mgrid[0:high, 0:wide]
        out = ((2 * x + 1) / wide - 1) ** 2 + ((2 * y + 1) / high - 1) ** 2
        soft = box_blurred(part, max(wide // 2, 1), max(high // 2, 1))
        part[...] = np.where(out <= 1, soft, part)


def shots(watched: Watched, paint: Paint, *, crf: int, grow: float) -> tuple[Shot, Shot]:
    """Return what is made of one frame of the masked film, and of all of them together.

    All frames are moved back to where the first one was and averaged: what is fresh in
    each, grain or a moving grid of cells, averages away, and what lasts stays.
    """
    frames = list(_frames_of(written(watched, paint, crf=crf)))
    height, width = watched.picture.rgb.shape[:2]
    boxes = [_placed(box, (width, height), grow) for box in watched.faces]
    way = ways(watched.picture, watched.seed)
    masks = [_filled(place, (width, height)) for _, place in boxes]
    back = [moved(frame, one, back=True) for frame, one in zip(frames, way, strict=True)]
    always = [
        moved(mask.astype(np.float32), one, back=True) > 0.99
        for mask, one in zip(masks, way, strict=True)
    ]
    face, place = boxes[0]
    average = np.asarray(np.mean(back, axis=0, dtype=np.float32))
    return (
        Shot(frames[0], face, place, masks[0]),
        Shot(average, face, place, np.logical_and.reduce(always)),
    )


def written(watched: Watched, paint: Paint, *, crf: int) -> bytes:
    """Return the film painted and written again, as `pipeline.mask` writes films."""
    sink = BytesIO()
    with open_held(watched.film, MEDIA_TYPE) as reel:
        writer = _writer(reel, sink, crf)
        for frame, regions in zip(reel.frames, watched.regions, strict=True):
            paint(frame, regions)
            writer.write(frame)
        writer.close()
    return sink.getvalue()


def _writer(reel: Reel, sink: BytesIO, crf: int) -> FilmWriter:
    if reel.info is None:
        raise ValueError("a still has no film to write")
    return FilmWriter(sink, reel.info, crf=crf)


def _frames_of(content: bytes) -> Iterator[Image]:
    with open_held(content, MEDIA_TYPE) as reel:
        for frame in reel.frames:
            yield upright_rgb(frame, *frame.size).astype(np.float32)


def _placed(face: BoxXYXY | None, size: tuple[int, int], grow: float) -> tuple[BoxXYXY, BoxXYXY]:
    """Return the face, the middle of the picture where none was seen, and the place of its mask."""
    width, height = size
    box = face or (width // 4, height // 4, width - width // 4, height - height // 4)
    place = reach(Region(Target.FACE, box, 1.0), grow)
    return box, clipped(place, width, height) or (0, 0, width, height)


def _filled(box: BoxXYXY, size: tuple[int, int]) -> NDArray[np.bool_]:
    mask = np.zeros((size[1], size[0]), bool)
    mask[box[1] : box[3], box[0] : box[2]] = True
    return mask

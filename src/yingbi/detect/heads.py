"""Derive heads from the faces and bodies of one frame: nobody is known by the face alone.

Hair, ears and the outline of a head tell people apart, and a head that is turned away or
hidden in part has no face that a detector would find.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from yingbi.domain.region import (
    CLEAR_SIGHT,
    BoxXYXY,
    Region,
    Target,
    area,
    clipped,
)

BESIDE, ABOVE, BELOW = 0.3, 0.5, 0.2
"""How far a head reaches over its face on each side, in shares of the face."""

WITHIN = 0.5
"""Share of a face that must lie in the upper part of a body for the face to be that body's."""


def heads(regions: Iterable[Region]) -> list[Region]:
    """Return a HEAD for every face, and for every body in which no clear face was seen.

    The same function serves before and after tracking: a head keeps the score, the track
    and whether it was seen from the face or body that it comes of.

    regions: of one frame; what is neither face nor body is ignored.
    """
    known = list(regions)
    faces = [region for region in known if region.kind is Target.FACE]
    bodies = [region for region in known if region.kind is Target.PERSON]
    grown = [replace(face, kind=Target.HEAD, box=_around(face.box)) for face in faces]
    return grown + [
        replace(body, kind=Target.HEAD, box=_upper_part(body.box))
        for body in _without_face(bodies, faces)
    ]


def _without_face(bodies: Sequence[Region], faces: Sequence[Region]) -> list[Region]:
    """Return the bodies to which no clear face belongs; a face belongs to one body at most."""
    uppers = [_upper_part(body.box) for body in bodies]
    offers = [
        (share, i, j)
        for j, face in enumerate(faces)
        if face.score >= CLEAR_SIGHT
        for i, upper in enumerate(uppers)
        if (share := _share(face.box, upper)) > WITHIN
    ]
    faced, taken = set(), set()
    for _, i, j in sorted(offers, reverse=True):
        if i not in faced and j not in taken:
            faced.add(i)
            taken.add(j)
    return [body for i, body in enumerate(bodies) if i not in faced]


def _around(face: BoxXYXY) -> BoxXYXY:
    x0, y0, x1, y1 = face
    width, height = x1 - x0, y1 - y0
    beside, above, below = round(BESIDE * width), round(ABOVE * height), round(BELOW * height)
    return x0 - beside, y0 - above, x1 + beside, y1 + below


def _upper_part(body: BoxXYXY) -> BoxXYXY:
    """Return where the head of a body must be: its upper part, or all of one that lies.

    A standing body is seven to eight heads high and two to three wide; of one that is cut
    off below, the head is more of the height but not more of the width.
    """
    x0, y0, x1, y1 = body
    width, height = x1 - x0, y1 - y0
    if width > height:
        return body
    high = min(max(0.75 * width, height / 5), height / 2)
    return x0, y0 - round(height / 20), x1, y0 + max(round(high), 1)


def _share(face: BoxXYXY, part: BoxXYXY) -> float:
    """Return the share of the face that lies in the part, 0..1."""
    x0, y0, x1, y1 = part
    width, height = x1 - x0, y1 - y0
    inside = clipped((face[0] - x0, face[1] - y0, face[2] - x0, face[3] - y0), width, height)
    return 0.0 if inside is None else area(inside) / area(face)

"""Stills of the evaluation data whose boxes people drew, and people to be pasted into films."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from yingbi.domain.region import BoxXYXY
from yingbi.examine.sets import native_faces

CHECKED: dict[str, BoxXYXY] = {
    "0c5e25d359f6": (71, 58, 168, 185),
    "72bbcea36c06": (62, 58, 156, 195),
    "7d5c7ded953d": (60, 65, 159, 170),
    "34c05176c9df": (58, 74, 176, 194),
    "b559818d8704": (88, 69, 184, 186),
    "3c2c17ded4ba": (88, 75, 180, 181),
    "f7993a058288": (60, 69, 164, 194),
    "dfadc76b1663": (96, 64, 182, 172),
    "78ecc405bdf1": (85, 69, 172, 175),
    "2fd7b4e1ada9": (84, 64, 184, 175),
    "d2dab1fcb293": (124, 104, 276, 274),
    "ebf253e97ca4": (236, 118, 432, 368),
    "19538c75a7c7": (264, 80, 416, 312),
}
"""Where the face is in pictures of `identities`, by the beginning of their SHA-256; seen by eye."""


@dataclass(frozen=True, slots=True)
class Still:
    """One picture with the boxes of the faces in it, as people drew them."""

    path: Path
    boxes: tuple[BoxXYXY, ...]


def native_stills(data: Path) -> list[Still]:
    """Return the stills whose boxes owe nothing to a detector, in a fixed order."""
    return [Still(one.path, tuple(t.box for t in one.truths)) for one in native_faces(data)]


def pasteable(data: Path) -> list[Still]:
    """Return the people whose boxes are kept here, as far as the data holds them."""
    found = []
    for path in sorted((data / "identities").glob("*")):
        box = CHECKED.get(hashlib.sha256(path.read_bytes()).hexdigest()[:12])
        if box is not None:
            found.append(Still(path, (box,)))
    return found

"""Cut a picture into overlapping parts, so that each can be searched at its own scale."""

from yingbi.domain.region import BoxXYXY

OVERLAP = 0.25
"""Share of a part that its neighbour sees as well: a face cut by one border is whole beyond it."""


def parts(size: tuple[int, int], length: int) -> list[BoxXYXY]:
    """Return boxes of at most `length` pixels a side that cover a picture of (width, height).

    Neighbours overlap by `OVERLAP` of their length at least; a picture that fits is one part.
    """
    across, down = _starts(size[0], length), _starts(size[1], length)
    return [
        (x, y, min(x + length, size[0]), min(y + length, size[1])) for y in down for x in across
    ]


def _starts(side: int, length: int) -> list[int]:
    if side <= length:
        return [0]
    step = max(int(length * (1 - OVERLAP)), 1)
    count = -(-(side - length) // step) + 1
    return [round(i * (side - length) / (count - 1)) for i in range(count)]

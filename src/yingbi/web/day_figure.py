"""A stick figure of key points, as lines for a page.

Clause: A.1-3.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from yingbi.domain.floor import SURE
from yingbi.domain.lying import Points

WIDTH, HEIGHT = 16, 9
"""Records do not say how wide their picture is: figures are drawn as if it were this wide."""
BONES = (
    (5, 6), (11, 12), (5, 11), (6, 12),
    (5, 7), (7, 9), (6, 8), (8, 10), (11, 13), (13, 15), (12, 14), (14, 16),
)  # fmt: skip
FACE, SHOULDERS = range(5), (5, 6)


@dataclass(frozen=True, slots=True)
class Figure:
    """A stick figure, in hundredths of its greater side; head: x, y and radius."""

    width: float
    height: float
    bones: tuple[tuple[float, float, float, float], ...]
    head: tuple[float, float, float] | None


def figure(points: Points) -> Figure | None:
    """Return the stick figure of 17 key points, or None where too little of a body is sure."""
    sure = {n: (x * WIDTH, y * HEIGHT) for n, (x, y, s) in enumerate(points) if s >= SURE}
    bones = [(*sure[a], *sure[b]) for a, b in BONES if a in sure and b in sure]
    if not bones:
        return None
    head = _head(sure)
    x0, y0, x1, y1 = _around(bones, head)
    scale = 100 / max(x1 - x0, y1 - y0, 1e-6)

    def at(x: float, y: float) -> tuple[float, float]:
        return round((x - x0) * scale, 1), round((y - y0) * scale, 1)

    return Figure(
        round((x1 - x0) * scale, 1),
        round((y1 - y0) * scale, 1),
        tuple((*at(ax, ay), *at(bx, by)) for ax, ay, bx, by in bones),
        None if head is None else (*at(*head[:2]), round(head[2] * scale, 1)),
    )


def _head(sure: dict[int, tuple[float, float]]) -> tuple[float, float, float] | None:
    face = [sure[n] for n in FACE if n in sure]
    if not face:
        return None
    x, y = (sum(part) / len(face) for part in zip(*face, strict=True))
    neck = [sure[n] for n in SHOULDERS if n in sure]
    apart = [((x - nx) ** 2 + (y - ny) ** 2) ** 0.5 for nx, ny in neck]
    return x, y, 0.4 * min(apart) if apart else 0.25


def _around(
    bones: Sequence[tuple[float, float, float, float]], head: tuple[float, float, float] | None
) -> tuple[float, float, float, float]:
    xs = [x for ax, _, bx, _ in bones for x in (ax, bx)]
    ys = [y for _, ay, _, by in bones for y in (ay, by)]
    if head is not None:
        x, y, r = head
        xs, ys = [*xs, x - r, x + r], [*ys, y - r, y + r]
    return min(xs), min(ys), max(xs), max(ys)

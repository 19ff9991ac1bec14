"""`python -m yingbi.bench.daily.strip KIND PATH`: a strip of stick figures of one motion, for a person to look at."""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yingbi.bench.daily.actor import Actor
from yingbi.bench.daily.body import HEAD, LOIN, PELVIS, Floats
from yingbi.bench.daily.days import OF_CHILDREN, ROUTINE, between_poses, drawn_actor
from yingbi.bench.daily.falls import KINDS, fall
from yingbi.media.planes import write_rgb

BONES = (
    (5, 6), (5, 7), (7, 9), (6, 8), (8, 10), (5, 11), (6, 12), (11, 12), (11, 13), (13, 15), (12, 14), (14, 16),
    (HEAD, 0), (HEAD, LOIN), (LOIN, PELVIS),
)  # fmt: skip
LEFT, RIGHT, MIDDLE, PAPER, FLOOR = (
    (200, 60, 40),
    (40, 90, 200),
    (30, 30, 30),
    (250, 250, 245),
    (150, 150, 150),
)
CELL, ROW, SPAN_M = 150, 16, 2.6
"""Pixels of one figure, figures in a row, and metres that one figure's picture shows."""
SIDEWAYS = 0.35
"""The strip is seen a little from ahead of the side, radians."""


def main() -> None:
    """Draw one motion."""
    parser = argparse.ArgumentParser(prog="python -m yingbi.bench.daily.strip")
    parser.add_argument("kind", choices=sorted({*KINDS, *ROUTINE, *OF_CHILDREN}))
    parser.add_argument("path", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--step", type=float, default=0.25)
    parser.add_argument("--from", type=float, default=0.0, dest="from_s")
    asked = parser.parse_args()
    actor = act(asked.kind, asked.seed)
    write_rgb(asked.path, strip(actor, asked.step, asked.from_s))


def act(kind: str, seed: int) -> Actor:
    """Return somebody who has done one thing."""
    chance = np.random.default_rng(seed)
    child = kind in OF_CHILDREN and kind not in ROUTINE
    actor = drawn_actor(chance, child=child)
    actor.pose[0] = 0.0
    if kind in KINDS:
        fall(actor, kind)
    else:
        (OF_CHILDREN if child else ROUTINE)[kind][0](actor)
    return actor


def strip(actor: Actor, step_s: float, from_s: float = 0.0, most: int = 96) -> NDArray[np.uint8]:
    """Return figures every so many seconds, left to right, then row by row; the left side is red."""
    moments, points = actor.played()
    times = np.arange(from_s, actor.time_s, step_s)[:most]
    figures = between_poses(times, moments, points)
    origin = figures[0, PELVIS, :2].copy()
    rows = -(-len(times) // ROW)
    paper = np.full((max(rows, 1) * CELL, ROW * CELL, 3), PAPER, np.uint8)
    for number, figure in enumerate(figures):
        row, column = divmod(number, ROW)
        part = paper[row * CELL : (row + 1) * CELL, column * CELL : (column + 1) * CELL]
        _draw(part, figure, origin)
    return paper


def _draw(part: NDArray[np.uint8], figure: Floats, origin: Floats) -> None:
    scale = CELL / SPAN_M
    flat = figure[:, :2] - figure[PELVIS, :2]
    across = flat[:, 0] * np.cos(SIDEWAYS) + flat[:, 1] * np.sin(SIDEWAYS)
    x = CELL / 2 + scale * across
    y = CELL * 0.92 - scale * figure[:, 2]
    part[int(CELL * 0.92), :] = FLOOR
    mark = (
        int(CELL / 2 - scale * (figure[PELVIS, :2] - origin)[0]) % CELL
    )  # a fixed place of the floor
    part[int(CELL * 0.92) :, mark : mark + 2] = FLOOR
    for a, b in BONES:
        side = {(a % 2), (b % 2)} if max(a, b) < HEAD and min(a, b) >= 5 else set()
        colour = LEFT if side == {1} else RIGHT if side == {0} else MIDDLE
        _line(part, (x[a], y[a]), (x[b], y[b]), colour)


def _line(
    part: NDArray[np.uint8],
    start: tuple[float, float],
    end: tuple[float, float],
    colour: tuple[int, int, int],
) -> None:
    xs, ys = (np.linspace(p, q, 60) for p, q in zip(start, end, strict=True))
    for dx in (0, 1):
        columns, rows = (xs + dx).astype(int), ys.astype(int)
        inside = (columns >= 0) & (columns < part.shape[1]) & (rows >= 0) & (rows < part.shape[0])
        part[rows[inside], columns[inside]] = colour


if __name__ == "__main__":
    main()

"""Names of outputs that tell nothing of their inputs.

A file's name often says who, where and when; so does its folder's. Clause: 4.2.a.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from yingbi.capture.inputs import ENDINGS, Input

Pair = tuple[Input, Path]


def unnamed(pairs: Sequence[Pair], out: Path, draw: Callable[[], str]) -> list[Pair]:
    """Return the pairs with outputs side by side in the folder OUT, each under a drawn name.

    draw: returns a name that was never returned before. The ending stays where it is a
    usual one, since it tells the format alone. An output that the user named himself,
    OUT, stays.
    """
    return [
        (item, output if output == out else out / (draw() + _ending(output)))
        for item, output in pairs
    ]


def _ending(output: Path) -> str:
    ending = output.suffix.lower()
    return ending if ending in ENDINGS else ""

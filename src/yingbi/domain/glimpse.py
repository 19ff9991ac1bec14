"""What is seen of one person at one time, before it becomes records."""

from dataclasses import dataclass

Points = tuple[tuple[float, float, float], ...]
"""17 COCO key points: x, y and a visibility from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Glimpse:
    """One person at one time, measured in heights of the picture in x and in y alike.

    box: x0, y0, x1, y1; may reach over the picture's border.
    points: None where the network was not sure of them.
    seen: False where the tracker only holds the box.
    """

    time_s: float
    box: tuple[float, float, float, float]
    points: Points | None
    seen: bool = True

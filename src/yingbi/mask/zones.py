"""Cover zones as the polygons that they are, in the frame's own planes.

Clause: 4.2.a; 6.2.5.b.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from yingbi.domain.frame import Frame, Plane
from yingbi.domain.region import Region
from yingbi.domain.zone import Zone
from yingbi.mask.cover import fills
from yingbi.mask.style import SOLID, Style
from yingbi.media.polygon import touched

Span = tuple[slice, slice]


@dataclass(slots=True)
class ZoneCloth:
    """The zones of one input: covers what is always covered, drops what is not looked for.

    A zone is filled with one colour whatever style the regions have. ignored: regions
    that were dropped so far, by the zone's name. start_s: the time of the film's first frame,
    from which zones count theirs. What a person drew is never dropped.
    """

    zones: Sequence[Zone]
    style: Style = SOLID
    ignored: dict[str, int] = field(default_factory=dict)
    start_s: float = 0.0
    _shapes: dict[tuple[object, ...], list[tuple[Span, NDArray[np.bool_]] | None]] = field(
        repr=False, default_factory=dict
    )

    def left(self, regions: Sequence[Region], frame: Frame) -> list[Region]:
        """Return the regions without those whose centre lies in a zone that is ignored.

        A zone that is masked is stronger: what it holds stays a region.
        """
        zones = [zone for zone in self.zones if zone.holds_at(frame.time_s - self.start_s)]
        return [region for region in regions if not self._dropped(region, zones, frame.size)]

    def outside(self, regions: Sequence[Region], frame: Frame) -> list[Region]:
        """Return the regions whose centre lies in no zone that is masked now.

        What is in one is covered whether it is seen or not, and so in no doubt.
        """
        masked = [
            z for z in self.zones if z.does == "mask" and z.holds_at(frame.time_s - self.start_s)
        ]
        return [r for r in regions if not any(z.encloses(_centre(r), frame.size) for z in masked)]

    def cover(self, frame: Frame) -> int:
        """Fill every zone that is masked now, in place; return how many there are."""
        masked = [
            z for z in self.zones if z.does == "mask" and z.holds_at(frame.time_s - self.start_s)
        ]
        if not masked:
            return 0
        colour = self.style if self.style.irreversible else SOLID
        values = fills(frame, colour)
        for zone in masked:
            shapes = self._shape(zone, frame)
            for plane, shape, value in zip(frame.planes, shapes, values, strict=True):
                if shape is not None:
                    span, inside = shape
                    plane.samples[span][inside] = value if plane.samples.ndim == 3 else value[0]
        return len(masked)

    def _dropped(self, region: Region, zones: Sequence[Zone], size: tuple[int, int]) -> bool:
        if region.drawn:
            return False
        holding = [zone for zone in zones if zone.encloses(_centre(region), size)]
        if not holding or any(zone.does == "mask" for zone in holding):
            return False
        self.ignored[holding[0].name] = self.ignored.get(holding[0].name, 0) + 1
        return True

    def _shape(self, zone: Zone, frame: Frame) -> list[tuple[Span, NDArray[np.bool_]] | None]:
        """Return for each plane where the zone lies and which samples it touches; kept."""
        key = zone, frame.size, frame.turns, len(frame.planes)
        if key not in self._shapes:
            shown = touched(zone.corners(frame.size), frame.size)
            stored = np.rot90(shown, frame.turns % 4)  # the displayed picture is turned clockwise
            self._shapes[key] = [_in_plane(stored, plane) for plane in frame.planes]
        return self._shapes[key]


def _centre(region: Region) -> tuple[float, float]:
    x0, y0, x1, y1 = region.box
    return (x0 + x1) / 2, (y0 + y1) / 2


def _in_plane(stored: NDArray[np.bool_], plane: Plane) -> tuple[Span, NDArray[np.bool_]] | None:
    """Return the samples that any touched pixel takes part in, cut to where they are."""
    height, width = plane.samples.shape[:2]
    rows, columns = 1 << plane.y_shift, 1 << plane.x_shift
    whole = np.zeros((height * rows, width * columns), np.bool_)
    whole[: stored.shape[0], : stored.shape[1]] = stored
    blocks = whole.reshape(height, rows, width, columns)
    samples = np.asarray(blocks.any(axis=(1, 3)), np.bool_)
    ys, xs = np.nonzero(samples)
    if not ys.size:
        return None
    span = slice(int(ys.min()), int(ys.max()) + 1), slice(int(xs.min()), int(xs.max()) + 1)
    return span, np.ascontiguousarray(samples[span])

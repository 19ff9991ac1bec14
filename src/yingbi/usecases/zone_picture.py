"""Show where zones lie, over a frame in which everybody is covered.

Clause: 6.2.5.b.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from yingbi.capture.inputs import Input
from yingbi.domain.zone import Zone
from yingbi.errors import NoPictureError, UnsafeOutputError
from yingbi.mask.cover import cover
from yingbi.mask.zones import ZoneCloth
from yingbi.media.outline import BLUE, RED, encoded, outlined
from yingbi.media.output import new_file
from yingbi.media.upright import upright_rgb
from yingbi.pipeline.engine import Seen, Sight, Take, open_reel, see

AT_S = 1.0
"""The frame that is shown: the first are often black."""
ENDINGS = (".png", ".jpg", ".jpeg")


def zone_picture(
    item: Input, zones: Sequence[Zone], sight: Sight, output: Path, *, force: bool
) -> None:
    """Write a picture of the input's zones: red is masked, blue is not looked at.

    Everybody is covered with one colour, also in zones that are not looked at, and whatever
    the time in which a zone holds.

    Raises: UnsafeOutputError, and as `mask_inputs` does.
    """
    if output.suffix.lower() not in ENDINGS or output.resolve() == item.path.resolve():
        raise UnsafeOutputError(output=output, reason="it must be a new .png or .jpg")
    mine = [zone for zone in zones if zone.concerns(item.place.as_posix())]
    always = [replace(zone, from_s=0.0, to_s=math.inf) for zone in mine]
    with open_reel(item.path, sight.threads) as reel:
        seen = _shown(see(Take(reel, sight)), item.path)
        frame = seen.frame
        cover(frame, seen.regions, grow=sight.grow)
    ZoneCloth(always).cover(frame)
    picture = upright_rgb(frame, *frame.size)
    shapes = [
        (
            zone.corners(frame.size),
            RED if zone.does == "mask" else BLUE,
            f"{zone.does}: {zone.name}",
        )
        for zone in mine
    ]
    content = encoded(outlined(picture, shapes), output.suffix)
    with new_file(output, force=force, private=False) as file:
        file.write(content)


def _shown(seen: Iterable[Seen], path: Path) -> Seen:
    found = None
    for one in seen:
        found = one
        if one.frame.time_s >= AT_S:
            break
    if found is None:
        raise NoPictureError(path=path)
    return found

"""HDR side data of frames: read from libav's structures, written as encoders ask for it."""

import struct
from typing import cast

import av
from av.sidedata.sidedata import SideDataContainer
from av.sidedata.sidedata import Type as SideDataType

from yingbi.media.film_info import Hdr, Mastering

CHROMATICITY, LUMINANCE = 50_000, 10_000
"""Units of the SEI message in one, and in one cd/m2 (ISO/IEC 23008-2, D.3.28)."""

MASTERING = struct.Struct("<20i2i")
"""Red, green, blue, white as x and y, then least and most light, each a fraction; two flags."""

DYNAMIC = (
    SideDataType.DYNAMIC_HDR_PLUS,
    SideDataType.DYNAMIC_HDR_VIVID,
    SideDataType.DOVI_METADATA,
    SideDataType.DOVI_RPU_BUFFER,
)


def hdr_of(picture: av.VideoFrame) -> Hdr:
    """Return what the frame says of its light; an empty one where it says nothing."""
    data = cast(SideDataContainer, picture.side_data)  # the stubs know one kind only
    light = data.get(SideDataType.CONTENT_LIGHT_LEVEL)
    mastering = data.get(SideDataType.MASTERING_DISPLAY_METADATA)
    return Hdr(
        None if mastering is None else _mastering(bytes(mastering)),
        None if light is None else struct.unpack_from("<2I", bytes(light)),
        dynamic=any(kind in data for kind in DYNAMIC),
    )


def _mastering(content: bytes) -> Mastering | None:
    """Return libav's AVMasteringDisplayMetadata in the units of the SEI message."""
    if len(content) < MASTERING.size:
        return None
    *numbers, has_primaries, has_luminance = MASTERING.unpack_from(content)
    if not has_primaries or not has_luminance or not all(numbers[1::2]):
        return None
    shares = [top / bottom for top, bottom in zip(numbers[::2], numbers[1::2], strict=True)]
    red, green, blue, white = (
        (round(x * CHROMATICITY), round(y * CHROMATICITY))
        for x, y in zip(shares[:8:2], shares[1:8:2], strict=True)
    )
    darkest, brightest = (round(share * LUMINANCE) for share in shares[8:])
    return Mastering(red, green, blue, white, darkest, brightest)


def x264_light(hdr: Hdr) -> list[str]:
    """Return libx264's parameters for it."""
    return _named(hdr, "mastering-display", "cll", CHROMATICITY, LUMINANCE)


def x265_light(hdr: Hdr) -> list[str]:
    """Return libx265's parameters for it."""
    return _named(hdr, "master-display", "max-cll", CHROMATICITY, LUMINANCE)


def av1_light(hdr: Hdr) -> list[str]:
    """Return SVT-AV1's parameters for it."""
    return _named(hdr, "mastering-display", "content-light", 1, 1)


def _named(hdr: Hdr, screen: str, light: str, colour: int, nits: int) -> list[str]:
    """Return name=value of both; numbers are whole where a unit of the message is one."""

    def shown(units: int, scale: int, unit: int) -> str:
        return str(units) if unit == scale else f"{units / scale:.6f}"

    def pair(place: tuple[int, int]) -> str:
        return ",".join(shown(units, CHROMATICITY, colour) for units in place)

    found = []
    if (one := hdr.mastering) is not None:
        lights = ",".join(shown(units, LUMINANCE, nits) for units in (one.brightest, one.darkest))
        found.append(
            f"{screen}=G({pair(one.green)})B({pair(one.blue)})R({pair(one.red)})"
            f"WP({pair(one.white)})L({lights})"
        )
    if hdr.light is not None:
        found.append(f"{light}={hdr.light[0]},{hdr.light[1]}")
    return found

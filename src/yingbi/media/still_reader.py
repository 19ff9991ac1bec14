"""Pictures out of a file, each a frame whose samples are those that are written again."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile, get_sampling
from PIL.TiffImagePlugin import TiffImageFile

from yingbi.domain.frame import Frame, Plane, Samples
from yingbi.domain.messages import say
from yingbi.errors import UnsupportedMediaError
from yingbi.media.colour import grey
from yingbi.media.deep_png import read_deep_png
from yingbi.media.deep_tiff import read_deep_tiff
from yingbi.media.icc import Space, colour_only
from yingbi.media.jpeg_planes import read_planes
from yingbi.media.still_kind import StillKind
from yingbi.media.still_layout import webp_chunks
from yingbi.media.still_origin import (
    MIRRORED,
    TURNS,
    OpenedStill,
    StillOrigin,
    orientation,
    too_many_pixels,
)

CLOCK = Fraction(1, 1000)
UNSAID_MS = 100
"""How long viewers show a moving picture's frame that says nothing, or nearly nothing."""
PAGES_APART_MS = 1_000_000
"""Pages are no film: so far apart in time, nobody is looked for between them."""

BLACK = 0
STRIP = 1 << 22
"""Pixels copied in one go."""
SPACES: dict[str, Space] = {"L": b"GRAY", "LA": b"GRAY", "CMYK": b"CMYK", "I;16": b"GRAY"}
FULL_CHROMA = 0
KEPT_COMPRESSION = frozenset(
    {"raw", "packbits", "tiff_lzw", "tiff_adobe_deflate", "group3", "group4", "zstd", "lzma"}
)
LOSSLESS = "tiff_adobe_deflate"
PLAIN = {mode: mode for mode in ("1", "L", "LA", "RGB", "RGBA", "CMYK")}
PLAIN |= {"RGBX": "RGB", "YCbCr": "RGB", "RGBa": "RGBA"}
WITH_ALPHA = PLAIN | {"1": "LA", "L": "LA", "RGB": "RGBA"}
"""Pillow's mode to the one worked in, where a colour counts as clear or not."""
REDUCED = 1
NEW_SUBFILE_TYPE = 254

Colour = Literal["rgb", "grey", "cmyk"]


def frames_of(opened: OpenedStill, path: Path, *, as_rgb: bool = False) -> Iterator[Frame]:
    """Yield the pictures of the file in order, decoded one at a time.

    Raises what Pillow raises for a broken one, UnsupportedMediaError for colours that
    are not handled or too many pixels in all pages.
    """
    with opened.image as image:
        if opened.depth > 8 and opened.kind is StillKind.PNG:
            yield _deep_png(opened, path)
        elif opened.depth == 16 and opened.kind is StillKind.TIFF and image.mode != "I;16":
            yield from _deep_tiff(opened, path)
        elif opened.kind is StillKind.JPEG:
            yield _jpeg(opened, path, as_rgb=as_rgb)
        else:
            yield from _each(opened, path)


def _each(opened: OpenedStill, path: Path) -> Iterator[Frame]:
    """Yield what Pillow shows, page by page or frame by frame."""
    image, paged = opened.image, opened.kind in {StillKind.TIFF, StillKind.HEIC}
    options = OPTIONS.get(opened.kind, _of_others)
    pts = index = pixels = 0
    for number in range(opened.frames):
        image.seek(number)
        if paged and isinstance(image, TiffImageFile) and _is_reduced(image):
            continue
        pixels += image.width * image.height if paged else 0
        if max(image.width * image.height, pixels) > opened.most_pixels:
            raise too_many_pixels(path)
        told = options(opened)
        image.load()
        frame = _frame(opened, path, told)
        if opened.frames == 1:
            image.close()  # its memory is as large as the frame's
        yield replace(frame, index=index, pts=pts)
        shown_ms = frame.origin.duration_ms
        pts += PAGES_APART_MS if paged else shown_ms if shown_ms > 10 else UNSAID_MS
        index += 1


def _is_reduced(page: TiffImageFile) -> bool:
    """Whether the page is but a small copy of another: it is left out, as thumbnails are."""
    return bool(int(page.tag_v2.get(NEW_SUBFILE_TYPE, 0)) & REDUCED)


def _frame(opened: OpenedStill, path: Path, options: dict[str, Any]) -> Frame:
    """Return the picture that is loaded now."""
    image = opened.image
    plain, mode = _plain(image, path)
    origin = StillOrigin(
        opened.kind,
        mode,
        orientation(image),
        colour_only(image.info.get("icc_profile"), SPACES.get(plain.mode, b"RGB ")),
        options,
        opened.png_colour,
        int(image.info.get("duration", 0)) if opened.frames > 1 else 0,
        image.info.get("loop") if opened.frames > 1 else None,
    )
    return still_frame(_samples(plain), origin)


def still_frame(samples: Samples, origin: StillOrigin) -> Frame:
    """Return samples of one plane as a frame to be shown as the origin says."""
    depth = samples.dtype.itemsize * 8
    colour, fill = _fill(samples, origin.mode, depth)
    return Frame(
        0,
        0,
        CLOCK,
        (Plane(samples, 0, 0, fill),),
        colour,
        depth,
        TURNS[origin.orientation],
        origin.orientation in MIRRORED,
        origin=origin,
    )


def _fill(samples: Samples, mode: str, depth: int) -> tuple[Colour, tuple[int, ...]]:
    """Return what the samples are, and the covering colour: opaque, whatever lay below it."""
    middle, opaque = grey(depth), (1 << depth) - 1
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    if mode == "1":
        return "grey", (BLACK,)
    if mode == "CMYK":
        return "cmyk", (0, 0, 0, middle - 1)
    if channels <= 2:
        return "grey", (middle, opaque)[:channels]
    return "rgb", (middle, middle, middle, opaque)[:channels]


def _samples(plain: Image.Image) -> Samples:
    """Return (H, W) or (H, W, C) samples that may be written to."""
    if plain.mode == "1":
        plain = plain.convert("L")
    channels = len(plain.getbands())
    shape = (plain.height, plain.width, channels)[: 3 if channels > 1 else 2]
    deep = plain.mode.startswith("I;16")
    samples: Samples = np.empty(shape, np.uint16) if deep else np.empty(shape, np.uint8)
    # strip by strip, since numpy takes a picture as bytes first, and they are all of it once more
    rows = max(1, STRIP // max(1, plain.width))
    for top in range(0, plain.height, rows):
        bottom = min(top + rows, plain.height)
        samples[top:bottom] = np.asarray(plain.crop((0, top, plain.width, bottom)))
    return samples


def _plain(image: Image.Image, path: Path) -> tuple[Image.Image, str]:
    """Return the picture in a mode whose samples mean what they say, and the mode to write it in.

    A palette gives way to its colours, since a place must not be covered by whatever
    colour happens to be nearest; it is made again when the picture is written.
    """
    clear = "transparency" in image.info
    if image.mode in {"P", "PA"}:
        return image.convert("RGBA" if clear or image.mode == "PA" else "RGB"), "P"
    if image.mode in {"I;16", "I;16B", "I;16L"}:
        return image, "I;16"
    mode = (WITH_ALPHA if clear else PLAIN).get(image.mode)
    if mode is None:
        raise UnsupportedMediaError(path=path, reason=say("its colours are of an unknown kind"))
    return (image if mode == image.mode else image.convert(mode)), mode


def _jpeg(opened: OpenedStill, path: Path, *, as_rgb: bool) -> Frame:
    image = opened.image
    if not isinstance(image, JpegImageFile):
        raise TypeError(type(image))
    sampling = get_sampling(image) if image.mode == "RGB" else -1
    inks = image.info.get("adobe_transform") == 0 and image.mode == "RGB"
    options: dict[str, Any] = {
        "qtables": [table for _, table in sorted(image.quantization.items())],
        "progressive": "progressive" in image.info,
    }
    if image.mode == "RGB":
        options |= {"keep_rgb": True} if inks else {"subsampling": max(sampling, FULL_CHROMA)}
    whole = image.mode == "RGB" and sampling >= 0 and not (inks or as_rgb)
    known = whole or image.mode == "L"
    planes = read_planes(opened.content, image.size, sampling) if known else None
    if planes is None:
        image.load()
        frame = _frame(opened, path, options)
        image.close()
        return frame
    icc = colour_only(image.info.get("icc_profile"), SPACES.get(image.mode, b"RGB "))
    turned = orientation(image)
    origin = StillOrigin(opened.kind, image.mode, turned, icc, options)
    colour: Literal["yuv", "grey"] = "grey" if len(planes) == 1 else "yuv"
    return Frame(0, 0, CLOCK, planes, colour, 8, TURNS[turned], turned in MIRRORED, origin=origin)


def _deep_png(opened: OpenedStill, path: Path) -> Frame:
    image = opened.image
    samples = read_deep_png(opened.content, path)
    if samples is None:
        raise UnsupportedMediaError(path=path, reason=say("its colours are of an unknown kind"))
    space: Space = b"GRAY" if samples.ndim == 2 or samples.shape[2] == 2 else b"RGB "
    icc = colour_only(image.info.get("icc_profile"), space)
    origin = StillOrigin(opened.kind, "deep", orientation(image), icc, {}, opened.png_colour)
    return still_frame(samples, origin)


def _deep_tiff(opened: OpenedStill, path: Path) -> Iterator[Frame]:
    """Yield the pages of 16-bit colours; all pages must be such ones."""
    image = opened.image
    told, pixels = [], 0
    for number in range(opened.frames):
        image.seek(number)
        if not isinstance(image, TiffImageFile) or _is_reduced(image):
            raise UnsupportedMediaError(path=path, reason=say("its pages are of several kinds"))
        pixels += image.width * image.height
        compressed = image.info.get("compression") != "raw"
        icc = colour_only(image.info.get("icc_profile"), b"RGB ")
        turned = orientation(image)
        options = {"compressed": compressed}
        told.append(StillOrigin(opened.kind, "deep", turned, icc, options))
    if pixels > opened.most_pixels:
        raise too_many_pixels(path)
    pages = read_deep_tiff(opened.content)
    if pages is None or len(pages) != len(told):
        raise UnsupportedMediaError(path=path, reason=say("its pages are of several kinds"))
    for index, (samples, origin) in enumerate(zip(pages, told, strict=True)):
        yield replace(still_frame(samples, origin), index=index, pts=index * PAGES_APART_MS)


def _of_tiff(opened: OpenedStill) -> dict[str, Any]:
    """Return the page's compression; one that loses gives way to one that does not."""
    compression = opened.image.info.get("compression", "raw")
    told: dict[str, Any] = {
        "compression": compression if compression in KEPT_COMPRESSION else LOSSLESS
    }
    if "dpi" in opened.image.info:
        told["dpi"] = opened.image.info["dpi"]
    return told


def _of_webp(opened: OpenedStill) -> dict[str, Any]:
    """Return whether every picture of the file is stored without loss."""
    names = {name for name, _ in webp_chunks(opened.content)}
    return {"lossless": b"VP8 " not in names}


def _of_avif(opened: OpenedStill) -> dict[str, Any]:
    """Return the subsampling of the first picture's chroma."""
    place = opened.content.find(b"av1C")
    flags = opened.content[place + 6] if place > 0 else 0
    shifts = bool(flags & 0x08), bool(flags & 0x04)
    return {"subsampling": {(True, True): "4:2:0", (True, False): "4:2:2"}.get(shifts, "4:4:4")}


def _of_heic(opened: OpenedStill) -> dict[str, Any]:
    """Return the subsampling of the picture's chroma, and which colours its numbers mean."""
    info = opened.image.info
    told = {"chroma": info["chroma"]} if info.get("chroma") in {420, 422, 444} else {}
    return told | ({"nclx_profile": nclx} if (nclx := info.get("nclx_profile")) else {})


def _of_others(_: OpenedStill) -> dict[str, Any]:
    """Return nothing: the samples say all."""
    return {}


OPTIONS: dict[StillKind, Callable[[OpenedStill], dict[str, Any]]] = {
    StillKind.TIFF: _of_tiff,
    StillKind.WEBP: _of_webp,
    StillKind.AVIF: _of_avif,
    StillKind.HEIC: _of_heic,
}

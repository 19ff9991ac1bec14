"""Frames of a picture written back in the format, mode and depth that they came in.

Written is what shows: samples, times, loop, colour profile and how it is to be turned.

Clause: 4.2.a.
"""

import io
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from yingbi.domain.frame import Frame
from yingbi.media.deep_png import exif_chunk, icc_chunk, write_deep_png
from yingbi.media.deep_tiff import DeepPage, write_deep_tiff
from yingbi.media.gif_file import GifFile
from yingbi.media.jpeg_planes import picture_of
from yingbi.media.palette import as_palette, indexed
from yingbi.media.still_kind import StillKind
from yingbi.media.still_origin import StillOrigin
from yingbi.media.webp_file import animation

LEAST_DB = 45.0
"""Lossy pictures are written at the first quality of these that keeps them so near (PSNR)."""
WEBP_TRIES: tuple[dict[str, Any], ...] = (
    {"quality": 95},
    {"quality": 100},
    {"lossless": True, "quality": 40, "method": 1},
)
AVIF_TRIES: tuple[dict[str, Any], ...] = (
    {"quality": 95},
    {"quality": 100},
    {"quality": 100, "subsampling": "4:4:4"},
)
AVIF_SPEED = 8
HEIC_TRIES: tuple[dict[str, Any], ...] = (
    {"quality": 95},
    {"quality": 100},
    {"quality": -1, "chroma": 444},
)
"""-1 says without loss."""


class StillWriter:
    """Takes the frames of one file in order; `finish` returns the file."""

    def __init__(self) -> None:
        """Begin; the first frame tells the format."""
        self._gif: GifFile | None = None
        self._frames: list[Frame] = []
        self._encoded: list[tuple[bytes, int]] = []

    def add(self, frame: Frame) -> None:
        """Take a frame, covered already; those of GIF and WebP are encoded at once."""
        origin: StillOrigin = frame.origin
        if origin.kind is StillKind.GIF:
            self._gif = self._gif or GifFile(origin.loop)
            self._gif.add(_eight(frame), origin.duration_ms)
        elif origin.kind is StillKind.WEBP and origin.loop is not None:
            self._encoded.append((_webp(frame, bare=True), origin.duration_ms))
            self._frames = [frame]
        else:
            self._frames.append(frame)

    def finish(self) -> bytes:
        """Return the file. Raises: ValueError without a frame."""
        if self._gif is not None:
            return self._gif.finish()
        frames, self._frames = self._frames, []
        if not frames:
            raise ValueError("no frame was given")
        first: StillOrigin = frames[0].origin
        if self._encoded:
            return _moving_webp(self._encoded, frames[0])
        if first.kind is StillKind.TIFF:
            return _tiff(frames)
        if first.kind is StillKind.HEIC:
            return _heic(frames)
        if first.kind is StillKind.AVIF:
            return _avif(frames)
        return _single(frames[0])


def _single(frame: Frame) -> bytes:
    origin: StillOrigin = frame.origin
    match origin.kind:
        case StillKind.JPEG:
            return _saved(_picture(frame), "JPEG", **origin.options, **_shown(origin))
        case StillKind.WEBP:
            return _webp(frame)
        case StillKind.BMP:
            return _saved(_picture(frame), "BMP", **origin.options)
        case _:
            return _png(frame)


def _png(frame: Frame) -> bytes:
    origin: StillOrigin = frame.origin
    # a profile overrides the other colour chunks
    colour = [icc_chunk(origin.icc)] if origin.icc else list(origin.png_colour)
    if origin.mode == "deep":
        turned = [exif_chunk(origin.exif)] if origin.exif else []
        return write_deep_png(_sixteen(frame), (*colour, *turned))
    info = PngInfo()
    for kind, body in [] if origin.icc else colour:
        info.add(kind, body)
    if origin.mode != "P":
        return _saved(_picture(frame), "PNG", pnginfo=info, **_shown(origin))
    indices, colours = indexed(_eight(frame))
    alpha = colours[:, 3].tobytes() if (colours[:, 3] < 255).any() else None
    clear = {} if alpha is None else {"transparency": alpha}
    picture = as_palette(indices, colours)
    return _saved(picture, "PNG", pnginfo=info, **clear, **_shown(origin))


def _webp(frame: Frame, *, bare: bool = False) -> bytes:
    """Return one picture as WebP. bare: for an animation, which says itself how it is shown."""
    origin: StillOrigin = frame.origin
    picture, shown = _picture(frame), {} if bare else _shown(origin)
    if origin.options["lossless"]:
        return _saved(picture, "WEBP", lossless=True, exact=True, quality=60, method=2, **shown)
    return _nearest([picture], "WEBP", WEBP_TRIES, exact=True, **shown)


def _moving_webp(pictures: list[tuple[bytes, int]], last: Frame) -> bytes:
    origin: StillOrigin = last.origin
    return animation(
        pictures,
        last.stored_size,
        loop=origin.loop or 0,
        icc=origin.icc,
        exif=origin.exif,
        alpha=origin.mode == "RGBA",
    )


def _avif(frames: Sequence[Frame]) -> bytes:
    origin: StillOrigin = frames[0].origin
    pictures = [_picture(frame) for frame in frames]
    options = dict(origin.options) | {"speed": AVIF_SPEED} | _shown(origin)
    if len(frames) > 1:
        options["duration"] = [frame.origin.duration_ms for frame in frames]
    # below the best quality alpha is not exact either, and a mask would let a little through
    tries = AVIF_TRIES[1:] if origin.mode in {"RGBA", "LA"} else AVIF_TRIES
    return _nearest(pictures, "AVIF", tries, **options)


def _heic(frames: Sequence[Frame]) -> bytes:
    origin: StillOrigin = frames[0].origin
    pictures = [_picture(frame) for frame in frames]
    for picture, frame in zip(pictures, frames, strict=True):
        told = frame.origin.options.get("nclx_profile")
        picture.info |= {"nclx_profile": told} if told else {}
        picture.info |= {"icc_profile": frame.origin.icc} if frame.origin.icc else {}
    chroma = {"chroma": origin.options["chroma"]} if "chroma" in origin.options else {}
    tries = HEIC_TRIES[-1:] if origin.mode in {"RGBA", "LA"} else HEIC_TRIES
    return _nearest(pictures, "HEIF", tries, **chroma)


def _tiff(frames: Sequence[Frame]) -> bytes:
    if frames[0].origin.mode == "deep":
        return write_deep_tiff(
            [
                DeepPage(
                    _sixteen(frame),
                    frame.origin.options["compressed"],
                    frame.origin.orientation,
                    frame.origin.icc,
                )
                for frame in frames
            ]
        )
    pages = [_paged(frame) for frame in frames]
    return _saved(pages[0], "TIFF", save_all=True, append_images=pages[1:], **pages[0].encoderinfo)


def _paged(frame: Frame) -> Image.Image:
    """Return a page that knows how it is to be written."""
    origin: StillOrigin = frame.origin
    picture = _picture(frame)
    shown = {"icc_profile": origin.icc} if origin.icc else {}
    picture.encoderinfo = dict(origin.options) | shown
    return picture


def _nearest(
    pictures: list[Image.Image], name: str, tries: Sequence[dict[str, Any]], **options: Any
) -> bytes:
    """Return the pictures written at the first quality that keeps all of them near enough."""
    content = b""
    for tried in tries:
        chosen = options | tried
        if len(pictures) > 1:
            chosen |= {"save_all": True, "append_images": pictures[1:]}
        content = _saved(pictures[0], name, **chosen)
        if "lossless" in tried or _near(pictures, content, name):
            break
    return content


def _near(pictures: list[Image.Image], content: bytes, name: str) -> bool:
    with Image.open(io.BytesIO(content), formats=[name]) as written:
        for number, picture in enumerate(pictures):
            written.seek(number)
            before, after = np.asarray(picture), np.asarray(written.convert(picture.mode))
            if cv2.PSNR(np.atleast_3d(before), np.atleast_3d(after)) < LEAST_DB:
                return False
    return True


def _picture(frame: Frame) -> Image.Image:
    """Return the frame in the mode that it is written in."""
    origin: StillOrigin = frame.origin
    if origin.kind is StillKind.JPEG and frame.colour in {"yuv", "grey"}:
        return picture_of(frame.planes)
    samples = frame.planes[0].samples
    if origin.mode == "P":
        return as_palette(*indexed(_eight(frame)))
    if origin.mode == "CMYK":
        height, width = samples.shape[:2]
        return Image.frombuffer("CMYK", (width, height), samples, "raw", "CMYK", 0, 1)
    picture = Image.fromarray(samples)
    return picture.convert("1", dither=Image.Dither.NONE) if origin.mode == "1" else picture


def _eight(frame: Frame) -> NDArray[np.uint8]:
    """Return (H, W, 3) or (H, W, 4) samples of 8 bits."""
    samples = np.asarray(frame.planes[0].samples, np.uint8)
    return samples if samples.ndim == 3 else np.repeat(samples[:, :, None], 3, axis=2)


def _sixteen(frame: Frame) -> NDArray[np.uint16]:
    return np.asarray(frame.planes[0].samples, np.uint16)


def _shown(origin: StillOrigin) -> dict[str, Any]:
    """Return what says how the picture is shown: profile and turning."""
    shown: dict[str, Any] = {"icc_profile": origin.icc}
    if origin.exif:
        shown["exif"] = origin.exif
    return shown


def _saved(picture: Image.Image, name: str, **options: Any) -> bytes:
    sink = io.BytesIO()
    picture.save(sink, name, **options)
    return sink.getvalue()

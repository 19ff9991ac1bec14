"""Stills: JPEG and PNG to an upright frame, and back into the same format."""

import io
import struct
import warnings
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image, ImageCms
from PIL.JpegImagePlugin import JpegImageFile, get_sampling
from PIL.PngImagePlugin import PngImageFile, PngInfo

from yingbi.domain.frame import Frame, Plane
from yingbi.domain.messages import say
from yingbi.errors import CutOffError, UnsupportedMediaError
from yingbi.media.icc import colour_only
from yingbi.media.source_file import open_source
from yingbi.media.still_layout import JPEG, ColourChunks, check_jpeg, check_png

MAX_PIXELS = 200_000_000
"""The largest camera sensors have 200 million; a bomb has more."""

GREY, OPAQUE = 128, 255
"""The covering colour; it never depends on the picture."""

ORIENTATION = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = (5, 6, 7, 8)
FULL_CHROMA = 0

BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error, KeyError, IndexError)
"""What Pillow's readers raise on a file that is not what it says."""

StillFile = JpegImageFile | PngImageFile


@dataclass(frozen=True, slots=True)
class StillOrigin:
    """How the source was written, so that the copy is written alike.

    tables: JPEG quantisation tables. sampling: Pillow's number of the chroma
    subsampling, None for grey. icc: the colour profile without its names.
    """

    media_type: Literal["image/jpeg", "image/png"]
    icc: bytes | None = field(default=None, repr=False)
    tables: tuple[list[int], ...] = field(default=(), repr=False)
    sampling: int | None = None
    progressive: bool = False
    png_colour: ColourChunks = ()


def read_still(path: Path, held: bytes | None = None) -> Frame:
    """Return the picture upright, as one RGB, RGBA or grey plane of 8 bits.

    held: a picture in memory; `path` is then only its name in errors.

    Raises CutOffError for a picture that is not whole, UnsupportedMediaError for one
    that is animated, has over 8 bits a channel or more pixels than any camera.
    """
    content = held if held is not None else _content(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's own words on broken metadata
        try:
            return _read(content, path)
        except BROKEN as error:
            reason = say("the picture cannot be decoded")
            raise CutOffError(path=path, reason=reason) from error


def _content(path: Path) -> bytes:
    with open_source(path) as file:
        return file.read()


def still_size(path: Path) -> tuple[str, int, int]:
    """Return media type, width and height as displayed, without decoding the picture.

    Raises as `read_still` does, but for what only decoding shows.
    """
    with open_source(path) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image, _ = open_still(file.read(), path)
        except BROKEN as error:
            raise CutOffError(path=path, reason=say("the picture cannot be decoded")) from error
        with image:
            width, height = image.size
            kind = "image/png" if isinstance(image, PngImageFile) else "image/jpeg"
            sideways = orientation(image) in SIDEWAYS
    return (kind, height, width) if sideways else (kind, width, height)


def exif_of(path: Path, directory: int) -> dict[int, object]:
    """Return one directory of the picture's EXIF by tag number, empty where it is unreadable."""
    with open_source(path) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image, _ = open_still(file.read(), path)
            with image:
                return dict(image.getexif().get_ifd(directory))
        except BROKEN:
            return {}


def encode_still(frame: Frame) -> bytes:
    """Return the frame in its source's format, without metadata.

    JPEG is written with the source's quantisation tables and subsampling, PNG
    without loss, so that outside covered places its samples are the source's.
    Kept is only what colours need: the profile without names, or PNG's own chunks.

    Clause: 4.2.a.
    """
    origin: StillOrigin = frame.origin
    picture = Image.fromarray(frame.planes[0].samples)
    sink = io.BytesIO()
    if origin.media_type == "image/png":
        picture.save(sink, "PNG", icc_profile=origin.icc, pnginfo=_png_info(origin))
        return sink.getvalue()
    sampling = {} if origin.sampling is None else {"subsampling": origin.sampling}
    picture.save(
        sink,
        "JPEG",
        qtables=list(origin.tables),
        progressive=origin.progressive,
        icc_profile=origin.icc,
        **sampling,
    )
    return sink.getvalue()


def open_still(content: bytes, path: Path) -> tuple[StillFile, ColourChunks]:
    """Return the file opened but not decoded, after its layout was walked to the end."""
    if content.startswith(JPEG):
        check_jpeg(content, path)
        image: StillFile = JpegImageFile(io.BytesIO(content))
        colour: ColourChunks = ()
    else:
        colour = check_png(content, path)
        image = PngImageFile(io.BytesIO(content))
    if image.width * image.height > MAX_PIXELS:
        raise UnsupportedMediaError(path=path, reason=say("it has too many pixels"))
    return image, colour


def orientation(image: StillFile) -> int:
    """Return the EXIF orientation, 1 to 8; unreadable EXIF is none, as viewers take it."""
    try:
        value = image.getexif().get(ORIENTATION, 1)
    except BROKEN:
        return 1
    return value if value in UPRIGHT else 1


def _read(content: bytes, path: Path) -> Frame:
    image, colour = open_still(content, path)
    with image:
        image.load()
        turn = orientation(image)
        plain = _plain(image, path)
        channels = len(plain.getbands())
        origin = _origin(image, colour, channels, turn)
        upright = plain.transpose(UPRIGHT[turn]) if turn in UPRIGHT else plain
    samples = np.array(upright, np.uint8)
    fill = (GREY,) if channels == 1 else (GREY, GREY, GREY, OPAQUE)[:channels]
    return Frame(
        index=0,
        pts=0,
        time_base=Fraction(1),
        planes=(Plane(samples, 0, 0, fill),),
        colour="grey" if channels == 1 else "rgb",
        origin=origin,
    )


def _plain(image: StillFile, path: Path) -> Image.Image:
    """Return the picture as L, RGB or RGBA, whatever way it was stored."""
    if "transparency" in image.info or image.mode in {"LA", "PA"}:
        return image.convert("RGBA")
    match image.mode:
        case "L" | "RGB" | "RGBA":
            return image
        case "1":
            return image.convert("L")
        case "P":
            return image.convert("RGB")
        case "CMYK":
            return _from_print(image)
        case _:
            raise UnsupportedMediaError(path=path, reason=say("its colours are of an unknown kind"))


def _from_print(image: StillFile) -> Image.Image:
    """Return printing colours as sRGB, through the file's profile where it has a good one."""
    profile = image.info.get("icc_profile")
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            shown = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
        except ImageCms.PyCMSError:
            shown = None
        if shown is not None:
            return shown
    return image.convert("RGB")


def _origin(image: StillFile, colour: ColourChunks, channels: int, turn: int) -> StillOrigin:
    icc = colour_only(image.info.get("icc_profile"), channels)
    if isinstance(image, PngImageFile):
        return StillOrigin("image/png", icc, png_colour=colour)
    tables = tuple(table for _, table in sorted(image.quantization.items()))
    sampling = get_sampling(image)
    if sampling < 0 or (turn in SIDEWAYS and sampling == 1):
        sampling = FULL_CHROMA  # a kind that cannot be written: keep all chroma instead
    return StillOrigin(
        "image/jpeg",
        icc,
        tables,
        sampling=None if channels == 1 else sampling,
        progressive="progressive" in image.info,
    )


def _png_info(origin: StillOrigin) -> PngInfo | None:
    """Return the colour chunks for a PNG without a profile; a profile overrides them."""
    if origin.icc is not None or not origin.png_colour:
        return None
    info = PngInfo()
    for kind, body in origin.png_colour:
        info.add(kind, body)
    return info

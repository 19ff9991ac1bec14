"""How a picture was written, so that its copy is written alike."""

import io
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.AvifImagePlugin import AvifImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from yingbi.domain.messages import say
from yingbi.errors import NotMediaError, UnsupportedMediaError
from yingbi.media.heic import heic_reader
from yingbi.media.still_kind import HEAD, StillKind, still_kind
from yingbi.media.still_layout import (
    ColourChunks,
    PngFacts,
    check_gif,
    check_jpeg,
    check_png,
    check_webp,
)

MAX_PIXELS = 1 << 28
"""16384 by 16384: more than the largest camera sensors have; a bomb has more still."""

HALVINGS = {StillKind.GIF: 1, StillKind.WEBP: 2, StillKind.AVIF: 2, StillKind.HEIC: 2}
"""How often the bound is halved where a picture is held up to six times while it is worked on."""
DEEP_HALVINGS = {StillKind.PNG: 1, StillKind.TIFF: 2}

Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # its own bound is lower, and half of what it refuses

ORIENTATION, BITS_PER_SAMPLE = 0x0112, 0x0102
TURNS = {1: 0, 2: 0, 3: 2, 4: 2, 5: 3, 6: 1, 7: 1, 8: 3}
"""EXIF orientation to quarter turns clockwise, after mirroring."""
MIRRORED = frozenset({2, 4, 5, 7})

BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    struct.error,
    KeyError,
    IndexError,
    TypeError,
    RuntimeError,
    OverflowError,
)
"""What Pillow's readers raise on a file that is not what it says."""

READERS: dict[StillKind, type[ImageFile]] = {
    StillKind.JPEG: JpegImageFile,
    StillKind.PNG: PngImageFile,
    StillKind.WEBP: WebPImageFile,
    StillKind.AVIF: AvifImageFile,
    StillKind.TIFF: TiffImageFile,
    StillKind.BMP: BmpImageFile,
    StillKind.GIF: GifImageFile,
}


@dataclass(frozen=True, slots=True)
class StillOrigin:
    """How one picture of a file was written.

    mode: Pillow's name for its samples; "P" where it had a palette. orientation: as EXIF
    numbers it, 1 for a picture stored as it is shown. icc: the profile without its names.
    options: what the writer is told. duration_ms, loop: of a moving picture, 0 and None else.
    color_range, colorspace: what the planes of a JPEG mean, in the words of film.
    """

    kind: StillKind
    mode: str
    orientation: int = 1
    icc: bytes | None = field(default=None, repr=False)
    options: Mapping[str, Any] = field(default_factory=dict)
    png_colour: ColourChunks = ()
    duration_ms: int = 0
    loop: int | None = None
    color_range: int = 2
    colorspace: int = 5

    @property
    def exif(self) -> bytes:
        """The least EXIF: how the picture is to be turned, nothing where it is not."""
        if self.orientation == 1:
            return b""
        exif = Image.Exif()
        exif[ORIENTATION] = self.orientation
        return exif.tobytes()


@dataclass(frozen=True, slots=True)
class OpenedStill:
    """A file opened and not decoded, after its layout was walked to the end.

    content: cut after the first picture where others follow it unasked. depth: bits a
    channel. deep: more of them than Pillow keeps.
    """

    kind: StillKind
    image: ImageFile
    content: bytes = field(repr=False)
    depth: int = 8
    png_colour: ColourChunks = ()

    @property
    def most_pixels(self) -> int:
        """How many pixels of this kind are taken, so that 3 GiB are enough for them."""
        deep = DEEP_HALVINGS.get(self.kind, 0) if self.depth > 8 else 0
        return MAX_PIXELS >> HALVINGS.get(self.kind, 0) + deep

    @property
    def frames(self) -> int:
        """How many pictures the file holds."""
        return int(getattr(self.image, "n_frames", 1))


def open_still(content: bytes, path: Path) -> OpenedStill:
    """Return the file opened.

    Raises CutOffError where it is not whole, UnsupportedMediaError for a kind of it that
    is not handled or more pixels than any camera has, NotMediaError for no picture.
    """
    kind = still_kind(content[:HEAD])
    if kind is None:
        raise NotMediaError(path=path)
    content, png = _whole(kind, content, path)
    try:
        reader = heic_reader(path) if kind is StillKind.HEIC else READERS[kind]
        image = reader(io.BytesIO(content))
    except Image.DecompressionBombError:
        raise too_many_pixels(path) from None
    depth = png.depth
    if isinstance(image, TiffImageFile):
        depth = max(image.tag_v2.get(BITS_PER_SAMPLE, (8,)))
    if kind is StillKind.HEIC and image.info["bit_depth"] > 8:
        raise too_deep(path)
    opened = OpenedStill(kind, image, content, depth, png.colour)
    if image.width * image.height > opened.most_pixels:
        raise too_many_pixels(path)
    return opened


def _whole(kind: StillKind, content: bytes, path: Path) -> tuple[bytes, PngFacts]:
    """Return the file's first picture, or all that belong together, and what a PNG says."""
    match kind:
        case StillKind.JPEG:
            content = content[: check_jpeg(content, path)]
        case StillKind.PNG:
            return content, check_png(content, path)
        case StillKind.GIF:
            check_gif(content, path)
        case StillKind.WEBP:
            check_webp(content, path)
        case StillKind.AVIF if _avif_depth(content) > 8:
            raise too_deep(path)
    return content, PngFacts(8, ())


def too_many_pixels(path: Path) -> UnsupportedMediaError:
    """Return the refusal of a picture that would fill the memory."""
    return UnsupportedMediaError(path=path, reason=say("it has too many pixels"))


def too_deep(path: Path) -> UnsupportedMediaError:
    """Return the refusal of a picture whose colours could not be kept."""
    return UnsupportedMediaError(path=path, reason=say("it has more than 8 bits a channel"))


def _avif_depth(content: bytes) -> int:
    """Return the bits a channel of the first AV1 picture that the file describes."""
    place = content.find(b"av1C")
    flags = content[place + 6] if 0 < place < len(content) - 6 else 0
    return 12 if flags & 0x20 else 10 if flags & 0x40 else 8


def orientation(image: Image.Image) -> int:
    """Return the EXIF orientation, 1 to 8; unreadable EXIF is none, as viewers take it."""
    try:
        value = image.getexif().get(ORIENTATION, 1)
    except BROKEN:
        return 1
    return value if value in TURNS else 1

"""Stills, also those of several pages or frames: read, and written back in the same format."""

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from yingbi.domain.frame import Frame
from yingbi.domain.messages import say
from yingbi.errors import CutOffError, UnsupportedMediaError
from yingbi.media.source_file import open_source
from yingbi.media.still_kind import StillKind
from yingbi.media.still_origin import BROKEN, TURNS, open_still, orientation, too_many_pixels
from yingbi.media.still_reader import frames_of
from yingbi.media.still_writer import StillWriter


@dataclass(frozen=True, slots=True)
class StillFacts:
    """What a picture's file says before it is decoded. width, height: as displayed."""

    kind: StillKind
    width: int
    height: int
    frames: int


def read_stills(path: Path, held: bytes | None = None, *, as_rgb: bool = False) -> Iterator[Frame]:
    """Yield every picture of the file as it is stored, with how it is to be shown.

    held: a file in memory; `path` is then only its name in errors. as_rgb: JPEG as RGB
    and not as the planes that it stores. Frames of a moving
    picture carry its times; pages of a document are so far apart that none is between.

    Raises CutOffError for a picture that is not whole, UnsupportedMediaError for one
    whose colours are not handled or that has more pixels than any camera.
    """
    content = held if held is not None else _content(path)
    with _decoding(path):
        opened = open_still(content, path)
        del content
        frames = frames_of(opened, path, as_rgb=as_rgb)
    while True:
        with _decoding(path):
            frame = next(frames, None)
        if frame is None:
            return
        yield frame


def read_still(path: Path, held: bytes | None = None) -> Frame:
    """Return the only picture of a file; raise UnsupportedMediaError where there are more."""
    frames = list(read_stills(path, held))
    if len(frames) != 1:
        raise UnsupportedMediaError(path=path, reason=say("it holds several pictures"))
    return frames[0]


def still_facts(path: Path) -> StillFacts:
    """Return kind, size and number of pictures without decoding them.

    Raises as `read_stills` does, but for what only decoding shows.
    """
    content = _content(path)
    with _decoding(path):
        opened = open_still(content, path)
        with opened.image as image:
            width, height = image.size
            if TURNS[orientation(image)] % 2 and opened.kind is not StillKind.TIFF:
                width, height = height, width
            return StillFacts(opened.kind, width, height, opened.frames)


def exif_of(path: Path, directory: int) -> dict[int, object]:
    """Return one directory of the picture's EXIF by tag number, empty where it is unreadable."""
    content = _content(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with open_still(content, path).image as image:
                return dict(image.getexif().get_ifd(directory))
        except BROKEN:
            return {}


def encode_stills(frames: Iterable[Frame]) -> bytes:
    """Return the frames of one file in its format, without metadata.

    JPEG is written with the source's quantisation tables and subsampling, what was
    stored without loss is written without loss. Kept is only what showing needs: the
    colour profile without names, the turning, times and loop.

    Clause: 4.2.a.
    """
    writer = StillWriter()
    for frame in frames:
        writer.add(frame)
    return writer.finish()


def encode_still(frame: Frame) -> bytes:
    """Return one frame as `encode_stills` does."""
    return encode_stills([frame])


def _content(path: Path) -> bytes:
    with open_source(path) as file:
        return file.read()


@contextmanager
def _decoding(path: Path) -> Iterator[None]:
    """Turn what decoders raise into CutOffError, and keep Pillow's words on metadata quiet."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except Image.DecompressionBombError:
            raise too_many_pixels(path) from None
        except BROKEN as error:
            reason = say("the picture cannot be decoded")
            raise CutOffError(path=path, reason=reason) from error

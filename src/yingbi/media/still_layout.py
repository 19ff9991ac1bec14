"""The skeleton of picture files, walked to the end before a decoder sees them.

Decoders take a file that lacks its end, and some read 16-bit colour as 8-bit, without
a word; both would change a picture silently.
"""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from yingbi.domain.messages import say
from yingbi.errors import CutOffError, UnsupportedMediaError
from yingbi.media.still_kind import PNG

SCAN, END = 0xDA, 0xD9
ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
"""JPEG markers without a length: TEM, RST0 to RST7, SOI."""

COLOUR_CHUNKS = (b"cHRM", b"gAMA", b"sRGB")
PNG_HEAD = 13

GIF_IMAGE, GIF_EXTENSION, GIF_END = 0x2C, 0x21, 0x3B


ColourChunks = tuple[tuple[bytes, bytes], ...]
"""Name and body of the small PNG chunks that say how numbers are shown as colours."""


class PngFacts(NamedTuple):
    """What a PNG says before its pixels: bits a channel, and its colour chunks."""

    depth: int
    colour: ColourChunks


def check_jpeg(content: bytes, path: Path) -> int:
    """Return where the first picture of the file ends; what follows it are other pictures.

    Raises CutOffError unless it reaches its end marker.
    """
    position = 2
    while (marker := content[position + 1 : position + 2]) and content[position] == 0xFF:
        code = marker[0]
        if code == END:
            return position + 2
        if code == 0xFF:  # fill byte
            position += 1
        elif code in ALONE:
            position += 2
        else:
            position += 2 + int.from_bytes(content[position + 2 : position + 4])
            if code == SCAN:
                position = _after_scan(content, position)
    raise CutOffError(path=path, reason=say("the picture ends before its last line"))


def _after_scan(content: bytes, position: int) -> int:
    """Return where the marker after coded picture data stands, or the file's length."""
    while (position := content.find(b"\xff", position)) >= 0:
        code = content[position + 1 : position + 2]
        if code and code[0] != 0 and not 0xD0 <= code[0] <= 0xD7:
            return position
        position += 2
    return len(content)


def check_png(content: bytes, path: Path) -> PngFacts:
    """Return the facts of a PNG that is whole.

    Raises CutOffError where a chunk is cut or its checksum is wrong,
    UnsupportedMediaError for more than one picture.
    """
    position, depth = len(PNG), 8
    colour: list[tuple[bytes, bytes]] = []
    while len(head := content[position : position + 8]) == 8:
        size, kind = int.from_bytes(head[:4]), head[4:]
        body = content[position + 8 : position + 8 + size]
        position += 12 + size
        if content[position - 4 : position] != zlib.crc32(kind + body).to_bytes(4):
            break
        if kind == b"IEND":
            return PngFacts(depth, tuple(colour))
        if kind == b"acTL":
            raise UnsupportedMediaError(path=path, reason=say("it is an animated PNG"))
        if kind == b"IHDR" and len(body) == PNG_HEAD:
            depth = body[8]
        if kind in COLOUR_CHUNKS:
            colour.append((kind, body))
    raise CutOffError(path=path, reason=say("a part of the PNG is cut or has a wrong checksum"))


def check_gif(content: bytes, path: Path) -> None:
    """Raise CutOffError unless every block of a GIF is there, up to its end mark."""
    position = 13 + _colours(content[10:11])
    while mark := content[position : position + 1]:
        if mark[0] == GIF_END:
            return
        if mark[0] == GIF_EXTENSION:
            position += 2
        elif mark[0] == GIF_IMAGE:
            position += 11 + _colours(content[position + 9 : position + 10])
        elif mark[0]:
            break
        position = _after_blocks(content, position) if mark[0] else position + 1
    raise CutOffError(path=path, reason=say("the picture ends before its last line"))


def _colours(flags: bytes) -> int:
    """Return how many bytes the colour table takes that these flags announce."""
    return 3 << ((flags[0] & 7) + 1) if flags and flags[0] & 0x80 else 0


def _after_blocks(content: bytes, position: int) -> int:
    """Return what follows a chain of blocks that each begin with their length."""
    while size := content[position : position + 1]:
        position += 1 + size[0]
        if not size[0]:
            return position
    return len(content)


def check_webp(content: bytes, path: Path) -> None:
    """Raise CutOffError where a WebP ends before it says."""
    end = 8 + int.from_bytes(content[4:8], "little")
    if end > len(content) + 1:  # some writers leave out the last padding byte
        raise CutOffError(path=path, reason=say("the picture ends before its last line"))


def webp_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and body of each chunk of a WebP; a frame's own chunks follow it."""
    yield from _chunks(content[12:])


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 0
    while len(head := content[position : position + 8]) == 8:
        size = int.from_bytes(head[4:], "little")
        body = content[position + 8 : position + 8 + size]
        yield head[:4], body
        if head[:4] == b"ANMF":
            yield from _chunks(body[16:])
        position += 8 + size + size % 2

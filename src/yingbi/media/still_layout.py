"""The skeleton of JPEG and PNG files, walked to the end before a decoder sees them.

Pillow takes a file that lacks its end, and reads 16-bit colour as 8-bit, without a
word; both would change a picture silently.
"""

import zlib
from pathlib import Path

from yingbi.domain.messages import say
from yingbi.errors import CutOffError, UnsupportedMediaError

JPEG = b"\xff\xd8\xff"
PNG = b"\x89PNG\r\n\x1a\n"

SCAN, END = 0xDA, 0xD9
ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
"""JPEG markers without a length: TEM, RST0 to RST7, SOI."""

COLOUR_CHUNKS = (b"cHRM", b"gAMA", b"sRGB")
PNG_HEAD = 13


ColourChunks = tuple[tuple[bytes, bytes], ...]
"""Name and body of the small PNG chunks that say how numbers are shown as colours."""


def check_jpeg(content: bytes, path: Path) -> None:
    """Raise CutOffError unless the first picture of the file reaches its end marker."""
    position = 2
    while (marker := content[position + 1 : position + 2]) and content[position] == 0xFF:
        code = marker[0]
        if code == END:
            return
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


def check_png(content: bytes, path: Path) -> ColourChunks:
    """Return the colour chunks of a PNG that is whole and of a kind handled here.

    Raises CutOffError where a chunk is cut or its checksum is wrong,
    UnsupportedMediaError for more than 8 bits a channel or more than one picture.
    """
    position = len(PNG)
    colour: list[tuple[bytes, bytes]] = []
    while len(head := content[position : position + 8]) == 8:
        size, kind = int.from_bytes(head[:4]), head[4:]
        body = content[position + 8 : position + 8 + size]
        position += 12 + size
        if content[position - 4 : position] != zlib.crc32(kind + body).to_bytes(4):
            break
        if kind == b"IEND":
            return tuple(colour)
        if kind == b"acTL":
            raise UnsupportedMediaError(path=path, reason=say("it is an animated PNG"))
        if kind == b"IHDR" and len(body) == PNG_HEAD and body[8] > 8:
            raise UnsupportedMediaError(path=path, reason=say("it has 16 bits a channel"))
        if kind in COLOUR_CHUNKS:
            colour.append((kind, body))
    raise CutOffError(path=path, reason=say("a part of the PNG is cut or has a wrong checksum"))

"""The outermost boxes of an MP4 or MOV file, walked before libav opens it.

libav plays what is left of a cut-off film and says nothing; the boxes' own sizes tell.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from yingbi.domain.messages import say
from yingbi.errors import CutOffError

FIRST_BOXES = frozenset((b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp"))
LARGE, TO_THE_END = 1, 0
TO_SAMPLES = (b"mdia", b"minf", b"stbl", b"stsd")
"""The way from a track to what names its samples."""


def check_boxes(file: BinaryIO, path: Path) -> None:
    """Raise CutOffError unless every outermost box is whole and an index (moov) is there.

    The file is left at its start.
    """
    names = {name for name, _, _ in _boxes(file, path)}
    file.seek(0)
    if b"moov" not in names:
        raise CutOffError(path=path, reason=say("its index is missing"))


def _boxes(file: BinaryIO, path: Path, over: bytes = b"") -> Iterator[tuple[bytes, int, int]]:
    """Yield name, place and size of each outermost box; one named `over` may be cut off."""
    end = file.seek(0, 2)
    place = 0
    while place < end:
        file.seek(place)
        head = file.read(16)
        size, name = int.from_bytes(head[:4]), head[4:8]
        if size == LARGE and len(head) == 16:
            size = int.from_bytes(head[8:])
        if size == TO_THE_END:
            if name.strip(b"\0"):
                yield name, place, end - place
            return  # zeros after the last box are padding that some cameras write
        if name != over and (size < 8 or place + size > end):
            raise CutOffError(path=path, reason=say("it ends before its content does"))
        yield name, place, size
        place += size


def track_tags(file: BinaryIO, path: Path) -> list[str]:
    """Return the four letters that name each track's kind of samples, in the file's order.

    Empty for a track that names none. The file, an MP4 or MOV, is left at its start.
    Raises CutOffError where its index is not reached.
    """
    index = b""
    for name, place, size in _boxes(file, path):
        if name == b"moov":
            file.seek(place)
            index = file.read(size)
            break
    file.seek(0)
    tags = []
    for name, found in children(index[8:]):
        if name == b"trak":
            tags.append(_sample_tag(found))
    return tags


def has_index(file: BinaryIO) -> bool:
    """Return whether an index (moov) can be reached from the file's start; it is left there."""
    try:
        return any(name == b"moov" for name, _, _ in _boxes(file, Path()))
    except CutOffError:
        return False
    finally:
        file.seek(0)


def boxes_until(file: BinaryIO, path: Path, last: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, place and size of the outermost boxes, up to one of the last name.

    That one may reach over the file's end. Raises: CutOffError where another one does.
    """
    found = _boxes(file, path, over=last)
    for name, place, size in found:
        yield name, place, size
        if name == last:
            return


def box(name: bytes, content: bytes) -> bytes:
    """Return a box."""
    return (8 + len(content)).to_bytes(4) + name + content


def child(content: bytes, wanted: bytes) -> bytes:
    """Return the content of the first box of a name in another's content, empty without one."""
    return next((found for name, found in children(content) if name == wanted), b"")


def _sample_tag(track: bytes) -> str:
    for step in TO_SAMPLES:
        track = child(track, step)
    return track[12:16].decode("latin-1")


def children(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and content of each box that stands whole in another's content."""
    place = 0
    while place + 8 <= len(content):
        size = int.from_bytes(content[place : place + 4])
        if size < 8 or place + size > len(content):
            return
        yield content[place + 4 : place + 8], content[place + 8 : place + size]
        place += size

"""A film's file without its pictures: what its index says can be read without reading all of it."""

import io
from bisect import bisect_right
from pathlib import Path
from typing import BinaryIO

from yingbi.media.boxes import boxes_until

HEAD = 16
"""Bytes at the start of a box that tell its size."""
AT_ONCE = 1 << 18


class HollowFile(io.RawIOBase):
    """An MP4 or MOV read as if all content of its media boxes were zero; nothing of it is read.

    The file below is not closed with it.
    """

    def __init__(self, file: BinaryIO, path: Path) -> None:
        """Find the boxes. Raises CutOffError where one is not whole; path: its name in that."""
        boxes = boxes_until(file, path, b"")
        holes = [(p + HEAD, p + size) for name, p, size in boxes if name == b"mdat"]
        self._starts = [start for start, _ in holes]
        self._ends = [end for _, end in holes]
        self._file, self._end, self._place = file, file.seek(0, io.SEEK_END), 0
        self._zeros = bytes(AT_ONCE)

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a place."""
        self._place = offset + {io.SEEK_CUR: self._place, io.SEEK_END: self._end}.get(whence, 0)
        return self._place

    def tell(self) -> int:
        """Return the place."""
        return self._place

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes, as many as there are up to where content begins or ends."""
        size = size if size >= 0 else AT_ONCE
        hole = bisect_right(self._starts, self._place) - 1
        if hole >= 0 and self._place < self._ends[hole]:
            found = self._zeros[: min(size, self._ends[hole] - self._place)]
        else:
            later = self._starts[hole + 1] if hole + 1 < len(self._starts) else self._end
            self._file.seek(self._place)
            found = self._file.read(max(0, min(size, later - self._place)))
        self._place += len(found)
        return found

"""A second place in a file that is being written: libav moves the index to the front of an MP4."""

import os
from typing import BinaryIO


class Reader:
    """Reads what a sink holds so far; the place at which the sink is written stays."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink, self._place = sink, 0

    def read(self, size: int = -1) -> bytes:
        """Return up to so many bytes from the reader's own place on."""
        written_to = self._sink.tell()
        self._sink.seek(self._place)
        data = self._sink.read(size)
        self._sink.seek(written_to)
        self._place += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move the reader's own place and return it."""
        if whence == os.SEEK_END:
            written_to = self._sink.tell()
            offset += self._sink.seek(0, os.SEEK_END)
            self._sink.seek(written_to)
        self._place = offset + (self._place if whence == os.SEEK_CUR else 0)
        return self._place

    def tell(self) -> int:
        """Return the reader's own place."""
        return self._place

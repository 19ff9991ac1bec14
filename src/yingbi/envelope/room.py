"""Memory for a body: one buffer of the right size, filled in place and handed on without a copy."""

import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import RawIOBase

from yingbi.crypto.contract import Octets

LARGE = 4 << 20
_STEP = 1 << 16
_ZEROS = bytes(_STEP)


def room(size: int) -> memoryview:
    """Return a writable buffer of `size` zero bytes; raises MemoryError.

    A large one is asked for in huge pages: the 16,384 page faults of 64 MiB in small
    ones cost as much time as encrypting and hashing them. It goes back to the system,
    wiped by the kernel, as soon as nobody holds it.
    """
    if size >= LARGE and hasattr(mmap, "MADV_HUGEPAGE"):
        try:
            mapped = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        except OSError:  # a limit on locked memory, for one: let Python's own answer decide
            return memoryview(bytearray(size))
        try:
            mapped.madvise(mmap.MADV_HUGEPAGE)
        except OSError:  # a kernel without huge pages: slower, not wrong
            return memoryview(mapped)
        return memoryview(mapped)
    return memoryview(bytearray(size))


def settled(filled: memoryview) -> Octets:
    """Return what was filled, no longer writable: bytes, or a view where copying would cost."""
    return bytes(filled) if len(filled) < LARGE else filled.toreadonly()


def read_up_to(file: RawIOBase, most: int) -> Octets:
    """Return the file's next bytes, `most` of them or all that are left; raises OSError."""
    left = os.fstat(file.fileno()).st_size - file.tell()
    buffer, filled = room(max(0, min(most, left))), 0
    while filled < len(buffer) and (count := file.readinto(buffer[filled:])):
        filled += count
    return settled(buffer[:filled])


@contextmanager
def wiped_on_failure(buffer: memoryview) -> Iterator[None]:
    """Overwrite the buffer with zeros where the block raises: half a plaintext stays nowhere."""
    try:
        yield
    except BaseException:
        wipe(buffer)
        raise


def wipe(buffer: memoryview) -> None:
    """Overwrite the buffer with zeros."""
    for start in range(0, len(buffer), _STEP):
        piece = buffer[start : start + _STEP]
        piece[:] = _ZEROS[: len(piece)]

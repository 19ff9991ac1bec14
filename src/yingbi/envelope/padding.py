"""Sizes that tell less about what is inside."""

from collections.abc import Iterator

from yingbi.crypto.contract import Octets
from yingbi.errors import SealBrokenError

MIN_PRIVATE_BYTES = 1024
MAX_PRIVATE_BYTES = 65_536
_STEP = 65_536


def padme(length: int) -> int:
    """Return the length after Padme: at most 12 % more, fewer than log2 of all sizes left.

    The idea is that of a number with a short mantissa: the last bits of a
    length are rounded up to zero, more of them as it grows.
    """
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    free_bits = exponent - exponent.bit_length()
    return -(-length >> free_bits << free_bits)


def private_size(length: int) -> int:
    """Return 1024 or the next power of two that holds `length` bytes, at most 65,536.

    Raises: ValueError where it is longer.
    """
    if length > MAX_PRIVATE_BYTES:
        raise ValueError(f"private metadata has at most {MAX_PRIVATE_BYTES} bytes, not {length}")
    return max(MIN_PRIVATE_BYTES, 1 << (length - 1).bit_length())


def padded(content: bytes, size: int) -> bytes:
    """Return the content and as many zero bytes as make up the size.

    Raises: ValueError where the content is longer.
    """
    if len(content) > size:
        raise ValueError(f"{len(content)} bytes do not fit into {size}")
    return content + bytes(size - len(content))


def padded_chunks(content: Octets, size: int, step: int) -> Iterator[Octets]:
    """Yield what `padded` returns in chunks of `step` bytes, without copying the content.

    At least one chunk comes, an empty one where the size is 0; the last may be shorter.
    Raises: ValueError where the content is longer than the size.
    """
    if len(content) > size:
        raise ValueError(f"{len(content)} bytes do not fit into {size}")
    view, zeros = memoryview(content), bytes(step)
    for start in range(0, max(size, 1), step):
        length = min(step, size - start)
        clear = view[start : start + length]
        yield clear if len(clear) == length else bytes(clear) + zeros[: length - len(clear)]


def unpadded(data: bytes, true_length: int, what: str) -> bytes:
    """Return the content without its padding; raises as `check_padding` does."""
    check_padding(memoryview(data), true_length, what)
    return data[:true_length]


def check_padding(data: memoryview, true_length: int, what: str) -> None:
    """Raise SealBrokenError where the true length is impossible or what follows is not zeros."""
    if true_length > len(data):
        raise SealBrokenError(what=what, reason="its true length is impossible")
    for start in range(true_length, len(data), _STEP):
        piece = bytes(data[start : start + _STEP])
        if piece.count(0) != len(piece):
            raise SealBrokenError(what=what, reason="its padding is not empty")

"""Sizes that tell less about what is inside."""

from yingbi.errors import SealBrokenError

MIN_PRIVATE_BYTES = 1024
MAX_PRIVATE_BYTES = 65_536


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


def unpadded(data: bytes, true_length: int, what: str) -> bytes:
    """Return the content without its padding.

    Raises: SealBrokenError where the length is impossible or the padding is not zeros.
    """
    if true_length > len(data):
        raise SealBrokenError(what=what, reason="its true length is impossible")
    if data.count(0, true_length) != len(data) - true_length:
        raise SealBrokenError(what=what, reason="its padding is not empty")
    return data[:true_length]

"""NAL units, the pieces of H.264 and HEVC: cut apart, put together, and freed of user data.

A unit is its bytes as coded, with emulation prevention, without a start code or length.
"""

from collections.abc import Collection, Iterable, Iterator

START = b"\x00\x00\x01"


class BrokenUnitsError(ValueError):
    """Bytes that are not NAL units as they should be; the caller does not copy them."""


class Bits:
    """Reads the bits of a unit, from a byte of it onwards."""

    def __init__(self, unit: bytes, start: int) -> None:
        """Read from byte `start` of the unit; emulation prevention is taken out first."""
        self._bits = "".join(f"{byte:08b}" for byte in plain(unit[start:]))
        self._place = 0

    def take(self, count: int) -> int:
        """Return the next bits as a number; raise BrokenUnitsError past the end."""
        end = self._place + count
        if end > len(self._bits):
            raise BrokenUnitsError("a unit ends too early")
        value = int(self._bits[self._place : end] or "0", 2)
        self._place = end
        return value

    def golomb(self) -> int:
        """Return the next unsigned Exp-Golomb number (ue(v))."""
        zeros = 0
        while not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)


def split(content: bytes, length_size: int) -> list[bytes]:
    """Return the units of a packet in which each follows its length.

    Raises: BrokenUnitsError unless the lengths add up to the packet.
    """
    units, place = [], 0
    while place < len(content):
        begin = place + length_size
        end = begin + int.from_bytes(content[place:begin])
        if begin >= end or end > len(content):
            raise BrokenUnitsError("a unit's length is wrong")
        units.append(content[begin:end])
        place = end
    return units


def join(units: Iterable[bytes], length_size: int) -> bytes:
    """Return the units, each after its length."""
    return b"".join(len(unit).to_bytes(length_size) + unit for unit in units)


def split_at_starts(content: bytes) -> list[bytes]:
    """Return the units of a stream with start codes (Annex B)."""
    pieces = content.split(START)[1:]
    # The zero before a start code of four bytes belongs to neither unit, nor do trailing ones.
    return [unit for unit in (piece.rstrip(b"\x00") for piece in pieces) if unit]


def plain(coded: bytes) -> bytes:
    """Return the bytes with emulation prevention taken out."""
    return coded.replace(b"\x00\x00\x03", b"\x00\x00")


def guarded(bare: bytes) -> bytes:
    """Return bytes that do not end in zero with emulation prevention: no start code occurs."""
    coded, zeros = bytearray(), 0
    for byte in bare:
        if zeros >= 2 and byte <= 3:
            coded.append(3)
            zeros = 0
        coded.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(coded)


def without_user_data(unit: bytes, head: int, kept: Collection[int]) -> tuple[bytes | None, int]:
    """Return an SEI unit without the messages that are not kept, and how many it lost.

    head: bytes of the unit's header. kept: payload types. A unit that loses nothing comes back as it was, one
    that loses all, or cannot be read, as None.
    """
    try:
        messages = list(_messages(plain(unit[head:])))
    except BrokenUnitsError:
        return None, 1
    staying = [message for kind, message in messages if kind in kept]
    lost = len(messages) - len(staying)
    if not staying:
        return None, lost
    if not lost:
        return unit, 0
    return unit[:head] + guarded(b"".join(staying) + b"\x80"), lost


def _messages(bare: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield payload type and bytes, header included, of each SEI message."""
    place = 0
    while bare[place:].rstrip(b"\x00") not in {b"", b"\x80"}:
        kind, after = _number(bare, place)
        size, begin = _number(bare, after)
        if begin + size > len(bare):
            raise BrokenUnitsError("a message ends too early")
        yield kind, bare[place : begin + size]
        place = begin + size


def _number(bare: bytes, place: int) -> tuple[int, int]:
    """Return a number written as bytes of 255 and a last one, and the place after it."""
    value = 0
    while place < len(bare) and bare[place] == 0xFF:
        value, place = value + 0xFF, place + 1
    if place >= len(bare):
        raise BrokenUnitsError("a message ends too early")
    return value + bare[place], place + 1

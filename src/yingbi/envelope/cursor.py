"""Reading bytes that nobody vouches for: every length is checked before it is used."""

from yingbi.errors import SealBrokenError


class Cursor:
    """A place in a run of bytes that only moves forward and never past the end."""

    def __init__(self, data: memoryview, what: str) -> None:
        """Start at the first byte; `what` names the thing in errors."""
        self._data, self._what, self.position = data, what, 0

    @property
    def left(self) -> int:
        """Number of bytes not yet taken."""
        return len(self._data) - self.position

    def take(self, count: int) -> memoryview:
        """Return the next `count` bytes; raise SealBrokenError where there are fewer."""
        if count > self.left:
            raise self.broken("it ends before it should: it is incomplete")
        start = self.position
        self.position += count
        return self._data[start : self.position]

    def since(self, start: int) -> memoryview:
        """Return what was taken since that position."""
        return self._data[start : self.position]

    def octets(self, count: int) -> bytes:
        """Return a copy of the next `count` bytes."""
        return bytes(self.take(count))

    def number(self, size: int) -> int:
        """Return the next unsigned big-endian number of `size` bytes."""
        return int.from_bytes(self.take(size))

    def end(self) -> None:
        """Raise SealBrokenError where something follows."""
        if self.left:
            raise self.broken("something follows its end")

    def broken(self, reason: str) -> SealBrokenError:
        """Return the error to raise, with what is read and why it is refused."""
        return SealBrokenError(what=self._what, reason=reason)

"""A Merkle tree that grows by one leaf at a time without reading the old ones.

It keeps the roots of the perfect subtrees, the largest first: one for each bit
that is set in its size. Its root is the one RFC 6962 defines.
"""

from yingbi.crypto.merkle import leaf_hash, root
from yingbi.crypto.suite import Suite

_DIGEST = 32


class Tree:
    """The right edge of a tree; `frontier` is all there is to store of it."""

    def __init__(self, suite: Suite, size: int = 0, frontier: bytes = b"") -> None:
        if size < 0 or len(frontier) != size.bit_count() * _DIGEST:
            raise ValueError("a tree of this size has another frontier")
        self.size = size
        self._suite = suite
        self._peaks = [frontier[i : i + _DIGEST] for i in range(0, len(frontier), _DIGEST)]

    @property
    def frontier(self) -> bytes:
        """The subtree roots one after another, 32 bytes each."""
        return b"".join(self._peaks)

    def add(self, leaf: bytes) -> None:
        """Take in one more leaf's data."""
        node, full = leaf_hash(self._suite, leaf), self.size
        while full & 1:
            node = root(self._suite, [self._peaks.pop(), node])
            full >>= 1
        self._peaks.append(node)
        self.size += 1

    def root(self) -> bytes:
        """Return the 32-byte root over all leaves."""
        if not self._peaks:
            return root(self._suite, [])
        node = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            node = root(self._suite, [peak, node])
        return node

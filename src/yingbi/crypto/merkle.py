"""Merkle trees as RFC 6962, section 2.1 describes them, over a suite's hash.

A leaf is hashed with a leading 0 byte and a node with a leading 1, so that no
node can be passed off as a leaf.
"""

from collections.abc import Sequence

from yingbi.crypto.contract import InvalidTagError, Octets, Suite


def leaf_hash(suite: Suite, data: Octets) -> bytes:
    """Return the 32-byte hash of one leaf."""
    hasher = suite.hasher()
    hasher.update(b"\x00")
    hasher.update(data)
    return hasher.digest()


def root(suite: Suite, leaf_hashes: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes; of no leaf at all it is the hash of nothing."""
    if not leaf_hashes:
        return suite.hash(b"")
    level = list(leaf_hashes)
    # Pairing upwards, an odd last node rising as it is, gives the RFC's split at a power of two.
    while len(level) > 1:
        pairs = [_node(suite, a, b) for a, b in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]


def inclusion_proof(suite: Suite, leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Return the hashes that lead from leaf `index` to the root, lowest first.

    Raises: IndexError where there is no such leaf.
    """
    if not 0 <= index < len(leaf_hashes):
        raise IndexError(f"there is no leaf {index} among {len(leaf_hashes)}")
    if len(leaf_hashes) == 1:
        return []
    split = _split(len(leaf_hashes))
    left, right = leaf_hashes[:split], leaf_hashes[split:]
    if index < split:
        return [*inclusion_proof(suite, left, index), root(suite, right)]
    return [*inclusion_proof(suite, right, index - split), root(suite, left)]


def verify_inclusion(
    suite: Suite, leaf: bytes, index: int, size: int, *, proof: Sequence[bytes], root_hash: bytes
) -> None:
    """Raise InvalidTagError unless the proof shows leaf hash `leaf` at `index` of `size`."""
    if not 0 <= index < size:
        raise InvalidTagError
    number, last, computed = index, size - 1, leaf
    for step in proof:
        if last == 0:
            raise InvalidTagError
        if number & 1 or number == last:
            computed = _node(suite, step, computed)
            number, last = _up_to_right_turn(number, last)
        else:
            computed = _node(suite, computed, step)
        number, last = number >> 1, last >> 1
    if last != 0 or computed != root_hash:
        raise InvalidTagError


def consistency_proof(suite: Suite, leaf_hashes: Sequence[bytes], old_size: int) -> list[bytes]:
    """Return the hashes that show the first `old_size` leaves to be a prefix of all.

    Raises: IndexError where old_size is not within 1 and the number of leaves.
    """
    if not 1 <= old_size <= len(leaf_hashes):
        raise IndexError(f"there is no size {old_size} among {len(leaf_hashes)} leaves")
    return _sub_proof(suite, leaf_hashes, old_size, whole=True)


def verify_consistency(
    suite: Suite,
    *,
    old_size: int,
    old_root: bytes,
    new_size: int,
    new_root: bytes,
    proof: Sequence[bytes],
) -> None:
    """Raise InvalidTagError unless the proof shows that the new tree extends the old one."""
    if not 1 <= old_size <= new_size:
        raise InvalidTagError
    if old_size == new_size:
        if proof or old_root != new_root:
            raise InvalidTagError
        return
    steps = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    if not steps:
        raise InvalidTagError
    number, last = old_size - 1, new_size - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    old, new = steps[0], steps[0]
    for step in steps[1:]:
        if last == 0:
            raise InvalidTagError
        if number & 1 or number == last:
            old, new = _node(suite, step, old), _node(suite, step, new)
            number, last = _up_to_right_turn(number, last)
        else:
            new = _node(suite, new, step)
        number, last = number >> 1, last >> 1
    if last != 0 or old != old_root or new != new_root:
        raise InvalidTagError


def _node(suite: Suite, left: bytes, right: bytes) -> bytes:
    return suite.hash(b"\x01" + left + right)


def _split(size: int) -> int:
    """Return the largest power of two below size."""
    return 1 << ((size - 1).bit_length() - 1)


def _up_to_right_turn(number: int, last: int) -> tuple[int, int]:
    """Climb to where `number` is a right child, or to the leftmost node."""
    while number and not number & 1:
        number, last = number >> 1, last >> 1
    return number, last


def _sub_proof(
    suite: Suite, leaf_hashes: Sequence[bytes], old_size: int, *, whole: bool
) -> list[bytes]:
    if old_size == len(leaf_hashes):
        return [] if whole else [root(suite, leaf_hashes)]
    split = _split(len(leaf_hashes))
    left, right = leaf_hashes[:split], leaf_hashes[split:]
    if old_size <= split:
        return [*_sub_proof(suite, left, old_size, whole=whole), root(suite, right)]
    return [*_sub_proof(suite, right, old_size - split, whole=False), root(suite, left)]

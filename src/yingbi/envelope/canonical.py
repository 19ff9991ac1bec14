"""Canonical CBOR: one way to write each value, so that a signature has one meaning.

RFC 7049 section 3.9 (RFC 8949 section 4.2.3): shortest numbers, definite lengths, map keys
ordered by length, then by bytes.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Never

import cbor2

from yingbi.errors import SealBrokenError

_MAX_DEPTH = 4


class _NoTags(Mapping[int, Callable[..., Never]]):
    """Answers for every tag that it is refused, before anything is made of its content.

    The decoder would make patterns, messages, fractions and networks of what a stranger wrote,
    and load whole libraries for it; canonical CBOR has no tags here.
    """

    def __getitem__(self, tag: int) -> Callable[..., Never]:
        return _refuse_tag

    def __iter__(self) -> Iterator[int]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _refuse_tag(*_content: object) -> Never:
    raise ValueError("a tag")


_NO_TAGS = _NoTags()


def write_map(values: Mapping[str, Any]) -> bytes:
    """Return the canonical bytes of a map."""
    return cbor2.dumps(dict(values), canonical=True)


def read_map(data: bytes, what: str) -> dict[str, Any]:
    """Return the map that fills the data.

    Raises: SealBrokenError unless it is a map with text keys in canonical form.
    """
    broken = SealBrokenError(what=what, reason="its metadata is not canonical CBOR")
    try:
        values = cbor2.loads(
            data,
            semantic_decoders=_NO_TAGS,
            max_depth=_MAX_DEPTH,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            strict_hashable_types=True,
        )
        canonical = cbor2.dumps(values, canonical=True)
    # A decoder fed with anything at all raises more kinds than it names.
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError, MemoryError):
        raise broken from None
    if not isinstance(values, dict) or canonical != data:
        raise broken
    if not all(isinstance(key, str) for key in values):
        raise broken
    return values

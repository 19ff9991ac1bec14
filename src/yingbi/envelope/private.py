"""Private metadata: what a segment holds, for the holder of its key alone.

Sealed under K_meta with a nonce of zeros (the key is used once) over
length (4) | canonical CBOR | zeros up to a size that hides the length.
"""

import math
from collections.abc import Mapping
from typing import Any

from yingbi.crypto.contract import NONCE_BYTES, TAG_BYTES, InvalidTagError, Octets, Suite
from yingbi.domain.part import PrivateMetadata
from yingbi.envelope.canonical import read_map, write_map
from yingbi.envelope.padding import padded, private_size, unpadded
from yingbi.envelope.schedule import meta_key
from yingbi.errors import SealBrokenError

_LENGTH_BYTES = 4
_NONCE = bytes(NONCE_BYTES)
_TEXTS = ("camera", "recorded_at", "source_name")
_FIELDS = {
    *("media_type", "true_length", "from_s", "to_s", "camera", "recorded_at", "clock"),
    *("record_schema", "labels", "source_name", "extra"),
}


def sealed_bytes(private: PrivateMetadata) -> int:
    """Return how long the private metadata will be once sealed; needed before it can be."""
    return private_size(len(_written(private))) + TAG_BYTES


def seal_private(suite: Suite, dek: Octets, clear_header: bytes, private: PrivateMetadata) -> bytes:
    """Return the private metadata sealed for one header."""
    written = _written(private)
    plaintext = padded(written, private_size(len(written)))
    key = meta_key(suite, dek, clear_header)
    return suite.seal(key, _NONCE, plaintext, clear_header)


def open_private(
    suite: Suite, dek: Octets, clear_header: bytes, sealed: bytes, what: str
) -> PrivateMetadata:
    """Return the private metadata; raises SealBrokenError where it was altered."""
    key = meta_key(suite, dek, clear_header)
    try:
        plaintext = suite.open(key, _NONCE, sealed, clear_header)
    except InvalidTagError:
        raise SealBrokenError(what=what, reason="its private metadata was altered") from None
    length = int.from_bytes(plaintext[:_LENGTH_BYTES])
    written = unpadded(plaintext, _LENGTH_BYTES + length, what)[_LENGTH_BYTES:]
    if len(plaintext) != private_size(_LENGTH_BYTES + length):
        raise SealBrokenError(what=what, reason="its private metadata has a wrong size")
    return _parsed(read_map(written, what), what)


def _written(private: PrivateMetadata) -> bytes:
    values: dict[str, Any] = {
        "media_type": private.media_type,
        "true_length": private.true_length,
        "from_s": float(private.from_s),
        "to_s": float(private.to_s),
        "camera": private.camera,
        "recorded_at": private.recorded_at,
        "clock": private.clock,
        "record_schema": private.record_schema,
        "labels": list(private.labels),
        "source_name": private.source_name,
        "extra": dict(private.extra),
    }
    if not _well_formed(values):
        raise ValueError("the private metadata has a value of a wrong type")
    written = write_map(values)
    return len(written).to_bytes(_LENGTH_BYTES) + written


def _parsed(values: Mapping[str, Any], what: str) -> PrivateMetadata:
    if not _well_formed(values):
        raise SealBrokenError(what=what, reason="its private metadata is not of this version")
    return PrivateMetadata(**{**values, "labels": tuple(values["labels"])})


def _well_formed(values: Mapping[str, Any]) -> bool:
    """Return whether the fields are exactly those of this version, each of its type."""
    return (
        set(values) == _FIELDS
        and all(type(values[name]) is str for name in ("media_type", "clock"))
        and all(values[name] is None or type(values[name]) is str for name in _TEXTS)
        and _is_count(values["true_length"])
        and (values["record_schema"] is None or _is_count(values["record_schema"]))
        and all(type(t) is float and math.isfinite(t) for t in (values["from_s"], values["to_s"]))
        and type(values["labels"]) is list
        and all(type(label) is str for label in values["labels"])
        and type(values["extra"]) is dict
        and all(type(k) is str and type(v) is str for k, v in values["extra"].items())
    )


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < 1 << 32

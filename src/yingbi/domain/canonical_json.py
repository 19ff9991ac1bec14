"""One way to write a JSON value, so that a signature has one meaning."""

import json
import math
from typing import Any


def canonical(value: Any) -> bytes:
    r"""Return the value as ASCII JSON: keys in order of code points, no space, no doubt.

    Whatever is not ASCII is written \uXXXX in small letters, beyond the 16 bits as two
    surrogates. A number without a fraction is written without one.

    Raises: ValueError on what JSON has no word for.
    """
    text = json.dumps(
        _plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )
    return text.encode("ascii")


def _plain(value: Any) -> Any:
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value

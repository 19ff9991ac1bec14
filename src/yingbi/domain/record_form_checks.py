"""What the forms of records ask of a value that somebody else wrote.

Each check gives the value back as a value of ours, or raises RecordRefusedError. A refusal
names the field and never what stood in it, since that may be anything at all.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any, Never

from yingbi.domain.messages import listed, say
from yingbi.errors import RecordRefusedError

LONGEST_MS = 10**12
"""About 31 years; no object is longer."""


def refuse(reason: str) -> Never:
    """Raise RecordRefusedError for the reason, a text that was said."""
    raise RecordRefusedError(reason=reason)


def exactly(value: object, what: str, fields: Collection[str]) -> Mapping[str, Any]:
    """Return the map that has these fields and no others."""
    if not isinstance(value, dict) or value.keys() != set(fields):
        names = listed(fields)
        refuse(say("{what} has exactly: {fields}", what=what, fields=names))
    return value


def whole(value: object, field: str, low: int, high: int) -> int:
    """Return the whole number; one that is written with a point is none, and a truth is none."""
    if type(value) is not int or not low <= value <= high:
        fine = f"{low}..{high}"
        refuse(say("'{field}' is not a whole number in {range}", field=field, range=fine))
    return value


def word(value: object, field: str, words: Collection[str]) -> str:
    """Return the word, which is one of a closed list."""
    if not isinstance(value, str) or value not in words:
        refuse(say("'{field}' is none of the words that are known", field=field))
    return value


def text(value: object, field: str, pattern: re.Pattern[str]) -> str:
    """Return the text, all of which follows the pattern."""
    if not isinstance(value, str) or not pattern.fullmatch(value):
        refuse(say("'{field}' is not written as it has to be", field=field))
    return value


def rows(value: object, field: str, count: int) -> list[Any]:
    """Return the list of so many entries, which are not looked at yet."""
    if not isinstance(value, list) or len(value) != count:
        refuse(say("'{field}' is not a list of {count}", field=field, count=count))
    return value

"""Read a file of tables, TOML or JSON, and know on which line of it each field stands."""

import json
import re
import sys
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeGuard

from yingbi.domain.messages import say
from yingbi.domain.zone import Point, area_of, edges_cross
from yingbi.errors import BadSettingsError, NoSuchInputError, UnreadableInputError

GAP = re.compile(r"\s*,?\s*")
MOST_POINTS = 256
NO_AREA = 1e-9
"""A polygon of so little, in shares or in pixels, is a line; rounding alone makes less of one."""

Span = tuple[int, int]
Refuse = Callable[[str, str], Exception]
"""Makes an error of a field and a reason."""


class Refusal(Protocol):
    """An error that tells the path, the line, the field and the reason."""

    def __call__(self, *, path: Path, line: int, field: str, reason: str) -> BadSettingsError:
        """Return the error."""


@dataclass(frozen=True, slots=True)
class TableFile:
    """What a file says, and where, which a parser has forgotten.

    spans: by kind of table, from where to where in the text each one of it stands.
    """

    path: Path
    refusal: Refusal
    text: str = field(repr=False)
    table: Mapping[str, Any]
    spans: Mapping[str, tuple[Span, ...]]

    def refused(self, name: str, reason: str) -> BadSettingsError:
        """Return the error about a field of the file itself."""
        return self.refusal(path=self.path, line=self._line_of(name), field=name, reason=reason)

    def refusing(self, kind: str, number: int, told: Callable[[int, str], str]) -> Refuse:
        """Return what makes errors about one table. number: of its kind, from 0.

        told: returns what to call a field of the table of a number, from 1.
        """

        def refuse(name: str, reason: str) -> BadSettingsError:
            line = self._line_of(name, (kind, number))
            field = told(number + 1, name)
            return self.refusal(path=self.path, line=line, field=field, reason=reason)

        return refuse

    def _line_of(self, name: str, of: tuple[str, int] | None = None) -> int:
        own = self.spans.get(of[0], ()) if of else ()
        at, end = own[of[1]] if of and of[1] < len(own) else (0, len(self.text))
        escaped = re.escape(name)
        key = re.compile(rf'^[ \t]*"?{escaped}"?[ \t]*=|"{escaped}"[ \t]*:', re.MULTILINE)
        hits: Iterator[re.Match[str]] = key.finditer(self.text, at, end)
        if of is None:
            hits = (hit for hit in hits if not self._within_a_table(hit.start()))
        hit = next(hits, None)
        return self.text.count("\n", 0, hit.end() if hit else at) + 1

    def _within_a_table(self, place: int) -> bool:
        return any(at <= place < end for spans in self.spans.values() for at, end in spans)


def read_table_file(path: Path, kinds: Collection[str], refusal: Refusal) -> TableFile:
    """Return what the file says. kinds: names of lists of tables that it may hold.

    Raises: NoSuchInputError, UnreadableInputError, and what `refusal` makes.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise NoSuchInputError(path=path) from None
    except UnicodeDecodeError:
        raise refusal(path=path, line=1, field="*", reason="it is no UTF-8 text") from None
    except OSError as error:
        raise UnreadableInputError(path=path, reason=error.strerror) from None
    if text.lstrip().startswith("{"):
        return TableFile(path, refusal, text, *_json(path, text, kinds, refusal))
    return TableFile(path, refusal, text, *_toml(path, text, kinds, refusal))


_Parsed = tuple[dict[str, Any], dict[str, tuple[Span, ...]]]


def _toml(path: Path, text: str, kinds: Collection[str], refusal: Refusal) -> _Parsed:
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        line = re.search(r"line (\d+)", str(error))
        number = int(line[1]) if line else text.count("\n") + 1
        raise refusal(path=path, line=number, field="*", reason=str(error)) from None
    heads = re.compile(
        rf"^[ \t]*\[\[[ \t]*({'|'.join(map(re.escape, kinds))})[ \t]*\]\]", re.MULTILINE
    )
    found = [(head[1], head.start()) for head in heads.finditer(text)]
    ends = [*(start for _, start in found), len(text)][1:]
    spans: dict[str, tuple[Span, ...]] = dict.fromkeys(kinds, ())
    for (kind, start), end in zip(found, ends, strict=True):
        spans[kind] += ((start, end),)
    return table, spans


def _json(path: Path, text: str, kinds: Collection[str], refusal: Refusal) -> _Parsed:
    try:
        table = json.loads(text, object_pairs_hook=once, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise refusal(path=path, line=error.lineno, field="*", reason=error.msg) from None
    except (ValueError, RecursionError) as error:
        raise refusal(path=path, line=1, field="*", reason=str(error)) from None
    return table, {kind: tuple(_items(text, kind)) for kind in kinds}


def _items(text: str, kind: str) -> Iterator[Span]:
    """Yield where each item of a list in JSON stands."""
    head = re.search(rf'"{re.escape(kind)}"\s*:\s*\[\s*', text)
    at = head.end() if head else len(text)
    decoder = json.JSONDecoder()
    while at < len(text) and text[at] != "]":
        try:
            _, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = len(text)
        yield at, end
        gap = GAP.match(text, end)
        at = gap.end() if gap else end


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a table of JSON; a name that stands twice is refused, as readers differ in which they take.

    Raises: ValueError.
    """
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(say("it is no JSON that has one meaning"))
    return found


def is_number(value: Any) -> TypeGuard[float]:
    """Return whether it is a number, and one that a float can hold: neither infinite nor none."""
    plain = isinstance(value, (int, float)) and not isinstance(value, bool)
    return plain and abs(value) <= sys.float_info.max


def is_text(value: Any) -> TypeGuard[str]:
    """Return whether it is a text that can be written: half a character cannot."""
    return isinstance(value, str) and not any("\ud800" <= one <= "\udfff" for one in value)


def _no_number(word: str) -> float:
    raise ValueError(say("'{value}' is not a number", value=word))


def corners_of(given: Mapping[str, Any], largest: float, refuse: Refuse) -> tuple[Point, ...]:
    """Return the corners of the rectangle or polygon that a table has.

    largest: no number lies above it, nor below 0.
    Raises: what `refuse` makes of a field and a reason.
    """
    if ("rectangle" in given) == ("polygon" in given):
        raise refuse("rectangle", say("it needs either a rectangle or a polygon"))
    name = "rectangle" if "rectangle" in given else "polygon"
    value = given[name]
    if name == "rectangle":
        if not isinstance(value, list) or len(value) != 4 or not all(map(is_number, value)):
            raise refuse(name, say("it must be four numbers: left, top, right, bottom"))
        x0, y0, x1, y1 = map(float, value)
        if x1 <= x0 or y1 <= y0:
            raise refuse(name, say("right must be more than left, and bottom more than top"))
        value = [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]
    points = _polygon(value, name, refuse)
    if any(not 0 <= n <= largest for point in points for n in point):
        low, high = "0", f"{largest:g}"
        raise refuse(name, say("each number must lie from {low} to {high}", low=low, high=high))
    return points


def _polygon(value: Any, name: str, refuse: Refuse) -> tuple[Point, ...]:
    whole = isinstance(value, list) and 3 <= len(value) <= MOST_POINTS
    if not whole or not all(map(is_point, value)):
        most = MOST_POINTS
        raise refuse(name, say("it must be 3 to {most} corners, each two numbers", most=most))
    points = tuple((float(x), float(y)) for x, y in value)
    if edges_cross(points):
        raise refuse(name, say("its edges cross: make two of it"))
    if area_of(points) <= NO_AREA:
        raise refuse(name, say("it has no area"))
    return points


def is_point(value: Any) -> TypeGuard[list[float]]:
    """Return whether it is a list of two numbers."""
    return isinstance(value, list) and len(value) == 2 and all(map(is_number, value))

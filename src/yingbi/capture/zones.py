"""Read a file of zones, TOML or JSON; whatever is wrong in it is told with its line and field.

[[zone]]
name = "the neighbour's window"
do = "mask"                                  # or "ignore"
rectangle = [0.10, 0.00, 0.35, 0.30]         # or polygon = [[0.1, 0], [0.3, 0], [0.2, 0.3]]
unit = "share"                               # or "pixels"
from_s = 0.0
to_s = 60.0
files = ["front/*.mp4"]
"""

import json
import math
import re
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard, cast

from yingbi.domain.messages import say
from yingbi.domain.report_errors import ZonesRefusedError
from yingbi.domain.zone import Does, Point, Unit, Zone, area_of, edges_cross
from yingbi.errors import NoSuchInputError, UnreadableInputError

GAP = re.compile(r"\s*,?\s*")
ZONE_FIELDS = {"name", "do", "rectangle", "polygon", "unit", "from_s", "to_s", "files"}
MOST_ZONES, MOST_POINTS = 256, 256


def read_zones(path: Path) -> tuple[Zone, ...]:
    """Return the zones of the file, in its order.

    Raises: ZonesRefusedError, NoSuchInputError, UnreadableInputError.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise NoSuchInputError(path=path) from None
    except UnicodeDecodeError:
        raise ZonesRefusedError(
            path=path, line=1, field="*", reason="it is no UTF-8 text"
        ) from None
    except OSError as error:
        raise UnreadableInputError(path=path, reason=error.strerror) from None
    table, place = _parsed(path, text)
    found = table.get("zone")
    unknown = sorted(set(table) - {"zone"})
    if unknown:
        raise place.refused(None, unknown[0], say("there is no such field"))
    if not isinstance(found, list) or not found:
        raise place.refused(None, "zone", say("it must be a list of zones"))
    if len(found) > MOST_ZONES:
        raise place.refused(None, "zone", say("there are more than {most}", most=MOST_ZONES))
    return tuple(_zone(one, number, place) for number, one in enumerate(found))


@dataclass(frozen=True, slots=True)
class _Place:
    """Finds lines again, once a parser has forgotten them. starts: of each zone, in characters."""

    path: Path
    text: str
    starts: tuple[int, ...]

    def refused(self, number: int | None, field: str, reason: str) -> ZonesRefusedError:
        """Return the error about a field of a zone, or of the file."""
        at, end = 0, len(self.text)
        if number is not None and number < len(self.starts):
            at = self.starts[number]
            end = (*self.starts, end)[number + 1]
        name = re.escape(field)
        key = re.compile(rf'^[ \t]*"?{name}"?[ \t]*=|"{name}"[ \t]*:', re.MULTILINE)
        hit = key.search(self.text, at, end)
        line = self.text.count("\n", 0, hit.end() if hit else at) + 1
        told = (
            field
            if number is None
            else say("zone {number}, {field}", number=number + 1, field=field)
        )
        return ZonesRefusedError(path=self.path, line=line, field=told, reason=reason)


def _parsed(path: Path, text: str) -> tuple[dict[str, Any], _Place]:
    if text.lstrip().startswith("{"):
        return _json(path, text)
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        line = re.search(r"line (\d+)", str(error))
        number = int(line[1]) if line else text.count("\n") + 1
        raise ZonesRefusedError(path=path, line=number, field="*", reason=str(error)) from None
    starts = re.finditer(r"^[ \t]*\[\[[ \t]*zone[ \t]*\]\]", text, re.MULTILINE)
    return table, _Place(path, text, tuple(match.start() for match in starts))


def _json(path: Path, text: str) -> tuple[dict[str, Any], _Place]:
    try:
        table = json.loads(text, object_pairs_hook=once, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise ZonesRefusedError(path=path, line=error.lineno, field="*", reason=error.msg) from None
    except (ValueError, RecursionError) as error:
        raise ZonesRefusedError(path=path, line=1, field="*", reason=str(error)) from None
    starts: list[int] = []
    head = re.search(r'"zone"\s*:\s*\[\s*', text)
    at = head.end() if head else len(text)
    decoder = json.JSONDecoder()
    while at < len(text) and text[at] != "]":
        starts.append(at)
        try:
            _, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        gap = GAP.match(text, end)
        at = gap.end() if gap else end
    return table, _Place(path, text, tuple(starts))


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


def _no_number(word: str) -> float:
    raise ValueError(say("'{value}' is not a number", value=word))


def _zone(given: Any, number: int, place: _Place) -> Zone:
    return zone_of(
        given, f"{number + 1}", lambda field, reason: place.refused(number, field, reason)
    )


def zone_of(given: Any, name: str, refuse: Callable[[str, str], Exception]) -> Zone:
    """Return the zone that a table says. name: what it is called where it has no name.

    Raises: what `refuse` makes of a field and a reason.
    """
    if not isinstance(given, Mapping):
        raise refuse("zone", say("it must be a table of fields"))
    unknown = sorted(set(given) - ZONE_FIELDS)
    if unknown:
        raise refuse(unknown[0], say("there is no such field"))
    does, unit = given.get("do"), given.get("unit", "share")
    if does not in ("mask", "ignore"):
        raise refuse("do", say("it must be one of {allowed}", allowed="'mask', 'ignore'"))
    if unit not in ("share", "pixels"):
        raise refuse("unit", say("it must be one of {allowed}", allowed="'share', 'pixels'"))
    called, files = given.get("name", name), given.get("files", [])
    if not _is_text(called):
        raise refuse("name", say("it must be a text in quotes"))
    if not isinstance(files, list) or not all(isinstance(one, str) and one for one in files):
        raise refuse("files", say("it must be a list of patterns in quotes"))
    points = _points(given, cast(Unit, unit), refuse)
    from_s, to_s = _times(given, refuse)
    return Zone(called, cast(Does, does), points, cast(Unit, unit), from_s, to_s, tuple(files))


def _times(given: Mapping[str, Any], refuse: Any) -> tuple[float, float]:
    from_s, to_s = given.get("from_s", 0.0), given.get("to_s")
    end = math.inf if to_s is None else to_s
    for field, value in (("from_s", from_s), ("to_s", 0.0 if end == math.inf else end)):
        if not is_number(value) or value < 0:
            raise refuse(field, say("it must be seconds from the film's start"))
    if end < from_s:
        raise refuse("to_s", say("it must not lie before from_s"))
    return float(from_s), float(end)


def _points(given: Mapping[str, Any], unit: Unit, refuse: Any) -> tuple[Point, ...]:
    if ("rectangle" in given) == ("polygon" in given):
        raise refuse("rectangle", say("a zone has either a rectangle or a polygon"))
    field = "rectangle" if "rectangle" in given else "polygon"
    value = given[field]
    if field == "rectangle":
        if not isinstance(value, list) or len(value) != 4 or not all(map(is_number, value)):
            raise refuse(field, say("it must be four numbers: left, top, right, bottom"))
        x0, y0, x1, y1 = map(float, value)
        if x1 <= x0 or y1 <= y0:
            raise refuse(field, say("right must be more than left, and bottom more than top"))
        value = [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]
    points = _corners(value, field, refuse)
    largest = 1.0 if unit == "share" else 1e6
    if any(not 0 <= n <= largest for point in points for n in point):
        low, high = "0", f"{largest:g}"
        raise refuse(field, say("each number must lie from {low} to {high}", low=low, high=high))
    return points


def _corners(value: Any, field: str, refuse: Any) -> tuple[Point, ...]:
    whole = isinstance(value, list) and 3 <= len(value) <= MOST_POINTS
    if not whole or not all(
        isinstance(one, list) and len(one) == 2 and all(map(is_number, one)) for one in value
    ):
        most = MOST_POINTS
        raise refuse(field, say("it must be 3 to {most} corners, each two numbers", most=most))
    points = tuple((float(x), float(y)) for x, y in value)
    if edges_cross(points):
        raise refuse(field, say("its edges cross: make two zones of it"))
    if area_of(points) <= 0:
        raise refuse(field, say("it has no area"))
    return points


def _is_text(value: Any) -> bool:
    """Return whether it is a text that can be written: half a character cannot."""
    return isinstance(value, str) and not any("\ud800" <= one <= "\udfff" for one in value)

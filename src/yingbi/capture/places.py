"""Read a file of places, TOML or JSON; whatever is wrong in it is told with its line and field.

crowd = 8                                    # more people than that in the picture are a crowd

[[area]]
name = "counter"
polygon = [[0.1, 0.5], [0.6, 0.5], [0.6, 1]] # or rectangle = [0.10, 0.50, 0.60, 1.00]
dwell_s = 30                                 # a shorter stay is not told
crowd = 3

[[line]]
name = "door"
from = [0.7, 1.0]
to = [0.7, 0.4]
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from yingbi.capture.table_file import (
    Refuse,
    TableFile,
    corners_of,
    is_number,
    is_point,
    read_table_file,
)
from yingbi.domain.messages import say
from yingbi.domain.place import PICTURE, Area, Line, Places, may_be_called
from yingbi.domain.place_errors import PlacesRefusedError
from yingbi.domain.zone import Point

TOP = {"crowd", "area", "line"}
AREA_FIELDS = {"name", "rectangle", "polygon", "dwell_s", "crowd"}
LINE_FIELDS = {"name", "from", "to"}
MOST_AREAS, MOST_LINES = 64, 64
LONGEST_DWELL_S = 7 * 86400.0
MOST_PEOPLE = 100_000


def read_places(path: Path) -> Places:
    """Return the places of the file, in its order.

    Raises: PlacesRefusedError, NoSuchInputError, UnreadableInputError.
    """
    file = read_table_file(path, ("area", "line"), PlacesRefusedError)
    unknown = sorted(set(file.table) - TOP)
    if unknown:
        raise file.refused(unknown[0], say("there is no such field"))
    if not file.table:
        raise file.refused("*", say("it names no area, no line and no crowd"))
    areas, lines = _tables(file, "area", MOST_AREAS), _tables(file, "line", MOST_LINES)
    taken: set[str] = set()
    return Places(
        tuple(_area(one, taken, file.refusing("area", n, _area_told)) for n, one in areas),
        tuple(_line(one, taken, file.refusing("line", n, _line_told)) for n, one in lines),
        _crowd(file.table, file.refused),
    )


def _area_told(number: int, field: str) -> str:
    return say("area {number}, {field}", number=number, field=field)


def _line_told(number: int, field: str) -> str:
    return say("line {number}, {field}", number=number, field=field)


def _tables(file: TableFile, kind: str, most: int) -> Sequence[tuple[int, Any]]:
    found = file.table.get(kind, [])
    if not isinstance(found, list):
        raise file.refused(kind, say("it must be a list of tables"))
    if len(found) > most:
        raise file.refused(kind, say("there are more than {most}", most=most))
    return [*enumerate(found)]


def _area(given: Any, taken: set[str], refuse: Refuse) -> Area:
    table = _table(given, AREA_FIELDS, refuse)
    name, dwell_s = _name(table, taken, refuse), table.get("dwell_s")
    points = corners_of(table, 1.0, refuse)
    if dwell_s is not None and (not is_number(dwell_s) or not 0 <= dwell_s <= LONGEST_DWELL_S):
        low, high = "0", f"{LONGEST_DWELL_S:.0f}"
        raise refuse("dwell_s", say("it must be seconds, from {low} to {high}", low=low, high=high))
    return Area(name, points, None if dwell_s is None else float(dwell_s), _crowd(table, refuse))


def _line(given: Any, taken: set[str], refuse: Refuse) -> Line:
    table = _table(given, LINE_FIELDS, refuse)
    name = _name(table, taken, refuse)
    start, end = _end(table, "from", refuse), _end(table, "to", refuse)
    if start == end:
        raise refuse("to", say("it must be another point than from"))
    return Line(name, start, end)


def _table(given: Any, fields: set[str], refuse: Refuse) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise refuse("*", say("it must be a table of fields"))
    unknown = sorted(set(given) - fields)
    if unknown:
        raise refuse(unknown[0], say("there is no such field"))
    return given


def _name(table: Mapping[str, Any], taken: set[str], refuse: Refuse) -> str:
    name = table.get("name")
    if name == PICTURE:
        raise refuse("name", say("it stands for the whole picture: take another name"))
    if not isinstance(name, str) or not may_be_called(name):
        raise refuse("name", say("it must be 1 to 24 of a-z, 0-9 and '-', the first no '-'"))
    if name in taken:
        raise refuse("name", say("another place has this name"))
    taken.add(name)
    return name


def _end(table: Mapping[str, Any], field: str, refuse: Refuse) -> Point:
    value = table.get(field)
    if not is_point(value):
        raise refuse(field, say("it must be a point: two numbers"))
    if not all(0 <= number <= 1 for number in value):
        raise refuse(field, say("each number must lie from {low} to {high}", low="0", high="1"))
    return float(value[0]), float(value[1])


def _crowd(table: Mapping[str, Any], refuse: Refuse) -> int | None:
    crowd = table.get("crowd")
    if crowd is None:
        return None
    if type(crowd) is not int or not 0 <= crowd <= MOST_PEOPLE:
        low, high = "0", f"{MOST_PEOPLE}"
        raise refuse("crowd", say("it must be a whole number, {low} to {high}", low=low, high=high))
    return crowd

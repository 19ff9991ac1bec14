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

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from yingbi.capture.table_file import Refuse, corners_of, is_number, is_text, read_table_file
from yingbi.domain.messages import say
from yingbi.domain.report_errors import ZonesRefusedError
from yingbi.domain.zone import Does, Unit, Zone

ZONE_FIELDS = {"name", "do", "rectangle", "polygon", "unit", "from_s", "to_s", "files"}
MOST_ZONES = 256


def read_zones(path: Path) -> tuple[Zone, ...]:
    """Return the zones of the file, in its order.

    Raises: ZonesRefusedError, NoSuchInputError, UnreadableInputError.
    """
    file = read_table_file(path, ("zone",), ZonesRefusedError)
    found = file.table.get("zone")
    unknown = sorted(set(file.table) - {"zone"})
    if unknown:
        raise file.refused(unknown[0], say("there is no such field"))
    if not isinstance(found, list) or not found:
        raise file.refused("zone", say("it must be a list of zones"))
    if len(found) > MOST_ZONES:
        raise file.refused("zone", say("there are more than {most}", most=MOST_ZONES))
    return tuple(
        zone_of(one, f"{number + 1}", file.refusing("zone", number, _told))
        for number, one in enumerate(found)
    )


def _told(number: int, field: str) -> str:
    return say("zone {number}, {field}", number=number, field=field)


def zone_of(given: Any, name: str, refuse: Refuse) -> Zone:
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
    if not is_text(called):
        raise refuse("name", say("it must be a text in quotes"))
    if not isinstance(files, list) or not all(isinstance(one, str) and one for one in files):
        raise refuse("files", say("it must be a list of patterns in quotes"))
    points = corners_of(given, 1.0 if unit == "share" else 1e6, refuse)
    from_s, to_s = _times(given, refuse)
    return Zone(called, cast(Does, does), points, cast(Unit, unit), from_s, to_s, tuple(files))


def _times(given: Mapping[str, Any], refuse: Refuse) -> tuple[float, float]:
    from_s, to_s = given.get("from_s", 0.0), given.get("to_s")
    end = math.inf if to_s is None else to_s
    for field, value in (("from_s", from_s), ("to_s", 0.0 if end == math.inf else end)):
        if not is_number(value) or value < 0:
            raise refuse(field, say("it must be seconds from the film's start"))
    if end < from_s:
        raise refuse("to_s", say("it must not lie before from_s"))
    return float(from_s), float(end)

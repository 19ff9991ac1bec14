"""Read an edit file; whatever is wrong in it is told with the place, and nothing is used.

Clause: 6.2.5.b.
"""

import json
import math
from collections.abc import Callable, Mapping, Set
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

from yingbi.capture.table_file import is_number, once
from yingbi.capture.zones import ZONE_FIELDS, zone_of
from yingbi.domain.decision import (
    Addition,
    Choices,
    Decision,
    Join,
    Judgement,
    Split,
    TimeRange,
    Verdict,
)
from yingbi.domain.edit import FORMAT, MOST_TRACKS, VERSION, Edit, FilmFacts
from yingbi.domain.edit_errors import EditRefusedError
from yingbi.domain.messages import say
from yingbi.domain.region import BoxXYXY, Region, Target
from yingbi.domain.sightings import Sightings, SightingsWriter
from yingbi.domain.zone import Zone
from yingbi.errors import NoSuchInputError, UnreadableInputError

MOST = 1 << 31
"""Numbers of frames and pixels lie below it."""
DEEPEST = 32
"""So many lists and tables may lie in each other in `found`, which is kept as it is."""
TOP = {
    "format",
    "version",
    "film",
    "found",
    "decisions",
    "zones",
    "ranges",
    "cuts",
    "tracks",
    "frames",
}
FILM = {"name", "sha256", "bytes", "width", "height", "time_base"}
KINDS = {target.value: target for target in Target}

Refuse = Callable[[str, str], EditRefusedError]


def read_edit(path: Path) -> Edit:
    """Return the edit of a file.

    Raises: EditRefusedError, NoSuchInputError, UnreadableInputError.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise NoSuchInputError(path=path) from None
    except OSError as error:
        raise UnreadableInputError(path=path, reason=error.strerror) from None

    def refuse(field: str, reason: str) -> EditRefusedError:
        return EditRefusedError(path=path, field=field, reason=reason)

    try:
        text = content.decode("utf-8-sig")
        told = json.loads(text, object_pairs_hook=once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise refuse("*", say("it is no JSON that has one meaning")) from None
    return edit_of(told, refuse)


def edit_of(told: Any, refuse: Refuse) -> Edit:
    """Return the edit that a document says. Raises: what `refuse` makes."""
    document = _table(told, "*", TOP, refuse, TOP - {"tracks"})
    version = document["version"]
    if document["format"] != FORMAT or type(version) is not int or version != VERSION:
        raise refuse("version", say("it is not version {version} of an edit", version=VERSION))
    film = _film(document["film"], refuse)
    found = _table(document["found"], "found", None, refuse)
    targets = _list(found.get("targets"), "found.targets", refuse)
    if not all(isinstance(one, str) and one in KINDS for one in targets):
        raise refuse("found.targets", say("it is not known"))
    if not _can_be_kept(found):
        raise refuse("found", say("it is no JSON that has one meaning"))
    _list(document.get("tracks", []), "tracks", refuse)
    cuts = _cuts(document["cuts"], refuse)
    sightings = _sightings(document["frames"], film.time_base, cuts, refuse)
    decisions = [
        _decision(one, f"decisions[{n}]", len(sightings), refuse)
        for n, one in enumerate(_list(document["decisions"], "decisions", refuse))
    ]
    zones = [
        _zone(one, f"zones[{n}]", refuse)
        for n, one in enumerate(_list(document["zones"], "zones", refuse))
    ]
    ranges = [
        _range(one, f"ranges[{n}]", refuse)
        for n, one in enumerate(_list(document["ranges"], "ranges", refuse))
    ]
    choices = Choices(tuple(decisions), tuple(zones), tuple(ranges))
    return Edit(film, sightings, choices, found)


def _film(told: Any, refuse: Refuse) -> FilmFacts:
    film = _table(told, "film", FILM, refuse, FILM)
    if not isinstance(film["name"], str) or not film["name"]:
        raise refuse("film.name", say("it must be a text in quotes"))
    digest = film["sha256"]
    if not isinstance(digest, str) or len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise refuse("film.sha256", say("it must be 64 hexadecimal digits"))
    base = _list(film["time_base"], "film.time_base", refuse)
    if len(base) != 2:
        raise refuse("film.time_base", say("it must be two whole numbers"))
    over, under = (_whole(one, "film.time_base", refuse, 1) for one in base)
    size = _whole(film["bytes"], "film.bytes", refuse, 1, 1 << 62)
    width, height = (_whole(film[n], f"film.{n}", refuse, 1) for n in ("width", "height"))
    return FilmFacts(film["name"], digest, size, width, height, Fraction(over, under))


def _cuts(told: Any, refuse: Refuse) -> frozenset[int]:
    return frozenset(_whole(one, "cuts", refuse, 1) for one in _list(told, "cuts", refuse))


def _sightings(told: Any, time_base: Fraction, cuts: frozenset[int], refuse: Refuse) -> Sightings:
    writer = SightingsWriter(time_base)
    last: int | None = None
    for number, one in enumerate(_list(told, "frames", refuse)):
        place = f"frames[{number}]"
        fields = {"frame", "pts", "time_s", "regions"}
        frame = _table(one, place, fields, refuse, fields)
        if type(frame["frame"]) is not int or frame["frame"] != number:
            raise refuse(f"{place}.frame", say("frames are counted from 0 and none is left out"))
        pts = _whole(frame["pts"], f"{place}.pts", refuse, -(1 << 62), 1 << 62)
        if last is not None and pts <= last:
            raise refuse(f"{place}.pts", say("the times of its frames do not grow"))
        _seconds(frame["time_s"], f"{place}.time_s", refuse, -math.inf)
        regions = _list(frame["regions"], f"{place}.regions", refuse)
        writer.take(
            pts,
            [
                _plain_region(region) or _region(region, f"{place}.regions", refuse)
                for region in regions
            ],
            cut=number in cuts,
        )
        last = pts
    if last is None:
        raise refuse("frames", say("there is no frame in it"))
    return writer.finish()


def _plain_region(told: Any) -> Region | None:
    """Return a region that is as they all are; None where `_region` has to look closer.

    A film of an hour has half a million of them.
    """
    try:
        x0, y0, x1, y1 = told["box"]
        kind, score, track = KINDS[told["kind"]], told["score"], told["track"]
    except (KeyError, TypeError, ValueError):
        return None
    held = told.get("held", False)
    plain = type(x0) is type(y0) is type(x1) is type(y1) is type(track) is int
    if not plain or type(score) is not float or len(told) != 4 + ("held" in told):
        return None
    if not (-MOST <= x0 < x1 < MOST and -MOST <= y0 < y1 < MOST and 0 <= score <= 1):
        return None
    if not 1 <= track < MOST_TRACKS or (held is not True and held is not False):
        return None
    return Region(kind, (x0, y0, x1, y1), score, track, seen=not held)


def _region(told: Any, place: str, refuse: Refuse) -> Region:
    needed = {"kind", "box", "score", "track"}
    region = _table(told, place, needed | {"held"}, refuse, needed)
    score, track, held = region["score"], region["track"], region.get("held", False)
    if not is_number(score) or not 0 <= score <= 1:
        raise refuse(
            f"{place}.score", say("each number must lie from {low} to {high}", low=0, high=1)
        )
    if track is not None:
        track = _track(track, f"{place}.track", refuse)
    if not isinstance(held, bool):
        raise refuse(f"{place}.held", say("it must be true or false"))
    kind, box = _kind(region["kind"], place, refuse), _box(region["box"], place, refuse)
    return Region(kind, box, float(score), track, seen=not held)


def _decision(told: Any, place: str, frames: int, refuse: Refuse) -> Decision:
    table = _table(told, place, None, refuse)
    does = table.get("do")

    def whole(name: str, low: int) -> int:
        return _whole(table.get(name), f"{place}.{name}", refuse, low)

    def track(name: str = "track") -> int:
        return _track(table.get(name), f"{place}.{name}", refuse)

    if does in ("mask", "release"):
        _table(table, place, {"do", "track", "kind", "from", "to"}, refuse)
        if ("track" in table) == ("kind" in table):
            raise refuse(place, say("it names either a track or a kind"))
        first = whole("from", 0) if "from" in table else 0
        last = whole("to", first) if "to" in table else None
        verdict = cast(Verdict, does)
        if "kind" in table:
            return Judgement(verdict, None, _kind(table["kind"], place, refuse), first, last)
        return Judgement(verdict, track(), None, first, last)
    if does == "split":
        _table(table, place, {"do", "track", "at", "into"}, refuse)
        return Split(track(), whole("at", 0), track("into"))
    if does == "join":
        _table(table, place, {"do", "tracks"}, refuse)
        pair = _list(table.get("tracks"), f"{place}.tracks", refuse)
        if len(pair) != 2:
            raise refuse(f"{place}.tracks", say("it must be two whole numbers"))
        return Join(*(_track(one, f"{place}.tracks", refuse) for one in pair))
    if does == "add":
        _table(table, place, {"do", "track", "kind", "path"}, refuse)
        return _addition(table, place, frames, track(), refuse)
    raise refuse(f"{place}.do", say("it is not known"))


def _addition(
    table: Mapping[str, Any], place: str, frames: int, track: int, refuse: Refuse
) -> Addition:
    path: list[tuple[int, BoxXYXY]] = []
    for one in _list(table.get("path"), f"{place}.path", refuse):
        row = _list(one, f"{place}.path", refuse)
        if len(row) != 5:
            raise refuse(f"{place}.path", say("a point of it is [frame, x0, y0, x1, y1]"))
        frame = _whole(row[0], f"{place}.path", refuse, 0, frames)
        if path and frame <= path[-1][0]:
            raise refuse(f"{place}.path", say("its frames do not grow"))
        path.append((frame, _box(row[1:], f"{place}.path", refuse)))
    if not path:
        raise refuse(f"{place}.path", say("there is no point in it"))
    return Addition(track, _kind(table.get("kind"), place, refuse), tuple(path))


def _zone(told: Any, place: str, refuse: Refuse) -> Zone:
    table = _table(told, place, ZONE_FIELDS - {"files"}, refuse)
    return zone_of(table, place, lambda field, reason: refuse(f"{place}.{field}", reason))


def _range(told: Any, place: str, refuse: Refuse) -> TimeRange:
    fields = {"from_s", "to_s"}
    table = _table(told, place, fields, refuse, fields)
    from_s = _seconds(table["from_s"], f"{place}.from_s", refuse, 0)
    return TimeRange(from_s, _seconds(table["to_s"], f"{place}.to_s", refuse, from_s))


def _table(
    told: Any,
    place: str,
    known: Set[str] | None,
    refuse: Refuse,
    needed: Set[str] = frozenset(),
) -> Mapping[str, Any]:
    """Return a table with all of the needed fields and no other than the known ones."""
    if not isinstance(told, Mapping):
        raise refuse(place, say("it must be a table of fields"))
    unknown = sorted(set(told) - known) if known is not None else []
    if unknown:
        raise refuse(f"{place}.{unknown[0]}", say("there is no such field"))
    missing = sorted(needed - set(told))
    if missing:
        raise refuse(f"{place}.{missing[0]}", say("it is missing"))
    return told


def _list(told: Any, place: str, refuse: Refuse) -> list[Any]:
    if not isinstance(told, list):
        raise refuse(place, say("it must be a list"))
    return told


def _whole(told: Any, place: str, refuse: Refuse, low: int = -MOST, high: int = MOST) -> int:
    if not isinstance(told, int) or isinstance(told, bool) or not low <= told < high:
        raise refuse(place, say("it must be a whole number from {low} on", low=low))
    return told


def _track(told: Any, place: str, refuse: Refuse) -> int:
    return _whole(told, place, refuse, 1, MOST_TRACKS)


def _seconds(told: Any, place: str, refuse: Refuse, low: float) -> float:
    if not is_number(told) or told < low:
        raise refuse(place, say("it must be seconds from the film's start"))
    return float(told)


def _kind(told: Any, place: str, refuse: Refuse) -> Target:
    kind = KINDS.get(told) if isinstance(told, str) else None
    if kind is None:
        raise refuse(f"{place}.kind", say("it is not known"))
    return kind


def _box(told: Any, place: str, refuse: Refuse) -> BoxXYXY:
    box = _list(told, f"{place}.box", refuse)
    if len(box) != 4:
        raise refuse(f"{place}.box", say("it must be four numbers: left, top, right, bottom"))
    x0, y0, x1, y1 = (_whole(one, f"{place}.box", refuse) for one in box)
    if x1 <= x0 or y1 <= y0:
        raise refuse(f"{place}.box", say("right must be more than left, and bottom more than top"))
    return x0, y0, x1, y1


def _can_be_kept(told: Any, deep: int = 0) -> bool:
    """Return whether it can be written, and then be read again as it is."""
    if isinstance(told, (dict, list)):
        inner = told.values() if isinstance(told, dict) else told
        return deep < DEEPEST and all(_can_be_kept(one, deep + 1) for one in inner)
    return told is None or isinstance(told, (str, bool)) or is_number(told)


def _no_number(word: str) -> float:
    raise ValueError(word)

"""Read boxes from other tools: CSV with a head line, or COCO annotations.

    frame,x0,y0,x1,y1,kind,score
    0,100,80,160,150,face,0.9

`kind` is "face" and `score` 1 where the column is missing. In COCO an image's `frame` field
says which frame it is, else its place among the images; categories are named as targets are.
"""

import contextlib
import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from yingbi.capture.table_file import once
from yingbi.domain.edit_errors import BoxesRefusedError
from yingbi.domain.messages import say
from yingbi.domain.region import Region, Target
from yingbi.errors import NoSuchInputError, UnreadableInputError

NEEDED = {"frame", "x0", "y0", "x1", "y1"}
KNOWN = NEEDED | {"kind", "score"}
MOST = 1 << 24
"""Frames and pixels lie below it."""
SHOWN = 40
"""So many characters of a wrong value are told; it may be of any length."""

Found = dict[int, list[Region]]
Refuse = Callable[[int | str, str], BoxesRefusedError]


def read_boxes(path: Path) -> Found:
    """Return the regions of each frame that has any.

    Raises: BoxesRefusedError with the entry that is wrong, NoSuchInputError,
        UnreadableInputError.
    """

    def refuse(entry: int | str, reason: str) -> BoxesRefusedError:
        return BoxesRefusedError(path=path, entry=entry, reason=reason)

    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise NoSuchInputError(path=path) from None
    except UnicodeDecodeError:
        raise refuse("*", say("it is no UTF-8 text")) from None
    except OSError as error:
        raise UnreadableInputError(path=path, reason=error.strerror) from None
    rows = _coco(text, refuse) if text.lstrip().startswith("{") else _csv(text, refuse)
    found: Found = {}
    for entry, row in rows:
        frame = _number(row["frame"], entry, refuse)
        if frame < 0 or not frame.is_integer():
            raise refuse(entry, say("frames are counted from 0 and none is left out"))
        found.setdefault(int(frame), []).append(_region(row, entry, refuse))
    if not found:
        raise refuse("*", say("there is no box in it"))
    return found


def _csv(text: str, refuse: Refuse) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text), strict=True)
    try:
        named = reader.fieldnames or ()
        columns = set(named)
        if not columns >= NEEDED or columns - KNOWN or len(columns) < len(named):
            raise refuse(
                1, say("its first line names columns: {names}", names=", ".join(sorted(KNOWN)))
            )
        for row in reader:
            if None in row or None in row.values():
                raise refuse(reader.line_num, say("it has another number of columns"))
            yield reader.line_num, row
    except csv.Error:
        raise refuse(reader.line_num, say("it is no line of a table")) from None


def _coco(text: str, refuse: Refuse) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        document = json.loads(text, object_pairs_hook=once)
        frames = _by_id(
            (image["id"], image.get("frame", place))
            for place, image in enumerate(document["images"])
        )
        names = _by_id((one["id"], one["name"]) for one in document["categories"])
        annotations = document["annotations"]
        for entry, one in enumerate(annotations, 1):
            x0, y0, width, height = (_number(n, entry, refuse) for n in one["bbox"])
            yield entry, {
                "frame": frames[one["image_id"]],
                "x0": x0, "y0": y0, "x1": x0 + width, "y1": y0 + height,
                "kind": names[one["category_id"]],
                "score": one.get("score", 1.0),
            }  # fmt: skip
    except (ValueError, KeyError, TypeError, RecursionError):
        raise refuse(
            "*", say("it is no COCO document with images, categories and annotations")
        ) from None


def _by_id(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    """Return what each id names. Raises: ValueError where two have the same one."""
    listed = list(pairs)
    found = dict(listed)
    if len(found) != len(listed):
        raise ValueError("an id stands twice")
    return found


def _region(row: Mapping[str, Any], entry: int, refuse: Refuse) -> Region:
    kinds = {target.value: target for target in Target}
    named = row.get("kind", "")
    kind = kinds.get(named or "face") if isinstance(named, str) else None
    if kind is None:
        raise refuse(entry, say("its kind must be one of {allowed}", allowed=", ".join(kinds)))
    x0, y0, x1, y1 = (_number(row[name], entry, refuse) for name in ("x0", "y0", "x1", "y1"))
    if x1 <= x0 or y1 <= y0:
        raise refuse(entry, say("right must be more than left, and bottom more than top"))
    box = math.floor(x0), math.floor(y0), math.ceil(x1), math.ceil(y1)
    given = row.get("score", "")
    score = 1.0 if given == "" else _number(given, entry, refuse)
    if not 0 <= score <= 1:
        raise refuse(entry, say("each number must lie from {low} to {high}", low=0, high=1))
    return Region(kind, box, score)


def _number(value: Any, entry: int, refuse: Refuse) -> float:
    with contextlib.suppress(TypeError, ValueError, OverflowError):
        number = float(value)
        if -MOST < number < MOST and not isinstance(value, bool):
            return number
    raise refuse(entry, say("'{value}' is not a number", value=str(value)[:SHOWN]))

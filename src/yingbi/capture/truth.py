"""Read what is truly in a folder of pictures: COCO annotations, a table, or a folder for each person.

    truth.json   COCO: images with `file_name`, categories named as targets are, annotations with
                 `bbox`; `keypoints` of 17 points; text in `attributes`, or `group`, tells groups;
                 `iscrowd` 1: more of them than anybody counted, so whatever is found there is left out
    truth.csv    file,x0,y0,x1,y1,kind,group,...   every column after `kind` tells groups
    NAME/*       pictures of one person

Clause: 6.2.4.a.2-1; 6.2.4.a.3-1.
"""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from yingbi.capture.inputs import find_inputs
from yingbi.capture.table_file import is_number, is_text, once
from yingbi.domain.messages import say
from yingbi.domain.model_errors import TruthRefusedError
from yingbi.domain.region import BoxXYXY, Target
from yingbi.domain.truth import Sample, Truth
from yingbi.errors import NoSuchInputError, UnreadableInputError

COCO, TABLE = "truth.json", "truth.csv"
CORNERS = ("x0", "y0", "x1", "y1")
POINTS = 17
LONGEST = 40
MOST = 1 << 24

Row = tuple[str, Truth, bool]
"""Name of a picture, a thing in it, and whether it is a crowd."""


def truth_in(folder: Path) -> Path | None:
    """Return the file of truth in the folder, None where there is none."""
    return next((folder / name for name in (COCO, TABLE) if (folder / name).is_file()), None)


def read_truth(path: Path, kind: Target, *, posed: bool = False) -> list[Sample]:
    """Return the pictures beside a file of truth, with what is in them of one kind.

    posed: only people whose key points are labelled.

    Raises: TruthRefusedError with the entry that is wrong, NoSuchInputError, UnreadableInputError.
    """
    text = _text(path)
    pictures: dict[str, list[Truth]] = defaultdict(list)
    crowds: dict[str, list[BoxXYXY]] = defaultdict(list)
    if path.suffix == ".json":
        names, rows = _coco(path, text, kind)
        for name in names:
            pictures[name] = []
    else:
        rows = _table(path, text, kind)
    for name, truth, crowd in rows:
        if crowd:
            crowds[name].append(truth.box)
        elif not posed or (truth.points is not None and truth.points[:, 2].any()):
            pictures[name].append(truth)
    return [
        Sample(path.parent / name, tuple(found), tuple(crowds[name]))
        for name, found in pictures.items()
    ]


def people_in(folder: Path) -> list[Sample]:
    """Return a sample for each picture of each person; the box is not known.

    Raises: NoSuchInputError, NothingToDoError, UnreadableInputError.
    """
    return [
        Sample(one.path, (Truth((0, 0, 1, 1), name=one.place.parts[0]),))
        for one in find_inputs([folder])
        if len(one.place.parts) > 1
    ]


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise NoSuchInputError(path=path) from None
    except UnicodeDecodeError:
        raise _refused(path, None, say("it is no UTF-8 text")) from None
    except OSError as error:
        raise UnreadableInputError(path=path, reason=error.strerror) from None


def _coco(path: Path, text: str, kind: Target) -> tuple[list[str], Iterator[Row]]:
    try:
        document = json.loads(text, object_pairs_hook=once)
        listed = [(one["id"], one["file_name"]) for one in document["images"]]
        names = {number: _inside(path, None, name) for number, name in listed}
        kinds = {one["id"]: one["name"] for one in document["categories"]}
        annotations = list(document["annotations"])
    except (ValueError, KeyError, TypeError, RecursionError):
        reason = say("it is no COCO document with images, categories and annotations")
        raise _refused(path, None, reason) from None
    if len(set(names.values())) != len(listed):
        raise _refused(path, None, say("a picture stands twice"))
    return list(names.values()), _annotations(path, annotations, names, kinds, kind)


def _annotations(
    path: Path,
    annotations: Iterable[Any],
    names: Mapping[Any, str],
    kinds: Mapping[Any, str],
    kind: Target,
) -> Iterator[Row]:
    for entry, one in enumerate(annotations, 1):
        try:
            if kinds[one["category_id"]] != kind.value:
                continue
            if not all(map(is_number, one["bbox"])):
                raise _refused(path, entry, say("its box is not four numbers"))
            x, y, width, height = one["bbox"]
            name, given = names[one["image_id"]], one.get("keypoints")
            groups = {**_group(one.get("attributes")), **_group({"group": one.get("group")})}
            box = _box(path, entry, (x, y, x + width, y + height))
            points = None
            if given is not None and len(given) == 3 * POINTS and all(map(is_number, given)):
                points = np.array(given, np.float64).reshape(POINTS, 3)
        except (KeyError, TypeError, ValueError):
            raise _refused(path, entry, say("it has no image, category or box")) from None
        yield name, Truth(box, groups, points), one.get("iscrowd") == 1


def _table(path: Path, text: str, kind: Target) -> Iterator[Row]:
    reader = csv.DictReader(io.StringIO(text), strict=True)
    try:
        columns = list(reader.fieldnames or ())
        if not {"file", *CORNERS} <= set(columns) or len(set(columns)) < len(columns):
            names = ", ".join(("file", *CORNERS, "kind"))
            raise _refused(path, 1, say("its first line names columns: {names}", names=names))
        told = [name for name in columns if name not in ("file", "kind", *CORNERS)]
        for row in reader:
            if None in row or None in row.values():
                raise _refused(path, reader.line_num, say("it has another number of columns"))
            if (row.get("kind") or kind.value) == kind.value:
                box = _box(path, reader.line_num, [row[corner] for corner in CORNERS])
                name = _inside(path, reader.line_num, row["file"])
                yield name, Truth(box, _group({one: row[one] for one in told})), False
    except csv.Error:
        raise _refused(path, reader.line_num, say("it is no line of a table")) from None


def _box(path: Path, entry: int, given: Iterable[Any]) -> tuple[int, int, int, int]:
    try:
        x0, y0, x1, y1 = (float(value) for value in given)
        whole = all(abs(value) < MOST for value in (x0, y0, x1, y1))
    except (TypeError, ValueError):
        whole = False
    if not whole:
        raise _refused(path, entry, say("its box is not four numbers"))
    a, b, c, d = round(x0), round(y0), round(x1), round(y1)
    if c <= a or d <= b:
        raise _refused(path, entry, say("right must be more than left, and bottom more than top"))
    return a, b, c, d


def _inside(path: Path, entry: int | None, name: Any) -> str:
    """Return a picture's name, which must lie in the folder of its truth."""
    plain = PurePosixPath(name) if is_text(name) and not set(name) & {"\\", "\0"} else None
    if plain is None or not plain.parts or ".." in plain.parts or plain.is_absolute():
        raise _refused(path, entry, say("its picture does not lie in the folder"))
    return str(plain)


def _group(given: Any) -> dict[str, str]:
    """Return what tells a thing apart; what is no short text is left out."""
    told = given.items() if isinstance(given, dict) else ()
    return {key: value for key, value in told if _short(key) and _short(value)}


def _short(value: Any) -> bool:
    return is_text(value) and 0 < len(value) <= LONGEST and value.isprintable()


def _refused(path: Path, entry: int | None, reason: str) -> TruthRefusedError:
    return TruthRefusedError(path=path, entry=entry, reason=reason)

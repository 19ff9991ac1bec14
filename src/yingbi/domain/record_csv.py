"""Records as a table for spreadsheets: one row a record, always the same columns.

A cell holds a word of a closed list, a name of small letters, a number or a time, or nothing.

Clause: A.1-4; 6.2.4.b.6-1.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import chain
from typing import Any

from yingbi.domain.record import Record, span_of
from yingbi.domain.record_form import to_json
from yingbi.domain.record_page import Page, utc_text
from yingbi.domain.spreadsheet import table

KEY_POINT_NAMES = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear",
    "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip
"""In COCO's order."""
_BOX = ("x0", "y0", "x1", "y1")
_POINTS = tuple(f"{name}_{part}" for name in KEY_POINT_NAMES for part in ("x", "y", "visibility"))
COLUMNS = (
    "utc", "kind", "subject", "from_ms", "to_ms", "attribute", "value", "behaviour", "event",
    "place", "direction", "count", "for_ms", "confidence", *_BOX, *_POINTS,
)  # fmt: skip
"""utc: of `from_ms`, where the page's start is known. A moment is from and to at once."""


def to_csv(pages: Iterable[Page]) -> Iterator[bytes]:
    r"""Yield the table of all pages, its columns named in the first row; rows end with \r\n.

    Raises: RecordRefusedError for a record that schema 2 would refuse.
    """
    return table(COLUMNS, (_row(page, record) for page in pages for record in page.records))


def _row(page: Page, record: Record) -> dict[str, Any]:
    told = to_json(record)
    moment = told.get("time_ms")
    row = {column: told[column] for column in COLUMNS if column in told}
    if moment is not None:
        row |= {"from_ms": moment, "to_ms": moment}
    if page.start is not None:
        row["utc"] = utc_text(page.start + timedelta(seconds=span_of(record)[0]))
    row |= dict(zip(_BOX, told.get("box", ()), strict=False))
    return row | dict(zip(_POINTS, chain.from_iterable(told.get("points", ())), strict=False))

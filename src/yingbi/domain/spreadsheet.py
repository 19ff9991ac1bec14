"""A table for spreadsheets: RFC 4180 in UTF-8, with the mark by which they know it.

What a table holds may be a name that somebody else chose. A spreadsheet reckons a cell that
begins as a formula does, and a formula can fetch and send; so such a text gets an apostrophe
before it. Numbers stay numbers: "-5" is one.
"""

import csv
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from typing import Any

_FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
"""The wide forms too: a spreadsheet in Chinese or Japanese takes them for the others."""


def table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    r"""Yield the columns' names and then one row after another; rows end with \r\n.

    rows: by column; what is missing or None is an empty cell.
    """
    line = StringIO(newline="")
    writer = csv.writer(line)
    writer.writerow(columns)
    yield BOM_UTF8 + _taken(line)
    for row in rows:
        writer.writerow([_harmless(row.get(column)) for column in columns])
        yield _taken(line)


def _harmless(cell: Any) -> Any:
    if isinstance(cell, str) and cell and (cell[0] in _FORMULA or cell.lstrip()[:1] in _FORMULA):
        return f"'{cell}"
    return cell


def _taken(line: StringIO) -> bytes:
    text = line.getvalue()
    line.seek(0)
    line.truncate()
    return text.encode("utf-8")

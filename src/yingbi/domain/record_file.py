"""The two forms in which records leave a vault: JSON Lines, and a table for spreadsheets."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path

from yingbi.domain.messages import say
from yingbi.domain.record_csv import to_csv
from yingbi.domain.record_page import Page, lines_of
from yingbi.errors import UsageError


class Form(StrEnum):
    """A form, by the ending of its files."""

    JSON_LINES = "jsonl"
    CSV = "csv"


def form_of(out: Path) -> Form:
    """Return the form that a file's ending asks for; without an ending it is JSON Lines.

    Raises: UsageError for any other ending: a table under a film's name opens nowhere.
    """
    ending = out.suffix.lower()
    if not ending:
        return Form.JSON_LINES
    try:
        return Form(ending[1:])
    except ValueError:
        raise UsageError(
            problem=say(
                "records are written to .jsonl or .csv, not to '{ending}'; or name one with --format",
                ending=ending,
            )
        ) from None


def written(pages: Iterable[Page], form: Form) -> Iterator[bytes]:
    """Yield the pages' records in the form, a piece at a time.

    Raises: RecordRefusedError for a record that its schema would refuse.
    """
    return to_csv(pages) if form is Form.CSV else lines_of(pages)

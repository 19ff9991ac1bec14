"""How results are shown: a bar and plain words for people, JSON for machines, quiet in pipes."""

import json
import sys
import textwrap
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import click

from yingbi.domain.messages import on_one_line, say, say_count
from yingbi.domain.report import Progress, Quiet, Tally

if TYPE_CHECKING:
    from yingbi.mask.style import Style


def fact(key: str, value: object) -> None:
    """Print one fact of a box, an object or a person; the key is the one that JSON has."""
    click.echo(say("{key}: {value}", key=_keys().get(key, key), value=value))


def _keys() -> dict[str, str]:
    return {
        "name": say("name"),
        "id": say("id"),
        "level": say("level"),
        "scene": say("scene"),
        "raw": say("raw"),
        "raw_export": say("raw_export"),
        "keep": say("keep"),
        "retain_days": say("retain_days"),
        "names": say("names"),
        "grid": say("grid"),
        "round_s": say("round_s"),
        "tighten": say("tighten"),
        "law": say("law"),
        "created_at": say("created_at"),
        "objects": say("objects"),
        "camera": say("camera"),
        "recorded_at": say("recorded_at"),
        "clock": say("clock"),
        "protected_at": say("protected_at"),
        "from_s": say("from_s"),
        "to_s": say("to_s"),
        "labels": say("labels"),
        "sources": say("sources"),
        "box": say("box"),
        "suite": say("suite"),
        "drawn_when_opened": say("drawn_when_opened"),
        "pseudonym": say("pseudonym"),
        "minor": say("minor"),
        "contact": say("contact"),
        "added_at": say("added_at"),
    }


@contextmanager
def progress(*, quiet: bool) -> Iterator[Progress]:
    """Yield a progress that draws bars with the time left on a terminal, else a quiet one."""
    if quiet or not sys.stderr.isatty():
        yield Quiet()
        return
    from rich import progress as rich_progress
    from rich.console import Console

    columns = (
        rich_progress.TextColumn("{task.description}"),
        rich_progress.BarColumn(),
        rich_progress.MofNCompleteColumn(),
        rich_progress.TimeRemainingColumn(),
    )
    with rich_progress.Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield _Bars(bars)


class _Bars:
    def __init__(self, bars: Any) -> None:
        self._bars = bars
        self._at_work: dict[int, Any] = {}

    def begin(self, name: str, frames: int | None) -> Callable[[int], None]:
        """Add a bar; return what moves it on."""
        from rich.markup import escape

        words = escape(on_one_line(name)) if name else say("all inputs")
        task = self._bars.add_task(words, total=frames)
        if name:
            before = self._at_work.get(threading.get_ident())
            if before is not None:
                self._bars.remove_task(before)
            self._at_work[threading.get_ident()] = task
        return lambda done: self._bars.advance(task, done)


def json_text(value: object, indent: int | None = None) -> str:
    """Return JSON that any stream can take: bytes of a name that are no UTF-8 stay escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return text.encode("utf-8", "backslashreplace").decode()


def as_json(value: object) -> None:
    """Print one JSON document."""
    click.echo(json_text(value, indent=2))


def as_json_array(values: Iterable[object]) -> None:
    """Print what `as_json` prints for a list, each value as soon as it comes.

    Where one cannot be had, the array stays open: what was printed is then no JSON.
    """
    between = "[\n"
    for value in values:
        click.echo(between + textwrap.indent(json_text(value, indent=2), "  "), nl=False)
        between = ",\n"
    click.echo("[]" if between == "[\n" else "\n]")


def as_lines(values: Iterable[object]) -> None:
    """Print JSON Lines, without spaces that machines do not need."""
    for value in values:
        click.echo(json_text(value))


AT_ONCE = 500
"""Rows that are written together: each writing costs as much as making ten of them."""


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table: aligned for people, tab-separated and some rows at a time in pipes."""
    cells = map(_cells, rows)
    if not sys.stdout.isatty():
        lines = ("\t".join(row) for row in chain([head], cells))
        while some := list(islice(lines, AT_ONCE)):
            click.echo("\n".join(some))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(*head, box=None, header_style="bold")
    for row in cells:
        shown.add_row(*(Text(cell) for cell in row))
    Console().print(shown)


def _cells(row: Sequence[object]) -> list[str]:
    """Return a row's cells, each on one line; most are, and one look at all of them tells it."""
    texts = [str(cell) for cell in row]
    return texts if "".join(texts).isprintable() else [on_one_line(text) for text in texts]


def counted(tally: Tally) -> str:
    """Return "214 faces of 3 people in 412 frames" in the user's language."""
    return say(
        "{faces} of {people} in {frames}",
        faces=say_count("{n} face", "{n} faces", tally.faces),
        people=say_count("{n} person", "{n} people", tally.people),
        frames=say_count("{n} frame", "{n} frames", tally.frames),
    )


def warn_of(style: "Style") -> None:
    """Say on standard error what a weak style still gives away; nothing for solid."""
    from yingbi.mask.measured import warning

    line = warning(style)
    if line is not None:
        click.echo(line, err=True)


def total(tallies: Iterable[Tally]) -> Tally:
    """Return one tally for several inputs, whose people are counted apart."""
    whole = Tally()
    for i, tally in enumerate(tallies):
        whole.frames += tally.frames
        whole.covered += tally.covered
        for kind, n in tally.seen.items():
            whole.seen[kind] = whole.seen.get(kind, 0) + n
        for track, n in tally.subjects.items():
            whole.subjects[track + (i << 32)] = n
            whole.best[track + (i << 32)] = tally.best[track]
    return whole

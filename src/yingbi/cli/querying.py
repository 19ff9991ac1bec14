"""`query`: what happened in a box, by event, time and person."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from yingbi.cli import show
from yingbi.cli.options import JSON, opened, tell, vault_options
from yingbi.domain.messages import listed, say, say_count, say_error
from yingbi.errors import UsageError

if TYPE_CHECKING:
    from yingbi.store.event_rows import Happening
    from yingbi.usecases.query import Answer


@click.command(
    "query",
    help=say("Ask what happened in a box: events by time and person. No film is opened for it."),
)
@click.option("--box", "box_name", required=True, metavar="NAME", help=say("The box."))
@click.option(
    "--event",
    "events",
    multiple=True,
    metavar="NAME",
    help=say("Only events of this name, such as 'fell'; may be given again."),
)
@click.option(
    "--behaviour",
    "behaviours",
    multiple=True,
    metavar="NAME",
    help=say("Only behaviour of this name, such as 'lying'; may be given again."),
)
@click.option(
    "--between",
    metavar="FROM..TO",
    help=say(
        "Only within this span, or on this day (ISO 8601; an empty end is open). What has no known time is found only without it."
    ),
)
@click.option(
    "--person",
    metavar="NAME",
    help=say("Only of this person, as linked with 'yingbi subject link'; or of a pseudonym."),
)
@click.option("--camera", metavar="NAME", help=say("Only of this camera."))
@click.option(
    "--rebuild", is_flag=True, help=say("Make the index of the box anew first, from its records.")
)
@click.option(
    "--csv", "as_csv", is_flag=True, help=say("Print a table for spreadsheets, times in UTC.")
)
@vault_options
@JSON
@click.pass_obj
def query_command(
    obj: dict[str, Any], /, box_name: str, *, as_csv: bool, as_json: bool, **given: Any
) -> None:
    """Print what was found, the newest last, and how much was opened for it."""
    if as_csv and as_json:
        raise UsageError(problem=say("Use --csv or --json, not both."))
    from yingbi.usecases.event_index import build_anew
    from yingbi.usecases.query import Query, ask, span_asked

    span = span_asked(given["between"])
    with opened(obj) as vault, show.progress(quiet=as_json or as_csv) as progress:
        box = vault.boxes.box_named(box_name)
        about = given["person"], given["camera"]
        wanted = Query(box, given["events"], given["behaviours"], span, *about)
        if given["rebuild"]:
            build_anew(vault, box)
        answer = ask(vault, wanted, progress)
    if as_json:
        bytes_, pages, objects = (getattr(answer.opened, n) for n in ("bytes", "pages", "objects"))
        size = {"bytes": bytes_, "pages": pages, "objects": objects}
        unread = [error.code for error in answer.unread]
        show.as_json({"found": list(answer.told()), "opened": size, "unread": unread})
        return
    if as_csv:
        _print_table(answer)
    else:
        _print(answer)
    _tell_beside(answer)


def _print_table(answer: "Answer") -> None:
    """Print the rows as bytes: they are UTF-8 wherever they go."""
    from yingbi.domain.spreadsheet import table
    from yingbi.usecases.query import COLUMNS

    rows = ({"camera": None} | one for one in answer.told())
    click.echo(b"".join(table(COLUMNS, rows)), nl=False)


def _print(answer: "Answer") -> None:
    if answer.found:
        head = say("time"), say("what"), say("person"), say("place"), say("details"), say("id")
        words, cameras = _words(), answer.cameras
        if cameras is None:
            show.table(head, (_row(one, words) for one in answer.found))
            return
        rows = (
            (*_row(one, words), cameras[one.object_id] or say("unknown")) for one in answer.found
        )
        show.table((*head, say("camera")), rows)
    else:
        click.echo(say("Nothing of it is in the records of this box."))


def _tell_beside(answer: "Answer") -> None:
    """Tell what could not be read, and how much was opened."""
    if answer.unread:
        tell(
            say_count(
                "{n} object could not be read: {problem}",
                "{n} objects could not be read; the first: {problem}",
                len(answer.unread),
                problem=say_error(answer.unread[0]),
            )
        )
    if answer.cameras is None:
        tell(say("So much was found that cameras are not named; ask for less, or with --camera."))
    pages = say_count("{n} page of the index", "{n} pages of the index", answer.opened.pages)
    size = f"{answer.opened.bytes:,}"
    tell(say("Opened for it: {size} bytes, {pages}.", size=size, pages=pages))


def _row(one: "Happening", words: dict[str, str]) -> tuple[str, ...]:
    what = words.get(f"{one.kind} {one.name}".strip(), one.name)
    return (
        _time(one.at, one.from_s),
        what,
        one.subject or "-",
        one.place or "-",
        words["joint"].join(_details(one, words)) or "-",
        str(one.object_id),
    )


def _time(at: datetime | None, from_s: float) -> str:
    """Return the moment in this machine's zone, or how long after an unknown start."""
    if at is None:
        return say("unknown, {seconds} s from the start", seconds=f"{from_s:g}")
    return at.astimezone().isoformat(sep=" ", timespec="seconds")


def _details(one: "Happening", words: dict[str, str]) -> Iterator[str]:
    if one.direction is not None:
        yield words[one.direction]
    if one.people is not None:
        yield say_count("{n} person", "{n} people", one.people)
    if one.for_s is not None:
        yield words["for"].format(seconds=f"{one.for_s:g}")
    if one.confidence is not None:
        yield words["surely"].format(share=round(one.confidence * 100))


def _words() -> dict[str, str]:
    """Return what can happen, in plain words; looked up once, since rows come by the thousand."""
    return {
        "joint": listed(("", "")),
        "forward": say("forward"),
        "back": say("back"),
        "for": say("for {seconds} s", seconds="{seconds}"),
        "surely": say("{share} % sure", share="{share}"),
        "identity": say("was seen"),
        "event entered": say("came"),
        "event left": say("went"),
        "event count": say("number of people changed"),
        "event crossed": say("crossed a line"),
        "event in-zone": say("was in a zone"),
        "event dwelt": say("stayed"),
        "event crowd": say("crowd"),
        "event fell": say("fell"),
        "event left-alone": say("was left alone"),
        "event unknown-person": say("somebody unknown"),
        "event camera-covered": say("camera covered"),
        "event camera-moved": say("camera moved"),
        "behaviour standing": say("standing"),
        "behaviour sitting": say("sitting"),
        "behaviour lying": say("lying"),
        "behaviour walking": say("walking"),
        "behaviour running": say("running"),
        "behaviour waving": say("waving"),
        "behaviour fallen": say("lying after a fall"),
    }

"""`edit`, and what `detect`, `mask` and `review` share of edit files."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from yingbi.cli import show
from yingbi.domain.messages import listed, say, say_count
from yingbi.errors import UsageError

if TYPE_CHECKING:
    from yingbi.domain.decision import TimeRange
    from yingbi.domain.edit import Edit
    from yingbi.domain.region import Target
    from yingbi.domain.settings import Settings
    from yingbi.pipeline.engine import Sight

FILE = click.Path(path_type=Path)
TIME = re.compile(r"(?:(?:(\d{1,6}):)?(\d{1,2}):)?(\d{1,9}(?:\.\d+)?)")


def first_pass_to(
    path: Path, settings: "Settings", targets: "Sequence[Target]", given: dict[str, Any]
) -> None:
    """Look through a film, write its edit file and say where it is."""
    from yingbi.bootstrap import found_facts, sight
    from yingbi.usecases.first_pass import first_pass, plan_edit, write_edit

    out: Path = given["out"]
    plan_edit(out, path, force=given["force"])
    looking = sight(settings, targets)
    with show.progress(quiet=given["as_json"]) as progress:
        edit, tally = first_pass(path, looking, progress, found_facts(settings, targets))
    write_edit(edit, out, force=given["force"])
    if given["as_json"]:
        show.as_json({"edit": str(out), "frames": tally.frames, "people": tally.people})
        return
    click.echo(show.counted(tally))
    click.echo(say("edit file: {path}; look at it with 'yingbi review'", path=out))


def told_by(
    given: dict[str, Any],
    settings: "Settings",
    paths: Sequence[Path],
    ranges: "Sequence[TimeRange]",
) -> "tuple[Sight, Edit]":
    """Return how to cover what the edit file of one film says, and the edit itself."""
    from yingbi.bootstrap import sight_of_edit
    from yingbi.capture.edits import read_edit
    from yingbi.domain.judged import Judged
    from yingbi.pipeline.replay import Replay

    if len(paths) != 1:
        raise UsageError(problem=say("--edit is of one film; name that one alone."))
    if given["targets"]:
        raise UsageError(
            problem=say("--targets has no meaning with --edit: it says what was found.")
        )
    edit = read_edit(given["edit"])
    for number in _numbers(given["keep_person"]):
        released = Judged(edit).release(number)
        decisions = (*edit.choices.decisions, released)
        edit = replace(edit, choices=replace(edit.choices, decisions=decisions))
        show_release(edit, number)
    choices = replace(edit.choices, ranges=(*edit.choices.ranges, *ranges))
    edit = replace(edit, choices=choices)
    replay = Replay(Judged(edit), given["edit"])
    return sight_of_edit(settings, replay), edit


def show_release(edit: "Edit", number: int) -> None:
    """Say for how long somebody is seen, and where the first doubt comes."""
    from yingbi.domain.judged import Judged

    judged = Judged(edit)
    rows = judged.rows_of(number)
    frames = judged.frame_of(rows)
    clear = sorted({int(frame) for frame in frames[~judged.masked[rows]]})
    total = len(set(frames.tolist()))
    until = float(edit.sightings.since_start_s[clear[-1]]) if clear else 0.0
    click.echo(
        say(
            "person {number} can be seen in {clear} of {total} frames, up to {until} s; masked where there is doubt",
            number=number,
            clear=len(clear),
            total=total,
            until=f"{until:.2f}",
        ),
        err=True,
    )


def _numbers(text: str | None) -> list[int]:
    parts = [part.strip() for part in (text or "").split(",") if part.strip()]
    for part in parts:
        if not (part.isascii() and part.isdigit() and len(part) < 10):
            raise UsageError(
                problem=say("--keep-person takes numbers of people, not '{text}'", text=part)
            )
    return [int(part) for part in parts]


def ranges_of(texts: Sequence[str]) -> "tuple[TimeRange, ...]":
    """Return the ranges "FROM..TO", each end in seconds, M:SS or H:MM:SS.

    Raises: UsageError.
    """
    from yingbi.domain.decision import TimeRange

    ranges = []
    for text in texts:
        ends = text.split("..")
        times = [match for end in ends if (match := TIME.fullmatch(end.strip()))]
        if len(ends) != 2 or len(times) != 2:
            raise UsageError(problem=say("'{text}' is no span; write FROM..TO", text=text))
        from_s, to_s = (_seconds(match) for match in times)
        if to_s < from_s:
            raise UsageError(problem=say("'{text}' ends before it begins", text=text))
        ranges.append(TimeRange(from_s, to_s))
    return tuple(ranges)


def _seconds(match: re.Match[str]) -> float:
    hours, minutes, seconds = match.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds)


def edit_facts(given: dict[str, Any]) -> dict[str, Any]:
    """Return what the report says of the edit and of times; nothing where there is neither."""
    from yingbi.usecases.evidence import identity

    told: dict[str, Any] = {}
    if given["edit"]:
        told["edit"] = identity(given["edit"]).to_json()
        told["keep_person"] = _numbers(given["keep_person"])
    if given["time_range"]:
        told["time_ranges"] = [one.to_json() for one in ranges_of(given["time_range"])]
    return told


@click.group("edit", help=say("Look into edit files, and exchange them with other tools."))
def edit_command() -> None:
    """Hold the commands below it."""


@edit_command.command(
    "show", help=say("List who was found, with numbers, times and what is decided.")
)
@click.argument("edit_path", metavar="EDIT", type=FILE)
@click.option("--json", "as_json", is_flag=True, help=say("Print JSON for machines."))
def show_command(edit_path: Path, *, as_json: bool) -> None:
    """Print a line for each person or thing."""
    from yingbi.capture.edits import read_edit
    from yingbi.domain.cast_list import cast_list, moments_of, recast
    from yingbi.domain.judged import Judged

    edit = read_edit(edit_path)
    judged = Judged(edit)
    moments = moments_of(edit.sightings, (edit.film.width, edit.film.height))
    people = cast_list(judged, recast(moments, judged))
    if as_json:
        show.as_json([one.to_json() for one in people])
        return
    if not people:
        click.echo(say("nobody was found"))
        return
    head = (say("person"), say("kinds"), say("from"), say("to"), say("doubts"), say("state"))
    time_s = edit.sightings.since_start_s
    states = {"masked": say("masked"), "visible": say("visible"), "partly": say("partly visible")}
    show.table(
        head,
        [
            (
                str(one.number),
                listed(one.kinds),
                f"{time_s[one.first]:.2f} s",
                f"{time_s[one.last]:.2f} s",
                str(one.doubts),
                states[one.state],
            )
            for one in people
        ],
    )


@edit_command.command("export", help=say("Write what is masked as COCO annotations."))
@click.argument("edit_path", metavar="EDIT", type=FILE)
@click.option("-o", "--out", required=True, type=FILE, help=say("JSON file to write."))
@click.option("--force", is_flag=True, help=say("Replace outputs that are already there."))
def export_command(edit_path: Path, out: Path, *, force: bool) -> None:
    """Write the file and say how much is in it."""
    from yingbi.capture.edits import read_edit
    from yingbi.usecases.exchange import export_coco

    count = export_coco(read_edit(edit_path), out, force=force)
    click.echo(
        say_count("{n} region written to {path}", "{n} regions written to {path}", count, path=out)
    )


@edit_command.command("import", help=say("Make an edit file of a film from boxes in CSV or COCO."))
@click.argument("film", metavar="FILM", type=FILE)
@click.argument("boxes", metavar="BOXES", type=FILE)
@click.option("-o", "--out", required=True, type=FILE, help=say("Edit file to write."))
@click.option("--force", is_flag=True, help=say("Replace outputs that are already there."))
@click.pass_obj
def import_command(
    obj: dict[str, Any], /, film: Path, boxes: Path, out: Path, *, force: bool
) -> None:
    """Read the boxes, follow them, write the edit."""
    from yingbi.cli.settings import settings_of
    from yingbi.usecases.exchange import import_boxes
    from yingbi.usecases.first_pass import plan_edit, write_edit

    plan_edit(out, film, force=force)
    with show.progress(quiet=False) as progress:
        edit = import_boxes(film, boxes, settings_of(obj)["track.hold_s"], progress)
    write_edit(edit, out, force=force)
    click.echo(say("edit file: {path}; look at it with 'yingbi review'", path=out))


@edit_command.command("schema", help=say("Print the JSON Schema of edit files."))
def schema_command() -> None:
    """Print the schema as it is shipped."""
    from yingbi.standard.catalogue import edit_schema

    click.echo(edit_schema())

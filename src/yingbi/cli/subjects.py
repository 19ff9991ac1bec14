"""`subject`: the people in the boxes, and where they appear."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from yingbi.cli import show
from yingbi.cli.consents import consents_table
from yingbi.cli.options import JSON, opened, vault_options
from yingbi.domain.messages import listed, say, say_count
from yingbi.errors import UsageError

if TYPE_CHECKING:
    from yingbi.domain.subject import Subject

TRACK = click.option(
    "--track",
    type=click.IntRange(min=1, max=10**9),
    metavar="N",
    help=say("The person's number in the records of the object."),
)
WHOLE = click.option(
    "--whole", is_flag=True, help=say("All of the object is of this person, and of nobody else.")
)


@click.group("subject", help=say("People you know: add them, find them, say where they appear."))
def subject_command() -> None:
    """Hold the commands on people."""


@subject_command.command(
    "add", help=say("Add a person; the name is sealed under a key of its own.")
)
@click.argument("name")
@click.option("--minor", is_flag=True, help=say("A child: consent is a guardian's affair."))
@click.option("--contact", default="", metavar="TEXT", help=say("How to reach the person."))
@vault_options
@JSON
@click.pass_obj
def subject_add(
    obj: dict[str, Any], /, name: str, *, minor: bool, contact: str, as_json: bool
) -> None:
    """Add the person."""
    from yingbi.usecases.subject import add_subject

    with opened(obj) as vault:
        subject = add_subject(vault, name, minor=minor, contact=contact)
    if as_json:
        show.as_json(_told(subject))
        return
    click.echo(
        say("'{name}' is known now, as {pseudonym}.", name=name, pseudonym=subject.pseudonym)
    )


@subject_command.command("list", help=say("List everybody whom the vault knows."))
@vault_options
@JSON
@click.pass_obj
def subject_list(obj: dict[str, Any], /, *, as_json: bool) -> None:
    """Print everybody, and for what there is a basis now."""
    now = datetime.now(UTC)
    with opened(obj) as vault:
        found = [
            _told(one) | {"covered": sorted(vault.people.consents.covered(one, now))}
            for one in vault.people.subjects.all()
        ]
    if as_json:
        show.as_json(found)
    elif not found:
        click.echo(say("Nobody yet; add somebody with 'yingbi subject add NAME'."))
    else:
        rows = [
            (
                o["name"],
                o["pseudonym"],
                say("yes") if o["minor"] else say("no"),
                ",".join(o["covered"]) or say("nothing"),
            )
            for o in found
        ]
        show.table((say("person"), say("pseudonym"), say("minor"), say("may be kept")), rows)


@subject_command.command(
    "show", help=say("Show all that is held of a person: the answer to their question.")
)
@click.argument("name")
@vault_options
@JSON
@click.pass_obj
def subject_show(obj: dict[str, Any], /, name: str, *, as_json: bool) -> None:
    """Print what is held."""
    from yingbi.usecases.subject import held_of

    with opened(obj) as vault:
        told = held_of(vault, vault.people.subjects.named(name))
    if as_json:
        show.as_json(told)
        return
    for key in ("name", "pseudonym", "minor", "contact", "added_at"):
        value = told[key]
        shown = (say("yes") if value else say("no")) if isinstance(value, bool) else value
        show.fact(key, shown or "-")
    click.echo(say("may be kept: {fields}", fields=listed(told["covered"]) or say("nothing")))
    if told["consents"]:
        consents_table(told["consents"])
    else:
        click.echo(say("No consent is known of this person."))
    rows = [
        (
            o["id"],
            o["box"],
            ",".join(o["parts"]),
            o["recorded_at"] or say("unknown"),
            o["camera"] or say("unknown"),
            listed(_seen(one) for one in o["seen"]),
        )
        for o in told["objects"]
    ]
    head = say("id"), say("box"), say("parts"), say("recorded"), say("camera"), say("seen as")
    if rows:
        show.table(head, rows)
    else:
        click.echo(say("No object is linked to this person."))


def _seen(one: dict[str, Any]) -> str:
    what = say("all of it") if one["track"] is None else say("track {n}", n=one["track"])
    times = [one["from_s"], one["to_s"]]
    if times == [None, None]:
        return what
    return what + " " + "-".join("" if t is None else f"{t:g}s" for t in times)


@subject_command.command("link", help=say("Say where a person appears."))
@click.argument("name")
@click.argument("object_id", metavar="OBJECT")
@TRACK
@WHOLE
@click.option(
    "--from",
    "from_s",
    metavar="T",
    help=say("Start, in seconds or h:mm:ss from the object's start."),
)
@click.option("--to", "to_s", metavar="T", help=say("End, likewise."))
@vault_options
@JSON
@click.pass_obj
def subject_link(
    obj: dict[str, Any], /, name: str, object_id: str, *, as_json: bool, **given: Any
) -> None:
    """Link the person."""
    from yingbi.cli.opening import seconds_of
    from yingbi.usecases.look import object_id_of
    from yingbi.usecases.subject import link

    track = _track(given)
    span = from_s, to_s = seconds_of(given["from_s"]), seconds_of(given["to_s"])
    if from_s is not None and to_s is not None and to_s < from_s:
        raise UsageError(problem=say("the span ends before it starts"))
    with opened(obj) as vault:
        subject = vault.people.subjects.named(name)
        wanted = object_id_of(object_id)
        one = link(vault, subject, wanted, track=track, from_s=span[0], to_s=span[1])
    if as_json:
        show.as_json(
            {
                "id": str(one.object_id),
                "subject": str(one.subject_id),
                "track": one.track,
                "from_s": one.from_s,
                "to_s": one.to_s,
            }
        )
        return
    click.echo(
        say(
            "{pseudonym} is linked to {object_id}.",
            pseudonym=subject.pseudonym,
            object_id=object_id,
        )
    )


@subject_command.command("unlink", help=say("Take a link back that was wrong."))
@click.argument("name")
@click.argument("object_id", metavar="OBJECT")
@TRACK
@WHOLE
@vault_options
@JSON
@click.pass_obj
def subject_unlink(
    obj: dict[str, Any], /, name: str, object_id: str, *, as_json: bool, **given: Any
) -> None:
    """Unlink the person."""
    from yingbi.usecases.look import object_id_of
    from yingbi.usecases.subject import unlink

    track = _track(given)
    with opened(obj) as vault:
        subject = vault.people.subjects.named(name)
        count = unlink(vault, subject, object_id_of(object_id), track=track)
    if as_json:
        show.as_json({"id": object_id, "subject": str(subject.subject_id), "unlinked": count})
        return
    click.echo(
        say(
            "{pseudonym} is no longer linked to {object_id}.",
            pseudonym=subject.pseudonym,
            object_id=object_id,
        )
    )


def _track(given: dict[str, Any]) -> int | None:
    """Return the number asked for, None for all of the object; UsageError on both or neither."""
    if (given["track"] is None) != given["whole"]:
        raise UsageError(problem=say("Say which: --track N or --whole."))
    track: int | None = given["track"]
    return track


@subject_command.command(
    "find",
    help=say(
        "Find people who are not linked yet: write figures of every match in clear, and list tracks."
    ),
)
@click.option("--camera", required=True, metavar="NAME", help=say("Only of this camera."))
@click.option(
    "--between",
    required=True,
    metavar="FROM..TO",
    help=say("Only recorded in this span (ISO 8601; an empty end is open)."),
)
@click.option("--box", "box_name", metavar="NAME", help=say("The box."))
@click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help=say("Folder to write to, in clear."),
)
@vault_options
@JSON
@click.pass_obj
def subject_find(obj: dict[str, Any], /, out: Path, *, as_json: bool, **given: Any) -> None:
    """Print every track, and write what shows it."""
    from yingbi.usecases.look import between
    from yingbi.usecases.subject import find_unenrolled

    span = between(given["between"])
    with opened(obj) as vault:
        box = vault.boxes.box_named(given["box_name"]) if given["box_name"] else None
        found = list(find_unenrolled(vault, camera=given["camera"], span=span, box=box, folder=out))
    if as_json:
        show.as_json([one.to_json() for one in found])
        return
    if not found:
        click.echo(say("Nobody was seen there."))
        return
    rows = [
        (
            one.object_id,
            one.track,
            f"{one.from_s:g}s-{one.to_s:g}s",
            one.colour,
            one.recorded_at or say("unknown"),
            listed(one.linked) or "-",
            one.file.name if one.file else "-",
        )
        for one in found
    ]
    head = say("id"), say("track"), say("time"), say("colour"), say("recorded"), say("linked to")
    show.table((*head, say("file")), rows)
    files = len({one.file for one in found} - {None})
    click.echo(
        say_count(
            "{n} file stands in clear in {folder}: remove it when you have looked",
            "{n} files stand in clear in {folder}: remove them when you have looked",
            files,
            folder=out,
        ),
        err=True,
    )


def _told(subject: "Subject") -> dict[str, Any]:
    return {
        "id": str(subject.subject_id),
        "name": subject.name,
        "pseudonym": subject.pseudonym,
        "minor": subject.minor,
    }

"""`person`: one person of an object, lifted out of the masked film or erased from all of it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from yingbi.cli import show
from yingbi.cli.options import JSON, opened, vault_options
from yingbi.cli.settings import settings_of
from yingbi.domain.messages import say
from yingbi.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from yingbi.pipeline.engine import Sight

PERSON = click.option(
    "--person", "number", type=int, required=True, metavar="N", help=say("The person's number.")
)


def sight_of(obj: dict[str, Any]) -> "Callable[[], Sight]":
    """Return what loads the networks, where an original must be looked at again."""

    def look() -> "Sight":
        from yingbi.bootstrap import sight
        from yingbi.domain.region import KEPT

        return sight(settings_of(obj), KEPT)

    return look


@click.group("person", help=say("One person of an object, by the number that its records give."))
def person_command() -> None:
    """Hold the commands on one person."""


@person_command.command("list", help=say("List the people whom an object's records number."))
@click.argument("object_id", metavar="ID")
@vault_options
@JSON
@click.pass_obj
def person_list(obj: dict[str, Any], /, object_id: str, *, as_json: bool) -> None:
    """Print the numbers, and whose own film is kept."""
    from yingbi.usecases.look import object_id_of
    from yingbi.usecases.person import list_people

    with opened(obj) as vault:
        found = list_people(vault, object_id_of(object_id))
    if as_json:
        show.as_json([{"person": one.number, "pieces": one.pieces} for one in found])
        return
    rows = [(one.number, one.pieces or "-") for one in found]
    show.table((say("person"), say("pieces of film kept apart")), rows)


@person_command.command(
    "lift", help=say("Write the masked film with one person clear and everybody else covered.")
)
@click.argument("object_id", metavar="ID")
@PERSON
@click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help=say("File to write."),
)
@click.option("--purpose", required=True, metavar="TEXT", help=say("Why; it is logged."))
@click.option("--force", is_flag=True, help=say("Replace an output that is already there."))
@vault_options
@JSON
@click.pass_obj
def person_lift(
    obj: dict[str, Any], /, object_id: str, number: int, out: Path, *, as_json: bool, **given: Any
) -> None:
    """Lift one person out."""
    from yingbi.usecases.look import object_id_of
    from yingbi.usecases.person import lift_person

    with opened(obj) as vault:
        frames = lift_person(
            vault,
            object_id_of(object_id),
            number,
            out,
            purpose=given["purpose"],
            force=given["force"],
        )
    if as_json:
        show.as_json({"id": object_id, "person": number, "output": str(out), "frames": frames})
        return
    told = say("person {number} is clear in {n} frames of {out}", number=number, n=frames, out=out)
    click.echo(told, err=True)


@person_command.command(
    "erase",
    help=say("Erase one person from an object, and nobody else."),
)
@click.argument("object_id", metavar="ID")
@PERSON
@click.option(
    "--purpose", default="", metavar="TEXT", help=say("Why an original is opened for it.")
)
@click.option("--yes", is_flag=True, help=say("Do not ask."))
@vault_options
@JSON
@click.pass_obj
def person_erase(
    obj: dict[str, Any], /, object_id: str, number: int, *, yes: bool, as_json: bool, **given: Any
) -> None:
    """Erase one person."""
    from yingbi.usecases.look import object_id_of
    from yingbi.usecases.person import erase_person

    wanted = object_id_of(object_id)
    if not yes and not sys.stdin.isatty():
        raise UsageError(problem=say("Erasing cannot be undone; say --yes."))
    if not yes:
        told = say(
            "Erase person {number} of {object_id} for ever?", number=number, object_id=wanted
        )
        click.confirm(told, abort=True)

    with opened(obj) as vault:
        done = erase_person(vault, wanted, number, purpose=given["purpose"], sight_of=sight_of(obj))
    if as_json:
        show.as_json(
            {
                "id": object_id,
                "person": number,
                "pieces": done.pieces,
                "records": done.records,
                "original_masked": done.original,
            }
        )
        return
    click.echo(
        say(
            "Person {number} was erased: {pieces} pieces of film, {records} records; the masked film shows them covered, as before.",
            number=number,
            pieces=done.pieces,
            records=done.records,
        )
    )

"""`erase --subject`: everything of a person goes, and what cannot is named."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from yingbi.cli import show
from yingbi.cli.options import opened, tell
from yingbi.cli.people import sight_of
from yingbi.domain.messages import say, say_count, say_error
from yingbi.errors import SomeFailedError

if TYPE_CHECKING:
    from yingbi.usecases.forget import PersonErased


def erase_person(obj: dict[str, Any], given: dict[str, Any], *, as_json: bool) -> int:
    """Erase what is linked to a person; the status is 1 where something remains."""
    from yingbi.usecases.enrol import let_go
    from yingbi.usecases.erase import make_final, receipt_of
    from yingbi.usecases.forget import erase_subject

    with opened(obj, alone=given["final"]) as vault:
        subject = vault.people.subjects.named(given["subject"])
        done = erase_subject(vault, subject, forget_too=given["forget"], sight_of=sight_of(obj))
        if given["final"]:
            make_final(vault, tell)
            final = (receipt_of(vault, UUID(one["id"])) for one in done.receipts)
            done = replace(done, receipts=tuple(final))
        let_go(vault, tell, subject.subject_id)
    if as_json:
        show.as_json(_told(done))
    else:
        _tell(done, forget=given["forget"])
    return 0 if done.done else SomeFailedError.exit_status


def _tell(done: "PersonErased", *, forget: bool) -> None:
    count = len(done.receipts)
    click.echo(say_count("{n} object was erased.", "{n} objects were erased.", count))
    if done.persons:
        click.echo(
            say_count(
                "The person was erased from {n} object that shows others too.",
                "The person was erased from {n} objects that show others too.",
                done.persons,
            )
        )
    if done.held:
        click.echo(say("On hold, and not erased:"), err=True)
    for object_id in done.held:
        click.echo(str(object_id), err=True)
    if done.remaining:
        click.echo(
            say(
                "The person stays in what shows others too; 'yingbi erase ID' erases all of such an object:"
            ),
            err=True,
        )
    for object_id, number, error in done.remaining:
        click.echo(f"{object_id}  {number}  {say_error(error)}", err=True)
    if done.forgotten:
        click.echo(say("The person is forgotten: name, consents and links are gone as well."))
    elif forget:
        click.echo(say("The person is not forgotten while something remains."), err=True)


def _told(done: "PersonErased") -> dict[str, Any]:
    return {
        "erased": list(done.receipts),
        "held": [str(one) for one in done.held],
        "persons": done.persons,
        "remaining": [
            {"id": str(one), "person": number, "code": error.code}
            for one, number, error in done.remaining
        ],
        "forgotten": done.forgotten,
    }

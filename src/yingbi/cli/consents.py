"""`consent`: what people agreed to, and every other basis for keeping their data."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from yingbi.cli import show
from yingbi.cli.options import JSON, opened, tell, vault_options
from yingbi.domain.messages import say
from yingbi.domain.subject import FIELDS, Basis
from yingbi.errors import UsageError

if TYPE_CHECKING:
    from yingbi.usecases.consent import Uncovered


@click.group("consent", help=say("What people agreed to, and every other basis."))
def consent_command() -> None:
    """Hold the commands on consent."""


@consent_command.command("add", help=say("Write down what may be kept of a person, and why."))
@click.argument("name")
@click.option(
    "--basis",
    required=True,
    type=click.Choice([b.value for b in Basis]),
    help=say("Why it may be kept."),
)
@click.option(
    "--fields",
    metavar="LIST",
    help=say(
        "What may be kept: identity,pose,attributes,behaviour,event,masked,raw (needed for a consent; else all)."
    ),
)
@click.option(
    "--until", metavar="DATE", help=say("The last day on which it holds; a consent has one.")
)
@click.option("--guardian", default="", metavar="NAME", help=say("Who consents for a minor."))
@click.option("--evidence", default="", metavar="TEXT", help=say("Where it is written."))
@vault_options
@JSON
@click.pass_obj
def consent_add(obj: dict[str, Any], /, name: str, *, as_json: bool, **given: Any) -> None:
    """Write the basis down."""
    from yingbi.usecases.consent import add_consent, fields_named, last_day
    from yingbi.usecases.subject import consent_told

    basis = Basis(given["basis"])
    if given["fields"] is None and basis is Basis.CONSENT:
        raise UsageError(problem=say("A consent names what it is for: say --fields LIST."))
    fields = FIELDS if given["fields"] is None else fields_named(given["fields"])
    until = last_day(given["until"]) if given["until"] else None
    with opened(obj) as vault:
        subject = vault.people.subjects.named(name)
        texts = {"guardian": given["guardian"], "evidence": given["evidence"]}
        consent = add_consent(vault, subject, basis, fields, until=until, **texts)
    if as_json:
        show.as_json(consent_told(consent, datetime.now(UTC)))
        return
    click.echo(str(consent.consent_id))


@consent_command.command("list", help=say("List every consent and basis of a person."))
@click.argument("name")
@vault_options
@JSON
@click.pass_obj
def consent_list(obj: dict[str, Any], /, name: str, *, as_json: bool) -> None:
    """Print them, those that hold no longer as well."""
    from yingbi.usecases.subject import consent_told

    now = datetime.now(UTC)
    with opened(obj) as vault:
        subject = vault.people.subjects.named(name)
        told = [consent_told(one, now) for one in vault.people.consents.of(subject.subject_id)]
    if as_json:
        show.as_json(told)
    else:
        consents_table(told)


def consents_table(told: list[dict[str, Any]]) -> None:
    """Print consents as `consent_told` gives them."""
    rows = [
        (
            one["id"],
            one["basis"],
            ",".join(one["fields"]),
            one["until"] or "-",
            one["guardian"] or "-",
            _state(one),
        )
        for one in told
    ]
    head = say("consent"), say("basis"), say("fields"), say("until"), say("guardian"), say("state")
    show.table(head, rows)


def _state(one: dict[str, Any]) -> str:
    if one["withdrawn_at"]:
        return say("withdrawn")
    return say("in force") if one["in_force"] else say("past its day")


@consent_command.command(
    "withdraw", help=say("Withdraw a consent; says what is held without a basis from now on.")
)
@click.argument("consent_id", metavar="ID")
@vault_options
@JSON
@click.pass_obj
def consent_withdraw(obj: dict[str, Any], /, consent_id: str, *, as_json: bool) -> None:
    """Withdraw it."""
    from yingbi.usecases.consent import consent_of_id, withdraw
    from yingbi.usecases.enrol import let_go

    with opened(obj) as vault:
        consent = consent_of_id(vault, consent_id)
        left = withdraw(vault, consent)
        let_go(vault, tell, withdrew=consent.subject_id)
        subject = vault.people.subjects.get(consent.subject_id)
    if as_json:
        show.as_json({"id": consent_id, "withdrawn": True, "held_without_basis": _left(left)})
        return
    click.echo(say("Withdrawn."))
    if not left:
        click.echo(say("Nothing that is linked to this person is held without a basis."))
        return
    show.table(
        (say("held without a basis"), say("fields"), say("how to erase it")),
        [(o.object_id, ",".join(o.fields), _remedy(o)) for o in left],
    )
    if any(one.whole for one in left):
        click.echo(
            say(
                "Erase all that is linked as a whole: yingbi erase --subject {subject} --yes",
                subject=subject.subject_id,
            ),
            err=True,
        )


def _remedy(one: "Uncovered") -> str:
    if one.whole:
        return f"yingbi erase {one.object_id} --yes"
    return say(
        "one among others: 'yingbi person erase {id} --person N' takes this person out",
        id=one.object_id,
    )


def _left(left: "list[Uncovered]") -> list[dict[str, Any]]:
    return [
        {"id": str(one.object_id), "fields": list(one.fields), "whole": one.whole} for one in left
    ]

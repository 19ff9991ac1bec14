"""`enrol`: people who agreed to be recognised, their pictures, and how that is taken back."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from yingbi.cli import show
from yingbi.cli.options import JSON, opened, tell, vault_options
from yingbi.cli.settings import settings_of
from yingbi.domain.messages import say, say_count
from yingbi.errors import UsageError

if TYPE_CHECKING:
    from yingbi.domain.filing import Filing
    from yingbi.usecases.opened import Vault


@click.command(
    "enrol",
    help=say(
        "Let PERSON be recognised by PICTURES that show them alone; they must have agreed. No picture is kept."
    ),
)
@click.argument("person", required=False)
@click.argument("pictures", nargs=-1, type=click.Path(path_type=Path))
@click.option("--list", "listed", is_flag=True, help=say("List who is enrolled."))
@click.option(
    "--revoke", metavar="PERSON", help=say("Destroy the template of this person, for good.")
)
@click.option(
    "--new-key", is_flag=True, help=say("Cancel all templates: everybody must be enrolled again.")
)
@vault_options
@JSON
@click.pass_obj
def enrol_command(
    obj: dict[str, Any],
    /,
    person: str | None,
    pictures: tuple[Path, ...],
    *,
    as_json: bool,
    **given: Any,
) -> None:
    """Do the one thing that was asked for."""
    from yingbi.usecases.enrol import drop_unagreed

    asked = [person is not None, given["listed"], given["revoke"] is not None, given["new_key"]]
    if sum(asked) != 1:
        raise UsageError(
            problem=say("Say one thing: PERSON with PICTURES, --list, --revoke or --new-key.")
        )
    with opened(obj) as vault:
        if person is not None:
            _say_dropped(drop_unagreed(vault, _templates(vault)))
        if person is not None:
            _enrol(obj, vault, person, pictures, as_json=as_json)
        elif given["listed"]:
            _list(vault, as_json=as_json)
        elif given["revoke"] is not None:
            _revoke(vault, given["revoke"], as_json=as_json)
        else:
            _cancel(vault, as_json=as_json)


def _enrol(
    obj: dict[str, Any], vault: "Vault", person: str, pictures: tuple[Path, ...], *, as_json: bool
) -> None:
    from yingbi.domain.age import band_of, needs_guardian
    from yingbi.pipeline.known import FaceEyes
    from yingbi.usecases.enrol import enrol, enrolled

    subject, templates = vault.people.subjects.named(person), _templates(vault)
    settings = settings_of(obj)
    eyes: list[FaceEyes] = []
    ages: list[float] = []

    def look(path: Path) -> Any:
        if not eyes:  # networks load when consent was asked for and found
            eyes.append(FaceEyes.opened(settings, max(1, os.cpu_count() or 1)))
        found = eyes[0].only_face(path)
        ages.append(found.age_years)
        return found

    count = enrol(vault, templates, subject, pictures, look)
    if needs_guardian(band_of(ages), minor=subject.minor) and not subject.minor:
        tell(
            say(
                "'{name}' may be under 14, as far as pictures tell. If so, take the person back with 'enrol --revoke', and add them with --minor and a guardian's consent.",
                name=subject.name,
            )
        )
    _say_filing(enrolled(vault, templates).filing)
    if as_json:
        show.as_json({"subject": str(subject.subject_id), "pictures": count})
        return
    click.echo(
        say_count(
            "'{name}' is enrolled from {n} picture, of which nothing was kept.",
            "'{name}' is enrolled from {n} pictures, of which nothing was kept.",
            count,
            name=subject.name,
        )
    )


def _list(vault: "Vault", *, as_json: bool) -> None:
    from yingbi.usecases.enrol import enrolled

    told = enrolled(vault, _templates(vault))
    _say_filing(told.filing)
    if as_json:
        show.as_json(
            [
                {"subject": str(one.subject_id), "name": one.name, "agreed": agreed}
                for one, agreed in told.people
            ]
        )
        return
    if not told.people:
        click.echo(say("Nobody is enrolled."))
        return
    rows = [(one.name, one.pseudonym, say("yes") if ok else say("no")) for one, ok in told.people]
    show.table((say("person"), say("pseudonym"), say("may be recognised")), rows)


def _revoke(vault: "Vault", person: str, *, as_json: bool) -> None:
    from yingbi.usecases.enrol import revoke

    subject = vault.people.subjects.named(person)
    revoke(vault, _templates(vault), subject)
    if as_json:
        show.as_json({"subject": str(subject.subject_id), "revoked": True})
        return
    click.echo(say("The template of '{name}' is destroyed.", name=subject.name))


def _cancel(vault: "Vault", *, as_json: bool) -> None:
    from yingbi.usecases.enrol import cancel_all

    count = cancel_all(vault, _templates(vault))
    if as_json:
        show.as_json({"cancelled": count})
        return
    click.echo(
        say_count(
            "{n} template is cancelled; enrol the person again from pictures.",
            "{n} templates are cancelled; enrol people again from pictures.",
            count,
        )
    )


def _templates(vault: "Vault") -> Any:
    from yingbi.domain.settings import data_home
    from yingbi.usecases.enrol import templates_of

    return templates_of(vault, data_home())


def _say_dropped(count: int) -> None:
    if count:
        tell(
            say_count(
                "{n} template was destroyed: its consent holds no longer.",
                "{n} templates were destroyed: their consents hold no longer.",
                count,
            )
        )


def _say_filing(state: "Filing") -> None:
    from yingbi.domain.filing import filing_persons

    if state == "near":
        tell(
            say(
                "Over 80 % of {most} people are enrolled: from {most} on, the measures of 2025 ask for a filing within 30 working days.",
                most=filing_persons(),
            )
        )
    elif state == "due":
        tell(
            say(
                "{most} people or more are enrolled: the measures of 2025 ask for a filing within 30 working days.",
                most=filing_persons(),
            )
        )

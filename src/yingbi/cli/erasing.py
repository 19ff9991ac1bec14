"""`erase`, `vault sweep`, `vault destroy`: what goes, when, and when it is gone for good."""

import sys
from datetime import date
from pathlib import Path
from typing import Any

import click

from yingbi.cli import show
from yingbi.cli.forgetting import erase_person
from yingbi.cli.options import JSON, opened, tell, vault_options
from yingbi.cli.settings import settings_of, vault_dir
from yingbi.domain.messages import listed, say, say_count
from yingbi.errors import ObjectErasedError, SomeFailedError, UsageError


@click.command(
    "erase", help=say("Erase an object: its keys first, then its bytes; nothing can bring it back.")
)
@click.argument("object_id", metavar="[ID]", required=False)
@click.option("--box", "box_name", metavar="NAME", help=say("Erase everything in this box."))
@click.option(
    "--subject", metavar="NAME", help=say("Erase all that is this person's, and nothing of others.")
)
@click.option(
    "--forget", is_flag=True, help=say("With --subject: name, consents and links as well.")
)
@click.option(
    "--before", metavar="DAY", help=say("With --box: only what was taken in before this UTC day.")
)
@click.option(
    "--final",
    is_flag=True,
    help=say("Make it final at once: old copies of the vault cannot open it either."),
)
@click.option("--status", is_flag=True, help=say("Erase nothing; show the receipt of ID."))
@click.option("--yes", is_flag=True, help=say("Do not ask."))
@vault_options
@JSON
@click.pass_obj
def erase_command(
    obj: dict[str, Any], /, object_id: str | None, *, as_json: bool, **given: Any
) -> int:
    """Erase one object, a box's or a person's, and print the receipts."""
    if [object_id, given["box_name"], given["subject"]].count(None) != 2:
        raise UsageError(
            problem=say("Name an object's ID, --box NAME or --subject NAME, one of them.")
        )
    if given["before"] and given["box_name"] is None:
        raise UsageError(problem=say("--before goes with --box."))
    if given["forget"] and given["subject"] is None:
        raise UsageError(problem=say("--forget goes with --subject."))
    if given["status"]:
        return _status(obj, object_id, as_json=as_json)
    _must_be_meant(object_id or given["box_name"] or given["subject"], yes=given["yes"])
    if given["subject"] is not None:
        return erase_person(obj, given, as_json=as_json)
    if object_id is None:
        return _erase_box(obj, given, as_json=as_json)
    return _erase_one(obj, object_id, final=given["final"], as_json=as_json)


def _must_be_meant(what: str, *, yes: bool) -> None:
    if not yes and not sys.stdin.isatty():
        raise UsageError(problem=say("Erasing cannot be undone; say --yes."))
    if not yes:
        click.confirm(say("Erase {object_id} for ever?", object_id=what), abort=True)


def _status(obj: dict[str, Any], object_id: str | None, *, as_json: bool) -> int:
    from yingbi.usecases.erase import receipt_of
    from yingbi.usecases.look import object_id_of

    if object_id is None:
        raise UsageError(problem=say("--status needs an object's ID."))
    wanted = object_id_of(object_id)
    with opened(obj) as vault:
        receipt = receipt_of(vault, wanted)
    _tell_receipt(receipt, as_json=as_json)
    return 0


def _erase_one(obj: dict[str, Any], object_id: str, *, final: bool, as_json: bool) -> int:
    from yingbi.usecases.erase import erase_objects, make_final, receipt_of
    from yingbi.usecases.look import object_id_of

    wanted = object_id_of(object_id)
    with opened(obj, alone=final) as vault:
        try:
            erase_objects(vault, [wanted])
        except ObjectErasedError:  # who erased it yesterday may want it final today
            if not final:
                raise
        if final:
            make_final(vault, tell)
        receipt = receipt_of(vault, wanted)
    _tell_receipt(receipt, as_json=as_json)
    return 0


def _tell_receipt(receipt: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        show.as_json(receipt)
        return
    click.echo(
        say(
            "Object {object_id} was erased at {time}; copies of its bytes cannot be opened any more.",
            object_id=receipt["id"],
            time=receipt["erased_at"] or receipt["intended_at"],
        )
    )
    if receipt["final_at"]:
        click.echo(
            say("Final since {time}: no key is left for old copies.", time=receipt["final_at"])
        )
    elif receipt["promised_at"]:
        click.echo(
            say(
                "Old copies of the key database open it until the key over them is replaced:"
                " at the first opening of the vault after {time}.",
                time=receipt["promised_at"],
            )
        )


def _erase_box(obj: dict[str, Any], given: dict[str, Any], *, as_json: bool) -> int:
    """Erase what a box holds; what a hold keeps makes the status 1."""
    from yingbi.usecases.erase import erase_objects, make_final, objects_of, receipt_of

    before = _day(given["before"])
    with opened(obj, alone=given["final"]) as vault:
        box = vault.boxes.box_named(given["box_name"])
        ids, held = objects_of(vault, box, before)
        receipts = erase_objects(vault, ids)
        if given["final"]:
            make_final(vault, tell)
            receipts = [receipt_of(vault, one) for one in ids]
    if as_json:
        show.as_json({"erased": receipts, "held": [str(one) for one in held]})
    else:
        click.echo(say_count("{n} object was erased.", "{n} objects were erased.", len(receipts)))
    _tell_held(held, quiet=as_json)
    return SomeFailedError.exit_status if held else 0


def _tell_held(held: Any, *, quiet: bool) -> None:
    if held and not quiet:
        tell(
            say_count(
                "{n} object is on hold and stays.", "{n} objects are on hold and stay.", len(held)
            )
        )


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            problem=say("'{text}' is no day; write it like 2026-11-24", text=text)
        ) from None


@click.command(
    "sweep",
    help=say("Erase what is over its time, and replace the key that makes erasing final."),
)
@click.option("--dry-run", is_flag=True, help=say("Say what would be done, and do nothing."))
@click.option(
    "--clock-is-right",
    is_flag=True,
    help=say("Erase by time although the clock and the log disagree."),
)
@vault_options
@JSON
@click.pass_obj
def sweep_command(
    obj: dict[str, Any], /, *, dry_run: bool, clock_is_right: bool, as_json: bool
) -> None:
    """Sweep, and print what went and what became final."""
    from datetime import UTC, datetime

    from yingbi.usecases.sweep import sweep, sweep_plan

    with opened(obj, alone=not dry_run, by_time=False) as vault:
        now = datetime.now(UTC)
        if dry_run:
            done = sweep_plan(vault, now)
        else:
            done = sweep(vault, now, tell, clock_is_right=clock_is_right)
    if as_json:
        show.as_json(
            {
                "erased": [str(one) for one in done.erased],
                "held": [str(one) for one in done.held],
                "final": [str(one) for one in done.final],
                "key_replaced": done.key_replaced,
            }
        )
        return
    if dry_run:
        one, many = "{n} object would be erased.", "{n} objects would be erased."
        click.echo(say_count(one, many, len(done.erased)))
    else:
        click.echo(
            say_count("{n} object was erased.", "{n} objects were erased.", len(done.erased))
        )
        one, many = "{n} erasing became final.", "{n} erasings became final."
        click.echo(say_count(one, many, len(done.final)))
    for object_id in done.erased:
        click.echo(str(object_id))
    _tell_held(done.held, quiet=False)


@click.command(
    "destroy",
    help=say("Destroy the vault with all boxes and objects; nothing can bring anything back."),
)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    help=say("Write a signed receipt to this file outside the vault."),
)
@click.option("--models", is_flag=True, help=say("Remove the installed networks as well."))
@click.option("--yes", is_flag=True, help=say("Do not ask."))
@vault_options
@JSON
@click.pass_obj
def destroy_command(
    obj: dict[str, Any], /, out: Path | None, *, models: bool, yes: bool, as_json: bool
) -> None:
    """Destroy the vault, or finish what a crash left of it."""
    from yingbi.store.destroy import destroy, is_decided
    from yingbi.usecases.destroy import destroy_vault, remove_networks

    settings = settings_of(obj)
    path = vault_dir(settings)
    _must_be_meant(str(path), yes=yes)
    if is_decided(path):
        left = destroy(path)
    else:
        with opened(obj, alone=True, by_time=False) as vault:
            left = destroy_vault(vault, out, models=models)
    networks = remove_networks(settings.models_dir) if models else ()
    if as_json:
        show.as_json({"vault": str(path), "left": left, "networks": list(networks)})
        return
    click.echo(say("The vault '{path}' is destroyed.", path=path))
    if left:
        click.echo(say("Files that are not Yingbi's stay there: {left}", left=listed(left)))

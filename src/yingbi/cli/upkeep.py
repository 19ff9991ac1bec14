"""`vault upgrade` and `vault check`: what keeps a vault in order."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from yingbi.cli import show
from yingbi.cli.options import JSON, vault_options
from yingbi.cli.settings import passphrase, settings_of, vault_dir
from yingbi.domain.messages import say
from yingbi.errors import SealBrokenError, UsageError

if TYPE_CHECKING:
    from yingbi.usecases.upgrade import Plan


@click.command(
    "upgrade",
    help=say(
        "Bring a vault of an older Yingbi up to date; a copy is made first, bodies stay as they are."
    ),
)
@click.option("--dry-run", is_flag=True, help=say("Say what would be done, and do nothing."))
@click.option(
    "--backup",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help=say("New folder for the copy (default: beside the vault)."),
)
@click.option("--no-backup", is_flag=True, help=say("Make no copy."))
@vault_options
@JSON
@click.pass_obj
def upgrade_command(
    obj: dict[str, Any],
    /,
    backup: Path | None,
    *,
    dry_run: bool,
    no_backup: bool,
    as_json: bool,
) -> None:
    """Upgrade, or say how."""
    from yingbi.usecases.upgrade import plan_upgrade, upgrade_vault, usual_copy

    if backup is not None and no_backup:
        raise UsageError(problem=say("--backup and --no-backup exclude each other."))
    settings = settings_of(obj)
    path = vault_dir(settings)
    copy_to = None if no_backup else backup or usual_copy(path)
    if dry_run:
        plan = plan_upgrade(path, copy_to)
    else:
        plan = upgrade_vault(
            path, lambda: passphrase(obj, settings), copy_to, memory=settings["memory"]
        )
    if as_json:
        show.as_json(_told(path, plan, dry_run=dry_run))
    elif not plan.steps:
        click.echo(say("The vault '{path}' is up to date; there is nothing to do.", path=path))
        if copy_to is not None and copy_to.exists():
            _remind(copy_to)
    elif dry_run:
        _say_plan(plan)
    else:
        _say_done(path, plan)


def _told(path: Path, plan: "Plan", *, dry_run: bool) -> dict[str, Any]:
    steps = [{"database": s.name, "from": s.found, "to": s.head} for s in plan.steps]
    copy_to = None if plan.copy_to is None else str(plan.copy_to)
    return {
        "vault": str(path),
        "dry_run": dry_run,
        "steps": steps,
        "backup": copy_to,
        "backup_was_there": plan.copied,
    }


def _say_plan(plan: "Plan") -> None:
    if plan.copy_to is None:
        click.echo(say("No copy would be made."))
    elif plan.copied:
        click.echo(say("The copy in '{folder}' is there already.", folder=plan.copy_to))
    else:
        click.echo(
            say(
                "vault.json, keystore, keys.db and catalogue.db would be copied to '{folder}'.",
                folder=plan.copy_to,
            )
        )
    for step in plan.steps:
        click.echo(
            say(
                "{database} would be brought from format {found} to {known}.",
                database=step.name,
                found=step.found,
                known=step.head,
            )
        )
    click.echo(say("Bodies stay as they are. Nothing was done."))


def _say_done(path: Path, plan: "Plan") -> None:
    for step in plan.steps:
        click.echo(
            say(
                "{database} was brought from format {found} to {known}.",
                database=step.name,
                found=step.found,
                known=step.head,
            )
        )
    click.echo(say("The vault '{path}' is up to date.", path=path))
    if plan.copy_to is not None:
        _remind(plan.copy_to)


def _remind(folder: Path) -> None:
    click.echo(
        say(
            "A copy from before is in '{folder}'. It holds wrapped keys: what is erased from now on"
            " could be opened with it. Run 'yingbi verify', then delete that folder.",
            folder=folder,
        ),
        err=True,
    )


@click.command(
    "check",
    help=say(
        "Look for what a crash or a damage left in the vault; 'yingbi verify' looks at the bodies."
    ),
)
@click.option("--repair", is_flag=True, help=say("Put right what can be put right, and say so."))
@click.option(
    "--give-up-page",
    "give_up",
    metavar="PAGE",
    multiple=True,
    help=say("Let a page of locks go that does not open; whatever had a lock there is erased."),
)
@vault_options
@JSON
@click.pass_obj
def check_command(
    obj: dict[str, Any], /, give_up: tuple[str, ...], *, repair: bool, as_json: bool
) -> int:
    """Print the findings; the status is 65 where any is left."""
    from datetime import UTC, datetime

    from yingbi.usecases.check import State, check_vault, page_id_of
    from yingbi.usecases.vault import open_as_it_is

    settings = settings_of(obj)
    pages, path = [page_id_of(one) for one in give_up], vault_dir(settings)
    with open_as_it_is(path, lambda: passphrase(obj, settings), memory=settings["memory"]) as vault:
        now, wanted = datetime.now(UTC), repair or bool(pages)
        findings = list(check_vault(vault, now, repair=wanted, give_up=pages))
    if as_json:
        show.as_json([{"state": one.state, "finding": one.line} for one in findings])
    else:
        words = {
            State.REPAIRABLE: say("--repair puts it right"),
            State.REPAIRED: say("put right"),
            State.BROKEN: say("cannot be put right here"),
        }
        for one in findings:
            click.echo(f"{one.line} ({words[one.state]})")
    well = all(one.state is State.REPAIRED for one in findings)
    return 0 if well else SealBrokenError.exit_status

"""`backup create`, `verify`, `restore`: a second vault, that opens nothing that was erased."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from yingbi.cli import show
from yingbi.cli.options import JSON, opened, vault_options
from yingbi.cli.settings import passphrase, settings_of
from yingbi.domain.messages import say, say_count, say_error
from yingbi.errors import SealBrokenError, UsageError

FOLDER = click.Path(path_type=Path)
KEYS = click.option(
    "--keys",
    "keys_dir",
    type=FOLDER,
    metavar="KEYDIR",
    required=True,
    help=say("Folder of the backup's keys; another than that of the bodies."),
)
WHICH = click.option(
    "--backup", "which", metavar="ID", help=say("Which backup; the newest if not given.")
)


@click.group("backup", help=say("Backups: bodies in one folder, what opens them in another."))
def backup_command() -> None:
    """Group the commands of backups."""


@backup_command.command(
    "create", help=say("Back the vault up to DIR; what is there already is not copied again.")
)
@click.argument("folder", type=FOLDER, metavar="DIR")
@KEYS
@vault_options
@JSON
@click.pass_obj
def create_command(obj: dict[str, Any], /, folder: Path, keys_dir: Path, *, as_json: bool) -> None:
    """Make a backup and say what it took."""
    from datetime import UTC, datetime

    from yingbi.store.backup import Places
    from yingbi.usecases.backup import create_backup

    key_days = settings_of(obj)["backup.key_days"]
    with opened(obj, alone=True) as vault, show.progress(quiet=as_json) as progress:
        places, now = Places(folder, keys_dir), datetime.now(UTC)
        made = create_backup(vault, places, now, progress, key_days=key_days)
    if as_json:
        names = "bodies", "copied", "copied_bytes", "removed", "keys_until", "expired", "made_at"
        show.as_json({"id": str(made.backup_id)} | {name: getattr(made, name) for name in names})
        return
    click.echo(
        say(
            "Backup {id}: {bodies}, {copied} of them new.",
            id=made.backup_id,
            bodies=say_count("{n} body", "{n} bodies", made.bodies),
            copied=made.copied,
        )
    )
    click.echo(say("It can be restored until {time}.", time=made.keys_until))


@backup_command.command(
    "verify", help=say("Look whether a backup in DIR could be restored; nothing is changed.")
)
@click.argument("folder", type=FOLDER, metavar="DIR")
@KEYS
@WHICH
@vault_options
@JSON
@click.pass_context
def verify_command(
    ctx: click.Context, /, folder: Path, keys_dir: Path, which: str | None, *, as_json: bool
) -> None:
    """Check a backup; each broken body is named in a line."""
    from yingbi.store.backup import Places
    from yingbi.usecases.restore import verify_backup

    settings = settings_of(ctx.obj)
    with show.progress(quiet=as_json) as progress:
        found = verify_backup(
            Places(folder, keys_dir),
            _ask(ctx.obj),
            memory=settings["memory"],
            backup_id=_id(which),
            progress=progress,
        )
    if as_json:
        broken = [{"body": name, "error": error.code} for name, error in found.broken]
        names = "made_at", "ledger_at", "bodies", "erased"
        text = {"id": str(found.backup_id)} | {name: getattr(found, name) for name in names}
        show.as_json(text | {"broken": broken})
    else:
        for _, error in found.broken:
            click.echo(say_error(error), err=True)
        bodies = say_count("{n} body", "{n} bodies", found.bodies)
        if not found.broken:
            click.echo(say("Backup {id} is whole: {bodies}.", id=found.backup_id, bodies=bodies))
        _say_ledger(found.ledger_at, found.erased)
    if found.broken:
        ctx.exit(SealBrokenError.exit_status)


@backup_command.command(
    "restore", help=say("Put a vault back from a backup in DIR, into the new folder TARGET.")
)
@click.argument("folder", type=FOLDER, metavar="DIR")
@click.argument("target", type=FOLDER, metavar="TARGET")
@KEYS
@WHICH
@click.option(
    "--ledger",
    "ledgers",
    multiple=True,
    type=FOLDER,
    metavar="FILE",
    help=say("A further erase ledger, from another backup of this vault."),
)
@click.option(
    "--vault-now",
    type=FOLDER,
    metavar="DIR",
    help=say("The vault as it is now, where it is still there: what it erased stays erased."),
)
@vault_options
@JSON
@click.pass_obj
def restore_command(obj: dict[str, Any], /, *, as_json: bool, **given: Any) -> None:
    """Restore, and say what was erased again."""
    from datetime import UTC, datetime

    from yingbi.store.backup import Places
    from yingbi.usecases.restore import restore_backup

    settings = settings_of(obj)
    with show.progress(quiet=as_json) as progress:
        done = restore_backup(
            Places(given["folder"], given["keys_dir"]),
            given["target"],
            _ask(obj),
            memory=settings["memory"],
            now=datetime.now(UTC),
            backup_id=_id(given["which"]),
            ledgers=given["ledgers"],
            vault_now=given["vault_now"],
            progress=progress,
        )
    if as_json:
        names = "made_at", "ledger_at", "objects", "erased"
        show.as_json({"id": str(done.backup_id)} | {name: getattr(done, name) for name in names})
        return
    click.echo(
        say(
            "The vault of {time} is in '{path}': {objects}.",
            time=done.made_at[:19] + "Z",
            path=given["target"],
            objects=say_count("{n} object", "{n} objects", done.objects),
        )
    )
    _say_ledger(done.ledger_at, done.erased)


def _say_ledger(at: str, erased: int) -> None:
    click.echo(
        say(
            "Erased since, and not in it: {erased}. The erase ledger is of {time}; what was"
            " erased after that is not known to it.",
            erased=erased,
            time=at,
        )
    )


def _ask(obj: dict[str, Any]) -> Callable[[], bytes]:
    settings = settings_of(obj)
    return lambda: passphrase(obj, settings)


def _id(text: str | None) -> UUID | None:
    if text is None:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise UsageError(problem=say("'{text}' is no id of a backup", text=text)) from None

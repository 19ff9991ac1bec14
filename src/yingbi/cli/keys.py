"""`keys`, `hold`, `vault passphrase` and `vault recover`: what opens a vault, and how it is renewed."""

import sys
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from yingbi.cli import show
from yingbi.cli.options import JSON, opened, vault_options
from yingbi.cli.settings import new_passphrase, settings_of, shares_from, vault_dir
from yingbi.domain.key_errors import NoSuchHoldError
from yingbi.domain.messages import say, say_count
from yingbi.errors import NoSuchObjectError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from yingbi.domain.hold import Hold
    from yingbi.usecases.relock import Tick

NEW_PASSPHRASE = click.option(
    "--new-passphrase-fd",
    type=int,
    metavar="N",
    help=say("Read the new passphrase from this file descriptor."),
)


@click.group("keys", help=say("Keys: their ages, their rotation, recovery shares."))
def keys_command() -> None:
    """Hold the commands on keys."""


@keys_command.command("list", help=say("List the keys with their ages, and what is due."))
@vault_options
@JSON
@click.pass_obj
def keys_list(obj: dict[str, Any], /, *, as_json: bool) -> None:
    """Print every kind of key."""
    from yingbi.usecases.keys import ages

    with opened(obj) as vault:
        told = ages(vault, datetime.now(UTC))
    if as_json:
        show.as_json(told)
        return
    rows = [
        (
            say(_KEYS[str(one["key"])]),
            _named(one),
            "-" if one["age_days"] is None else one["age_days"],
            say("due") if one["due"] else "-",
        )
        for one in told
    ]
    show.table((say("key"), say("name"), say("age in days"), say("due")), rows)


def _(text: str) -> str:
    """Mark a word for translation; it is translated when it is shown."""
    return text


_KEYS = {
    "root": _("root"),
    "lock-store": _("lock store"),
    "device": _("device"),
    "recovery": _("recovery shares"),
    "box": _("box"),
    "days": _("days of a box"),
}


def _named(one: dict[str, Any]) -> str:
    if one["key"] != "days":
        return (
            say("none") if one["name"] == "none" and one["key"] == "recovery" else str(one["name"])
        )
    return say(
        "{box}: {days} from {oldest} to {newest}",
        box=one["name"],
        days=say_count("{n} day", "{n} days", one["days"]),
        oldest=one["oldest"],
        newest=one["newest"],
    )


@keys_command.command(
    "rotate", help=say("Replace a key; bodies stay as they are, what it wraps is wrapped anew.")
)
@click.option("--root", is_flag=True, help=say("The root, which wraps the keys of boxes."))
@click.option("--box", metavar="NAME", help=say("The key of this box."))
@click.option("--epoch", metavar="BOX", help=say("The keys of this box's days, and every lock."))
@click.option("--day", metavar="DATE", help=say("With --epoch: this UTC day only, as 2026-11-24."))
@vault_options
@JSON
@click.pass_obj
def keys_rotate(
    obj: dict[str, Any],
    /,
    box: str | None,
    epoch: str | None,
    day: str | None,
    *,
    root: bool,
    as_json: bool,
) -> None:
    """Rotate one kind of key."""
    from yingbi.usecases.keys import keystore_copies, rotate_box, rotate_epochs, rotate_root

    if root + (box is not None) + (epoch is not None) != 1:
        raise UsageError(problem=say("Name one: --root, --box NAME or --epoch BOX."))
    if day is not None and epoch is None:
        raise UsageError(problem=say("--day goes with --epoch."))
    chosen = None if day is None else day_of(day)
    spared: list[str] = []
    with opened(obj, alone=True) as vault, _ticking(quiet=as_json) as tick:
        if root:
            told = {"key": "root", "boxes": rotate_root(vault)}
            if keystore_copies(vault):
                line = say(
                    "Backups made before still need the former root: their restore alone can use it, and it goes with the last of their keys."
                )
                click.echo(line, err=True)
        elif box is not None:
            told = {"key": "box", "epochs": rotate_box(vault, box)}
        else:
            done = rotate_epochs(vault, str(epoch), chosen, tick)
            told = {"key": "epoch", "epochs": done.epochs, "locks": done.locks}
            spared = [one.isoformat() for one in done.spared]
    if as_json:
        show.as_json(told | {"spared": spared} if epoch else told)
        return
    click.echo(_rotated(told))
    if spared:
        click.echo(
            say(
                "Spared, since a door has their keys: {days}. Revoke the door first.",
                days=f"{spared[0]} - {spared[-1]}",
            ),
            err=True,
        )


@contextmanager
def _ticking(*, quiet: bool) -> "Iterator[Tick]":
    with show.progress(quiet=quiet) as progress:
        yield progress.begin(say("locks"), None)


def _rotated(told: dict[str, Any]) -> str:
    if told["key"] == "root":
        boxes = say_count("{n} box", "{n} boxes", told["boxes"])
        return say("The root was replaced; it wraps the keys of {boxes}.", boxes=boxes)
    keys = say_count("{n} key of a day", "{n} keys of days", told["epochs"])
    if told["key"] == "box":
        return say("The box's key was replaced; it seals {keys}.", keys=keys)
    locks = say_count("{n} lock", "{n} locks", told["locks"])
    return say("Replaced: {keys}, {locks}.", keys=keys, locks=locks)


@keys_command.command(
    "shares",
    help=say("Make recovery shares and print them once; any THRESHOLD of them open the vault."),
)
@click.option("--threshold", type=int, default=2, show_default=True, help=say("So many open it."))
@click.option("--shares", type=int, default=3, show_default=True, help=say("So many are made."))
@click.option("--yes", is_flag=True, help=say("Print them even where no person is watching."))
@vault_options
@click.pass_obj
def keys_shares(obj: dict[str, Any], /, threshold: int, shares: int, *, yes: bool) -> None:
    """Print the shares, and keep none."""
    from yingbi.usecases.keys import make_shares

    if not yes and not sys.stdout.isatty():
        problem = say("Shares are printed to a terminal only, or with --yes: keep them from logs.")
        raise UsageError(problem=problem)
    with opened(obj, alone=True) as vault:
        made = make_shares(vault, threshold, shares)
    for share in made:
        click.echo(share)
    click.echo(
        say(
            "Any {threshold} of these {shares} open the vault without the passphrase. Write each on"
            " paper, give them to different people, keep none on this machine. Earlier shares are void.",
            threshold=threshold,
            shares=shares,
        ),
        err=True,
    )


@click.command("passphrase", help=say("Change the vault's passphrase, in place."))
@NEW_PASSPHRASE
@vault_options
@click.pass_obj
def passphrase_command(obj: dict[str, Any], /, new_passphrase_fd: int | None) -> None:
    """Ask for the old one, then twice for the new one."""
    from yingbi.usecases.keys import change_passphrase, keystore_copies

    with opened(obj, alone=True) as vault:
        change_passphrase(vault, new_passphrase(new_passphrase_fd))
        copies = keystore_copies(vault)
    click.echo(say("The passphrase was changed; the old one opens nothing any more."))
    click.echo(
        say("Copies of the keystore made before open with the old one: destroy them."), err=True
    )
    _tell_copies(copies)


@click.command(
    "recover", help=say("Open a vault by its recovery shares and give it a new passphrase.")
)
@click.option(
    "--shares-file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help=say("File with one share a line, readable by you alone (default: standard input)."),
)
@NEW_PASSPHRASE
@vault_options
@click.pass_obj
def recover_command(
    obj: dict[str, Any], /, shares_file: Path | None, new_passphrase_fd: int | None
) -> None:
    """Read the shares, then ask twice for the new passphrase."""
    from yingbi.usecases.keys import keystore_copies, recover, tell_recovered
    from yingbi.usecases.vault import open_vault

    settings = settings_of(obj)
    path, memory = vault_dir(settings), settings["memory"]
    new = recover(
        path,
        lambda: shares_from(shares_file),
        lambda: new_passphrase(new_passphrase_fd),
        memory=memory,
    )
    with open_vault(path, lambda: new, memory=memory, alone=True) as vault:
        tell_recovered(vault)
        copies = keystore_copies(vault)
    click.echo(say("The vault opens with the new passphrase."))
    _tell_copies(copies)


def _tell_copies(copies: "list[Path]") -> None:
    """Name each copy that a backup has; the old passphrase opens it until the next backup."""
    for path in copies:
        line = say(
            "The backup's copy '{path}' opens with the passphrase of its time until the next 'yingbi backup create' there.",
            path=path,
        )
        click.echo(line, err=True)


@click.group("hold", help=say("Holds: what must not be erased, whatever its time."))
def hold_command() -> None:
    """Hold the commands on holds."""


@hold_command.command("add", help=say("Keep an object, or a whole box, from being erased."))
@click.option("--box", metavar="NAME", required=True, help=say("The box."))
@click.option("--object", "object_id", metavar="ID", help=say("One object (default: all of it)."))
@click.option("--reason", metavar="TEXT", required=True, help=say("Why; it is sealed."))
@click.option("--until", metavar="DATE", help=say("Last UTC day on which it holds."))
@vault_options
@JSON
@click.pass_obj
def hold_add(obj: dict[str, Any], /, *, as_json: bool, **given: Any) -> None:
    """Add the hold."""
    from yingbi.usecases.hold import Wanted, add_hold

    until = None if given["until"] is None else day_of(given["until"])
    object_id = None if given["object_id"] is None else _object_id(given["object_id"])
    with opened(obj, alone=True) as vault:
        wanted = Wanted(given["box"], object_id, given["reason"], until)
        hold, locks = add_hold(vault, wanted)
    if as_json:
        show.as_json(_hold(hold, given["box"]) | {"locks": locks})
        return
    click.echo(say("Hold {hold} is in force.", hold=hold.hold_id))


@hold_command.command("list", help=say("List the holds that nobody ended."))
@vault_options
@JSON
@click.pass_obj
def hold_list(obj: dict[str, Any], /, *, as_json: bool) -> None:
    """Print every hold."""
    with opened(obj) as vault:
        names = {box.box_id: box.name for box in vault.boxes.boxes()}
        told = [_hold(hold, names.get(hold.box_id, "-")) for hold in vault.holds.all()]
    if as_json:
        show.as_json(told)
        return
    head = (say("hold"), say("box"), say("object"), say("until"), say("reason"))
    keys = ("id", "box", "object", "until", "reason")
    show.table(head, [[one[key] or "-" for key in keys] for one in told])


@hold_command.command(
    "end", help=say("End a hold; what it kept is erased at the next sweep if its time is over.")
)
@click.argument("hold")
@vault_options
@click.pass_obj
def hold_end(obj: dict[str, Any], /, hold: str) -> None:
    """End the hold."""
    from yingbi.usecases.hold import end_hold

    try:
        hold_id = UUID(hold)
    except ValueError:
        raise NoSuchHoldError(hold=hold) from None
    with opened(obj, alone=True) as vault:
        end_hold(vault, hold_id)
    click.echo(say("Hold {hold} is ended.", hold=hold_id))


def day_of(text: str) -> date:
    """Return the day of a text as 2026-11-24, or raise UsageError."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(problem=say("'{text}' is no day; write 2026-11-24", text=text)) from None


def _object_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NoSuchObjectError(object_id=text) from None


def _hold(hold: "Hold", box: str) -> dict[str, Any]:
    return {
        "id": str(hold.hold_id),
        "box": box,
        "object": str(hold.object_id) if hold.object_id else None,
        "reason": hold.reason,
        "until": hold.until.isoformat() if hold.until else None,
        "made_at": hold.made_at,
    }

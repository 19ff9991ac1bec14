"""What commands on a vault share: where it is, its passphrase, and the vault itself, open."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from yingbi.cli.settings import home_filled_in, passphrase, settings_of, vault_dir
from yingbi.domain.messages import say

if TYPE_CHECKING:
    from yingbi.domain.region import Target
    from yingbi.domain.settings import Settings
    from yingbi.usecases.vault import Vault

TRUSTED = click.option(
    "--key",
    "keys",
    multiple=True,
    metavar="FINGERPRINT",
    help=say("Fingerprint of another installation's key to trust; may be repeated."),
)
"""Whose signatures are trusted beside one's own: `keys`, fingerprints."""

JSON = click.option("--json", "as_json", is_flag=True, help=say("Print JSON for machines."))

TEXT = click.option(
    "--text",
    "text_kind",
    type=click.Choice(["private", "all"]),
    help=say(
        "Cover text too: only private lines, such as numbers of people, cards and telephones, and what cannot be read; or all."
    ),
)
"""For `mask`: `detect.text_kind`, and the target text beside whatever else is covered."""

PLACES = click.option(
    "--places",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=say(
        "TOML or JSON file of lines and areas: who crosses, enters or stays becomes an event."
    ),
)

WITNESS = click.option(
    "--witness",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=say("A checkpoint kept outside the vault; the log must continue it."),
)


def vault_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let --vault and --passphrase-fd stand behind the command's name as well."""

    def keep(ctx: click.Context, option: click.Parameter, value: Any) -> None:
        if value is not None and option.name is not None:
            ctx.obj[option.name] = value

    for option in (
        click.option(
            "--passphrase-fd",
            type=int,
            metavar="N",
            expose_value=False,
            callback=keep,
            help=say("Read the passphrase from this file descriptor."),
        ),
        click.option(
            "--vault",
            metavar="DIR",
            expose_value=False,
            callback=keep,
            help=say("Folder of the vault."),
        ),
    ):
        command = option(command)
    return command


def with_text(targets: "Sequence[Target]", text_kind: str | None) -> "tuple[Target, ...]":
    """Return the targets, text among them where --text was given."""
    from yingbi.domain.region import Target

    return tuple(dict.fromkeys([*targets, *([Target.TEXT] if text_kind else [])]))


def witness_of(settings: "Settings") -> Path | None:
    """Return the witness that the settings name, or None."""
    given: str = settings["log.witness"]
    return home_filled_in(given) if given else None


@contextmanager
def opened(
    obj: dict[str, Any], *, alone: bool = False, by_time: bool = True, anew: Path | None = None
) -> Iterator["Vault"]:
    """Yield the vault that the options name, open, held to its witness where one is set.

    alone: while nobody else uses it. by_time: whether what is over its time is erased
    first. anew: a witness that is about to be written; it is not asked for what it knows.
    """
    from yingbi.usecases.vault import open_vault

    settings = settings_of(obj)
    path, witness = vault_dir(settings), witness_of(settings)
    if witness and anew and witness.absolute() == anew.absolute():
        witness = None

    def ask() -> bytes:
        return passphrase(obj, settings)

    with open_vault(
        path,
        ask,
        memory=settings["memory"],
        alone=alone,
        by_time=by_time,
        tell=tell,
        max_jump_days=settings["retention.max_jump_days"],
        witness=witness,
    ) as vault:
        yield vault


def tell(line: str) -> None:
    """Say a line beside the output."""
    click.echo(line, err=True)

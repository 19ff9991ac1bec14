"""What commands on a vault share: where it is, its passphrase, and the vault itself, open."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from yingbi.cli.settings import passphrase, settings_of, vault_dir
from yingbi.domain.messages import say

if TYPE_CHECKING:
    from yingbi.usecases.vault import Vault

JSON = click.option("--json", "as_json", is_flag=True, help=say("Print JSON for machines."))


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


@contextmanager
def opened(obj: dict[str, Any], *, alone: bool = False) -> Iterator["Vault"]:
    """Yield the vault that the options name, open; `alone` while nobody else uses it."""
    from yingbi.usecases.vault import open_vault

    settings = settings_of(obj)
    path = vault_dir(settings)

    def ask() -> bytes:
        return passphrase(obj, settings)

    with open_vault(path, ask, memory=settings["memory"], alone=alone, tell=_tell) as vault:
        yield vault


def _tell(line: str) -> None:
    click.echo(line, err=True)

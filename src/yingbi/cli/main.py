"""The command line's top: global options, and commands that load only when they run."""

import importlib
import os
import sys
from typing import Any

import click

from yingbi.domain.messages import say

COMMANDS = {
    "app": "local",
    "mask": "masking",
    "detect": "masking",
    "grade": "grading",
    "watch": "watching",
    "edit": "edits",
    "review": "reviewing",
    "live": "living",
    "report": "reports",
    "vault": "vault",
    "box": "vault",
    "protect": "protecting",
    "list": "objects",
    "inspect": "objects",
    "open": "opening",
    "query": "querying",
    "day": "days",
    "verify": "objects",
    "erase": "erasing",
    "subject": "subjects",
    "consent": "consents",
    "enrol": "enrolling",
    "hold": "keys",
    "keys": "keys",
    "backup": "backup",
    "log": "log",
    "person": "people",
    "models": "house",
    "doctor": "house",
    "config": "house",
    "standard": "house",
    "bench": "bench",
}


class Commands(click.Group):
    """A group whose commands are imported when they are asked for."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Without a word, and before a desktop, open the page for whoever does not type."""
        return super().parse_args(ctx, args or (["app"] if before_a_desktop() else []))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of a user's day."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, or None where there is none of that name."""
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        commands = importlib.import_module(f"yingbi.cli.{module}")
        command: click.Command = getattr(commands, f"{cmd_name}_command")
        return command


def before_a_desktop() -> bool:
    """Return whether somebody sits at a desktop of this machine, and not in a shell from afar."""
    shown = sys.platform in ("win32", "darwin")
    shown = shown or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return shown and "SSH_CONNECTION" not in os.environ and sys.stdin.isatty()


def _version(ctx: click.Context, _option: click.Parameter, value: bool) -> None:  # noqa: FBT001 click's shape
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"yingbi {version('yingbi')}")
        ctx.exit()


@click.group(
    cls=Commands,
    help=say(
        "Find the people in film and pictures, mask them, seal the result, release it only to whom may see it, and prove it."
    ),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option("--vault", metavar="DIR", help=say("Folder of the vault."))
@click.option(
    "--passphrase-fd",
    type=int,
    metavar="N",
    help=say("Read the passphrase from this file descriptor."),
)
@click.option("--lang", type=click.Choice(["en", "zh"]), help=say("Language of messages."))
@click.option(
    "--config", "config_file", metavar="FILE", help=say("Settings file instead of ./yingbi.toml.")
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help=say("Show the version."),
)
@click.pass_context
def main(ctx: click.Context, /, **given: Any) -> None:
    """Keep the global options for the command that follows."""
    ctx.obj = dict(given)

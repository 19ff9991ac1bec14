"""`app`: a page in the browser for whoever would rather not type."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from yingbi.cli.settings import settings_of
from yingbi.domain.messages import say

FILE = click.Path(path_type=Path)
PORT = click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="N",
    help=say("Port of the page; without it a free one is taken."),
)
NO_BROWSER = click.option(
    "--no-browser",
    is_flag=True,
    help=say("Open no browser; only print the address, which works once."),
)


def teller(*, no_browser: bool) -> Callable[[str], None]:
    """Return what says where the page is, and how long."""

    def tell(address: str) -> None:
        if no_browser:
            click.echo(say("Open this address in a browser:"))
        else:
            click.echo(
                say("The page is open in your browser. If it is not, open this address there:")
            )
        click.echo(f"  {address}")
        click.echo(
            say(
                "It works once, within five minutes, on this computer only. Ctrl+C ends it; it ends by itself 15 minutes after the page was closed."
            )
        )

    return tell


@click.command(
    "app", help=say("Open a page in the browser on which films are masked with one button.")
)
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=FILE)
@PORT
@NO_BROWSER
@click.pass_obj
def app_command(
    obj: dict[str, Any], /, paths: tuple[Path, ...], *, port: int, no_browser: bool
) -> None:
    """Serve the page until it is left."""
    from yingbi.web.app import app_pages
    from yingbi.web.local import serve

    pages = app_pages(settings_of(obj), paths)
    serve(pages, open_browser=not no_browser, tell=teller(no_browser=no_browser), port=port)

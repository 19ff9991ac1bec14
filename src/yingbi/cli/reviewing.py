"""`review`: a page on which a film is looked through before its copy is made."""

from pathlib import Path
from typing import Any

import click

from yingbi.cli.local import FILE, NO_BROWSER, PORT, teller
from yingbi.cli.settings import settings_of
from yingbi.domain.messages import say


@click.command(
    "review",
    help=say("Open a page on which you see what is masked in FILM, and decide; nothing is sent."),
)
@click.argument("film", metavar="FILM", type=FILE)
@click.option(
    "--edit",
    type=FILE,
    metavar="FILE",
    help=say("Edit file to go on with, or to make; without it FILM.edit.json beside the film."),
)
@PORT
@NO_BROWSER
@click.pass_obj
def review_command(
    obj: dict[str, Any], /, film: Path, edit: Path | None, *, port: int, no_browser: bool
) -> None:
    """Serve the page until it is left."""
    from yingbi.web.local import serve
    from yingbi.web.review import review_pages

    pages = review_pages(settings_of(obj), film, edit)
    serve(
        pages,
        open_browser=not no_browser,
        tell=teller(no_browser=no_browser),
        start="/review",
        port=port,
    )

"""Leading the user's browser in without telling anybody else the way.

What stands on a command line is seen by every user of the machine, and so is the address
that a browser is started with. So the browser is given a file that only its owner can read.
"""

import contextlib
import os
import secrets
import threading
import time
import webbrowser
from dataclasses import dataclass
from pathlib import Path

from yingbi.domain.settings import data_home

NAME = "yingbi-open-{}.html"
STALE_S = 300
SNAPS = Path("/snap/bin")
"""Browsers that were installed this way cannot read folders whose names begin with a dot."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """A file that leads a browser to an address. path: where it lies."""

    path: Path

    def withdraw(self) -> None:
        """Remove the file, where it is still there."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)


def invite(url: str) -> Invitation | None:
    """Write the file and open it in the user's browser; None where that cannot be done."""
    try:
        invitation = Invitation(_write(_place(), url))
    except OSError:
        return None
    # beside the pages: some browsers are waited for until they end
    threading.Thread(target=_open, args=[invitation.path.as_uri()], daemon=True).start()
    return invitation


def _open(address: str) -> None:
    with contextlib.suppress(webbrowser.Error, OSError):
        webbrowser.open(address)


def _place() -> Path:
    return Path.home() if SNAPS.is_dir() else data_home() / "pages"


def _write(folder: Path, url: str) -> Path:
    """Write a file of a new name that its owner alone can read; return where it lies."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.glob(NAME.format("*")):  # by runs that were killed
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > STALE_S:
                left.unlink()
    path = folder / NAME.format(secrets.token_hex(8))
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
        file.write(
            '<!doctype html><meta charset="utf-8"><title>Yingbi</title>'
            f'<meta http-equiv="refresh" content="0; url={url}">'
        )
    return path

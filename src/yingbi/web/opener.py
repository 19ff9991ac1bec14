"""Show a folder in the window that this system shows folders in."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

from yingbi.domain.messages import say
from yingbi.errors import UnreadableInputError


def open_folder(folder: Path) -> None:
    """Open a folder's window. Raises: UnreadableInputError where nothing here does that."""
    if sys.platform == "win32":
        os.startfile(folder)  # noqa: S606 the folder is one that was written to
        return
    command = shutil.which("open" if sys.platform == "darwin" else "xdg-open")
    if command is None:
        reason = say("this system has no window for folders")
        raise UnreadableInputError(path=folder, reason=reason)
    # beside the pages: some of them are waited for until their window is closed
    threading.Thread(target=_run, args=[command, folder], daemon=True).start()


def _run(command: str, folder: Path) -> None:
    quiet = subprocess.DEVNULL
    subprocess.run([command, folder], stdin=quiet, stdout=quiet, stderr=quiet, check=False)

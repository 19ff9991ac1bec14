"""Where people keep their films, and what lies there: only folders, films and pictures."""

import os
import re
import string
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from yingbi.capture.inputs import ENDINGS
from yingbi.errors import NoSuchInputError, UnreadableInputError

USUAL = ("Desktop", "Downloads", "Videos", "Movies", "Pictures", "Documents")
NAMED = ("DESKTOP", "DOWNLOAD", "VIDEOS", "PICTURES", "DOCUMENTS")
MOST_SHOWN = 2000


@dataclass(frozen=True, slots=True)
class Shelf:
    """What lies in a folder, by name; hidden things and links to folders are left out.

    above: the folder around it, None at the top. more: how much was left out, being too much.
    """

    folder: Path
    above: Path | None
    folders: tuple[Path, ...]
    files: tuple[Path, ...]
    more: int = 0


def usual_places(
    here: Path | None = None, environment: Mapping[str, str] | None = None
) -> list[Path]:
    """Return the folders that films usually lie in and that are there, the likeliest first.

    They are the folder that the program was started in (here), those of the user's desktop,
    whatever they are called in its language, the home folder, and what is plugged in.
    """
    home = Path.home()
    asked = [
        here or Path.cwd(),
        *_desktops_own(home, os.environ if environment is None else environment),
        *(home / name for name in USUAL),
        home,
        *_plugged_in(),
    ]
    return [place for place in dict.fromkeys(asked) if _is_folder(place)]


def shelf(folder: Path) -> Shelf:
    """Return what lies in a folder. Raises: NoSuchInputError, UnreadableInputError."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name.casefold())
    except FileNotFoundError:
        raise NoSuchInputError(path=folder) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise UnreadableInputError(path=folder, reason=reason) from None
    folders = [Path(entry.path) for entry in entries if _shown(entry) and _is_own_folder(entry)]
    files = [Path(entry.path) for entry in entries if _shown(entry) and _is_media(entry)]
    above = folder.parent if folder.parent != folder else None
    more = max(0, len(folders) - MOST_SHOWN) + max(0, len(files) - MOST_SHOWN)
    return Shelf(folder, above, tuple(folders[:MOST_SHOWN]), tuple(files[:MOST_SHOWN]), more)


def _shown(entry: os.DirEntry[str]) -> bool:
    return not entry.name.startswith(".")


def _is_own_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _is_media(entry: os.DirEntry[str]) -> bool:
    try:
        return Path(entry.name).suffix.lower() in ENDINGS and entry.is_file()
    except OSError:
        return False


def _desktops_own(home: Path, environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield the folders that the desktop made, as its file names them (xdg-user-dirs)."""
    base = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    try:
        text = (base / "user-dirs.dirs").read_text("utf-8")
    except (OSError, ValueError):
        return
    for name in NAMED:
        found = re.search(rf'^XDG_{name}_DIR="(.*)"', text, re.MULTILINE)
        if found:
            yield Path(found[1].replace("$HOME", str(home)))


def _plugged_in() -> Iterator[Path]:
    """Yield the folders of disks and cards that were plugged in."""
    if sys.platform == "win32":
        yield from (Path(f"{letter}:\\") for letter in string.ascii_uppercase[3:])
        return
    user = Path.home().name
    around = [Path("/media") / user, Path("/run/media") / user, Path("/media"), Path("/mnt")]
    for folder in [*around, Path("/Volumes")]:
        try:
            yield from sorted(path for path in folder.iterdir() if not path.is_symlink())
        except OSError:
            continue


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False

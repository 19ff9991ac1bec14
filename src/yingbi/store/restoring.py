"""A vault that is being put back: no vault until vault.json has its name.

Until then `.vault.json` marks the folder, and the next attempt clears it and begins anew.

Clause: 6.2.3-2.
"""

import contextlib
import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path

from yingbi.disk.durable import Disk
from yingbi.errors import CannotCreateError, ReadWriteError, VaultExistsError
from yingbi.store.folder import FORMAT, VaultFolder

_MARK, _NAME, _LOCK = ".vault.json", "vault.json", "lock"
_OURS = re.compile(
    r"(keystore(\.recovery)?|(keys|catalogue)\.db)(\.part)?|(keys|catalogue)\.db-(wal|shm|journal)"
)
_BODY = re.compile(r"[0-9a-f]{30}\.yb(\.part)?")


def prepare(folder: VaultFolder, disk: Disk) -> None:
    """Make the folder, empty but for its lock and its mark; the caller holds it alone.

    Raises: VaultExistsError where it holds a vault or anything but a restore that broke off.
    """
    clear(folder, disk)
    with disk.step("close", folder.path):
        folder.path.chmod(0o700)
    disk.write_new(folder.path / _MARK, _text(folder))
    disk.make_folder(folder.objects)


def make(path: Path, disk: Disk) -> None:
    """Make the folder itself where it is not there. Raises: CannotCreateError, VaultExistsError."""
    if not path.parent.is_dir():
        reason = "the folder that it would lie in is missing"
        raise CannotCreateError(path=path, reason=reason)
    if path.exists() and not path.is_dir():
        raise CannotCreateError(path=path, reason="it is no folder")
    if path.is_dir():
        check_free(path)
    disk.make_folder(path)


def check_free(path: Path) -> None:
    """Raise VaultExistsError where the folder holds anything but a restore that broke off."""
    found = {entry.name: entry for entry in path.iterdir()}
    found.pop(_LOCK, None)
    mark, bodies = found.pop(_MARK, None), found.pop("objects", None)
    fits = all(_OURS.fullmatch(name) and _is_file(entry) for name, entry in found.items())
    if bodies is not None:
        fits = fits and all(_is_shelf(entry) for entry in bodies.iterdir())
    if not fits or (mark is None and (found or bodies is not None)):
        raise VaultExistsError(path=path)


def clear(folder: VaultFolder, disk: Disk) -> None:
    """Remove what a restore left that broke off, its mark last. Raises: VaultExistsError."""
    check_free(folder.path)
    try:
        for body in folder.objects.glob("??/*"):
            disk.unlink(body)
        for shelf in (*folder.objects.glob("??"), folder.objects):
            if shelf.is_dir():
                with disk.step("remove folder", shelf):
                    shelf.rmdir()
        for entry in folder.path.iterdir():
            if _OURS.fullmatch(entry.name):
                disk.unlink(entry)
        disk.unlink(folder.path / _MARK)
    except OSError as error:
        raise ReadWriteError(path=folder.path, reason=error.strerror or error) from None


def give_up(folder: VaultFolder, disk: Disk) -> None:
    """Clear the folder where that can be done; what is left is no vault either way."""
    if not (folder.path / _NAME).exists():
        with contextlib.suppress(OSError, ReadWriteError, VaultExistsError):
            clear(folder, disk)


def finish(folder: VaultFolder, disk: Disk) -> None:
    """Give vault.json its name: from here on it is a vault."""
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    with disk.step("date", folder.path):
        for shelf in folder.objects.glob("??"):
            os.utime(shelf, (day, day))
    disk.sync_folder(folder.objects)
    disk.rename(folder.path / _MARK, folder.path / _NAME)
    disk.sync_folder(folder.path)
    disk.sync_folder(folder.path.parent)


def _text(folder: VaultFolder) -> bytes:
    text = {
        "format": FORMAT,
        "suite": folder.suite_name,
        "controller": str(folder.controller_id),
        "vault": str(folder.vault_id),
    }
    return json.dumps(text, indent=1).encode()


def _is_shelf(entry: Path) -> bool:
    if not entry.is_dir() or entry.is_symlink() or len(entry.name) != 2:
        return False
    return all(_BODY.fullmatch(body.name) and _is_file(body) for body in entry.iterdir())


def _is_file(entry: Path) -> bool:
    return entry.is_file() and not entry.is_symlink()

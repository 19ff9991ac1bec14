"""Taking a whole vault away: its root first, so that what a crash leaves opens for nobody.

A mark says that it is decided. From there on no passphrase is needed to finish:
there is nothing left that one could open, or will not be in a moment.

Clause: 6.2.3.c-1.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from yingbi.disk.durable import Disk
from yingbi.domain.crossing import Crossing, no_crossing
from yingbi.errors import ReadWriteError
from yingbi.store.folder import DESTROYING

_ROOTS = ("keystore.recovery", "keystore")
_LAST = ("vault.json", "lock", DESTROYING)
_DATABASES = ("keys.db", "catalogue.db")
_TREES = ("objects", "inbox")
OVERWRITES = 2


def is_decided(path: Path) -> bool:
    """Return whether the destruction of the vault in this folder has begun."""
    return (path / DESTROYING).exists()


def decide(path: Path, crossing: Crossing = no_crossing) -> None:
    """Put the mark on the disk: the vault opens no more. Raises: ReadWriteError."""
    Disk("destroy", crossing).write_new(path / DESTROYING, b"")


def destroy(path: Path, crossing: Crossing = no_crossing) -> list[str]:
    """Remove a vault whose destruction is decided; return the names of foreign files that stay.

    Links are removed, never followed. Raises: ReadWriteError; running it again goes on.
    """
    disk = Disk("destroy", crossing)
    for name in _ROOTS:
        if os.path.lexists(path / name):
            _wipe_root(disk, path / name)
    for name in _DATABASES:
        for ending in ("", "-wal", "-shm", "-journal"):
            disk.unlink(path / (name + ending))
    disk.sync_folder(path)
    for name in _TREES:
        for entry in _deepest_first(path / name):
            _remove(disk, entry)
    for name in _LAST[:-1]:
        disk.unlink(path / name)
    disk.sync_folder(path)
    disk.unlink(path / DESTROYING)
    disk.sync_folder(path)
    left = sorted(entry.name for entry in path.iterdir())
    if not left:
        _remove(disk, path)
    return left


def _wipe_root(disk: Disk, root: Path) -> None:
    """Overwrite the keystore, or what recovery shares open, in place with noise; then unlink it."""
    if root.is_file() and not root.is_symlink():
        for _ in range(OVERWRITES):
            disk.overwrite(root, 0, os.urandom(max(1, root.stat().st_size)))
    disk.unlink(root)
    disk.sync_folder(root.parent)


def _remove(disk: Disk, entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        with disk.step("remove folder", entry):
            entry.rmdir()
    else:
        disk.unlink(entry)


def _deepest_first(tree: Path) -> Iterator[Path]:
    """Return everything in a folder and then the folder itself."""
    try:
        if tree.is_symlink() or not tree.exists():
            if tree.is_symlink():
                yield tree
            return
        for folder, folders, files in os.walk(tree, topdown=False):
            for name in (*files, *folders):
                yield Path(folder) / name
        yield tree
    except OSError as error:
        raise ReadWriteError(path=tree, reason=error.strerror or str(error)) from None

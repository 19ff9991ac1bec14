"""A copy of a vault's files but for its bodies: what an upgrade could spoil.

The copy holds the keystore and the wrapped keys of that moment. Whoever has it,
the passphrase and the bodies can open what is erased later: it is made to be
deleted soon.

Clause: 6.2.3-2.
"""

import contextlib
from collections.abc import Collection
from pathlib import Path

from yingbi.disk.durable import Disk
from yingbi.errors import CannotCreateError, ReadWriteError, UnsafeOutputError
from yingbi.store.folder import VaultFolder

_PIECE = 1 << 20
_UNFINISHED = ".part"


def check_place(folder: VaultFolder, target: Path) -> None:
    """Raise UnsafeOutputError or CannotCreateError where no copy can be made in `target`."""
    if target.resolve().is_relative_to(folder.path.resolve()):
        raise UnsafeOutputError(output=target, reason="it lies in the vault")
    if not target.parent.is_dir():
        raise CannotCreateError(path=target, reason="the folder that it would lie in is missing")
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise CannotCreateError(path=target, reason="it is already there")


def is_copied(folder: VaultFolder, target: Path, changed: Collection[Path]) -> bool:
    """Return whether `target` holds the copy already: all files, equal but for the changed ones.

    Raises: CannotCreateError where something else is there; ReadWriteError.
    """
    if not target.exists():
        return False
    for path in _files(folder):
        copy = target / path.name
        if not copy.is_file() or (path not in changed and not _equal(path, copy)):
            raise CannotCreateError(
                path=target, reason="it is already there, and no copy of this vault as it is now"
            )
    return True


def copy(folder: VaultFolder, target: Path, disk: Disk) -> None:
    """Copy the files into a new folder that only its owner reads; it is there whole or not at all.

    Nobody else uses the vault, and the journals of its databases are empty.

    Raises: CannotCreateError; ReadWriteError.
    """
    unfinished = target.with_name(target.name + _UNFINISHED)
    names = [path.name for path in _files(folder)]
    _clear(unfinished, names, disk)
    disk.make_folder(unfinished)
    try:
        for path in _files(folder):
            _copy(path, unfinished / path.name, disk)
        disk.sync_folder(unfinished)
        disk.rename(unfinished, target)
    except BaseException:  # an interruption as well: it holds keys
        with contextlib.suppress(OSError, ReadWriteError):
            _clear(unfinished, names, disk)
        raise
    disk.sync_folder(target.parent)


def _files(folder: VaultFolder) -> list[Path]:
    return [folder.path / "vault.json", folder.keystore, folder.keys_db, folder.catalogue_db]


def _copy(source: Path, target: Path, disk: Disk) -> None:
    file = disk.create(target)
    try:
        with source.open("rb") as reader:
            while piece := reader.read(_PIECE):
                file.write(piece)
        file.sync()
    except OSError as error:
        raise ReadWriteError(path=source, reason=error.strerror or error) from None
    finally:
        file.close()


def _clear(folder: Path, names: Collection[str], disk: Disk) -> None:
    """Remove what a copy that broke off left; refuse to touch anything else."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise CannotCreateError(path=folder, reason="it is already there")
    if not folder.exists():
        return
    if {path.name for path in folder.iterdir()} - set(names):
        raise CannotCreateError(path=folder, reason="it is already there")
    for name in names:
        disk.unlink(folder / name)
    with disk.step("remove folder", folder):
        folder.rmdir()


def _equal(first: Path, second: Path) -> bool:
    try:
        if first.stat().st_size != second.stat().st_size:
            return False
        with first.open("rb") as one, second.open("rb") as other:
            while piece := one.read(_PIECE):
                if piece != other.read(_PIECE):
                    return False
    except OSError as error:
        raise ReadWriteError(path=second, reason=error.strerror or error) from None
    return True

"""Outputs that are whole or not there at all."""

import contextlib
import errno
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from yingbi.domain.messages import say
from yingbi.errors import CannotCreateError, OutputExistsError, ReadWriteError

PART = re.compile(r"\.[0-9a-f]{16}\.part")
"""The name of a file that is being written, or that a killed writer left."""

FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL
FLAGS |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
FULL = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})


@contextmanager
def new_file(path: Path, *, force: bool, private: bool = True) -> Iterator[BinaryIO]:
    """Yield a file that takes the name `path` when the block ends well, and vanishes otherwise.

    private: readable by its owner only; without it the user's umask decides, as for a
    copy that is made to be given away. It lies under a random name in the same folder until it is on the
    disk, and is removed on any exception. Raises OutputExistsError where the path is
    taken and `force` is not set, CannotCreateError where it is a folder or a link or
    the folder takes no file, ReadWriteError where writing fails midway.
    """
    check_new(path, force=force)
    temporary = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        descriptor = os.open(temporary, FLAGS, 0o600 if private else 0o666)
    except OSError as error:
        raise CannotCreateError(path=path, reason=_reason(error, path)) from None
    try:
        with os.fdopen(descriptor, "w+b") as file:
            _hold(descriptor)
            yield file
            file.flush()
            os.fsync(file.fileno())
        check_new(path, force=force)  # it may have appeared while we were writing
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise ReadWriteError(path=path, reason=_reason(error, path)) from error
    finally:
        temporary.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Remove what killed writers left half-written in the folder; what is being written stays."""
    with contextlib.suppress(OSError):
        for path in [path for path in folder.iterdir() if PART.fullmatch(path.name)]:
            with path.open("rb") as file:
                if _hold(file.fileno()):
                    path.unlink(missing_ok=True)


def _hold(descriptor: int) -> bool:
    """Mark an open file as being written; return False where another has it, or none can."""
    try:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        return False
    return True


def check_new(path: Path, *, force: bool) -> None:
    """Raise where the path must not be taken, as `new_file` does."""
    try:
        path.lstat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise CannotCreateError(path=path, reason=_reason(error, path)) from None
    if path.is_symlink():
        raise CannotCreateError(path=path, reason=say("it is a link"))
    if path.is_dir():
        raise CannotCreateError(path=path, reason=say("it is a folder"))
    if path.exists() and not path.is_file():
        raise CannotCreateError(path=path, reason=say("it is not a regular file"))
    if path.exists() and not force:
        raise OutputExistsError(path=path)


def _reason(error: OSError, path: Path) -> str:
    if error.errno in FULL:
        return say("the disk is full")
    if isinstance(error, FileNotFoundError):
        return say("the folder '{folder}' does not exist", folder=path.parent)
    if isinstance(error, PermissionError):
        return say("the folder '{folder}' may not be written to", folder=path.parent)
    return error.strerror or type(error).__name__


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut, where the system can."""
    with contextlib.suppress(OSError, AttributeError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

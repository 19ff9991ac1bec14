"""Inputs opened once and by content: regular files only, whatever their name says."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from yingbi.domain.messages import say
from yingbi.errors import EmptyInputError, NoSuchInputError, UnreadableInputError

FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)  # a FIFO put in the file's place must not hold us
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def open_source(path: Path) -> BinaryIO:
    """Return the file, open for reading; a link that the user named is followed.

    Raises NoSuchInputError, UnreadableInputError (no permission, a folder, a pipe, a
    device) or EmptyInputError.
    """
    try:
        descriptor = os.open(path, FLAGS)
    except FileNotFoundError:
        raise NoSuchInputError(path=path) from None
    except OSError as error:
        raise UnreadableInputError(path=path, reason=error.strerror) from None
    found = os.fstat(descriptor)
    if stat.S_ISREG(found.st_mode) and found.st_size:
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    if stat.S_ISREG(found.st_mode):
        raise EmptyInputError(path=path)
    raise UnreadableInputError(path=path, reason=say("it is not a regular file"))

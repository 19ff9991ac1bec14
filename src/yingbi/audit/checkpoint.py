"""Checkpoints, as C2SP describes them: the head of a log in three lines, signed as a note.

Whoever keeps one elsewhere can tell later whether a log still continues it.

Clause: 6.2.4.b.2-2.
"""

import base64
import re
from dataclasses import dataclass
from uuid import UUID

from yingbi.audit.note import NoteKey, from_base64, open_note
from yingbi.crypto.suite import Suite

_ROOT_BYTES = 32
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Which log, how many entries, and the 32-byte root over them."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def checkpoint_of(text: str) -> Checkpoint:
    """Return the checkpoint that a note's text holds; lines behind its three mean nothing here.

    Raises: ValueError.
    """
    lines = text.removesuffix("\n").split("\n")
    if len(lines) < 3 or not all(lines) or not _SIZE.fullmatch(lines[1]):
        raise ValueError("it is no checkpoint")
    root = from_base64(lines[2])
    if len(root) != _ROOT_BYTES:
        raise ValueError("its root has another length")
    return Checkpoint(lines[0], int(lines[1]), root)


def origin_of(vault_id: UUID) -> str:
    """Return the name of a vault's log."""
    return f"yingbi/{vault_id}"


def log_key(origin: str, suite: Suite, public_key: bytes) -> NoteKey:
    """Return the key that signs a log's checkpoints: the device's, by the name of the log."""
    return NoteKey(origin, suite, public_key)


def open_checkpoint(note: bytes, key: NoteKey) -> Checkpoint:
    """Return the checkpoint that the key signed.

    Raises: ValueError for what is none, or one of another log; InvalidTagError.
    """
    checkpoint = checkpoint_of(open_note(note, key))
    if checkpoint.origin != key.name:
        raise ValueError("it is of another log")
    return checkpoint

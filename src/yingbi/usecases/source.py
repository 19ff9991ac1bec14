"""Removing a clear source once its object is in the vault and verified.

Only the very file that was protected goes: a plain file of one name, unchanged
since before it was read. Unlinking takes the name away; what a disk keeps of the
bytes is beyond it.

Clause: 6.2.3-1; 6.2.3.c-1.
"""

import hashlib
import os
import stat
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from yingbi.capture.inputs import Input
from yingbi.disk.durable import Disk
from yingbi.domain.ledger import Action, Deed
from yingbi.domain.messages import say, say_error
from yingbi.domain.report import Progress
from yingbi.domain.tightening import Original
from yingbi.errors import ReadWriteError, YingbiError
from yingbi.usecases.opened import Vault
from yingbi.usecases.protect import Protected, Protector
from yingbi.usecases.verify import verify_parts


@dataclass(frozen=True, slots=True)
class Mark:
    """What a file was before it was read; another file of the name has another one."""

    device: int
    inode: int
    size: int
    changed_ns: int
    touched_ns: int
    names: int
    plain: bool


def mark_of(path: Path) -> Mark:
    """Return the mark of what the path itself names, links not followed. Raises: ReadWriteError."""
    try:
        found = os.lstat(path)
    except OSError as error:
        raise ReadWriteError(path=path, reason=error.strerror or str(error)) from None
    return Mark(
        found.st_dev,
        found.st_ino,
        found.st_size,
        found.st_mtime_ns,
        found.st_ctime_ns,
        found.st_nlink,
        stat.S_ISREG(found.st_mode),
    )


@dataclass(frozen=True, slots=True)
class RemovingProtector:
    """Protects an input, then removes its source. vault: the one that took it in."""

    vault: Vault
    protector: Protector

    def protect(self, item: Input, progress: Progress) -> Protected:
        """Take one input in; `stays` tells why its source was not removed, if it was not.

        Raises: as `Protector.protect` does; the source stays then.
        """
        before = mark_of(item.path)
        done = self.protector.protect(item, progress)
        try:
            stays = self._remove(done, before)
        except YingbiError as error:
            stays = say_error(error)
        return replace(done, stays=stays, source_removed=not stays)

    def _remove(self, done: Protected, before: Mark) -> str:
        """Verify, compare, unlink, and log it; return why it stays, or nothing."""
        path, vault = done.source, self.vault
        if done.verdict.original is Original.WITHHELD:
            return say("its original was withheld, and this is the only one")
        reason = _why_not(path, before, vault.folder.path)
        if reason:
            return reason
        verify_parts(vault, vault.rooms.catalogue.get(done.object_id))
        digest = self._digest(path)
        if mark_of(path) != before:
            return say("it changed meanwhile")
        disk = Disk("source", vault.crossing)
        disk.unlink(path)
        disk.sync_folder(path.parent)
        box_id = vault.rooms.catalogue.get(done.object_id).box_id
        told = {"source": digest.hex()}
        now = datetime.now(UTC)
        vault.log.record(Deed(Action.SOURCE_REMOVED, now, box_id, done.object_id, digests=told))
        return ""

    def _digest(self, path: Path) -> bytes:
        """Return what names the file's content to this vault's owner and to nobody else."""
        try:
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").digest()
        except OSError as error:
            raise ReadWriteError(path=path, reason=error.strerror or str(error)) from None
        key = self.vault.keystore.catalogue_key("sources")
        return self.vault.keystore.suite.hmac(key, content)


def _why_not(path: Path, before: Mark, vault: Path) -> str:
    if not before.plain:
        return say("it is a link or no plain file")
    if before.names > 1:
        return say("it has other names (hard links)")
    if path.resolve().is_relative_to(vault.resolve()):
        return say("it lies in the vault")
    if mark_of(path) != before:
        return say("it changed meanwhile")
    return ""

"""The file of a keystore: its secrets in two slots, and in the recovery file where shares were made.

What is written is on the disk in every place before anyone relies on it, and at
every moment one place is whole.

Clause: 6.2.3.e-1; 6.2.4.b.1.
"""

from collections.abc import Mapping
from pathlib import Path

from yingbi.crypto.suite import Suite
from yingbi.disk.durable import Disk
from yingbi.errors import NoKeyError, VaultLockedError
from yingbi.keys.recovery import Anchor, RecoveryFile, sealed_copy
from yingbi.keys.slots import (
    Place,
    Slot,
    SlotKey,
    content_of,
    fields_of,
    opened_slot,
    overwrite,
    read_slots,
    sealed_slot,
)

RECOVERY = 10
"""The tag of the digest by which a keystore knows the anchor of its recovery file."""


class Safe:
    """Secrets by their tags, in memory and in their file."""

    def __init__(
        self,
        path: Path,
        suite: Suite,
        secrets: Mapping[int, bytes],
        place: Place,
        disk: Disk,
        *,
        key: SlotKey | None = None,
    ) -> None:
        self.suite, self._disk = suite, disk
        self._recovery = RecoveryFile(path, suite, disk)
        self._path, self._place, self._slot_key = path, place, key
        self._secrets = {tag: bytearray(value) for tag, value in secrets.items()}

    def refresh(self) -> None:
        """Take over what another process wrote since this one opened the file.

        Raises: VaultLockedError where its passphrase was changed meanwhile: open it again.
        """
        slots = read_slots(self._path, self.suite)
        if slots[0].place.generation == self._place.generation:
            return
        for slot in slots:
            content = self._opened(slot)
            if content is not None:
                self._take(fields_of(content), slot.place)
                return
        raise VaultLockedError

    def complete(self) -> None:
        """Finish a writing that broke off between the slots: what it replaced must not live on.

        The caller holds the vault alone. Raises: ReadWriteError.
        """
        self.refresh()
        slots = read_slots(self._path, self.suite)
        mine = next((slot for slot in slots if self._opened(slot) is not None), None)
        if mine is None:
            raise VaultLockedError
        if self._path.read_bytes() != mine.whole * 2:
            overwrite(self._disk, self._path, mine.whole)
        self._complete_recovery()

    @property
    def is_whole(self) -> bool:
        """Whether both slots hold what this keystore holds: no writing broke off between them."""
        slots = read_slots(self._path, self.suite)
        twice = self._path.read_bytes() == slots[0].whole * 2
        fresh = self._recovery.is_fresh(self._recovery_digest, self._place.generation)
        return twice and slots[0].place == self._place and fresh

    @property
    def is_open(self) -> bool:
        """Whether its secrets are still there."""
        return bool(self._secrets)

    def close(self) -> None:
        """Zero the secrets; nothing can be derived any more."""
        for secret in self._secrets.values():
            secret[:] = bytes(len(secret))
        if self._slot_key is not None:
            self._slot_key.key[:] = bytes(len(self._slot_key.key))
        self._secrets, self._slot_key = {}, None

    def _write(
        self,
        secrets: Mapping[int, bytes | bytearray],
        key: SlotKey,
        anchor: Anchor | None = None,
    ) -> None:
        """Put these secrets on the disk, then make them this keystore's.

        One slot is whole at every moment: the first is touched only while the second is.
        One recovery copy comes before them and one after, so that at every moment the
        keystore's own shares open one of the two.
        """
        if self._place.generation and self._slot_key is not None:
            self.complete()
        place = Place(self._place.generation + 1, self._place.cost)
        slot = sealed_slot(key, self.suite, place, secrets)
        copy = self._recovery_copy(secrets, place, anchor)
        if copy:
            self._recovery.write(0, copy)
        overwrite(self._disk, self._path, slot)
        if copy:
            self._recovery.write(1, copy)
        if self._slot_key is not None and self._slot_key is not key:
            self._slot_key.key[:] = bytes(len(self._slot_key.key))
        self._slot_key = key
        self._take(secrets, place)

    def _recovery_copy(
        self,
        secrets: Mapping[int, bytes | bytearray],
        place: Place,
        anchor: Anchor | None = None,
    ) -> bytes:
        """Return the recovery file's next copy; nothing where there are no shares."""
        if RECOVERY not in secrets:
            return b""
        chosen = anchor or self._recovery.anchor(bytes(secrets[RECOVERY]))
        if chosen is None:
            return b""
        return sealed_copy(self.suite, place, chosen, content_of(secrets))

    def _complete_recovery(self) -> None:
        """Bring the recovery file to what the keystore holds, where a writing broke off."""
        if self._recovery.is_fresh(self._recovery_digest, self._place.generation):
            return
        copy = self._recovery_copy(self._secrets, self._place)
        if not copy:
            self._recovery.remove()
            return
        # The copy that still has the keystore's own anchor goes last.
        stale = [c.anchor.digest(self.suite) for c in self._recovery.in_order()]
        first = 1 if stale and stale[0] == self._recovery_digest else 0
        for number in (first, 1 - first):
            self._recovery.write(number, copy)

    @property
    def _recovery_digest(self) -> bytes | None:
        digest = self._secrets.get(RECOVERY)
        return None if digest is None else bytes(digest)

    def _own_key(self) -> SlotKey:
        if self._slot_key is None:
            raise NoKeyError(what="this vault: its keystore is closed")
        return self._slot_key

    def _take(self, secrets: Mapping[int, bytes | bytearray], place: Place) -> None:
        fresh = {tag: bytearray(value) for tag, value in secrets.items()}
        for old in self._secrets.values():
            old[:] = bytes(len(old))
        self._secrets, self._place = fresh, place

    def _opened(self, slot: Slot) -> bytes | None:
        return None if self._slot_key is None else opened_slot(slot, self._slot_key, self.suite)

    def _secret(self, tag: int) -> bytearray:
        if tag not in self._secrets:
            raise NoKeyError(what="this vault: its keystore is closed")
        return self._secrets[tag]

"""The vault as a folder: where its files are, what it says of itself, who holds it.

    vault.json     format, suite, controller id, vault id: public
    keystore       the root's slot file
    keys.db        wrapped keys and lock pages
    catalogue.db   objects, boxes, erasures, the log
    objects/xx/    bodies under random names
    lock           what processes hold while they use the vault

Clause: 6.2.3.b-3.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from yingbi.crypto.suite import NAMES
from yingbi.errors import (
    CannotCreateError,
    NotOnThisSystemError,
    NoVaultError,
    ReadWriteError,
    SealBrokenError,
    UnreadableInputError,
    VaultExistsError,
    VaultLockedError,
    VaultTooNewError,
)
from yingbi.store.shelf import fsync_folder

FORMAT = 1
WAIT_S = 5.0
_OURS = ("keystore", "keys.db", "catalogue.db", "objects", "lock", ".vault.json")


@dataclass(frozen=True, slots=True)
class VaultFolder:
    """A vault's folder and what vault.json says.

    The keystore is bound to `identity`; what a changed vault.json claims is refused there.
    """

    path: Path
    suite_name: str
    controller_id: UUID
    vault_id: UUID

    @property
    def keystore(self) -> Path:
        """The keystore's file."""
        return self.path / "keystore"

    @property
    def keys_db(self) -> Path:
        """The key database's file."""
        return self.path / "keys.db"

    @property
    def catalogue_db(self) -> Path:
        """The catalogue's file."""
        return self.path / "catalogue.db"

    @property
    def objects(self) -> Path:
        """The folder of bodies."""
        return self.path / "objects"

    @property
    def identity(self) -> bytes:
        """What the keystore is bound to: controller, vault and suite."""
        return self.controller_id.bytes + self.vault_id.bytes + self.suite_name.encode()

    @classmethod
    def prepare(cls, path: Path, suite_name: str) -> "VaultFolder":
        """Make the folder for a vault, closed to all but its owner; no vault yet until `finish`.

        What an earlier attempt left half-made is cleared away.

        Raises: VaultExistsError where the folder holds a vault or other files;
            CannotCreateError.
        """
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            _clear_half_made(path)
            path.chmod(0o700)
            (path / "objects").mkdir(mode=0o700)
            (path / "lock").touch(mode=0o600)
        except OSError as error:
            raise CannotCreateError(path=path, reason=error.strerror or error) from None
        return cls(path, suite_name, uuid4(), uuid4())

    def finish(self) -> None:
        """Write vault.json: from here on it is a vault."""
        text = {
            "format": FORMAT,
            "suite": self.suite_name,
            "controller": str(self.controller_id),
            "vault": str(self.vault_id),
        }
        temporary, final = self.path / ".vault.json", self.path / "vault.json"
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                json.dump(text, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            temporary.rename(final)
            fsync_folder(self.path)
            fsync_folder(self.path.parent)
        except OSError as error:
            raise ReadWriteError(path=final, reason=error.strerror or error) from None

    @classmethod
    def open(cls, path: Path) -> "VaultFolder":
        """Return the vault's folder.

        Raises: NoVaultError; UnreadableInputError where the folder is another
            user's; SealBrokenError on a vault.json that is none; VaultTooNewError.
        """
        try:
            text = json.loads((path / "vault.json").read_text())
            if text["format"] > FORMAT:
                raise VaultTooNewError(found=text["format"], known=FORMAT)
            suite_name = NAMES[NAMES.index(text["suite"])]
            return cls(path, suite_name, UUID(text["controller"]), UUID(text["vault"]))
        except (FileNotFoundError, NotADirectoryError):
            raise NoVaultError(path=path) from None
        except OSError as error:
            raise UnreadableInputError(path=path, reason=error.strerror or error) from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise SealBrokenError(what="vault.json", reason="it is not what Yingbi wrote") from None

    @contextmanager
    def held(self, *, wait_s: float = WAIT_S) -> Iterator[None]:
        """Hold the vault beside others for as long as the block lasts.

        Raises: VaultLockedError where one process holds it alone for longer than `wait_s`;
            NotOnThisSystemError.
        """
        with self._locked(alone=False, wait_s=wait_s):
            yield

    @contextmanager
    def held_alone(self, *, wait_s: float = 0) -> Iterator[None]:
        """Hold the vault alone; raises as `held` does where anybody uses it."""
        with self._locked(alone=True, wait_s=wait_s):
            yield

    @contextmanager
    def _locked(self, *, alone: bool, wait_s: float) -> Iterator[None]:
        try:
            import fcntl
        except ImportError:
            raise NotOnThisSystemError(reason="no file locks") from None
        kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
        try:
            # The kernel lets go when the process ends, however it ends.
            descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise UnreadableInputError(path=self.path, reason=error.strerror or error) from None
        try:
            deadline = time.monotonic() + wait_s
            while True:
                try:
                    fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= deadline:
                        raise VaultLockedError from None
                    time.sleep(0.05)
            yield
        finally:
            os.close(descriptor)


def _clear_half_made(path: Path) -> None:
    """Remove a vault that was never finished; it holds nothing acknowledged."""
    entries = list(path.iterdir())
    bodies = path / "objects"
    if not all(entry.name.startswith(_OURS) for entry in entries) or (
        bodies.is_dir() and any(bodies.iterdir())
    ):
        raise VaultExistsError(path=path)
    for entry in entries:
        entry.rmdir() if entry.is_dir() else entry.unlink()

"""The vault as a folder: where its files are, what it says of itself, who holds it.

    vault.json     format, suite, controller id, vault id: public
    keystore       the root's slot file
    keys.db        wrapped keys and lock pages
    catalogue.db   objects, boxes, erasures, the log
    objects/xx/    bodies under random names
    inbox/         what doors delivered and the owner has not taken in yet
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
from types import ModuleType
from uuid import UUID, uuid4

from yingbi.crypto.suite import NAMES
from yingbi.disk.durable import sync_folder
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

FORMAT = 1
WAIT_S = 5.0
_NAMES_ITSELF, _UNFINISHED, _LOCK = "vault.json", ".vault.json", "lock"
_TAKING_IN = "inbox/lock"
_DATABASES = ("keys.db", "catalogue.db")
_JOURNALS = ("", "-wal", "-shm", "-journal")
_FILES = {"keystore", _UNFINISHED} | {name + end for name in _DATABASES for end in _JOURNALS}
DESTROYING = ".destroying"
"""The mark of a vault whose destruction is decided."""
_LARGEST_JSON = 4096


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
    def inbox(self) -> Path:
        """The folder of deliveries; it is there once a door was used."""
        return self.path / "inbox"

    @property
    def identity(self) -> bytes:
        """What the keystore is bound to: controller, vault and suite."""
        return self.controller_id.bytes + self.vault_id.bytes + self.suite_name.encode()

    @classmethod
    def new(cls, path: Path, suite_name: str) -> "VaultFolder":
        """Make an empty folder for a vault; whoever fills it holds it alone, then calls `prepare`.

        Raises: VaultExistsError where the folder holds a vault or other files, or keys
            of a vault that was finished; NotOnThisSystemError; CannotCreateError.
        """
        _file_locks()
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            _half_made(path)
        except OSError as error:
            raise CannotCreateError(path=path, reason=error.strerror or error) from None
        return cls(path, suite_name, uuid4(), uuid4())

    def prepare(self) -> None:
        """Close the folder to all but its owner; it is no vault until `finish`.

        What an earlier attempt left half-made is cleared away; a finished vault never is.

        Raises: VaultExistsError; CannotCreateError.
        """
        try:
            for left in _half_made(self.path):
                left.rmdir() if left.is_dir() else left.unlink()
            self.path.chmod(0o700)
            self._write_unfinished()
            self.objects.mkdir(mode=0o700)
            (self.path / _LOCK).touch(mode=0o600)
        except OSError as error:
            raise CannotCreateError(path=self.path, reason=error.strerror or error) from None

    def finish(self) -> None:
        """Give vault.json its name: from here on it is a vault."""
        final = self.path / _NAMES_ITSELF
        try:
            (self.path / _UNFINISHED).rename(final)
            sync_folder(self.path)
            sync_folder(self.path.parent)
        except OSError as error:
            raise ReadWriteError(path=final, reason=error.strerror or error) from None

    def _write_unfinished(self) -> None:
        """Write what the vault says of itself, under the name that says it is not finished."""
        text = {
            "format": FORMAT,
            "suite": self.suite_name,
            "controller": str(self.controller_id),
            "vault": str(self.vault_id),
        }
        temporary = self.path / _UNFINISHED
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(text, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(self.path)

    @classmethod
    def open(cls, path: Path) -> "VaultFolder":
        """Return the vault's folder.

        Raises: NoVaultError; UnreadableInputError where the folder is another
            user's; SealBrokenError on a vault.json that is none; VaultTooNewError.
        """
        if (path / DESTROYING).exists():
            raise SealBrokenError(
                what="this vault",
                reason="its destruction has begun; 'yingbi vault destroy --yes' finishes it",
            )
        try:
            with (path / _NAMES_ITSELF).open("rb") as file:
                text = json.loads(file.read(_LARGEST_JSON))  # a longer one is cut, and fails
            if text["format"] > FORMAT:
                raise VaultTooNewError(found=text["format"], known=FORMAT)
            suite_name = NAMES[NAMES.index(text["suite"])]
            return cls(path, suite_name, UUID(text["controller"]), UUID(text["vault"]))
        except (FileNotFoundError, NotADirectoryError):
            raise NoVaultError(path=path) from None
        except OSError as error:
            raise UnreadableInputError(path=path, reason=error.strerror or error) from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
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
    def taking_in(self, *, wait_s: float = WAIT_S) -> Iterator[None]:
        """Be the one process that takes deliveries in; raises as `held` does."""
        with self._locked(alone=True, wait_s=wait_s, name=_TAKING_IN):
            yield

    @contextmanager
    def _locked(self, *, alone: bool, wait_s: float, name: str = _LOCK) -> Iterator[None]:
        fcntl = _file_locks()
        kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
        try:
            # The kernel lets go when the process ends, however it ends.
            descriptor = os.open(self.path / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
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


def _file_locks() -> ModuleType:
    """Return the module of file locks, or raise NotOnThisSystemError."""
    try:
        import fcntl
    except ImportError:
        raise NotOnThisSystemError(reason="no file locks") from None
    return fcntl


def _half_made(path: Path) -> list[Path]:
    """Return what an attempt that was never finished left, but for the lock, which may be held.

    An attempt keeps .vault.json from its first to its last moment. Without it
    keys may be those of a vault that lost its vault.json.

    Raises: VaultExistsError where anything else is there.
    """
    found = {entry.name: entry for entry in path.iterdir()}
    lock, bodies = found.pop(_LOCK, None), found.pop("objects", None)
    fits = all(_is_file(entry) and name in _FILES for name, entry in found.items())
    if lock is not None:
        fits = fits and _is_file(lock) and lock.stat().st_size == 0
    if bodies is not None:
        fits = fits and bodies.is_dir() and not bodies.is_symlink() and not any(bodies.iterdir())
    if not fits or (found and _UNFINISHED not in found):
        raise VaultExistsError(path=path)
    # The mark of an attempt goes last: what breaks off here is cleared by the next one.
    left = sorted(found.values(), key=lambda entry: entry.name == _UNFINISHED)
    return left if bodies is None else [bodies, *left]


def _is_file(entry: Path) -> bool:
    return entry.is_file() and not entry.is_symlink()

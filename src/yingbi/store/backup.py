"""Where a backup lies: bodies in one folder, what opens them in another.

    FOLDER      objects/xx/NAME.yb    bodies, sealed as they are in the vault
                ID.catalogue          the catalogue, sealed
                ID.backup             the manifest, sealed; without it there is no backup ID
                ledger                what was erased, sealed
    KEYFOLDER   ID.keys               the key database, sealed; it names its lock-store key
                keystore, keystore.recovery, vault.json, ledger

Every file but the keystore's gets its name when it is whole on the disk, the
manifest last. The keystore's copy is overwritten in place, so that a replaced
secret does not stay behind.

Clause: 6.2.3-2; 6.2.3.e-2.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from yingbi.crypto.suite import Suite
from yingbi.disk.durable import Disk
from yingbi.domain.crossing import Crossing, no_crossing
from yingbi.errors import (
    CannotCreateError,
    NoSuchInputError,
    ReadWriteError,
    SealBrokenError,
    UnsafeOutputError,
    YingbiError,
)
from yingbi.keys.provider import RootProvider
from yingbi.keys.snapshot import Kind, Label, label_of, open_sealed, read_sealed, seal
from yingbi.store.folder import VaultFolder

_PIECE = 1 << 20
PART, _LEDGER, _OBJECTS = ".part", "ledger", "objects"
_ENDS = {Kind.CATALOGUE: ".catalogue", Kind.KEYS: ".keys", Kind.MANIFEST: ".backup"}
_SEALED = re.compile(r"[0-9a-f]{32}\.(catalogue|keys|backup)")
_KEY_FILES = {"vault.json", "keystore", "keystore.recovery"}
_BODY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{30}\.yb")
_HALF = 2


@dataclass(frozen=True, slots=True)
class Places:
    """The two folders of a backup, for one vault."""

    bodies: Path
    keys: Path

    @property
    def reachable(self) -> bool:
        """Whether both folders are there."""
        return self.bodies.is_dir() and self.keys.is_dir()

    def folder_of(self, kind: Kind) -> Path:
        """Return the folder in which files of that kind lie."""
        return self.keys if kind is Kind.KEYS else self.bodies

    def file(self, kind: Kind, backup_id: UUID) -> Path:
        """Return where the file of a backup lies."""
        return self.folder_of(kind) / (backup_id.hex + _ENDS[kind])

    def body(self, name: str) -> Path:
        """Return where a body lies."""
        return self.bodies / _OBJECTS / name

    @property
    def ledgers(self) -> tuple[Path, Path]:
        """Both copies of the erase ledger."""
        return self.bodies / _LEDGER, self.keys / _LEDGER


def check_places(vault: Path, places: Places) -> None:
    """Raise where nothing can be backed up to: UnsafeOutputError, CannotCreateError."""
    three = [path.resolve() for path in (vault, places.bodies, places.keys)]
    for one in three[1:]:
        if one.is_relative_to(three[0]) or three[0].is_relative_to(one):
            raise UnsafeOutputError(output=one, reason="it lies in the vault, or the vault in it")
    if three[1].is_relative_to(three[2]) or three[2].is_relative_to(three[1]):
        reason = "keys must lie apart from what they open"
        raise UnsafeOutputError(output=places.keys, reason=reason)
    for one in (places.bodies, places.keys):
        if not one.parent.is_dir():
            reason = "the folder that it would lie in is missing"
            raise CannotCreateError(path=one, reason=reason)
        if one.exists() and not one.is_dir():
            raise CannotCreateError(path=one, reason="it is no folder")


class BackupShelf:
    """The two folders of one vault's backups, opened with that vault's keys."""

    def __init__(
        self,
        places: Places,
        folder: VaultFolder,
        keystore: RootProvider,
        crossing: Crossing = no_crossing,
    ) -> None:
        self.places, self._folder, self._keystore = places, folder, keystore
        self._suite, self._disk = keystore.suite, Disk("backup", crossing)

    def prepare(self) -> None:
        """Make the folders, or take those of earlier backups of this vault; clear what broke off.

        Raises: CannotCreateError where other files are in them; ReadWriteError.
        """
        own_names = {_LEDGER, _OBJECTS}, {_LEDGER, *_KEY_FILES}
        for folder, names in zip((self.places.bodies, self.places.keys), own_names, strict=True):
            if folder.is_dir() and not self._is_ours(folder, names):
                reason = "it holds other files, and no backup of this vault"
                raise CannotCreateError(path=folder, reason=reason)
        for folder in (self.places.bodies, self.places.bodies / _OBJECTS, self.places.keys):
            self._disk.make_folder(folder)
        for left in self._unfinished():
            self._disk.unlink(left)

    def label(self, kind: Kind, backup_id: UUID, lock_store_id: bytes = bytes(16)) -> Label:
        """Return what a file of this vault's backup says of itself."""
        mine = self._folder.controller_id, self._folder.vault_id
        return Label(kind, *mine, backup_id, lock_store_id)

    def write(self, label: Label, content: Iterable[bytes], day: datetime) -> bytes:
        """Write a sealed file of a backup under its name; return its digest."""
        path = self.places.file(label.kind, label.backup_id)
        return self._written(path, seal(self._keystore, label, content), day)

    def write_ledger(self, content: bytes, day: datetime) -> None:
        """Replace the erase ledger in both folders."""
        label = self.label(Kind.LEDGER, UUID(int=0))
        for path in self.places.ledgers:
            self._written(path, seal(self._keystore, label, [content]), day)

    def read_ledger(self, path: Path) -> bytes:
        """Return the content of an erase ledger. Raises: SealBrokenError; NoSuchInputError."""
        with _source(path) as source:
            label = self.label(Kind.LEDGER, UUID(int=0))
            return read_sealed(self._keystore, label, source, "the erase ledger")

    def read(self, kind: Kind, backup_id: UUID) -> bytes:
        """Return the whole content of a sealed file. Raises: SealBrokenError, NoSuchInputError."""
        with _source(path := self.places.file(kind, backup_id)) as source:
            return read_sealed(self._keystore, self.label(kind, backup_id), source, path.name)

    def pieces(self, label: Label, digest: bytes | None) -> Iterator[bytes]:
        """Return the content of a sealed file piece by piece; nothing counts before the end.

        Raises: SealBrokenError, also where the manifest told of another digest; NoKeyError.
        """
        path = self.places.file(label.kind, label.backup_id)
        if digest is not None and _digest(path, self._suite) != digest:
            raise SealBrokenError(what=path.name, reason="the manifest tells of another one")
        with _source(path) as source:
            yield from open_sealed(self._keystore, label, source, path.name)

    def ids(self, kind: Kind = Kind.MANIFEST) -> list[UUID]:
        """Return the backups of which such a file is there, in no order."""
        folder, end = self.places.folder_of(kind), _ENDS[kind]
        with _failing(folder):
            names = [path.name for path in folder.iterdir()]
        found = [name for name in names if _SEALED.fullmatch(name) and name.endswith(end)]
        return [UUID(hex=name[:32]) for name in found]

    def add_body(self, source: Path, name: str) -> bytes:
        """Copy a body, dated as it was, and return its digest."""
        target = self.places.body(name)
        self._disk.make_folder(target.parent)
        with _failing(source):
            day = datetime.fromtimestamp(source.stat().st_mtime, UTC)
            return self._written(target, pieces_of(source), day)

    def has_body(self, name: str, size: int) -> bool:
        """Return whether a body of that name and size is there."""
        path = self.places.body(name)
        return path.is_file() and path.stat().st_size == size

    def digest_of(self, name: str) -> bytes:
        """Read a body and return its digest. Raises: SealBrokenError where it is missing."""
        path = self.places.body(name)
        if not path.is_file():
            raise SealBrokenError(what=f"body {name}", reason="it is missing in the backup")
        return _digest(path, self._suite)

    def copy_keystore(self) -> None:
        """Bring the copies of the keystore and its recovery file to what the vault has, in place."""
        self._copy_in_place(self._folder.keystore)
        self._copy_in_place(self._folder.keystore.with_name("keystore.recovery"))

    def copy_identity(self) -> None:
        """Copy vault.json where it is not there yet."""
        target = self.places.keys / "vault.json"
        if not target.exists():
            self._written(target, pieces_of(self._folder.path / target.name), datetime.now(UTC))

    def remove(self, backup_id: UUID) -> None:
        """Remove a backup: first what makes it one, then its keys, then its catalogue."""
        for kind in (Kind.MANIFEST, Kind.KEYS, Kind.CATALOGUE):
            self._disk.unlink(self.places.file(kind, backup_id))
        for folder in (self.places.bodies, self.places.keys):
            self._disk.sync_folder(folder)

    def prune(self, wanted: set[str], broken_off: Iterable[UUID]) -> int:
        """Remove bodies that no backup needs and what opens nothing; return how many bodies went.

        wanted: the bodies that some backup names. broken_off: backups that were never whole.
        """
        held = {key.key_id for key in self._keystore.lock_stores.all}
        for backup_id in self.ids(Kind.KEYS):
            path = self.places.file(Kind.KEYS, backup_id)
            with _source(path) as source:
                if label_of(source, path.name).lock_store_id not in held:
                    self._disk.unlink(path)
        for backup_id in broken_off:
            self.remove(backup_id)
        root = self.places.bodies / _OBJECTS
        with _failing(root):
            names = {f"{p.parent.name}/{p.name}" for p in root.glob("??/*")}
        gone = {name for name in names if _BODY.fullmatch(name)} - wanted
        for name in sorted(gone):
            self._disk.unlink(root / name)
        return len(gone)

    def _is_ours(self, folder: Path, names: set[str]) -> bool:
        """Whether a folder holds this vault's backups and nothing else; an empty one does."""
        with _failing(folder):
            fits = all(
                path.name in names or _SEALED.fullmatch(path.name) or path.name.endswith(PART)
                for path in folder.iterdir()
            )
        return fits and self._same_vault(folder)

    def _same_vault(self, folder: Path) -> bool:
        try:
            if (folder / "vault.json").exists():
                return VaultFolder.open(folder).identity == self._folder.identity
            if not (folder / _LEDGER).exists():
                return True
            with _source(folder / _LEDGER) as source:
                return label_of(source, _LEDGER) == self.label(Kind.LEDGER, UUID(int=0))
        except YingbiError:
            return False

    def _unfinished(self) -> list[Path]:
        found = [
            path
            for folder in (self.places.bodies, self.places.keys)
            for path in folder.glob(f"*{PART}")
        ]
        return [*found, *(self.places.bodies / _OBJECTS).glob(f"??/*{PART}")]

    def _written(self, path: Path, content: Iterable[bytes], moment: datetime) -> bytes:
        return write_whole(self._disk, self._suite, path, content, moment)

    def _copy_in_place(self, source: Path) -> None:
        target = self.places.keys / source.name
        if not source.exists():
            self._disk.unlink(target)
            return
        with _failing(source):
            content = source.read_bytes()
        if not target.is_file() or target.stat().st_size != len(content):
            self._disk.unlink(target)
            self._written(target, [content], datetime.now(UTC))
            return
        half = len(content) // _HALF  # both files hold their content twice: one is always whole
        for at in (0, half):
            self._disk.overwrite(target, at, content[at : at + half])


def write_whole(
    disk: Disk, suite: Suite, path: Path, content: Iterable[bytes], moment: datetime
) -> bytes:
    """Write a file that gets its name when it is whole, dated to the UTC day; return its digest.

    What the content raises goes on, and nothing is left.
    """
    unfinished = path.with_name(path.name + PART)
    disk.unlink(unfinished)
    hasher, file = suite.hasher(), disk.create(unfinished)
    try:
        for piece in content:
            hasher.update(piece)
            file.write(piece)
        day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        file.sync(day)
    except BaseException:
        file.close()
        unfinished.unlink(missing_ok=True)
        raise
    disk.rename(unfinished, path)
    disk.sync_folder(path.parent)
    return hasher.digest()


def pieces_of(path: Path) -> Iterator[bytes]:
    """Return the bytes of a file piece by piece. Raises: NoSuchInputError, ReadWriteError."""
    with _source(path) as source, _failing(path):
        while piece := source.read(_PIECE):
            yield piece


def _digest(path: Path, suite: Suite) -> bytes:
    hasher = suite.hasher()
    for piece in pieces_of(path):
        hasher.update(piece)
    return hasher.digest()


@contextmanager
def _failing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ReadWriteError(path=path, reason=error.strerror or str(error)) from None


def _source(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise NoSuchInputError(path=path) from None
    except OSError as error:
        raise ReadWriteError(path=path, reason=error.strerror or error) from None

"""The box of templates: sealed to this device, and to nothing that is ever copied elsewhere.

    ID.key        two slots of 72 bytes, overwritten in place
        "YBT1" | suite 1 | zeros 3 | generation 8 | secret 32 | digest of all that 24
    ID.templates  "YBT1" | suite 1 | zeros 3 | generation 8 | nonce, ciphertext, tag
        content   key of the transform 32 | count 4 | (person 16 | length 4 | cell) ... | zeros

Both lie in the user's data folder and not in the vault, so that no backup of the vault and
no copy of its folder holds them. The key over the content comes of the secret here *and* of
the vault's keystore, and each person's cell is sealed under that person's own key besides:
only all three together open a template, and nothing gives one out but to memory here.

To take a person out, all others are sealed under a fresh secret and the old one is
overwritten: what was read off the disk before opens no more. At every moment one slot
belongs to the file that is there.

Clause: 4.1-5; 6.1-4; 6.2.3.e-1; 6.2.4.b.1.
"""

import os
import struct
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from yingbi.crypto.suite import InvalidTagError, Suite
from yingbi.disk.durable import Disk
from yingbi.domain.crossing import Crossing, no_crossing
from yingbi.domain.template import STREAM_BYTES
from yingbi.errors import CannotCreateError, SealBrokenError, UnreadableInputError
from yingbi.keys.cell import open_cell, place, seal_cell
from yingbi.keys.keystore import Keystore

WHAT = "the box of templates"
_MAGIC = b"YBT1"
_HEAD = struct.Struct(">4sB3xQ")
_SECRET, _DIGEST, _NONCE = 32, 24, 12
_SLOT = _HEAD.size + _SECRET + _DIGEST
_ROW = struct.Struct(">16sI")
_STEP = 8192
"""The file grows by so many bytes, so that its size does not tell who was added."""


@dataclass(frozen=True, slots=True)
class _Content:
    """What the file holds. transform: the key that draws the projection. cells: by person."""

    transform: bytes = field(repr=False)
    cells: Mapping[UUID, bytes] = field(repr=False)


class Templates:
    """The templates of one vault on one device. Reading changes nothing."""

    def __init__(
        self,
        home: Path,
        keystore: Keystore,
        vault_id: UUID,
        crossing: Crossing = no_crossing,
    ) -> None:
        """home: the user's data folder; nothing is made in it before somebody is enrolled."""
        self._folder, self._vault = home / "templates", vault_id
        self._keystore, self._suite = keystore, keystore.suite
        self._disk = Disk("templates", crossing)

    def ids(self) -> set[UUID]:
        """Return of whom a template is kept. Raises: SealBrokenError."""
        return set(self._read().cells)

    def stream(self) -> bytes:
        """Return the keyed stream that draws the projection of this box; raises as `ids` does."""
        return _stream(self._suite, self._read().transform)

    def mark(self) -> int:
        """Return a number that changes whenever the box is written; SealBrokenError."""
        return _generation(_bytes_of(self._sealed), self._suite)

    def of(self, person_keys: Mapping[UUID, bytes]) -> dict[UUID, bytes]:
        """Return the templates of those whose own keys are given; raises as `ids` does."""
        cells = self._read().cells
        return {one: self._opened(one, key, cells) for one, key in person_keys.items()}

    def put(self, person_id: UUID, person_key: bytes, template: bytes, stream: bytes) -> None:
        """Keep a template, in place of an older one of the person, made by the stream's projection.

        Raises: SealBrokenError where the box got another key meanwhile; CannotCreateError.
        """
        with self._alone():
            content = self._settled()
            if _stream(self._suite, content.transform) != stream:
                raise SealBrokenError(what=WHAT, reason="its key was changed meanwhile")
            key = self._cell_key(person_key)
            cell = seal_cell(self._suite, key, template, self._at(person_id))
            self._write(_Content(content.transform, {**content.cells, person_id: cell}))

    def write_anew(self) -> None:
        """Seal what there is under a fresh secret; whoever holds it in memory sees another mark.

        Raises: SealBrokenError, CannotCreateError.
        """
        with self._alone():
            self._write(self._settled())

    def remove(self, person_ids: Iterable[UUID]) -> set[UUID]:
        """Destroy templates; return of whom there was one. Raises: SealBrokenError."""
        if not self._sealed.exists():
            return set()
        with self._alone():
            content, out = self._settled(), set(person_ids)
            gone = out & set(content.cells)
            if gone:
                left = {one: cell for one, cell in content.cells.items() if one not in gone}
                self._write(_Content(content.transform, left))
        return gone

    def renew(self) -> set[UUID]:
        """Give the box another key: every template is cancelled; return of whom there was one.

        What cannot be opened any more is thrown away as well.
        """
        with self._alone():
            try:
                cancelled = set(self._settled().cells)
            except SealBrokenError:
                cancelled = set[UUID]()
                self._disk.unlink(self._sealed)
            self._write(_Content(os.urandom(_SECRET), {}))
        return cancelled

    def begin(self) -> bytes:
        """Return the stream as `stream` does; a box that is not there yet is made first."""
        with self._alone():
            content = self._settled()
            if not self._sealed.exists():
                self._write(content)
        return _stream(self._suite, content.transform)

    @property
    def _sealed(self) -> Path:
        return self._folder / f"{self._vault.hex}.templates"

    @property
    def _key_file(self) -> Path:
        return self._folder / f"{self._vault.hex}.key"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Be the one process that changes the box."""
        import fcntl

        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = self._folder / f"{self._vault.hex}.lock"
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise CannotCreateError(path=self._folder, reason=error.strerror) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _settled(self) -> _Content:
        """Return the content, after a change that broke off is finished."""
        content = self._read()
        slots = _slots(_bytes_of(self._key_file), self._suite)
        generation = _generation(_bytes_of(self._sealed), self._suite)
        mine = next((slot for number, slot in slots if number == generation), b"")
        for at in range(0, 2 * _SLOT, _SLOT) if mine else ():
            self._disk.overwrite(self._key_file, at, mine)
        return content

    def _read(self) -> _Content:
        """Return the content, of an empty box with a fresh key where there is none.

        A change may go on meanwhile: then the two files are read once more.
        """
        for last in (False, True):
            sealed = _bytes_of(self._sealed)
            if not sealed:
                return _Content(os.urandom(_SECRET), {})
            slots = dict(_slots(_bytes_of(self._key_file), self._suite))
            slot = slots.get(_generation(sealed, self._suite))
            if slot is not None:
                return self._unsealed(sealed, _secret(slot))
            if last:
                break
        raise SealBrokenError(
            what=WHAT, reason="this device has no key for it; 'yingbi enrol --new-key' begins anew"
        )

    def _unsealed(self, sealed: bytes, secret: bytes) -> _Content:
        head, nonce = sealed[: _HEAD.size], sealed[_HEAD.size : _HEAD.size + _NONCE]
        try:
            content = self._suite.open(
                self._content_key(secret), nonce, sealed[_HEAD.size + _NONCE :], self._about(head)
            )
        except InvalidTagError:
            raise SealBrokenError(what=WHAT, reason="it was altered or cut") from None
        transform, at = content[:_SECRET], _SECRET + 4
        cells = {}
        for _ in range(int.from_bytes(content[_SECRET:at])):
            person, length = _ROW.unpack_from(content, at)
            at += _ROW.size
            cells[UUID(bytes=person)] = content[at : at + length]
            at += length
        return _Content(transform, cells)

    def _write(self, content: _Content) -> None:
        """Seal the content under a fresh secret, then overwrite the one before it."""
        number = _generation(_bytes_of(self._sealed), self._suite) + 1
        slot = _slot(self._suite, number, os.urandom(_SECRET))
        if not self._key_file.exists():
            self._disk.write_new(self._key_file, bytes(2 * _SLOT))
        self._disk.overwrite(self._key_file, _SLOT, slot)
        head, nonce = _HEAD.pack(_MAGIC, self._suite.code, number), os.urandom(_NONCE)
        key = self._content_key(_secret(slot))
        sealed = self._suite.seal(key, nonce, _packed(content), self._about(head))
        self._disk.replace(self._sealed, head + nonce + sealed)
        self._disk.overwrite(self._key_file, 0, slot)

    def _opened(self, person_id: UUID, person_key: bytes, cells: Mapping[UUID, bytes]) -> bytes:
        if person_id not in cells:
            raise SealBrokenError(what=WHAT, reason="it holds no template of this person")
        key, at = self._cell_key(person_key), self._at(person_id)
        return open_cell(self._suite, key, cells[person_id], at, what=WHAT)

    def _cell_key(self, person_key: bytes) -> bytes:
        info = b"yingbi 1 template"
        return self._suite.hkdf(person_key, info=info, length=self._suite.key_bytes)

    def _content_key(self, secret: bytes) -> bytes:
        both = secret + self._keystore.catalogue_key("templates")
        info = b"yingbi 1 templates" + self._vault.bytes
        return self._suite.hkdf(both, info=info, length=self._suite.key_bytes)

    def _at(self, person_id: UUID) -> bytes:
        return place("template", self._vault.bytes, person_id.bytes)

    def _about(self, head: bytes) -> bytes:
        return place("templates", self._vault.bytes, head)


def discard(home: Path, vault_id: UUID) -> None:
    """Remove the box of a vault that is destroyed, its key first. Raises: ReadWriteError."""
    disk, folder = Disk("templates"), home / "templates"
    key = folder / f"{vault_id.hex}.key"
    if key.exists():
        disk.overwrite(key, 0, bytes(2 * _SLOT))
    for end in ("key", "templates", "lock"):
        disk.unlink(folder / f"{vault_id.hex}.{end}")


def _stream(suite: Suite, transform: bytes) -> bytes:
    return suite.hkdf(transform, info=b"yingbi 1 projection", length=STREAM_BYTES)


def _packed(content: _Content) -> bytes:
    rows = b"".join(
        _ROW.pack(one.bytes, len(cell)) + cell for one, cell in sorted(content.cells.items())
    )
    whole = content.transform + len(content.cells).to_bytes(4) + rows
    return whole.ljust(-(-len(whole) // _STEP) * _STEP, b"\0")


def _slot(suite: Suite, generation: int, secret: bytes) -> bytes:
    body = _HEAD.pack(_MAGIC, suite.code, generation) + secret
    return body + suite.hash(body)[:_DIGEST]


def _slots(content: bytes, suite: Suite) -> list[tuple[int, bytes]]:
    """Return the whole slots of a key file with their generations; one that was torn is left out."""
    found = []
    for at in range(0, 2 * _SLOT, _SLOT):
        slot = content[at : at + _SLOT]
        body = slot[:-_DIGEST]
        if len(slot) == _SLOT and suite.hash(body)[:_DIGEST] == slot[-_DIGEST:]:
            found.append((_generation(slot, suite), slot))
    return found


def _secret(slot: bytes) -> bytes:
    return slot[_HEAD.size : _HEAD.size + _SECRET]


def _generation(content: bytes, suite: Suite) -> int:
    """Return the generation that a file or slot says, 0 where there is none; SealBrokenError."""
    if not content:
        return 0
    if len(content) < _HEAD.size:
        raise SealBrokenError(what=WHAT, reason="it was altered or cut")
    magic, code, generation = _HEAD.unpack_from(content)
    if (magic, code) != (_MAGIC, suite.code):
        raise SealBrokenError(what=WHAT, reason="it is of another vault")
    return int(generation)


def _bytes_of(path: Path) -> bytes:
    """Return a file of this box, empty where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise UnreadableInputError(path=path, reason=error.strerror) from None

"""A vault for tests, wired from its real parts with a cheap passphrase."""

import hashlib
import os
import shutil
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from yingbi.audit.log import Log
from yingbi.crypto.passphrase import Cost
from yingbi.crypto.suite import suite
from yingbi.db import database
from yingbi.domain.box import Box, BoxPolicy
from yingbi.domain.crossing import no_crossing
from yingbi.domain.ids import new_id
from yingbi.domain.ledger import Action, Deed
from yingbi.domain.level import Level
from yingbi.domain.part import PartKind, SealedSegment
from yingbi.govern.people import People
from yingbi.govern.subjects import Subjects
from yingbi.keys.boxes import Boxes
from yingbi.keys.epoch import epoch_of
from yingbi.keys.epochs import Epochs
from yingbi.keys.index_pages import IndexPages
from yingbi.keys.keystore import Keystore
from yingbi.keys.locks import LockGroup, LockTable
from yingbi.store.catalogue import Catalogue
from yingbi.store.folder import VaultFolder
from yingbi.store.inbox import Inbox
from yingbi.store.index import EventIndex, groups_in
from yingbi.store.shelf import ObjectShelf
from yingbi.store.stored import ObjectInfo
from yingbi.store.writer import ObjectWriter, Rooms

PASSPHRASE = b"correct horse"
CHEAP = Cost(memory_kib=64, passes=1, lanes=1)
NOW = datetime(2026, 11, 24, 12, 30, 15, tzinfo=UTC)
DAY = date(2026, 11, 24)


@dataclass
class House:
    folder: VaultFolder
    keystore: Keystore
    boxes: Boxes
    epochs: Epochs
    log: Log
    rooms: Rooms
    people: People

    def new_box(self, name: str = "hall", level: Level = Level.OBSCURED) -> Box:
        with self.rooms.catalogue_db.begin() as unit:
            box = self.boxes.create_box(unit, name, BoxPolicy(level), now=NOW)
            self.log.append(unit, Deed(Action.BOX_MADE, NOW, box_id=box.box_id))
        return box

    def writer(self, box: Box, object_id=None) -> ObjectWriter:
        return ObjectWriter(
            self.rooms,
            object_id=object_id or new_id(),
            level=box.policy.level,
            group=LockGroup(box.box_id, epoch_of(DAY)),
            day=DAY,
        )

    def protect(self, box: Box, bodies=(b"first", b"second"), **info):
        with self.writer(box) as writer:
            for number, content in enumerate(bodies):
                writer.add(PartKind.MASKED, segment(number, content))
            return writer.commit(ObjectInfo(**info), now=NOW)

    def body(self, stored, kind=PartKind.MASKED) -> bytes:
        with self.rooms.shelf.open(stored.part(kind).file_name) as file:
            return file.read()


def segment(number: int, content: bytes) -> SealedSegment:
    """Return a segment as `seal` gives it; the store takes its bytes as they are."""
    return SealedSegment(
        segment_id=new_id(),
        number=number,
        content=content,
        lock=b"lock:" + os.urandom(64),
        seal_digest=hashlib.sha256(content).digest(),
        merkle_root=bytes(32),
    )


def make_vault(path: Path, suite_name: str = "intl") -> Path:
    folder = VaultFolder.new(path, suite_name)
    folder.prepare()
    chosen = suite(suite_name)
    Keystore.create(
        folder.keystore, PASSPHRASE, chosen, bound_to=folder.identity, cost=CHEAP
    ).close()
    for made in (database.catalogue(folder.catalogue_db), database.keys(folder.keys_db)):
        made.create()
        made.close()
    folder.finish()
    return path


@cache
def _first(suite_name: str) -> tuple[TemporaryDirectory, Path]:
    folder = TemporaryDirectory(prefix="yingbi-vault-")
    return folder, make_vault(Path(folder.name) / "vault", suite_name)


def new_vault(path: Path, suite_name: str = "intl") -> Path:
    """Return a copy of one empty vault: quick, where no test asks for two different ones."""
    return Path(shutil.copytree(_first(suite_name)[1], path))


@contextmanager
def open_vault(path: Path, *, passphrase: bytes = PASSPHRASE, crossing=no_crossing):
    folder = VaultFolder.open(path)
    with ExitStack() as stack:
        stack.enter_context(folder.held())
        keystore = stack.enter_context(
            Keystore.open(
                folder.keystore,
                passphrase,
                suite(folder.suite_name),
                bound_to=folder.identity,
                crossing=crossing,
            )
        )
        catalogue_db = database.catalogue(folder.catalogue_db, crossing)
        keys_db = database.keys(folder.keys_db, crossing)
        for opened in (catalogue_db, keys_db):
            stack.callback(opened.close)
            opened.open()
        who = folder.controller_id
        boxes = Boxes(keystore, catalogue_db, keys_db, who)
        locks = LockTable(keystore, keys_db, who)
        log = Log(keystore, catalogue_db, who, folder.vault_id)
        people = People.of(Subjects(keystore, locks, catalogue_db, keys_db, who))
        rooms = Rooms(
            catalogue_db,
            keys_db,
            ObjectShelf(folder.objects, crossing),
            Catalogue(keystore.suite, catalogue_db, locks, who, people.erased),
            locks,
            log,
            keystore.suite.key_bytes,
            log.told,
            Inbox(folder.inbox, crossing),
            index=EventIndex(IndexPages(keystore, boxes, who), groups_in(catalogue_db), who),
        )
        epochs = Epochs(keystore, keys_db, boxes, who)
        yield House(folder, keystore, boxes, epochs, log, rooms, people)


@contextmanager
def undone(database):
    """A transaction that is undone at its end, as by a failure of what follows."""
    with pytest.raises(ZeroDivisionError), database.begin() as unit:  # noqa: PT012
        yield unit
        raise ZeroDivisionError


def files_of(vault: Path) -> list[Path]:
    return [path for path in (vault / "objects").rglob("*") if path.is_file()]


def everything(path: Path) -> bytes:
    """Return every byte of every file of the vault, journals too."""
    return b"".join(file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file())

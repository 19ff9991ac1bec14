"""A vault of very many objects: how fast it opens and lists, what an object costs.

The rows go through the code that `protect` uses, a thousand objects in one
transaction so that the disk does not have to answer for each; some objects have
real sealed bodies, the others have rows and locks of the same length only. The
rate of whole objects, each on the disk when it is acknowledged, is measured apart.
"""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from uuid import UUID

from yingbi.bench.row import Row
from yingbi.crypto.suite import NAMES
from yingbi.domain.box import Box, BoxPolicy
from yingbi.domain.ids import new_id
from yingbi.domain.ledger import Action, Deed
from yingbi.domain.level import Level
from yingbi.domain.messages import say
from yingbi.domain.part import PartKind
from yingbi.keys.epochs import epoch_of
from yingbi.keys.locks import LockGroup
from yingbi.seal.door import Door, PartSealer
from yingbi.seal.records import records
from yingbi.store.stored import ObjectInfo, StoredObject, StoredPart, StoredSegment
from yingbi.store.writer import ObjectWriter
from yingbi.structure.pack import pack
from yingbi.usecases.box import create_box
from yingbi.usecases.vault import Vault, init_vault, open_vault

OBJECTS = int(os.environ.get("YINGBI_BENCH_OBJECTS", "1000000"))
BODIES = 10_000
AT_ONCE = 1000
PER_HOUR = 40
"""Objects that one camera makes in an hour; they share a page of the lock table."""
PAGE = 100
_PASSPHRASE = b"a passphrase to measure with"
_FIRST_MS = 1_700_000_000_000
_EVERY_MS = 3_600_000 // PER_HOUR
_BODY_BYTES = 4096
_PAGE_BYTES = 65536
_LOCK_BYTES = {"intl": 148, "sm": 213}


def scale(objects: int = OBJECTS) -> list[Row]:
    """Seed a vault of `intl` and measure it; then the rate of real objects of every suite."""
    rows = [_rate(name) for name in NAMES]
    with _vault("intl") as path, open_vault(path, lambda: _PASSPHRASE, memory="wanted") as vault:
        box = create_box(vault, "street", BoxPolicy(Level.OBSCURED))
        began = time.perf_counter()
        seed(vault, box, objects, min(BODIES, objects))
        seeded = objects / (time.perf_counter() - began)
        busy = time.process_time()
        pages = _pages_ms(vault, box, objects)
        busy = (time.process_time() - busy) * 1000 / len(pages)
        per_object = _database_bytes(path) / objects
        rows += [
            Row("scale-objects", say("objects in the vault"), objects, ""),
            Row(
                "scale-seeded",
                say("rows written, many in one transaction"),
                seeded,
                say("objects/s"),
            ),
            Row("scale-growth", say("databases per object, two parts"), per_object, say("bytes")),
            Row(
                "scale-page", say("listing a page of {n}, median", n=PAGE), median(pages), "ms", 50
            ),
            Row("scale-page-worst", say("the same, the slowest of 50"), max(pages), "ms"),
            Row("scale-page-cpu", say("the same in processor time, mean"), busy, "ms"),
        ]
        rows += _opening(path)
    return rows


def seed(vault: Vault, box: Box, objects: int, bodies: int) -> None:
    """Write that many objects, the first of them with bodies, an hour of a camera after another."""
    for start in range(0, objects, AT_ONCE):
        batch = [
            _row(vault, box, n, real=n < bodies)
            for n in range(start, min(start + AT_ONCE, objects))
        ]
        with vault.rooms.keys_db.begin() as unit:
            for group, its in groupby(batch, key=lambda one: one.group):
                new = {one.stored.object_id: (one.locks, one.info_key) for one in its}
                vault.rooms.locks.put_all(unit, group, new)
        with vault.rooms.catalogue_db.begin() as unit_of_catalogue:
            for one in batch:
                vault.rooms.catalogue.add(unit_of_catalogue, one.stored, one.segments, one.info_key)
            vault.log.append_all(unit_of_catalogue, [one.deed for one in batch])


@dataclass(frozen=True, slots=True)
class _Row:
    group: LockGroup
    stored: StoredObject
    segments: dict[PartKind, list[StoredSegment]]
    locks: dict[UUID, bytes] = field(repr=False)
    info_key: bytes = field(repr=False)
    deed: Deed


def _row(vault: Vault, box: Box, number: int, *, real: bool) -> _Row:
    made_ms = _FIRST_MS + number * _EVERY_MS
    made, object_id = datetime.fromtimestamp(made_ms / 1000, UTC), new_id(made_ms)
    group = LockGroup(
        box.box_id, epoch_of(made.date()), finer=b"gate" + made.strftime("%H").encode()
    )
    locks, parts, segments = {}, [], {}
    for kind in (PartKind.MASKED, PartKind.RECORDS):
        segment = new_id(made_ms)
        name = _body(vault, made) if real else f"{secrets.token_hex(1)}/{secrets.token_hex(15)}.yb"
        parts.append(StoredPart(kind, name, 1, _BODY_BYTES, os.urandom(32)))
        segments[kind] = [StoredSegment(segment, 0, _BODY_BYTES, 0.0, 60.0)]
        locks[segment] = os.urandom(_LOCK_BYTES[vault.keystore.suite.name])
    info = ObjectInfo(
        camera="gate",
        recorded_at=made.isoformat(),
        clock="option",
        to_s=60.0,
        source_names=(f"gate-{number}.mp4",),
        labels=("face", "person"),
        media_types={"masked": "video/mp4", "raw": "video/mp4"},
    )
    stored = StoredObject(object_id, box.box_id, Level.OBSCURED, group.epoch, 0, tuple(parts), info)
    digests = {part.kind.value: part.final_seal.hex() for part in parts}
    deed = Deed(
        Action.PROTECTED, made, box.box_id, object_id, digests=digests, facts={"level": "2"}
    )
    return _Row(group, stored, segments, locks, os.urandom(vault.rooms.key_bytes), deed)


def _body(vault: Vault, made: datetime) -> str:
    body = vault.rooms.shelf.begin(made.date())
    body.write(os.urandom(_BODY_BYTES))
    body.finish()
    return body.name


def _rate(name: str, objects: int = 200) -> Row:
    """Return how many whole objects of one segment of records a suite takes in each second."""
    with _vault(name) as path, open_vault(path, lambda: _PASSPHRASE, memory="wanted") as vault:
        box = create_box(vault, "hall", BoxPolicy(Level.STRUCTURED_ONLY))
        began = time.perf_counter()
        for _ in range(objects):
            _protect(vault, box)
        rate = objects / (time.perf_counter() - began)
    told = say("objects taken in one after another, each on the disk, suite `{suite}`", suite=name)
    return Row(f"scale-protect-{name}", told, rate, say("objects/s"))


def _protect(vault: Vault, box: Box) -> None:
    now, object_id = datetime.now(UTC), new_id()
    with vault.rooms.keys_db.begin() as unit:
        epoch = vault.epochs.epoch_for(unit, box.box_id, now.date())
    door = Door(
        suite=vault.keystore.suite,
        level=box.policy.level,
        controller_id=vault.folder.controller_id,
        box_id=box.box_id,
        object_id=object_id,
        epoch=epoch,
        device=vault.keystore.device,
    )
    group = LockGroup(box.box_id, epoch.epoch, epoch.retention)
    page = next(pack([], (0.0, 60.0), _PAGE_BYTES, ("none",)))
    writer = ObjectWriter(
        vault.rooms, object_id=object_id, level=door.level, group=group, day=now.date()
    )
    with writer:
        writer.add(PartKind.RECORDS, records(PartSealer(door, PartKind.RECORDS), page))
        writer.commit(ObjectInfo(to_s=60.0), now=now)


def _pages_ms(vault: Vault, box: Box, objects: int) -> list[float]:
    """Return the times of 50 pages that begin at moments drawn at random."""
    taken = []
    for _ in range(50):
        after = new_id(_FIRST_MS + secrets.randbelow(objects * _EVERY_MS))
        began = time.perf_counter()
        vault.rooms.catalogue.page(box.box_id, after=after, limit=PAGE)
        taken.append((time.perf_counter() - began) * 1000)
    return taken


_OPEN = """
import os, sys, time
from pathlib import Path
from yingbi.usecases import vault, verify, look, protect, erase
began = time.perf_counter()
with vault.open_vault(Path(sys.argv[1]), lambda: sys.argv[2].encode(), memory="wanted") as opened:
    ms = (time.perf_counter() - began) * 1000
    held = lambda: int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6
    before, most = held(), 0
    for some, _ in zip(range(int(sys.argv[3])), opened.rooms.catalogue.all()):
        most = max(most, held()) if some % 1000 == 0 else most
print(ms, most - before, some + 1)
"""
_LOOKED_THROUGH = 100_000


def _opening(path: Path) -> list[Row]:
    """Return how long opening takes beyond imports, and what going through many objects adds."""
    call = [sys.executable, "-c", _OPEN, str(path), _PASSPHRASE.decode(), str(_LOOKED_THROUGH)]
    found = [
        subprocess.run(call, check=True, capture_output=True, text=True).stdout.split()
        for _ in range(3)
    ]
    ms = median(float(one[0]) for one in found)
    grown, some = median(float(one[1]) for one in found), int(found[0][2])
    return [
        Row("scale-open", say("opening the vault, imports not counted"), ms, "ms", 1000),
        Row("scale-memory", say("memory that going through {n} objects adds", n=some), grown, "MB"),
    ]


def _database_bytes(path: Path) -> int:
    return sum(file.stat().st_size for file in path.glob("*.db*"))


@contextmanager
def _vault(name: str) -> Iterator[Path]:
    with TemporaryDirectory(prefix="yingbi-bench-") as folder:
        path = Path(folder) / "vault"
        init_vault(path, name, lambda: _PASSPHRASE, memory="wanted")
        yield path

"""How fast keys are rotated: locks to another day's key, and the keys of many boxes to another root."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from yingbi.bench.row import Row
from yingbi.crypto.gcrypt import library, result, sexp
from yingbi.crypto.suite import NAMES, suite
from yingbi.domain.box import Box, BoxPolicy
from yingbi.domain.ids import new_id
from yingbi.domain.level import Level
from yingbi.domain.messages import say
from yingbi.domain.part import PartKind
from yingbi.domain.retention import Retention, RetentionClass
from yingbi.errors import LibraryMissingError
from yingbi.keys.locks import LockGroup
from yingbi.seal.door import Door, PartSealer
from yingbi.seal.records import records
from yingbi.store.stored import ObjectInfo
from yingbi.store.writer import ObjectWriter
from yingbi.structure.pack import pack
from yingbi.usecases.box import create_box
from yingbi.usecases.keys import rotate_box, rotate_epochs, rotate_root
from yingbi.usecases.vault import Vault, init_vault, open_vault

LOCKS = {"intl": 6000, "sm": 400}
INTL_GOAL, SM_GOAL = 2000, 0.8
"""Locks a second, and how many times libgcrypt's own SM2 encryption."""
SEGMENTS = 20
"""Locks of one object; each object's file is opened and its headers are read."""
BOXES, DAYS = 100, 365
_PASSPHRASE = b"a passphrase to measure with"
_YEAR = Retention.of([(RetentionClass.USUAL, 365)])


def rotation(boxes: int = BOXES, days: int = DAYS, locks: Mapping[str, int] = LOCKS) -> list[Row]:
    """Measure locks a second with both suites, then root and box with many boxes and days."""
    rows = [row for name in NAMES for row in _locks(name, locks[name])]
    return [*rows, *_many_boxes(boxes, days)]


def _locks(name: str, locks: int) -> list[Row]:
    told = say("locks wrapped for another day's key, suite `{suite}`", suite=name)
    alone = say("its public-key encryption alone, suite `{suite}`", suite=name)
    keys = f"rotate-locks-{name}", f"rotate-encrypt-{name}"
    try:
        with _opened(name) as vault:
            box = create_box(vault, "hall", BoxPolicy(Level.STRUCTURED_ONLY, retention=_YEAR))
            for _ in range(locks // SEGMENTS):
                _protect(vault, box)
            encrypts = _encrypts(name, locks // 4)
            began = time.perf_counter()
            done = rotate_epochs(vault, "hall").locks
            rate = done / (time.perf_counter() - began)
    except LibraryMissingError:
        note = say("not measured: libgcrypt is missing")
        both = zip(keys, (told, alone), strict=True)
        return [Row(key, what, None, say("locks/s"), note=note) for key, what in both]
    if done != locks:
        raise ValueError("not every lock was wrapped anew")
    goal = INTL_GOAL if name == "intl" else None
    return [
        Row(keys[0], told, rate, say("locks/s"), goal, at_least=True),
        Row(keys[1], alone, encrypts, say("locks/s")),
        *(_beside_libgcrypt(rate, locks // 4) if name == "sm" else []),
    ]


def _beside_libgcrypt(rate: float, times: int) -> list[Row]:
    """Return how fast libgcrypt's own SM2 encryption is, and how many times as fast locks are."""
    theirs = libgcrypt_encrypts(times)
    told = say("times as many as the SM2 encryptions of libgcrypt's own")
    return [
        Row("rotate-libgcrypt-sm", say("libgcrypt's own SM2 encryption"), theirs, say("locks/s")),
        Row("rotate-libgcrypt-ratio-sm", told, rate / theirs, "", SM_GOAL, at_least=True),
    ]


def libgcrypt_encrypts(times: int) -> float:
    """Return how many messages as long as a lock's libgcrypt itself encrypts by SM2 in a second."""
    _, public = suite("sm").new_recipient()
    data = "(data (flags sm2)(hash-algo sm3)(value %b))"
    with sexp("(public-key (ecc (curve sm2p256v1)(flags sm2)(q %b)))", public) as key:
        began = time.perf_counter()
        for _ in range(times):
            # As long as ours: a first byte, the key and a digest.
            with (
                sexp(data, b"\x01" + os.urandom(64)) as clear,
                result(library().gcry_pk_encrypt, clear, key),
            ):
                pass
        return times / (time.perf_counter() - began)


def _encrypts(name: str, times: int) -> float:
    chosen = suite(name)
    _, public = chosen.new_recipient()
    context = os.urandom(80)
    began = time.perf_counter()
    for _ in range(times):
        chosen.wrap(public, os.urandom(32), context)
    return times / (time.perf_counter() - began)


def _many_boxes(boxes: int, days: int) -> list[Row]:
    """Measure a new root over many boxes, and a new key of one that has many days.

    Objects have no part in either, so none are made; nor have other boxes' days.
    """
    with _opened("intl") as vault:
        policy, today = BoxPolicy(Level.STRUCTURED_ONLY, retention=_YEAR), datetime.now(UTC).date()
        made = [create_box(vault, f"box {number}", policy) for number in range(boxes)]
        vault.epochs.ahead(made[0].box_id, today - timedelta(days=days), days)
        began = time.perf_counter()
        rotate_root(vault)
        root_s = time.perf_counter() - began
        began = time.perf_counter()
        rotate_box(vault, "box 0")
        box_s = time.perf_counter() - began
    told = say("new root, {boxes} boxes", boxes=boxes)
    return [
        Row("rotate-root", told, root_s * 1000, "ms"),
        Row("rotate-box", say("new key of a box of {days} days", days=days), box_s * 1000, "ms"),
    ]


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
    sealer = PartSealer(door, PartKind.RECORDS)
    group = LockGroup(box.box_id, epoch.epoch, epoch.retention)
    with ObjectWriter(
        vault.rooms, object_id=object_id, level=door.level, group=group, day=now.date()
    ) as writer:
        for number in range(SEGMENTS):
            page = next(pack([], (60.0 * number, 60.0 * number + 60.0), 4096, ("none",)))
            writer.add(PartKind.RECORDS, records(sealer, page))
        writer.commit(ObjectInfo(to_s=60.0 * SEGMENTS), now=now)


@contextmanager
def _opened(name: str) -> Iterator[Vault]:
    with TemporaryDirectory(prefix="yingbi-bench-") as folder:
        path = Path(folder) / "vault"
        init_vault(path, name, lambda: _PASSPHRASE, memory="wanted")
        with open_vault(path, lambda: _PASSPHRASE, memory="wanted", alone=True) as vault:
            yield vault

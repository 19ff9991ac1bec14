"""How fast a box answers what happened in it: a year of it, a million events.

The rows go through the code that `protect` uses, a day's objects in one transaction so
that the disk does not have to answer for each. What is measured is the whole command, from
its call to its end, and beside it what of that is no query: starting the program, importing
the database's library, and stretching the passphrase.
"""

import json
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from yingbi.bench.program import COMMAND
from yingbi.bench.row import Row
from yingbi.bench.vault import Taken
from yingbi.crypto.passphrase import Cost, stretch
from yingbi.domain.box import Box, BoxPolicy
from yingbi.domain.ids import new_id
from yingbi.domain.ledger import Action, Deed
from yingbi.domain.level import Level
from yingbi.domain.messages import say
from yingbi.domain.part import PartKind
from yingbi.domain.record import Behaviour, Event, Record
from yingbi.keys.epoch import epoch_of
from yingbi.keys.locks import LockGroup
from yingbi.store.index import entry_of, group_of
from yingbi.store.stored import ObjectInfo, StoredObject, StoredPart, StoredSegment
from yingbi.usecases.box import create_box
from yingbi.usecases.event_index import index_of
from yingbi.usecases.subject import add_subject
from yingbi.usecases.vault import Vault, init_vault, open_vault

EVENTS = int(os.environ.get("YINGBI_BENCH_EVENTS", "1000000"))
DAYS, PER_DAY = 365, 288
"""An object every five minutes, as a camera makes them that records events alone."""
RUNS = 7
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
PERSON, LINKED = "known abcd2345", "Somebody"
SHARE = 0.05
"""So much of what happens is of the one person who is asked for."""
_PASSPHRASE = b"a passphrase to measure with"
_BODY_BYTES, _LOCK_BYTES = 4096, 148
_IMPORT = "import gc; gc.disable(); import yingbi.db.database; gc.freeze()"
"""Of the library its import alone, as the program has it: no garbage is looked for."""
CALL: tuple[str, ...] = (str(COMMAND),)


@dataclass(frozen=True, slots=True)
class Made:
    """A vault with a year in it: where, and how it is opened by a command."""

    path: Path
    environment: dict[str, str]
    events: int


def query(events: int = EVENTS) -> list[Row]:
    """Seed a vault and measure a day, and a person over the whole year."""
    began = time.perf_counter()
    with made(events) as vault:
        rate = vault.events / (time.perf_counter() - began)
        rows = [
            Row("query-events", say("events in the index"), vault.events, ""),
            Row("query-seeded", say("events written, a day at a time"), rate, say("events/s")),
            Row("query-index", say("index on the disk"), _index_bytes(vault.path) / 1e6, "MB"),
        ]
        return rows + _measured(vault)


def _measured(vault: Made) -> list[Row]:
    bare = _ms([sys.executable, "-c", "pass"], vault)
    version = _ms([*CALL, "--version"], vault)
    database = _ms([sys.executable, "-c", _IMPORT], vault) - bare
    stretching = _stretching_ms()
    rows = [
        Row("query-version", say("`yingbi --version`"), version, "ms"),
        Row("query-import", say("importing the database's library"), database, "ms"),
        Row("query-passphrase", say("stretching the passphrase"), stretching, "ms"),
    ]
    day = (FIRST + timedelta(days=DAYS // 2)).date()
    asked = {
        "day": (("--between", f"{day}T00:00Z..{day + timedelta(days=1)}T00:00Z"), 1000.0),
        "person": (("--person", PERSON), 3000.0),
        "linked": (("--person", LINKED), 3000.0),
    }
    words = {
        "day": say("one day"),
        "person": say("one person over a year, by pseudonym"),
        "linked": say("one person over a year, by links"),
    }
    for name, (options, goal) in asked.items():
        command = [*CALL, "query", "--box", "street", *options]
        taken = _taken(command, vault)
        told = _answer(command, vault)
        more = (
            ("rows", len(told["found"])),
            ("bytes", told["opened"]["bytes"]),
            ("processor_ms", taken.processor * 1000),
        )
        whole = taken.clock * 1000
        beyond = whole - version - database
        within = 300.0 if name == "day" else None
        rows += [
            Row(f"query-{name}", words[name], whole, "ms", goal, more=more),
            Row(f"query-{name}-beyond", say("beyond program and import"), beyond, "ms"),
            Row(
                f"query-{name}-key",
                say("and with the key at hand"),
                beyond - stretching,
                "ms",
                within,
            ),
        ]
    return rows


@contextmanager
def made(events: int) -> Iterator[Made]:
    """Yield a vault with that many events, a year of one camera."""
    with TemporaryDirectory(prefix="yingbi-bench-") as folder:
        path, secret = Path(folder) / "vault", Path(folder) / "passphrase"
        secret.touch(mode=0o600)
        secret.write_bytes(_PASSPHRASE)
        init_vault(path, "intl", lambda: _PASSPHRASE, memory="wanted")
        with open_vault(path, lambda: _PASSPHRASE, memory="wanted") as vault:
            written = _seed(vault, events)
        own = {"YINGBI_VAULT": str(path), "YINGBI_PASSPHRASE_FILE": str(secret)}
        yield Made(path, dict(os.environ) | own, written)


def _seed(vault: Vault, events: int) -> int:
    policy = BoxPolicy(Level.STRUCTURED_ONLY, keep=("identity", "behaviour", "event"))
    box, chance, written = create_box(vault, "street", policy), random.Random(1), 0  # noqa: S311 made-up events
    person = add_subject(vault, LINKED, minor=False, contact="")
    for number in range(DAYS):
        start, due = FIRST + timedelta(days=number), events * (number + 1) // DAYS - written
        counts = [due * (n + 1) // PER_DAY - due * n // PER_DAY for n in range(PER_DAY)]
        moments = [start + timedelta(minutes=5 * n) for n in range(PER_DAY)]
        day = [_stored(box, moment) for moment in moments]
        told = [_happened(chance, count) for count in counts]
        _write(vault, list(zip(day, told, strict=True)))
        with vault.rooms.catalogue_db.begin() as unit:
            one = day[chance.randrange(PER_DAY)].object_id
            vault.people.appearances.link(unit, person.subject_id, one, track=1)
        written += due
    return written


def _write(vault: Vault, day: Sequence[tuple[StoredObject, list[Record]]]) -> None:
    """Write a day's objects: locks and index in one transaction, rows and log in another."""
    rooms, first = vault.rooms, day[0][0]
    group = LockGroup(first.box_id, first.epoch)
    keys = {stored.object_id: os.urandom(rooms.key_bytes) for stored, _ in day}
    segments = {stored.object_id: new_id() for stored, _ in day}
    locks = {one: ({segments[one]: os.urandom(_LOCK_BYTES)}, key) for one, key in keys.items()}
    with rooms.keys_db.begin() as unit:
        rooms.locks.put_all(unit, group, locks)
        entries = [entry_of(stored, told) for stored, told in day]
        index_of(vault).pages.put(unit, group_of(first), entries)
    with rooms.catalogue_db.begin() as unit_of_catalogue:
        for stored, _ in day:
            one = stored.object_id
            place = [StoredSegment(segments[one], 0, _BODY_BYTES, 0.0, 300.0)]
            rooms.catalogue.add(unit_of_catalogue, stored, {PartKind.RECORDS: place}, keys[one])
        vault.log.append(unit_of_catalogue, Deed(Action.PROTECTED, FIRST, first.box_id))


def _stored(box: Box, moment: datetime) -> StoredObject:
    name = f"{os.urandom(1).hex()}/{os.urandom(15).hex()}.yb"
    parts = (StoredPart(PartKind.RECORDS, name, 1, _BODY_BYTES, os.urandom(32)),)
    info = ObjectInfo(camera="gate", recorded_at=moment.isoformat(), clock="option", to_s=300.0)
    made_id = new_id(int(moment.timestamp() * 1000))
    epoch = epoch_of(moment.date())
    return StoredObject(made_id, box.box_id, box.policy.level, epoch, 0, parts, info)


def _happened(chance: random.Random, count: int) -> list[Record]:
    """Return so many records of five minutes."""
    found: list[Record] = []
    for n in range(count):
        at = round(300 * (n + chance.random()) / count, 3)
        who = PERSON if chance.random() < SHARE else f"unknown {1 + n % 3}"
        match n % 4:
            case 0:
                found.append(Event("entered", at, who))
            case 1:
                found.append(Event("crossed", at, who, place="gate", direction="forward"))
            case 2:
                found.append(Behaviour(who, at, at + 5.0, "walking", 0.8))
            case _:
                found.append(Event("left", at, who))
    return found


def _index_bytes(path: Path) -> int:
    return sum(file.stat().st_size for file in path.glob("keys.db*"))


def _stretching_ms() -> float:
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        stretch(_PASSPHRASE, bytes(16), Cost())
        times.append((time.perf_counter() - began) * 1000)
    return median(times)


def _taken(command: Sequence[str], vault: Made) -> Taken:
    """Return what a whole process takes; one run before it fills the file cache."""
    clock, processor = [], []
    for _ in range(RUNS + 1):
        began, used = time.perf_counter(), _processor_s()
        _run(command, vault)
        processor.append(_processor_s() - used)
        clock.append(time.perf_counter() - began)
    return Taken(median(clock[1:]), median(processor[1:]))


def _ms(command: Sequence[str], vault: Made) -> float:
    return _taken(command, vault).clock * 1000


def _processor_s() -> float:
    """Return the processor's seconds of all processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _answer(command: Sequence[str], vault: Made) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(_run([*command, "--json"], vault))
    return told


def _run(command: Sequence[str], vault: Made) -> bytes:
    return subprocess.run(
        command, check=True, capture_output=True, stdin=subprocess.DEVNULL, env=vault.environment
    ).stdout

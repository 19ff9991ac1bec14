"""Boxes of which the index tells, and asking them."""

from datetime import UTC, datetime
from uuid import UUID

from yingbi.db.sql import select
from yingbi.domain.box import Box, BoxPolicy
from yingbi.domain.ids import new_id
from yingbi.domain.level import Level
from yingbi.domain.part import PartKind
from yingbi.domain.record import Behaviour, Event, Identity, Record
from yingbi.domain.report import Quiet
from yingbi.seal.door import PartSealer
from yingbi.seal.records import records
from yingbi.store.stored import ObjectInfo
from yingbi.structure.pack import pack
from yingbi.usecases.box import create_box
from yingbi.usecases.event_index import index_of
from yingbi.usecases.own_desk import OwnDesk
from yingbi.usecases.query import Answer, Query, ask

NOW = datetime.now(UTC)
MORNING = datetime(2026, 3, 1, 8, tzinfo=UTC)
KEPT = ("identity", "behaviour", "event")
TOLD: tuple[Record, ...] = (
    Event("entered", 1.0, "unknown 1"),
    Event("entered", 2.0, "unknown 2"),
    Event("crossed", 3.0, "unknown 2", place="gate", direction="back"),
    Event("fell", 4.5, "unknown 1", confidence=0.83),
    Event("count", 5.0, count=2),
    Event("dwelt", 9.0, "unknown 2", place="bed", for_s=6.25),
    Behaviour("unknown 1", 4.5, 8.0, "fallen", 0.9),
    Identity("known abcd2345", 0.0, 9.0, 0.75),
)


def hand_in(
    vault,
    box,
    told=TOLD,
    *,
    recorded_at=MORNING,
    hear=True,
    object_id=None,
    at=NOW,
    retention=None,
    extra=None,
    camera="gate",
) -> UUID:
    """Protect records alone, as the owner does; hear: whether the index is told what they say."""
    given = {} if retention is None else {"retention": retention}
    desk, chosen = OwnDesk(vault, box, **given), object_id or new_id()
    door = desk.door(chosen, at)
    with desk.writer(door, at, camera) as writer:
        for page in pack(told, (0.0, 300.0), 4096, ("body",)):
            writer.add(PartKind.RECORDS, records(PartSealer(door, PartKind.RECORDS), page))
        if hear:
            writer.hear(lambda: told)
        when = None if recorded_at is None else recorded_at.isoformat()
        info = ObjectInfo(camera=camera, recorded_at=when, extra=extra or {})
        writer.commit(info, now=at, facts=desk.facts)
    return chosen


def new_box(vault, name="hall", **policy) -> Box:
    return create_box(vault, name, BoxPolicy(Level.STRUCTURED_ONLY, keep=KEPT, **policy))


def found(vault, box, **asked) -> Answer:
    return ask(vault, Query(box, **asked), Quiet())


def names(answer: Answer) -> list[str]:
    return [one.name for one in answer.found]


def ids(answer: Answer) -> set[UUID]:
    return {one.object_id for one in answer.found}


def rows_of(vault, table):
    with vault.rooms.keys_db.read() as unit:
        return unit.all(select(table))


def entries_there(vault, box) -> list[bytes]:
    index = index_of(vault)
    with vault.rooms.keys_db.read() as unit:
        entries, _ = index.pages.entries(unit, index.pages.heads(unit, box.box_id))
    return sorted(entry.object_id for entry in entries)

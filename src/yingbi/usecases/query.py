"""Ask what happened in a box, by event, time and person; no object is opened for it.

The question is in the log before anything is opened. What is not in the index yet is read
into it first, each object granted and logged as any opening is.

Clause: 6.1-8; 6.2.4-2; 6.2.4.b.2-2; A.1-3.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from yingbi.access.owner import OWNER
from yingbi.db.database import KeysUnit
from yingbi.db.schema import erasures, objects
from yingbi.db.sql import select
from yingbi.domain.box import Box
from yingbi.domain.ledger import Action, Deed
from yingbi.domain.messages import listed, say
from yingbi.domain.people_errors import NoSuchSubjectError
from yingbi.domain.record import BEHAVIOURS, EVENTS
from yingbi.domain.report import Progress
from yingbi.errors import (
    NoSuchObjectError,
    NotAuthorisedError,
    ObjectErasedError,
    SealBrokenError,
    UsageError,
    YingbiError,
)
from yingbi.keys import index_page
from yingbi.keys.index_heads import PageHead
from yingbi.keys.pseudonyms import Pseudonyms
from yingbi.store.event_rows import Happening
from yingbi.store.event_search import Somebody, Wanted, search
from yingbi.store.index import EventIndex
from yingbi.store.stored import StoredObject
from yingbi.usecases.event_index import index_of, whole_heads
from yingbi.usecases.look import Between, between, must_have_camera
from yingbi.usecases.vault import Vault

KNOWN = re.compile(r"known [a-z2-7]{8}")
"""How records call somebody whom they know again."""
INDEX = "index"
LONGEST_WORDS, LONGEST_NAME = 2000, 200
COLUMNS = (
    "at", "kind", "name", "subject", "place", "direction", "count", "for_s", "confidence",
    "from_s", "id", "camera",
)  # fmt: skip
"""What `told` tells, in a table's order."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PAGES = 64
CAMERAS_OF = 500
"""Of more objects nobody is told the camera unasked: it stands in each one's own sealed row."""


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of a box. events, behaviours: their names; neither means everything.

    span: from when, and until before when; an open end is None. An object of which it is
    unknown when it was recorded is found only where both are open. person: a name, an id, a
    pseudonym, or what records call somebody whom they know ("known abcd2345"). camera: by name.

    Raises: UsageError on a name that no record has, or a person that is no short text.
    """

    box: Box
    events: tuple[str, ...] = ()
    behaviours: tuple[str, ...] = ()
    span: Between = (None, None)
    person: str | None = None
    camera: str | None = None

    def __post_init__(self) -> None:
        """Refuse what could never be found."""
        who, most = self.person or "", LONGEST_NAME
        if len(who) > most or not who.isprintable():
            problem = say("a person's name has at most {most} printable characters", most=most)
            raise UsageError(problem=problem)
        for asked, known in ((self.events, tuple(EVENTS)), (self.behaviours, BEHAVIOURS)):
            for name in asked:
                if name not in known:
                    names = listed(known)
                    problem = say("'{name}' is none of these: {names}", name=name, names=names)
                    raise UsageError(problem=problem)

    @property
    def what(self) -> frozenset[str] | None:
        """What is meant as the index calls it, None for everything."""
        events = {f"event {name}" for name in self.events}
        return frozenset(events | {f"behaviour {name}" for name in self.behaviours}) or None

    def words(self, who: str) -> str:
        """Return the question for the sealed purpose in the log.

        who: the id of the person asked for, never a name: it would outlive their forgetting.
        """
        ends = ["" if end is None else end.isoformat() for end in self.span]
        asked = [*self.events, *self.behaviours, "..".join(ends), who, self.camera or ""]
        words = "query " + "; ".join(word for word in asked if word not in ("", ".."))
        return words[:LONGEST_WORDS]


@dataclass(frozen=True, slots=True)
class Opened:
    """What a query opened: bytes, pages of the index, and objects that were read into it."""

    bytes: int
    pages: int
    objects: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found, the newest last, and what was opened for it.

    unread: what is wrong with objects that could not be read into the index.
    cameras: by object; None where they are more than `CAMERAS_OF` and no camera was asked for.
    """

    found: tuple[Happening, ...]
    opened: Opened
    unread: tuple[YingbiError, ...] = ()
    cameras: Mapping[UUID, str | None] | None = None

    def told(self) -> Iterator[dict[str, Any]]:
        """Yield what was found for machines, with the camera where it is looked up."""
        for one in self.found:
            seen = {} if self.cameras is None else {"camera": self.cameras[one.object_id]}
            yield told(one) | seen


def ask(vault: Vault, query: Query, progress: Progress) -> Answer:
    """Return what the box's records tell of what is asked.

    Raises: NoSuchSubjectError, NoSuchCameraError; SealBrokenError, NoKeyError where a page of
        the index does not open or is missing: `build_anew` makes it anew.
    """
    index = index_of(vault)
    if not vault.keystore.is_open:
        raise NotAuthorisedError(reason="the keystore is closed")
    facts = {"part": INDEX, "holder": OWNER}
    now, box_id = datetime.now(UTC), query.box.box_id
    must_have_camera(vault, query.box, query.camera)
    who, person = "", None
    if query.person is not None:
        who, person = _somebody(vault, query.person, query.box)
    vault.log.record(Deed(Action.OPENED, now, box_id, purpose=query.words(who), facts=facts))
    first_us, until_us = (None if end is None else _microseconds(end) for end in query.span)
    wanted = Wanted(query.what, first_us, until_us, person)
    read, unread = Opened(0, 0), tuple[YingbiError, ...]()
    with vault.rooms.keys_db.read() as unit:
        waits = bool(index.waiting(unit))
    if waits:
        from yingbi.usecases.read_index import read_waiting

        size, many, unread = read_waiting(vault, query.box, progress)
        read = Opened(size, 0, many)
    found, opened = _found(vault, box_id, wanted)
    total = Opened(opened.bytes + read.bytes, opened.pages, read.objects)
    its_ids = {one.object_id for one in found}
    its_ids -= _gone(vault, box_id, its_ids)
    cameras = _cameras(vault, its_ids) if query.camera or len(its_ids) <= CAMERAS_OF else None
    if cameras is not None:
        its_ids = {i for i in cameras if query.camera in (None, cameras[i])}
    kept = [one for one in found if one.object_id in its_ids]
    kept.sort(key=_when)
    return Answer(tuple(kept), total, unread, cameras)


def span_asked(text: str | None) -> Between:
    """Return the ends of "FROM..TO"; a day alone is meant from its start to its end, here.

    Raises: UsageError.
    """
    if text is None or ".." in text or "/" in text or len(text) != len("2026-11-24"):
        return between(text)
    start, _ = between(f"{text}..")
    if start is None:
        raise AssertionError("a day has a start")
    return start, (start.astimezone().replace(tzinfo=None) + timedelta(days=1)).astimezone(UTC)


def told(one: Happening) -> dict[str, Any]:
    """Return one happening for machines."""
    return {
        "id": str(one.object_id),
        "kind": one.kind,
        "name": one.name or None,
        "at": None if one.at is None else one.at.isoformat(timespec="milliseconds"),
        "from_s": one.from_s,
        "for_s": one.for_s,
        "subject": one.subject,
        "place": one.place,
        "direction": one.direction,
        "count": one.people,
        "confidence": one.confidence,
    }


def _found(vault: Vault, box_id: UUID, wanted: Wanted) -> tuple[list[Happening], Opened]:
    """Return what all the pages of a box tell. Raises: SealBrokenError where one is missing.

    Looks twice where one seems to be: another process may have written in between.
    """
    for last in (False, True):
        # The second time no other process may write.
        still = vault.rooms.catalogue_db.begin() if last else nullcontext()
        with still, vault.rooms.keys_db.read() as unit:
            heads = whole_heads(vault, unit, box_id)
            if heads is not None:
                return _search(index_of(vault), unit, heads, wanted)
    raise SealBrokenError(what=index_page.INDEX, reason="a page of it is missing")


def _search(
    index: EventIndex, unit: KeysUnit, heads: Sequence[PageHead], wanted: Wanted
) -> tuple[list[Happening], Opened]:
    """Open the pages that may hold what is wanted, some at a time."""
    found = list[Happening]()
    size = sum(head.sealed_bytes for head in heads)
    chosen = [head for head in heads if wanted.may_be_in(head.first_us, head.last_us)]
    for start in range(0, len(chosen), _PAGES):
        entries, opened = index.pages.entries(unit, chosen[start : start + _PAGES])
        size += opened
        found += search(entries, wanted)
    return found, Opened(size, len(chosen))


def _somebody(vault: Vault, text: str, box: Box) -> tuple[str, Somebody]:
    """Return by what a person is told of in the log, and how records may speak of them.

    Raises: NoSuchSubjectError.
    """
    if KNOWN.fullmatch(text):
        return text, Somebody(frozenset({text}))
    people = vault.people
    try:
        subject = people.subjects.named(text)
    except NoSuchSubjectError:
        mine = [one for one in people.subjects.all() if one.pseudonym == text]
        if len(mine) != 1:
            raise
        subject = mine[0]
    who = str(subject.subject_id)
    links: dict[bytes, list[Any]] = {}
    for link in people.appearances.of_subject(subject.subject_id):
        links.setdefault(link.object_id.bytes, []).append(link)
    names = {subject.pseudonym}
    rotation = box.policy.detail.names
    if rotation == "none":
        return who, Somebody(frozenset(names), links)
    given = Pseudonyms(vault.keystore, box.box_id, rotation)
    if rotation == "box":
        names.add(given.on(subject.subject_id, _EPOCH.date()))
        return who, Somebody(frozenset(names), links)

    def on_day(day: int) -> str:
        return given.on(subject.subject_id, _EPOCH.date() + timedelta(days=day))

    return who, Somebody(frozenset(names), links, on_day)


def _gone(vault: Vault, box_id: UUID, object_ids: set[UUID]) -> set[UUID]:
    """Return those that have no row any more, or of which an erasing is decided."""
    if not object_ids:
        return set()
    decided, mine = select(erasures.c.object_id), objects.c.object_id
    # one span of the box's objects: asking for thousands of ids would take longer
    there = mine.between(min(object_ids), max(object_ids))
    living = select(mine).where(objects.c.box_id == box_id, there, mine.not_in(decided))
    left = {one.bytes for one in object_ids}
    with vault.rooms.catalogue_db.read() as unit:
        left.difference_update(row[0] for row in unit.raw(living))
    return {UUID(bytes=one) for one in left}


def _cameras(vault: Vault, object_ids: set[UUID]) -> dict[UUID, str | None]:
    """Return which camera each object is of, but for those that are erased meanwhile."""
    catalogue, stored = vault.rooms.catalogue, list[StoredObject]()
    try:
        stored = catalogue.some(list(object_ids))
    except (ObjectErasedError, NoSuchObjectError):
        for object_id in object_ids:
            with suppress(ObjectErasedError, NoSuchObjectError):
                stored.append(catalogue.get(object_id))
    return {one.object_id: one.info.camera for one in stored}


def _when(one: Happening) -> tuple[Any, ...]:
    """Return what orders by time; what has none comes first, in the order of taking in."""
    return (one.at is not None, one.at or _EPOCH, one.object_id.int, one.from_s)


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)

"""`vault check`: what of a vault is not as it should be, and putting right what can be.

What was never acknowledged is removed, what was decided is finished, and where an
object's locks lie is written anew from the pages. Nothing else is touched: what was
altered or lost is told and stays as it is, but for a page of locks that the owner gives up.

Clause: 6.1-2; 6.2.3-2; 6.2.3.e-2.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from yingbi.domain.ledger import Action, Deed
from yingbi.domain.level import Level
from yingbi.domain.messages import listed, say, say_error
from yingbi.errors import UsageError, YingbiError
from yingbi.keys.lock_repair import LockRepair
from yingbi.store.erase import settle
from yingbi.store.replace import unfinished_changes
from yingbi.store.stored import ObjectInfo, StoredObject
from yingbi.usecases.opened import Vault
from yingbi.usecases.verify import same_as_logged


class State(StrEnum):
    """What became of a finding: a repair would help, did help, or cannot."""

    REPAIRABLE = "repairable"
    REPAIRED = "repaired"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be, in the user's words."""

    state: State
    line: str


@dataclass(slots=True)
class _Pages:
    """What the pages of locks say: by object its entries, and which pages do not open."""

    places: set[tuple[UUID, UUID]] = field(default_factory=set)
    entries: dict[UUID, set[UUID]] = field(default_factory=dict)
    broken: list[UUID] = field(default_factory=list)


def check_vault(
    vault: Vault, now: datetime, *, repair: bool, give_up: Sequence[UUID] = ()
) -> Iterator[Finding]:
    """Look at everything but the bodies' seals and yield what is not well, in one line each.

    The caller holds the vault alone, opened as it is. repair: put right what can be.
    give_up: pages of locks that do not open; whatever had a lock there is erased.

    Raises: UsageError where a page to be given up is none of those.
    """
    yield from _databases(vault)
    try:
        vault.rooms.told()
    except YingbiError as error:
        # Without a log that can be believed nothing is known to be decided.
        yield Finding(State.BROKEN, say_error(error))
        return
    yield from _keystore(vault, repair=repair)
    pages = _read_pages(vault)
    if wrong := set(give_up) - set(pages.broken):
        raise UsageError(problem=say("page {page} is none that is damaged", page=min(wrong)))
    yield from _given_up(vault, pages, now, give_up)
    pages = _read_pages(vault)
    yield from _places(vault, pages, now, repair=repair)
    yield from _damaged_pages(vault, pages)
    if not pages.broken:
        yield from _left_over(vault, now, repair=repair)
    decided = [one.object_id for one in vault.rooms.catalogue.unfinished_erasures()]
    yield from _bodies(vault, decided)
    if decided:
        return  # half of it is gone already; it is compared with the log when it is finished
    try:
        same_as_logged(vault)
    except YingbiError as error:
        yield Finding(State.BROKEN, say_error(error))


def _databases(vault: Vault) -> Iterator[Finding]:
    for database in (vault.rooms.catalogue_db, vault.rooms.keys_db):
        for problem in database.problems():
            name = database.path.name
            yield Finding(State.BROKEN, say("{name}: {problem}", name=name, problem=problem))


def _keystore(vault: Vault, *, repair: bool) -> Iterator[Finding]:
    if vault.keystore.is_whole:
        return
    if repair:
        vault.keystore.complete()
    yield _finding(say("A writing of the keystore broke off."), repair=repair)


def _lock_table(vault: Vault) -> LockRepair:
    return LockRepair(vault.keystore, vault.rooms.keys_db, vault.folder.controller_id)


def _read_pages(vault: Vault) -> _Pages:
    found = _Pages()
    with vault.rooms.keys_db.read() as unit:
        for page_id, entries in _lock_table(vault).each_page(unit):
            if entries is None:
                found.broken.append(page_id)
            for entry in entries or ():
                object_id = UUID(bytes=entry.object_id)
                found.places.add((object_id, page_id))
                found.entries.setdefault(object_id, set()).add(UUID(bytes=entry.segment_id))
    return found


def _places(vault: Vault, pages: _Pages, now: datetime, *, repair: bool) -> Iterator[Finding]:
    """Compare where locks are said to lie with where they lie; broken pages keep what is said."""
    locks, keys_db = _lock_table(vault), vault.rooms.keys_db
    with keys_db.read() as unit:
        said = locks.places(unit)
    true = pages.places | {(one, page) for one, page in said if page in pages.broken}
    if said == true:
        return
    many = len(said ^ true)
    if repair:
        with keys_db.begin() as unit_of_keys:
            locks.write_places(unit_of_keys, sorted(true))
        _tell(vault, now, "places", many)
    line = say("Where locks lie is written wrongly in {many} rows.", many=many)
    yield _finding(line, repair=repair)


def _damaged_pages(vault: Vault, pages: _Pages) -> Iterator[Finding]:
    if not pages.broken:
        return
    ids = listed(map(str, sorted(_affected(vault, pages)))) or say("nothing")
    for page_id in pages.broken:
        yield Finding(State.BROKEN, say("Page {page} of the locks does not open.", page=page_id))
    line = say("For ever closed with what does not open: {ids}.", ids=ids)
    yield Finding(State.BROKEN, line)
    more = say("Restore a backup, or let it go with --give-up-page: what is named here is erased.")
    yield Finding(State.BROKEN, more)


def _affected(vault: Vault, pages: _Pages) -> set[UUID]:
    """Return the objects and people that lack a key; where locks are said to lie proves nothing."""
    rooms = vault.rooms
    known = rooms.catalogue.known_ids()
    lost = {one for one in known if one not in pages.entries.get(one, ())}
    people = set(vault.people.subjects.ids())
    decided = {erasure.object_id for erasure in rooms.catalogue.unfinished_erasures()}
    for object_id in known - lost - people - decided:
        stored = rooms.catalogue.get(object_id)
        living = {
            one.segment_id
            for part in stored.parts
            for one in rooms.catalogue.segments_of(object_id, part.kind)
            if not one.erased
        }
        if not living <= pages.entries[object_id]:
            lost.add(object_id)
    return lost


def _given_up(
    vault: Vault, pages: _Pages, now: datetime, give_up: Sequence[UUID]
) -> Iterator[Finding]:
    """Decide the erasing of what lacks a key, let the pages go, and finish."""
    if not give_up:
        return
    rooms = vault.rooms
    if set(give_up) != set(pages.broken):
        raise UsageError(problem=say("give up all damaged pages at once, or none"))
    affected = _affected(vault, pages)
    boxes = {d.object_id: d.box_id for d in rooms.told() if d.action is Action.PROTECTED}
    decided = {erasure.object_id for erasure in rooms.catalogue.unfinished_erasures()}
    with rooms.catalogue_db.begin() as unit:
        for object_id in sorted(affected - decided):
            box_id = boxes.get(object_id) or vault.folder.controller_id
            bare = StoredObject(object_id, box_id, Level.STRUCTURED_ONLY, 0, 0, (), ObjectInfo())
            rooms.catalogue.intend_erasing(unit, bare, now)
            facts = {"by": "lock page given up"}
            deed = Deed(Action.ERASE_INTENDED, now, box_id=box_id, object_id=object_id, facts=facts)
            rooms.ledger.append(unit, deed)
    with rooms.keys_db.begin() as unit_of_keys:
        for page_id in give_up:
            _lock_table(vault).let_go(unit_of_keys, page_id)
    rooms.keys_db.empty_journal()
    settle(rooms, now=now)
    _tell(vault, now, "pages", len(give_up))
    for page_id in give_up:
        yield Finding(State.REPAIRED, say("Page {page} of the locks was given up.", page=page_id))
    ids = listed(map(str, sorted(affected))) or say("nothing")
    yield Finding(State.REPAIRED, say("Erased with it: {ids}.", ids=ids))


def _left_over(vault: Vault, now: datetime, *, repair: bool) -> Iterator[Finding]:
    """Find what no start has settled yet, and let one settle it."""
    rooms = vault.rooms
    known = rooms.catalogue.known_files() | rooms.inbox.claimed()
    counts: tuple[tuple[int, str], ...] = (
        (len(rooms.shelf.marks()), say("Writers that never ended: {many}.")),
        (len(rooms.catalogue.unfinished_erasures()), say("Erasings that broke off: {many}.")),
        (unfinished_changes(rooms), say("Changes of objects that broke off: {many}.")),
        (
            len(rooms.locks.object_ids() - rooms.catalogue.known_ids()),
            say("Objects of which only keys are there: {many}."),
        ),
        (len(set(rooms.shelf.names()) - known), say("Bodies that belong to nothing: {many}.")),
    )
    found = [line.format(many=many) for many, line in counts if many]
    if not found:
        return
    if repair:
        rooms.shelf.mark()  # a start looks at everything where a writer left its mark
        try:
            settle(rooms, now=now)
        except YingbiError as error:
            yield from (Finding(State.BROKEN, line) for line in found)
            yield Finding(State.BROKEN, say_error(error))
            return
    yield from (_finding(line, repair=repair) for line in found)


def _bodies(vault: Vault, decided: Sequence[UUID]) -> Iterator[Finding]:
    catalogue, fine = vault.rooms.catalogue, set(vault.rooms.shelf.names())
    fine |= {name for object_id in decided for name in catalogue.file_names(object_id)}
    for name in sorted(catalogue.known_files() - fine):
        yield Finding(State.BROKEN, say("The body {name} is missing.", name=name))


def _tell(vault: Vault, now: datetime, what: str, many: int) -> None:
    vault.log.record(Deed(Action.REPAIRED, now, facts={what: str(many)}))


def _finding(line: str, *, repair: bool) -> Finding:
    return Finding(State.REPAIRED if repair else State.REPAIRABLE, line)


def page_id_of(text: str) -> UUID:
    """Return the page that a user names. Raises: UsageError."""
    try:
        return UUID(text)
    except ValueError:
        raise UsageError(problem=say("'{text}' is no page", text=text)) from None

"""Locking objects to another key of their box: headers are read, bodies are not.

Clause: 6.2.3.e-2.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from uuid import UUID

from yingbi.envelope.part import contexts_of
from yingbi.errors import SealBrokenError, YingbiError
from yingbi.keys.relock import Placed, Relocker
from yingbi.keys.rotate import Rewrapping
from yingbi.usecases.opened import Vault

Tick = Callable[[int], None]
Contexts = Callable[[UUID], dict[UUID, bytes]]


def rewrap_locks(vault: Vault, object_ids: Sequence[UUID], change: Rewrapping, tick: Tick) -> int:
    """Lock what the old key opens of these objects to the new one; return how many locks.

    Page by page, each on the disk before the next: what broke off is taken up where it
    stopped, since a lock that names the new key is passed over. tick: called with the
    number of locks done, again and again.

    Raises: what was wrong with the first lock that could not be opened, after all others
        were done.
    """
    rooms, wanted = vault.rooms, frozenset(object_ids)
    table = Relocker(vault.keystore, rooms.keys_db, vault.folder.controller_id)
    done, broken = 0, list[YingbiError]()
    contexts = lru_cache(64)(lambda object_id: _contexts(vault, object_id))
    for page_id in table.page_ids(object_ids):
        mine = (one for one in table.locks_on(page_id) if one.object_id in wanted)
        instead = dict(_rewrapped(change, mine, contexts, broken))
        if instead:
            with rooms.keys_db.begin() as unit:
                count = table.swap(unit, page_id, instead)
            done += count
            tick(count)
    rooms.keys_db.empty_journal()
    if broken:
        raise broken[0]
    return done


def _rewrapped(
    change: Rewrapping, locks: Iterator[Placed], contexts: Contexts, broken: list[YingbiError]
) -> Iterator[tuple[bytes, bytes]]:
    """Yield each lock that names the old key, and the one that takes its place."""
    for one in locks:
        try:
            if change.concerns(one.lock):
                context = contexts(one.object_id).get(one.segment_id)
                if context is None:
                    reason = "a segment that has a lock is missing"
                    raise SealBrokenError(what=f"object {one.object_id}", reason=reason)
                yield one.lock, change.lock(one.lock, context)
        except YingbiError as error:
            broken.append(error)


def _contexts(vault: Vault, object_id: UUID) -> dict[UUID, bytes]:
    found: dict[UUID, bytes] = {}
    for name in vault.rooms.catalogue.file_names(object_id):
        with vault.rooms.shelf.open(name) as file:
            found |= contexts_of(vault.keystore.suite, file)
    return found

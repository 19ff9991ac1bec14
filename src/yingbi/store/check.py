"""Holding the catalogue to the log: nothing acknowledged is missing, nothing was slipped in.

Clause: 6.1-2; 6.3.a-2.
"""

from collections.abc import Iterable
from uuid import UUID

from yingbi.domain.ledger import Action, Deed
from yingbi.errors import SealBrokenError
from yingbi.keys.lock_store import number_of
from yingbi.store.catalogue import Catalogue
from yingbi.store.erasures import as_text
from yingbi.store.stored import Erasure

CHANGES = (Action.REMASKED, Action.PERSON_ERASED)
"""Deeds after which an object has other seals; they name all of them."""


def check(catalogue: Catalogue, deeds: Iterable[Deed]) -> int:
    """Compare every row with what a verified log tells; return how many objects there are.

    Raises: SealBrokenError naming the first object that is missing, was added,
        whose seals differ, or that was erased without an entry.
    """
    told: dict[UUID, Deed] = {}
    for deed in deeds:
        if deed.object_id is None:
            continue
        if deed.action is Action.PROTECTED or (deed.action in CHANGES and deed.object_id in told):
            told[deed.object_id] = deed
        elif deed.action is Action.ERASE_INTENDED:
            told.pop(deed.object_id, None)
    found = 0
    for stored in catalogue.all():
        deed_of = told.pop(stored.object_id, None)
        if deed_of is None:
            raise _broken(stored.object_id, reason="the log does not tell of it")
        seals = {part.kind.value: part.final_seal.hex() for part in stored.parts}
        if seals != dict(deed_of.digests) or stored.box_id != deed_of.box_id:
            raise _broken(stored.object_id, reason="the log tells of other seals")
        found += 1
    if told:
        raise _broken(min(told), reason="the log tells of it and it is gone")
    return found


def check_boxes(box_ids: Iterable[UUID], deeds: Iterable[Deed]) -> int:
    """Compare the boxes with what a verified log tells; return how many there are.

    Raises: SealBrokenError naming the first box that is missing or was added.
    """
    told = {deed.box_id for deed in deeds if deed.action is Action.BOX_MADE}
    found = set[UUID | None](box_ids)
    for box_id in found - told:
        raise _broken_box(box_id, "the log does not tell of it")
    for box_id in told - found:
        raise _broken_box(box_id, "the log tells of it and it is gone")
    return len(found)


def check_decided(deeds: Iterable[Deed], unfinished: Iterable[Erasure], gone: set[UUID]) -> None:
    """Hold what is about to be destroyed to a verified log: a row alone decides nothing.

    unfinished: the erasings that the catalogue calls decided. gone: the objects that
    have locks and no row.

    Raises: SealBrokenError naming an object that the log does not tell to be erased.
    """
    held, intended = set[UUID | None](), set[tuple[UUID | None, UUID | None]]()
    for deed in deeds:
        if deed.action is Action.PROTECTED:
            held.add(deed.object_id)
        elif deed.action is Action.SUBJECT_ADDED:
            held.add(UUID(deed.facts["subject"]))
        elif deed.action is Action.ERASE_INTENDED:
            held.discard(deed.object_id)
            intended.add((deed.object_id, deed.box_id))
    for erasure in unfinished:
        if (erasure.object_id, erasure.box_id) not in intended:
            raise _broken(erasure.object_id, reason="the log does not tell that it is to be erased")
    for object_id in gone & held:
        raise _broken(object_id, reason="the log tells of it and it is gone")


_STATES = (Action.ERASE_INTENDED, Action.ERASED, Action.ERASED_FINALLY)


def check_receipts(receipts: Iterable[Erasure], deeds: Iterable[Deed]) -> int:
    """Compare the receipts with what a verified log tells; return how many there are.

    They stand there unsealed, and people believe them: what was not erased must not seem
    so, nor sooner than it was, nor under a key of the lock store that went before.

    Raises: SealBrokenError naming the first that is missing, was added or altered.
    """
    told: dict[UUID, list[Deed]] = {}
    for deed in deeds:
        if deed.action in _STATES and deed.object_id is not None:
            told.setdefault(deed.object_id, []).append(deed)
    found = 0
    for receipt in receipts:
        its = told.pop(receipt.object_id, [])
        if not its:
            raise _broken(receipt.object_id, reason="the log does not tell that it was erased")
        if not _agrees(receipt, its):
            raise _broken(receipt.object_id, reason="the log tells otherwise of its erasing")
        found += 1
    if told:
        raise _broken(min(told), reason="the log tells that it was erased; its receipt is gone")
    return found


def _agrees(receipt: Erasure, deeds: list[Deed]) -> bool:
    at = {deed.action: as_text(deed.at) for deed in deeds}
    moments = receipt.intended_at, receipt.erased_at, receipt.final_at
    keys = [bytes.fromhex(deed.facts["lock_store"]) for deed in deeds if "lock_store" in deed.facts]
    return (
        moments == tuple(at.get(state) for state in _STATES)
        and all(deed.box_id == receipt.box_id for deed in deeds)
        and all(number_of(receipt.lock_store_id) >= number_of(key) for key in keys)
    )


def _broken(object_id: UUID, reason: str) -> SealBrokenError:
    return SealBrokenError(what=f"object {object_id}", reason=reason)


def _broken_box(box_id: UUID | None, reason: str) -> SealBrokenError:
    return SealBrokenError(what=f"box {box_id}", reason=reason)

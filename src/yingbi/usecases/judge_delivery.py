"""Whether a delivery may be taken in: every claim in it is held to what the vault knows.

Clause: 6.2.3.b-1; 6.2.4-1; A.1-5; A.2-3; A.3-2.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from yingbi.domain.box import BoxPolicy
from yingbi.domain.level import RawPolicy
from yingbi.domain.part import PartKind
from yingbi.domain.retention import RetentionClass
from yingbi.envelope.delivery import SealedDelivery, Slip, parse_delivery
from yingbi.envelope.header import Header, may_exist
from yingbi.envelope.lock import lock_key_ids
from yingbi.envelope.part import PartEnd
from yingbi.errors import DeliveryRefusedError, NoKeyError, NoSuchBoxError, SealBrokenError
from yingbi.keys.devices import Registered
from yingbi.keys.inbox_keys import days_of
from yingbi.keys.take_delivery import open_delivery, verify_delivery
from yingbi.keys.wrap import EpochPublic
from yingbi.release.delivered import must_open
from yingbi.release.verify import proven_segments
from yingbi.store.delivered import Delivered, decode
from yingbi.store.graded import why_unfit
from yingbi.store.stored import StoredObject, StoredPart
from yingbi.usecases.opened import Vault

ASKED_FOR = {PartKind.RAW: RawPolicy.WHOLE, PartKind.ROI: RawPolicy.PARTS}
"""Kinds of part that hold clear pictures, each with the policy that asks for it."""

NOT_FOR_DOORS = frozenset({RetentionClass.INBOX, RetentionClass.HOLD})


@dataclass(frozen=True, slots=True)
class Judged:
    """A delivery that is in order. again: its object is in the vault already, the very same."""

    door: Registered
    told: Delivered
    again: bool


def judge(vault: Vault, name: str, *, refused: bool = False) -> Judged:
    """Return what the delivery brings, every byte of it verified.

    refused: it is one that was laid aside before.

    Raises: DeliveryRefusedError; ReadWriteError; whatever is wrong with the vault's own rows.
    """
    with _as_refusal():
        sealed = parse_delivery(vault.keystore.suite, vault.rooms.inbox.read(name, refused=refused))
    door = _door(vault, sealed)
    inbox_key = _inbox_key(vault, sealed.slip)
    with _as_refusal():
        told = decode(open_delivery(vault.keystore.suite, sealed, inbox_key))
    policy = _policy(vault, sealed.slip)
    _must_fit(told, sealed.slip, door, policy)
    if reason := why_unfit(policy, told.stored):
        raise DeliveryRefusedError(reason=reason)
    if _known(vault, told):
        return Judged(door, told, again=True)
    _must_be_whole(vault, told, door)
    return Judged(door, told, again=False)


def _door(vault: Vault, sealed: SealedDelivery) -> Registered:
    """Return the door that signed it and may deliver it."""
    slip = sealed.slip
    if (slip.controller_id, slip.vault_id) != (vault.folder.controller_id, vault.folder.vault_id):
        raise DeliveryRefusedError(reason="it is for another vault")
    door = vault.devices.find(UUID(bytes=slip.device_id))
    if door is None:
        raise DeliveryRefusedError(reason="no door of this vault made it")
    with _as_refusal():
        verify_delivery(vault.keystore.suite, sealed, door.public_key)
    if door.box_id != slip.box_id:
        raise DeliveryRefusedError(reason="its door belongs to another box")
    if door.revoked_at is not None:
        raise DeliveryRefusedError(reason="its door was revoked")
    if not door.first_epoch <= slip.epoch <= door.last_epoch:
        raise DeliveryRefusedError(reason="it is of a day for which its door has no keys")
    return door


def _inbox_key(vault: Vault, slip: Slip) -> bytes:
    public, private = _named(vault, slip.box_id, (slip.key_id,))
    if (public.epoch, public.retention) != (slip.epoch, RetentionClass.INBOX):
        raise DeliveryRefusedError(reason="it is sealed to another key")
    return private


def _named(vault: Vault, box_id: UUID, key_ids: tuple[bytes, ...]) -> tuple[EpochPublic, bytes]:
    """Return the box's key of one of these ids, also one that a rotation replaced."""
    try:
        return vault.epochs.private_named(box_id, key_ids)
    except NoKeyError:
        raise DeliveryRefusedError(reason="the key of its day is gone") from None


def _policy(vault: Vault, slip: Slip) -> BoxPolicy:
    try:
        return vault.boxes.record(slip.box_id).box.policy
    except NoSuchBoxError:
        raise DeliveryRefusedError(reason="its box is gone") from None


def _must_fit(told: Delivered, slip: Slip, door: Registered, policy: BoxPolicy) -> None:
    """Hold what it says of itself to the box as the vault knows it, not as the door does."""
    stored = told.stored
    if stored.box_id != slip.box_id:
        raise DeliveryRefusedError(reason="its door belongs to another box")
    if stored.epoch != slip.epoch:
        raise DeliveryRefusedError(reason="it is of another day inside than outside")
    if stored.level is not policy.level:
        raise DeliveryRefusedError(reason="it is of another level than its box")
    for part in stored.parts:
        unasked = part.kind in ASKED_FOR and policy.raw is not ASKED_FOR[part.kind]
        if unasked or not may_exist(part.kind, policy.level):
            raise DeliveryRefusedError(reason="a part of this kind cannot exist in its box")
    if stored.retention not in set(RetentionClass) - NOT_FOR_DOORS:
        raise DeliveryRefusedError(reason="it is of a class of keeping that no door may use")
    if sorted(slip.bodies) != sorted(part.file_name for part in stored.parts):
        raise DeliveryRefusedError(reason="it names other bodies outside than inside")
    if not door.first_epoch <= stored.epoch <= door.last_epoch:
        raise DeliveryRefusedError(reason="it is of a day for which its door has no keys")
    if stored.object_id.version != 7 or stored.epoch not in days_of(stored.object_id):
        raise DeliveryRefusedError(reason="its object's id is of another day")


def _known(vault: Vault, told: Delivered) -> bool:
    """Return whether the same object is in the vault. Raises: DeliveryRefusedError for another one."""
    object_id, catalogue = told.stored.object_id, vault.rooms.catalogue
    if catalogue.erasure(object_id) is not None:
        raise DeliveryRefusedError(reason="its object was erased")
    if not catalogue.holds(object_id):
        return False
    if _seals(catalogue.get(object_id)) != _seals(told.stored):
        raise DeliveryRefusedError(reason="another object of its id is in the vault")
    return True


def _seals(stored: StoredObject) -> list[tuple[str, str, bytes]]:
    return sorted((part.kind, part.file_name, part.final_seal) for part in stored.parts)


def _must_be_whole(vault: Vault, told: Delivered, door: Registered) -> None:
    """Verify every body, place and lock, and that the box's key opens each segment."""
    stored = told.stored
    named = {key_id for lock in told.locks.values() for key_id in _key_ids(lock)}
    keys = {key_id: _named(vault, stored.box_id, (key_id,)) for key_id in named}
    for public, _ in keys.values():
        if (public.epoch, public.retention) != (stored.epoch, stored.retention):
            raise DeliveryRefusedError(reason="a lock in it is for another key")
    for part in stored.parts:
        with _as_refusal():
            _must_be_whole_part(vault, told, part, door, keys)


def _key_ids(lock: bytes) -> tuple[bytes, ...]:
    with _as_refusal():
        key_ids = lock_key_ids(lock)
    if len(key_ids) != 1:
        raise DeliveryRefusedError(reason="a lock in it is for another key")
    return key_ids


def _must_be_whole_part(
    vault: Vault,
    told: Delivered,
    part: StoredPart,
    door: Registered,
    keys: Mapping[bytes, tuple[EpochPublic, bytes]],
) -> None:
    stored, places, at = told.stored, told.segments[part.kind], 0
    with vault.rooms.shelf.open(part.file_name) as source:
        found = proven_segments(
            vault.keystore.suite,
            source,
            door.public_key,
            object_id=stored.object_id,
            part=part.kind,
            end=PartEnd(part.segments, part.final_seal),
        )
        for place, segment in zip(places, found, strict=True):
            header = segment.head.header
            if (place.segment_id, place.offset, place.length) != (
                header.segment_id,
                at,
                segment.size,
            ):
                raise DeliveryRefusedError(reason="its segments lie elsewhere than it says")
            if _said(header) != _meant(vault, stored, door):
                raise DeliveryRefusedError(reason="its segments are of another box, day or door")
            lock = told.locks[header.segment_id]
            must_open(segment.head, lock, *keys[lock_key_ids(lock)[0]])
            at += segment.size
    if at != part.size:
        raise DeliveryRefusedError(reason="its segments lie elsewhere than it says")


def _said(header: Header) -> tuple[object, ...]:
    ids = header.controller_id, header.box_id, header.level, header.device_id
    return (*ids, header.key_epoch, header.retention, header.detached)


def _meant(vault: Vault, stored: StoredObject, door: Registered) -> tuple[object, ...]:
    ids = vault.folder.controller_id, stored.box_id, stored.level, door.device_id.bytes
    return (*ids, stored.epoch, stored.retention, True)


@contextmanager
def _as_refusal() -> Iterator[None]:
    """Take as a reason to refuse what is wrong with the delivery's own bytes."""
    try:
        yield
    except SealBrokenError as error:
        raise DeliveryRefusedError(reason=str(error.facts["reason"])) from None
    except NoKeyError:
        raise DeliveryRefusedError(reason="a lock in it is for another key") from None
    except ValueError:  # more or fewer segments than places
        raise DeliveryRefusedError(reason="its segments lie elsewhere than it says") from None

"""Keys: their ages, their rotation, the passphrase, and the shares that stand in for it.

No rotation touches a body. The root wraps the keys of boxes and nothing else; a
box's key seals its signer and the private halves of its days; a day's key opens
the locks of that day. So replacing one rewraps what is directly beneath it.

Clause: 6.2.3.e-2; 6.2.4.b.1.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

from yingbi.crypto.suite import suite
from yingbi.domain.crossing import Crossing, no_crossing
from yingbi.domain.ledger import Action, Deed
from yingbi.domain.messages import say
from yingbi.domain.retention import RetentionClass
from yingbi.errors import UsageError
from yingbi.keys.epoch import day_of_epoch, epoch_of
from yingbi.keys.index_pages import reseal_pages
from yingbi.keys.keystore import Keystore
from yingbi.keys.memory import guard
from yingbi.keys.recovery import MOST_SHARES, secret_of, shares_of
from yingbi.keys.rotate import Rewrapping
from yingbi.store.folder import WAIT_S, VaultFolder
from yingbi.usecases.backup_book import rows_of
from yingbi.usecases.event_index import index_of
from yingbi.usecases.opened import Vault
from yingbi.usecases.relock import Tick, rewrap_locks


def no_tick(_done: int) -> None:
    """Show nothing."""


def rotate_root(vault: Vault) -> int:
    """Give the vault a fresh root; return how many boxes' keys it wraps.

    Both roots are in the keystore until every box's key is wrapped by the fresh one; what
    broke off is finished by the next call. The caller holds the vault alone.

    Raises: SealBrokenError where a box's key opens with neither root; ReadWriteError.
    """
    now = datetime.now(UTC)
    vault.keystore.begin_root(int(now.timestamp()))
    with vault.rooms.keys_db.begin() as unit:
        boxes = vault.boxes.rewrap_keks(unit)
    vault.rooms.keys_db.empty_journal()
    vault.log.record(Deed(Action.ROTATED, now, facts={"key": "root", "boxes": str(boxes)}))
    vault.keystore.finish_root()
    return boxes


def rotate_box(vault: Vault, name: str) -> int:
    """Give a box a fresh key in one transaction; return how many days' keys it seals.

    Its signer stays: doors and keys handed out ahead rest on it. The caller holds the
    vault alone. Raises: NoSuchBoxError; SealBrokenError.
    """
    now, box = datetime.now(UTC), vault.boxes.box_named(name)
    with vault.rooms.keys_db.begin() as unit:
        old, new = vault.boxes.renew_kek(unit, box.box_id)
        epochs = vault.epochs.reseal(unit, box.box_id, old, new)
        if reseal_pages(vault.keystore, unit, box.box_id, old, new):
            index_of(vault).mend(unit)
    vault.rooms.keys_db.empty_journal()
    facts = {"key": "box", "epochs": str(epochs)}
    vault.log.record(Deed(Action.ROTATED, now, box_id=box.box_id, facts=facts))
    return epochs


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation of days' keys did. spared: days whose keys a door still has."""

    epochs: int
    locks: int
    spared: tuple[date, ...] = ()


def rotate_epochs(
    vault: Vault, name: str, day: date | None = None, tick: Tick = no_tick
) -> Rotated:
    """Give a day of a box fresh keys, or every day, and lock everything of it to them.

    A day whose public key a door has is spared: what that door delivers could not be
    opened any more. The caller holds the vault alone.

    Raises: NoSuchBoxError; UsageError where the day asked for has no key, or a door has it;
        what is wrong with a lock that does not open: its old key stays then.
    """
    box = vault.boxes.box_named(name)
    given = _given_to_doors(vault, box.box_id)
    states = [
        state
        for state in vault.epochs.held(box.box_id)
        if state.retention != RetentionClass.INBOX and not state.replaced
    ]
    if day is not None:
        states = [state for state in states if state.epoch == epoch_of(day)]
        if not states:
            raise UsageError(problem=say("box '{box}' has no key of {day}", box=name, day=day))
        if epoch_of(day) in given:
            raise UsageError(problem=say("a door has the key of {day}: revoke it first", day=day))
    spared = sorted({state.epoch for state in states if state.epoch in given})
    locks = 0
    for state in states:
        if state.epoch not in given:
            locks += _rotate_epoch(vault, box.box_id, state.epoch, state.retention, tick)
    epochs = len([state for state in states if state.epoch not in given])
    return Rotated(epochs, locks, tuple(map(day_of_epoch, spared)))


def _given_to_doors(vault: Vault, box_id: UUID) -> set[int]:
    doors = [door for door in vault.devices.all(box_id) if door.revoked_at is None]
    return {epoch for d in doors for epoch in range(d.first_epoch, d.last_epoch + 1)}


def _rotate_epoch(vault: Vault, box_id: UUID, epoch: int, retention: int, tick: Tick) -> int:
    now, rooms = datetime.now(UTC), vault.rooms
    with rooms.keys_db.begin() as unit:
        new = vault.epochs.renew(unit, box_id, epoch, retention)
    old, private = vault.epochs.replaced(box_id, epoch, retention)
    object_ids = rooms.catalogue.ids_of_epoch(box_id, epoch)
    change = Rewrapping(vault.keystore.suite, old, private, new)
    locks = rewrap_locks(vault, object_ids, change, tick)
    facts = {
        "key": "epoch",
        "day": day_of_epoch(epoch).isoformat(),
        "retention": RetentionClass(retention).name.lower(),
        "locks": str(locks),
    }
    # Logged before the old key goes: a crash in between rotates nothing unlogged.
    vault.log.record(Deed(Action.ROTATED, now, box_id=box_id, facts=facts))
    with rooms.keys_db.begin() as unit:
        vault.epochs.forget_replaced(unit, box_id, epoch, retention)
    rooms.keys_db.empty_journal()
    return locks


def change_passphrase(vault: Vault, new: bytes) -> None:
    """Put the keystore under another passphrase, in place; the caller holds the vault alone.

    Raises: WeakPassphraseError; ReadWriteError.
    """
    vault.keystore.replace_passphrase(new)
    vault.log.record(Deed(Action.PASSPHRASE_CHANGED, datetime.now(UTC)))


def keystore_copies(vault: Vault) -> list[Path]:
    """Return the files beside backups that hold the keystore as it was when they were made.

    They keep the passphrase and the keys of that time: writing the present ones over them
    could take a backup the key that it needs, so only another backup does.
    """
    folders = {places.keys for _, places, _ in rows_of(vault)}
    return sorted(folder / vault.folder.keystore.name for folder in folders)


def make_shares(vault: Vault, threshold: int, shares: int) -> list[str]:
    """Return fresh recovery shares, to be shown once; older ones open nothing any more.

    The caller holds the vault alone. Raises: UsageError on numbers that make no sense.
    """
    if not 2 <= threshold <= shares <= MOST_SHARES:
        most = MOST_SHARES
        raise UsageError(
            problem=say("shares are 2 to {most}, the threshold 2 to their number", most=most)
        )
    now = datetime.now(UTC)
    secret = vault.keystore.make_recovery(int(now.timestamp()))
    try:
        made = shares_of(secret, threshold, shares)
    finally:
        secret[:] = bytes(len(secret))
    facts = {"threshold": str(threshold), "shares": str(shares)}
    vault.log.record(Deed(Action.SHARES_MADE, now, facts=facts))
    return made


def recover(
    path: Path,
    ask_shares: Callable[[], list[str]],
    ask_new: Callable[[], bytes],
    *,
    memory: str,
    crossing: Crossing = no_crossing,
) -> bytes:
    """Put a vault under a new passphrase by its recovery shares; return that passphrase.

    The caller opens the vault with it and logs the deed with `tell_recovered`.

    Raises: NoVaultError, BadSharesError, WeakPassphraseError, VaultLockedError,
        SealBrokenError, ReadWriteError.
    """
    guard(memory)
    folder = VaultFolder.open(path)
    secret = secret_of(ask_shares())
    try:
        with folder.held_alone(wait_s=WAIT_S):
            new = ask_new()
            Keystore.recover(
                folder.keystore,
                secret,
                new,
                suite(folder.suite_name),
                bound_to=folder.identity,
                crossing=crossing,
            ).close()
    finally:
        secret[:] = bytes(len(secret))
    return new


def tell_recovered(vault: Vault) -> None:
    """Log that the vault was recovered by shares."""
    vault.log.record(Deed(Action.RECOVERED, datetime.now(UTC)))


def ages(vault: Vault, now: datetime) -> list[dict[str, str | int | bool | None]]:
    """Return every kind of key for machines: what it is, its age in days, whether it is due.

    age_days: None where it is unknown. A day's keys are told once for each box.
    """
    keystore, today = vault.keystore, now.date()
    root_at, shares_at = keystore.made_at_s
    stores = keystore.lock_stores
    made = stores.current.made_at
    told: list[dict[str, str | int | bool | None]] = [
        _told("root", keystore.kind, _days(root_at, now), due=keystore.former_root),
        _told("lock-store", stores.in_force.key_id.hex(), _age(made, now), due=stores.due(now)),
        _told("device", keystore.device.device_id.hex(), _days(root_at, now)),
        _told("recovery", "shares" if keystore.recovery_is_there else "none",
              _days(shares_at, now) if keystore.recovery_is_there else None),
    ]  # fmt: skip
    for box in vault.boxes.boxes():
        age = (today - datetime.fromisoformat(box.created_at).date()).days
        told.append(_told("box", box.name, age))
        states = vault.epochs.held(box.box_id)
        if states:
            days = sorted({state.epoch for state in states})
            unfinished = any(state.replaced for state in states)
            told.append(
                _told("days", box.name, epoch_of(today) - days[0], due=unfinished)
                | {
                    "days": len(days),
                    "oldest": day_of_epoch(days[0]).isoformat(),
                    "newest": day_of_epoch(days[-1]).isoformat(),
                }
            )
    return told


def _told(
    key: str, name: str, age_days: int | None, *, due: bool = False
) -> dict[str, str | int | bool | None]:
    return {"key": key, "name": name, "age_days": age_days, "due": due}


def _days(seconds: int, now: datetime) -> int | None:
    return None if seconds == 0 else _age(datetime.fromtimestamp(seconds, UTC), now)


def _age(made: datetime | None, now: datetime) -> int | None:
    return None if made is None else max(0, (now - made).days)

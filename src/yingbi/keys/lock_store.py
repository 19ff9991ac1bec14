"""The lock-store keys that a keystore holds: the one in force, the next, and those kept.

One key wraps every page key of the lock table and every epoch's private half. To
replace it the next one is written down first; while both are there, both open.
A replaced key is kept only as long as a backup of the key database names it.

Each key carries a number in its name, counted up at every replacement: what was
erased under a key was never wrapped by one with a greater number. Numbers and
not times decide that, since a clock can be set back.

Clause: 6.2.3.e-2.
"""

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from yingbi.errors import NoKeyError, SealBrokenError, UsageError

ID_BYTES = 16
MOST_KEPT = 12
"""So many replaced keys have room in the keystore beside all else."""
REPLACED_AFTER = timedelta(hours=24)

CURRENT, TIMES, NEXT, RETIRED = 3, 16, 17, 18
"""The tags of the keystore's fields."""
_TIMES = struct.Struct(">QQ")
_NEXT = struct.Struct(">16sQQ")
_RETIRED = struct.Struct(">16sQQQ")
_MAGIC, _NUMBER = b"YBLS", struct.Struct(">4sI8s")


@dataclass(frozen=True, slots=True)
class LockStoreKey:
    """One key over the page keys of the lock table.

    key_id: 16 bytes that name it, so that receipts and backups can. made_at: None where an
    older program made it. retired_at: when another one took its place. kept_until: up to
    when a backup needs it; None where no backup names it.
    """

    key_id: bytes
    key: bytes = field(repr=False)
    made_at: datetime | None = None
    retired_at: datetime | None = None
    kept_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class LockStores:
    """All lock-store keys of a vault; every change returns another value.

    retired: the oldest first.
    """

    current: LockStoreKey
    next: LockStoreKey | None = None
    retired: tuple[LockStoreKey, ...] = ()

    @property
    def in_force(self) -> LockStoreKey:
        """The key that wraps from now on."""
        return self.next or self.current

    @property
    def all(self) -> tuple[LockStoreKey, ...]:
        """Every key that still opens something, the oldest first."""
        last = () if self.next is None else (self.next,)
        return (*self.retired, self.current, *last)

    def named(self, key_id: bytes) -> LockStoreKey:
        """Return the key of that name, or raise NoKeyError."""
        for key in self.all:
            if key.key_id == key_id:
                return key
        raise NoKeyError(what="a page of the lock table: its lock-store key was replaced")

    def due(self, now: datetime) -> bool:
        """Return whether the key in force is to be replaced: a day old, of unknown age, or begun.

        A key dated more than a day ahead was made under a wrong clock and is due as well.
        """
        made = self.current.made_at
        return self.next is not None or made is None or abs(now - made) >= REPLACED_AFTER

    def begun(self, now: datetime, key_bytes: int) -> "LockStores":
        """Return it with a next key; raises UsageError where the old one would find no room."""
        if self.next is not None:
            return self
        if self.current.kept_until is not None and len(self.retired) >= MOST_KEPT:
            raise UsageError(
                problem="too many backups need a replaced key; delete old backups first"
            )
        number = number_of(self.current.key_id) + 1
        name = _NUMBER.pack(_MAGIC, number, os.urandom(8))
        return replace(self, next=LockStoreKey(name, os.urandom(key_bytes), now))

    def finished(self, now: datetime) -> "LockStores":
        """Return it with the next key in force; the old one is kept only for a backup."""
        if self.next is None:
            return self
        until = self.current.kept_until
        kept = until is not None and until > now
        old = (replace(self.current, retired_at=now),) if kept else ()
        return LockStores(self.next, None, self.retired + old)

    def kept(self, key_id: bytes, until: datetime) -> "LockStores":
        """Return it with that key kept at least until then; raises NoKeyError."""
        key = self.named(key_id)
        longest = until if key.kept_until is None else max(until, key.kept_until)
        return self._with(replace(key, kept_until=longest))

    def dropped(self, now: datetime) -> "LockStores":
        """Return it without the replaced keys that no backup needs any more."""
        left = (key for key in self.retired if key.kept_until is not None and key.kept_until > now)
        return replace(self, retired=tuple(left))

    def released(self, key_id: bytes) -> "LockStores":
        """Return it with that key needed by no backup any more; `dropped` lets it go."""
        key = next((key for key in self.all if key.key_id == key_id), None)
        return self if key is None else self._with(replace(key, kept_until=None))

    def opened_none_before(self, key_id: bytes) -> bool:
        """Return whether no key is left that was in force with that key or before it."""
        return all(number_of(key.key_id) > number_of(key_id) for key in self.all)

    def promised(self, now: datetime) -> datetime:
        """Return by when what is erased now is gone for good, if the vault is opened by then."""
        made = self.in_force.made_at or now
        ends = [key.kept_until for key in self.all if key.kept_until is not None]
        return max([now if self.due(now) else made + REPLACED_AFTER, now, *ends])

    def _with(self, changed: LockStoreKey) -> "LockStores":
        def its(key: LockStoreKey) -> LockStoreKey:
            return changed if key.key_id == changed.key_id else key

        return LockStores(
            its(self.current),
            None if self.next is None else its(self.next),
            tuple(its(key) for key in self.retired),
        )


def number_of(key_id: bytes) -> int:
    """Return the number in a key's name; the first key of a vault has none, and counts 0.

    What is no key's name comes after every key: nothing under it is ever called final.
    """
    if len(key_id) != ID_BYTES:
        return 2**63
    magic, number, _ = _NUMBER.unpack(key_id)
    return int(number) if magic == _MAGIC else 0


def first(key_bytes: int, now: datetime | None) -> LockStores:
    """Return the keys of a new vault."""
    return LockStores(LockStoreKey(os.urandom(ID_BYTES), os.urandom(key_bytes), now))


def read_from(fields: Mapping[int, bytes | bytearray]) -> LockStores:
    """Return the keys in a keystore's fields; raises SealBrokenError."""
    try:
        whole = bytes(fields[CURRENT])
        made, until = _TIMES.unpack(fields.get(TIMES, bytes(_TIMES.size)))
        current = LockStoreKey(
            whole[:ID_BYTES], whole[ID_BYTES:], _moment(made), None, _moment(until)
        )
        step = _RETIRED.size + len(current.key)
        kept = bytes(fields.get(RETIRED, b""))
        retired = tuple(_retired(kept[at : at + step]) for at in range(0, len(kept), step))
        return LockStores(current, _next(bytes(fields.get(NEXT, b""))), retired)
    except (KeyError, struct.error):
        raise SealBrokenError(what="the keystore", reason="a field is missing or cut") from None


def written(stores: LockStores) -> dict[int, bytes]:
    """Return the keystore's fields for these keys; an empty one stands for none."""
    current, coming = stores.current, stores.next
    return {
        CURRENT: current.key_id + current.key,
        TIMES: _TIMES.pack(_seconds(current.made_at), _seconds(current.kept_until)),
        NEXT: b"" if coming is None else _packed_next(coming),
        RETIRED: b"".join(
            _RETIRED.pack(
                key.key_id,
                _seconds(key.made_at),
                _seconds(key.retired_at),
                _seconds(key.kept_until),
            )
            + key.key
            for key in stores.retired
        ),
    }


def _next(field_: bytes) -> LockStoreKey | None:
    if not field_:
        return None
    key_id, made, until = _NEXT.unpack_from(field_)
    return LockStoreKey(key_id, field_[_NEXT.size :], _moment(made), None, _moment(until))


def _packed_next(key: LockStoreKey) -> bytes:
    return _NEXT.pack(key.key_id, _seconds(key.made_at), _seconds(key.kept_until)) + key.key


def _retired(record: bytes) -> LockStoreKey:
    key_id, *times = _RETIRED.unpack_from(record)
    return LockStoreKey(key_id, record[_RETIRED.size :], *map(_moment, times))


def _seconds(moment: datetime | None) -> int:
    return 0 if moment is None else max(1, int(moment.timestamp()))


def _moment(seconds: int) -> datetime | None:
    return None if seconds == 0 else datetime.fromtimestamp(seconds, UTC)

"""One day of a box as a page for people: its records are opened in memory, logged as always.

Clause: A.1-3; A.1-5; 4.1-5.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, time, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from yingbi.domain.box import Box
from yingbi.domain.day import Day, Noted, day_of
from yingbi.domain.messages import say
from yingbi.domain.record import Record
from yingbi.errors import NoSuchPartError, ObjectErasedError, UsageError
from yingbi.keys.pseudonyms import Pseudonyms
from yingbi.store.erasures import zoned
from yingbi.store.stored import StoredObject
from yingbi.usecases.look import must_have_camera
from yingbi.usecases.named import naming_day
from yingbi.usecases.open import read_records
from yingbi.usecases.vault import Vault


def zone_named(name: str | None) -> tzinfo:
    """Return the time zone of that name, or this machine's. Raises: UsageError."""
    if name is None:
        return _own_zone()
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        problem = say("'{name}' is no time zone known here; write it like Asia/Shanghai", name=name)
        raise UsageError(problem=problem) from None


def day_named(text: str | None, zone: tzinfo) -> date:
    """Return the day written like 2026-11-29, or today. Raises: UsageError."""
    if text is None:
        return datetime.now(zone).date()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if date.min < day < date.max:  # the midnights of these two are no times in every zone
        return day
    raise UsageError(problem=say("'{text}' is no day; write it like 2026-11-29", text=text))


def day_of_box(vault: Vault, box: Box, day: date, zone: tzinfo, camera: str | None = None) -> Day:
    """Return what happened on that day, by the records that the box keeps.

    Objects whose recording time nobody knows belong to no day and are left out, and so
    are those without records, or erased meanwhile. A time without a zone is UTC.
    Raises: NoSuchCameraError, and what opening records raises.
    """
    must_have_camera(vault, box, camera)
    return day_of(day, zone, _noted(vault, box, day, zone, camera))


def _noted(vault: Vault, box: Box, day: date, zone: tzinfo, camera: str | None) -> Iterator[Noted]:
    begins = datetime.combine(day, time(), zone)
    ends = datetime.combine(day + timedelta(days=1), time(), zone)
    for stored in vault.rooms.catalogue.each(box.box_id, camera=camera):
        if stored.info.recorded_at is None:
            continue
        start = zoned(datetime.fromisoformat(stored.info.recorded_at))
        before_s = (begins - start).total_seconds()
        if start < ends and (before_s <= 0 or before_s < stored.info.to_s):
            with suppress(ObjectErasedError, NoSuchPartError):
                same = _same(vault, box, stored, day)
                records = read_records(vault, stored.object_id, purpose=f"day {day.isoformat()}")
                yield Noted(
                    start,
                    [_renamed(one, same) for one in records],
                    stored.info.to_s,
                    stored.info.camera,
                    str(stored.object_id),
                )


def _same(vault: Vault, box: Box, stored: StoredObject, day: date) -> Mapping[str, str]:
    """Return the names of this day by those that the object gives.

    Where names change with the UTC day, a day of any other zone has people of two names each,
    who would be counted twice.
    """
    if box.policy.detail.names != "day":
        return {}
    names, named_on = Pseudonyms(vault.keystore, box.box_id, "day"), naming_day(stored)
    ids = [one.subject_id for one in vault.people.subjects.all()]
    return {names.on(one, named_on): names.on(one, day) for one in ids}


def _renamed(record: Record, names: Mapping[str, str]) -> Record:
    name = None if record.subject is None else names.get(record.subject)
    return record if name is None else replace(record, subject=name)


def _own_zone() -> tzinfo:
    """Return this machine's zone with its rules of summer time, or else its offset of today."""
    named = os.environ.get("TZ", "").lstrip(":")
    place = Path("/etc/localtime")
    if not named and place.is_symlink():
        named = str(place.resolve()).partition("zoneinfo/")[2]
    try:
        return ZoneInfo(named)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return datetime.now().astimezone().tzinfo or ZoneInfo("UTC")

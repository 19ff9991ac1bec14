"""The day of a box: its objects of that day, opened in memory, logged, and no others."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from day_house import FIXED, HOUR_S, SUNDAY, page, words
from door_house import INFO, fill, gate, owner
from test_subjects import person
from vault_house import PASSPHRASE
from yb import Yingbi
from yingbi.domain.day import day_of
from yingbi.domain.detail import Detail
from yingbi.domain.ids import new_id
from yingbi.domain.ledger import Action
from yingbi.domain.level import Level
from yingbi.domain.part import PartKind
from yingbi.domain.record import Event, Identity
from yingbi.domain.span import Span
from yingbi.errors import NoSuchCameraError, UsageError
from yingbi.keys.pseudonyms import Pseudonyms
from yingbi.seal.door import PartSealer
from yingbi.seal.records import records
from yingbi.store.stored import ObjectInfo
from yingbi.structure.pack import pack
from yingbi.usecases.day import _noted, day_named, day_of_box
from yingbi.usecases.erase import erase_objects
from yingbi.usecases.look import list_objects
from yingbi.usecases.open import read_records
from yingbi.usecases.own_desk import OwnDesk

# --- of a box


INFO_OF_DAY = replace(INFO, recorded_at="2026-11-29T10:00:00+00:00", to_s=60.0)


def box_with(path: Path, *infos: ObjectInfo, kinds: tuple[PartKind, ...] = (PartKind.RECORDS,)):
    """Return a vault's folder, and the ids of what its owner keeps in its one box."""
    made, ids = gate(path), [new_id() for _ in infos]
    with owner(made.vault) as vault:
        for object_id, info in zip(ids, infos, strict=True):
            fill(OwnDesk(vault, made.box), object_id, datetime.now(UTC), kinds, info)
    return made, ids


def watched_of(path: Path, info: ObjectInfo, day: date = SUNDAY) -> tuple[Span, ...] | None:
    made, _ = box_with(path, info)
    with owner(made.vault) as vault:
        told = day_of_box(vault, made.box, day, ZoneInfo("UTC"))
        assert words(page(told))
        return told.watched


def test_a_recording_time_without_a_zone_is_utc(tmp_path):
    naive = replace(INFO_OF_DAY, recorded_at="2026-11-29T10:00:00")
    assert watched_of(tmp_path, naive) == (Span(10 * HOUR_S, 10 * HOUR_S + 60),)


def test_an_object_as_long_as_no_film_is_lasts_to_the_end_of_the_day(tmp_path):
    endless = replace(INFO_OF_DAY, to_s=1e300)
    assert watched_of(tmp_path, endless) == (Span(10 * HOUR_S, 24 * HOUR_S),)


@pytest.mark.parametrize("begins", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_recording_time_at_an_end_of_the_calendar_is_compared_as_any_other(tmp_path, begins):
    assert watched_of(tmp_path, replace(INFO_OF_DAY, recorded_at=begins)) == ()


@pytest.mark.parametrize("text", ["9999-12-31", "0001-01-01", "2026-02-30", "yesterday"])
@pytest.mark.parametrize("zone", [UTC, FIXED, timezone(timedelta(hours=-12))])
def test_what_is_no_day_is_refused_in_one_line(text, zone):
    with pytest.raises(UsageError, match=f"'{text}' is no day; write it like 2026-11-29"):
        day_named(text, zone)


@pytest.mark.parametrize("text", ["9999-12-30", "0001-01-02"])
@pytest.mark.parametrize("hours", [-23, 0, 23])
def test_the_days_beside_them_have_a_page(text, hours):
    zone = timezone(timedelta(hours=hours))
    assert "Nothing was noted" in words(page(day_of(day_named(text, zone), zone, [])))


def test_what_is_as_short_as_a_picture_and_begins_at_midnight_is_of_that_day(tmp_path):
    moment = replace(INFO_OF_DAY, recorded_at="2026-11-29T00:00:00+00:00", to_s=0.0)
    assert watched_of(tmp_path / "it", moment) == (Span(0, 0),)
    assert watched_of(tmp_path / "before", moment, SUNDAY - timedelta(days=1)) == ()
    assert watched_of(tmp_path / "after", moment, SUNDAY + timedelta(days=1)) == ()


@pytest.mark.parametrize("names", ["day", "box"])
@pytest.mark.parametrize("hours", [8, 0, -8])
def test_who_has_another_name_in_the_other_half_of_a_local_day_is_one_person(
    tmp_path, names, hours
):
    zone = timezone(timedelta(hours=hours))
    made = gate(tmp_path, level=Level.STRUCTURED_ONLY, detail=Detail(names=names))
    with owner(made.vault) as vault:
        ada, bob = person(vault, "Ada"), person(vault, "Bob")
        called = Pseudonyms(vault.keystore, made.box.box_id, names)
        for hour in (3, 21):
            at = datetime(2026, 11, 29, hour, tzinfo=zone)
            subject = called.on(ada.subject_id, at.astimezone(UTC).date())
            seen = [Identity(subject, 0.0, 60.0, 0.9), Event("count", 0.0, count=1)]
            left = fill_with(OwnDesk(vault, made.box), seen, at)
            assert read_records(vault, left) == seen
        told = day_of_box(vault, made.box, SUNDAY, zone)
        assert [one.who.subject for one in told.story.people] == [called.on(ada.subject_id, SUNDAY)]
        assert told.surely == 1
        assert "One person was seen." in words(page(told, names={}))
        at = datetime(2026, 11, 29, 3, tzinfo=zone)
        other = called.on(bob.subject_id, at.astimezone(UTC).date())
        fill_with(OwnDesk(vault, made.box), [Identity(other, 70.0, 80.0, 0.9)], at)
        assert day_of_box(vault, made.box, SUNDAY, zone).surely == 2, "the control"


def fill_with(desk, told, at: datetime):
    """Hand in records of one minute that began at a time; return the object's id."""
    object_id, now = new_id(), datetime.now(UTC)
    door = desk.door(object_id, now)
    with desk.writer(door, now, None) as writer:
        sealed = records(
            PartSealer(door, PartKind.RECORDS), next(pack(told, (0.0, 60.0), 4096, ("body",)))
        )
        writer.add(PartKind.RECORDS, sealed, to_s=60.0)
        info = replace(INFO_OF_DAY, recorded_at=at.isoformat())
        writer.commit(info, now=now, facts=desk.facts)
    return object_id


def test_objects_without_records_are_left_out(tmp_path):
    made, _ = box_with(tmp_path, INFO_OF_DAY, kinds=(PartKind.MASKED,))
    with owner(made.vault) as vault:
        assert day_of_box(vault, made.box, SUNDAY, ZoneInfo("UTC")).watched == ()


def test_a_camera_of_which_the_box_holds_nothing_is_no_calm_day(tmp_path):
    hall = replace(INFO_OF_DAY, camera="hall")
    made, _ = box_with(
        tmp_path,
        hall,
        replace(INFO_OF_DAY, camera="den"),
        INFO_OF_DAY,
        replace(INFO_OF_DAY, camera=None),
    )
    with owner(made.vault) as vault:
        utc = ZoneInfo("UTC")
        told = day_of_box(vault, made.box, SUNDAY, utc, "hall")
        assert told.cameras == ("hall",)
        assert told.watched
        other_day = SUNDAY - timedelta(days=1)
        assert day_of_box(vault, made.box, other_day, utc, "hall").watched == ()
        for asked in (
            lambda: day_of_box(vault, made.box, SUNDAY, utc, "nocam"),
            lambda: list_objects(vault, made.box, camera="nocam", span=(None, None)),
            lambda: list_objects(vault, None, camera="nocam", span=(None, None)),
        ):
            with pytest.raises(NoSuchCameraError, match="are: den, gate, hall, unknown"):
                asked()


def test_the_log_says_for_which_day_records_were_opened(tmp_path):
    made, ids = box_with(tmp_path, INFO_OF_DAY)
    with owner(made.vault) as vault:
        day_of_box(vault, made.box, SUNDAY, ZoneInfo("UTC"))
        mine = [e.deed for e in vault.log.entries() if e.deed.object_id == ids[0]]
        why = {d.purpose for d in mine if d.action in (Action.GRANTED, Action.OPENED)}
        assert why == {"day 2026-11-29"}


def test_objects_that_are_erased_meanwhile_are_left_out(tmp_path):
    made, ids = box_with(tmp_path, INFO_OF_DAY, INFO_OF_DAY)
    with owner(made.vault) as vault:
        noted = _noted(vault, made.box, SUNDAY, ZoneInfo("UTC"), None)
        next(noted)
        erase_objects(vault, ids)
        assert list(noted) == []


def test_a_page_that_cannot_be_written_is_refused_before_a_record_is_opened(tmp_path):
    made, _ = box_with(tmp_path, INFO_OF_DAY)
    secret, taken = tmp_path / "secret", tmp_path / "taken.html"
    secret.touch(mode=0o600)
    secret.write_bytes(PASSPHRASE)
    taken.touch()
    vault = {"YINGBI_VAULT": str(made.vault), "YINGBI_PASSPHRASE_FILE": str(secret)}
    yingbi = Yingbi(tmp_path, **vault, YINGBI_VAULT_MEMORY="wanted")

    def opened() -> int:
        with owner(made.vault) as vault:
            return sum(one.deed.action is Action.OPENED for one in vault.log.entries())

    words_ = ("day", "2026-11-29", "--box", made.box.name, "--zone", "UTC", "-o")
    assert yingbi(*words_, taken, status=None).status != 0
    assert yingbi(*words_, tmp_path / "nowhere" / "day.html", status=None).status != 0
    assert opened() == 0
    yingbi(*words_, taken, "--force")
    assert opened() == 1, "the control"
    assert "</html>" in taken.read_text("utf-8")

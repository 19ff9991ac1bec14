"""People in the vault: who may tell who was seen where, what consent lets be kept, what is forgotten."""

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_house import NOW, everything, new_vault, open_vault
from yingbi.domain.box import BoxPolicy
from yingbi.domain.ids import new_id
from yingbi.domain.ledger import Action, Deed
from yingbi.domain.level import Level, RawPolicy
from yingbi.domain.people_errors import (
    GuardianNeededError,
    NoConsentError,
    NoSuchSubjectError,
    SubjectExistsError,
    TooManyLinksError,
)
from yingbi.domain.subject import FIELDS, Basis, Consent, Subject, covered, narrowed
from yingbi.errors import SealBrokenError, UsageError
from yingbi.govern.appearances import MOST_IN_OBJECT
from yingbi.govern.people import Told
from yingbi.store.erase import erase, forget, settle

CANARY = "Wilhelmina Canary"


@pytest.fixture(params=["intl", "sm"])
def house(request, tmp_path):
    with open_vault(new_vault(tmp_path / "vault", request.param)) as opened:
        yield opened


def person(house, name="Ada", *, minor=False, contact=""):
    subject = Subject(new_id(), name, NOW.isoformat(), minor, contact)
    house.people.subjects.make_key(subject.subject_id)
    with house.rooms.catalogue_db.begin() as unit:
        house.people.subjects.add(unit, subject)
    return subject


def consent(subject, **other):
    facts = {"basis": Basis.CONSENT, "fields": FIELDS, "until": date(2027, 1, 1)} | other
    return Consent(
        new_id(), subject.subject_id, facts.pop("basis"), facts.pop("fields"), NOW.isoformat(), **facts
    )  # fmt: skip


def agree(house, subject, **other):
    given_one = consent(subject, **other)
    with house.rooms.catalogue_db.begin() as unit:
        house.people.consents.add(unit, subject, given_one)
    return given_one


def link(house, subject, stored, track=None, **times):
    with house.rooms.catalogue_db.begin() as unit:
        return house.people.appearances.link(
            unit, subject.subject_id, stored.object_id, track=track, **times
        )


def rows(house, table, columns="*"):
    with closing(sqlite3.connect(house.folder.catalogue_db)) as database:
        return database.execute(f"SELECT {columns} FROM {table} ORDER BY rowid").fetchall()


def edit(house, statement, *values):
    with closing(sqlite3.connect(house.folder.catalogue_db)) as database:
        assert database.execute(statement, values).rowcount == 1
        database.commit()


# --- what consent lets be kept -------------------------------------------------------------------


@given(
    minor=st.booleans(),
    given_to=st.lists(
        st.tuples(
            st.sampled_from(Basis),
            st.sets(st.sampled_from(FIELDS), min_size=1),
            st.one_of(st.none(), st.integers(-2, 2)),
            st.booleans(),
            st.booleans(),
        ),
        max_size=4,
    ),
)
def test_what_may_be_kept_is_what_some_basis_in_force_covers_and_no_more(minor, given_to):
    subject = Subject(new_id(), "Ada", "", minor)
    found = covered(
        subject,
        [
            Consent(
                new_id(), subject.subject_id, basis, tuple(fields), "",
                None if days is None else NOW.date() + timedelta(days),
                "a guardian" if guardian else "", "", NOW.isoformat() if withdrawn else None,
            )
            for basis, fields, days, guardian, withdrawn in given_to
        ],
        NOW,
    )  # fmt: skip
    for field in FIELDS:
        reasons = [
            basis is not Basis.CONSENT or not minor or guardian
            for basis, fields, days, guardian, withdrawn in given_to
            if field in fields
            and not withdrawn
            and (days is None or days >= 0)
            and (field != "raw" or not minor or (basis is Basis.CONSENT and guardian))
        ]
        assert (field in found) == any(reasons)


@pytest.mark.parametrize(("hours", "holds"), [(-1, True), (0, True), (23, True), (24, False)])
def test_a_consent_holds_to_the_end_of_its_last_day_and_not_a_moment_longer(hours, holds):
    last = consent(Subject(new_id(), "Ada", ""), until=date(2026, 11, 24))
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    assert last.in_force(midnight + timedelta(hours=hours)) == holds


def test_the_last_day_is_one_of_utc_wherever_the_clock_stands():
    last = consent(Subject(new_id(), "Ada", ""), until=date(2026, 11, 24))
    assert not last.in_force(datetime.fromisoformat("2026-11-24T20:00-08:00"))
    assert last.in_force(datetime.fromisoformat("2026-11-25T06:00+08:00"))


KINDS = ("identity", "pose", "event")


@pytest.mark.parametrize(
    ("policy", "leave", "kept"),
    [
        (BoxPolicy(Level.STRUCTURED_ONLY), {"pose"}, ("pose",)),
        (BoxPolicy(Level.STRUCTURED_ONLY), set(FIELDS), KINDS),
        (BoxPolicy(Level.STRUCTURED_ONLY), {"masked", "raw"}, None),
        (BoxPolicy(Level.STRUCTURED_ONLY), set(), None),
        (BoxPolicy(Level.OBSCURED), {"masked", "event"}, ("event",)),
        (BoxPolicy(Level.OBSCURED), {"masked"}, ()),
        (BoxPolicy(Level.OBSCURED), set(KINDS), None),
        (BoxPolicy(Level.RAW_ON_RELEASE, raw=RawPolicy.WHOLE), {"masked", *KINDS}, None),
        (BoxPolicy(Level.RAW_ON_RELEASE, raw=RawPolicy.WHOLE), set(FIELDS), KINDS),
        (BoxPolicy(Level.RAW_ON_RELEASE, raw=RawPolicy.NONE), {"masked"}, ()),
    ],
)
def test_kinds_of_record_are_narrowed_and_a_picture_without_leave_is_refused(policy, leave, kept):
    if kept is None:
        with pytest.raises(NoConsentError):
            narrowed(policy, KINDS, frozenset(leave))
    else:
        assert narrowed(policy, KINDS, frozenset(leave)) == kept


def test_a_minors_consent_needs_a_guardian_and_then_counts(house):
    child = person(house, minor=True)
    with pytest.raises(GuardianNeededError):
        agree(house, child)
    assert house.people.consents.of(child.subject_id) == []
    agree(house, child, basis=Basis.PUBLIC_TASK)
    assert house.people.consents.covered(child, NOW) == set(FIELDS) - {"raw"}
    agree(house, child, guardian="Mother")
    assert house.people.consents.covered(child, NOW) == set(FIELDS)


def test_a_withdrawn_consent_covers_nothing_and_stays_to_be_told(house):
    subject = person(house)
    given_one = agree(house, subject, guardian="G", evidence="folder 3")
    assert house.people.consents.get(given_one.consent_id) == given_one
    with house.rooms.catalogue_db.begin() as unit:
        house.people.consents.withdraw(unit, given_one, NOW)
    (found,) = house.people.consents.of(subject.subject_id)
    assert (found.withdrawn_at, found.evidence) == (NOW.isoformat(timespec="seconds"), "folder 3")
    assert house.people.consents.covered(subject, NOW) == set()


# --- who may tell -----------------------------------------------------------------------------------


def test_people_come_back_by_name_and_id_and_a_name_is_taken_once(house):
    subject = person(house, "Zoë", contact="zoe@example.org")
    for text in ("Zoë", "Zoe\u0308", str(subject.subject_id)):
        assert house.people.subjects.named(text) == subject
    with pytest.raises(SubjectExistsError):
        person(house, "Zoë")
    with pytest.raises(NoSuchSubjectError):
        house.people.subjects.named("zoë")


@pytest.mark.parametrize("name", ["", " Ada", "A\nda", "x" * 65])
def test_a_name_that_cannot_be_shown_is_refused(house, name):
    with pytest.raises(UsageError):
        person(house, name)


def test_the_longest_texts_of_the_widest_characters_fit_the_fixed_size(house):
    wide = "\U00020000"
    subject = person(house, wide * 64, contact=wide * 300)
    given_one = agree(house, subject, guardian=wide * 64, evidence=wide * 300)
    assert house.people.subjects.get(subject.subject_id) == subject
    assert house.people.consents.of(subject.subject_id) == [given_one]
    short = person(house, "A")
    agree(house, short)
    link(house, subject, house.protect(house.new_box()), 5, from_s=1e6, to_s=2e6)
    link(house, short, house.protect(house.new_box("b")))
    for table in ("subjects", "consents", "appearances"):
        sizes = {len(row[0]) for row in rows(house, table, "sealed")}
        assert len(sizes) == 1, table


def test_links_are_found_from_either_side(house):
    ada, bob = person(house, "Ada"), person(house, "Bob")
    box = house.new_box()
    first, second = house.protect(box), house.protect(box)
    made = [link(house, ada, first), link(house, ada, second, 3, from_s=1.5, to_s=9.0)]
    other = link(house, bob, second, 4)
    find = house.people.appearances
    assert find.of_subject(ada.subject_id) == made
    assert find.of_subject(bob.subject_id) == [other]
    assert find.of_object(first.object_id) == [made[0]]
    assert set(find.of_object(second.object_id)) == {made[1], other}
    with house.rooms.catalogue_db.begin() as unit:
        find.unlink(unit, [made[0]])
    third = link(house, ada, first, 1)
    assert find.of_subject(ada.subject_id) == [made[1], third]
    assert find.of_object(first.object_id) == [third]


def test_an_object_takes_so_many_links_and_no_more(house):
    ada, stored = person(house), house.protect(house.new_box())
    for track in range(1, MOST_IN_OBJECT + 1):
        link(house, ada, stored, track)
    with pytest.raises(TooManyLinksError):
        link(house, ada, stored, 999)
    assert len(house.people.appearances.of_object(stored.object_id)) == MOST_IN_OBJECT
    assert len(house.people.appearances.of_subject(ada.subject_id)) == MOST_IN_OBJECT


def alike(found):
    """Return values that occur in more than one row: what would tell that two rows belong together."""
    seen = [bytes(value) for row in found for value in row]
    return {value for value in seen if seen.count(value) > 1}


def test_no_two_links_of_a_person_or_an_object_have_anything_in_common(house):
    ada, bob = person(house, "Ada"), person(house, "Bob")
    box = house.new_box()
    objects = [house.protect(box) for _ in range(3)]
    for stored in objects:
        for subject in (ada, bob):
            link(house, subject, stored)
            link(house, subject, stored, 2)
    found = rows(house, "appearances", "appearance_id, subject_tag, object_tag, sealed")
    assert len(found) == 12
    assert alike(found) == set()
    ids = [ada.subject_id, bob.subject_id, *(one.object_id for one in objects)]
    assert not [i for i in ids for row in found for value in row if i.bytes in bytes(value)]
    assert alike([(b"tag of ada",), (b"tag of ada",)]), "the control: one tag for each person"


def test_the_same_person_and_object_have_other_tags_in_another_vault(tmp_path):
    subject_id, object_id, tags = new_id(), new_id(), []
    for name in ("a", "b"):
        with open_vault(new_vault(tmp_path / name)) as house:
            house.people.subjects.make_key(subject_id)
            with house.rooms.catalogue_db.begin() as unit:
                house.people.subjects.add(unit, Subject(subject_id, "Ada", ""))
            with house.writer(house.new_box(), object_id) as writer:
                from vault_house import segment
                from yingbi.domain.part import PartKind
                from yingbi.store.stored import ObjectInfo

                writer.add(PartKind.MASKED, segment(0, b"x"))
                stored = writer.commit(ObjectInfo(), now=NOW)
            with house.rooms.catalogue_db.begin() as unit:
                house.people.appearances.link(unit, subject_id, stored.object_id)
            tags += rows(house, "appearances", "subject_tag")
    assert alike(tags) == set()


def test_every_row_carries_the_controller(house):
    subject = person(house)
    agree(house, subject)
    link(house, subject, house.protect(house.new_box()))
    for table in ("subjects", "consents", "appearances"):
        assert rows(house, table, "controller_id") == [(house.folder.controller_id.bytes,)]


def test_names_are_nowhere_in_the_vaults_bytes_nor_in_a_repr(house):
    subject = person(house, CANARY, minor=True, contact=CANARY + " at home")
    agree(house, subject, guardian=CANARY, evidence=CANARY)
    link(house, subject, house.protect(house.new_box()))
    whole = everything(house.folder.path)
    assert CANARY.encode() not in whole
    assert CANARY not in repr([subject, *house.people.consents.of(subject.subject_id)])
    (house.folder.path / "planted").write_text(f"a line about {CANARY}")
    assert CANARY.encode() in everything(house.folder.path), "the control is found"


# --- altered, moved ---------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["subjects", "consents", "appearances"])
@pytest.mark.parametrize("at", [0, 20, -1])
def test_an_altered_row_is_refused(house, table, at):
    subject = person(house)
    agree(house, subject)
    link(house, subject, house.protect(house.new_box()), 1)
    ((sealed,),) = rows(house, table, "sealed")
    changed = bytearray(sealed)
    changed[at] ^= 1
    edit(house, f"UPDATE {table} SET sealed = ?", bytes(changed))
    look = {
        "subjects": house.people.subjects.all,
        "consents": lambda: house.people.consents.of(subject.subject_id),
        "appearances": lambda: house.people.appearances.of_subject(subject.subject_id),
    }
    with pytest.raises(SealBrokenError):
        look[table]()


def test_each_cell_of_a_link_is_under_a_seal_from_either_side(house):
    ada, stored = person(house), house.protect(house.new_box())
    link(house, ada, stored, 1)
    ((sealed,),) = rows(house, "appearances", "sealed")
    for at in (0, 43, 44, 87, 88, len(sealed) - 1):
        changed = bytearray(sealed)
        changed[at] ^= 1
        edit(house, "UPDATE appearances SET sealed = ?", bytes(changed))
        with pytest.raises(SealBrokenError):
            house.people.appearances.of_subject(ada.subject_id)
        with pytest.raises(SealBrokenError):
            house.people.appearances.of_object(stored.object_id)
    edit(house, "UPDATE appearances SET sealed = ?", sealed)
    assert len(house.people.appearances.of_subject(ada.subject_id)) == 1, "the control opens"


def test_rows_moved_to_another_place_are_refused(house):
    ada, bob = person(house, "Ada"), person(house, "Bob")
    agree(house, ada)
    agree(house, bob, fields=("pose",))
    box = house.new_box()
    link(house, ada, house.protect(box))
    link(house, bob, house.protect(box))
    swap = "UPDATE {0} SET sealed = (SELECT sealed FROM {0} WHERE rowid = 1) WHERE rowid = 2"
    for table in ("subjects", "consents", "appearances"):
        edit(house, swap.format(table))
    with pytest.raises(SealBrokenError):
        house.people.subjects.get(bob.subject_id)
    with pytest.raises(SealBrokenError):
        house.people.consents.of(bob.subject_id)
    assert house.people.subjects.get(ada.subject_id) == ada


def test_a_consent_cannot_be_moved_to_another_person(house):
    ada, bob = person(house, "Ada"), person(house, "Bob")
    agree(house, ada)
    edit(house, "UPDATE consents SET subject_id = ?", bob.subject_id.bytes)
    with pytest.raises(SealBrokenError):
        house.people.consents.covered(bob, NOW)


def test_a_link_cannot_be_given_the_tags_of_another(house):
    ada, bob = person(house, "Ada"), person(house, "Bob")
    box = house.new_box()
    link(house, ada, house.protect(box))
    mine = link(house, bob, house.protect(box))
    ((tag,), _) = rows(house, "appearances", "subject_tag")
    edit(house, "DELETE FROM appearances WHERE rowid = 1")
    edit(
        house,
        "UPDATE appearances SET subject_tag = ? WHERE appearance_id = ?",
        tag,
        mine.appearance_id.bytes,
    )
    with pytest.raises(SealBrokenError):
        house.people.appearances.of_subject(ada.subject_id)


# --- erased -----------------------------------------------------------------------------------------


def test_an_erased_object_takes_its_links_along_and_leaves_those_of_others(house):
    ada, bob = person(house, "Ada"), person(house, "Bob")
    box = house.new_box()
    gone, kept = house.protect(box), house.protect(box)
    for subject in (ada, bob):
        link(house, subject, gone, 1)
        link(house, subject, kept, 1)
    erase(house.rooms, gone.object_id, now=NOW)
    assert len(rows(house, "appearances")) == 2
    assert [a.object_id for a in house.people.appearances.of_subject(ada.subject_id)] == [
        kept.object_id
    ]
    assert house.people.appearances.of_object(gone.object_id) == []


def test_a_copy_of_a_link_tells_nothing_of_the_time_in_an_erased_object(house):
    ada, stored = person(house, "Ada"), house.protect(house.new_box())
    link(house, ada, stored, 3, from_s=1.0)
    copy = rows(house, "appearances")
    assert house.people.appearances.of_subject(ada.subject_id)[0].track == 3, "the control opens"
    erase(house.rooms, stored.object_id, now=NOW)
    with closing(sqlite3.connect(house.folder.catalogue_db)) as database:
        database.execute("INSERT INTO appearances VALUES (?, ?, ?, ?, ?)", copy[0])
        database.commit()
    assert house.people.appearances.of_subject(ada.subject_id) == []


def test_what_a_crash_left_is_swept_and_the_keys_of_known_people_stay(house):
    ada = person(house, "Ada")
    stray = new_id()
    house.rooms.shelf.mark()
    house.people.subjects.make_key(stray)
    assert settle(house.rooms, now=NOW).locks_destroyed == 1
    assert not house.rooms.locks.holds(stray)
    assert house.people.subjects.named("Ada") == ada


# --- forgotten --------------------------------------------------------------------------------------


def forgotten(house, subject):
    people = house.people
    return forget(
        house.rooms, subject.subject_id, house.folder.controller_id, now=NOW,
        along=lambda unit: people.appearances.remove_of(unit, subject.subject_id),
    )  # fmt: skip


def test_rows_of_a_forgotten_person_put_back_from_a_copy_open_no_more(house):
    ada, bob = person(house, "Ada"), person(house, "Bob")
    agree(house, ada)
    link(house, ada, house.protect(house.new_box()))
    kept = {table: rows(house, table)[0] for table in ("subjects", "consents", "appearances")}
    assert house.people.subjects.named("Ada") == ada, "the control opens"
    assert forgotten(house, ada).erased_at is not None
    assert [len(rows(house, table)) for table in kept] == [1, 0, 0]
    assert house.people.subjects.all() == [bob]
    for table, row in kept.items():
        edit(house, f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", *row)
    for look in (house.people.subjects.get, house.people.consents.of):
        with pytest.raises(SealBrokenError):
            look(ada.subject_id)


def test_a_forgetting_that_broke_off_is_finished_by_the_next_start(tmp_path):
    path, armed = new_vault(tmp_path / "vault"), list[str]()

    def strike(boundary, *_paths):
        if armed and boundary == armed[0]:
            raise KeyboardInterrupt

    with open_vault(path, crossing=strike) as house:
        ada = person(house, CANARY)
        agree(house, ada)
        armed.append("keys.db: commit")
        with pytest.raises(KeyboardInterrupt):
            forgotten(house, ada)
        assert house.rooms.locks.holds(ada.subject_id)
    with open_vault(path) as house:
        assert settle(house.rooms, now=NOW).erasures_finished == 1
        assert not house.rooms.locks.holds(ada.subject_id)
        assert house.people.subjects.all() == []
        assert rows(house, "consents") == []


def told_of(house):
    told = Told()
    list(told.overhear(house.log.told()))
    return told


@pytest.mark.parametrize(
    "attack",
    ["a consent is no longer withdrawn", "DELETE FROM consents"],
)
def test_the_log_tells_a_consent_that_came_back_or_went(house, attack):
    ada = person(house)
    given_one = agree(house, ada)
    ((before,),) = rows(house, "consents", "sealed")
    facts = {"subject": str(ada.subject_id), "consent": str(given_one.consent_id)}
    with house.rooms.catalogue_db.begin() as unit:
        house.log.append(unit, Deed(Action.SUBJECT_ADDED, NOW, facts=facts))
        house.log.append(unit, Deed(Action.CONSENT_GIVEN, NOW, facts=facts))
        house.people.consents.withdraw(unit, given_one, NOW)
        house.log.append(unit, Deed(Action.CONSENT_WITHDRAWN, NOW, facts=facts))
    house.people.check(told_of(house))
    if attack == "a consent is no longer withdrawn":
        edit(house, "UPDATE consents SET sealed = ?", before)
        assert house.people.consents.covered(ada, NOW) == set(FIELDS), "the control: it opens"
    else:
        edit(house, attack)
    with pytest.raises(SealBrokenError):
        house.people.check(told_of(house))

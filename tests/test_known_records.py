"""Whoever is enrolled is called by a pseudonym in a box's records: real networks, a real vault."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from door_house import INFO, gate, leave, owner
from films import picture
from networks import as_frame, models_dir
from test_enrol import shoot, withdraw
from test_subjects import agree, person
from vault_house import PASSPHRASE, new_vault
from yingbi.bootstrap import face_reader, sight
from yingbi.capture.inputs import Input
from yingbi.cli.knowing import people_in_box, people_live
from yingbi.domain.box import Box, BoxPolicy
from yingbi.domain.detail import Detail, Names
from yingbi.domain.ids import new_id
from yingbi.domain.ledger import Action
from yingbi.domain.level import Level, RawPolicy
from yingbi.domain.part import PartKind
from yingbi.domain.people_errors import NoConsentError
from yingbi.domain.record import Attribute, Identity
from yingbi.domain.region import Target
from yingbi.domain.report import Quiet
from yingbi.domain.settings import data_home, resolve
from yingbi.errors import ReadWriteError, UsageError
from yingbi.keys.pseudonyms import Pseudonyms
from yingbi.media.film_info import FilmInfo
from yingbi.media.made import film_of_pictures
from yingbi.pipeline.known import FaceEyes
from yingbi.usecases.box import create_box
from yingbi.usecases.circle import CircleMeets
from yingbi.usecases.enrol import enrol, let_go, revoke, templates_of
from yingbi.usecases.evidence import identity
from yingbi.usecases.forget import erase_subject
from yingbi.usecases.meeting import AgesAlone
from yingbi.usecases.open import read_records
from yingbi.usecases.opened import Vault
from yingbi.usecases.own_desk import OwnDesk
from yingbi.usecases.protect import ProtectOptions, Protector
from yingbi.usecases.query import Query, ask

KEEP = ("identity", "event")
SHOT = datetime(2026, 11, 23, 23, 50, tzinfo=UTC)


@dataclass
class Home:
    """A vault in which Ada is enrolled, a film of her, and what looks at it."""

    path: Path
    settings: object
    film: Path

    @contextmanager
    def opened(self) -> Iterator[Vault]:
        with owner(self.path / "vault") as vault:
            yield vault

    def protect(self, vault: Vault, box: Box, people) -> object:
        looking = sight(self.settings, (Target.FACE, Target.PERSON))
        options = ProtectOptions(box.policy.keep, recorded_at=SHOT)
        protector = Protector(OwnDesk(vault, box), options, looking, None, people=people)
        return protector.protect(Input(self.film, Path(self.film.name)), Quiet())

    def meets(self, vault: Vault, box: Box, reader=None) -> CircleMeets:
        reader = reader or face_reader(self.settings)
        return CircleMeets(vault, templates_of(vault, data_home()), box, reader)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    settings = resolve({}, "", {"YINGBI_MODELS_DIR": str(models_dir())}, {"detect.size": 320})
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    new_vault(tmp_path / "vault")
    film = tmp_path / "evening.mp4"
    film.write_bytes(film_of_pictures(twice_there(), FilmInfo.plain(320, 240, 25), crf=18))
    made = Home(tmp_path, settings, film)
    with made.opened() as vault:
        ada, eyes = person(vault, "Wilhelmina"), FaceEyes.opened(settings, 1)
        agree(vault, ada, fields=KEEP)
        enrol(vault, templates_of(vault, data_home()), ada, shoot(tmp_path), eyes.only_face)
    return made


def twice_there() -> list[np.ndarray]:
    """Somebody, nobody for a while, and the same person again."""
    there = [picture(number, 150, (320, 240)) for number in range(0, 150, 3)]
    nobody = np.full((240, 320, 3), (90, 120, 60), np.uint8)
    return [*there, *[nobody] * 60, *there]


def new_box(vault: Vault, name: str, names: Names = "day", keep=KEEP) -> Box:
    policy = BoxPolicy(Level.STRUCTURED_ONLY, keep=keep, detail=Detail(names=names))
    return create_box(vault, name, policy)


def test_who_is_enrolled_has_a_pseudonym_is_found_by_it_and_can_be_erased(home: Home) -> None:
    with home.opened() as vault:
        box, other = new_box(vault, "home"), new_box(vault, "yard", "box")
        done = home.protect(vault, box, home.meets(vault, box))
        records = read_records(vault, done.object_id)
        (name,) = {one.subject for one in records} - {None}
        assert name.startswith("known ")
        assert [one.confidence > 0.5 for one in records if isinstance(one, Identity)] == [True] * 2
        compared = [e for e in vault.log.entries() if e.deed.action is Action.FACES_COMPARED]
        assert [e.deed.facts["film"] for e in compared] == [identity(home.film).sha256]
        assert "Wilhelmina" not in str(records) + str([e.deed.facts for e in compared])
        ada = vault.people.subjects.named("Wilhelmina")
        for asked in ("Wilhelmina", name):
            found = ask(vault, Query(box, person=asked), Quiet()).found
            assert {(one.object_id, one.subject) for one in found} == {(done.object_id, name)}
        assert ask(vault, Query(other, person="Wilhelmina"), Quiet()).found == ()
        seen = vault.people.appearances.of_subject(ada.subject_id)
        assert {(one.object_id, one.track) for one in seen} == {
            (done.object_id, 1),
            (done.object_id, 2),
        }
        stored = vault.rooms.catalogue.get(done.object_id)
        assert json.loads(stored.info.extra["known"]) == {"1": [name], "2": [name]}
        erased = erase_subject(vault, ada, forget_too=False, sight_of=lambda: None)
        assert erased.done
        assert erased.persons == 2
        assert {one.subject for one in read_records(vault, done.object_id)} <= {None}
        assert ask(vault, Query(box, person=name), Quiet()).found == ()


def test_who_withdraws_while_a_film_is_looked_at_ends_it_and_nothing_is_kept(home: Home) -> None:
    with home.opened() as vault:
        box, reader = new_box(vault, "home"), face_reader(home.settings)
        ada = vault.people.subjects.named("Wilhelmina")

        class Withdrawing:
            def read(self, frame, place):
                for one in vault.people.consents.of(ada.subject_id):
                    if one.withdrawn_at is None:
                        withdraw(vault, one)
                return reader.read(frame, place)

        with pytest.raises(NoConsentError):
            home.protect(vault, box, home.meets(vault, box, Withdrawing()))
        assert vault.rooms.catalogue.ids_of(box.box_id) == []
        assert home.film.exists()
        done = home.protect(vault, box, home.meets(vault, box))  # again: now nobody is known
        told = {one.subject for one in read_records(vault, done.object_id)}
        assert told == {"unknown 1", "unknown 2", None}
        assert "known" not in vault.rooms.catalogue.get(done.object_id).info.extra


def test_who_withdraws_a_part_of_what_they_agreed_to_meanwhile_ends_it_too(home: Home) -> None:
    with home.opened() as vault:
        box, reader = new_box(vault, "home"), face_reader(home.settings)
        ada = vault.people.subjects.named("Wilhelmina")
        agree(vault, ada, fields=("pose",))

        class Withdrawing:
            def read(self, frame, place):
                for one in vault.people.consents.of(ada.subject_id):
                    if one.withdrawn_at is None and "pose" in one.fields:
                        withdraw(vault, one)
                return reader.read(frame, place)

        with pytest.raises(NoConsentError, match="pose"):
            home.protect(vault, box, home.meets(vault, box, Withdrawing()))
        assert vault.rooms.catalogue.ids_of(box.box_id) == []
        home.protect(vault, box, home.meets(vault, box))  # the control
        assert len(vault.rooms.catalogue.ids_of(box.box_id)) == 1


def test_an_object_is_linked_to_whom_it_names_in_the_step_that_keeps_it_or_not_kept(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with home.opened() as vault:
        box, people = new_box(vault, "home"), vault.people.appearances

        def full(*_args: object, **_named: object) -> None:
            raise ReadWriteError(path=home.path, reason="no space")

        with monkeypatch.context() as broken:
            broken.setattr(type(people), "link", full)
            with pytest.raises(ReadWriteError):
                home.protect(vault, box, home.meets(vault, box))
        assert vault.rooms.catalogue.ids_of(box.box_id) == []
        done = home.protect(vault, box, home.meets(vault, box))  # the control
        ada = vault.people.subjects.named("Wilhelmina")
        assert {one.object_id for one in people.of_subject(ada.subject_id)} == {done.object_id}


def test_nobody_looks_at_a_face_but_where_a_box_wants_it_and_somebody_is_enrolled(
    home: Home,
) -> None:
    def people(vault: Vault, box: Box, *, is_door: bool = False):
        return people_in_box(home.settings, OwnDesk(vault, box), box.policy.keep, is_door=is_door)

    with home.opened() as vault:
        box = new_box(vault, "home")
        assert isinstance(people(vault, box), CircleMeets)
        assert people(vault, box, is_door=True) is None
        assert people(vault, new_box(vault, "none", "none")) is None
        assert people(vault, new_box(vault, "events", keep=("event",))) is None
        ages = new_box(vault, "ages", "none", ("identity", "attributes.age-band"))
        assert isinstance(people(vault, ages), AgesAlone)
        strict = BoxPolicy(Level.RAW_ON_RELEASE, keep=("event",), tighten=("minor",))
        assert isinstance(people(vault, create_box(vault, "strict", strict)), AgesAlone)
        (one,) = vault.people.consents.of(vault.people.subjects.named("Wilhelmina").subject_id)
        withdraw(vault, one)
        assert people(vault, box) is None


@pytest.mark.parametrize("revoked", [True, False])
def test_live_looking_knows_people_until_a_template_or_a_consent_goes_and_holds_no_vault(
    home: Home, monkeypatch: pytest.MonkeyPatch, *, revoked: bool
) -> None:
    secret = home.path / "passphrase"
    secret.write_bytes(PASSPHRASE)
    secret.chmod(0o600)
    monkeypatch.setenv("YINGBI_VAULT", str(home.path / "vault"))
    monkeypatch.setenv("YINGBI_PASSPHRASE_FILE", str(secret))
    with home.opened() as vault:
        new_box(vault, "home")
        new_box(vault, "none", "none")
    with ExitStack() as held:
        with pytest.raises(UsageError):
            people_live({}, home.settings, "none", held)
        box, who = people_live({}, home.settings, "home", held)
        assert box.name == "home"
        assert who is not None
        (member,) = who._household.gallery.members
        assert member.template.codes.any()
        with owner(home.path / "vault", alone=True) as vault:
            ada = vault.people.subjects.named("Wilhelmina")
            let_go(vault, print, withdrew=new_id())  # of somebody else
        blank = as_frame(np.zeros((64, 64, 3), np.uint8))
        who.look(blank, [])
        assert member.template.codes.any()  # the control
        with owner(home.path / "vault", alone=True) as vault:  # nobody else holds it
            if revoked:
                revoke(vault, templates_of(vault, data_home()), ada)
            else:  # she agrees to less, and may be recognised still
                let_go(vault, print, withdrew=ada.subject_id)
                assert ada.subject_id in templates_of(vault, data_home()).ids()
        who.look(replace(blank, pts=60), [])
        assert not member.template.codes.any()


def test_what_a_door_leaves_under_somebody_s_name_is_linked_when_it_is_taken_in(
    tmp_path: Path,
) -> None:
    detail = Detail(names="day")
    given = gate(tmp_path, level=Level.STRUCTURED_ONLY, detail=detail)
    with owner(given.vault) as vault:
        ada, bo = person(vault, "Ada"), person(vault, "Bo")
        names = Pseudonyms(vault.keystore, given.box.box_id, "day")
        name, other = (names.on(ada.subject_id, day) for day in (SHOT.date(), date(2026, 11, 24)))
    known = {"known": json.dumps({"3": [name], "4": [other]})}
    info = replace(INFO, media_types={}, recorded_at=SHOT.isoformat(), extra=known)
    object_id = leave(given.vault, given.door, kinds=(PartKind.RECORDS,), info=info)
    with owner(given.vault) as vault:
        (seen,) = vault.people.appearances.of_subject(ada.subject_id)
        assert (seen.object_id, seen.track) == (object_id, 3)  # and not by another day's name
        assert vault.people.appearances.of_subject(bo.subject_id) == []


@pytest.mark.parametrize(
    ("extra", "recorded_at"),
    [
        ({"known": "{"}, None),
        ({"known": '{"3":5}'}, None),
        ({"known": '{"3":[["a"]]}'}, None),
        ({"known": '{"9999999999":["known aaaaaaaa"]}'}, None),
        ({"known": "[" * 99_999}, None),
        ({"people": '{"1":"Ada"}'}, None),
        ({"known": '{"3":["known aaaaaaaa"]}'}, "0001-01-01T00:00:00+14:00"),
    ],
)
def test_a_door_that_tells_of_people_otherwise_is_refused_and_the_vault_opens(
    tmp_path: Path, extra: dict[str, str], recorded_at: str | None
) -> None:
    given = gate(tmp_path, level=Level.STRUCTURED_ONLY, detail=Detail(names="day"))
    info = replace(INFO, media_types={}, recorded_at=recorded_at, extra=extra)
    leave(given.vault, given.door, kinds=(PartKind.RECORDS,), info=info)
    whole = {"known": '{"3":["known aaaaaaaa"]}', "people": '{"7":3}'}
    right = replace(info, extra=whole, recorded_at=SHOT.isoformat())
    object_id = leave(given.vault, given.door, kinds=(PartKind.RECORDS,), info=right)
    told: list[str] = []
    with owner(given.vault, told) as vault:
        assert vault.rooms.catalogue.ids_of(given.box.box_id) == [object_id]
    (line,) = told
    assert "delivery-refused" in line
    assert "aaaaaaaa" not in line


@pytest.mark.evaluation
@pytest.mark.parametrize(
    ("picture", "minor"), [("children/kid1.jpg", True), ("adults/man1.jpg", False)]
)
def test_a_child_in_a_film_keeps_the_original_out_where_the_box_says_so(
    tmp_path: Path, eval_data: Path, picture: str, *, minor: bool
) -> None:
    settings = resolve({}, "", {"YINGBI_MODELS_DIR": str(models_dir())}, {"detect.size": 320})
    whole = Image.open(eval_data / picture).convert("RGB")
    whole.thumbnail((320, 320))
    view = np.asarray(whole)[: whole.height // 2 * 2 - 16, : whole.width // 2 * 2 - 16]
    high, wide = (side // 2 * 2 for side in view.shape[:2])
    frames = [np.ascontiguousarray(np.roll(view, n // 6, axis=1)[:high, :wide]) for n in range(60)]
    film = tmp_path / "evening.mp4"
    film.write_bytes(film_of_pictures(frames, FilmInfo.plain(wide, high, 25), crf=18))
    with owner(new_vault(tmp_path / "vault")) as vault:
        keep = ("identity", "attributes.age-band")
        box = create_box(
            vault,
            "strict",
            BoxPolicy(Level.RAW_ON_RELEASE, raw=RawPolicy.WHOLE, keep=keep, tighten=("minor",)),
        )
        done = Home(tmp_path, settings, film).protect(vault, box, AgesAlone(face_reader(settings)))
        stored = vault.rooms.catalogue.get(done.object_id)
        assert ("minor" in stored.info.labels) == minor
        assert (PartKind.RAW in {part.kind for part in stored.parts}) != minor
        bands = {
            one.value for one in read_records(vault, done.object_id) if isinstance(one, Attribute)
        }
        assert bands == {"possibly-under-14" if minor else "older"}

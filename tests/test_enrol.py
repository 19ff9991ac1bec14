"""Enrolling: with consent alone, sealed to the device, cancelled for good; no picture is kept."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from films import face_film, portrait
from leak_scan import files_of, scan, trail_of
from networks import models_dir
from test_subjects import agree, person
from vault_house import PASSPHRASE, House, everything, make_vault, new_vault, open_vault
from yb import Answer
from yingbi.domain.box import Box, BoxPolicy
from yingbi.domain.detail import Detail
from yingbi.domain.enrol_errors import (
    DifferentPeopleError,
    FaceUnreadableError,
    NotEnrolledError,
    OneFaceNeededError,
)
from yingbi.domain.face import FaceLook
from yingbi.domain.ids import new_id
from yingbi.domain.ledger import Action
from yingbi.domain.level import Level
from yingbi.domain.people_errors import NoConsentError
from yingbi.domain.report import Quiet
from yingbi.domain.settings import resolve
from yingbi.domain.subject import Basis
from yingbi.domain.template import LENGTH, Gallery
from yingbi.errors import SealBrokenError, UsageError
from yingbi.keys.templates import Templates, discard
from yingbi.media.film_info import FilmInfo
from yingbi.media.made import film_of_pictures
from yingbi.pipeline.known import FaceEyes
from yingbi.store.backup import Places
from yingbi.usecases.backup import create_backup
from yingbi.usecases.enrol import cancel_all, drop_unagreed, enrol, enrolled, revoke
from yingbi.usecases.recognise import circle_of_box, gallery_of
from yingbi.usecases.vault import open_vault as vault_at

TEMPLATE_DEEDS = (Action.ENROLLED, Action.ENROLMENT_REVOKED, Action.TEMPLATES_RENEWED)
PICTURES = tuple(Path(f"{n}.png") for n in range(3))
DAY = date(2026, 11, 24)


@pytest.fixture(params=["intl", "sm"])
def house(request, tmp_path: Path) -> Iterator[House]:
    with open_vault(new_vault(tmp_path / "vault", request.param)) as opened:
        yield opened


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The user's data folder, apart from the vault."""
    return tmp_path / "data"


def templates_in(house: House, home: Path, crossing=lambda *_: None) -> Templates:
    return Templates(home, house.keystore, house.folder.vault_id, crossing)


def face_of(seed: int):
    """What reads pictures of one made-up person: no two looks are equal."""
    chance = np.random.default_rng(seed)
    middle = chance.gamma(1.0, 1.0, LENGTH)
    given: list[FaceLook] = []

    def look(_: Path) -> FaceLook:
        vector = np.maximum(middle + 0.4 * chance.standard_normal(LENGTH), 0)
        given.append(FaceLook((vector / np.linalg.norm(vector)).astype(np.float32), 40.0, 90))
        return given[-1]

    look.given = given  # type: ignore[attr-defined]
    return look


def enrol_one(house: House, templates: Templates, name: str, seed: int):
    one = person(house, name)
    agree(house, one)
    enrol(house, templates, one, PICTURES, face_of(seed))
    return one


def members(house: House, templates: Templates, box_id=None) -> set[str]:
    policy = BoxPolicy(Level.STRUCTURED_ONLY, detail=Detail(names="day"))
    box = Box(box_id or new_id(), "home", policy, "2026-11-24")
    with circle_of_box(house, templates, box, day=DAY, film="f" * 64) as circle:
        assert {one.name for one in circle.household.gallery.members} == set(circle.people)
        return set(circle.people)


# Leave.


def test_of_somebody_who_did_not_agree_no_picture_is_opened(house: House, home: Path) -> None:
    one, child, look = person(house), person(house, "Bo", minor=True), face_of(1)
    agree(house, one, basis=Basis.CONTRACT)
    agree(house, one, fields=("pose",))
    templates = templates_in(house, home)
    with pytest.raises(NoConsentError):
        enrol(house, templates, one, PICTURES, look)
    with pytest.raises(NoConsentError):
        enrol(house, templates, child, PICTURES, look)
    assert look.given == []
    assert not home.exists()
    agree(house, one, fields=("identity",))  # the control
    assert enrol(house, templates, one, PICTURES, look) == 3
    assert len(look.given) == 3


def test_a_child_needs_a_guardian(house: House, home: Path) -> None:
    child, templates = person(house, "Bo", minor=True), templates_in(house, home)
    agree(house, child, basis=Basis.CONSENT, guardian="Anne")
    enrol(house, templates, child, PICTURES, face_of(1))
    grown_up = house.people.consents.of(child.subject_id)[0]
    withdraw(house, grown_up)
    with pytest.raises(NoConsentError):
        enrol(house, templates, child, PICTURES, face_of(1))


def withdraw(house: House, consent) -> None:
    with house.rooms.catalogue_db.begin() as unit:
        house.people.consents.withdraw(unit, consent, datetime.now(UTC))


def test_who_withdraws_is_in_no_gallery_at_once_and_the_template_is_destroyed(
    house: House, home: Path
) -> None:
    templates = templates_in(house, home)
    one, other = (enrol_one(house, templates, name, n) for n, name in enumerate(("Ada", "Bo")))
    assert len(members(house, templates)) == 2
    withdraw(house, house.people.consents.of(one.subject_id)[0])
    assert len(members(house, templates)) == 1
    with pytest.raises(NoConsentError), gallery_of(house, templates, [one], film=""):
        pass
    told = {s.name: agreed for s, agreed in enrolled(house, templates).people}
    assert told == {"Ada": False, "Bo": True}
    assert drop_unagreed(house, templates) == 1
    assert templates.ids() == {other.subject_id}
    assert drop_unagreed(house, templates) == 0


def test_every_act_is_in_the_log_without_a_name(house: House, home: Path) -> None:
    templates = templates_in(house, home)
    one = enrol_one(house, templates, "Wilhelmina Canary", 1)
    revoke(house, templates, one)
    enrol(house, templates, one, PICTURES, face_of(1))
    cancel_all(house, templates)
    deeds = [entry.deed for entry in house.log.entries()]
    told = [deed.action for deed in deeds if deed.action in TEMPLATE_DEEDS]
    assert told == [*TEMPLATE_DEEDS[:2], Action.ENROLLED, Action.TEMPLATES_RENEWED]
    assert "Canary" not in str([deed.facts for deed in deeds])
    assert {deed.facts["subject"] for deed in deeds if "subject" in deed.facts} == {
        str(one.subject_id)
    }


# Pictures.


def test_pictures_of_different_people_and_too_few_are_refused(house: House, home: Path) -> None:
    one, templates = person(house), templates_in(house, home)
    agree(house, one)
    first, second = face_of(1), face_of(2)
    with pytest.raises(UsageError):
        enrol(house, templates, one, PICTURES[:2], first)
    with pytest.raises(DifferentPeopleError) as refused:
        enrol(
            house, templates, one, (*PICTURES, Path("else.png")),
            lambda path: (second if path.name == "else.png" else first)(path),
        )  # fmt: skip
    assert refused.value.facts["path"] == Path("else.png")
    third = face_of(3)
    with pytest.raises(DifferentPeopleError) as refused:  # the right ones are only two
        enrol(
            house, templates, one, (*PICTURES[:2], Path("else.png")),
            lambda path: (third if path.name == "else.png" else first)(path),
        )  # fmt: skip
    assert refused.value.facts["path"] == Path("else.png")
    assert templates.ids() == set()
    assert not any(
        look.vector.any() for look in (*first.given, *second.given, *third.given)
    )  # wiped


@pytest.fixture(scope="module")
def eyes() -> FaceEyes:
    settings = resolve({}, "", {"YINGBI_MODELS_DIR": str(models_dir())}, {})
    return FaceEyes.opened(settings, 1)


def shoot(folder: Path, count: int = 3) -> list[Path]:
    """Write pictures of one person, each a little different."""
    found = []
    for number in range(count):
        found.append(folder / f"planted-{number}.png")
        portrait().rotate(4 * number, resample=2).crop((60, 0, 412, 352)).save(found[-1])
    return found


def test_pictures_with_nobody_or_with_two_are_refused(eyes: FaceEyes, tmp_path: Path) -> None:
    two, nobody = Image.new("RGB", (704, 352)), tmp_path / "nobody.png"
    for left in (0, 352):
        two.paste(portrait().crop((60, 0, 412, 352)), (left, 0))
    two.save(tmp_path / "two.png")
    Image.new("RGB", (320, 240), (90, 120, 60)).save(nobody)
    for path, faces in ((nobody, 0), (tmp_path / "two.png", 2)):
        with pytest.raises(OneFaceNeededError) as refused:
            eyes.only_face(path)
        assert refused.value.facts["faces"] == faces
    small = portrait().crop((60, 0, 412, 352)).resize((64, 64))
    canvas = Image.new("RGB", (200, 200), (90, 120, 60))
    canvas.paste(small, (60, 60))
    canvas.save(tmp_path / "small.png")
    with pytest.raises(FaceUnreadableError):
        eyes.only_face(tmp_path / "small.png")


def test_nothing_of_the_pictures_is_left_anywhere(
    eyes: FaceEyes, house: House, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spare, shots = tmp_path / "tmp", tmp_path / "shots"
    spare.mkdir()
    shots.mkdir()
    monkeypatch.setenv("TMPDIR", str(spare))
    one, pictures, templates = person(house), shoot(shots), templates_in(house, home)
    agree(house, one)
    seen: list[np.ndarray] = []

    def look(path: Path) -> FaceLook:
        found = eyes.only_face(path)
        seen.append(found.vector.copy())
        return found

    enrol(house, templates, one, pictures, look)
    assert members(house, templates)
    rgb = [np.asarray(Image.open(path))[:352, :352] for path in pictures]
    film = tmp_path / "of-the-pictures.mp4"  # what a trail is made of: the same pixels
    film.write_bytes(film_of_pictures(rgb, FilmInfo.plain(352, 352, 25), crf=1))
    trail = trail_of(film, ["planted-0.png", "Ada"])
    left = files_of([house.folder.path, home, spare])
    assert scan(trail, left, lambda _line: None) == []
    assert scan(trail, files_of([tmp_path]), lambda _line: None) != []  # the control
    assert not any(v[:8].tobytes() in held for held in left.values() for v in seen)
    assert sorted(one.name for one in shots.iterdir()) == [path.name for path in pictures]


# The box of templates.


def filled(house: House, home: Path, count: int = 3) -> tuple[Templates, dict]:
    templates, keys = templates_in(house, home), {}
    stream = templates.begin()
    for _ in range(count):
        keys[new_id()] = bytes(np.random.default_rng().bytes(32))
    for one, key in keys.items():
        templates.put(one, key, b"template of " + one.bytes, stream)
    return templates, keys


def test_a_template_opens_with_its_person_s_key_alone(house: House, home: Path) -> None:
    templates, keys = filled(house, home)
    assert templates.of(keys) == {one: b"template of " + one.bytes for one in keys}
    one, other = list(keys)[:2]
    with pytest.raises(SealBrokenError):
        templates.of({one: keys[other]})
    stored = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert b"template of" not in stored
    assert b"template of" not in everything(house.folder.path)


def test_neither_a_copied_vault_nor_a_copied_data_folder_opens_templates(
    house: House, home: Path, tmp_path: Path
) -> None:
    templates, keys = filled(house, home)
    elsewhere = Templates(tmp_path / "other", house.keystore, house.folder.vault_id)
    assert elsewhere.ids() == set()  # the vault alone holds none
    shutil.copytree(home, tmp_path / "other")
    (tmp_path / "other" / "templates" / f"{house.folder.vault_id.hex}.key").unlink()
    with pytest.raises(SealBrokenError):
        elsewhere.ids()
    with open_vault(make_vault(tmp_path / "vault-2", house.keystore.suite.name)) as another:
        stranger = Templates(home, another.keystore, house.folder.vault_id)
        with pytest.raises(SealBrokenError):
            stranger.ids()
    assert templates.ids() == set(keys)  # the control


def test_a_backup_holds_no_template_and_nothing_that_opens_one(tmp_path: Path) -> None:
    new_vault(tmp_path / "vault")
    places = Places(tmp_path / "bodies", tmp_path / "keys")
    with vault_at(tmp_path / "vault", lambda: PASSPHRASE, memory="wanted", alone=True) as vault:
        templates = Templates(tmp_path / "data", vault.keystore, vault.folder.vault_id)
        one = new_id()
        templates.put(one, b"k" * 32, b"template", templates.begin())
        create_backup(vault, places, datetime.now(UTC), Quiet())
        kept = everything(places.bodies) + everything(places.keys) + everything(vault.folder.path)
        for path in (tmp_path / "data").rglob("*.key"):
            slot = path.read_bytes()[: path.stat().st_size // 2]
            assert slot[16:48] not in kept
            assert slot[16:48] in path.read_bytes()  # the control
        for path in (tmp_path / "data").rglob("*.templates"):
            assert path.read_bytes()[-64:] not in kept
        restored = Templates(tmp_path / "new-device", vault.keystore, vault.folder.vault_id)
        assert restored.ids() == set()


def test_what_was_copied_before_a_removal_opens_no_more(house: House, home: Path) -> None:
    templates, keys = filled(house, home)
    gone, sealed = next(iter(keys)), next(home.rglob("*.templates"))
    before = sealed.read_bytes()
    assert templates.remove([gone]) == {gone}
    assert templates.ids() == set(keys) - {gone}
    assert templates.remove([gone]) == set()
    after = sealed.read_bytes()
    sealed.write_bytes(before)
    with pytest.raises(SealBrokenError):
        templates.ids()
    sealed.write_bytes(after)  # the control
    assert templates.ids() == set(keys) - {gone}


def test_a_new_key_cancels_all_and_what_was_made_by_the_old_one_is_not_taken(
    house: House, home: Path
) -> None:
    templates, keys = filled(house, home)
    old = templates.stream()
    assert templates.renew() == set(keys)
    assert templates.ids() == set()
    assert templates.stream() != old
    with pytest.raises(SealBrokenError):
        templates.put(next(iter(keys)), b"k" * 32, b"template", old)
    next(home.rglob("*.templates")).write_bytes(b"noise that nobody wrote")
    with pytest.raises(SealBrokenError):
        templates.ids()
    assert templates.renew() == set()  # what is broken is begun anew
    assert templates.ids() == set()


def test_after_a_crash_at_any_step_the_old_box_or_the_new_one_is_there(
    house: House, home: Path, tmp_path: Path
) -> None:
    _, keys = filled(house, home, 2)
    gone = next(iter(keys))
    steps = list[str]()
    shutil.copytree(home, tmp_path / "count")
    templates_in(house, tmp_path / "count", lambda name, *_: steps.append(name)).remove([gone])
    assert len(steps) >= 5
    states = set[bool]()
    for strike in range(len(steps)):
        place = tmp_path / f"crash-{strike}"
        shutil.copytree(home, place)
        left = [strike]

        def crossing(_name: str, *_paths: Path, left=left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            templates_in(house, place, crossing).remove([gone])
        after = templates_in(house, place)
        states.add(gone in after.ids())
        assert after.of({one: key for one, key in keys.items() if one != gone})
        after.remove([gone])  # and the next change finishes it
        assert after.ids() == set(keys) - {gone}
        slots = next(place.rglob("*.key")).read_bytes()
        assert slots[: len(slots) // 2] == slots[len(slots) // 2 :]
    assert states == {True, False}


@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_changed_byte_is_noticed(tmp_path_factory, where: int, by: int) -> None:
    place = _one_box(tmp_path_factory)
    with open_vault(place / "vault") as house:
        sealed = next((place / "data").rglob("*.templates"))
        whole = sealed.read_bytes()
        changed = bytearray(whole)
        changed[where % len(whole)] ^= by
        sealed.write_bytes(changed)
        templates = templates_in(house, place / "data")
        try:
            with pytest.raises(SealBrokenError):
                templates.ids()
        finally:
            sealed.write_bytes(whole)
        assert len(templates.ids()) == 2


_BOXES: list[Path] = []


def _one_box(factory: pytest.TempPathFactory) -> Path:
    """Return a vault and a data folder with two templates; made once."""
    if not _BOXES:
        place = factory.mktemp("box")
        with open_vault(new_vault(place / "vault")) as house:
            filled(house, place / "data", 2)
        _BOXES.append(place)
    return _BOXES[0]


def test_a_destroyed_vault_leaves_no_box(house: House, home: Path) -> None:
    filled(house, home)
    discard(home, house.folder.vault_id)
    assert [path for path in home.rglob("*") if path.is_file()] == []
    discard(home, house.folder.vault_id)  # again: nothing happens


# In memory.


def test_a_gallery_knows_people_by_names_of_their_box_and_is_wiped(
    house: House, home: Path
) -> None:
    templates = templates_in(house, home)
    one = enrol_one(house, templates, "Ada", 1)
    enrol_one(house, templates, "Bo", 2)
    box, kept = new_id(), list[Gallery]()
    assert members(house, templates, box) == members(house, templates, box)
    assert not members(house, templates, box) & members(house, templates, new_id())
    with gallery_of(house, templates, [one], film="") as (gallery, names):
        kept.append(gallery)
        found = gallery.nearest(face_of(1)(PICTURES[0]).vector)
        assert len(names) == 1
        assert found is not None
        assert {found.name} == set(names)
        assert found.likeness > 0.7
        stranger = gallery.nearest(face_of(3)(PICTURES[0]).vector)
        assert stranger is not None
        assert stranger.likeness < 0.4
    assert not any(m.template.codes.any() for m in kept[0].members)
    third = person(house, "Cy")
    agree(house, third)
    with pytest.raises(NotEnrolledError), gallery_of(house, templates, [third], film=""):
        pass
    told = [e.deed.action for e in house.log.entries()]
    assert told.count(Action.FACES_COMPARED) == 5  # who is looked for is told as well


# The command.


ENROL = "from yingbi.__main__ import main; main()"
KNOWN = """
import sys
from pathlib import Path
from yingbi.cli.knowing import known_sight
from yingbi.cli.settings import settings_of
from yingbi.domain.region import Target
from yingbi.errors import YingbiError
try:
    settings = settings_of({}, **{"detect.size": 320})
    path, targets = Path(sys.argv[2]), (Target.FACE,)
    sight, edit = known_sight({}, ["Ada"], settings, targets, path)
except YingbiError as error:
    sys.exit(error.exit_status)
judged = sight.told.judged
print(sum(bool(judged.masked_at(n)[1]) for n in range(len(edit.sightings))), len(edit.sightings))
"""
"""What `mask --known Ada` looks with, without the copy being written."""


def command(home: Path):
    """Return what runs `enrol` as a user does, in a home of its own."""
    secret = home / "passphrase"
    secret.write_bytes(PASSPHRASE)
    secret.chmod(0o600)
    told = {
        "HOME": home,
        "XDG_DATA_HOME": home / "data",
        "YINGBI_VAULT": home / "vault",
        "YINGBI_PASSPHRASE_FILE": secret,
        "YINGBI_MODELS_DIR": models_dir(),
        "LANG": "C.UTF-8",
    }
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("YINGBI_", "LC_", "LANG"))}
    environment = kept | {name: str(value) for name, value in told.items()}

    def run(*arguments: object, status: int = 0, script: str = ENROL) -> Answer:
        done = subprocess.run(
            [sys.executable, "-c", script, "enrol", *map(str, arguments)],
            env=environment, cwd=home, text=True, capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == status, done
        assert "Traceback" not in done.stderr
        return Answer(done.returncode, done.stdout, done.stderr)

    return run


def test_the_command_enrols_lists_and_takes_back(tmp_path: Path) -> None:
    new_vault(tmp_path / "vault")
    with open_vault(tmp_path / "vault") as house:
        agree(house, person(house, "Ada"))
        person(house, "Bo")
    pictures, run = shoot(tmp_path), command(tmp_path)
    refused = run("Bo", *pictures, "--json", status=77)
    assert refused.json["error"]["code"] == "no-consent"
    run("Ada", *pictures, "--list", status=2)
    assert "Ada" in run("Ada", *pictures).out
    assert [one["agreed"] for one in run("--list", "--json").json] == [True]
    film = face_film(tmp_path / "astro.mp4", seconds=2.0, size=(320, 240))
    looked = run(film, status=0, script=KNOWN)
    clear, frames = map(int, looked.out.split())
    assert 10 <= clear < frames == 50
    assert "0 of 420" in looked.err
    assert "Ada" not in looked.out + looked.err
    run("--revoke", "Ada")
    run(film, status=66, script=KNOWN)
    assert "Nobody" in run("--list").out
    assert run("--new-key", "--json").json == {"cancelled": 0}

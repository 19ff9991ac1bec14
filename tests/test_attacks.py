"""A stranger who can write to the whole vault: refused or without effect, and nothing is lost.

For each of the attempts in `attacks`: nothing wrong and nothing forbidden ever comes out in
clear, no output is left behind a refusal, `verify` or the start tells of it (unless it
changes nothing for the owner), and once what was changed is put back all is there again.
"""

import shutil

import pytest

import attacks_bodies
import attacks_catalogue
import attacks_keys
from attack_house import (
    DATABASES,
    MARK,
    closed,
    differences,
    edited,
    hand_in,
    is_whole,
    look,
    make_scene,
    one_opened,
    undo,
    wrongs,
)
from attacks import ATTEMPTS, HARMLESS
from door_house import owner
from yingbi.domain.part import PartKind
from yingbi.errors import LogRolledBackError
from yingbi.usecases.open import Wish

SUITES = ("intl", "sm")
ALL = list(ATTEMPTS)
OF_SM = ALL[::7]
LISTS = (attacks_bodies, attacks_catalogue, attacks_keys)
"""Read for what they add to the attempts."""


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    """Two vaults of each suite, made once."""
    root = tmp_path_factory.mktemp("attacks")
    made = {}

    def of(suite):
        if suite not in made:
            made[suite] = tuple(make_scene(root / f"{suite}{n}", suite) for n in range(2))
        return made[suite]

    return of


def attacked(scene, other, path, name):
    vault = path / "vault"
    shutil.copytree(scene.vault, vault)
    (vault / "objects" / MARK).touch()  # a start looks at what is unknown, as after a crash
    ATTEMPTS[name](scene, vault, other)
    for database in DATABASES:
        (vault / f"{database}-shm").unlink(missing_ok=True)
    return vault


@pytest.mark.parametrize("suite", SUITES)
def test_the_control_an_untouched_vault_is_whole(scenes, tmp_path, suite):
    scene, _ = scenes(suite)
    shutil.copytree(scene.vault, tmp_path / "vault")
    (tmp_path / "vault" / "objects" / MARK).touch()
    found = look(scene, tmp_path / "vault", tmp_path / "out")
    assert (wrongs(scene, found), is_whole(scene, found)) == ([], True), found


def judged(scene, other, path, name):
    """Make one attempt; return what went wrong, and the code that told of it."""
    vault = attacked(scene, other, path, name)
    touched = differences(scene.vault, vault)
    assert touched, f"{name} changed nothing"
    found = look(scene, vault, path / "out")
    bad, whole = wrongs(scene, found), is_whole(scene, found)
    if whole != (name in HARMLESS):
        bad.append(f"is told: {not whole}")
    lost = differences(scene.vault / "objects", vault / "objects")
    lost -= {name.removeprefix("objects/") for name in touched}
    bad += [f"lost: {name}" for name in lost]
    if not all(name.startswith("objects/") for name in touched):
        undo(scene.vault, vault, touched)
        again = look(scene, vault, path / "out")
        bad += [] if is_whole(scene, again) else [f"lost: {again}"]
    codes = {
        found.started,
        found.verified,
        *(g for g in found.parts.values() if isinstance(g, str)),
    }
    return bad, sorted(codes - {""})


CASES = [("intl", name) for name in ALL] + [("sm", name) for name in OF_SM]


@pytest.mark.parametrize(("suite", "name"), CASES)
def test_every_attempt_is_refused_or_without_effect_and_nothing_is_lost(
    scenes, tmp_path, suite, name
):
    bad, codes = judged(*scenes(suite), tmp_path, name)
    print(f"{name}: {', '.join(codes)}")
    assert bad == [], (name, codes)


def test_there_are_as_many_attempts_as_the_documentation_says():
    print(f"{len(ALL)} attempts, {len(HARMLESS)} of them without effect by their nature")
    assert len(ALL) >= 150
    assert {"keystore", "body", "object", "part", "lock page"} <= {n.split(":")[0] for n in ALL}
    assert len(OF_SM) >= 20


def test_the_control_a_reader_that_does_not_look_at_seals_would_be_caught(scenes, tmp_path):
    """What `wrongs` must see: other content, what is forbidden, and what is left lying there."""
    scene, _ = scenes("intl")
    shutil.copytree(scene.vault, tmp_path / "vault")
    found = look(scene, tmp_path / "vault", tmp_path / "out")
    assert wrongs(scene, found) == []
    first, *_, forbidden = scene.looked_at
    found.parts[first] = b"another film"
    found.parts[forbidden] = b"an original"
    found.left = True
    assert len(wrongs(scene, found)) == 3
    del found.parts[first]
    assert not is_whole(scene, found)


@pytest.mark.parametrize("suite", SUITES)
def test_an_erased_object_comes_back_only_from_old_copies_of_both_databases_and_is_told(
    scenes, tmp_path, suite
):
    """The limit that the documentation names: until `final`, with the passphrase."""
    scene, _ = scenes(suite)
    vault = tmp_path / "vault"
    shutil.copytree(scene.before, vault)
    before = look(scene, vault, tmp_path / "out")
    assert isinstance(before.parts[scene.erased, PartKind.RAW], bytes)  # all of it put back
    assert before.verified == ""  # a rollback of everything: what a witness is for
    shutil.rmtree(vault)
    shutil.copytree(scene.vault, vault)
    with edited(vault, "keys.db") as db:
        db.execute("ATTACH ? AS old", (str(scene.before / "keys.db"),))
        for statement in attacks_keys.REVIVE_LOCKS:
            db.execute(statement)
        db.commit()
    with edited(vault, "catalogue.db") as db:
        db.execute("ATTACH ? AS old", (str(scene.before / "catalogue.db"),))
        db.execute("DELETE FROM erasures")
        for table in ("objects", "parts"):
            db.execute(f"INSERT OR IGNORE INTO {table} SELECT * FROM old.{table}")
        db.commit()
    for old in (scene.before / "objects").glob("??/*"):
        place = vault / "objects" / old.parent.name / old.name
        place.parent.mkdir(exist_ok=True)
        shutil.copy(old, place)
    found = look(scene, vault, tmp_path / "out")
    assert isinstance(found.parts[scene.erased, PartKind.RAW], bytes)
    assert found.verified == "seal-broken"  # the log tells that it was erased


def test_a_catalogue_put_back_under_a_witness_has_nothing_cleared_away(scenes, tmp_path):
    """Without a witness a start takes what the older catalogue does not know for a crash's remains."""
    scene, _ = scenes("intl")
    vault, witness = tmp_path / "vault", tmp_path / "witness"
    shutil.copytree(scene.vault, vault)
    with owner(vault) as opened:
        witness.write_bytes(opened.log.signed(opened.log.present()))
    closed(vault / "catalogue.db")
    older = (vault / "catalogue.db").read_bytes()
    contents = {}
    with owner(vault, witness=witness) as opened:
        hand_in(opened, scene.hall, contents)
    closed(vault / "catalogue.db")
    newer = (vault / "catalogue.db").read_bytes()
    (vault / "catalogue.db").write_bytes(older)
    (vault / "objects" / MARK).touch()
    with pytest.raises(LogRolledBackError), owner(vault, witness=witness):
        raise AssertionError("the older catalogue was taken")
    for ending in ("-wal", "-shm"):
        (vault / f"catalogue.db{ending}").unlink(missing_ok=True)
    (vault / "catalogue.db").write_bytes(newer)
    with owner(vault, witness=witness) as opened:
        for (object_id, kind), content in contents.items():
            wish = Wish(object_id, kind, purpose="to see")
            assert one_opened(opened, wish, tmp_path / "out") == content

"""People from outside: consent before protecting, an answer to who asks, and nothing left behind."""

import json
import subprocess
import sys
from pathlib import Path

import av
import pytest

from films import face_film
from vault_house import PASSPHRASE, everything, new_vault, open_vault
from yb import Yingbi
from yingbi.domain.level import Level

NAME, GUARDIAN, TEXT = "Wilhelmina Canary", "Maria Canary", "folder canary-seven"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return face_film(tmp_path_factory.mktemp("film") / "astro.mp4", seconds=0.8)


def house(home: Path) -> Yingbi:
    """Return the command with a vault whose passphrase costs little, a box of level 1 and one of 2."""
    home.mkdir()
    new_vault(home / "vault")
    secret = home / "passphrase"
    secret.write_bytes(PASSPHRASE)
    secret.chmod(0o600)
    paths = {"YINGBI_VAULT": home / "vault", "YINGBI_PASSPHRASE_FILE": secret}
    made = Yingbi(home, **{name: str(path) for name, path in paths.items()})
    with open_vault(home / "vault") as vault:
        vault.new_box("box 1", Level.STRUCTURED_ONLY)
        vault.new_box("box 2")
    return made


@pytest.fixture
def yingbi(tmp_path: Path) -> Yingbi:
    """A vault of its own for the test."""
    return house(tmp_path / "home")


def protect(yingbi, film: Path, level: int, *more: str) -> str:
    (one,) = yingbi("protect", film, "--box", f"box {level}", *more, "--json").json
    found: str = one["id"]
    return found


def agree(yingbi, name: str, fields: str, *more: str) -> str:
    told = yingbi(
        "consent", "add", name, "--basis", "consent", "--fields", fields,
        "--until", "2999-01-01", *more, "--json",
    ).json  # fmt: skip
    found: str = told["id"]
    return found


def test_a_person_is_protected_with_leave_asked_after_and_erased(yingbi, film: Path) -> None:
    yingbi("subject", "add", NAME, "--contact", TEXT)
    answer = yingbi("protect", film, "--box", "box 1", "--subject", NAME, "--json", status=77)
    assert answer.json["error"]["code"] == "no-consent"
    assert NAME not in answer.out + answer.err
    consent = agree(yingbi, NAME, "pose,event", "--evidence", TEXT)
    one = protect(yingbi, film, 1, "--subject", NAME, "--camera", "hall")
    kinds = yingbi("open", one, "-o", "r.jsonl") and (yingbi.home / "r.jsonl").read_text()
    told = [json.loads(line) for line in kinds.splitlines()][1:]  # behind the page's head
    assert {one["kind"] for one in told} == {"pose", "event"}
    yingbi("protect", film, "--box", "box 2", "--subject", NAME, status=77)

    agree(yingbi, NAME, "masked")
    two = protect(yingbi, film, 2, "--subject", NAME)
    protect(yingbi, film, 2)
    told = yingbi("subject", "show", NAME, "--json").json
    assert (told["name"], told["contact"], told["minor"]) == (NAME, TEXT, False)
    assert told["covered"] == ["event", "masked", "pose"]
    assert {o["id"]: (o["box"], o["seen"]) for o in told["objects"]} == {
        one: ("box 1", [{"track": None, "from_s": None, "to_s": None}]),
        two: ("box 2", [{"track": None, "from_s": None, "to_s": None}]),
    }
    assert [o["id"] for o in yingbi("list", "--subject", NAME, "--json").json] == [one, two]
    within = yingbi("list", "--subject", NAME, "--box", "box 1", "--camera", "hall", "--json")
    assert [o["id"] for o in within.json] == [one]

    left = yingbi("consent", "withdraw", consent, "--json").json["held_without_basis"]
    assert left == [
        {"id": one, "fields": ["pose", "event"], "whole": True},
        {"id": two, "fields": ["pose", "event"], "whole": True},
    ]
    yingbi("protect", film, "--box", "box 1", "--subject", NAME, status=77)
    yingbi("verify")

    yingbi("erase", "--subject", NAME, status=2)
    done = yingbi("erase", "--subject", NAME, "--forget", "--yes", "--json").json
    assert [receipt["id"] for receipt in done["erased"]] == [one, two]
    assert (done["held"], done["remaining"], done["forgotten"]) == ([], [], True)
    assert yingbi("subject", "list", "--json").json == []
    for object_id in (one, two):
        answer = yingbi("open", object_id, "-o", "x", "--json", status=66)
        assert answer.json["error"]["code"] == "object-erased"
    yingbi("verify")
    assert len(yingbi("list", "--box", "box 2", "--json").json) == 1, "the stranger's stays"
    log = yingbi("log", "--json").out
    for word in (NAME, TEXT):
        assert word not in log
        assert word.encode() not in everything(yingbi.home / "vault")


def test_who_is_one_among_others_is_erased_from_among_them_and_forgotten(
    yingbi, film: Path
) -> None:
    yingbi("subject", "add", NAME)
    one, two = protect(yingbi, film, 2), protect(yingbi, film, 1)
    yingbi("subject", "link", NAME, one, "--track", "1", "--from", "0:00", "--to", "0.5")
    yingbi("subject", "link", NAME, two, "--whole")
    yingbi("subject", "link", NAME, two, status=2)
    yingbi("open", one, "-o", "still.mp4")
    done = yingbi("erase", "--subject", NAME, "--forget", "--yes", "--json").json
    assert [receipt["id"] for receipt in done["erased"]] == [two]
    assert (done["persons"], done["remaining"], done["forgotten"]) == (1, [], True)
    yingbi("open", one, "--part", "records", "-o", "left.jsonl")
    assert "unknown 1" not in (yingbi.home / "left.jsonl").read_text()
    yingbi("open", one, "-o", "again.mp4")
    assert (yingbi.home / "again.mp4").read_bytes() == (yingbi.home / "still.mp4").read_bytes()
    yingbi("verify")


def test_where_a_person_cannot_be_erased_from_is_named_and_the_person_is_not_forgotten(
    yingbi, film: Path
) -> None:
    yingbi("subject", "add", NAME)
    one = protect(yingbi, film, 2)
    yingbi("subject", "link", NAME, one, "--track", "99")
    done = yingbi("erase", "--subject", NAME, "--forget", "--yes", "--json", status=1).json
    assert done["remaining"] == [{"id": one, "person": 99, "code": "no-such-person"}]
    assert done["forgotten"] is False
    yingbi("subject", "unlink", NAME, one, "--track", "2", status=66)
    yingbi("subject", "unlink", NAME, one, "--track", "99")
    assert yingbi("erase", "--subject", NAME, "--forget", "--yes", "--json").json["forgotten"]


def test_unknown_people_are_found_by_camera_and_time_and_their_figures_are_shown(
    yingbi, film: Path
) -> None:
    there = "--camera", "hall", "--recorded-at"
    one = protect(yingbi, film, 1, *there, "2026-11-01T10:00+00:00")
    two = protect(yingbi, film, 2, *there, "2026-11-01T11:00+00:00", "--keep", "identity")
    protect(yingbi, film, 2, *there, "2026-11-02T10:00+00:00")
    span = "--camera", "hall", "--between", "2026-11-01..2026-11-02"
    found = yingbi("subject", "find", *span, "-o", "out", "--json").json
    assert [(f["id"], f["track"], f["linked"]) for f in found] == [(one, 1, []), (two, 1, [])]
    assert all(0 <= f["from_s"] <= f["to_s"] <= 0.8 for f in found)
    files = sorted((yingbi.home / "out").iterdir())
    assert [file.stem for file in files] == [one, two]
    for file in files:
        with av.open(file) as container:
            assert sum(1 for _ in container.decode(video=0)) >= 5
    opened = [d["object"] for d in yingbi("log", "--json").json if d["action"] == "opened"]
    assert set(opened) == {one, two}
    yingbi("subject", "add", NAME)
    yingbi("subject", "link", NAME, one, "--track", "1")
    yingbi("subject", "find", *span, "-o", "out", status=73)
    again = yingbi("subject", "find", *span, "-o", "more", "--json").json
    assert [f["linked"] for f in again] == [[NAME], []]
    yingbi("subject", "find", *span, "-o", yingbi.home / "vault" / "x", status=2)
    assert not (yingbi.home / "vault" / "x").exists()


def test_a_minors_consent_without_a_guardian_is_refused_in_one_line(yingbi) -> None:
    yingbi("subject", "add", NAME, "--minor")
    words = "consent", "add", NAME, "--basis", "consent", "--fields", "pose"
    answer = yingbi(*words, "--until", "2999-01-01", "--json", status=77)
    assert answer.json["error"]["code"] == "guardian-needed"
    agree(yingbi, NAME, "pose", "--guardian", GUARDIAN)
    (told,) = yingbi("consent", "list", NAME, "--json").json
    assert (told["guardian"], told["in_force"]) == (GUARDIAN, True)
    assert GUARDIAN.encode() not in everything(yingbi.home / "vault")


NOBODY = "01a20eec-9835-7a1b-9fb7-f11e6aa56b1b"
REFUSED = [
    (["consent", "add", NAME, "--basis", "consent", "--fields", "pose"], 2),
    (["consent", "add", NAME, "--basis", "consent", "--until", "2999-01-01"], 2),
    (["consent", "add", NAME, "--basis", "contract", "--fields", "gait"], 2),
    (["consent", "add", NAME, "--basis", "contract", "--until", "2001-01-01"], 2),
    (["consent", "add", NAME, "--basis", "contract", "--until", "soon"], 2),
    (["consent", "add", "Nobody", "--basis", "contract"], 66),
    (["consent", "withdraw", "one"], 66),
    (["consent", "withdraw", NOBODY], 66),
    (["subject", "add", NAME], 73),
    (["subject", "add", " "], 2),
    (["subject", "show", "Nobody"], 66),
    (["subject", "link", NAME, "nothing", "--whole"], 66),
    (["subject", "link", NAME, NOBODY, "--whole"], 66),
    (["subject", "link", NAME, "nothing", "--track", "0"], 2),
    (["subject", "link", NAME, "nothing", "--track", "1", "--from", "2", "--to", "1"], 2),
    (["list", "--subject", "Nobody"], 66),
    (["erase"], 2),
    (["erase", "--subject", NAME], 2),
    (["erase", "--subject", "Nobody", "--yes"], 66),
    (["erase", NOBODY, "--forget", "--yes"], 2),
]
IN_TURN = """
import contextlib, io, json, sys
from yingbi.__main__ import run
told = []
for words in json.load(sys.stdin):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        told.append([run(words)])
    told[-1] += [out.getvalue(), err.getvalue()]
json.dump(told, sys.stdout)
"""


def test_what_makes_no_sense_is_refused_in_one_line(yingbi: Yingbi) -> None:
    yingbi("subject", "add", NAME)
    done = subprocess.run(
        [sys.executable, "-c", IN_TURN],
        env=yingbi.environment, input=json.dumps([words for words, _ in REFUSED]),
        cwd=yingbi.home, text=True, capture_output=True, check=True,
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert [
        (words, status) for (words, _), (status, _, _) in zip(REFUSED, told, strict=True)
    ] == REFUSED
    assert {out for _, out, _ in told} == {""}
    assert {err.count("\n") for _, _, err in told} == {1}

"""The vault from outside: three levels, what opens, what is refused, what is erased."""

import json
import os
import shutil
import uuid
from pathlib import Path

import av
import pytest

from films import face_film
from stills import make_still
from yb import PASSPHRASE, Yingbi, with_vault


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return face_film(tmp_path_factory.mktemp("film") / "astro.mp4", seconds=4.8)


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return face_film(tmp_path_factory.mktemp("short") / "astro.mp4", seconds=0.8)


@pytest.fixture(scope="module", params=["intl", "sm"])
def house(request: pytest.FixtureRequest, film: Path, tmp_path_factory: pytest.TempPathFactory):
    """A vault with a box of each level and the film in each; read-only for its tests."""
    home = tmp_path_factory.mktemp("house")
    yingbi = with_vault(home, request.param, YINGBI_DETECT_SIZE="320")  # as wide as the film
    ids = {}
    for level in (1, 2, 3):
        yingbi("box", "create", f"box {level}", "--level", level)
        (one,) = yingbi("protect", film, "--box", f"box {level}", "--camera", "hall", "--json").json
        ids[level] = one["id"]
    return yingbi, ids


def test_each_level_keeps_its_parts_and_says_which_clear_original_remains(
    house, film: Path
) -> None:
    yingbi, ids = house
    parts = {1: ["records"], 2: ["masked", "records"], 3: ["masked", "raw", "records"]}
    for level, names in parts.items():
        (told,) = yingbi("list", "--box", f"box {level}", "--camera", "hall", "--json").json
        assert (told["id"], told["level"], told["parts"]) == (ids[level], level, names)
        assert uuid.UUID(told["id"]).version == 7
        assert told["recorded_at"] is None
        assert told["labels"] == ["biometric.face", "body"]
        assert yingbi("inspect", ids[level], "--json").json["box"] == f"box {level}"
    answer = yingbi("list", "--box", "box 1", "--camera", "yard", status=66)
    assert "Nothing is held of a camera 'yard'; the cameras there are: hall." in answer.err


def test_in_chinese_the_facts_of_a_box_an_object_and_a_person_have_chinese_names(house) -> None:
    yingbi, ids = house
    shown = yingbi("--lang", "zh", "box", "show", "box 1").out
    shown += yingbi("--lang", "zh", "inspect", ids[1]).out
    keys = [line.partition("：")[0] for line in shown.splitlines() if "：" in line]
    assert len(keys) > 20
    assert not [key for key in keys if key.isascii()]
    assert shown.count("级别：1 级（仅结构化）") == 2
    assert "类别：biometric.face、body" in shown
    plain = yingbi("inspect", ids[1]).out
    assert "level: 1 (structured only)" in plain
    assert "labels: biometric.face, body" in plain


def test_a_dry_run_says_of_what_is_no_film_what_the_real_run_says(house, short: Path) -> None:
    yingbi, _ = house
    (yingbi.home / "words.mp4").write_text("no film")
    asked = "protect", "words.mp4", short, "--box", "box 1", "--dry-run"
    planned = yingbi(*asked, status=1)
    assert planned.out == f"would protect '{short}' at level 1 (structured only)\n"
    (good, bad) = yingbi(*asked, "--json", status=1).json
    assert good == {"source": str(short), "level": 1}
    assert (bad["source"], bad["error"]["code"]) == ("words.mp4", "not-media")
    real = yingbi("protect", "words.mp4", "--box", "box 1", status=65)
    assert real.err in planned.err
    assert "[not-media]" in real.err
    assert yingbi("protect", "words.mp4", "--box", "box 1", "--dry-run", status=65).err == real.err


def test_level_1_opens_as_records_and_as_a_film_of_stick_figures(house) -> None:
    yingbi, ids = house
    yingbi("open", ids[1], "-o", "r.jsonl")
    lines = [json.loads(line) for line in (yingbi.home / "r.jsonl").read_text().splitlines()]
    assert lines[0]["page"]["clock"]["source"] == "unknown"
    assert set(lines[0]["page"]["networks"]) >= {"face-centerface", "pose-movenet"}
    records = lines[1:]
    assert {r["kind"] for r in records} - {"behaviour"} == {"identity", "pose", "event"}
    assert {r["subject"] for r in records if "subject" in r} >= {"unknown 1"}
    yingbi("open", ids[1], "--part", "preview", "-o", "p.mp4")
    with av.open(yingbi.home / "p.mp4") as container:
        assert sum(1 for _ in container.decode(video=0)) > 20
    answer = yingbi("open", ids[1], "--part", "masked", "-o", "m.mp4", "--json", status=66)
    assert answer.json["error"]["code"] == "no-such-part"
    assert not (yingbi.home / "m.mp4").exists()


def test_level_2_opens_as_masked_film_with_every_frame_at_its_time(house, film: Path) -> None:
    yingbi, ids = house
    yingbi("open", ids[2], "-o", "m.mp4")
    with av.open(film) as before, av.open(yingbi.home / "m.mp4") as after:
        times = [[f.time for f in c.decode(video=0)] for c in (before, after)]
    assert times[0] == times[1]


def test_a_span_opens_from_the_segment_that_it_lies_in(house) -> None:
    yingbi, ids = house
    yingbi("open", ids[2], "-o", "span.mp4", "--from", "0:04.5", "--to", "5")
    with av.open(yingbi.home / "span.mp4") as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert times[0] == 4.0
    assert times[-1] == pytest.approx(4.76)
    yingbi("open", ids[1], "-o", "span.jsonl", "--from", "2", "--to", "3")
    spans = [json.loads(line) for line in (yingbi.home / "span.jsonl").read_text().splitlines()]
    assert spans
    assert all(2000 <= r.get("time_ms", 2500) <= 3000 for r in spans)
    yingbi("open", ids[2], "-o", "x.mp4", "--from", "5", "--to", "4", status=2)


def test_damage_outside_a_span_does_not_hinder_it_and_damage_inside_is_refused(house) -> None:
    yingbi, ids = house
    bodies = {path: path.read_bytes() for path in (yingbi.home / "vault").rglob("*.yb")}
    wanted = uuid.UUID(ids[2]).bytes
    (body,) = (p for p, data in bodies.items() if (data[9], data[42:58]) == (1, wanted))
    whole = body.read_bytes()
    try:
        body.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        yingbi("open", ids[2], "-o", "start.mp4", "--from", "0", "--to", "1")
        for span in (["--from", "4.5"], []):
            answer = yingbi("open", ids[2], "-o", "end.mp4", *span, "--json", status=65)
            assert answer.json["error"]["code"] == "seal-broken"
    finally:
        body.write_bytes(whole)
    assert not (yingbi.home / "end.mp4").exists()
    with av.open(yingbi.home / "start.mp4") as container:
        assert next(frame.time for frame in container.decode(video=0)) == 0.0


def test_level_3_gives_the_original_bit_for_bit_for_a_purpose_that_is_logged_first(
    house, film: Path
) -> None:
    yingbi, ids = house
    yingbi("open", ids[3], "--raw", "-o", "none.mp4", status=2)
    yingbi("open", ids[3], "--raw", "--purpose", "case 7", "-o", "raw.mp4")
    assert (yingbi.home / "raw.mp4").read_bytes() == film.read_bytes()
    given = ["open", ids[3], "--raw", "--purpose", "case 8", "--bytes"]
    yingbi(*given, "70000:1000", "-o", "piece.bin")
    assert (yingbi.home / "piece.bin").read_bytes() == film.read_bytes()[70_000:71_000]
    for wrong in ("70000", "-1:5", "0:0", "1:x", "1000000000:1", "0:1000000000"):
        yingbi(*given, wrong, "-o", "no.bin", status=2)
    yingbi("open", ids[3], "--bytes", "0:5", "-o", "no.bin", status=2)
    assert not (yingbi.home / "no.bin").exists()
    deeds = yingbi("log", "--json").json
    assert [d["purpose"] for d in deeds if d["action"] == "opened" and d["purpose"]] == [
        "case 7",
        *["case 8"] * 2,
    ]
    for level in (1, 2):
        answer = yingbi(
            "open", ids[level], "--raw", "--purpose", "x", "-o", "no.mp4", "--json", status=77
        )
        assert answer.json["error"]["code"] == "raw-never"
    assert not (yingbi.home / "no.mp4").exists()


def test_everything_verifies(house) -> None:
    yingbi, ids = house
    told = yingbi("verify", "--json").json
    assert (told["objects"], told["parts"], told["broken"]) == (3, 6, [])
    assert yingbi("verify", ids[1], "--json").json["parts"] == 1


@pytest.mark.parametrize("given", ["file", "descriptor"])
def test_a_wrong_passphrase_opens_nothing_and_lists_nothing(house, given: str) -> None:
    yingbi, ids = house
    secret = yingbi.home / "wrong"
    secret.write_text("another passphrase")
    secret.chmod(0o600)
    if given == "file":
        other = Yingbi(
            yingbi.home, YINGBI_VAULT=str(yingbi.home / "vault"), YINGBI_PASSPHRASE_FILE=str(secret)
        )
        option = []
    else:
        other = Yingbi(yingbi.home, YINGBI_VAULT=str(yingbi.home / "vault"))
        option = ["--passphrase-fd", "0"]
    for command in (["open", ids[3], "-o", "w.mp4"], ["list", "--box", "box 3"], ["verify"]):
        answer = other(*option, *command, stdin="another passphrase", status=77)
        assert not answer.out
        assert "[wrong-passphrase]" in answer.err
    assert not (yingbi.home / "w.mp4").exists()


def test_the_passphrase_comes_from_a_descriptor_and_never_from_a_file_that_others_read(
    house,
) -> None:
    yingbi, _ = house
    other = Yingbi(yingbi.home, YINGBI_VAULT=str(yingbi.home / "vault"))
    assert other("--passphrase-fd", "0", "box", "list", "--json", stdin=PASSPHRASE + "\n").json
    assert other("box", "list", "--passphrase-fd", "0", "--json", stdin=PASSPHRASE).json
    assert "[no-passphrase]" in other("box", "list", stdin="", status=77).err
    shared = yingbi.home / "shared"
    shared.write_text(PASSPHRASE)
    shared.chmod(0o640)
    open_to_all = Yingbi(
        yingbi.home, YINGBI_VAULT=str(yingbi.home / "vault"), YINGBI_PASSPHRASE_FILE=str(shared)
    )
    assert "[passphrase-file-open]" in open_to_all("box", "list", status=77).err
    device = Yingbi(
        yingbi.home, YINGBI_VAULT=str(yingbi.home / "vault"), YINGBI_PASSPHRASE_FILE=os.devnull
    )
    answer = device("box", "list", status=66).err
    assert "it is a device" in answer
    assert "chmod" not in answer, "whoever follows that breaks the machine"


def test_without_a_box_the_newest_objects_of_all_boxes_are_listed(house) -> None:
    yingbi, ids = house
    told = yingbi("list", "--json").json
    assert [(one["id"], one["box"]) for one in told] == [
        (ids[level], f"box {level}") for level in (3, 2, 1)
    ]
    assert [one["id"] for one in yingbi("list", "--limit", "1", "--json").json] == [ids[3]]
    older = yingbi("list", "--limit", "1", "--after", ids[3], "--json").json
    assert [one["id"] for one in older] == [ids[2]]
    assert yingbi("list").out.splitlines()[1].endswith("box 3")


def test_names_and_words_are_invisible_in_the_vaults_files(house, film: Path) -> None:
    yingbi, _ = house
    stored = b"".join(p.read_bytes() for p in (yingbi.home / "vault").rglob("*") if p.is_file())
    for word in (
        b"box 1",
        b"hall",
        film.name.encode(),
        b"case 7",
        PASSPHRASE.encode(),
        b"unknown 1",
    ):
        assert word not in stored


def test_an_erased_object_stays_closed_when_its_bytes_are_put_back(
    short: Path, tmp_path: Path
) -> None:
    yingbi = with_vault(tmp_path, "intl")
    yingbi("box", "create", "b", "--level", "2")
    (one,) = yingbi("protect", short, "--box", "b", "--json").json
    shutil.copytree(tmp_path / "vault" / "objects", tmp_path / "copy")
    yingbi("erase", one["id"], status=2)
    receipt = yingbi("erase", one["id"], "--yes", "--json").json
    assert receipt["state"] == "erased"
    assert not [p for p in (tmp_path / "vault" / "objects").rglob("*") if p.is_file()]
    shutil.copytree(tmp_path / "copy", tmp_path / "vault" / "objects", dirs_exist_ok=True)
    answer = yingbi("open", one["id"], "-o", "m.mp4", "--json", status=66)
    assert answer.json["error"]["code"] == "object-erased"
    assert yingbi("list", "--box", "b", "--json").json == []
    assert (
        yingbi("erase", one["id"], "--yes", "--json", status=66).json["error"]["code"]
        == "object-erased"
    )


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        (["--level", "2", "--scene", "home-interior"], 2, "level-too-loose"),
        (["--level", "3", "--scene", "home-call"], 2, "level-too-loose"),
        (["--level", "2", "--raw", "whole"], 2, "usage"),
        (["--level", "1", "--raw-export", "owner"], 2, "usage"),
        (["--level", "1", "--keep", "identity,faces"], 2, "usage"),
    ],
)
def test_a_box_that_its_scene_or_level_forbids_is_refused(house, options, status, code) -> None:
    yingbi, _ = house
    answer = yingbi("box", "create", "new", *options, "--json", status=status)
    assert answer.json["error"]["code"] == code


def test_originals_of_a_community_leave_by_approval_only(tmp_path: Path) -> None:
    yingbi = with_vault(tmp_path, "intl")
    made = yingbi("box", "create", "yard", "--level", "3", "--scene", "community", "--json").json
    assert (made["raw"], made["raw_export"]) == ("whole", "grant")
    assert (
        yingbi("box", "create", "yard", "--level", "3", "--json", status=73).json["error"]["code"]
        == "box-exists"
    )
    still = make_still(tmp_path / "a.jpg")
    (one,) = yingbi("protect", still, "--box", "yard", "--json").json
    answer = yingbi(
        "open", one["id"], "--raw", "--purpose", "x", "-o", "a2.jpg", "--json", status=77
    )
    assert answer.json["error"]["code"] == "needs-approver"
    yingbi("open", one["id"], "-o", "masked.jpg")
    assert (tmp_path / "masked.jpg").read_bytes()[:2] == b"\xff\xd8"


def test_a_box_keeps_only_the_kinds_of_record_that_were_agreed(short: Path, tmp_path: Path) -> None:
    yingbi = with_vault(tmp_path, "intl")
    yingbi(
        "box", "create", "home", "--level", "1", "--scene", "home-interior", "--keep", "event,pose"
    )
    refused = yingbi("protect", short, "--box", "home", "--keep", "identity", "--json", status=2)
    assert refused.json["error"]["code"] == "usage"
    (one,) = yingbi("protect", short, "--box", "home", "--keep", "event", "--json").json
    yingbi("open", one["id"], "-o", "r.jsonl")
    assert '"kind":"event"' in (tmp_path / "r.jsonl").read_text()
    assert '"kind":"pose"' not in (tmp_path / "r.jsonl").read_text()
    answer = yingbi("open", one["id"], "--part", "preview", "-o", "p.mp4", "--json", status=66)
    assert answer.json["error"]["code"] == "no-poses"
    assert not (tmp_path / "p.mp4").exists()


def test_times_are_kept_as_given_or_as_the_file_says_or_as_unknown(tmp_path: Path) -> None:
    film = face_film(
        tmp_path / "f.mp4", seconds=0.4, metadata={"creation_time": "2026-05-01T10:00:00Z"}
    )
    yingbi = with_vault(tmp_path, "intl")
    yingbi("box", "create", "b", "--level", "2")
    for asked in ([], ["--recorded-at", "from-file"], ["--recorded-at", "2026-06-01T12:00+08:00"]):
        yingbi("protect", film, "--box", "b", *asked)
    told = yingbi("list", "--box", "b", "--json").json
    assert [(o["clock"], (o["recorded_at"] or "")[:16]) for o in told] == [
        ("unknown", ""), ("file", "2026-05-01T10:00"), ("option", "2026-06-01T04:00")
    ]  # fmt: skip
    span = yingbi(
        "list", "--box", "b", "--between", "2026-05-01T00:00Z..2026-05-02T00:00Z", "--json"
    ).json
    assert [o["id"] for o in span] == [told[1]["id"]]
    for limit, after, expected in (
        (2, 0, told[1:]),
        (1, 0, told[1:2]),
        (9, 1, told[2:]),
        (9, 2, []),
    ):
        page = ("list", "--box", "b", "--limit", limit, "--after", told[after]["id"])
        assert yingbi(*page, "--json").json == expected
        lines = yingbi(*page).out.splitlines()[1:]
        assert [line.split("\t")[0] for line in lines] == [o["id"] for o in expected]
    yingbi("list", "--box", "b", "--limit", "0", status=2)
    assert "[no-such-object]" in yingbi("list", "--box", "b", "--after", "x", status=66).err
    yingbi("protect", film, "--box", "b", "--recorded-at", "yesterday", status=2)
    yingbi("list", "--box", "b", "--between", "2026", status=2)


def test_a_folder_goes_in_and_one_bad_file_leaves_nothing_behind(
    short: Path, tmp_path: Path
) -> None:
    yingbi = with_vault(tmp_path, "intl")
    yingbi("box", "create", "b", "--level", "3")
    folder = tmp_path / "in"
    folder.mkdir()
    make_still(folder / "a.jpg")
    make_still(folder / "b.jpg")
    (folder / "cut.mp4").write_bytes(short.read_bytes()[:-3000])
    told = yingbi("protect", folder, "--box", "b", "--jobs", "2", "--json", status=1).json
    assert [("id" in one, one.get("error", {}).get("code")) for one in told] == [
        (True, None), (True, None), (False, "cut-off")
    ]  # fmt: skip
    assert told[0]["clear_sources"] == [str(folder / "a.jpg")]
    bodies = [p for p in (tmp_path / "vault" / "objects").rglob("*") if p.is_file()]
    assert len(bodies) == 6
    assert yingbi("verify", "--json").json["objects"] == 2


def test_two_protects_at_once_both_arrive(short: Path, tmp_path: Path) -> None:
    import subprocess
    import sys

    yingbi = with_vault(tmp_path, "intl")
    yingbi("box", "create", "b", "--level", "1")
    still = make_still(tmp_path / "a.jpg")
    command = [sys.executable, "-m", "yingbi", "protect", str(still), "--box", "b"]
    running = [subprocess.Popen(command, env=yingbi.environment, cwd=tmp_path) for _ in range(2)]
    assert [process.wait() for process in running] == [0, 0]
    assert len(yingbi("list", "--box", "b", "--json").json) == 2
    assert yingbi("verify", "--json").json["broken"] == []


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (["open", "nonsense", "-o", "x"], 66, "no-such-object"),
        (["open", str(uuid.UUID(int=7)), "-o", "x"], 66, "no-such-object"),
        (["list", "--box", "nowhere"], 66, "no-such-box"),
        (["protect", "missing.mp4", "--box", "box 1"], 66, "no-such-input"),
        (["vault", "init", "--suite", "sm"], 73, "vault-exists"),
        (["--vault", "elsewhere", "box", "list"], 66, "no-vault"),
        (["box", "create", "  ", "--level", "1"], 2, "usage"),
        (["open"], 2, "usage"),
        (["nonsense"], 2, "usage"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_line_with_its_code(house, arguments, status, code) -> None:
    yingbi, _ = house
    answer = yingbi(*arguments, status=status)
    assert answer.err.count("\n") == 1
    assert f"[{code}]" in answer.err
    assert not answer.out


def test_settings_are_stronger_from_file_to_environment_to_option(tmp_path: Path) -> None:
    (tmp_path / "yingbi.toml").write_text("jobs = 2\n[detect]\nsize = 640\n")
    told = Yingbi(tmp_path, YINGBI_JOBS="3")("config", "--json").json
    assert told["detect.size"] == {"value": 640, "from": "yingbi.toml"}
    assert told["jobs"] == {"value": 3, "from": "YINGBI_JOBS"}
    assert Yingbi(tmp_path)("--lang", "zh", "config", "--json").json["lang"]["from"] == "option"
    (tmp_path / "yingbi.toml").write_text('lang = "zh"\n')
    assert "不是保险库" in Yingbi(tmp_path)("--vault", "none", "box", "list", status=66).err
    for text in ("joobs = 2\n", "jobs = 0\n", 'jobs = "x"\n', "jobs = [\n"):
        (tmp_path / "yingbi.toml").write_text(text)
        assert "[bad-settings]" in Yingbi(tmp_path)("config", status=78).err


def test_a_full_disk_or_foreign_folder_gives_one_line(house, tmp_path: Path) -> None:
    yingbi, ids = house
    answer = yingbi("open", ids[2], "-o", "/nowhere/at/all.mp4", status=73)
    assert "[cannot-create]" in answer.err
    yingbi("open", ids[2], "-o", "/dev/full", "--force", status=73)


REFUSED = [
    (["--passphrase-fd", "-1", "box", "list"], 66, "unreadable-input"),
    (["--passphrase-fd", "99999999999", "box", "list"], 66, "unreadable-input"),
    (["--vault", "~nobody-of-this-name/v", "box", "list"], 66, "no-vault"),
    (["--config", "/", "box", "list"], 66, "unreadable-input"),
    (["protect", "x.jpg", "--box", "box 1", "--recorded-at", "9999-12-31T23:59:59-12:00"], 2, "usage"),
    (["protect", "x.jpg", "--box", "box 1", "--camera", "c" * 100_000], 2, "usage"),
    (["protect", "x.jpg", "--box", "box 1", "--camera", "two\nlines"], 2, "usage"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "status", "code"), REFUSED, ids=range(len(REFUSED)))
def test_strange_options_are_refused_in_one_line(house, arguments, status, code) -> None:
    yingbi, _ = house
    make_still(yingbi.home / "x.jpg")
    answer = yingbi(*arguments, status=status)
    assert answer.err.count("\n") == 1
    assert f"[{code}]" in answer.err


def test_nothing_is_opened_into_the_vault_and_the_log_tells_of_no_opening(house) -> None:
    yingbi, ids = house
    before = len(yingbi("log", "--json").json)
    for out in ("vault/x.mp4", "vault/keystore", "vault/objects/x"):
        answer = yingbi("open", ids[2], "-o", out, "--force", "--json", status=2)
        assert answer.json["error"]["code"] == "unsafe-output"
    yingbi("open", ids[2], "-o", "/nowhere/x.mp4", status=73)
    assert len(yingbi("log", "--json").json) == before


def test_a_passphrase_is_taken_whole_or_refused(tmp_path: Path) -> None:
    yingbi = Yingbi(tmp_path, YINGBI_VAULT=str(tmp_path / "vault"))
    long = "p" * 4097
    yingbi("--passphrase-fd", "0", "vault", "init", "--suite", "intl", stdin=long, status=2)
    yingbi("--passphrase-fd", "0", "vault", "init", "--suite", "intl", stdin=long[1:])
    assert yingbi("--passphrase-fd", "0", "box", "list", "--json", stdin=long[1:] + "\n").json == []
    yingbi("--passphrase-fd", "0", "box", "list", stdin=long[1:-1] + "q", status=77)


def test_a_name_that_is_no_text_is_kept_as_escapes(short: Path, tmp_path: Path) -> None:
    yingbi = with_vault(tmp_path, "intl")
    yingbi("box", "create", "b", "--level", "1")
    strange = Path(os.fsdecode(os.fsencode(tmp_path) + b"/clip-\xff.mp4"))
    shutil.copy(short, strange)
    yingbi("protect", strange, "--box", "b")
    (told,) = yingbi("list", "--box", "b", "--json").json
    assert told["sources"] == ["clip-\\xff.mp4"]
    assert yingbi("inspect", told["id"], "--json").json["facts"]["detect.face"] == "0.12"


def test_what_was_erased_before_is_made_final_by_asking_again(tmp_path: Path) -> None:
    yingbi = with_vault(tmp_path, "intl")
    yingbi("box", "create", "home", "--level", "1")
    still = make_still(tmp_path / "still.png")
    (one,) = yingbi("protect", still, "--box", "home", "--json").json
    assert yingbi("erase", one["id"], "--yes", "--json").json["final_at"] is None
    yingbi("erase", one["id"], "--yes", status=66)
    assert yingbi("erase", one["id"], "--final", "--yes", "--json").json["final_at"]
    yingbi("erase", uuid.uuid4(), "--final", "--yes", status=66)


@pytest.mark.parametrize(("language", "usage"), [("en", "Usage: "), ("zh", "用法")])
def test_a_group_without_a_command_shows_its_commands(tmp_path, language, usage):
    told = Yingbi(tmp_path, YINGBI_LANG=language)("box", status=2).err
    assert told.startswith(usage)
    assert "\n  create " in told

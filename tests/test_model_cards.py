"""A card is asked at every start, cannot be swapped or altered; weights are checked or sealed."""

import contextlib
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import skimage.data
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from made_models import answering
from networks import models_dir
from test_own_networks import PICTURE, yolox_answers
from yb import Yingbi
from yingbi import bootstrap
from yingbi.crypto.suite import suite
from yingbi.domain.model_card import Card, Counted, Curve, Explanation
from yingbi.domain.model_errors import (
    ModelBelowError,
    ModelCardRefusedError,
    ModelNotEvaluatedError,
    ModelSealedError,
)
from yingbi.domain.region import Target
from yingbi.domain.settings import data_home, resolve
from yingbi.errors import ModelMissingError, NoSuchInputError, UsageError
from yingbi.keys import this_device
from yingbi.keys.installation import installation_key
from yingbi.keys.signature import signed
from yingbi.models.card import PURPOSE, admit, keep, kept, standing
from yingbi.models.own import bring, own_model, own_state
from yingbi.models.sealed import sealed, unsealed
from yingbi.pipeline.finders import Finders
from yingbi.pipeline.known import FaceEyes
from yingbi.usecases.evaluate import check_card

DIGEST, OTHER = "ab" * 32, "cd" * 32


@pytest.fixture(scope="module")
def installed() -> Path:
    """Where the networks of this version are, whatever `home` says later."""
    return models_dir()


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """The data folder that `Yingbi(tmp_path)` has as well."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / ".local" / "share"))
    return data_home()


def card(digest: str = DIGEST, hits: int = 50, of: int = 100) -> Card:
    return Card(
        name="mine",
        sha256=digest,
        need="face",
        tool="yingbi 1",
        made_at="2026-11-30T00:00:00+00:00",
        runtime="onnxruntime 1",
        settings={"threshold": 0.12},
        data={"kind": "own", "sha256": OTHER, "pictures": 10, "things": of},
        least=0.9,
        accuracy={"recall": Counted(hits, of)},
        curves=(Curve("dark", "gamma", ((0.0, Counted(3, 4)), (2.0, Counted(1, 4)))),),
        explanation=Explanation(2, 0.25, ((0.0, 0.5), (1.0, 0.25))),
    )


def kept_card(made: Card, name: str = "intl", key_home: Path | None = None) -> Path:
    key = installation_key(key_home or data_home(), name)
    return keep(signed(made.to_json(), key, PURPOSE), made.sha256)


# --- what a card allows ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("hits", "of", "least", "state"),
    [
        (89, 100, 0.9, "below"),
        (90, 100, 0.9, "passed"),
        (0, 29, 0.9, "too-few"),
        (0, 30, 0.9, "below"),
        (0, 100, None, "no-threshold"),
    ],
)
@pytest.mark.parametrize("ciphers", ["intl", "sm"])
def test_a_network_under_its_threshold_is_refused_and_no_other(
    home, hits, of, least, state, ciphers
):
    assert standing(DIGEST, least).state == "not-evaluated"
    admit("mine", DIGEST, least)
    kept_card(card(hits=hits, of=of), ciphers)
    assert standing(DIGEST, least).state == state
    admit("other", OTHER, least)
    if state == "below":
        with pytest.raises(ModelBelowError, match="mine"):
            admit("mine", DIGEST, least)
    else:
        admit("mine", DIGEST, least)


def test_a_card_comes_back_as_it_was_kept(home):
    made = replace(card(), settings={"classes": ",".join(map(str, range(1000)))})
    kept_card(made)
    assert kept(DIGEST) == made


def swapped(path: Path) -> None:
    """A better card, of another network, in its place."""
    shutil.copy(kept_card(card(OTHER, 100)), path)


def by_a_stranger(path: Path) -> None:
    kept_card(card(hits=100), key_home=path.parents[3] / "stranger")


def for_another_use(path: Path) -> None:
    key = installation_key(data_home(), "intl")
    keep(signed(card(hits=100).to_json(), key, b"yingbi mask report 2\n"), DIGEST)


def bettered(path: Path) -> None:
    path.write_text(path.read_text().replace('"least":0.9', '"least":0.1'))


def of_another_version(path: Path) -> None:
    key = installation_key(data_home(), "intl")
    keep(signed(card(hits=100).to_json() | {"yingbi_model_card": 2}, key, PURPOSE), DIGEST)


def impossible(path: Path) -> None:
    key, body = installation_key(data_home(), "intl"), card().to_json()
    body["accuracy"]["recall"]["hits"] = 101
    keep(signed(body, key, PURPOSE), DIGEST)


def uncountable(path: Path) -> None:
    key, body = installation_key(data_home(), "intl"), card().to_json()
    body["accuracy"]["recall"].update(hits=10**400, of=10**400)
    keep(signed(body, key, PURPOSE), DIGEST)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_dead_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


DAMAGES = (
    swapped, by_a_stranger, for_another_use, bettered, of_another_version, impossible, uncountable, cut, a_folder, a_dead_link,
)  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda one: one.__name__)
def test_a_card_that_does_not_hold_is_refused_and_never_passed_over(home, damage):
    path = kept_card(card(hits=100))
    admit("mine", DIGEST, 0.9)
    damage(path)
    for least in (0.9, None):
        with pytest.raises(ModelCardRefusedError):
            admit("mine", DIGEST, least)
    assert standing(DIGEST, 0.9).state == "refused"


def test_where_cards_are_required_nothing_is_loaded_without_one(home, installed):
    for least in (0.9, None):
        admit("mine", DIGEST, least)
        with pytest.raises(ModelNotEvaluatedError, match="mine"):
            admit("mine", DIGEST, least, "required")
    kept_card(card(hits=95))
    admit("mine", DIGEST, 0.9, "required")


@pytest.mark.parametrize(("cards", "refused"), [("optional", False), ("required", True)])
def test_every_way_to_a_network_asks_whether_cards_are_required(home, installed, cards, refused):
    given = {"YINGBI_MODELS_DIR": str(installed), "YINGBI_MODELS_CARDS": cards}
    chosen = resolve({}, "yingbi.toml", given, {})
    finders = Finders(chosen, frozenset({Target.FACE}), 1)
    for opening in (
        finders.all,
        finders.line_judge,
        lambda: bootstrap._network("face-centerface", chosen),
        lambda: FaceEyes.opened(chosen, 1),
    ):
        expected = pytest.raises(ModelNotEvaluatedError)
        with expected if refused else contextlib.suppress(ModelMissingError):
            opening()


def test_what_cannot_be_asked_for_is_refused_in_plain_words(home, tmp_path):
    long = Path("a" * 300)
    with pytest.raises(NoSuchInputError):
        check_card(long, ())
    (tmp_path / "mine.onnx").write_bytes(b"-")
    for least in (float("nan"), 2.0):
        with pytest.raises(UsageError):
            bring(tmp_path / "mine.onnx", None, "yolox", (), least=least)
    bring(tmp_path / "mine.onnx", None, "yolox", (), least=0.5)


@given(place=st.integers(0, 10_000), flip=st.integers(1, 255))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_byte_of_a_card_is_altered_it_never_says_anything_else(home, place, flip):
    made = card(hits=10)
    path = kept_card(made)
    content = bytearray(path.read_bytes())
    content[place % len(content)] ^= flip
    path.write_bytes(content)
    with contextlib.suppress(ModelCardRefusedError):
        assert kept(DIGEST) == made  # a hex digit in capitals, or the last line end


# --- as a user meets it ---------------------------------------------------------------


@pytest.fixture
def yingbi(tmp_path, home) -> Yingbi:
    Image.fromarray(skimage.data.astronaut()).save(tmp_path / "in.png")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    return Yingbi(tmp_path, YINGBI_MODELS_DIR=str(tmp_path / "networks"), TMPDIR=str(temporary))


def taken_in(yingbi: Yingbi, tmp_path: Path, *options: str) -> str:
    """Import a small network as the one that looks for faces; return its digest."""
    (tmp_path / "mine.onnx").write_bytes(answering("x", PICTURE, **yolox_answers()))
    yingbi("models", "import", "mine.onnx", "--kind", "yolox", *options)
    (tmp_path / "yingbi.toml").write_text('[detect]\nface_network = "mine"\nsize = 320\n')
    return own_model("mine", tmp_path / "networks").sha256


LOOK = ("detect", "in.png", "--targets", "face", "--json")


def test_a_network_of_ones_own_below_its_threshold_does_not_start(yingbi, tmp_path):
    digest = taken_in(yingbi, tmp_path, "--least", "0.9")
    yingbi(*LOOK)
    (listed,) = [one for one in yingbi("models", "list", "--json").json if one["name"] == "mine"]
    assert listed["evaluated"] == {"state": "not-evaluated"}
    yingbi.environment["YINGBI_MODELS_CARDS"] = "required"
    assert yingbi(*LOOK, status=69).json["error"]["code"] == "model-not-evaluated"
    kept_card(card(digest, 50))
    assert yingbi(*LOOK, status=69).json["error"]["code"] == "model-below-threshold"
    told = {one["item"]: one for one in yingbi("doctor", "--json", status=None).json}["mine"]
    assert not told["ok"]
    assert "50.0 %" in told["state"]
    path = kept_card(card(digest, 95))
    yingbi(*LOOK)
    bettered(path)
    answer = yingbi(*LOOK, status=69)
    assert answer.json["error"]["code"] == "model-card-refused"
    assert yingbi("models", "card", "forget", "mine").out == "forgotten\n"
    told = {one["item"]: one for one in yingbi("doctor", "--json", status=None).json}["mine"]
    assert not told["ok"], "it has no card, and must have one"
    del yingbi.environment["YINGBI_MODELS_CARDS"]
    yingbi(*LOOK)


def test_a_public_network_is_checked_at_every_start_and_asked_for_its_card(
    installed, yingbi, tmp_path
):
    folder = tmp_path / "networks"
    folder.mkdir()
    file = folder / "face-centerface.onnx"
    right = (installed / file.name).read_bytes()
    file.write_bytes(right)
    (line,) = yingbi(*LOOK).out.splitlines()
    assert json.loads(line)["regions"]
    changed = bytearray(right)
    changed[len(right) // 2] ^= 1
    file.write_bytes(changed)
    assert yingbi(*LOOK, status=69).json["error"]["code"] == "model-changed"
    file.write_bytes(right)
    yingbi(*LOOK)
    (listed,) = [m for m in yingbi("models", "list", "--json").json if m["name"] == file.stem]
    kept_card(card(listed["onnx_sha256"], 50))
    assert yingbi(*LOOK, status=69).json["error"]["code"] == "model-below-threshold"


# --- private weights ------------------------------------------------------------------


def pieces(content: bytes) -> list[bytes]:
    """Parts of the weights that stand nowhere by chance."""
    found = (content[at : at + 32] for at in range(0, len(content) - 32, 20_011))
    return [piece for piece in found if len(set(piece)) > 20]


def holders(folder: Path, wanted: list[bytes]) -> set[str]:
    """Names of files below the folder in which any piece stands."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    contents = ((path.name, path.read_bytes()) for path in files)
    return {name for name, content in contents if any(piece in content for piece in wanted)}


def test_nothing_of_private_weights_is_on_the_disk_and_they_see_what_public_ones_see(
    installed, yingbi, tmp_path
):
    source = installed / "face-centerface.onnx"
    wanted = pieces(source.read_bytes())
    assert len(wanted) > 100
    (tmp_path / "yingbi.toml").write_text('[detect]\nface_network = "mine"\nsize = 320\n')
    seen = {}
    for options, where in (((), {"mine.onnx"}), (("--private",), set())):
        how = ("--kind", "centerface", "--name", "mine", *options)
        yingbi("models", "import", source, *how)
        (line,) = yingbi(*LOOK).out.splitlines()
        seen[options] = json.loads(line)["regions"]
        assert holders(tmp_path, wanted) == where
    assert seen[()] == seen[("--private",)] != []
    yingbi("doctor", status=None)
    assert holders(tmp_path, wanted) == set()


def test_private_weights_do_not_open_elsewhere_nor_as_something_else(
    yingbi, tmp_path, home, monkeypatch
):
    taken_in(yingbi, tmp_path, "--private")
    yingbi(*LOOK)
    listed = tmp_path / "networks" / "own.json"
    whole = listed.read_text()
    assert whole.count('"least": null') == 1
    changes = (("[]", "[1]"), ('"yolox"', '"detr"'), ('"least": null', '"least": 0.1'))
    for other in (whole.replace(*change) for change in changes):
        listed.write_text(other)
        assert yingbi(*LOOK, status=69).json["error"]["code"] == "model-sealed"
    listed.write_text(whole.replace('"private": true', '"private": false'))
    assert yingbi(*LOOK, status=69).json["error"]["code"] == "model-missing"
    listed.write_text(whole)
    model = own_model("mine", tmp_path / "networks")
    assert own_state(model, tmp_path / "networks") == "installed"
    secret = home / "device.key"
    copied = secret.read_bytes()
    secret.unlink()  # the folder of networks alone, on another device
    assert yingbi(*LOOK, status=69).json["error"]["code"] == "model-sealed"
    secret.write_bytes(copied)
    assert yingbi(*LOOK, status=77).json["error"]["code"] == "installation-key-refused"
    secret.chmod(0o600)
    yingbi(*LOOK)
    elsewhere = tmp_path / "machine-id"
    elsewhere.write_text("0" * 32 + "\n")
    monkeypatch.setattr(this_device, "MACHINE_IDS", (elsewhere,))  # with the secret, too
    assert own_state(model, tmp_path / "networks") == "changed"


def test_what_an_import_that_died_left_in_the_clear_goes_at_the_next_look(yingbi, tmp_path):
    taken_in(yingbi, tmp_path)
    plain = tmp_path / "networks" / "mine.onnx"
    left = plain.read_bytes()
    yingbi(*LOOK)
    assert plain.exists()
    taken_in(yingbi, tmp_path, "--private")
    plain.write_bytes(left)
    yingbi(*LOOK)
    assert not plain.exists()


@pytest.mark.parametrize(("private", "dumpable"), [(True, 0), (False, 1)])
def test_who_imports_private_weights_leaves_no_core(tmp_path, private, dumpable):
    (tmp_path / "mine.onnx").write_bytes(answering("x", PICTURE, **yolox_answers()))
    code = f"""
import ctypes
from pathlib import Path
from yingbi.models.own import bring
ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
bring(Path("mine.onnx"), None, "yolox", (), private={private})
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == (f"{dumpable}\n", "")


@pytest.mark.parametrize("name", ["intl", "sm"])
def test_a_sealed_network_opens_whole_or_not_at_all(home, name):
    content = bytes(range(256)) * 40
    file = sealed(content, b"as listed", "mine", home, name)
    assert file[4] == suite(name).code
    assert unsealed(file, b"as listed", "mine", home) == content
    altered = [file[:at] + bytes([file[at] ^ 1]) + file[at + 1 :] for at in (0, 5, 9, 40, -1)]
    for other in (*altered, file[:-1], file[:10], b"", file + b"\0"):
        with pytest.raises(ModelSealedError):
            unsealed(other, b"as listed", "mine", home)
    with pytest.raises(ModelSealedError):
        unsealed(file, b"as another", "mine", home)


def test_a_machine_without_an_id_seals_nothing(home, monkeypatch):
    monkeypatch.setattr(this_device, "MACHINE_IDS", (home / "nowhere",))
    with pytest.raises(ModelSealedError, match="machine-id"):
        sealed(b"weights", b"as listed", "mine", home, "intl")
    assert not home.exists()


def test_a_card_needs_what_a_card_says():
    body = card().to_json()
    assert Card.parse(body) == card()
    for name in ("network", "accuracy", "robustness", "made_at", "data"):
        with pytest.raises(ValueError, match=r"card|find|list|table|word"):
            Card.parse({key: value for key, value in body.items() if key != name})
    for digest in ("", "zz" * 32, "ab"):
        with pytest.raises(ValueError, match=r"digest|word"):
            Card.parse(replace(card(), sha256=digest).to_json())

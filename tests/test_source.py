"""`protect --remove-source`, `erase` and `vault sweep` as a user runs them."""

import json
import os
import shutil
from pathlib import Path

import pytest

from networks import models_dir
from stills import make_still
from vault_house import PASSPHRASE, new_vault
from yb import Yingbi, with_vault
from yingbi.bootstrap import load_settings, sight
from yingbi.capture.inputs import find_inputs
from yingbi.domain.box import BoxPolicy
from yingbi.domain.ledger import Action
from yingbi.domain.level import Level
from yingbi.domain.region import BUILT
from yingbi.domain.report import Quiet
from yingbi.usecases.box import create_box
from yingbi.usecases.own_desk import OwnDesk
from yingbi.usecases.protect import ProtectOptions, Protector
from yingbi.usecases.source import RemovingProtector
from yingbi.usecases.vault import open_vault


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_still(tmp_path_factory.mktemp("still") / "a.jpg")


def both(told, path: Path) -> bool:
    """Whether the answer says that the source is gone, and it is."""
    return told["clear_sources"] == [] and not path.exists()


def test_a_verified_source_is_removed_and_logged_and_a_link_or_second_name_stays(
    tmp_path: Path, still: Path
) -> None:
    yingbi = with_vault(tmp_path, "intl")
    yingbi("box", "create", "hall", "--level", "2", "--retain-days", "usual=30,short=7")
    shown = yingbi("box", "show", "hall", "--json").json
    assert shown["retain_days"] == {"usual": 30, "short": 7}
    plain, named = tmp_path / "plain.jpg", tmp_path / "named.jpg"
    shutil.copy(still, plain)
    shutil.copy(still, named)
    (tmp_path / "link.jpg").symlink_to(named)
    (told,) = yingbi("protect", plain, "--box", "hall", "--remove-source", "--json").json
    assert both(told, plain)
    answer = yingbi(
        "protect", tmp_path / "link.jpg", "--box", "hall", "--remove-source", "--json", status=1
    )
    assert "not removed" in answer.err
    assert named.exists()
    assert (tmp_path / "link.jpg").is_symlink()
    (tmp_path / "second.jpg").hardlink_to(named)
    yingbi("protect", named, "--box", "hall", "--remove-source", status=1)
    assert named.exists()
    log = yingbi("log", "--json").json
    entries = log if isinstance(log, list) else log["entries"]
    removed = [entry for entry in entries if entry["action"] == Action.SOURCE_REMOVED.value]
    assert [entry["object"] for entry in removed] == [told["id"]]
    assert b"plain.jpg" not in (tmp_path / "vault" / "catalogue.db").read_bytes()
    erasing(yingbi, told["id"])


def erasing(yingbi: Yingbi, first: str) -> None:
    """Erase as a user does: a receipt at once, final on demand, the rest of the box."""
    told = yingbi("erase", first, "--yes", "--json").json
    assert (told["state"], told["final_at"]) == ("erased", None)
    assert told["promised_at"] > told["erased_at"]
    assert yingbi("erase", first, "--status", "--json").json == told
    assert "key over them is replaced" in yingbi("erase", first, "--status").out
    left = [one["id"] for one in yingbi("list", "--box", "hall", "--json").json]
    assert len(left) == 2
    told = yingbi("erase", left[0], "--yes", "--final", "--json").json
    assert told["state"] == "final"
    assert yingbi("erase", first, "--status", "--json").json["state"] == "final"
    assert yingbi("vault", "sweep", "--dry-run", "--json").json == {
        "erased": [],
        "held": [],
        "final": [],
        "key_replaced": False,
    }
    assert yingbi("erase", "--box", "hall", "--before", "2020-01-01", "--yes", "--json").json == {
        "erased": [],
        "held": [],
    }
    told = yingbi("erase", "--box", "hall", "--yes", "--json").json
    assert [one["id"] for one in told["erased"]] == left[1:]
    assert yingbi("list", "--box", "hall", "--json").json == []
    for wrong in (["erase"], ["erase", first, "--box", "hall"], ["erase", first, "--before", "x"]):
        yingbi(*wrong, "--yes", status=2)
    yingbi("erase", "--box", "hall", "--before", "yesterday", "--yes", status=2)
    assert yingbi("verify", "--json").json["broken"] == []


class Meddler:
    """Protects, and then somebody else touches the source before it is removed."""

    def __init__(self, protector: Protector, meddle) -> None:
        self._protector, self._meddle = protector, meddle

    def protect(self, item, progress):
        done = self._protector.protect(item, progress)
        self._meddle(item.path)
        return done


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def same_size_and_time(path: Path) -> None:
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def another_file(path: Path) -> None:
    copy = shutil.copy2(path, path.with_suffix(".new"))
    Path(copy).replace(path)


def nothing(_path: Path) -> None:
    pass


@pytest.mark.parametrize("meddle", [append, same_size_and_time, another_file, nothing])
def test_a_source_that_is_not_the_one_that_was_protected_stays(tmp_path, still, meddle):
    path = new_vault(tmp_path / "vault")
    source = Path(shutil.copy(still, tmp_path / "a.jpg"))
    looking = sight(load_settings({"models.dir": str(models_dir())}), BUILT)
    with open_vault(path, lambda: PASSPHRASE, memory="wanted") as vault:
        box = create_box(vault, "hall", BoxPolicy(Level.OBSCURED))
        options = ProtectOptions(keep=("identity",))
        protector = Protector(OwnDesk(vault, box), options, looking, None)
        (item,) = find_inputs([source])
        done = RemovingProtector(vault, Meddler(protector, meddle)).protect(item, Quiet())
        assert len(vault.rooms.catalogue.find()) == 1
        gone = meddle is nothing  # the control
        assert (done.source_removed, not source.exists(), not done.stays) == (gone, gone, gone)
        told = [e.deed.action for e in vault.log.entries()].count(Action.SOURCE_REMOVED)
        assert told == int(gone)
        assert json.dumps(done.to_json())


def test_a_source_whose_object_does_not_verify_stays(tmp_path, still):
    path = new_vault(tmp_path / "vault")
    source = Path(shutil.copy(still, tmp_path / "a.jpg"))

    def spoil(_source: Path) -> None:
        for body in (path / "objects").glob("*/*.yb"):
            content = bytearray(body.read_bytes())
            content[len(content) // 2] ^= 1
            body.write_bytes(content)

    looking = sight(load_settings({"models.dir": str(models_dir())}), BUILT)
    with open_vault(path, lambda: PASSPHRASE, memory="wanted") as vault:
        box = create_box(vault, "hall", BoxPolicy(Level.OBSCURED))
        protector = Protector(OwnDesk(vault, box), ProtectOptions(("identity",)), looking, None)
        (item,) = find_inputs([source])
        done = RemovingProtector(vault, Meddler(protector, spoil)).protect(item, Quiet())
    assert source.exists()
    assert "broken" in done.stays

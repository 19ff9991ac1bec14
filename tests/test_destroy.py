"""Destroying a vault: the root first, a receipt outside, and finished after any crash."""

import json
import shutil

import pytest

from vault_house import PASSPHRASE, everything, new_vault
from vault_house import open_vault as open_house
from yb import with_vault
from yingbi.crypto.suite import InvalidTagError, suite
from yingbi.errors import OutputExistsError, SealBrokenError, UnsafeOutputError
from yingbi.store.destroy import destroy, is_decided
from yingbi.store.folder import VaultFolder
from yingbi.usecases.destroy import destroy_vault, signed_message
from yingbi.usecases.vault import open_vault


class StruckError(Exception):
    pass


class Seam:
    def __init__(self, at=None) -> None:
        self.names, self._at = [], at

    def __call__(self, name, *_paths) -> None:
        if name.startswith("destroy"):
            self.names.append(name)
            if len(self.names) - 1 == self._at:
                raise StruckError


def opened(path, **more):
    return open_vault(path, lambda: PASSPHRASE, memory="wanted", alone=True, **more)


@pytest.fixture(params=["intl", "sm"])
def path(request, tmp_path):
    path = new_vault(tmp_path / "vault", request.param)
    with open_house(path) as house:
        box = house.new_box()
        for _ in range(2):
            house.protect(box)
    return path


def test_nothing_is_left_and_the_receipt_is_signed_by_the_vaults_device(path, tmp_path):
    folder, out = VaultFolder.open(path), tmp_path / "receipt.json"
    with opened(path) as vault:
        public, head = vault.keystore.device.public_key, vault.log.head()
        assert destroy_vault(vault, out, models=False) == []
    assert not path.exists()
    told = json.loads(out.read_text())
    receipt = told["receipt"]
    chosen = suite(receipt["suite"])
    assert bytes.fromhex(told["public_key"]) == public
    chosen.verify(public, bytes.fromhex(told["signature"]), signed_message(receipt))
    assert (receipt["vault"], receipt["controller"]) == (
        str(folder.vault_id),
        str(folder.controller_id),
    )
    assert (receipt["log_size"], receipt["objects"], receipt["boxes"]) == (head.size + 1, 2, 1)
    with pytest.raises(InvalidTagError):
        chosen.verify(
            public, bytes.fromhex(told["signature"]), signed_message(receipt | {"objects": 3})
        )


def test_a_receipt_that_cannot_be_written_destroys_nothing(path, tmp_path):
    there = tmp_path / "there"
    there.write_text("kept")
    with opened(path) as vault:
        with pytest.raises(UnsafeOutputError):
            destroy_vault(vault, path / "receipt.json", models=False)
        with pytest.raises(OutputExistsError):
            destroy_vault(vault, there, models=False)
    assert not is_decided(path)
    assert there.read_text() == "kept"
    with opened(path) as vault:
        assert len(vault.rooms.catalogue.find()) == 2


def test_a_crash_at_any_step_opens_nothing_and_is_finished_without_a_passphrase(tmp_path):
    whole = new_vault(tmp_path / "vault")
    with open_house(whole) as house:
        house.protect(house.new_box())
    counting = Seam()
    with opened(shutil.copytree(whole, tmp_path / "count"), crossing=counting) as vault:
        destroy_vault(vault, None, models=False)
    names = counting.names
    assert names.index("destroy: overwrite") < names.index("destroy: unlink")
    for number in range(len(names)):
        path = shutil.copytree(whole, tmp_path / str(number))
        with pytest.raises(StruckError), opened(path, crossing=Seam(number)) as vault:
            destroy_vault(vault, None, models=False)
        if not is_decided(path) and path.exists() and any(path.iterdir()):
            assert number < 5  # the mark was not yet on the disk: the vault is whole
            with opened(path) as vault:
                assert len(vault.rooms.catalogue.find()) == 1
            continue
        if is_decided(path):
            with pytest.raises(SealBrokenError), opened(path):
                pass
        destroy(path) if path.exists() else None
        assert not path.exists()


def test_the_root_is_overwritten_before_anything_else_goes(tmp_path):
    path = new_vault(tmp_path / "vault")
    with open_house(path) as house:
        house.protect(house.new_box())
    root = (path / "keystore").read_bytes()
    linked = tmp_path / "the same file"
    linked.hardlink_to(path / "keystore")
    with opened(path) as vault:
        destroy_vault(vault, None, models=False)
    after = linked.read_bytes()
    assert len(after) == len(root)
    assert not any(root[at : at + 8] in after for at in range(0, len(root), 64) if root[at])


def test_what_is_not_ours_stays_and_links_are_not_followed(tmp_path):
    path = new_vault(tmp_path / "vault")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "film").write_text("mine")
    (path / "objects" / "link").symlink_to(tmp_path / "outside")
    (path / "notes.txt").write_text("mine")
    with opened(path) as vault:
        assert destroy_vault(vault, None, models=False) == ["notes.txt"]
    assert everything(path) == b"mine"
    assert (tmp_path / "outside" / "film").read_text() == "mine"


def test_the_command_destroys_asks_first_and_finishes(tmp_path):
    yingbi = with_vault(tmp_path, "intl")
    assert "cannot be undone" in yingbi("vault", "destroy", status=2).err
    copy = shutil.copytree(tmp_path / "vault", tmp_path / "copy")
    (copy / ".destroying").touch()
    (copy / "keystore").unlink()
    assert yingbi("--vault", copy, "vault", "destroy", "--yes").status == 0
    assert not copy.exists()
    told = yingbi("vault", "destroy", "--yes", "-o", tmp_path / "r.json", "--json").json
    assert told["left"] == []
    assert not (tmp_path / "vault").exists()
    assert json.loads((tmp_path / "r.json").read_text())["receipt"]["objects"] == 0
    assert yingbi("box", "list", status=66).err

"""The golden vaults: what a user of an older program sealed opens with this one, bit for bit."""

import hashlib
import importlib.util
import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from yingbi.audit.tree import Tree
from yingbi.db.schema import log
from yingbi.db.sql import select
from yingbi.domain.part import PartKind
from yingbi.domain.report import Quiet
from yingbi.errors import ObjectErasedError
from yingbi.usecases.open import Wish, open_object
from yingbi.usecases.upgrade import upgrade_vault
from yingbi.usecases.vault import Vault, open_vault
from yingbi.usecases.verify import verify

FOLDER = Path(__file__).parent / "golden"
FIXED = {
    "0001-intl.tar.gz": "02a1bed1da690062064ba78391d8aa279ef62fe8341b672b8d2f2a6b51c820b2",
    "0001-intl.json": "355ef307d36eb16463c47c844013074ca33e97dbe4bf30daaf4ee7509a2a8f66",
    "0001-sm.tar.gz": "f5a67fd9baad89102756921bbd87503f3f15df1f359a0c14dfc68a88885084c6",
    "0001-sm.json": "709363067f89f8732b682f271b3ca74a7a4bdaa995eeddac2086c2bdd17f3055",
    "0002-intl.tar.gz": "82ba9137b0f23da46a9b198fbaa7af5259429ffcec7aa00eba39d0fc3deed5ae",
    "0002-intl.json": "bbbc7eb513b858619f30267bc57c3d10c6f335a8d896927e0d4aae65ddbed5b7",
    "0002-sm.tar.gz": "77504f00d828ac9de1d2c026d7bb3405a6a69ac4bc1c89cf3845b1606c8bb236",
    "0002-sm.json": "314c1690ddf19ec0511579e3c962b0bd87c5487fc9daad89f31a9d6d9eb64ea2",
}
NAMES = sorted(name.removesuffix(".json") for name in FIXED if name.endswith(".json"))


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def unpacked(name: str, folder: Path, held: Path = FOLDER) -> Path:
    """Unpack a golden vault as it was; return its folder."""
    with tarfile.open(held / f"{name}.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return folder / "vault"


@dataclass
class Golden:
    vault: Vault
    told: dict[str, Any]
    out: Path

    def opened(self, object_id: str, part: str) -> str:
        """Return the digest of a part as `open` writes it."""
        purpose = self.told["purpose"] if part == "raw" else ""
        wish = Wish(UUID(object_id), PartKind(part), purpose)
        open_object(self.vault, wish, self.out, force=True)
        return sha256(self.out)


@pytest.fixture(scope="module", params=NAMES)
def golden(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("golden")
    told = json.loads((FOLDER / f"{request.param}.json").read_text("utf-8"))
    path, ask = unpacked(request.param, folder), told["passphrase"].encode
    upgrade_vault(path, ask, None, memory="wanted")
    with open_vault(path, ask, memory="wanted") as vault:
        yield Golden(vault, told, folder / "opened")


def test_no_golden_vault_was_ever_changed_or_taken_away() -> None:
    found = {path.name: sha256(path) for path in FOLDER.glob("*-*") if path.is_file()}
    assert found == FIXED


def test_there_is_one_for_each_suite_and_it_holds_every_level_and_part() -> None:
    for name in NAMES:
        told = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
        assert told["suite"] == name.rpartition("-")[2]
        assert sorted(told["boxes"].values()) == [1, 2, 3]
        assert {one["box"] for one in told["objects"].values()} == set(told["boxes"])
        parts = {part for one in told["objects"].values() for part in one["parts"]}
        assert parts == {"masked", "records", "raw"}
        assert told["erased"]
    assert {name.rpartition("-")[2] for name in NAMES} == {"intl", "sm"}


def test_every_part_of_every_object_opens_as_it_did(golden: Golden) -> None:
    for object_id, one in golden.told["objects"].items():
        box = golden.vault.boxes.box_named(one["box"])
        stored = golden.vault.rooms.catalogue.get(UUID(object_id))
        assert stored.box_id == box.box_id
        assert int(box.policy.level) == golden.told["boxes"][one["box"]] == int(stored.level)
        assert {part.kind.value for part in stored.parts} == set(one["parts"])
        assert {part: golden.opened(object_id, part) for part in one["parts"]} == one["parts"]


def test_nothing_is_there_that_was_not(golden: Golden) -> None:
    found = {str(stored.object_id) for stored in golden.vault.rooms.catalogue.find()}
    assert found == set(golden.told["objects"])
    assert {box.name for box in golden.vault.boxes.boxes()} == set(golden.told["boxes"])


def test_all_of_it_verifies(golden: Golden) -> None:
    done = verify(golden.vault, None, Quiet())
    objects = golden.told["objects"]
    assert (done.objects, done.broken) == (len(objects), ())
    assert done.parts == sum(len(one["parts"]) for one in objects.values())


def test_what_was_erased_then_is_erased_now(golden: Golden) -> None:
    for object_id in golden.told["erased"]:
        with pytest.raises(ObjectErasedError):
            golden.opened(object_id, "masked")


def test_the_log_goes_on_from_the_root_that_it_had(golden: Golden) -> None:
    then = golden.told["log"]
    assert golden.vault.log.verify() >= then["entries"]
    tree = Tree(golden.vault.keystore.suite)
    with golden.vault.rooms.catalogue_db.read() as unit:
        for row in unit.all(select(log).order_by(log.c.sequence).limit(then["entries"])):
            tree.add(row.entry)
    assert (tree.size, tree.root().hex()) == (then["entries"], then["root"])
    purposes = {entry.deed.purpose for entry in golden.vault.log.entries()}
    assert golden.told["purpose"] in purposes


@pytest.mark.torture
@pytest.mark.parametrize("name", ["intl", "sm"])
def test_the_next_golden_vault_can_be_made_and_a_changed_digest_in_it_is_noticed(
    name: str, tmp_path: Path
) -> None:
    path = FOLDER / "make.py"
    spec = importlib.util.spec_from_file_location("golden_make", path)
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    archive, said = maker.make("next", name, tmp_path)
    assert archive.stat().st_size < 300_000
    with tarfile.open(archive) as packed:
        owners = {(e.uid, e.gid, e.uname, e.gname, e.mtime) for e in packed.getmembers()}
    assert owners == {(0, 0, "", "", 0)}
    told = json.loads(said.read_text("utf-8"))
    vault = unpacked(f"next-{name}", tmp_path, tmp_path)
    with open_vault(vault, told["passphrase"].encode, memory="wanted") as opened:
        golden = Golden(opened, told, tmp_path / "opened")
        test_every_part_of_every_object_opens_as_it_did(golden)
        test_all_of_it_verifies(golden)
        test_what_was_erased_then_is_erased_now(golden)
        test_the_log_goes_on_from_the_root_that_it_had(golden)
        first = next(iter(told["objects"].values()))["parts"]
        first.update(dict.fromkeys(first, "0" * 64))
        with pytest.raises(AssertionError):
            test_every_part_of_every_object_opens_as_it_did(golden)
    with pytest.raises(SystemExit):
        maker.make("next", name, tmp_path)

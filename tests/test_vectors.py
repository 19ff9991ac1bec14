"""The published vectors of the sealed format, which any other reader can run as well."""

import base64
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import cbor2
import pytest

from yingbi.crypto.suite import suite
from yingbi.domain.grant import Grant
from yingbi.domain.part import PartKind, PrivateMetadata
from yingbi.envelope.part import PartEnd, read_part
from yingbi.errors import YingbiError
from yingbi.keys.wrap import EpochPublic
from yingbi.release.part import open_part

FOLDER = Path(__file__).parent / "vectors"
VECTORS = sorted(FOLDER.glob("*.vector"))
NOW = datetime(2026, 11, 24, tzinfo=UTC)


class Vector:
    """One vector: its keys, each with all its values, and the part's bytes."""

    def __init__(self, path):
        head, _, body = path.read_text("utf-8").partition("\n\n")
        self.values = {}
        for line in head.splitlines():
            key, _, value = line.partition(": ")
            self.values.setdefault(key, []).append(value)
        self.part = base64.b64decode(body, validate=False)
        self.suite = suite(self["suite"])

    def __getitem__(self, key):
        return self.values[key][0]

    def all(self, key):
        return self.values.get(key, [])

    def octets(self, key):
        return bytes.fromhex(self[key])

    def open(self):
        ids, kind = UUID(self["object-id"]), PartKind(self["part"])
        locks = dict(value.split(" ") for value in self.all("lock"))
        end = [value.split(" ") for value in self.all("end")]
        epoch = EpochPublic(
            *(UUID(self["box-id"]), 7, 1),
            *(self.octets("box-key-id"), self.octets("box-public")),
        )
        return list(
            open_part(
                self.suite,
                self.part,
                locks={UUID(i): bytes.fromhex(lock) for i, lock in locks.items()},
                epoch_key_of=lambda *_: (epoch, self.octets("box-private")),
                device_public_key=self.octets("device-public"),
                grant=Grant(ids, frozenset({kind}), "vectors", "anyone", NOW),
                object_id=ids,
                part=kind,
                now=NOW,
                end=PartEnd(int(end[0][0]), bytes.fromhex(end[0][1])) if end else None,
            )
        )


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_a_vector_gives_what_it_expects(path):
    vector = Vector(path)
    if vector["expect"] != "ok":
        with pytest.raises(YingbiError) as caught:
            vector.open()
        assert caught.value.code == vector["expect"], caught.value
        return
    opened = vector.open()
    assert len(opened) == len(vector.all("private")) > 0
    for (private, content), metadata, digest in zip(
        opened, vector.all("private"), vector.all("content-hash"), strict=True
    ):
        values = cbor2.loads(bytes.fromhex(metadata))
        assert private == PrivateMetadata(**values | {"labels": tuple(values["labels"])})
        assert vector.suite.hash(content).hex() == digest


@pytest.mark.parametrize(
    "path", [p for p in VECTORS if "-ok-" in p.name], ids=lambda path: path.stem
)
def test_the_key_in_a_vector_opens_it_without_any_lock(path):
    vector = Vector(path)
    segments = read_part(vector.suite, vector.part)
    for segment, dek, digest in zip(
        segments, vector.all("dek"), vector.all("content-hash"), strict=True
    ):
        _, content = segment.verify(vector.octets("device-public")).open(bytes.fromhex(dek))
        assert vector.suite.hash(content).hex() == digest


def test_every_vector_of_one_suite_has_its_twin_in_the_other():
    names = {p.stem.partition("-")[2] for p in VECTORS}
    assert len(names) > 50
    assert {p.stem for p in VECTORS} == {f"{s}-{name}" for s in ("intl", "sm") for name in names}


def test_making_the_vectors_again_leaves_no_difference(tmp_path):
    subprocess.run([sys.executable, str(FOLDER / "generate.py"), str(tmp_path)], check=True)
    made = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    assert made == {p.name: p.read_bytes() for p in VECTORS}

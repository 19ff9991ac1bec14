"""The published vectors of the sealed format, which any other reader can run as well."""

import ast
import base64
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import cbor2
import pytest

import yingbi
from yingbi.crypto.suite import suite
from yingbi.domain.grant import Grant
from yingbi.domain.part import PartKind, PrivateMetadata
from yingbi.envelope.part import PartEnd, check_end, read_part
from yingbi.errors import NoKeyError, SealBrokenError, YingbiError
from yingbi.keys.unwrap import unwrap
from yingbi.keys.wrap import EpochPublic
from yingbi.release.part import open_part

FOLDER = Path(__file__).parent / "vectors"
VECTORS = sorted(FOLDER.glob("*.vector"))
ENVELOPE = Path(yingbi.__file__).parent / "envelope"
# All that reads a part; deliveries through a door are another format with tests of their own.
READERS = [path for path in ENVELOPE.glob("*.py") if path.name != "delivery.py"]
READERS.append(ENVELOPE.parent / "keys" / "unwrap.py")
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def constants_of(tree):
    """Yield the reasons of errors in a module: what `broken` and `SealBrokenError` are given."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            values = [keyword.value for keyword in node.keywords if keyword.arg == "reason"]
            if isinstance(node.func, ast.Attribute) and node.func.attr == "broken":
                values += node.args
            yield from (value.value for value in values if isinstance(value, ast.Constant))
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "reason":
            yield node.value.value


def reasons_of(path):
    return constants_of(ast.parse(path.read_text("utf-8")))


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

    @property
    def asked(self):
        """The object and the part that the reader is asked for."""
        return UUID(self["object-id"]), PartKind(self["part"])

    @property
    def end(self):
        count, digest = (self.all("end") or ["0 "])[0].split(" ")
        return PartEnd(int(count), bytes.fromhex(digest)) if digest else None

    @property
    def locks(self):
        pairs = (value.split(" ") for value in self.all("lock"))
        return {UUID(i): bytes.fromhex(lock) for i, lock in pairs}

    @property
    def epoch(self):
        key = self.octets("box-key-id"), self.octets("box-public")
        return EpochPublic(UUID(self["box-id"]), 7, 1, *key)

    def open(self):
        (object_id, part), epoch = self.asked, self.epoch
        return list(
            open_part(
                self.suite,
                self.part,
                locks=self.locks,
                epoch_key_of=lambda *_: (epoch, self.octets("box-private")),
                device_public_key=self.octets("device-public"),
                grant=Grant(object_id, frozenset({part}), "vectors", "anyone", NOW),
                object_id=object_id,
                part=part,
                now=NOW,
                end=self.end,
            )
        )

    def steps(self):
        """Go the way of "Reading a part" in docs/en/format.md; yield each step that is passed."""
        segments = list(read_part(self.suite, self.part))
        for one in segments:
            if (one.header.object_id, one.header.part) != self.asked:
                raise one.broken("another part was asked for")
        yield 1
        verified = [one.verify(self.octets("device-public")) for one in segments]
        yield 2
        if self.end:
            check_end(segments[-1], self.end)
        yield 3
        opened = []
        for one in verified:
            lock = self.locks.get(one.head.header.segment_id, one.head.lock)
            if lock is None or one.head.header.box_id != self.epoch.box_id:
                raise NoKeyError(what="this segment")
            private, context = self.octets("box-private"), one.head.lock_context
            dek = unwrap(self.suite, lock, self.epoch, private, context)
            one.head.open_metadata(dek)
            opened.append((one, dek))
        yield 4
        for one, dek in opened:
            one.open(dek)
        yield 5


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


@pytest.mark.parametrize(
    "path", [p for p in VECTORS if "\nstep: " in p.read_text("utf-8")], ids=lambda path: path.stem
)
def test_a_vector_is_refused_at_the_step_that_it_names(path):
    vector, passed = Vector(path), 0
    with pytest.raises(YingbiError) as caught:
        for passed in vector.steps():  # noqa: B007 - the last one is what is asked for
            pass
    assert caught.value.code == vector["expect"]
    assert passed + 1 == int(vector["step"])


def test_every_vector_of_one_suite_has_its_twin_in_the_other():
    names = {p.stem.partition("-")[2] for p in VECTORS}
    own = {n for n in names if "hybrid" in n or "openssl" in n or "lock-zero" in n}
    twins = names - own
    assert len(twins) > 100
    assert {f"{s}-{name}" for s in ("intl", "sm") for name in twins} < {p.stem for p in VECTORS}
    assert len(own) == len(VECTORS) - 2 * len(twins) > 10


def test_every_reason_to_refuse_a_segment_has_a_vector():
    """Each sentence that the readers of the format can raise is raised by some vector."""
    reasons = {reason for path in READERS for reason in reasons_of(path)}
    assert len(reasons) > 30
    told = []
    for path in VECTORS:
        vector = Vector(path)
        if vector["expect"] == "seal-broken":
            with pytest.raises(SealBrokenError) as caught:
                vector.open()
            told.append(str(caught.value))
    assert {reason for reason in reasons if not any(reason in text for text in told)} == set()


def test_a_reason_without_a_vector_would_be_noticed():
    planted = ast.parse('raise cursor.broken("never heard of")\nbroken(reason="nor of this")')
    assert set(constants_of(planted)) == {"never heard of", "nor of this"}


def test_making_the_vectors_again_leaves_no_difference(tmp_path):
    subprocess.run([sys.executable, str(FOLDER / "generate.py"), str(tmp_path)], check=True)
    made = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    assert made == {p.name: p.read_bytes() for p in VECTORS}

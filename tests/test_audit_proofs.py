"""Proofs and checkpoints: published values come out, and whatever is altered proves nothing."""

import base64
import contextlib
import hashlib
import json
import shutil
import sqlite3
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vault_house import NOW, make_vault, open_vault
from yingbi.audit.checkpoint import Checkpoint, checkpoint_of, open_checkpoint
from yingbi.audit.note import NoteKey, open_note, sign_note
from yingbi.audit.proof import check_proof, prove
from yingbi.crypto import merkle
from yingbi.crypto.suite import InvalidTagError, suite
from yingbi.domain.ids import new_id
from yingbi.domain.ledger import Action, Deed
from yingbi.errors import LogBrokenError, NoSuchEntryError, ProofBrokenError

BOTH = pytest.mark.parametrize("name", ["intl", "sm"])

# The tree of eight leaves of the certificate-transparency reference tests for RFC 6962.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
LEAF_0 = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
LEAF_1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
LEAF_4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
LEAVES_0_1 = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
LEAVES_2_3 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
LEAVES_0_3 = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
LEAVES_4_5 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
LEAVES_6_7 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
LEAVES_4_7 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"

INCLUSION = [
    (0, 1, []),
    (0, 8, [LEAF_1, LEAVES_2_3, LEAVES_4_7]),
    (5, 8, [LEAF_4, LEAVES_6_7, LEAVES_0_3]),
    (2, 3, [LEAVES_0_1]),
    (1, 5, [LEAF_0, LEAVES_2_3, LEAF_4]),
]
CONSISTENCY = [
    (1, 1, []),
    (1, 8, [LEAF_1, LEAVES_2_3, LEAVES_4_7]),
    (6, 8, [LEAVES_4_5, LEAVES_6_7, LEAVES_0_3]),
    (2, 5, [LEAVES_2_3, LEAF_4]),
]

# The key and note of the reference implementation of signed notes (golang.org/x/mod/sumdb/note).
PETER = NoteKey(
    "PeterNeumann",
    suite("intl"),
    base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")[1:],
)
PETER_PRIVATE = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
PETER_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
PETER_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6"
    "KE6RyyBwJnAM=\n"
)
PETER_NOTE = f"{PETER_TEXT}\n{PETER_LINE}"
ENOCH = NoteKey(
    "EnochRoot",
    suite("intl"),
    base64.b64decode("ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop")[1:],
)
ENOCH_LINE = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33"
    "WWd1RvMc+QQ=\n"
)

# A checkpoint that the Go checksum database signed, and the key that every Go program knows.
GO = NoteKey(
    "sum.golang.org",
    suite("intl"),
    base64.b64decode("Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8")[1:],
)
GO_CHECKPOINT = (
    "go.sum database tree\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— sum.golang.org Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+"
    "zyWE+xeMcTOAYQ8=\n"
)


def known(hexadecimal):
    return [bytes.fromhex(one) for one in hexadecimal]


def tree(size):
    s = suite("intl")
    hashes = [merkle.leaf_hash(s, leaf) for leaf in LEAVES[:size]]
    return s, hashes, merkle.root(s, hashes)


# --- RFC 6962 and RFC 9162 ----------------------------------------------------------------------


@pytest.mark.parametrize(("index", "size", "path"), INCLUSION)
def test_published_inclusion_proofs_come_out_and_hold(index, size, path):
    s, hashes, root = tree(size)
    assert merkle.inclusion_proof(s, hashes, index) == known(path)
    merkle.verify_inclusion(s, hashes[index], index, size, proof=known(path), root_hash=root)


@pytest.mark.parametrize(("old", "new", "path"), CONSISTENCY)
def test_published_consistency_proofs_come_out_and_hold(old, new, path):
    s, hashes, root = tree(new)
    roots = {"old_root": tree(old)[2], "new_root": root}
    assert merkle.consistency_proof(s, hashes, old) == known(path)
    merkle.verify_consistency(s, old_size=old, new_size=new, proof=known(path), **roots)


@pytest.mark.parametrize(("index", "size", "path"), INCLUSION[1:])
def test_a_published_proof_with_one_bit_changed_does_not_hold(index, size, path):
    s, hashes, root = tree(size)
    for step in range(len(path)):
        wrong = known(path)
        wrong[step] = bytes([wrong[step][0] ^ 16]) + wrong[step][1:]
        with pytest.raises(InvalidTagError):
            merkle.verify_inclusion(s, hashes[index], index, size, proof=wrong, root_hash=root)


def naive_root(digest, leaves):
    """RFC 6962, 2.1, word for word: the split is the largest power of two below the number."""
    if not leaves:
        return digest(b"")
    if len(leaves) == 1:
        return digest(b"\0" + leaves[0])
    split = max(2**k for k in range(20) if 2**k < len(leaves))
    return digest(b"\1" + naive_root(digest, leaves[:split]) + naive_root(digest, leaves[split:]))


def sm3(content):
    from cryptography.hazmat.primitives.hashes import SM3, Hash

    hasher = Hash(SM3())
    hasher.update(content)
    return hasher.finalize()


@pytest.mark.parametrize(
    ("name", "digest"), [("intl", lambda c: hashlib.sha256(c).digest()), ("sm", sm3)]
)
def test_roots_and_proofs_agree_with_a_naive_reading_over_another_makers_hash(name, digest):
    s = suite(name)
    for size in range(1, 18):
        leaves = [b"leaf %d" % n for n in range(size)]
        hashes, root = [merkle.leaf_hash(s, leaf) for leaf in leaves], naive_root(digest, leaves)
        assert merkle.root(s, hashes) == root
        for index in range(size):
            path = merkle.inclusion_proof(s, hashes, index)
            leaf = digest(b"\0" + leaves[index])
            merkle.verify_inclusion(s, leaf, index, size, proof=path, root_hash=root)


# --- signed notes -------------------------------------------------------------------------------


def test_the_published_key_has_its_published_id_and_line():
    assert PETER.text == "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    assert GO.text == "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"


def test_the_published_note_comes_out_byte_for_byte_and_opens():
    made = sign_note(PETER_TEXT, PETER, lambda text: suite("intl").sign(PETER_PRIVATE, text))
    assert made == PETER_NOTE.encode()
    assert open_note(made, PETER) == PETER_TEXT


def test_lines_of_unknown_keys_are_passed_over_and_each_known_key_finds_its_own():
    both = f"{PETER_TEXT}\n{PETER_LINE}{ENOCH_LINE}".encode()
    assert open_note(both, PETER) == open_note(both, ENOCH) == PETER_TEXT
    with pytest.raises(InvalidTagError):
        open_note(both, GO)


@pytest.mark.parametrize(
    "wrong",
    [
        PETER_TEXT,
        PETER_TEXT + "\n",
        PETER_NOTE[:-1],
        "\x01" + PETER_NOTE,
        PETER_NOTE.replace("PeterNeumann ", "Bad Name "),
        PETER_NOTE.replace("PeterNeumann ", "a+b "),
        PETER_NOTE + "Unexpected line.\n",
        f"{PETER_TEXT}\n{PETER_LINE * 101}",
        PETER_NOTE.replace("AM=", "AN="),  # the same bytes, spelled otherwise
        PETER_NOTE.replace("\u2014", "-"),
        "\n" + PETER_LINE,
        "",
    ],
)
def test_what_is_no_note_is_refused(wrong):
    with pytest.raises(ValueError):  # noqa: PT011 the kinds of text differ, the refusal does not
        open_note(wrong.encode(), PETER)


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(ValueError):  # noqa: PT011
        open_note(b"\xff" + PETER_NOTE.encode(), PETER)


@pytest.mark.parametrize("place", [0, 3, 50])
def test_a_changed_text_or_a_second_line_that_fails_refuses_the_whole_note(place):
    changed = PETER_TEXT[:place] + "X" + PETER_TEXT[place + 1 :]
    with pytest.raises(InvalidTagError):
        open_note(f"{changed}\n{PETER_LINE}".encode(), PETER)
    bad = PETER_LINE[:60] + "ABCD" + PETER_LINE[60:]
    with pytest.raises(InvalidTagError):
        open_note(f"{PETER_NOTE}{bad}".encode(), PETER)


# --- checkpoints --------------------------------------------------------------------------------


def test_a_checkpoint_that_the_go_checksum_database_signed_opens():
    found = checkpoint_of(open_note(GO_CHECKPOINT.encode(), GO))
    root = base64.b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
    assert found == Checkpoint("go.sum database tree", 20852163, root)
    assert GO_CHECKPOINT.startswith(found.text + "\n")
    with pytest.raises(ValueError, match="another log"):
        open_checkpoint(GO_CHECKPOINT.encode(), GO)  # its key has another name than the log


ROOT = base64.b64encode(bytes(32)).decode()


def test_lines_behind_the_three_are_passed_over():
    assert checkpoint_of(f"log\n7\n{ROOT}\nmore\n") == Checkpoint("log", 7, bytes(32))


@pytest.mark.parametrize(
    "text",
    [
        f"log\n07\n{ROOT}\n",
        f"log\n-7\n{ROOT}\n",
        f"log\n７\n{ROOT}\n",
        f"log\n{10**30}\n{ROOT}\n",
        f"\n7\n{ROOT}\n",
        "log\n7\n",
        "log\n7\nAAAA\n",
        f"log\n7\n{ROOT}\n\n",
        f"log\n7\n{ROOT[:-1]}\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011
        checkpoint_of(text)


@BOTH
def test_a_logs_checkpoint_opens_under_the_devices_key_alone(tmp_path, name):
    with open_vault(make_vault(tmp_path / "v", name)) as house:
        house.log.record(Deed(Action.VAULT_MADE, NOW))
        note, key, vault_id = (
            house.log.signed(house.log.present()),
            house.log.key,
            house.folder.vault_id,
        )
        head = house.log.verified_head()
    found = open_checkpoint(note, key)
    assert found == Checkpoint(f"yingbi/{vault_id}", 1, head.root)
    _, stranger = suite(name).new_signer()
    with pytest.raises(InvalidTagError):
        open_checkpoint(note, NoteKey(key.name, suite(name), stranger))


def test_the_key_of_the_national_suite_has_the_type_for_what_has_none():
    key = NoteKey("yingbi/x", suite("sm"), b"\x04" + bytes(64))
    typed = base64.b64decode(key.text.split("+", 2)[2])
    assert typed == b"\xffyingbi/sm2-sm3/1" + key.public_key
    assert key.key_id == hashlib.sha256(b"yingbi/x\n" + typed).digest()[:4]


# --- proofs of entries --------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["intl", "sm"])
def written(request, tmp_path_factory):
    path = make_vault(tmp_path_factory.mktemp("proofs") / "vault", request.param)
    with open_vault(path) as house:
        house.log.record(Deed(Action.VAULT_MADE, NOW))
        for number in range(5):
            at = NOW + timedelta(minutes=number)
            house.log.record(
                Deed(Action.OPENED, at, object_id=new_id(), purpose=f"secretly {number}")
            )
        early = house.log.signed(house.log.present())
        for number in range(5, 11):
            at = NOW + timedelta(minutes=number)
            house.log.record(Deed(Action.OPENED, at, facts={"number": f"{number}"}))
        key = house.log.key.public_key
        earlier = open_checkpoint(early, house.log.key)
        proofs = [prove(house.log, sequence, earlier) for sequence in range(12)]
    return path, proofs, key, early


NAMES_IN_A_PROOF = ("suite", "sequence", "entry", "inclusion", "checkpoint", "consistency", "proof")


def spelled(proof):
    return json.dumps(proof).encode()


def test_each_entry_is_proven_without_the_vault(written):
    _, proofs, key, early = written
    for sequence, proof in enumerate(proofs):
        shown = check_proof(spelled(proof), key)
        assert (shown.sequence, shown.checkpoint.size, shown.continues) == (sequence, 12, None)
        assert check_proof(spelled(proof), key, early).continues == 6
    assert check_proof(spelled(proofs[9]), key).text["facts"] == {"number": "8"}
    assert b"secretly" not in spelled(proofs)


def test_a_proof_holds_for_a_stranger_who_reads_the_rfc_alone(written):
    """Nothing of ours is used: Ed25519, SHA-256 and twenty lines."""
    _, proofs, key, _ = written
    if proofs[0]["suite"] != "intl":
        key = None
    for proof in proofs if key else []:
        text, _, line = proof["checkpoint"].rpartition("\n\n")
        raw = base64.b64decode(line.split()[2])
        Ed25519PublicKey.from_public_bytes(key).verify(raw[4:], f"{text}\n".encode())
        origin, size, root = text.split("\n")
        node = hashlib.sha256(b"\0" + base64.b64decode(proof["entry"])).digest()
        number, last = proof["sequence"], int(size) - 1
        for step in map(base64.b64decode, proof["inclusion"]):
            if number & 1 or number == last:
                node = hashlib.sha256(b"\1" + step + node).digest()
                while number and not number & 1:
                    number, last = number >> 1, last >> 1
            else:
                node = hashlib.sha256(b"\1" + node + step).digest()
            number, last = number >> 1, last >> 1
        assert (last, node) == (0, base64.b64decode(root))
        assert origin.startswith("yingbi/")


def altered(proof, others):
    """Yield the proof with one thing wrong at a time."""
    entry = base64.b64decode(proof["entry"])
    yield "entry", base64.b64encode(entry.replace(b"opened", b"erased")).decode()
    yield "entry", others["entry"]
    yield "sequence", proof["sequence"] + 1
    yield "sequence", True
    yield "sequence", 2**70
    yield "inclusion", proof["inclusion"][:-1]
    yield "inclusion", [*proof["inclusion"], proof["inclusion"][0]]
    yield "inclusion", proof["inclusion"][::-1]
    yield "inclusion", "AAAA"
    yield "inclusion", None
    yield "checkpoint", proof["checkpoint"].replace("\n12\n", "\n13\n")
    yield "checkpoint", proof["checkpoint"].replace("yingbi/", "yingbi/x", 1)
    yield "checkpoint", ""
    yield "suite", "sm" if proof["suite"] == "intl" else "intl"
    yield "suite", ["intl"]
    yield "proof", "another"


def test_a_proof_with_anything_altered_is_refused(written):
    _, proofs, key, _ = written
    for name, value in altered(proofs[3], proofs[4]):
        assert proofs[3][name] != value or value is True
        with pytest.raises(ProofBrokenError):
            check_proof(spelled(proofs[3] | {name: value}), key)


def test_a_proof_that_was_moved_to_another_number_with_its_path_is_refused(written):
    _, proofs, key, _ = written
    moved = proofs[3] | {name: proofs[4][name] for name in ("sequence", "inclusion")}
    with pytest.raises(ProofBrokenError):
        check_proof(spelled(moved), key)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b"7"])
def test_what_is_no_proof_is_refused(content):
    with pytest.raises(ProofBrokenError):
        check_proof(content, bytes(32))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(NAMES_IN_A_PROOF)), value=ANYTHING, more=st.binary(max_size=64))
def test_whatever_a_proof_or_a_note_holds_it_is_refused_in_one_way(written, name, value, more):
    _, proofs, key, early = written
    told = proofs[3] | {name: value}
    try:
        assert check_proof(spelled(told), key, early).sequence == 3
        assert told == proofs[3]
    except ProofBrokenError:
        pass
    for note in (more, early + more, early[:40] + more + early[40:]):
        with contextlib.suppress(ValueError, InvalidTagError):
            assert open_note(note, PETER) is None


def test_another_devices_key_is_not_believed_though_the_proof_names_it(written):
    _, proofs, _, _ = written
    _, stranger = suite(proofs[0]["suite"]).new_signer()
    named = proofs[0] | {"device": stranger.hex()}
    for key in (stranger, b"", bytes(32), bytes(65)):
        with pytest.raises(ProofBrokenError):
            check_proof(spelled(named), key)


def test_a_proof_that_does_not_lead_back_to_the_witness_is_refused(written):
    _, proofs, key, early = written
    without = {name: value for name, value in proofs[3].items() if name != "consistency"}
    with pytest.raises(ProofBrokenError, match="--witness"):
        check_proof(spelled(without), key, early)
    steps = proofs[3]["consistency"]["path"]
    for path in (steps[::-1], steps[1:], [*steps, steps[0]], [], "x"):
        with pytest.raises(ProofBrokenError):
            check_proof(spelled(proofs[3] | {"consistency": {"from": 6, "path": path}}), key, early)
    with pytest.raises(ProofBrokenError):
        check_proof(spelled(proofs[3]), key, early.replace(b"\n6\n", b"\n7\n"))
    other = proofs[3] | {"consistency": {"from": 7, "path": steps}}
    with pytest.raises(ProofBrokenError, match="--witness"):
        check_proof(spelled(other), key, early)


def test_the_present_checkpoint_is_its_own_witness(written):
    _, proofs, key, _ = written
    assert check_proof(spelled(proofs[0]), key, proofs[0]["checkpoint"].encode()).continues == 12


@pytest.mark.parametrize("sequence", [12, -1, 2**80])
def test_an_entry_that_is_not_there_cannot_be_proven(written, sequence):
    with open_vault(written[0]) as house, pytest.raises(NoSuchEntryError):
        prove(house.log, sequence, None)


def test_nothing_is_proven_from_rows_that_were_altered(written, tmp_path):
    vault = shutil.copytree(written[0], tmp_path / "vault")
    with sqlite3.connect(vault / "catalogue.db") as db:
        db.execute("UPDATE log SET entry=CAST(entry||x'20' AS BLOB) WHERE sequence=2")
    with open_vault(vault) as house:
        for sequence in (2, 5):
            with pytest.raises(LogBrokenError):
                prove(house.log, sequence, None)

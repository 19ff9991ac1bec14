"""A stranger who holds one key: a DEK, or the key of a device. He still makes nothing that passes.

Whoever has a chunk's key can make another chunk with the same GCM tag: that is why a SEAL
is over digests of whole chunks and never over tags. Here the forgery is made and shown.
"""

import os
import shutil
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from attack_house import look, make_scene, wrongs
from attacks import body_of
from door_house import owner
from sealing_house import FILM, House
from yingbi.crypto import merkle
from yingbi.domain.part import PartKind
from yingbi.domain.report import Quiet
from yingbi.envelope.lock import lock_key_ids
from yingbi.envelope.part import read_part
from yingbi.envelope.reader import SegmentReader
from yingbi.envelope.schedule import DEK_BYTES, payload_key
from yingbi.envelope.segment import Place, nonce, seal_bytes, seal_segment, signed_message
from yingbi.errors import NoKeyError, SealBrokenError
from yingbi.keys.device import device_id_of
from yingbi.keys.door_file import read_door
from yingbi.keys.unwrap import unwrap
from yingbi.seal.masked import masked
from yingbi.usecases.open import Wish, open_object
from yingbi.usecases.verify import verify

SUITES = pytest.mark.parametrize("suite", ["intl", "sm"])
CIPHERS = {"intl": algorithms.AES, "sm": algorithms.SM4}
TAG = 16
OTHER = b"another film" * 40


def times(x: int, y: int) -> int:
    """The product of two elements of GCM's field, bits as NIST SP 800-38D counts them."""
    product = 0
    for bit in range(127, -1, -1):
        if y >> bit & 1:
            product ^= x
        x = x >> 1 ^ (0xE1 << 120 if x & 1 else 0)
    return product


def same_tag(suite: str, key: bytes, chunk: bytes, change: bytes) -> bytes:
    """Another chunk with the chunk's own tag: its first block changed, its second made to fit."""
    encryptor = Cipher(CIPHERS[suite](key), modes.ECB()).encryptor()
    hash_key = int.from_bytes(encryptor.update(bytes(16)))
    delta = int.from_bytes(change)
    first = int.from_bytes(chunk[:16]) ^ delta
    second = int.from_bytes(chunk[16:32]) ^ times(delta, hash_key)
    return first.to_bytes(16) + second.to_bytes(16) + chunk[32:]


def sealed_with_known_key(suite):
    house, kept = House(suite), []

    def entropy(count):
        kept.append(os.urandom(count))
        return kept[-1]

    content = house.keep(masked(house.sealer(entropy=entropy), FILM))
    (dek,) = [one for one in kept if len(one) == DEK_BYTES]
    return house, dek, content


@SUITES
def test_a_chunk_of_the_same_tag_forged_by_who_holds_the_key_is_refused(suite):
    house, dek, content = sealed_with_known_key(suite)
    reader = SegmentReader.parse(house.suite, content)
    (chunk,) = map(bytes, reader.chunks)
    key, number = payload_key(house.suite, dek, reader.hh), nonce(0, last=True)
    change = b"another person!!"
    forged = same_tag(suite, key, chunk, change)

    # The cipher is content with it, and its tag is the very same.
    assert forged != chunk
    assert forged[-TAG:] == chunk[-TAG:]
    clear, other = (house.suite.open(key, number, one, b"") for one in (chunk, forged))
    assert other != clear
    assert other[:16] == bytes(a ^ b for a, b in zip(clear[:16], change, strict=True))
    # So whatever is signed over tags holds for both: the control that would have been fooled.
    assert house.suite.hash(forged[-TAG:]) == house.suite.hash(chunk[-TAG:])

    assert [bytes(body) for _, body in house.open(content)] == [FILM.content]
    with pytest.raises(SealBrokenError):
        list(house.open(content.replace(chunk, forged)))


@SUITES
def test_nor_does_it_help_to_write_its_digest_and_root_anew(suite):
    house, dek, content = sealed_with_known_key(suite)
    reader = SegmentReader.parse(house.suite, content)
    (chunk,) = map(bytes, reader.chunks)
    forged = same_tag(suite, payload_key(house.suite, dek, reader.hh), chunk, b"x" * 16)
    leaf = merkle.leaf_hash(house.suite, forged)
    root = merkle.root(house.suite, [leaf])
    old = chunk + reader.leaves[0] + (1).to_bytes(4) + reader.merkle_root
    assert content.count(old) == 1
    whole = content.replace(old, forged + leaf + (1).to_bytes(4) + root)
    with pytest.raises(SealBrokenError):
        list(house.open(whole))
    # With a signature of a device of his own, it holds under that device's key alone.
    signer, public = house.suite.new_signer()
    message = signed_message(reader.hh, reader.commit, seal_bytes(1, root))
    mine = whole[: -len(reader.signature)] + house.suite.sign(signer, message)
    SegmentReader.parse(house.suite, mine).verify(public)
    with pytest.raises(SealBrokenError):
        list(house.open(mine))


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    root = tmp_path_factory.mktemp("held-keys")
    made = {}

    def of(suite):
        if suite not in made:
            made[suite] = make_scene(root / suite, suite)
        return made[suite]

    return of


def one_dek(scene, vault):
    """The header of the first segment of the first object's film, and its DEK: what a thief holds."""
    with owner(vault) as opened:
        body = body_of(vault, scene.first, "masked").read_bytes()
        reader = next(iter(read_part(opened.keystore.suite, body)))
        lock = opened.rooms.locks.locks_of(scene.first)[reader.header.segment_id]
        pair = opened.epochs.private_named(scene.hall.box_id, lock_key_ids(lock))
        dek = unwrap(opened.keystore.suite, lock, *pair, reader.header.lock_context(reader.hh))
        private, _ = reader.verify(opened.keystore.device.public_key).open(dek)
        return opened.keystore.suite, reader, bytes(dek), private


def forge(suite, reader, dek, private, device_id, sign):
    """The same segment with content of his own, sealed as it must be but for the device."""
    header = reader.header
    names = [name for name in Place.__slots__ if name != "device_id"]
    place = Place(device_id=device_id, **{name: getattr(header, name) for name in names})
    content = OTHER
    sealed = seal_segment(
        suite, dek, place, replace(private, true_length=len(content)), content,
        padded_to=header.body_bytes, sign=sign, make_lock=lambda _: b"",
    )  # fmt: skip
    return bytes(sealed.content)


@SUITES
@pytest.mark.parametrize(
    "device", ["of nobody", "of a door of this box", "the vault's own by name"]
)
def test_a_film_forged_with_its_own_key_under_another_device_is_refused(
    scenes, tmp_path, suite, device
):
    scene = scenes(suite)
    vault = tmp_path / "vault"
    shutil.copytree(scene.vault, vault)
    chosen, reader, dek, private = one_dek(scene, vault)
    signer, public = chosen.new_signer()
    device_id, sign = device_id_of(chosen, public), lambda message: chosen.sign(signer, message)
    if device == "of a door of this box":
        door = read_door(scene.vault.parent / "second.yb").device
        device_id, sign = door.device_id, door.sign
    if device == "the vault's own by name":
        device_id = reader.header.device_id
    body = body_of(vault, scene.first, "masked")
    whole = body.read_bytes()
    body.write_bytes(forge(chosen, reader, dek, private, device_id, sign) + whole[reader.size :])
    found = look(scene, vault, tmp_path / "out")
    assert wrongs(scene, found) == []
    # A door's own key makes a seal that holds, and then the lock is of another header.
    assert found.parts[scene.first, PartKind.MASKED] in ("seal-broken", "no-key")
    assert "seal-broken" in found.verified
    with owner(vault) as opened:  # neither does a look at a part of it
        wish = Wish(scene.first, PartKind.MASKED, from_s=0.0, to_s=0.5)
        with pytest.raises((SealBrokenError, NoKeyError)):
            open_object(opened, wish, tmp_path / "out", force=False)
        assert not (tmp_path / "out").exists()


def test_the_control_the_same_film_sealed_by_the_right_device_is_a_seal_like_any_other(scenes):
    """Only the device's key was missing: with it the segment is what the vault itself could write."""
    scene = scenes("intl")
    vault = scene.vault.parent / "control"
    shutil.copytree(scene.vault, vault)
    suite, reader, dek, private = one_dek(scene, vault)
    with owner(vault) as opened:
        device = opened.keystore.device
        forged = forge(suite, reader, dek, private, device.device_id, device.sign)
        _, content = SegmentReader.parse(suite, forged).verify(device.public_key).open(dek)
        assert bytes(content) == OTHER
        assert verify(opened, scene.first, Quiet()).broken == ()

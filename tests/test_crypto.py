"""The suites and the Merkle tree against other makers' code and published values."""

import hashlib
import hmac
import json
import os
import subprocess
import threading
from collections import Counter
from contextlib import nullcontext

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher as OtherCipher
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given, settings
from hypothesis import strategies as st

from yingbi.crypto import gcrypt, merkle, sm, sm2
from yingbi.crypto.suite import InvalidTagError, suite, suite_of
from yingbi.errors import LibraryMissingError

# No skip: where libgcrypt is missing the sm tests fail, at the first call of suite("sm").
BOTH = pytest.mark.parametrize("name", ["intl", "sm"])
data = st.binary(max_size=300)
quick = settings(max_examples=30, deadline=None)


@BOTH
@quick
@given(plaintext=data, aad=data, key=st.binary(min_size=32, max_size=32), place=st.integers(0))
def test_what_is_sealed_opens_and_any_changed_byte_is_refused(name, plaintext, aad, key, place):
    s = suite(name)
    key, nonce = key[: s.key_bytes], bytes(range(12))
    sealed = s.seal(key, nonce, plaintext, aad)
    assert s.open(key, nonce, sealed, aad) == plaintext
    assert len(sealed) == len(plaintext) + 16
    bad = bytearray(sealed)
    bad[place % len(bad)] ^= 1 + place % 255
    with pytest.raises(InvalidTagError):
        s.open(key, nonce, bytes(bad), aad)
    with pytest.raises(InvalidTagError):
        s.open(key, nonce, sealed, aad + b"x")
    with pytest.raises(InvalidTagError):
        s.open(key, nonce[::-1], sealed, aad)
    for cut in (0, 15, len(sealed) - 1):
        with pytest.raises(InvalidTagError):
            s.open(key, nonce, sealed[:cut], aad)


@BOTH
def test_keys_and_nonces_of_another_length_are_refused(name):
    s = suite(name)
    with pytest.raises(ValueError, match="key"):
        s.cipher(bytes(s.key_bytes - 1))
    with pytest.raises(ValueError, match="nonce"):
        s.cipher(bytes(s.key_bytes)).seal(bytes(11), b"x")
    with pytest.raises(ValueError, match="nonce"):
        s.cipher(bytes(s.key_bytes)).open(bytes(13), bytes(32))


@BOTH
def test_one_cipher_seals_many_messages_as_many_ciphers_would(name):
    s = suite(name)
    key = bytes(range(s.key_bytes))
    one = s.cipher(key)
    for i in range(5):
        nonce, aad = i.to_bytes(12), b"a" * i
        sealed = one.seal(nonce, memoryview(b"m" * i * 7), aad)
        assert sealed == s.seal(key, nonce, b"m" * i * 7, aad)
        assert one.open(nonce, memoryview(sealed), aad) == b"m" * i * 7
        with pytest.raises(InvalidTagError):
            one.open(nonce, sealed, aad + b"!")


@BOTH
@pytest.mark.parametrize("length", [0, 1, 16, 70_000])
def test_a_cipher_writes_into_a_buffer_what_it_would_return(name, length):
    s = suite(name)
    cipher, nonce, clear = s.cipher(bytes(s.key_bytes)), bytes(12), b"m" * length
    sealed = cipher.seal(nonce, clear)
    around = bytearray(b"!" * (length + 16 + 6))
    cipher.seal_into(nonce, memoryview(clear), memoryview(around)[3:-3])
    assert around == b"!!!" + sealed + b"!!!"
    around = bytearray(b"!" * (length + 6))
    cipher.open_into(nonce, memoryview(sealed), memoryview(around)[3:-3])
    assert around == b"!!!" + clear + b"!!!"
    for bad in (sealed[:-1] + bytes([sealed[-1] ^ 1]), bytes(length + 16)):
        with pytest.raises(InvalidTagError):
            cipher.open_into(nonce, bad, memoryview(bytearray(length)))
    with pytest.raises(InvalidTagError):
        cipher.open_into(nonce, bytes(15), memoryview(bytearray(0)))
    for other in (length + 1, length + 15, length + 17):
        with pytest.raises(ValueError, match=r"length|buffer"):
            cipher.seal_into(nonce, clear, memoryview(bytearray(other)))
    with pytest.raises(ValueError, match=r"length|buffer"):
        cipher.open_into(nonce, sealed, memoryview(bytearray(length + 1)))
    with pytest.raises((ValueError, BufferError, TypeError)):
        cipher.seal_into(nonce, clear, memoryview(bytes(length + 16)))


@quick
@given(plaintext=data, aad=data, key=st.binary(min_size=16, max_size=16))
def test_sm4_gcm_agrees_with_cryptography(plaintext, aad, key):
    nonce = bytes(range(12))
    other = OtherCipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    other.authenticate_additional_data(aad)
    expected = other.update(plaintext) + other.finalize()
    assert suite("sm").seal(key, nonce, plaintext, aad) == expected + other.tag


@quick
@given(message=st.binary(max_size=2000), key=data)
def test_sm3_and_its_hmac_agree_with_cryptography(message, key):
    s = suite("sm")
    other = hashes.Hash(hashes.SM3())
    other.update(message)
    assert s.hash(message) == other.finalize()
    keyed = HMAC(key, hashes.SM3())
    keyed.update(message)
    assert s.hmac(key, message) == keyed.finalize()


@quick
@given(message=data, key=data)
def test_sha256_and_its_hmac_are_the_standard_librarys(message, key):
    s = suite("intl")
    assert s.hash(message) == hashlib.sha256(message).digest()
    assert s.hmac(key, message) == hmac.new(key, message, "sha256").digest()


@pytest.mark.parametrize(("name", "algorithm"), [("intl", hashes.SHA256()), ("sm", hashes.SM3())])
@quick
@given(
    secret=st.binary(min_size=1, max_size=80),
    salt=data,
    info=data,
    length=st.integers(1, 200),
)
def test_hkdf_agrees_with_cryptography(name, algorithm, secret, salt, info, length):
    derived = suite(name).hkdf(secret, salt=salt, info=info, length=length)
    assert derived == HKDF(algorithm, length, salt or None, info).derive(secret)


@BOTH
def test_hkdf_refuses_lengths_that_it_cannot_give(name):
    for length in (0, 255 * 32 + 1):
        with pytest.raises(ValueError, match="HKDF"):
            suite(name).hkdf(b"x", info=b"", length=length)


@BOTH
@quick
@given(pieces=st.lists(data, max_size=6))
def test_hashing_in_pieces_is_hashing_at_once(name, pieces):
    hasher = suite(name).hasher()
    for piece in pieces:
        hasher.update(piece)
        hasher.digest()
    assert hasher.digest() == suite(name).hash(b"".join(pieces))


@BOTH
@pytest.mark.parametrize("long_kept", [False, True])
@settings(max_examples=15, deadline=None)
@given(secret=st.binary(min_size=1, max_size=64), info=data, place=st.integers(0))
def test_a_wrapped_key_opens_only_unchanged_and_in_its_context(
    name, long_kept, secret, info, place
):
    s = suite(name)
    private, public = s.new_recipient(long_kept=long_kept)
    wrapped = s.wrap(public, secret, info)
    assert s.unwrap(private, wrapped, info) == secret
    bad = bytearray(wrapped)
    bad[place % len(bad)] ^= 1 + place % 255
    for changed, context in ((bytes(bad), info), (wrapped, info + b"x"), (wrapped[:-1], info)):
        with pytest.raises(InvalidTagError):
            s.unwrap(private, changed, context)
    with pytest.raises(InvalidTagError):
        s.unwrap(s.new_recipient(long_kept=long_kept)[0], wrapped, info)


def test_what_is_kept_long_is_wrapped_by_a_kem_that_needs_both_problems_solved():
    s, info = suite("intl"), b"info"
    private, public = s.new_recipient(long_kept=True)
    assert (len(private), len(public)) == (96, 1216)
    wrapped = s.wrap(public, b"secret", info)
    assert len(wrapped) == 1120 + 6 + 16
    other = s.new_recipient(long_kept=True)[0]
    for half in (private[:64] + other[64:], other[:64] + private[64:], private[64:]):
        with pytest.raises(InvalidTagError):
            s.unwrap(half, wrapped, info)
    assert suite("sm").new_recipient(long_kept=True)[1][0] == 4


def test_a_hybrid_key_that_is_none_is_refused():
    s = suite("intl")
    private, public = s.new_recipient(long_kept=True)
    for junk in (b"\xff" * 1216, public[:-32] + bytes(32), public[:-1], public + b"\0"):
        with pytest.raises(InvalidTagError):
            s.wrap(junk, b"secret", b"")
    wrapped = s.wrap(public, b"secret", b"")
    for junk in (private[:-1], private + b"\0", b""):
        with pytest.raises(InvalidTagError):
            s.unwrap(junk, wrapped, b"")


@BOTH
def test_what_is_no_wrapped_key_and_no_public_key_is_refused(name):
    s = suite(name)
    private, public = s.new_recipient()
    assert len(public) == s.public_bytes
    for junk in (b"", b"\x04", bytes(47), bytes(161), b"\x04" + bytes(160)):
        with pytest.raises(InvalidTagError):
            s.unwrap(private, junk, b"")
    for junk in (b"", bytes(s.public_bytes - 1), public[:-1] + b"", b"\x04" + b"\x01" * 64):
        with pytest.raises(InvalidTagError):
            s.wrap(junk, b"secret", b"")


def test_sm2_keeps_the_leading_zeros_that_libgcrypt_would_drop():
    s = suite("sm")
    private, public = s.new_recipient()
    for zeros in range(1, 4):
        secret = bytes(zeros) + b"\x80" + bytes(4)
        assert s.unwrap(private, s.wrap(public, secret, b""), b"") == secret


def test_an_sm2_message_that_begins_otherwise_is_refused(monkeypatch):
    s = suite("sm")
    private, public = s.new_recipient()
    with monkeypatch.context() as changed:
        changed.setattr(sm, "_FIRST", b"\x02")
        wrapped = s.wrap(public, b"secret", b"")
        assert s.unwrap(private, wrapped, b"") == b"secret"
    with pytest.raises(InvalidTagError):
        s.unwrap(private, wrapped, b"")


# Made by gcry_pk_encrypt of libgcrypt 1.10.1, where x or y of the shared point begins with a
# zero byte. The message is 1, 32 times "k" and SM3 of "info".
OLD_SM2_KEY = bytes.fromhex("a2c2a8dd0d2044a2adb4a7f516370537ddd4ad255071617118b7e7f901597be4")
OLD_SM2 = {
    "x": (
        "04536dec3544acd1005ef75ff4add476190e847ffbad42217a5abe4c26978946b735a468d5840630f4332e35"
        "76a3b64f303fc993d57267d009e710fe2432fa88ce632a53de30bd939a87cbf8892ffe8b518b2156fdfaebd4"
        "b03c58d1280ec57ce68c05f0efa43fa35b71a292df2593a5b5778b122bc95a77789d23eb6ffc61fe4949fafa"
        "434abf6b8136f9d3eea5be7d5f8a5e50a2546f6bd4f53d032412974d8525"
    ),
    "y": (
        "04996eb5da9a63f13019af93294236867c110ca037d2ba5b7ceb0a6d771c559543aff8e93eab51ba8da9a5e6"
        "89311255a035386720e8101e090d97857010c69d6568d6dec0409eb5ff182e47ee7061a12224141af8aa396d"
        "0981d520e86bf9388b79a97bf5b7f859a2fd920e2612aa5b3659e4f027ff789011f72442379a0f399448047c"
        "df45447d8314522b8d08cc5b91576557cbbd41eff0345c427a5e8e99f125"
    ),
}


@pytest.mark.parametrize("zero", ["x", "y"])
def test_sm2_messages_that_libgcrypt_made_unlike_the_standard_still_open(zero):
    s, wrapped = suite("sm"), bytes.fromhex(OLD_SM2[zero])
    assert s.unwrap(OLD_SM2_KEY, wrapped, b"info") == b"k" * 32
    for place in (0, 40, 70, 100, 161):
        bad = bytearray(wrapped)
        bad[place] ^= 1
        with pytest.raises(InvalidTagError):
            s.unwrap(OLD_SM2_KEY, bytes(bad), b"info")


def test_sm2_messages_are_those_of_the_standard_where_the_shared_point_begins_with_zero():
    s = suite("sm")
    private, public = s.new_recipient()
    message = b"\x01secret" + s.hash(b"info")
    for _ in range(5000):
        wrapped = s.wrap(public, b"secret", b"info")
        with sm2._curve() as curve:
            shared = sm2._times(curve, private, wrapped[:65])
        if 0 in (shared[0], shared[32]):
            break
    assert 0 in (shared[0], shared[32])
    stream = b"".join(s.hash(shared + n.to_bytes(4)) for n in (1, 2))
    assert wrapped[65:97] == s.hash(shared[:32] + message + shared[32:])
    assert wrapped[97:] == bytes(a ^ b for a, b in zip(message, stream, strict=False))


def test_an_sm2_point_has_one_way_to_be_written():
    s = suite("sm")
    prime = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
    b = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
    roots = ((x, pow(x**3 - 3 * x + b, (prime + 1) // 4, prime)) for x in range(1, 99))
    x, y = next((x, y) for x, y in roots if (y * y - x**3 + 3 * x - b) % prime == 0)
    assert s.wrap(b"\x04" + x.to_bytes(32) + y.to_bytes(32), b"secret", b"")
    with pytest.raises(InvalidTagError):
        s.wrap(b"\x04" + (x + prime).to_bytes(32) + y.to_bytes(32), b"secret", b"")


def test_an_sm2_ciphertext_whose_point_is_off_the_curve_is_refused():
    s = suite("sm")
    private, public = s.new_recipient()
    wrapped = bytearray(s.wrap(public, b"k" * 32, b""))
    for place in (33, 64):
        bad = bytearray(wrapped)
        bad[place] ^= 1
        with pytest.raises(InvalidTagError):
            s.unwrap(private, bytes(bad), b"")


@BOTH
@settings(max_examples=15, deadline=None)
@given(message=data, place=st.integers(0))
def test_a_signature_holds_for_its_message_and_signer_alone(name, message, place):
    s = suite(name)
    private, public = s.new_signer()
    signature = s.sign(private, message)
    assert len(signature) == s.signature_bytes
    s.verify(public, signature, message)
    bad = bytearray(signature)
    bad[place % len(bad)] ^= 1 + place % 255
    for key, sig, text in (
        (public, bytes(bad), message),
        (public, signature, message + b"x"),
        (public, signature[:-1], message),
        (s.new_signer()[1], signature, message),
        (public[:-1], signature, message),
        (b"", b"", b""),
    ):
        with pytest.raises(InvalidTagError):
            s.verify(key, sig, text)


def test_sm_works_from_many_threads_at_once():
    failed = []

    def work(seed):
        try:
            s = suite("sm")
            for i in range(20):
                key = bytes([seed]) * 16
                sealed = s.seal(key, bytes(12), bytes(i * 99), b"")
                assert s.open(key, bytes(12), sealed, b"") == bytes(i * 99)
        except Exception as error:  # noqa: BLE001 - a thread's failure must reach the test
            failed.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


def test_without_libgcrypt_sm_is_refused_and_intl_still_works(monkeypatch):
    monkeypatch.setattr(gcrypt, "_loaded", [])
    monkeypatch.setattr(gcrypt, "_LIBRARY_NAME", "libgcrypt-that-is-not-there.so")
    with pytest.raises(LibraryMissingError):
        suite("sm")
    assert len(suite("intl").hash(b"")) == 32


def test_a_libgcrypt_that_is_too_old_is_refused(monkeypatch):
    monkeypatch.setattr(gcrypt, "_loaded", [])
    monkeypatch.setattr(gcrypt, "_OLDEST", b"99.0.0")
    with pytest.raises(LibraryMissingError):
        suite("sm")


def test_suites_are_known_by_name_and_number_and_no_other():
    assert [(suite(n).name, suite_of(suite(n).code).name) for n in ("intl", "sm")] == [
        ("intl", "intl"),
        ("sm", "sm"),
    ]
    for call, value in ((suite, "aes"), (suite_of, 0), (suite_of, 3)):
        with pytest.raises(ValueError, match="no suite"):
            call(value)


# --- SM2 against the openssl command -------------------------------------------------------


def openssl(*arguments: str, given: bytes = b"") -> bytes:
    return subprocess.run(
        ["openssl", *arguments], input=given, capture_output=True, check=True
    ).stdout


@pytest.fixture
def sm2_key(tmp_path):
    """A key made by openssl: its PEM files, the scalar and the point."""
    private_pem, public_pem = tmp_path / "private.pem", tmp_path / "public.pem"
    openssl("genpkey", "-algorithm", "SM2", "-out", str(private_pem))
    openssl("pkey", "-in", str(private_pem), "-pubout", "-out", str(public_pem))
    der = openssl("ec", "-in", str(private_pem), "-outform", "DER", "-no_public")
    scalar = der[der.index(b"\x04\x20") + 2 :][:32]
    point = openssl("pkey", "-pubin", "-in", str(public_pem), "-outform", "DER")[-65:]
    return private_pem, public_pem, scalar, point


def der_integer(value: bytes) -> bytes:
    body = value.lstrip(b"\0") or b"\0"
    body = b"\0" + body if body[0] & 0x80 else body
    return b"\x02" + bytes([len(body)]) + body


def der_octets(value: bytes) -> bytes:
    return b"\x04" + bytes([len(value)]) + value


def der_sequence(*items: bytes) -> bytes:
    body = b"".join(items)
    length = bytes([len(body)]) if len(body) < 128 else bytes([0x81, len(body)])
    return b"\x30" + length + body


def der_items(sequence: bytes) -> list[bytes]:
    rest = sequence[3:] if sequence[1] == 0x81 else sequence[2:]
    items = []
    while rest:
        items.append(rest[2 : 2 + rest[1]])
        rest = rest[2 + rest[1] :]
    return items


def fixed(integer: bytes) -> bytes:
    return int.from_bytes(integer).to_bytes(32)


def as_der(w: bytes) -> bytes:
    """Return C1, C3, C2 as openssl writes them."""
    numbers = der_integer(w[1:33]), der_integer(w[33:65])
    return der_sequence(*numbers, der_octets(w[65:97]), der_octets(w[97:]))


def from_der(made: bytes) -> bytes:
    x, y, digest, hidden = der_items(made)
    return b"\x04" + fixed(x) + fixed(y) + digest + hidden


def there_and_back(key: tuple, info: bytes) -> bytes:
    """Let openssl open what is wrapped here, and open here what it wraps; return the latter."""
    private_pem, public_pem, scalar, point = key
    s, secret = suite("sm"), os.urandom(32)
    der = as_der(s.wrap(point, secret, info))
    clear = openssl("pkeyutl", "-decrypt", "-inkey", str(private_pem), given=der)
    assert clear == b"\x01" + secret + s.hash(info)
    made = openssl("pkeyutl", "-encrypt", "-pubin", "-inkey", str(public_pem), given=clear)
    assert s.unwrap(scalar, from_der(made), info) == secret
    return from_der(made)


def test_openssl_decrypts_what_we_wrap_and_we_unwrap_what_openssl_encrypts(sm2_key):
    there_and_back(sm2_key, b"context")


@pytest.mark.torture
def test_openssl_and_we_agree_on_sm2_for_every_kind_of_shared_point(sm2_key):
    zeros, rounds = 0, 2000
    for number in range(rounds):
        theirs = there_and_back(sm2_key, b"context %d" % number)
        with sm2._curve() as curve:
            shared = sm2._times(curve, sm2_key[2], theirs[:65])
        zeros += 0 in (shared[0], shared[32])
    print(f"{zeros} of {rounds} shared points of openssl began with a zero byte")
    assert zeros > 0


def test_openssl_verifies_what_we_sign_and_we_verify_what_openssl_signs(sm2_key, tmp_path):
    private_pem, public_pem, scalar, point = sm2_key
    s, message = suite("sm"), b"what is signed"
    text, signature_file = tmp_path / "text", tmp_path / "signature"
    text.write_bytes(message)
    options = ["-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678", "-in", str(text)]
    made = s.sign(scalar, message)
    signature_file.write_bytes(der_sequence(der_integer(made[:32]), der_integer(made[32:])))
    said = openssl(
        *["pkeyutl", "-verify", "-pubin", "-inkey", str(public_pem)],
        *["-sigfile", str(signature_file), *options],
    )
    assert b"Signature Verified Successfully" in said
    theirs = der_items(openssl("pkeyutl", "-sign", "-inkey", str(private_pem), *options))
    s.verify(point, fixed(theirs[0]) + fixed(theirs[1]), message)


# --- published vectors ----------------------------------------------------------------------


@pytest.mark.evaluation
def test_wycheproofs_sm4_gcm_vectors_hold(eval_data):
    folder, s = eval_data.parent / "vectors", suite("sm")
    whole = json.loads((folder / "sm4_gcm_test.json").read_text("utf-8"))
    ran = Counter()
    for test in (test for group in whole["testGroups"] for test in group["tests"]):
        names = ("key", "iv", "aad", "msg", "ct", "tag")
        key, iv, aad, clear, hidden, tag = (bytes.fromhex(test[name]) for name in names)
        out = bytearray(len(clear))
        if len(iv) != 12:
            ran["nonce of a length that is never used here"] += 1
            for call in (s.seal, s.open):
                with pytest.raises(ValueError, match="nonce"):
                    call(key, iv, hidden + tag, aad)
        elif test["result"] == "valid":
            ran["valid"] += 1
            assert s.seal(key, iv, clear, aad) == hidden + tag, test["tcId"]
            assert s.open(key, iv, hidden + tag, aad) == clear, test["tcId"]
        else:
            ran["invalid"] += 1
            with pytest.raises(InvalidTagError):
                s.open(key, iv, hidden + tag, aad)
        if len(iv) == 12 and not aad:
            ran["into a buffer"] += 1
            with nullcontext() if test["result"] == "valid" else pytest.raises(InvalidTagError):
                s.cipher(key).open_into(iv, hidden + tag, out)
                assert out == clear
    assert ran["valid"] >= 38
    assert ran["invalid"] >= 27
    assert ran.total() - ran["into a buffer"] == whole["numberOfTests"] == 104
    assert ran["into a buffer"] > 0
    print(f"Wycheproof SM4-GCM: {dict(ran)}")


def test_the_example_of_gbt_32905_and_32907_comes_out():
    assert suite("sm").hash(b"abc").hex() == (
        "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    )


# --- Merkle trees -----------------------------------------------------------------------------

# Leaves and roots of the certificate-transparency reference tests for RFC 6962.
CT_LEAVES = [
    bytes.fromhex(h)
    for h in (
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
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def test_the_known_roots_of_rfc_6962_come_out():
    s = suite("intl")
    hashes_ = [merkle.leaf_hash(s, leaf) for leaf in CT_LEAVES]
    assert [merkle.root(s, hashes_[:n]).hex() for n in range(9)] == CT_ROOTS


def leaves(s, count):
    return [merkle.leaf_hash(s, b"leaf %d" % n) for n in range(count)]


@BOTH
@quick
@given(size=st.integers(1, 40), seed=st.integers(0))
def test_every_leaf_is_proven_and_no_other(name, size, seed):
    s = suite(name)
    tree, index = leaves(s, size), seed % size
    proof, root = merkle.inclusion_proof(s, tree, index), merkle.root(s, tree)
    merkle.verify_inclusion(s, tree[index], index, size, proof=proof, root_hash=root)
    wrong = [
        (s.hash(b"other"), index, size, proof),
        (tree[index], index, size, [*proof, bytes(32)]),
        (tree[index], size, size, proof),
        (tree[index], -1, size, proof),
    ]
    wrong += [(tree[index], other, size, proof) for other in range(size) if other != index]
    wrong += [(tree[index], index, size, proof[:-1])] if proof else []
    for leaf, at, of, path in wrong:
        with pytest.raises(InvalidTagError):
            merkle.verify_inclusion(s, leaf, at, of, proof=path, root_hash=root)


@BOTH
@quick
@given(size=st.integers(1, 40), seed=st.integers(0))
def test_a_longer_tree_is_proven_to_extend_a_shorter_one_and_no_other(name, size, seed):
    s = suite(name)
    tree, old = leaves(s, size), 1 + seed % size
    before, after = merkle.root(s, tree[:old]), merkle.root(s, tree)
    proof = merkle.consistency_proof(s, tree, old)

    def verify(old_size=old, old_root=before, new_root=after, path=proof):
        merkle.verify_consistency(
            s, old_size=old_size, old_root=old_root, new_size=size, new_root=new_root, proof=path
        )

    verify()
    wrong = [{"new_root": bytes(32)}, {"old_root": bytes(32)}, {"path": [*proof, bytes(32)]}]
    wrong += [{"path": proof[:-1]}] if proof else []
    wrong += [{"old_size": 0}, {"old_size": size + 1}]
    for changed in wrong:
        with pytest.raises(InvalidTagError):
            verify(**changed)


@BOTH
def test_no_node_passes_for_a_leaf(name):
    s = suite(name)
    a, b = leaves(s, 2)
    assert merkle.root(s, [a, b]) != merkle.leaf_hash(s, a + b)
    assert merkle.root(s, [a]) == a


def test_proofs_of_leaves_that_are_not_there_cannot_be_asked():
    s = suite("intl")
    for call in (
        lambda: merkle.inclusion_proof(s, leaves(s, 3), 3),
        lambda: merkle.inclusion_proof(s, [], 0),
        lambda: merkle.consistency_proof(s, leaves(s, 3), 4),
        lambda: merkle.consistency_proof(s, leaves(s, 3), 0),
    ):
        with pytest.raises(IndexError):
            call()

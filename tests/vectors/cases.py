"""The cases: what is in each vector, and the one thing that is wrong with it."""

from pathlib import Path
from uuid import UUID

from case import FULL, PRIVATE, Case, private_plaintext, private_with, same_tag
from fixed import OpensslSm, Stream

HERE = Path(__file__).resolve().parent


def one(about, outcome=1, content=b"content", asked=None, **odd):
    """A vector of one segment; see `Case.vector` for outcome and asked."""

    def make(case):
        return case.vector(about, outcome, case.segment(content, **odd), **(asked or {}))

    return make


def edited(about, outcome, edit):
    """A vector whose file was edited after it was sealed."""

    def make(case):
        return case.vector(about, outcome, edit(case.segment()))

    return make


def flip(data, place, mask=1):
    at = place % len(data)
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]


def flipped(place):
    return lambda data: flip(data, place)


def of_three(about, arrange, outcome=1, with_end=True):
    """A vector of a part of three segments, arranged anew; one that opens is a prefix."""

    def make(case):
        segments = [case.segment(b"segment %d" % n) for n in range(3)]
        end = (3, case.previous) if with_end else None
        arranged = arrange(*segments)
        case.deks, case.opened = case.deks[: len(arranged)], case.opened[: len(arranged)]
        return case.vector(about, outcome, b"".join(arranged), end)

    return make


def another_second(about, **odd):
    """A vector whose second segment, chained and signed, belongs elsewhere."""

    def make(case):
        return case.vector(about, 1, case.segment() + case.segment(**odd))

    return make


def ended(about, count, digest, outcome=3):
    """A vector of one segment whose end is kept as another."""

    def make(case):
        part = case.segment()
        return case.vector(about, outcome, part, (count, digest or case.previous))

    return make


def lock_of(about, outcome, **odd):
    """A vector whose only fault is in its lock, which stands outside the file."""
    with_dek = odd.pop("with_dek", False)
    return one(about, outcome, lock=odd, asked={"with_dek": with_dek})


def another_device(case):
    case.device_private = case.suite.new_signer()[0]
    return case.vector("sealed by another device", 2, case.segment())


def swapped_locks(case):
    part = case.segment() + case.segment()
    (first, a), (second, b) = case.locks
    case.locks = [(first, b), (second, a)]
    return case.vector("the locks of two segments are exchanged", "no-key", part)


def no_lock(case):
    part = case.segment()
    case.locks = []
    return case.vector("there is no lock", "no-key", part)


def other_suite(case):
    part = case.segment(suite=3 - case.suite.code)
    return case.vector("the header says the other suite than was asked for", 1, part)


def two_recipients(about, outcome, added, **odd):
    """A vector with a recipient before the box's; it is added under the MAC or behind its back."""

    def make(case):
        stranger = case.recipient(
            b"wrapped for somebody else", kind=added, key_id=b"another-key--id!"
        )
        return one(about, outcome, lock={"recipients": lambda mine: [stranger, mine], **odd})(case)

    return make


def added_recipient(case):
    def whole(lock):
        stranger = case.recipient(b"wrapped for somebody else", key_id=b"another-key--id!")
        return lock[:2] + b"\x02" + lock[3:-32] + stranger + lock[-32:]

    about = "a recipient added by one without the key"
    return one(about, 4, lock={"whole": whole})(case)


def openssl_lock(about, outcome, arrange=None):
    """A vector whose key was wrapped by the openssl command; see openssl_sm2.py."""

    def make(_, encrypt=lambda *_: bytes.fromhex((HERE / "openssl-sm2.hex").read_text("ascii"))):
        name = "sm ok-openssl-lock"
        case = Case("sm", "ok-openssl-lock", OpensslSm(Stream(name), encrypt))
        return one(about, outcome, lock={"edit": arrange} if arrange else {})(case)

    return make


def other_lock_suite(case):
    return lock_of("a lock of the other suite", 4, suite=3 - case.suite.code)(case)


BOTH = {
    "ok-empty": one("no content at all", "ok", b""),
    "ok-one-chunk": one("seven bytes", "ok"),
    "ok-two-chunks": one("one chunk and a byte", "ok", bytes(range(256)) * 256 + b"!"),
    "ok-padded": one("padded to 20 bytes", "ok", padding=13),
    "ok-private": one("all private metadata", "ok", private=FULL),
    "ok-private-2048": one(
        "private metadata that need 2048 bytes", "ok", private=PRIVATE | {"source_name": "n" * 900}
    ),
    "ok-public": one("public metadata", "ok", public=bytes.fromhex("a261610161626174")),
    "ok-public-numbers": one(
        "the largest and the smallest number",
        "ok",
        public=bytes.fromhex("a261611bffffffffffffffff61623bffffffffffffffff"),
    ),
    "ok-live": one("made while the film was taken", "ok", flags=3),
    "ok-lock-in-file": one("the lock stands in the file", "ok", detached=False),
    "ok-three-segments": of_three("three segments", lambda a, b, c: (a, b, c), "ok"),
    "ok-end": ended("number of segments and last SEAL as kept outside", 1, None, "ok"),
    "ok-two-recipients": two_recipients("the second recipient is the box", "ok", 1),
    "ok-device-beside": two_recipients("a device's recipient before the box's", "ok", 16),
    # step 1: header
    "magic": one("does not begin with YBV1", magic=b"YBV2"),
    "minor": one("a later version of the format", minor=1),
    "suite-unknown": one("suite 3", suite=3),
    "suite-other": other_suite,
    "flag-unknown": one("flag 4", flags=5),
    "chunk-size": one("chunks of 32 KiB", chunk_log2=15),
    "level-0": one("level 0", level=0),
    "level-4": one("level 4", level=4),
    "part-unknown": one("part 9", part=9),
    "raw-at-level-2": one("an original at level 2", level=2),
    "masked-at-level-1": one("masked film at level 1", level=1, part=1, asked={"part": "masked"}),
    "preview-at-level-1": one("a preview at level 1", level=1, part=3, asked={"part": "preview"}),
    "body-too-long": one("a body of 64 MiB and a byte is announced", body_length=(64 << 20) + 1),
    "asked-object": one("another object was asked for", asked={"object_id": UUID(int=0xBAD)}),
    "asked-part": one("another part was asked for", asked={"part": "masked"}),
    "public-long-number": one("a number longer than needed", public=b"\xa1aa\x18\x01"),
    "public-order": one("keys out of order", public=b"\xa2ab\x01aa\x01"),
    "public-length-order": one("a longer key first", public=b"\xa2baa\x01ab\x01"),
    "public-twice": one("a key twice", public=b"\xa2aa\x01aa\x01"),
    "public-bytes": one("bytes as a value", public=b"\xa1aaAa"),
    "public-float": one("a floating point number as a value", public=b"\xa1aa\xf9\x3c\x00"),
    "public-true": one("a truth value as a value", public=b"\xa1aa\xf5"),
    "public-null": one("null as a value", public=b"\xa1aa\xf6"),
    "public-tag": one("a tagged number", public=b"\xa1aa\xc2\x49\x01" + bytes(8)),
    "public-number-key": one("a number as a key", public=b"\xa1\x01\x01"),
    "public-no-map": one("a list in place of the map", public=b"\x80"),
    "public-indefinite": one("a map of indefinite length", public=b"\xbfaa\x01\xff"),
    "public-utf8": one("text that is not UTF-8", public=b"\xa1aaa\xff"),
    "public-cut": one("the map ends early", public=b"\xa2aa\x01"),
    "public-behind": one("a byte behind the map", public=b"\xa0\x00"),
    "public-nothing": one("no map at all", public=b""),
    "public-too-long": one("4097 bytes", public=b"\xa1aa\x79\x0f\xfb" + b"a" * 4091),
    "private-512": one("512 bytes", private_plaintext=private_plaintext(PRIVATE, 512)),
    "private-1025": one("1025 bytes", private_plaintext=private_plaintext(PRIVATE, 1025)),
    "count": one("the seal counts two chunks", count=2),
    "cut": edited("the last byte is missing", 1, lambda data: data[:-1]),
    "cut-header": edited("cut within the header", 1, lambda data: data[:100]),
    "cut-body": edited("cut within the body", 1, lambda data: data[:-140]),
    "grown": edited("a byte too many", 1, lambda data: data + b"\0"),
    "nothing": edited("an empty file", 1, lambda _: b""),
    "lock-in-file-cut": one(
        "the lock in the file names a longer wrapped key", detached=False, lock={"length": 2048}
    ),
    # step 1: chain
    "first-number": one("the first segment has number 1", number=1),
    "first-previous": one("the first segment names one before it", previous=b"p" * 32),
    "swapped": of_three("the second and third exchanged", lambda a, b, c: (a, c, b)),
    "doubled": of_three("the second segment twice", lambda a, b, c: (a, b, b, c)),
    "left-out": of_three("the second segment is missing", lambda a, _, c: (a, c)),
    "another-object": another_second(
        "the second segment belongs to another object", object_id=UUID(int=0xBAD)
    ),
    "another-box": another_second("the second segment is another box's", box=UUID(int=0xBAD)),
    "another-controller": another_second(
        "the second segment is another controller's", controller=UUID(int=0xBAD)
    ),
    "another-level": another_second("the second segment has another level", level=2, part=1),
    "another-part": another_second("the second segment is of another kind", part=1),
    "another-device-id": another_second(
        "the second segment names another device", device_id=b"device-signing-2"
    ),
    # step 2: seal
    "root": one("a Merkle root of something else, signed", 2, root=bytes(32)),
    "another-device": another_device,
    "signature": edited("a bit of the signature flipped", 2, flipped(-1)),
    "chunk": edited("a bit of the body flipped", 2, flipped(-150)),
    "leaf": edited("a bit of a leaf digest flipped", 2, flipped(-101)),
    "header-flipped": edited("a bit of the retention class flipped", 2, flipped(83)),
    "private-flipped": edited("a bit of the private metadata flipped", 2, flipped(400)),
    "commit-flipped": edited("a bit of COMMIT flipped", 2, flipped(1183)),
    "same-tag": one(
        "a chunk with the same tag, and its digest",
        2,
        b"two blocks of sixteen bytes here",
        forge=same_tag,
    ),
    "same-tag-root": one(
        "a chunk with the same tag, its digest and the root",
        *(2, b"two blocks of sixteen bytes here"),
        forge=same_tag,
        forge_root=True,
    ),
    # step 3: end
    "short": of_three("the last segment is missing", lambda *three: three[:2], 3),
    "short-unnoticed": of_three(
        "the last segment is missing and nobody kept the end",
        lambda *three: three[:2],
        "ok",
        with_end=False,
    ),
    "end-digest": ended("the last SEAL is not the one that was kept", 1, b"d" * 32),
    "end-count": ended("there should be two segments", 2, None),
    # step 4: lock
    "lock-context": one("the lock is bound to another segment", "no-key", context=b"another"),
    "lock-mac": lock_of("the lock's MAC is of another key", 4, mac=b"m" * 32),
    "lock-in-file-mac": one(
        "the MAC of the lock in the file is of another key",
        4,
        detached=False,
        lock={"mac": b"m" * 32},
    ),
    "lock-device": lock_of("the lock is a device's", "no-key", kind=16),
    "lock-type": lock_of("a recipient of type 9", 4, kind=9),
    "lock-other-type": lock_of("the type of another kind of key", "no-key", kind=2),
    "lock-version": lock_of("a lock of version 2", 4, version=2),
    "lock-suite-unknown": lock_of("a lock of suite 3", 4, suite=3),
    "lock-suite-other": other_lock_suite,
    "lock-nobody": lock_of("no recipient", 4, recipients=lambda _: []),
    "lock-nine": lock_of("nine recipients", 4, recipients=lambda mine: [mine] * 9),
    "lock-empty-key": lock_of(
        "a recipient whose wrapped key has no bytes",
        4,
        recipients=lambda mine: [mine, mine[:17] + bytes(2)],
    ),
    "lock-long-key": lock_of(
        "a recipient whose wrapped key has 2049 bytes",
        4,
        recipients=lambda mine: [mine, mine[:17] + (2049).to_bytes(2) + bytes(2049)],
    ),
    "lock-key-id": lock_of("the id of another key", "no-key", key_id=b"another-key--id!"),
    "lock-wrapped": lock_of(
        "a bit of the wrapped key flipped", "no-key", edit=lambda wrapped: flip(wrapped, -1)
    ),
    "lock-wrapped-point": lock_of(
        "a bit of the ephemeral key flipped", "no-key", edit=lambda wrapped: flip(wrapped, 1)
    ),
    "lock-wrapped-cut": lock_of(
        "the wrapped key is a byte short", "no-key", edit=lambda wrapped: wrapped[:-1]
    ),
    "lock-short-dek": lock_of("a key of 31 bytes is wrapped", 4, wrapped_dek=b"k" * 31),
    "lock-other-dek": lock_of("the key of another segment is wrapped", 4, wrapped_dek=b"k" * 32),
    "lock-cut": lock_of("the lock is a byte short", 4, whole=lambda lock: lock[:-1]),
    "lock-grown": lock_of("a byte behind the lock", 4, whole=lambda lock: lock + b"\0"),
    "lock-added": added_recipient,
    "locks-swapped": swapped_locks,
    "no-lock": no_lock,
    "box-other": one("the segment is another box's", "no-key", box=UUID(int=0xBAD)),
    # step 4: COMMIT and private metadata
    "commit": one("COMMIT of another key, signed", 4, commit=bytes(32)),
    "private-forged": one(
        "private metadata altered before it was signed", 4, edit_private=lambda data: flip(data, 0)
    ),
    "private-padding": one(
        "padding that is not zeros", 4, private_plaintext=private_plaintext(PRIVATE, fill=b"\1")
    ),
    "private-length": one(
        "a length beyond the bytes", 4, private_plaintext=private_plaintext(PRIVATE, 1024, 1021)
    ),
    "private-size": one(
        "private metadata padded too far",
        4,
        private_plaintext=private_plaintext(PRIVATE | {"true_length": 7}, 2048),
    ),
    "private-not-canonical": one(
        "private metadata not canonical", 4, private_plaintext=private_plaintext(b"\xbf\xff")
    ),
    "private-unknown-field": one("a field too many", 4, private=PRIVATE | {"more": 1}),
    "private-missing-field": one(
        "a field is missing",
        4,
        private_plaintext=private_plaintext({k: v for k, v in PRIVATE.items() if k != "extra"}),
    ),
    "private-text": one("a number as media type", 4, private_plaintext=private_with(media_type=7)),
    "private-camera": one("a number as camera", 4, private_plaintext=private_with(camera=7)),
    "private-clock": one("null as clock", 4, private_plaintext=private_with(clock=None)),
    "private-nan": one(
        "a time that is no number", 4, private_plaintext=private_with(from_s=float("nan"))
    ),
    "private-infinite": one(
        "a time without end", 4, private_plaintext=private_with(to_s=float("inf"))
    ),
    "private-whole-time": one(
        "a whole number as a time", 4, private_plaintext=private_with(to_s=2)
    ),
    "private-negative": one("a negative length", 4, private_plaintext=private_with(true_length=-1)),
    "private-large": one(
        "a schema of 2^32", 4, private_plaintext=private_with(record_schema=1 << 32)
    ),
    "private-labels": one("a number as a label", 4, private_plaintext=private_with(labels=[1])),
    "private-extra": one("a number in extra", 4, private_plaintext=private_with(extra={"a": 1})),
    # step 5: body
    "not-last": one("the only chunk is not marked as last", 5, last=False),
    "chunk-number": one("the first chunk is sealed as the second", 5, first_chunk=1),
    "chunk-forged": one(
        "a chunk altered before it was signed", 5, edit_chunks=lambda chunks: [flip(chunks[0], 0)]
    ),
    "true-length": one("a true length beyond the body", 5, true_length=8),
    "padding-not-zero": one("padding that is not zeros", 5, body=b"content\x00\x01"),
}

INTL = {
    "ok-hybrid": one("locked by ML-KEM and X25519 together", "ok"),
    "ok-hybrid-in-file": one("the same, with the lock in the file", "ok", detached=False),
    "hybrid-context": one("the lock is bound to another segment", "no-key", context=b"another"),
    "hybrid-lattice": lock_of(
        "a bit of the ML-KEM ciphertext flipped", "no-key", edit=lambda wrapped: flip(wrapped, 0)
    ),
    "hybrid-curve": lock_of(
        "a bit of the ephemeral X25519 key flipped",
        "no-key",
        edit=lambda wrapped: flip(wrapped, 1088),
    ),
    "hybrid-type": lock_of("the type of an X25519 lock", "no-key", kind=1, with_dek=True),
    "hybrid-mac": lock_of("the MAC is of another key", 4, mac=b"m" * 32, with_dek=True),
    "hybrid-commit": one(
        "COMMIT of another key, signed", 4, commit=bytes(32), asked={"with_dek": True}
    ),
}


def zero_first(about, skipped):
    """A vector whose shared point has a coordinate that begins with a zero byte."""

    def make(case):
        for _ in range(skipped):
            case.suite.stream.scalar()
        return one(about, "ok")(case)

    return make


SM = {
    "ok-lock-zero-x": zero_first("x of the shared point begins with a zero byte", 349),
    "ok-lock-zero-y": zero_first("y of the shared point begins with a zero byte", 387),
    "ok-openssl-lock": openssl_lock("the key was wrapped by the openssl command", "ok"),
    "openssl-order": openssl_lock(
        "wrapped by openssl and written in the old order C1, C2, C3",
        "no-key",
        lambda wrapped: wrapped[:65] + wrapped[97:] + wrapped[65:97],
    ),
    "openssl-der": openssl_lock(
        "wrapped by openssl and left in DER",
        "no-key",
        lambda _: bytes.fromhex((HERE / "openssl-sm2.hex").read_text("ascii")),
    ),
}

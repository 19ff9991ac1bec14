"""Make the vectors of the sealed format: python tests/vectors/generate.py [FOLDER].

A second writer of the format, after docs/en/format.md, so that each vector can be
wrong in one thing and right in all others. Its output never changes: running it
must leave an empty diff.
"""

import base64
import sys
from pathlib import Path
from uuid import UUID

import cbor2

sys.path.insert(0, str(Path(__file__).resolve().parent))

from fixed import Stream, fixed_suite

HERE = Path(__file__).resolve().parent
CHUNK = 65_536
KEY_ID = b"box-epoch-key-01"
DEVICE_ID = b"device-signing-1"
BOX, OBJECT = UUID(int=0xB0), UUID(int=0x0B)

PRIVATE = {
    "media_type": "video/mp4",
    "true_length": 0,
    "from_s": 0.0,
    "to_s": 2.5,
    "camera": None,
    "recorded_at": None,
    "clock": "unknown",
    "record_schema": None,
    "labels": [],
    "source_name": None,
    "extra": {},
}
FULL = PRIVATE | {
    "from_s": 1 / 3,
    "camera": "前门",
    "recorded_at": "2026-11-24T10:00:00+08:00",
    "clock": "option",
    "record_schema": 1,
    "labels": ["face", "person"],
    "source_name": "door.mp4",
    "extra": {"frames": "12"},
}


def private_plaintext(values, size=None):
    written = values if isinstance(values, bytes) else cbor2.dumps(values, canonical=True)
    text = len(written).to_bytes(4) + written
    size = size or max(1024, 1 << (len(text) - 1).bit_length())
    return text + bytes(size - len(text))


class Case:
    """One suite, one box, one device; everything random comes from the case's name."""

    def __init__(self, suite_name, case):
        self.suite = fixed_suite(suite_name, f"{suite_name} {case}")
        self.random = Stream(f"{suite_name} {case} keys")
        self.box_private, self.box_public = self.suite.new_recipient()
        self.device_private, self.device_public = self.suite.new_signer()
        self.number, self.previous = 0, bytes(32)
        self.locks, self.deks, self.opened = [], [], []

    def derive(self, dek, salt, label, length):
        info = b"YBV1 " + label + b" " + self.suite.name.encode()
        return self.suite.hkdf(dek, salt=salt, info=info, length=length)

    def root(self, leaves):
        if len(leaves) == 1:
            return leaves[0]
        split = 1 << ((len(leaves) - 1).bit_length() - 1)
        return self.suite.hash(b"\x01" + self.root(leaves[:split]) + self.root(leaves[split:]))

    def lock(self, dek, context, kind=1, mac=None, label=b"lock"):
        wrapped = self.suite.wrap(self.box_public, dek, context)
        lock = bytes((1, self.suite.code, 1, kind)) + KEY_ID + len(wrapped).to_bytes(2) + wrapped
        key = self.derive(dek, self.suite.hash(context), label, 32)
        return lock + (mac or self.suite.hmac(key, lock))

    def segment(self, content=b"content", **odd):
        """Return one segment. Each name in `odd` replaces one thing by a wrong one."""
        s, random = self.suite, self.random
        dek, segment_id = random(32), random(16)
        body = odd.get("body", content + bytes(odd.get("padding", 0)))
        private = odd.get("private", PRIVATE)
        if isinstance(private, dict):
            private = private | {"true_length": odd.get("true_length", len(content))}
        plain = odd.get("private_plaintext", private_plaintext(private))
        public = odd.get("public", b"\xa0")
        detached = odd.get("detached", True)
        clear = b"".join(
            (
                odd.get("magic", b"YBV1"),
                bytes((odd.get("minor", 0), odd.get("suite", s.code))),
                bytes((odd.get("flags", int(detached)), odd.get("chunk_log2", 16))),
                bytes((odd.get("level", 3), odd.get("part", 4))),
                UUID(int=0xC0).bytes + BOX.bytes,
                odd.get("object_id", OBJECT).bytes + segment_id,
                odd.get("number", self.number).to_bytes(4),
                (7).to_bytes(4) + (1).to_bytes(2) + DEVICE_ID,
                odd.get("previous", self.previous),
                len(body).to_bytes(4),
                len(public).to_bytes(2) + public,
                (len(plain) + 16).to_bytes(4),
            )
        )
        meta = self.derive(dek, s.hash(clear), b"meta", s.key_bytes)
        header = clear + s.seal(meta, bytes(12), plain, clear)
        hh = s.hash(header)
        commit = odd.get("commit") or self.derive(dek, hh, b"commit", 32)
        context = b"YBV1 lock " + BOX.bytes + (7).to_bytes(4) + segment_id + hh
        lock = self.lock(dek, odd.get("context", context), **odd.get("lock", {}))
        payload = self.derive(dek, hh, b"payload", s.key_bytes)
        count = max(1, -(-len(body) // CHUNK))
        chunks = []
        for i in range(count):
            last = odd.get("last", i == count - 1)
            chunk = body[i * CHUNK : (i + 1) * CHUNK]
            chunks.append(s.seal(payload, i.to_bytes(11) + bytes((last,)), chunk, b""))
        leaves = [s.hash(b"\x00" + chunk) for chunk in chunks]
        seal = odd.get("count", count).to_bytes(4) + odd.get("root", self.root(leaves))
        message = b"YBV1 seal " + hh + commit + seal
        seal += s.sign(odd.get("signer", self.device_private), message)
        self.number, self.previous = self.number + 1, s.hash(seal)
        self.locks.append((segment_id, lock if detached else None))
        self.deks.append(dek)
        self.opened.append((content, private))
        return header + commit + (b"" if detached else lock) + b"".join((*chunks, *leaves, seal))

    def vector(self, about, expect, part, end=None):
        lines = [
            ("expect", expect),
            ("about", about),
            ("suite", self.suite.name),
            ("object-id", OBJECT.hex),
            ("part", "raw"),
            ("device-public", self.device_public.hex()),
            ("box-id", BOX.hex),
            ("box-key-id", KEY_ID.hex()),
            ("box-public", self.box_public.hex()),
            ("box-private", self.box_private.hex()),
        ]
        lines += [("lock", f"{i.hex()} {lock.hex()}") for i, lock in self.locks if lock]
        lines += [("end", f"{end[0]} {end[1].hex()}")] if end else []
        if expect == "ok":
            lines += [("dek", dek.hex()) for dek in self.deks]
            for content, private in self.opened:
                lines += [("private", cbor2.dumps(private, canonical=True).hex())]
                lines += [("content-hash", self.suite.hash(content).hex())]
        head = "".join(f"{key}: {value}\n" for key, value in lines)
        return head + "\n" + base64.encodebytes(part).decode()


def one(about, expect="seal-broken", content=b"content", **odd):
    """A vector of one segment."""

    def make(case):
        return case.vector(about, expect, case.segment(content, **odd))

    return make


def edited(about, edit, expect="seal-broken"):
    """A vector whose file was edited after it was sealed."""

    def make(case):
        return case.vector(about, expect, edit(case.segment()))

    return make


def flipped(place):
    def edit(data):
        at = place % len(data)
        return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]

    return edit


def of_three(about, arrange, expect="seal-broken", with_end=True):
    """A vector of a part of three segments, arranged anew; one that opens is a prefix."""

    def make(case):
        segments = [case.segment(b"segment %d" % n) for n in range(3)]
        end = (3, case.previous) if with_end else None
        arranged = arrange(*segments)
        case.deks, case.opened = case.deks[: len(arranged)], case.opened[: len(arranged)]
        return case.vector(about, expect, b"".join(arranged), end)

    return make


def another_device(case):
    case.device_private = case.suite.new_signer()[0]
    return case.vector("sealed by another device", "seal-broken", case.segment())


def another_object(case):
    first = case.segment()
    second = case.segment(object_id=UUID(int=0xBAD))
    about = "the second segment belongs to another object"
    return case.vector(about, "seal-broken", first + second)


def swapped_locks(case):
    part = case.segment() + case.segment()
    (first, a), (second, b) = case.locks
    case.locks = [(first, b), (second, a)]
    return case.vector("the locks of two segments are exchanged", "no-key", part)


def no_lock(case):
    part = case.segment()
    case.locks = []
    return case.vector("there is no lock", "no-key", part)


CASES = {
    "ok-empty": one("no content at all", "ok", b""),
    "ok-one-chunk": one("seven bytes", "ok"),
    "ok-two-chunks": one("one chunk and a byte", "ok", bytes(range(256)) * 256 + b"!"),
    "ok-padded": one("padded to 20 bytes", "ok", padding=13),
    "ok-private": one("all private metadata", "ok", private=FULL),
    "ok-public": one("public metadata", "ok", public=bytes.fromhex("a2616101616261 74")),
    "ok-live": one("made while the film was taken", "ok", flags=3),
    "ok-lock-in-file": one("the lock stands in the file", "ok", detached=False),
    "ok-three-segments": of_three("three segments", lambda a, b, c: (a, b, c), "ok"),
    "magic": one("does not begin with YBV1", magic=b"YBV2"),
    "minor": one("a later version of the format", minor=1),
    "suite-unknown": one("suite 3", suite=3),
    "flag-unknown": one("flag 4", flags=5),
    "chunk-size": one("chunks of 32 KiB", chunk_log2=15),
    "level-0": one("level 0", level=0),
    "level-4": one("level 4", level=4),
    "part-unknown": one("part 5", part=5),
    "raw-at-level-2": one("an original at level 2", level=2),
    "public-long-number": one("a number longer than needed", public=b"\xa1aa\x18\x01"),
    "public-order": one("keys out of order", public=b"\xa2ab\x01aa\x01"),
    "public-twice": one("a key twice", public=b"\xa2aa\x01aa\x01"),
    "public-bytes": one("bytes as a value", public=b"\xa1aaAa"),
    "public-behind": one("a byte behind the map", public=b"\xa0\x00"),
    "private-unknown-field": one("a field too many", private=PRIVATE | {"more": 1}),
    "private-not-canonical": one(
        "private metadata not canonical", private_plaintext=private_plaintext(b"\xbf\xff")
    ),
    "private-size": one(
        "private metadata padded too far",
        private_plaintext=private_plaintext(PRIVATE | {"true_length": 7}, 2048),
    ),
    "true-length": one("a true length beyond the body", true_length=8),
    "padding-not-zero": one("padding that is not zeros", body=b"content\x00\x01"),
    "commit": one("COMMIT of another key, signed", commit=bytes(32)),
    "not-last": one("the only chunk is not marked as last", last=False),
    "count": one("the seal counts two chunks", count=2),
    "root": one("a Merkle root of something else, signed", root=bytes(32)),
    "another-device": another_device,
    "signature": edited("a bit of the signature flipped", flipped(-1)),
    "chunk": edited("a bit of the body flipped", flipped(-150)),
    "leaf": edited("a bit of a leaf digest flipped", flipped(-101)),
    "private-flipped": edited("a bit of the private metadata flipped", flipped(400)),
    "cut": edited("the last byte is missing", lambda data: data[:-1]),
    "cut-header": edited("cut within the header", lambda data: data[:100]),
    "grown": edited("a byte too many", lambda data: data + b"\0"),
    "nothing": edited("an empty file", lambda _: b""),
    "first-number": one("the first segment has number 1", number=1),
    "first-previous": one("the first segment names one before it", previous=b"p" * 32),
    "another-object": another_object,
    "swapped": of_three("the second and third exchanged", lambda a, b, c: (a, c, b)),
    "doubled": of_three("the second segment twice", lambda a, b, c: (a, b, b, c)),
    "left-out": of_three("the second segment is missing", lambda a, _, c: (a, c)),
    "short": of_three("the last segment is missing", lambda *three: three[:2]),
    "short-unnoticed": of_three(
        "the last segment is missing and nobody kept the end",
        lambda *three: three[:2],
        "ok",
        with_end=False,
    ),
    "lock-context": one("the lock is bound to another segment", "no-key", context=b"another"),
    "lock-mac": one("the lock's MAC is of another key", lock={"mac": b"m" * 32}),
    "lock-device": one("the lock is a device's", "no-key", lock={"kind": 16}),
    "lock-type": one("a recipient of type 9", lock={"kind": 9}),
    "locks-swapped": swapped_locks,
    "no-lock": no_lock,
}


def main(folder):
    """Write every vector of both suites."""
    for suite_name in ("intl", "sm"):
        for name, make in CASES.items():
            target = Path(folder) / f"{suite_name}-{name}.vector"
            target.write_text(make(Case(suite_name, name)), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else HERE)

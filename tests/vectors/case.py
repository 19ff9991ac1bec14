"""A second writer of the sealed format, after docs/en/format.md.

It writes everything by hand, so that a vector can be wrong in one thing and right in all
others.
"""

import base64
from uuid import UUID

import cbor2
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from fixed import Stream, fixed_suite

CHUNK = 65_536
KEY_ID = b"box-epoch-key-01"
DEVICE_ID = b"device-signing-1"
CONTROLLER, BOX, OBJECT = UUID(int=0xC0), UUID(int=0xB0), UUID(int=0x0B)

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


def private_plaintext(values, size=None, length=None, fill=b"\0"):
    written = values if isinstance(values, bytes) else cbor2.dumps(values, canonical=True)
    text = (len(written) if length is None else length).to_bytes(4) + written
    size = size or max(1024, 1 << (len(text) - 1).bit_length())
    return text + fill * (size - len(text))


def private_with(**changed):
    """Private metadata of seven bytes of content, with values or keys changed."""
    return private_plaintext(PRIVATE | {"true_length": 7} | changed)


def same_tag(suite, key, chunk):
    """Return another sealed chunk of two blocks that has the tag of this one under this key."""
    algorithm = algorithms.AES if suite.name == "intl" else algorithms.SM4
    block = Cipher(algorithm(key), modes.ECB()).encryptor().update(bytes(16))
    h, first = int.from_bytes(block), 1 << 64
    second = 0
    for place in range(127, -1, -1):  # first times h; the highest bit stands for 1
        second ^= h if first >> place & 1 else 0
        h = h >> 1 ^ (0xE1 << 120 if h & 1 else 0)
    change = first.to_bytes(16) + second.to_bytes(16)
    return bytes(a ^ b for a, b in zip(chunk, change + bytes(16), strict=True))


class Case:
    """One suite, one box, one device; everything random comes from the case's name."""

    def __init__(self, suite_name, case, suite=None):
        self.suite = suite or fixed_suite(suite_name, f"{suite_name} {case}")
        self.random = Stream(f"{suite_name} {case} keys")
        self.kind = 2 if "hybrid" in case else 1
        keys = self.suite.new_recipient(long_kept=self.kind == 2)
        self.box_private, self.box_public = keys
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

    def recipient(self, wrapped, kind=None, key_id=KEY_ID, length=None):
        size = (len(wrapped) if length is None else length).to_bytes(2)
        return bytes((kind or self.kind,)) + key_id + size + wrapped

    def lock(self, dek, context, **odd):
        """Return a lock. Each name in `odd` replaces one thing by a wrong one."""
        wrapped = odd.get("edit", bytes)(
            self.suite.wrap(self.box_public, odd.get("wrapped_dek", dek), context)
        )
        of_one = {name: odd[name] for name in ("kind", "key_id", "length") if name in odd}
        recipients = odd.get("recipients", lambda one: [one])(self.recipient(wrapped, **of_one))
        lock = bytes((odd.get("version", 1), odd.get("suite", self.suite.code)))
        lock += bytes((odd.get("count", len(recipients)),)) + b"".join(recipients)
        key = self.derive(dek, self.suite.hash(context), odd.get("label", b"lock"), 32)
        lock += odd.get("mac") or self.suite.hmac(key, lock)
        return odd.get("whole", bytes)(lock)

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
                odd.get("controller", CONTROLLER).bytes + odd.get("box", BOX).bytes,
                odd.get("object_id", OBJECT).bytes + segment_id,
                odd.get("number", self.number).to_bytes(4),
                (7).to_bytes(4) + (1).to_bytes(2) + odd.get("device_id", DEVICE_ID),
                odd.get("previous", self.previous),
                odd.get("body_length", len(body)).to_bytes(4),
                len(public).to_bytes(2) + public,
                (len(plain) + 16).to_bytes(4),
            )
        )
        meta = self.derive(dek, s.hash(clear), b"meta", s.key_bytes)
        header = clear + odd.get("edit_private", bytes)(s.seal(meta, bytes(12), plain, clear))
        hh = s.hash(header)
        commit = odd.get("commit") or self.derive(dek, hh, b"commit", 32)
        context = b"YBV1 lock " + odd.get("box", BOX).bytes + (7).to_bytes(4) + segment_id + hh
        lock = self.lock(dek, odd.get("context", context), **odd.get("lock", {}))
        payload = self.derive(dek, hh, b"payload", s.key_bytes)
        count = max(1, -(-len(body) // CHUNK))
        chunks = []
        for i in range(count):
            last = odd.get("last", i == count - 1)
            chunk = body[i * CHUNK : (i + 1) * CHUNK]
            number = (i + odd.get("first_chunk", 0)).to_bytes(11)
            chunks.append(s.seal(payload, number + bytes((last,)), chunk, b""))
        chunks = odd.get("edit_chunks", list)(chunks)
        leaves = [s.hash(b"\x00" + chunk) for chunk in chunks]
        seal = odd.get("count", count).to_bytes(4) + odd.get("root", self.root(leaves))
        message = b"YBV1 seal " + hh + commit + seal
        seal += s.sign(odd.get("signer", self.device_private), message)
        self.number, self.previous = self.number + 1, s.hash(seal)
        self.locks.append((segment_id, lock if detached else None))
        self.deks.append(dek)
        self.opened.append((content, private))
        if "forge" in odd:
            chunks = [odd["forge"](s, payload, chunk) for chunk in chunks]
            leaves = [s.hash(b"\x00" + chunk) for chunk in chunks]
            if odd.get("forge_root"):
                seal = seal[:4] + self.root(leaves) + seal[36:]
        return header + commit + (b"" if detached else lock) + b"".join((*chunks, *leaves, seal))

    def vector(self, about, outcome, data, end=None, **asked):
        """Return the vector's text.

        outcome: "ok", "no-key" (always step 4), or the step at which it is refused.
        asked: what the reader was asked for, where it is not what was sealed.
        """
        expect = outcome if isinstance(outcome, str) else "seal-broken"
        step = 4 if outcome == "no-key" else outcome
        lines = [("expect", expect)] + ([("step", step)] if expect != "ok" else [])
        lines += [
            ("about", about),
            ("suite", self.suite.name),
            ("object-id", asked.get("object_id", OBJECT).hex),
            ("part", asked.get("part", "raw")),
            ("device-public", self.device_public.hex()),
            ("box-id", BOX.hex),
            ("box-key-id", KEY_ID.hex()),
            ("box-public", self.box_public.hex()),
            ("box-private", self.box_private.hex()),
        ]
        lines += [("lock", f"{i.hex()} {lock.hex()}") for i, lock in self.locks if lock]
        lines += [("end", f"{end[0]} {end[1].hex()}")] if end else []
        if expect == "ok" or asked.get("with_dek"):
            lines += [("dek", dek.hex()) for dek in self.deks]
        if expect == "ok":
            for content, private in self.opened:
                lines += [("private", cbor2.dumps(private, canonical=True).hex())]
                lines += [("content-hash", self.suite.hash(content).hex())]
        head = "".join(f"{key}: {value}\n" for key, value in lines)
        return head + "\n" + base64.encodebytes(data).decode()

"""How fast a segment is sealed and opened in memory, and what one guess at a passphrase costs."""

import os
import time
from collections.abc import Callable
from statistics import median

from yingbi.bench.row import Row
from yingbi.crypto.passphrase import SALT_BYTES, Cost, stretch
from yingbi.crypto.suite import NAMES, Octets, Suite, suite
from yingbi.domain.ids import new_id
from yingbi.domain.level import Level
from yingbi.domain.messages import say
from yingbi.domain.part import PartKind, PrivateMetadata
from yingbi.envelope.header import CHUNK_BYTES, MAX_BODY_BYTES, NO_PREVIOUS
from yingbi.envelope.reader import SegmentReader
from yingbi.envelope.schedule import DEK_BYTES
from yingbi.envelope.segment import Place, nonce, seal_segment
from yingbi.errors import LibraryMissingError
from yingbi.keys.device import device_id_of
from yingbi.keys.wrap import EpochPublic, wrap

RUNS = 3


def sealing(octets: int = MAX_BODY_BYTES, runs: int = RUNS) -> list[Row]:
    """Measure every suite on one segment of an original of this many bytes."""
    return [row for name in NAMES for row in _one_suite(name, octets, runs)]


def passphrase(runs: int = RUNS) -> list[Row]:
    """Measure Argon2id as a keystore uses it."""
    salt = os.urandom(SALT_BYTES)
    taken = _seconds(lambda: stretch(b"a passphrase to measure with", salt, Cost()), runs)
    return [Row("passphrase", say("passphrase to key, Argon2id"), taken * 1000, "ms")]


def _one_suite(name: str, octets: int, runs: int) -> list[Row]:
    told = (
        ("seal", say("sealing, suite `{suite}`", suite=name)),
        ("open", say("verifying and opening, suite `{suite}`", suite=name)),
        ("aead", say("its cipher alone, suite `{suite}`", suite=name)),
    )
    try:
        speeds = _speeds(suite(name), os.urandom(octets), runs)
    except LibraryMissingError:
        note = say("not measured: libgcrypt is missing")
        return [Row(f"{key}-{name}", what, None, "MB/s", note=note) for key, what in told]
    return [Row(f"{key}-{name}", what, speeds[key], "MB/s") for key, what in told]


def _speeds(chosen: Suite, content: bytes, runs: int) -> dict[str, float]:
    """Return MB/s of sealing, of parsing, verifying and opening, and of the cipher alone."""
    place, epoch, sign, device = _place(chosen)
    dek = os.urandom(DEK_BYTES)
    private = PrivateMetadata("video/mp4", len(content))

    def seal() -> Octets:
        return seal_segment(
            chosen,
            dek,
            place,
            private,
            content,
            padded_to=len(content),
            sign=sign,
            make_lock=lambda context: wrap(chosen, dek, epoch, context),
        ).content

    sealed = seal()
    if SegmentReader.parse(chosen, sealed).verify(device).open(dek)[1] != content:
        raise ValueError("what was opened is not what was sealed")
    taken = {
        "seal": _seconds(seal, runs),
        "open": _seconds(
            lambda: SegmentReader.parse(chosen, sealed).verify(device).open(dek), runs
        ),
        "aead": _seconds(lambda: _cipher_alone(chosen, content), runs),
    }
    return {key: len(content) / 1e6 / seconds for key, seconds in taken.items()}


def _place(chosen: Suite) -> tuple[Place, EpochPublic, Callable[[bytes], bytes], bytes]:
    """Return a place in a box, the box's public key, a device's signature and public key."""
    signer, device = chosen.new_signer()
    _, public = chosen.new_recipient()
    box_id = new_id()
    place = Place(
        level=Level.RAW_ON_RELEASE,
        part=PartKind.RAW,
        controller_id=new_id(),
        box_id=box_id,
        object_id=new_id(),
        segment_id=new_id(),
        number=0,
        key_epoch=1,
        retention=1,
        device_id=device_id_of(chosen, device),
        previous=NO_PREVIOUS,
    )
    epoch = EpochPublic(box_id, 1, 1, os.urandom(16), public)
    return place, epoch, lambda message: chosen.sign(signer, message), device


def _cipher_alone(chosen: Suite, content: bytes) -> None:
    cipher, view = chosen.cipher(os.urandom(chosen.key_bytes)), memoryview(content)
    for index, start in enumerate(range(0, len(content), CHUNK_BYTES)):
        cipher.seal(nonce(index, last=False), view[start : start + CHUNK_BYTES])


def _seconds(work: Callable[[], object], runs: int) -> float:
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return median(times)

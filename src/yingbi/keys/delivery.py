"""Sealing a delivery: needs public halves and a device, and can open nothing.

The locks in it are wrapped already. They are sealed once more, since a clear file of
them would survive in free blocks after it is unlinked, and would defeat the erasing of a
single object. The key for that is destroyed soon after its day.

Clause: 6.2.3-2; 6.2.3.e-2; 6.2.4-1.
"""

import os
from dataclasses import replace

from yingbi.crypto.suite import Suite
from yingbi.domain.retention import RetentionClass
from yingbi.envelope.delivery import Slip
from yingbi.envelope.schedule import DEK_BYTES
from yingbi.errors import NotAuthorisedError
from yingbi.keys.device import Device
from yingbi.keys.wrap import EpochPublic

_STEP = 1024


def seal_delivery(
    suite: Suite, slip: Slip, content: bytes, to: EpochPublic, device: Device
) -> bytes:
    """Return the delivery's bytes; the content's length is rounded up to whole KiB.

    slip: without its wrapped key.
    Raises: NotAuthorisedError where `to` is no key for what waits in the box's inbox.
    """
    if to.retention != RetentionClass.INBOX or to.box_id != slip.box_id:
        raise NotAuthorisedError(reason="a delivery is sealed to its box's inbox only")
    secret = bytearray(os.urandom(DEK_BYTES))
    try:
        full = replace(slip, wrapped=suite.wrap(to.public_key, secret, wrapped_for(slip)))
        written = full.encode()
        sealed = suite.seal(content_key(suite, secret), NONCE, _padded(content), written)
    finally:
        secret[:] = bytes(DEK_BYTES)
    signed = written + len(sealed).to_bytes(4) + sealed
    return signed + device.sign(signed_message(suite, signed))


NONCE = bytes(12)
"""One message is sealed under each key, so that one nonce is enough."""


def wrapped_for(slip: Slip) -> bytes:
    """Return what the wrapped key is bound to."""
    return b"YBV1 delivery to " + slip.names()


def content_key(suite: Suite, secret: bytes | bytearray) -> bytes:
    """Return the key of the content."""
    return suite.hkdf(secret, info=b"YBV1 delivery", length=suite.key_bytes)


def signed_message(suite: Suite, signed: bytes) -> bytes:
    """Return what the device signs: a label of its own, and the digest of all before."""
    return b"YBV1 delivery signed " + suite.hash(signed)


def _padded(content: bytes) -> bytes:
    whole = len(content).to_bytes(4) + content
    return whole.ljust(-(-len(whole) // _STEP) * _STEP, b"\0")

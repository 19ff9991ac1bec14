"""Opening a lock. Only `release` and `keys.rotate` may import this."""

from hmac import compare_digest

from yingbi.crypto.suite import InvalidTagError, Suite
from yingbi.envelope.lock import Lock, parse_lock
from yingbi.envelope.schedule import DEK_BYTES, lock_mac
from yingbi.errors import NoKeyError, SealBrokenError
from yingbi.keys.wrap import EpochPublic


def unwrap(
    suite: Suite, lock: bytes, epoch: EpochPublic, private_key: bytes, context: bytes
) -> bytearray:
    """Return the DEK, 32 bytes, for the caller to zero after use.

    epoch: any key of the box that the lock names; after a rotation or a hold that is
        another one than the header's epoch (`envelope.lock.lock_key_ids` tells which).
    Raises: NoKeyError where the lock names no recipient with this key, or was made
        for another segment, box or key; SealBrokenError where it is no lock of
        this suite or its recipients were altered.
    Clause: 6.2.3.b-2.
    """
    parsed = parse_lock(lock)
    if parsed.suite_code != suite.code:
        raise SealBrokenError(what="a lock", reason="it is of another suite")
    try:
        dek = bytearray(suite.unwrap(private_key, _wrapped_for(parsed, epoch), context))
    except InvalidTagError:
        raise NoKeyError(what="this segment") from None
    if len(dek) != DEK_BYTES:
        raise SealBrokenError(what="a lock", reason="it holds no data key")
    expected = lock_mac(suite, dek, context, parsed.without_mac())
    if not compare_digest(expected, parsed.mac):
        dek[:] = bytes(len(dek))
        raise SealBrokenError(what="a lock", reason="its list of recipients was altered")
    return dek


def _wrapped_for(lock: Lock, epoch: EpochPublic) -> bytes:
    for recipient in lock.recipients:
        if (recipient.kind, recipient.key_id) == (epoch.recipient_type, epoch.key_id):
            return recipient.wrapped
    raise NoKeyError(what="this segment")

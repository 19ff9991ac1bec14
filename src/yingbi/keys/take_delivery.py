"""Opening a delivery, by its owner alone: signature first, then the inbox's key.

Clause: 6.2.4-1.
"""

from yingbi.crypto.suite import InvalidTagError, Suite
from yingbi.envelope.delivery import SealedDelivery
from yingbi.errors import SealBrokenError
from yingbi.keys.delivery import NONCE, content_key, signed_message, wrapped_for


def verify_delivery(suite: Suite, delivery: SealedDelivery, device_public_key: bytes) -> None:
    """Raise SealBrokenError unless the device signed every byte of it."""
    message = signed_message(suite, delivery.signed)
    try:
        suite.verify(device_public_key, delivery.signature, message)
    except InvalidTagError:
        raise _broken(reason="its device did not sign it") from None


def open_delivery(suite: Suite, delivery: SealedDelivery, private_key: bytes) -> bytes:
    """Return the content of a verified delivery; raises SealBrokenError."""
    slip = delivery.slip
    try:
        secret = suite.unwrap(private_key, slip.wrapped, wrapped_for(slip))
        key = content_key(suite, secret)
        padded = suite.open(key, NONCE, delivery.sealed, slip.encode())
    except InvalidTagError:
        raise _broken(reason="it is sealed to another key") from None
    length = int.from_bytes(padded[:4])
    if len(padded) < 4 or length > len(padded) - 4 or any(padded[4 + length :]):
        raise _broken(reason="its content has an impossible length")
    return padded[4 : 4 + length]


def _broken(*, reason: str) -> SealBrokenError:
    return SealBrokenError(what="a delivery", reason=reason)

"""Documents that the installation signs, and how anybody checks one.

    {..., "signature": {"suite": "intl", "key": HEX, "value": HEX}}

What is signed is a line that says what it is, and the canonical bytes of all the rest.

Clause: 6.2.5.b.
"""

import json
from collections.abc import Mapping
from typing import Any

from yingbi.crypto.suite import NAMES, InvalidTagError, suite
from yingbi.domain.canonical_json import canonical
from yingbi.keys.installation import InstallationKey, fingerprint


class SignatureBrokenError(Exception):
    """A document that does not hold; the text says why."""


def signed(document: Mapping[str, Any], key: InstallationKey, purpose: bytes) -> dict[str, Any]:
    """Return the document with its signature. purpose: what is signed, in one line."""
    body = {name: value for name, value in document.items() if name != "signature"}
    value = key.sign(purpose + canonical(body)).hex()
    return body | {"signature": {"suite": key.suite.name, "key": key.public.hex(), "value": value}}


def without_signature(document: Any, purpose: bytes) -> tuple[dict[str, Any], str]:
    """Return what was signed, and the fingerprint of the key that did it.

    Raises: SignatureBrokenError; LibraryMissingError for the suite "sm" without libgcrypt.
    """
    if not isinstance(document, dict) or not isinstance(document.get("signature"), dict):
        raise SignatureBrokenError("it is not signed")
    body = {name: value for name, value in document.items() if name != "signature"}
    signature = document["signature"]
    if signature.get("suite") not in NAMES:
        raise SignatureBrokenError("its signature is of an unknown kind")
    of_suite = suite(signature["suite"])
    try:
        public, value = bytes.fromhex(signature["key"]), bytes.fromhex(signature["value"])
        of_suite.verify(public, value, purpose + canonical(body))
    except (InvalidTagError, ValueError, TypeError, KeyError, RecursionError):
        raise SignatureBrokenError("its signature is wrong") from None
    return body, fingerprint(of_suite, public)


def parsed(content: bytes) -> Any:
    """Return what the bytes mean as JSON. Raises: SignatureBrokenError where that is not one thing."""
    try:
        return json.loads(content, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise SignatureBrokenError("it is no JSON that has one meaning") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that stands twice: readers differ in which one they take."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found

"""Reports that are signed by the installation, and how anybody checks one.

    {..., "signature": {"suite": "intl", "key": HEX, "value": HEX}}

What is signed is a line that says what it is, and the canonical bytes of all the rest.

Clause: 6.2.5.b.
"""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from yingbi.crypto.suite import NAMES, InvalidTagError, suite
from yingbi.domain.canonical_json import canonical
from yingbi.domain.report_errors import ReportBrokenError, ReportKeyUnknownError
from yingbi.errors import NoSuchInputError, UnreadableInputError
from yingbi.keys.installation import InstallationKey, fingerprint, known_key

REPORT, LINE = b"yingbi mask report 2\n", b"yingbi mask journal 2\n"
"""What a signature is of; one of the one kind is never taken for one of the other."""
MOST_BYTES = 1 << 30


def signed(document: Mapping[str, Any], key: InstallationKey, purpose: bytes) -> dict[str, Any]:
    """Return the document with its signature."""
    body = {name: value for name, value in document.items() if name != "signature"}
    value = key.sign(purpose + canonical(body)).hex()
    return body | {"signature": {"suite": key.suite.name, "key": key.public.hex(), "value": value}}


def check_signature(document: Any, purpose: bytes, path: Path) -> tuple[dict[str, Any], str]:
    """Return the document without its signature, and the fingerprint of the key that signed.

    Raises: ReportBrokenError; LibraryMissingError for the suite "sm" without libgcrypt.
    """
    if not isinstance(document, dict) or not isinstance(document.get("signature"), dict):
        raise ReportBrokenError(path=path, reason="it is no signed report")
    body = {name: value for name, value in document.items() if name != "signature"}
    signature = document["signature"]
    if signature.get("suite") not in NAMES:
        raise ReportBrokenError(path=path, reason="its signature is of an unknown kind")
    of_suite = suite(signature["suite"])
    try:
        public, value = bytes.fromhex(signature["key"]), bytes.fromhex(signature["value"])
        of_suite.verify(public, value, purpose + canonical(body))
    except (InvalidTagError, ValueError, TypeError, KeyError, RecursionError):
        raise ReportBrokenError(path=path, reason="its signature is wrong") from None
    return body, fingerprint(of_suite, public)


def read_json(path: Path) -> Any:
    """Return what the file holds. Raises: NoSuchInputError, UnreadableInputError, ReportBrokenError."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES)
    except FileNotFoundError:
        raise NoSuchInputError(path=path) from None
    except OSError as error:
        raise UnreadableInputError(path=path, reason=error.strerror) from None
    try:
        return json.loads(content, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise ReportBrokenError(path=path, reason="it is no JSON that has one meaning") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that stands twice: readers differ in which one they take."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def trusted_report(path: Path, home: Path, keys: Collection[str]) -> tuple[dict[str, Any], str]:
    """Return the report's content and its key's fingerprint, signed by somebody who is known.

    Known are this installation's own keys, and those of which the fingerprints are given.

    Raises: ReportBrokenError, ReportKeyUnknownError, and as `read_json` does.
    """
    body, signer = check_signature(read_json(path), REPORT, path)
    name = signer.partition(":")[0]
    own = known_key(home, name)
    known = {_plain(key) for key in keys} | ({own.fingerprint} if own else set())
    if signer not in known:
        raise ReportKeyUnknownError(path=path, fingerprint=signer)
    return body, signer


def _plain(key: str) -> str:
    return "".join(key.split()).lower()

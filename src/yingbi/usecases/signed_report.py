"""Reports that are signed by the installation, and how anybody checks one.

Clause: 6.2.5.b.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from yingbi.domain.report_errors import ReportBrokenError, ReportKeyUnknownError
from yingbi.errors import NoSuchInputError, UnreadableInputError
from yingbi.keys.installation import known_key
from yingbi.keys.signature import SignatureBrokenError, parsed, without_signature

REPORT, LINE = b"yingbi mask report 2\n", b"yingbi mask journal 2\n"
"""What a signature is of; one of the one kind is never taken for one of the other."""
MOST_BYTES = 1 << 30


def check_signature(document: Any, purpose: bytes, path: Path) -> tuple[dict[str, Any], str]:
    """Return the document without its signature, and the fingerprint of the key that signed.

    Raises: ReportBrokenError; LibraryMissingError for the suite "sm" without libgcrypt.
    """
    try:
        return without_signature(document, purpose)
    except SignatureBrokenError as broken:
        raise ReportBrokenError(path=path, reason=str(broken)) from None


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
        return parsed(content)
    except SignatureBrokenError as broken:
        raise ReportBrokenError(path=path, reason=str(broken)) from None


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

"""Signed notes, as C2SP describes them: a text, and who signed it, in lines a person can copy.

A key has a name and a short id, which tells its kind as well: Ed25519 is the
kind 1. SM2 has no number of its own there, so its kind is 255 with a name of
ours behind it; a reader who does not know that kind passes over its line.

Clause: 6.2.4.b.2-2.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from yingbi.crypto.suite import InvalidTagError, Suite

LARGEST = 1 << 20
_MOST_SIGNATURES = 100
_DASH = "— "
_ID_BYTES = 4
_KINDS = {"intl": b"\x01", "sm": b"\xffyingbi/sm2-sm3/1"}


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A public key by the name that it signs under: not empty, without spaces and plus signs."""

    name: str
    suite: Suite
    public_key: bytes

    def __post_init__(self) -> None:
        if not _is_name(self.name):
            raise ValueError("a key's name has neither spaces nor plus signs")

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that signature lines name the key by; SHA-256 in every suite."""
        return hashlib.sha256(self.name.encode() + b"\n" + self._typed).digest()[:_ID_BYTES]

    @property
    def text(self) -> str:
        """The key in one line: its name, id and bytes, joined by plus signs."""
        return f"{self.name}+{self.key_id.hex()}+{_to_base64(self._typed)}"

    @property
    def _typed(self) -> bytes:
        return _KINDS[self.suite.name] + self.public_key


def sign_note(text: str, key: NoteKey, sign: Callable[[bytes], bytes]) -> bytes:
    """Return the note: the text, an empty line, and one signature line.

    Raises: ValueError for a text that no note can hold: it must end with a line's end.
    """
    if not text.endswith("\n") or not _is_clean(text):
        raise ValueError("the text of a note is whole lines without control characters")
    signature = _to_base64(key.key_id + sign(text.encode()))
    return f"{text}\n{_DASH}{key.name} {signature}\n".encode()


def open_note(note: bytes, key: NoteKey) -> str:
    """Return the text of a note that this key signed. Lines of unknown keys are passed over.

    Raises: ValueError for what is no note; InvalidTagError where the key did not
        sign it, or a line under the key's name and id does not verify.
    """
    text, lines = _parted(note)
    found = [(name, signature) for name, signature in map(_signature, lines)]
    own = [raw[_ID_BYTES:] for name, raw in found if (name, raw[:_ID_BYTES]) == _named(key)]
    if not own:
        raise InvalidTagError
    for signature in own:
        key.suite.verify(key.public_key, signature, text.encode())
    return text


def _named(key: NoteKey) -> tuple[str, bytes]:
    return key.name, key.key_id


def _parted(note: bytes) -> tuple[str, list[str]]:
    """Return the text and the signature lines behind the last empty line."""
    if len(note) > LARGEST:
        raise ValueError("a note is not that long")
    whole = note.decode("utf-8")
    text, parting, signatures = whole.rpartition("\n\n")
    lines = signatures.removesuffix("\n").split("\n")
    if not parting or not whole.endswith("\n") or not _is_clean(whole):
        raise ValueError("it is no note")
    if len(lines) > _MOST_SIGNATURES:
        raise ValueError("it has too many signatures")
    return text + "\n", lines


def _signature(line: str) -> tuple[str, bytes]:
    """Return the name in one line, and the key's id with the signature behind it."""
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    raw = from_base64(encoded)
    if not line.startswith(_DASH) or not _is_name(name) or len(raw) <= _ID_BYTES:
        raise ValueError("it is no signature line")
    return name, raw


def from_base64(text: str) -> bytes:
    """Return the bytes, of which there is one spelling only; raises ValueError."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except binascii.Error as error:
        raise ValueError("it is no base64") from error
    if _to_base64(raw) != text:
        raise ValueError("it is no canonical base64")
    return raw


def _to_base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(c.isspace() for c in name)


def _is_clean(text: str) -> bool:
    return all(c >= " " or c == "\n" for c in text)

"""The key of this installation: it signs reports, and nothing else.

It is made at first use in the user's data folder, one for each suite, readable by its
owner alone. There is no passphrase: whoever can read the file can sign as this
installation, as whoever sits at the machine can run it. It opens nothing.

    "YBI1" | number of the suite (1) | length of the private key (2) | private | public

Clause: 6.2.5.b.
"""

import contextlib
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from yingbi.crypto.suite import InvalidTagError, Suite, suite
from yingbi.domain.report_errors import InstallationKeyError
from yingbi.errors import CannotCreateError

MAGIC = b"YBI1"
MOST_BYTES = 4096
FINGERPRINT_BYTES = 16
_PROBE = b"yingbi installation key"


@dataclass(frozen=True, slots=True)
class InstallationKey:
    """A pair of keys that signs reports. made: whether this call made it."""

    suite: Suite = field(repr=False)
    public: bytes
    private: bytes = field(repr=False)
    path: Path
    made: bool = False

    @property
    def fingerprint(self) -> str:
        """What people compare; see `fingerprint`."""
        return fingerprint(self.suite, self.public)

    def sign(self, message: bytes) -> bytes:
        """Return the signature of the message."""
        return self.suite.sign(self.private, message)


def fingerprint(of_suite: Suite, public: bytes) -> str:
    """Return the suite's name and half of the public key's digest: "intl:0f1e...", 32 digits."""
    return f"{of_suite.name}:{of_suite.hash(public)[:FINGERPRINT_BYTES].hex()}"


def known_key(home: Path, suite_name: str) -> InstallationKey | None:
    """Return the installation's key of that suite, or None where none was made yet.

    Raises: InstallationKeyError where others can read the file or it is no such key.
    """
    path = _place(home, suite_name)
    content = own_secret(path)
    if content is None:
        return None
    return _parsed(content, suite(suite_name), path)


def own_secret(path: Path) -> bytes | None:
    """Return what a file of secrets holds, at most MOST_BYTES and one; None where there is none.

    Raises: InstallationKeyError where others can read it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InstallationKeyError(path=path, reason=error.strerror) from None
    with os.fdopen(descriptor, "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise InstallationKeyError(path=path, reason="others can read it; chmod 600 it")
        return file.read(MOST_BYTES + 1)


def installation_key(home: Path, suite_name: str) -> InstallationKey:
    """Return the installation's key of that suite, made now where there was none.

    Two processes that make it at the same time end with the same one.

    Raises: as `known_key` does; CannotCreateError; LibraryMissingError.
    """
    known = known_key(home, suite_name)
    if known is not None:
        return known
    cipher, path = suite(suite_name), _place(home, suite_name)
    private, public = cipher.new_signer()
    content = MAGIC + bytes([cipher.code]) + len(private).to_bytes(2, "big") + private + public
    ours = write_once(path, content)
    if ours:
        return InstallationKey(cipher, public, private, path, made=True)
    theirs = known_key(home, suite_name)
    if theirs is None:
        raise InstallationKeyError(path=path, reason="it went away while it was read")
    return theirs


def write_once(path: Path, content: bytes) -> bool:
    """Give the file its name only when it is whole; return False where another was first.

    Raises: CannotCreateError.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _write_once(path, content)
    except OSError as error:
        raise CannotCreateError(path=path, reason=error.strerror) from None


def _write_once(path: Path, content: bytes) -> bool:
    temporary = path.with_name(f".{secrets.token_hex(8)}.part")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
            return True
        return False
    finally:
        temporary.unlink()


def _place(home: Path, suite_name: str) -> Path:
    return home / f"installation-{suite_name}.key"


def _parsed(content: bytes, cipher: Suite, path: Path) -> InstallationKey:
    head = len(MAGIC) + 3
    private_bytes = int.from_bytes(content[head - 2 : head], "big")
    private = content[head : head + private_bytes]
    public = content[head + private_bytes :]
    whole = content[: head - 2] == MAGIC + bytes([cipher.code]) and len(private) == private_bytes
    if not whole or not public or len(content) > MOST_BYTES:
        raise InstallationKeyError(path=path, reason="it is no key of an installation")
    key = InstallationKey(cipher, public, private, path)
    try:
        cipher.verify(public, key.sign(_PROBE), _PROBE)
    except (InvalidTagError, ValueError):
        raise InstallationKeyError(
            path=path, reason="its two halves do not belong together"
        ) from None
    return key

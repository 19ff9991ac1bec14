"""From global options to settings and the passphrase."""

import getpass
import os
import stat
import sys
from pathlib import Path
from typing import Any, BinaryIO

from yingbi.domain.messages import say, use_language
from yingbi.domain.settings import Settings
from yingbi.errors import (
    NoPassphraseError,
    PassphraseFileOpenError,
    UnreadableInputError,
    UsageError,
)

LONGEST_PASSPHRASE = 4096


def settings_of(obj: dict[str, Any], **options: Any) -> Settings:
    """Return the settings in force for this command."""
    from yingbi.bootstrap import load_settings

    given = {"lang": obj.get("lang"), "vault": obj.get("vault")} | options
    settings = load_settings(given, obj.get("config_file"))
    if settings["lang"]:
        use_language(settings["lang"])  # a file may ask for one; help was printed before it is read
    return settings


def vault_dir(settings: Settings) -> Path:
    """Return the vault's folder; UsageError where none is named."""
    if not settings["vault"]:
        raise UsageError(problem=say("Name the vault: 'yingbi --vault DIR ...' or YINGBI_VAULT."))
    return home_filled_in(settings["vault"])


def passphrase(obj: dict[str, Any], settings: Settings, *, twice: bool = False) -> bytes:
    """Return the passphrase from --passphrase-fd, its file, or the terminal; in that order.

    One line end behind it is not part of it.

    Raises: NoPassphraseError, PassphraseFileOpenError, UnreadableInputError, UsageError.
    """
    if obj.get("passphrase_fd") is not None:
        return _from_descriptor(obj["passphrase_fd"])
    if settings["passphrase_file"]:
        return _from_file(home_filled_in(settings["passphrase_file"]))
    if not sys.stdin.isatty():
        raise NoPassphraseError
    first = getpass.getpass(say("Passphrase of the vault: "))
    if twice and getpass.getpass(say("The same again: ")) != first:
        raise UsageError(problem=say("The two passphrases differ."))
    return first.encode("utf-8", "surrogateescape")


def new_passphrase(descriptor: int | None) -> bytes:
    """Return a new passphrase from the descriptor, else twice from the terminal.

    Raises: NoPassphraseError, UnreadableInputError, UsageError.
    """
    if descriptor is not None:
        return _from_descriptor(descriptor)
    if not sys.stdin.isatty():
        raise NoPassphraseError
    first = getpass.getpass(say("New passphrase: "))
    if getpass.getpass(say("The same again: ")) != first:
        raise UsageError(problem=say("The two passphrases differ."))
    return first.encode("utf-8", "surrogateescape")


def shares_from(path: Path | None) -> list[str]:
    """Return recovery shares, one a line, from a file that nobody else reads, or standard input.

    Shares are never arguments: others on the machine see those.

    Raises: PassphraseFileOpenError, UnreadableInputError, UsageError.
    """
    if path is not None:
        text = _from_file(path)
    else:
        if sys.stdin.isatty():
            sys.stderr.write(say("Recovery shares, one a line; an empty line ends them:") + "\n")
        text = b"".join(iter(_line, b""))
    return text.decode("utf-8", "replace").splitlines()


def _line() -> bytes:
    """Return a line of standard input, empty at its end and, from a person, at an empty line."""
    given = sys.stdin.buffer.readline(LONGEST_PASSPHRASE)
    return b"" if sys.stdin.isatty() and not given.strip() else given


def home_filled_in(text: str) -> Path:
    """Return the path with a leading ~ filled in."""
    try:
        return Path(text).expanduser()
    except RuntimeError:  # "~name" of nobody
        return Path(text)


def _from_descriptor(number: int) -> bytes:
    try:
        with os.fdopen(number, "rb", closefd=False) as file:
            return _read(file)
    except (OSError, ValueError, OverflowError, TypeError) as error:
        reason = getattr(error, "strerror", None) or say("it is no open descriptor")
        raise UnreadableInputError(path=f"fd {number}", reason=reason) from error


def _from_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):  # nobody should chmod /dev/null
                raise UnreadableInputError(path=path, reason=say("it is a device"))
            if mode & 0o077:
                raise PassphraseFileOpenError(path=path)
            return _read(file)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or say("its name is no path")
        raise UnreadableInputError(path=path, reason=reason) from error


def _read(file: BinaryIO) -> bytes:
    given = file.read(LONGEST_PASSPHRASE + 3)
    given = given.removesuffix(b"\n").removesuffix(b"\r")
    if len(given) > LONGEST_PASSPHRASE:
        raise UsageError(
            problem=say("The passphrase is longer than {most} bytes.", most=LONGEST_PASSPHRASE)
        )
    return given

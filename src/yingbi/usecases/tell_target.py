"""Who is told of an event, and how: a command of theirs, or an address that `apprise` knows.

Nothing of a target but its kind is ever printed, since addresses hold passwords.
"""

import logging
import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Protocol

from yingbi.domain.live_errors import TellRefusedError
from yingbi.domain.messages import listed, say
from yingbi.domain.notice import Notice
from yingbi.domain.record import EVENTS
from yingbi.errors import LibraryMissingError

COMMAND_S = 10.0
APART = "://"


class Target(Protocol):
    """Somebody who is told. name: its kind, without anything secret."""

    @property
    def name(self) -> str:
        """What may be shown of it."""

    def send(self, notice: Notice) -> bool:
        """Tell them, and return whether that was done."""


@dataclass(frozen=True, slots=True)
class CommandTarget:
    """A program of the user, run without a shell, and ended after `COMMAND_S`."""

    words: tuple[str, ...] = field(repr=False)
    timeout_s: float = COMMAND_S

    @property
    def name(self) -> str:
        """The program without its folder and without what it is given."""
        return PurePath(self.words[0]).name

    def send(self, notice: Notice) -> bool:
        """Run it with the notice in its environment; true where it ends with status 0."""
        quiet = subprocess.DEVNULL
        try:
            process = subprocess.Popen(
                self.words,
                env=_environment(os.environ, notice),
                stdin=quiet,
                stdout=quiet,
                stderr=quiet,
                start_new_session=True,
            )
        except (OSError, ValueError):  # also words that this machine's locale cannot write
            return False
        try:
            return process.wait(self.timeout_s) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            if process.poll() is None:
                _end_group(process)


@dataclass(frozen=True, slots=True)
class AddressTarget:
    """An address that `apprise` tells. scheme: all of it that may be shown."""

    scheme: str
    sender: Any = field(repr=False)

    @property
    def name(self) -> str:
        """The kind of address."""
        return self.scheme + APART

    def send(self, notice: Notice) -> bool:
        """Tell by the network; nothing is attached."""
        try:
            return bool(self.sender.notify(title=notice.headline, body=notice.text))
        except Exception:  # noqa: BLE001 whatever a service does, it was not told
            return False


@dataclass(frozen=True, slots=True)
class Order:
    """One --on: which event, and who is told of it."""

    event: str
    target: Target


def order_of(given: str) -> Order:
    """Return what EVENT=TARGET means; a target with "://" in it is an address, else a command.

    Raises: TellRefusedError, LibraryMissingError.
    """
    event, equals, target = given.partition("=")
    if event not in EVENTS or not equals:
        known = listed(EVENTS)
        shown = event if event in EVENTS else "..."
        reason = say(
            "it is EVENT=COMMAND or EVENT=ADDRESS, and an event is one of {known}", known=known
        )
        raise TellRefusedError(given=shown, reason=reason)
    made = _address(event, target) if APART in target else _command(event, target)
    return Order(event, made)


def _command(event: str, text: str) -> CommandTarget:
    try:
        words = tuple(shlex.split(text))
    except ValueError:
        reason = say("the quotes of its command do not match")
        raise TellRefusedError(given=event, reason=reason) from None
    if not words or shutil.which(words[0]) is None:
        raise TellRefusedError(given=event, reason=say("there is no such command"))
    return CommandTarget(words)


def _address(event: str, text: str) -> AddressTarget:
    try:
        from apprise import Apprise, AppriseAsset, PersistentStoreMode
    except ImportError:
        cost = say("nobody can be told by an address")
        raise LibraryMissingError(
            library="apprise", cost=cost, command="pip install yingbi[notify]"
        ) from None
    _silence()
    asset = AppriseAsset(
        app_id="Yingbi",
        app_desc="Yingbi",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        image_path_mask="",
        storage_mode=PersistentStoreMode.MEMORY,
        secure_logging=True,
        async_mode=False,
    )
    sender = Apprise(asset=asset)
    scheme = text.partition(APART)[0]
    shown = scheme if scheme.isalnum() else "..."
    if not sender.add(text):
        given, reason = (
            f"{event}={shown}{APART}",
            say("there is no such kind of address, or a part of it is missing"),
        )
        raise TellRefusedError(given=given, reason=reason)
    return AddressTarget(shown, sender)


def _silence() -> None:
    """Keep the words of the libraries off every log: they hold addresses."""
    for name in ("apprise", "urllib3", "requests"):
        log = logging.getLogger(name)
        log.handlers, log.propagate = [logging.NullHandler()], False


def _environment(given: Mapping[str, str], notice: Notice) -> dict[str, str]:
    """Return what a command is told by; nothing else of ours is handed on."""
    kept = {name: value for name, value in given.items() if not name.startswith("YINGBI_")}
    return kept | {
        "YINGBI_EVENT": notice.event.event,
        "YINGBI_TIME": notice.at.isoformat(timespec="seconds"),
        "YINGBI_SUBJECT": notice.subject,
        "YINGBI_CAMERA": notice.camera,
        "YINGBI_TEXT": notice.text,
    }


def _end_group(process: "subprocess.Popen[bytes]") -> None:
    """End a command with all that it has started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()

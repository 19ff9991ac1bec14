"""How the demo tells its story: it runs the real command, shows what it answers, and checks it."""

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from yingbi.domain.messages import say

COMMAND = Path(sys.executable).with_name("yingbi")
LINES_SHOWN = 6
LINE_SHOWN = 220
BOLD, FAINT, GREEN, PLAIN = "\033[1m", "\033[2m", "\033[32m", "\033[0m"


class StoryError(Exception):
    """A step gave something else than the story says."""


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Ran:
    """A command as a user would type it, and the lines of its answer that are shown."""

    line: str
    answer: str


@dataclass(frozen=True, slots=True)
class Proof:
    """A claim that was checked a moment ago."""

    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture beside the page."""

    file: str
    caption: str


@dataclass(slots=True)
class Chapter:
    """One step of the story."""

    title: str
    pieces: list[Words | Ran | Proof | Picture] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command gave back."""

    status: int
    out: str
    err: str


class Story:
    """Prints each piece as it happens and keeps it for the page."""

    def __init__(self, folder: Path, language: str, passphrase: Path) -> None:
        """Start without a chapter; folder: where pictures lie; passphrase: its file.

        Its `environment` is what commands are told beside the user's own.
        """
        self.folder, self.chapters = folder, list[Chapter]()
        self.environment = dict[str, str]()
        self.passphrase = passphrase
        self._language = language
        self._coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def chapter(self, title: str) -> None:
        """Begin the next step."""
        self.chapters.append(Chapter(title))
        self._print(f"\n{len(self.chapters)}. {title}", BOLD)

    def tell(self, text: str) -> None:
        """Say something in plain words."""
        self.chapters[-1].pieces.append(Words(text))
        print(f"   {text}")

    def show(self, line: str, answer: str) -> None:
        """Show a command and what it answered."""
        shown = _shortened(answer)
        self.chapters[-1].pieces.append(Ran(line, shown))
        self._print(f"   $ {line}", FAINT)
        for row in shown.splitlines():
            print(f"     {row}")

    def picture(self, file: str, caption: str) -> None:
        """Name a picture that was written into the folder."""
        self.chapters[-1].pieces.append(Picture(file, caption))
        print(f"   -> {shown_path(self.folder / file)}: {caption}")

    def proven(self, claim: str, *, holds: bool) -> None:
        """Say a claim that was checked; StoryError where it does not hold."""
        if not holds:
            raise StoryError(claim)
        self.chapters[-1].pieces.append(Proof(claim))
        self._print(f"   ✓ {claim}", GREEN)

    def run(
        self,
        *arguments: str | Path,
        status: int = 0,
        code: str | None = None,
        passphrase: Path | None = None,
        nobody: bool = False,
        pick: Sequence[str] = (),
    ) -> Answer:
        """Run `yingbi`, show it, and return its answer.

        status, code: what it must end with. passphrase: another file than the owner's.
        nobody: run it without any passphrase.
        pick: show only lines that hold one of these words.
        Raises: StoryError where it ends otherwise.
        """
        words = [shown_path(a) if isinstance(a, Path) else a for a in arguments]
        environment = (
            os.environ
            | self.environment
            | {
                "YINGBI_LANG": self._language,
                "YINGBI_PASSPHRASE_FILE": str(passphrase or self.passphrase),
            }
        )
        environment.pop("YINGBI_VAULT", None)
        if nobody:
            environment.pop("YINGBI_PASSPHRASE_FILE")
        done = subprocess.run(
            [COMMAND, *map(str, arguments)],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        answer = Answer(done.returncode, done.stdout.decode(), done.stderr.decode())
        text = answer.out + answer.err
        rows = [r for r in text.splitlines() if not pick or any(word in r for word in pick)]
        told = "" if status == 0 else "\n" + say("(exit status {status})", status=answer.status)
        prefix = "" if passphrase is None else f"YINGBI_PASSPHRASE_FILE={shown_path(passphrase)} "
        prefix = "env -u YINGBI_PASSPHRASE_FILE " if nobody else prefix
        self.show(prefix + shlex.join(["yingbi", *words]), "\n".join(rows) + told)
        if answer.status != status or (code is not None and f"[{code}]" not in answer.err):
            wanted = f"{status} {code or ''}".strip()
            raise StoryError(f"'{words[0]}': {answer.status} != {wanted}\n{answer.err}")
        return answer

    def _print(self, text: str, colour: str) -> None:
        print(f"{colour}{text}{PLAIN}" if self._coloured else text, flush=True)


def shown_path(path: Path) -> str:
    """Return the path as a user here would type it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def give_up(text: str) -> NoReturn:
    """End the demo, saying why."""
    print(f"\n✗ {text}", file=sys.stderr)
    sys.exit(1)


def _shortened(text: str) -> str:
    rows = [r if len(r) <= LINE_SHOWN else r[:LINE_SHOWN] + " ..." for r in text.splitlines()]
    rows = [row for row in rows if row.strip()]
    if len(rows) <= LINES_SHOWN * 2:
        return "\n".join(rows)
    left = say("... {n} more lines ...", n=len(rows) - LINES_SHOWN)
    return "\n".join([*rows[: LINES_SHOWN - 1], left, rows[-1]])

"""One user's folders, apart from those of all others, and the command run in them and watched."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from leak_scan import Finding, Trail, files_of, scan
from leak_trace import Trace, traced
from networks import models_dir

PASSPHRASE = "a seeded passphrase 4711"
PLACES = ("vault", "tmp", "cache", "home")
SHARED_INDEX = ".db-shm"
"""SQLite's index of a write-ahead log is shared memory: page numbers and checksums, no content."""


@dataclass(frozen=True)
class Answer:
    """What a command gave back; bytes, since an original might come out where none may."""

    status: int
    out: bytes
    err: str


@dataclass(frozen=True)
class Lair:
    """Folders that one user's Yingbi may know of, and what lies outside of them."""

    root: Path

    def __post_init__(self) -> None:
        for name in (*PLACES, "data", "outside"):
            (self.root / name).mkdir(parents=True)
        (self.outside / "passphrase").write_text(PASSPHRASE + "\n")
        (self.outside / "passphrase").chmod(0o600)

    @property
    def outside(self) -> Path:
        """Where the film, the passphrase and what is opened lie; not searched."""
        return self.root / "outside"

    @property
    def vault(self) -> Path:
        return self.root / "vault"

    @property
    def searched(self) -> list[Path]:
        return [self.root / name for name in (*PLACES, "data")]

    @property
    def environment(self) -> dict[str, str]:
        kept = ("YINGBI_", "LC_", "LANG", "XDG_", "ORT_")
        return {k: v for k, v in os.environ.items() if not k.startswith(kept)} | {
            "LANG": "C.UTF-8",
            "HOME": str(self.root / "home"),
            "TMPDIR": str(self.root / "tmp"),
            "XDG_CACHE_HOME": str(self.root / "cache"),
            "XDG_DATA_HOME": str(self.root / "data"),
            "YINGBI_VAULT": str(self.vault),
            "YINGBI_PASSPHRASE_FILE": str(self.outside / "passphrase"),
            "YINGBI_MODELS_DIR": str(models_dir()),
            "YINGBI_DETECT_SIZE": "320",  # as wide as the films here; more only takes longer
            # An installed Python has its bytecode; one from a source tree would write it now.
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def ask(self, *arguments: object, **environment: str) -> Answer:
        """Run the command and return its answer."""
        done = subprocess.run(
            [sys.executable, "-m", "yingbi", *map(str, arguments)],
            env=self.environment | environment, cwd=self.root / "home",
            stdin=subprocess.DEVNULL, capture_output=True, check=False,
        )  # fmt: skip
        answer = Answer(done.returncode, done.stdout, done.stderr.decode())
        assert "Traceback" not in answer.err, answer.err
        return answer

    def run(self, *arguments: object) -> str:
        """Run a command that must succeed; return what it printed."""
        answer = self.ask(*arguments)
        assert answer.status == 0, (arguments, answer)
        return answer.out.decode()

    def traced(self, *command: object) -> Trace:
        logs = self.root / f"strace-{uuid4().hex}"
        trace = traced(command, environment=self.environment, here=self.root / "home", logs=logs)
        assert trace.status == 0, trace.err
        return trace

    def holds(self, path: str | Path) -> bool:
        return Path(path).is_relative_to(self.vault)

    def strays(self, trace: Trace) -> list[str]:
        """Return every way in which something was, or could have been, put outside the vault.

        Not counted: the pipes of standard output and error, which end in this test.
        """
        found = [f"{call} {path}" for call, path in trace.touched() if not self.holds(path)]
        found += [
            place
            for place in trace.written()
            if not self.holds(place.removeprefix("written: ")) and not _is_output(place)
        ]
        found += [
            f"shared memory of {path}"
            for path in trace.mapped()
            if not (self.holds(path) and path.endswith(SHARED_INDEX))
        ]
        return found + trace.unseen()

    def leaks(self, trail: Trail, trace: Trace) -> list[Finding]:
        """Return what is found in all that is there, and in all that ever was written."""
        written = {p: data for p, data in trace.written().items() if not _is_output(p)}
        return scan(trail, files_of(self.searched) | written, print)


def _is_output(place: str) -> bool:
    return place.startswith(("written: descriptor 1, pipe:", "written: descriptor 2, pipe:"))

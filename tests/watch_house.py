"""A watched folder: programs that work on it and die, and the promises that it is held to."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av

from yb import Yingbi
from yingbi.keys.installation import installation_key
from yingbi.pipeline.engine import Sight
from yingbi.usecases.evidence import identity
from yingbi.usecases.mask import MaskOptions
from yingbi.usecases.signed_report import trusted_report
from yingbi.usecases.watch import Watcher, watch_once
from yingbi.usecases.watch_mask import MaskWork
from yingbi.usecases.watch_memory import Memory, State, opened_memory
from yingbi.usecases.watch_work import Work

MEDIA = {".mp4", ".jpg", ".png"}
OWN = ("reports", "quarantine", "earlier")
DIED, ENDED = 42, 43

BLIND = Sight(finders=(), hold_s=0.5, grow=0.25, crf=28, threads=1, preset="ultrafast")
"""Looks for nothing, so that no network need be loaded; all else is as it is."""


class Silent:
    """A face that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.found = []

    def progress(self):
        from contextlib import nullcontext

        from yingbi.domain.report import Quiet

        return nullcontext(Quiet())

    def done(self, done) -> None:
        self.found.append(done)

    def waits(self, error) -> None:
        self.lines.append(error.code)

    def tell(self, line: str) -> None:
        self.lines.append(line)


def masking(root: Path, *, removes: bool = False, sight: Sight = BLIND) -> MaskWork:
    """Return the work of masking into `root/out`, signed by a key in `root/home`."""
    out = root / "out"
    key = installation_key(root / "home", "intl")
    options = MaskOptions(noted=True, root=out)
    return MaskWork(out, options, sight, key, {"version": 2}, removes=removes)


def to_the_end(
    folder: Path, state: Path, work: Callable[[Memory], Work], *, left: int = 0, **given
) -> Silent:
    """Watch once, with so many files left for the next time."""
    face = Silent()
    with opened_memory(state) as memory:
        watcher = Watcher(folder, memory, work(memory), face, settle_s=0, **given)
        assert watch_once(watcher, every_s=0, settle_s=0) == left
    return face


# --- dying at a boundary -------------------------------------------------------------------------


def dies(work: Callable[[], object], number: int | None) -> int:
    """Do the work in a child that dies before its nth step on the disk; return how many it took.

    A step is a file put on the disk, a name given, or a name taken away.
    """
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            step = Step(number)
            work()
            os.write(writes, str(step.count).encode())
            status = ENDED
        finally:
            os._exit(status)
    os.close(writes)
    with os.fdopen(reads, "rb") as source:
        told = source.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status == (ENDED if number is None else DIED)
    return int(told or b"0")


class Step:
    """Counts the steps of this process, and ends it before one of them as `kill -9` would."""

    def __init__(self, fatal: int | None) -> None:
        self.count, self._fatal = 0, fatal
        self._sync = os.fsync
        os.fsync = self._synced
        sys.addaudithook(self._audited)

    def _cross(self) -> None:
        if self.count == self._fatal:
            os._exit(DIED)
        self.count += 1

    def _synced(self, descriptor: int) -> None:
        self._cross()
        self._sync(descriptor)

    def _audited(self, event: str, _arguments: object) -> None:
        if event in ("os.rename", "os.remove"):
            self._cross()


# --- what must hold ------------------------------------------------------------------------------


def frames(path: Path) -> int:
    """Return how many frames a film or picture decodes to, to its very end."""
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def outputs(out: Path) -> dict[str, Path]:
    """Return what anybody takes for a finished copy, by its place."""
    found = [path for path in out.rglob("*") if path.suffix in MEDIA and path.name[0] != "."]
    places = {path.relative_to(out).as_posix(): path for path in found if path.is_file()}
    return {name: path for name, path in places.items() if name.split("/")[0] not in OWN}


def nothing_half(out: Path, expected: dict[str, int]) -> None:
    """Every copy that is to be seen is whole, and is one that is expected."""
    found = outputs(out)
    assert found.keys() <= expected.keys(), found.keys() - expected.keys()
    assert {name: frames(path) for name, path in found.items()} == {
        name: expected[name] for name in found
    }


def all_once(root: Path, home: Path, expected: dict[str, int], state: Path | None = None) -> None:
    """Each input has one whole copy, a report that holds, and nothing else lies about."""
    out = root / "out"
    nothing_half(out, expected)
    assert outputs(out).keys() == expected.keys()
    for name, path in outputs(out).items():
        body, _ = trusted_report(out / "reports" / f"{name}.json", home, ())
        (entry,) = body["inputs"]
        assert entry["place"] == name
        assert entry["written"] == identity(path).to_json()
        assert entry["input"] == identity(root / "in" / name).to_json()
    left = [path for path in out.rglob("*") if path.suffix in (".part", ".journal", ".quarantine")]
    assert left == []
    with opened_memory(state or out / ".yingbi-watch") as memory:
        assert {place.as_posix() for place in memory.of(State.DONE)} == expected.keys()
        assert memory.of(State.BEGUN, State.LEAVING) == {}


# --- the command ---------------------------------------------------------------------------------

QUICK = {"YINGBI_MODELS_RUNTIME": "onnxruntime"}
"""A home of its own would measure first which runtime is fastest."""


def command(home: Path, **environment: str) -> Yingbi:
    """Return the command in a home of its own, as quick to start as it can be."""
    return Yingbi(home, **QUICK, **environment)


@dataclass
class Running:
    """`yingbi watch` at work."""

    process: subprocess.Popen[str]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def line(self) -> dict:
        """Return what it says next."""
        text = self.process.stdout.readline()
        assert text, self.process.communicate()
        return json.loads(text)

    def said_of(self, *words: str) -> str:
        """Return the next line beside the output in which one of the words stands."""
        while text := self.process.stderr.readline():
            if any(word in text for word in words):
                return text
        raise AssertionError(words)

    def end(self, how: int = signal.SIGTERM) -> tuple[int, str, str]:
        """End it; return its status and what it still said."""
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err


def started(yingbi: Yingbi, *arguments: object) -> Running:
    """Start `yingbi watch ... --json`, looking often."""
    call = [sys.executable, "-m", "yingbi", "watch", *map(str, arguments), "--json"]
    pipe = subprocess.PIPE
    given = {"env": yingbi.environment, "cwd": yingbi.home, "stdout": pipe, "stderr": pipe}
    return Running(subprocess.Popen([*call, "--every", "0.1"], text=True, **given))

"""Processes of the command that need not read its modules in first.

Reading them in takes most of the time of a short command. So one process reads all of them in,
and waits; each command is a child of it. A child has a memory, descriptors, an environment and an
end of its own, as a process that a user starts. What differs, and is left to real ones: that
modules are read in as they are needed, and what Python and the C library take from the
environment at their start.
"""

import atexit
import gc
import importlib
import json
import os
import pkgutil
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Lock, Thread

LIBRARIES = ("PIL.ImageOps", "alembic.command", "av", "cv2", "onnxruntime", "openvino", "uvicorn")
"""What commands read in when they come to it."""

AT_START = ("PYTHON", "LC_", "LANG", "LD_", "MALLOC_", "TZ", "OMP_", "GLIBC_")
"""How the names begin that count at the start of a process and not later."""

LARGEST = 1 << 17  # bytes of a request: arguments and environment


def as_here(environment: Mapping[str, str]) -> bool:
    """Return whether a process with this environment would start as this one did."""
    ours = {name: value for name, value in _ours().items() if name.startswith(AT_START)}
    return ours == {n: value for n, value in environment.items() if n.startswith(AT_START)}


def _ours() -> dict[str, str]:
    """Return our environment in the language of the tests, whatever an earlier test left there."""
    kept = {n: value for n, value in os.environ.items() if not n.startswith(("LC_", "LANG"))}
    return kept | {"LANG": "C.UTF-8"}


def run(
    arguments: Sequence[str], environment: Mapping[str, str], here: Path, stdin: str | None
) -> tuple[int, str, str]:
    """Run the command in a child of the process that waits; return its status and output.

    arguments: without the program's name. stdin: what it reads; None for nothing but ours.
    """
    request = json.dumps([list(arguments), dict(environment), str(here)]).encode()
    assert len(request) <= LARGEST, "a request too long for one message"
    pipes = [os.pipe() for _ in range(2)]
    ends: list[int] = [one[1] for one in pipes]
    if stdin is None:
        ends.insert(0, os.dup(0))
    else:
        reading, writing = os.pipe()
        ends.insert(0, reading)
        _start(_write, writing, stdin.encode())
    out: list[list[bytes]] = [[], []]
    readers = [_start(_read, pipe[0], kept) for pipe, kept in zip(pipes, out, strict=True)]
    waiting = _waiting()
    with waiting.lock:
        socket.send_fds(waiting.control, [request], ends)
        for end in ends:
            os.close(end)
        status = json.loads(waiting.control.recv(64))
    for reader in readers:
        reader.join()
    first, second = (b"".join(kept).decode() for kept in out)
    return status, first, second


def _start(target, *arguments) -> Thread:
    thread = Thread(target=target, args=arguments, daemon=True)
    thread.start()
    return thread


def _write(end: int, content: bytes) -> None:
    with suppress(BrokenPipeError), os.fdopen(end, "wb") as file:
        file.write(content)


def _read(end: int, kept: list[bytes]) -> None:
    with os.fdopen(end, "rb") as file:
        kept.append(file.read())


class Waiting:
    """The process that has read everything in. control: the end of ours on which it is asked."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.control, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(its.fileno())],
                env=_ours(),
                pass_fds=[its.fileno()], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
        atexit.register(self.end)

    def end(self) -> None:
        """Let it go, and wait until it is gone."""
        self.control.close()
        self._process.communicate()


@cache
def _waiting() -> Waiting:
    return Waiting()


def _read_all_in() -> set[str]:
    """Read in what any command might; return the names that this put into the environment.

    Not the steps of a database from one form to the next: Alembic reads each in when it goes.
    """
    before = set(os.environ)
    import yingbi

    for module in pkgutil.walk_packages(yingbi.__path__, "yingbi."):
        if not module.name.endswith("__main__") and "_steps." not in module.name:
            importlib.import_module(module.name)
    for name in ("yingbi.__main__", *LIBRARIES):  # after ours, which say how theirs shall behave
        importlib.import_module(name)
    return set(os.environ) - before


def _wait(control: socket.socket) -> tuple[list[str], dict[str, str], str] | None:
    """Make a child for every request. Return its request in a child, nothing at the end."""
    while True:
        request, ends, _, _ = socket.recv_fds(control, LARGEST, 3)
        if not request:
            return None
        child = os.fork()
        if child == 0:
            control.close()
            for number, end in enumerate(ends):
                os.dup2(end, number)
                os.close(end)
            return json.loads(request)
        for end in ends:
            os.close(end)
        _, status = os.waitpid(child, 0)
        control.send(json.dumps(os.waitstatus_to_exitcode(status)).encode())


def _serve(control: socket.socket) -> None:
    added = _read_all_in()
    gc.collect()
    gc.freeze()
    asked = _wait(control)
    if asked is None:
        return
    arguments, environment, here = asked
    kept = {name: os.environ[name] for name in added}
    os.environ.clear()
    os.environ.update(environment | kept)
    os.chdir(here)
    sys.argv = ["yingbi", *arguments]
    from yingbi.__main__ import main

    main()


if __name__ == "__main__":
    sys.path.pop(0)  # the folder of tests
    _serve(socket.socket(fileno=int(sys.argv[1])))

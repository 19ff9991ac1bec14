"""Run a command under strace and tell what it wrote, where, and by which other ways it could have.

Every byte handed to the kernel for a file is kept, so that what was unlinked, renamed
or overwritten afterwards can be searched like what is still there.
"""

import os
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

WRITES = {"write", "writev", "pwrite64", "pwritev", "pwritev2"}
MAKES = {
    "creat", "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat",
    "mkdir", "mkdirat", "mknod", "mknodat", "unlink", "unlinkat", "rmdir", "truncate",
    "setxattr", "lsetxattr",
}  # fmt: skip
UNSEEN = {
    "sendfile", "copy_file_range", "splice", "tee", "vmsplice", "io_uring_setup", "process_vm_writev",
    "socket", "shmget", "mq_open",
}  # fmt: skip
"""Calls that move bytes past this trace: to another file, process or machine."""
CLONES = re.compile(r"FICLONE|FIDEDUPE")
TRACED = ["%file", *WRITES, *sorted(UNSEEN), "memfd_create", "mmap", "ioctl"]

CALL = re.compile(r"(\d+\.\d+) (\w+)\((.*)\) += (-?\w+)")
ARGUMENT = re.compile(r'(AT_FDCWD|\d+)<([^<>]*)>|"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
NOWHERE = Path("/dev/null")
"""Keeps nothing of what is written to it."""
TO_WRITE = re.compile(r"O_(W[A-Z]+|RDWR|CREAT|TRUNC|APPEND|TMPFILE)")


@dataclass(frozen=True)
class Call:
    """One call into the kernel; `arguments` as strace prints them, all text in hex."""

    time: float
    name: str
    arguments: str = field(repr=False)
    result: str

    @property
    def descriptor(self) -> tuple[str, str]:
        """The first descriptor and what it names: a path, or "pipe:[7]"."""
        found = ARGUMENT.search(self.arguments)
        return (found[1], _plain(found[2])) if found and found[1] else ("", "")

    @property
    def texts(self) -> list[bytes]:
        """Every text among the arguments."""
        found = [match for match in ARGUMENT.finditer(self.arguments) if match[3] is not None]
        assert not any(match[4] for match in found), f"strace cut a text of {self.name} short"
        return [_octets(match[3]) for match in found]

    def paths(self, here: Path) -> list[Path]:
        """Every path among the arguments, made absolute."""
        folder, paths = here, []
        for match in ARGUMENT.finditer(self.arguments):
            if match[3] is None:
                folder = Path(_plain(match[2]))
            else:
                paths.append(Path(os.path.normpath(folder / os.fsdecode(_octets(match[3])))))
        return paths


@dataclass(frozen=True)
class Trace:
    """What a finished command did. here: the folder that it ran in."""

    calls: list[Call] = field(repr=False)
    here: Path
    status: int
    out: str
    err: str

    def touched(self) -> list[tuple[str, Path]]:
        """Return (call, path) wherever a file was opened for writing, made, moved or removed.

        Attempts that failed count too. A file without a name counts as its folder.
        """
        found = []
        for call in self.calls:
            opens = call.name in ("open", "openat", "openat2")
            if call.name in MAKES or (opens and TO_WRITE.search(call.arguments)):
                paths = call.paths(self.here)
                found += [(call.name, path) for path in paths if path != NOWHERE]
        return found

    def written(self) -> dict[str, bytes]:
        """Return what was written to each file, in the order of time, unlinked ones too."""
        streams: defaultdict[str, bytearray] = defaultdict(bytearray)
        for call in self.calls:
            if call.name in WRITES:
                number, name = call.descriptor
                place = name if name.startswith("/") else f"descriptor {number}, {name}"
                streams[place] += b"".join(call.texts)
        return {f"written: {place}": bytes(stream) for place, stream in streams.items()}

    def mapped(self) -> list[str]:
        """Return the files whose pages were shared for writing: what went there is not seen."""
        return [
            call.descriptor[1]
            for call in self.calls
            if call.name == "mmap"
            and "PROT_WRITE" in call.arguments
            and "MAP_SHARED" in call.arguments
            and call.descriptor[1]
        ]

    def unseen(self) -> list[str]:
        """Return the calls that could have moved bytes where this trace does not look."""
        return [
            f"{call.name}({call.arguments[:200]})"
            for call in self.calls
            if call.name in UNSEEN or (call.name == "ioctl" and CLONES.search(call.arguments))
        ]


def traced(
    command: Sequence[object], *, environment: Mapping[str, str], here: Path, logs: Path
) -> Trace:
    """Run the command to its end under strace and return its trace."""
    logs.mkdir()
    strace = ["strace", "-ff", "--seccomp-bpf", "-y", "-ttt", "-xx", "-s", str(1 << 26)]
    done = subprocess.run(
        [*strace, "-e", "trace=" + ",".join(TRACED), "-o", logs / "t", *map(str, command)],
        env=environment, cwd=here, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    calls = [call for log in logs.iterdir() for call in _calls(log)]
    assert calls, f"strace saw nothing: {done.stderr}"
    assert not any(call.name in ("chdir", "fchdir") for call in calls), "paths would be misread"
    calls.sort(key=lambda call: call.time)
    return Trace(calls, here, done.returncode, done.stdout, done.stderr)


def _calls(log: Path) -> Iterator[Call]:
    with log.open() as lines:
        for line in lines:
            if found := CALL.match(line):
                yield Call(float(found[1]), found[2], found[3], found[4])
            else:
                assert "+++" in line or "---" in line, (
                    f"a line of strace was not understood: {line[:200]}"
                )


def _octets(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def _plain(text: str) -> str:
    """Return a descriptor's name: hex where it is a path, else as it stands."""
    return re.sub(r"(?:\\x[0-9a-f]{2})+", lambda match: os.fsdecode(_octets(match[0])), text)

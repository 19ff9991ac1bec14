"""A disk that forgets, at a power cut, whatever nobody asked it to keep.

What is kept is learned from the calls of `os.fsync` themselves, not from what a
step says of itself: a file's bytes are those of its last sync, a folder's names
those of its own. From one run a picture of the folder is taken before each step,
in each of the ways in which a disk may forget:

    nothing   what was not synced never happened: neither names nor bytes
    names     every name is there, and bytes that were not synced are cut off
    gone      what was unlinked is gone, what was made or renamed is not there yet

SQLite's files are taken as they are: it is trusted to keep what it committed
with synchronous=FULL, and syncs through calls of its own.
"""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from test_vault_crash import Seam

WAYS = ("nothing", "names", "gone")
SECTOR = 512
Tree = dict[str, bytes | None]
"""Every file's bytes and every folder (None) by its path from the root."""


class PowerCut(Seam):
    """Takes the pictures while a command runs."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.pictures: list[tuple[int, str, Tree]] = []
        self._root, self._seen = root, set[bytes]()
        self._bytes: dict[int, bytes] = {}
        self._names: dict[int, dict[str, int]] = {}
        self._kept_open: dict[int, int] = {}  # an inode that is held is not given out again
        self._sync = os.fsync

    def __call__(self, name: str, *paths: Path) -> None:
        if self.armed:
            for way in WAYS:
                self._take(way, self._picture(way))
        super().__call__(name, *paths)

    @contextmanager
    def watching(self) -> Iterator["PowerCut"]:
        """Take everything that lies there now for kept, and hear of every sync from here on."""
        for path in (self._root, *self._root.rglob("*")):
            self._keep(path)
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(os, "fsync", self._synced)
                yield self
        finally:
            for descriptor in self._kept_open.values():
                os.close(descriptor)

    def _synced(self, descriptor: int) -> None:
        self._sync(descriptor)
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.is_relative_to(self._root):
            self._keep(path)

    def _keep(self, path: Path) -> None:
        number = self._hold(path)
        if path.is_dir():
            self._names[number] = {one.name: self._hold(one) for one in path.iterdir()}
        elif not _trusted(path.name):
            content = path.read_bytes()
            if self.armed and len(content) == len(old := self._bytes.get(number, b"")):
                self._tear(path, old, content)
            self._bytes[number] = content

    def _tear(self, path: Path, old: bytes, new: bytes) -> None:
        """Take pictures of an overwriting that reached the disk in part."""
        changed = [at for at in range(len(new)) if old[at] != new[at]]
        if not changed:
            return
        start, end = changed[0] // SECTOR, changed[-1] // SECTOR + 1
        name = str(path.relative_to(self._root))
        for cut in (*range(start + 1, end), None):
            for first, second in ((new, old), (old, new)):
                torn = b"".join(
                    (first if (n % 2 if cut is None else n < cut) else second)[
                        n * SECTOR : (n + 1) * SECTOR
                    ]
                    for n in range(-(-len(new) // SECTOR))
                )
                self._take("torn", self._picture("nothing") | {name: torn})

    def _hold(self, path: Path) -> int:
        number = path.stat().st_ino
        if number not in self._kept_open:
            self._kept_open[number] = os.open(path, os.O_RDONLY)
        return number

    def _take(self, way: str, tree: Tree) -> None:
        digest = sha256(repr(sorted(tree.items())).encode()).digest()
        if digest not in self._seen:
            self._seen.add(digest)
            self.pictures.append((len(self.names), way, tree))

    def _picture(self, way: str) -> Tree:
        tree: Tree = {}
        self._draw(self._root, self._root, way, tree)
        return tree

    def _draw(self, folder: Path, at: Path, way: str, tree: Tree) -> None:
        """Draw a folder, that lies at `folder` now and is called `at` in the picture."""
        now = {one.name: one.stat().st_ino for one in folder.iterdir()}
        kept = dict(self._names.get(folder.stat().st_ino, {}))
        if way == "names":
            kept = now
        elif way == "gone":
            kept = {name: number for name, number in kept.items() if number in now.values()}
        kept = {name: number for name, number in kept.items() if not _trusted(name)}
        kept |= {name: number for name, number in now.items() if _trusted(name)}
        for name, number in kept.items():
            place = str((at / name).relative_to(self._root))
            if name.endswith("-shm"):
                continue
            if _trusted(name):
                tree[place] = (folder / name).read_bytes()
            elif number in self._names or (folder / name).is_dir():
                tree[place] = None
                if (folder / name).is_dir():
                    self._draw(folder / name, at / name, way, tree)
            else:
                tree[place] = self._bytes.get(number, b"")


def _trusted(name: str) -> bool:
    """SQLite's files, and the empty one that processes lock."""
    return ".db" in name or name == "lock"


def lay_down(tree: Tree, path: Path) -> Path:
    """Make the folder of a picture."""
    path.mkdir()
    for name, content in sorted(tree.items()):
        if content is None:
            (path / name).mkdir()
        else:
            (path / name).write_bytes(content)
    return path


def pictures_of(root: Path, command: Callable[[PowerCut], object]) -> PowerCut:
    """Run the command, that arms the seam, and return what was recorded."""
    cut = PowerCut(root)
    with cut.watching():
        command(cut)
        gc.collect()  # SQLite's connections are closed now, not while a picture is taken
        cut.armed = True
        cut("the end")
    return cut

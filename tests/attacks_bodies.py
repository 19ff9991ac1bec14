"""Attempts on the bodies and on the shelf that they stand on."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from attack_house import Scene
from attacks import attempt, body_of

# --- bodies -----------------------------------------------------------------

SEGMENT_PLACES = {
    "magic": 0, "suite": 5, "flags": 6, "level": 8, "part": 9, "controller": 12, "box": 30,
    "object": 45, "segment id": 62, "number": 77, "epoch": 81, "retention": 83, "device": 90,
    "previous": 110, "body length": 135, "public length": 137, "private metadata": 160,
}  # fmt: skip
FROM_THE_END = {"signature": 1, "merkle root": 70, "chunk count": 99, "leaf": 110, "body": 200}


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def _flips() -> None:
    for name, at in SEGMENT_PLACES.items():
        attempt(f"body: {name} altered")(
            lambda s, v, _, at=at: flip(body_of(v, s.first, "raw"), at)
        )
    for name, back in FROM_THE_END.items():
        attempt(f"body: {name} altered")(
            lambda s, v, _, back=back: flip(body_of(v, s.first, "masked"), -back)
        )


_flips()


def rewritten(name: str, change: Callable[[bytes, bytes], bytes], kind: str = "masked") -> None:
    """An attempt that writes a body anew; `change` gets it, and that of another object."""

    @attempt(f"body: {name}")
    def do(scene: Scene, vault: Path, _other: Scene) -> None:
        mine, its = (body_of(vault, one, kind) for one in (scene.first, scene.second))
        mine.write_bytes(change(mine.read_bytes(), its.read_bytes()))


def halves(body: bytes) -> tuple[bytes, bytes]:
    """Both segments of a film of two; they begin alike."""
    at = body.index(b"YBV1", 4)
    return body[:at], body[at:]


rewritten("cut by a byte", lambda a, _: a[:-1])
rewritten("cut to a byte", lambda a, _: a[:1])
rewritten("emptied", lambda _a, _b: b"")
rewritten("last segment cut off", lambda a, _: halves(a)[0])
rewritten("first segment cut off", lambda a, _: halves(a)[1])
rewritten("segments swapped", lambda a, _: b"".join(reversed(halves(a))))
rewritten("first segment doubled", lambda a, _: halves(a)[0] + a)
rewritten("whole body doubled", lambda a, _: a + a)
rewritten("noise appended", lambda a, _: a + os.urandom(99))
rewritten("a zero appended", lambda a, _: a + b"\0")
rewritten("another object's body", lambda _, b: b)
rewritten("another object's second segment", lambda a, b: halves(a)[0] + halves(b)[1])
rewritten("another object's first segment", lambda a, b: halves(b)[0] + halves(a)[1])
rewritten("another object's chunk", lambda a, b: a[:-600] + b[-600:-300] + a[-300:])
rewritten("all noise", lambda a, _: os.urandom(len(a)))


@attempt("body: two objects' files swapped")
def _(scene, vault, _other):
    one, two = (body_of(vault, o, "masked") for o in (scene.first, scene.second))
    kept = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(kept)


@attempt("body: two parts' files swapped")
def _(scene, vault, _other):
    one, two = (body_of(vault, scene.first, kind) for kind in ("masked", "raw"))
    kept = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(kept)


@attempt("body: that of another box in its place")
def _(scene, vault, _other):
    shutil.copy(body_of(vault, scene.other, "raw"), body_of(vault, scene.first, "raw"))


@attempt("body: that of another vault in its place")
def _(scene, vault, other):
    shutil.copy(body_of(other.vault, other.first, "raw"), body_of(vault, scene.first, "raw"))


@attempt("body: removed")
def _(scene, vault, _other):
    body_of(vault, scene.first, "masked").unlink()


@attempt("body: a pipe in its place")
def _(scene, vault, _other):
    body = body_of(vault, scene.first, "masked")
    body.unlink()
    os.mkfifo(body)


@attempt("body: a folder in its place")
def _(scene, vault, _other):
    body = body_of(vault, scene.first, "masked")
    body.unlink()
    body.mkdir()


@attempt("body: a link to a file outside in its place")
def _(scene, vault, _other):
    body = body_of(vault, scene.first, "masked")
    body.unlink()
    body.symlink_to("/etc/passwd")


@attempt("body: what was erased put back under its name", harmless=True)
def _(scene, vault, _other):
    old = body_of(scene.before, scene.erased, "raw")
    place = vault / "objects" / old.parent.name / old.name
    place.parent.mkdir(exist_ok=True)
    shutil.copy(old, place)


@attempt("shelf: strange files beside the bodies", harmless=True)
def _(_scene, vault, _other):
    (vault / "objects" / "zz").mkdir()
    (vault / "objects" / "zz" / "note.txt").write_text("hello")
    (vault / "objects" / "ffeeddccbbaa0099.open").touch()

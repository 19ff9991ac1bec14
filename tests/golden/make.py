"""Make the golden vaults of a release: `python tests/golden/make.py VERSION`, once, then never again.

A golden vault is what a user of that release has on his disk, made with the
command as he runs it. Every later program opens it, for ever: so a new release
adds its vaults, and those that stand here are never made anew. Beside each
archive stands what it holds: digests of every opened part, the log's size and root.
What is printed belongs into FIXED of tests/test_golden.py.
"""

import gzip
import hashlib
import io
import json
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from films import face_film  # noqa: E402
from stills import make_still  # noqa: E402
from yb import PASSPHRASE, Yingbi, with_vault  # noqa: E402

SUITES = ("intl", "sm")
PURPOSE = "golden 查验"
BOXES = {"people": 1, "庭院": 2, "hall": 3}


def make(version: str, suite: str, to: Path = HERE) -> tuple[Path, Path]:
    """Write VERSION-SUITE.tar.gz and VERSION-SUITE.json and return both paths."""
    archive, said = to / f"{version}-{suite}.tar.gz", to / f"{version}-{suite}.json"
    if archive.exists() or said.exists():
        raise SystemExit(f"{archive.name} is there already; a golden vault is never made anew")
    with tempfile.TemporaryDirectory() as folder:
        told = _filled(Path(folder), suite)
        packed = _packed(Path(folder) / "vault")
    archive.write_bytes(packed)
    said.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return archive, said


def _filled(home: Path, suite: str) -> dict[str, Any]:
    """Fill a vault in `home` as a user would; return what it holds."""
    yingbi = with_vault(home, suite)
    for name, level in BOXES.items():
        kept = [] if level == 1 else ["--keep", "identity,event"]  # poses, once: they are large
        yingbi("box", "create", name, "--level", level, *kept)
    film = face_film(home / "film.mp4", seconds=1.0, size=(160, 120))
    still = make_still(home / "still.jpg", orientation=6)
    ids = [
        _protected(yingbi, film, "people"),
        _protected(yingbi, still, "庭院"),
        _protected(yingbi, film, "庭院"),
        _protected(yingbi, film, "hall"),
        _protected(yingbi, still, "hall"),
    ]
    lost = _protected(yingbi, still, "庭院")
    yingbi("erase", lost, "--yes")
    objects = {each: _opened(yingbi, each) for each in ids}
    verified = yingbi("verify", "--json").json
    return {
        "suite": suite,
        "passphrase": PASSPHRASE,
        "boxes": BOXES,
        "objects": objects,
        "erased": [lost],
        "purpose": PURPOSE,
        "log": {"entries": verified["log_entries"], "root": verified["log_root"]},
    }


def _protected(yingbi: Yingbi, source: Path, box: str) -> str:
    (one,) = yingbi("protect", source, "--box", box, "--camera", "door", "--json").json
    return str(one["id"])


def _opened(yingbi: Yingbi, object_id: str) -> dict[str, Any]:
    """Return an object's box, and of every part the digest of what `open` writes."""
    told = yingbi("inspect", object_id, "--json").json
    parts = {}
    for part in (each["part"] for each in told["parts"]):
        out = yingbi.home / "opened"
        which = ["--raw", "--purpose", PURPOSE] if part == "raw" else ["--part", part]
        yingbi("open", object_id, *which, "-o", out, "--force")
        parts[part] = hashlib.sha256(out.read_bytes()).hexdigest()
    return {"box": told["box"], "parts": parts}


def _packed(folder: Path) -> bytes:
    """Return the folder as a tar.gz that names no user, no group and no time of making."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in [folder, *sorted(folder.rglob("*"))]:
            entry = tar.gettarinfo(path, path.relative_to(folder.parent).as_posix())
            entry.uid = entry.gid = entry.mtime = 0
            entry.uname = entry.gname = ""
            tar.addfile(entry, io.BytesIO(path.read_bytes()) if path.is_file() else None)
    return gzip.compress(plain.getvalue(), mtime=0)


if __name__ == "__main__":
    for name in SUITES:
        for made in make(sys.argv[1], name):
            print(f"{hashlib.sha256(made.read_bytes()).hexdigest()}  {made.name}")

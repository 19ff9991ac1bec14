"""The contracts of .importlinter, each shown to break where its rule is broken."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from house import PACKAGE, ROOT

LINTER = Path(sys.executable).parent / "lint-imports"

# (module, the line planted in it, words of the contract that must break)
PLANTS = [
    ("domain/region.py", "import yingbi.media.film", "The floors of the house"),
    ("detect/faces.py", "import yingbi.track.tracker", "The floors of the house"),
    ("audit/log.py", "import yingbi.seal.door", "The floors of the house"),
    ("curtain/cloth.py", "", "The floors of the house"),
    ("mask/cover.py", "import yingbi.mask.film", "No cycles"),
    ("keys/boxes.py", "import sqlalchemy", "SQLAlchemy and Alembic"),
    ("access/owner.py", "import yingbi.media.film", "Offices use db"),
    ("pipeline/level1.py", "import yingbi.release.part", "Pipelines of levels 1 and 2"),
    ("pipeline/level2.py", "import yingbi.seal.raw", "seal.raw and seal.roi are imported"),
    ("seal/door.py", "import yingbi.keys.unwrap", "keys.unwrap is imported"),
    ("keys/boxes.py", "import yingbi.keys.unwrap", "keys.unwrap is imported"),
]


def broken(source: Path) -> str:
    """Return the names of the broken contracts of a copy of the package, one a line."""
    shown = subprocess.run(
        [LINTER, "--no-cache", "--no-logo", ROOT / ".importlinter"],
        cwd=source,
        env=os.environ | {"PYTHONPATH": str(source), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    return "\n".join(line for line in shown.splitlines() if line.endswith(("BROKEN", "KEPT")))


@pytest.fixture
def copy(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "yingbi", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_house_as_it_stands_keeps_every_contract(copy):
    kept = broken(copy)
    assert "BROKEN" not in kept
    assert kept.count("KEPT") >= 7


@pytest.mark.parametrize(("module", "line", "contract"), PLANTS)
def test_a_breach_breaks_its_contract(copy, module, line, contract):
    path = copy / "yingbi" / module
    if not path.exists():
        path.parent.mkdir()
        (path.parent / "__init__.py").touch()
    elif module == "mask/cover.py":
        (path.parent / "film.py").write_text("import yingbi.mask.cover\n", "utf-8")
    before = path.read_text("utf-8") if path.exists() else ""
    path.write_text(f"{before}\n{line}\n", "utf-8")
    names = [name for name in broken(copy).splitlines() if name.endswith("BROKEN")]
    assert any(name.startswith(contract) for name in names), names


def test_a_camera_that_loads_levels_1_and_2_has_loaded_nothing_that_opens():
    script = (
        "import sys, yingbi.pipeline.level1, yingbi.pipeline.level2;"
        "print(*sorted(m for m in sys.modules if m.startswith('yingbi')))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    loaded = shown.stdout.split()
    assert "yingbi.seal.records" in loaded
    shut = ("yingbi.release", "yingbi.share", "yingbi.keys.unwrap", "yingbi.seal.raw")
    assert [name for name in loaded if name.startswith(shut)] == []

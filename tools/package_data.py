"""Make the package's data from what people edit: YAML to JSON, .po to .mo.

Runs as the build hook of the wheel and of editable installs, and by hand as
`python tools/package_data.py`. Nothing it writes is kept in git.
"""

import json
from pathlib import Path
from typing import Any

import yaml
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand, outside a build
    BuildHookInterface = object

ROOT = Path(__file__).resolve().parent.parent
STANDARD = ROOT / "standard"
PACKAGE = ROOT / "src" / "yingbi"


def make() -> list[Path]:
    """Write every generated data file and return their paths."""
    made = []
    for source in sorted(STANDARD.glob("*.yaml")):
        made.append(PACKAGE / "standard" / "data" / f"{source.stem}.json")
        made[-1].parent.mkdir(exist_ok=True)
        data = yaml.safe_load(source.read_text("utf-8"))
        made[-1].write_text(json.dumps(data, ensure_ascii=False, default=str), "utf-8")
    for source in sorted((PACKAGE / "locale").glob("*/LC_MESSAGES/*.po")):
        made.append(source.with_suffix(".mo"))
        with source.open("rb") as po, made[-1].open("wb") as mo:
            write_mo(mo, read_po(po))
    return made


class PackageData(BuildHookInterface):  # type: ignore[misc]
    """The same, called by hatchling before it packs or links the package."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the files and tell hatchling that they belong to the wheel."""
        build_data["artifacts"] += [str(p.relative_to(ROOT)) for p in make()]


if __name__ == "__main__":
    make()

"""Make the vectors of the sealed format: python tests/vectors/generate.py [FOLDER].

The output never changes: running it must leave an empty diff.
"""

import sys
from pathlib import Path

from case import Case
from cases import BOTH, INTL, SM

HERE = Path(__file__).resolve().parent


def main(folder):
    """Write every vector of both suites."""
    for suite_name, cases in (("intl", BOTH | INTL), ("sm", BOTH | SM)):
        for name, make in cases.items():
            target = Path(folder) / f"{suite_name}-{name}.vector"
            target.write_text(make(Case(suite_name, name)), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else HERE)

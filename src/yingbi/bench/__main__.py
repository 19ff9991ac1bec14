"""`python -m yingbi.bench [SUITE] [--json]`: measure on this machine and print the table."""

import argparse
import json
import os
import sys
from collections.abc import Callable

from yingbi.bench.attack.suite import attack
from yingbi.bench.folder import stills
from yingbi.bench.identity import identity
from yingbi.bench.leak import moved_stills
from yingbi.bench.machine import machine, setting
from yingbi.bench.own import on_video
from yingbi.bench.pasted import pasted
from yingbi.bench.program import size, start
from yingbi.bench.query import query
from yingbi.bench.records import level_1
from yingbi.bench.rotation import rotation
from yingbi.bench.row import Row, heading, table
from yingbi.bench.running import beginning, each_target, memory, side_by_side
from yingbi.bench.scale import scale
from yingbi.bench.sealing import passphrase, sealing
from yingbi.bench.seek import seek
from yingbi.bench.speed import speed
from yingbi.bench.strata import strata
from yingbi.bench.vault import against_age, ratios
from yingbi.bench.ways import ways
from yingbi.bench.written import plates, text
from yingbi.domain.messages import choose_language, use_language

SUITES: dict[str, Callable[[], list[Row]]] = {
    "start": start,
    "size": size,
    "speed": speed,
    "stills": stills,
    "begin": beginning,
    "memory": memory,
    "two": side_by_side,
    "targets": each_target,
    "moved": moved_stills,
    "pasted": pasted,
    "strata": strata,
    "ways": ways,
    "plates": plates,
    "text": text,
    "video": on_video,
    "seal": sealing,
    "passphrase": passphrase,
    "rotation": rotation,
    "ratios": ratios,
    "age": against_age,
    "seek": seek,
    "scale": scale,
    "attack": attack,
    "level1": level_1,
    "query": query,
    "identity": identity,
}
GROUPS = {
    "mask": ("speed", "stills", "begin", "memory", "two", "targets"),
    "leak": ("moved", "pasted", "strata", "plates", "text", "video"),
    "records": ("level1", "query", "identity"),
    "vault": ("ratios", "age", "seek", "scale", "rotation"),
}
"""Several suites under one name."""


def main() -> None:
    """Run one suite of measurements, or all."""
    use_language(choose_language(sys.argv[1:], os.environ))
    parser = argparse.ArgumentParser(prog="python -m yingbi.bench")
    parser.add_argument("suite", nargs="?", choices=[*SUITES, *GROUPS])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--lang", choices=["en", "zh"])
    asked = parser.parse_args()
    chosen = GROUPS.get(asked.suite, (asked.suite,)) if asked.suite else tuple(SUITES)
    on = machine()
    if asked.json:
        rows = [row for name in chosen for row in SUITES[name]()]
        told = {"machine": on, "setting": setting(), "rows": [row.to_json() for row in rows]}
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
        return
    sys.stdout.write(setting() + "\n\n" + heading() + "\n")
    for name in chosen:  # a long run shows what it has
        sys.stdout.write(table(SUITES[name]()) + "\n")
        sys.stdout.flush()
    sys.stdout.write("\n" + "; ".join(f"{key}: {value}" for key, value in on.items()) + "\n")


if __name__ == "__main__":
    main()

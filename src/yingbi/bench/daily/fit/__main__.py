"""`python -m yingbi.bench.daily.fit`: fit the rules of falls anew, and print the table of `fall_rules`.

Rules are fitted to drawn falls, drawn life, and decoys made of it; no film of real people is used. With
as many falls and hours as usual it takes half an hour to an hour on one processor, and some 2 GB of memory.
"""

import argparse
import sys

import numpy as np

from yingbi.bench.daily.fit.boost import binned, boosted, edges_of, holding, usual
from yingbi.bench.daily.fit.examples import FALLS, HOURS, SEED, Examples, Tell, gathered
from yingbi.bench.daily.fit.refit import pruned
from yingbi.bench.daily.fit.table import SCALE, table_of

RULES, TRIED = 160, 2.5
"""How many rules the table has at most, and how many are found for each of them before the least are left out."""


def main() -> None:
    """Gather examples, fit the rules, and print them."""
    parser = argparse.ArgumentParser(prog="python -m yingbi.bench.daily.fit")
    parser.add_argument("--falls", type=int, default=FALLS)
    parser.add_argument("--hours", type=float, default=HOURS)
    parser.add_argument("--rules", type=int, default=RULES)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args()
    if min(asked.falls, asked.hours, asked.rules) <= 0:
        parser.error("falls, hours and rules are more than 0")
    examples = gathered(asked.falls, asked.hours, asked.seed, _tell)
    sys.stdout.write(fitted(examples, asked.rules, asked.seed, _tell))


def fitted(examples: Examples, count: int, seed: int, tell: Tell) -> str:
    """Return a table of so many rules at most, one a line."""
    edges = edges_of(examples.measures)
    bins = binned(examples.measures, edges)
    rules = []
    for one in boosted(examples, bins, round(TRIED * count), np.random.default_rng([seed, 6])):
        rules.append(one)
        if len(rules) % 50 == 0:
            tell(f"found: {len(rules)}")
    if not rules:
        return ""
    held = np.stack([holding(rule, bins) for rule, _ in rules])
    values = np.array([usual(examples), *(value for _, value in rules)])
    left, values = pruned(examples, held, values, count, tell)
    tell(f"as likely a fall as not, as these count: {-SCALE * values[0]:.0f} points")
    kept = [(rules[n][0], value) for n, value in zip(left, values[1:].tolist(), strict=True)]
    return table_of(kept, examples.names, edges)


def _tell(what: str) -> None:
    sys.stderr.write(what + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()

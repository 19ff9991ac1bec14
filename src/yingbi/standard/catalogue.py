"""The standard as data: requirements, law packs and privacy metrics.

Made from `standard/*.yaml` when the package is built; read when first asked for.
A figure of a law pack whose confidence is not "high" is a suggestion, never a claim.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from yingbi.errors import NoSuchRequirementError

Entry = Mapping[str, Any]

_DATA = Path(__file__).resolve().parent / "data"


def requirements() -> tuple[Entry, ...]:
    """Return every requirement of T/AI 110.1-2020, in the standard's order.

    An entry has `id, clause, level, layer, dimension, modality, title, requirement,
    evidence, automatic_check, product_feature, applicable_to, related`; `title` and
    `requirement` hold the words under "zh" and "en"; `level` is "all", 1, 2 or 3.
    """
    return tuple(_requirements().values())


def regulations() -> tuple[Entry, ...]:
    """Return every law pack: `id, jurisdiction, instrument, rule, default, confidence`."""
    return tuple(_by_id("regulations", "packs").values())


def metrics() -> tuple[Entry, ...]:
    """Return every privacy metric: `id, group, def`, where it has them `interval, gate, also`."""
    return tuple(_by_id("metrics", "metrics").values())


def requirement(identifier: str) -> Entry:
    """Return one requirement.

    Raises: NoSuchRequirementError where the catalogue has no such id.
    """
    return _found(identifier, _requirements())


def entry(identifier: str) -> Entry:
    """Return the requirement, law pack or metric of that id.

    Raises: NoSuchRequirementError where none of the three has it.
    """
    packs, measures = _by_id("regulations", "packs"), _by_id("metrics", "metrics")
    return _found(identifier, {**_requirements(), **packs, **measures})


def edit_schema() -> str:
    """Return the JSON Schema of edit files, as it is shipped."""
    return _DATA.with_name("edit-1.schema.json").read_text("utf-8")


def _requirements() -> Mapping[str, Entry]:
    return _by_id("requirements", "requirements")


def _found(identifier: str, entries: Mapping[str, Entry]) -> Entry:
    if identifier not in entries:
        raise NoSuchRequirementError(entry=identifier)
    return entries[identifier]


@cache
def _by_id(file: str, key: str) -> Mapping[str, Entry]:
    listed = json.loads((_DATA / f"{file}.json").read_text("utf-8"))[key]
    return {item["id"]: item for item in listed}

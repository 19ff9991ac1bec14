"""What a finding does to an original: the one rule by which `protect` acts and `grade` explains.

The level belongs to the source, the class to the finding. A class that the box's policy names
tightens handling: no original is kept, and the object is handled as level 2. Where a law pack
says that originals are kept, the original stays and its handling rises instead.

Clause: 6.2.3-1; 6.2.1.f-1; 6.4.1-3; A.3-2.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from yingbi.domain.box import BoxPolicy
from yingbi.domain.data_class import BY_NAME, BY_TARGET, CLASSES, DataClass, Sign
from yingbi.domain.law import LawPack
from yingbi.domain.level import Level, RawExport, RawPolicy, Scene
from yingbi.domain.region import KEPT, Target

MINOR = "minor"
"""Told of tracks by several looks at a face (`structure.acquaintance`), never of one picture."""
HOME = next(one.name for one in CLASSES if one.evidence is Sign.THINGS)
CLAUSE = "6.2.3-1"
"""The requirement by which an original is withheld."""
HELD_TO = (Scene.COMMUNITY, Scene.CITY, Scene.MEETING)
"""Scenes that a home contradicts: what is declared to be one of them is looked at for a home."""


class Original(StrEnum):
    """What becomes of an object's original.

    NONE: its box keeps none. KEPT: as the box says. RAISED: kept, and it takes one approval more
    to have it. WITHHELD: not kept, though the box keeps others.
    """

    NONE = "none"
    KEPT = "kept"
    RAISED = "raised"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows from what an object holds.

    level: at which it is handled, the box's own or a stricter one. because: the classes that
    tightened, in the table's order. rule: by which, a clause or a law pack's id.
    approvals: of how many people it takes to have the original, beside its owner.
    """

    original: Original
    level: Level
    because: tuple[str, ...] = ()
    rule: str = ""
    approvals: int = 0

    @property
    def keeps(self) -> bool:
        """Whether an original is kept."""
        return self.original in (Original.KEPT, Original.RAISED)


def decide(policy: BoxPolicy, found: Iterable[str]) -> Verdict:
    """Return what becomes of an object in which these classes were found.

    Clause: 6.2.3-1; A.3-2.
    """
    if policy.level is not Level.RAW_ON_RELEASE or policy.raw is RawPolicy.NONE:
        return Verdict(Original.NONE, policy.level)
    because = in_order(set(found) & set(policy.tighten))
    asked = int(policy.raw_export is RawExport.GRANT)
    if not because:
        return Verdict(Original.KEPT, policy.level, approvals=asked)
    if policy.law is not None:
        return Verdict(Original.RAISED, policy.level, because, policy.law.entry, asked + 1)
    return Verdict(Original.WITHHELD, Level.OBSCURED, because, CLAUSE)


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Return names of classes in the order of the table."""
    wanted = set(names)
    return tuple(one.name for one in CLASSES if one.name in wanted)


def can_tighten() -> tuple[DataClass, ...]:
    """Return the classes that a policy may name: those that something here finds."""
    return tuple(one for one in CLASSES if one.evidence is not None or one.name == MINOR)


def normal(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names in order; where any line of text tightens, none has to be read for it."""
    wanted = set(names)
    every_line = BY_TARGET[Target.TEXT].name in wanted
    return tuple(
        name
        for name in in_order(wanted)
        if not (every_line and BY_NAME[name].evidence is Sign.READ)
    )


def targets_of(policy: BoxPolicy) -> tuple[Target, ...]:
    """Return what is looked for and covered in a box: people, and what its policy names."""
    named = (BY_NAME[name].mask for name in policy.tighten)
    return tuple(dict.fromkeys([*KEPT, *(target for target in named if target is not None)]))


def reads(policy: BoxPolicy) -> bool:
    """Return whether lines of text must be read to know what the policy asks."""
    return any(BY_NAME[name].evidence is Sign.READ for name in policy.tighten)


def looks_for_home(policy: BoxPolicy) -> bool:
    """Return whether the things of a home are looked for: its scene or its policy asks."""
    return policy.scene in HELD_TO or HOME in policy.tighten


def looked_for(policy: BoxPolicy) -> tuple[str, ...]:
    """Return the classes that are looked for in a box; of all others a label says nothing."""
    asked = ((Sign.READ, reads(policy)), (Sign.THINGS, looks_for_home(policy)))
    signs = {sign for sign, looked in asked if looked}
    looked = {one.name for one in CLASSES if one.evidence in signs}
    looked |= {MINOR} & set(policy.tighten)
    return in_order({*classes_of(targets_of(policy)), *looked})


def classes_of(targets: Collection[Target]) -> tuple[str, ...]:
    """Return the classes that targets prove."""
    return tuple(one.name for one in CLASSES if one.evidence in targets)


def tightening_entry(policy: BoxPolicy) -> dict[str, Any]:
    """Return what is written down of it; nothing where a box asks for nothing."""
    entry: dict[str, Any] = {"tighten": list(policy.tighten)} if policy.tighten else {}
    return entry | ({"law": policy.law.value} if policy.law else {})


def tightening_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a policy that `tightening_entry` wrote. Raises: ValueError, TypeError."""
    names, law = entry.get("tighten", ()), entry.get("law")
    tighten = in_order(names)
    if set(tighten) != set(names):
        raise ValueError("a class that tightens is none of the table")
    return {"tighten": tighten, "law": None if law is None else LawPack(law)}

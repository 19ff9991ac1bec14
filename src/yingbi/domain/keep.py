"""What of the records is kept: whole kinds, or single things of a kind as "event.fell".

Clause: A.1-4; 6.1-4.
"""

from collections.abc import Collection, Iterable

from yingbi.domain.record import (
    ATTRIBUTES,
    BEHAVIOURS,
    EVENTS,
    KINDS,
    Attribute,
    Behaviour,
    Event,
    Record,
    kind_of,
)

RECORD_KINDS = ("identity", "pose", "behaviour", "event")
"""What is kept where nothing is said; how somebody looks is kept only where it is asked for."""

_PARTS = {"attributes": tuple(ATTRIBUTES), "behaviour": BEHAVIOURS, "event": tuple(EVENTS)}
KEEPABLE = tuple(
    name for kind in KINDS for name in (kind, *(f"{kind}.{part}" for part in _PARTS.get(kind, ())))
)
"""Every name that a list of what is kept may hold."""


def kind_named(name: str) -> str:
    """Return the kind of a name: of "event.fell" it is "event"."""
    return name.partition(".")[0]


def allows(keep: Collection[str], name: str) -> bool:
    """Return whether what a list keeps holds all that the name means."""
    return name in keep or kind_named(name) in keep


def keeps(keep: Collection[str], record: Record) -> bool:
    """Return whether the list keeps the record."""
    match record:
        case Attribute():
            part = record.attribute
        case Behaviour():
            part = record.behaviour
        case Event():
            part = record.event
        case _:
            return kind_of(record) in keep
    return allows(keep, f"{kind_of(record)}.{part}")


def any_of(keep: Iterable[str], kind: str) -> bool:
    """Return whether anything of a kind is kept."""
    return any(kind_named(name) == kind for name in keep)


def tells_conduct(keep: Collection[str]) -> bool:
    """Return whether anything is kept that is told from what somebody does over time."""
    return any_of(keep, "behaviour") or allows(keep, "event.fell")


def tells_clothes(keep: Collection[str]) -> bool:
    """Return whether a colour of clothing is kept."""
    return any(allows(keep, f"attributes.{part}-colour") for part in ("upper", "lower"))


def needs_poses(keep: Collection[str]) -> bool:
    """Return whether anything is kept for which poses are looked at."""
    return "pose" in keep or tells_conduct(keep) or tells_clothes(keep)


def ordered(keep: Collection[str]) -> tuple[str, ...]:
    """Return the names in their one order, without those that a whole kind holds already."""
    names = [name for name in KEEPABLE if name in keep]
    return tuple(n for n in names if n == kind_named(n) or kind_named(n) not in keep)

"""What users write, read into values: moments, kinds of record, days. Needs no vault."""

from collections.abc import Sequence
from datetime import UTC, datetime

from yingbi.domain.data_class import BY_NAME
from yingbi.domain.keep import KEEPABLE, RECORD_KINDS, allows, kind_named, ordered
from yingbi.domain.messages import listed, say
from yingbi.domain.record import KINDS, UNSEEN
from yingbi.domain.retention import UNBOUNDED, Retention, RetentionClass
from yingbi.domain.tightening import can_tighten, normal
from yingbi.errors import UsageError

RETAINED = (RetentionClass.USUAL, RetentionClass.SHORT, RetentionClass.LONG)
LONGEST_DAYS = 36500


def moment(text: str) -> datetime:
    """Return an ISO 8601 moment; without a zone it is taken as this machine's local time.

    Raises: UsageError.
    """
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            problem=say("'{text}' is no time; write it like 2026-11-24T15:30", text=text)
        ) from None


def record_kinds(names: str | None, allowed: Sequence[str] | None = None) -> tuple[str, ...]:
    """Return what of the records a comma-separated list keeps: kinds, or "event.fell".

    allowed: what a box keeps; None for a new box, which may keep anything. No list means all
    that is allowed, or the usual kinds. Raises: UsageError for what is unknown or not allowed.
    """
    if names is None:
        return RECORD_KINDS if allowed is None else tuple(allowed)
    bounds = KINDS if allowed is None else allowed
    asked = [name.strip() for name in names.split(",") if name.strip()]
    for name in asked:
        if name.removeprefix("attributes.") in UNSEEN and name in KEEPABLE:
            problem = say("Nothing here can see '{name}', so it is never written.", name=name)
            raise UsageError(problem=problem)
    for name in asked or [""]:
        if name not in KEEPABLE or not allows(bounds, name):
            kind = f"{kind_named(name)}."
            parts = [one for one in KEEPABLE if one.startswith(kind) and allows(bounds, one)]
            raise UsageError(
                problem=say(
                    "'{name}' is no kind of record kept here: {kinds}",
                    name=name,
                    kinds=listed(parts or bounds),
                )
            )
    return ordered(asked)


def tightening(names: str | None) -> tuple[str, ...]:
    """Return the classes of a comma-separated list of which a finding tightens handling.

    "text.*" stands for all classes whose names begin so. No list means none.

    Raises: UsageError for what is no class, or one that nothing here finds.
    """
    if names is None:
        return ()
    found, can = set[str](), [one.name for one in can_tighten()]
    for name in [one.strip() for one in names.split(",")]:
        meant = {one for one in can if one == name}
        if name.endswith(".*"):
            meant = {one for one in can if one.startswith(name.removesuffix("*"))}
        if not meant and name in BY_NAME:
            problem = say("nothing here finds '{name}', so it can tighten nothing", name=name)
            raise UsageError(problem=problem)
        if not meant:
            problem = say(
                "'{name}' is no class that is found here: {names}", name=name, names=listed(can)
            )
            raise UsageError(problem=problem)
        found |= meant
    return normal(found)


def retention_class(name: str) -> RetentionClass:
    """Return the class of that name; raises UsageError."""
    for kept in RETAINED:
        if kept.name.lower() == name.strip():
            return kept
    classes = listed(kept.name.lower() for kept in RETAINED)
    problem = say("'{name}' is no retention class: {classes}", name=name, classes=classes)
    raise UsageError(problem=problem)


def retention(text: str | None) -> Retention:
    """Return the days of "30", for every class, or of "usual=30,short=7"; None keeps without end.

    Raises: UsageError.
    """
    if text is None:
        return UNBOUNDED
    if "=" not in text:
        return Retention.of((kept, _days(text)) for kept in RETAINED)
    pairs = [piece.partition("=") for piece in text.split(",")]
    chosen = {retention_class(name): _days(days) for name, _, days in pairs}
    if len(chosen) < len(pairs):
        raise UsageError(problem=say("'{text}' names a retention class twice", text=text))
    return Retention.of(chosen.items())


def _days(text: str) -> int:
    days = int(text) if text.strip().isascii() and text.strip().isdigit() else 0
    if not 1 <= days <= LONGEST_DAYS:
        most = LONGEST_DAYS
        problem = say("'{text}' is no number of days from 1 to {most}", text=text, most=most)
        raise UsageError(problem=problem)
    return days

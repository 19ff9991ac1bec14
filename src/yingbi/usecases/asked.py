"""What users write, read into values: moments and kinds of record. Needs no vault."""

from collections.abc import Sequence
from datetime import UTC, datetime

from yingbi.domain.box import RECORD_KINDS
from yingbi.domain.messages import say
from yingbi.errors import UsageError


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


def record_kinds(names: str | None, allowed: Sequence[str] = RECORD_KINDS) -> tuple[str, ...]:
    """Return the kinds of record of a comma-separated list; None means all allowed.

    Raises: UsageError for one that is unknown or not allowed.
    """
    if names is None:
        return tuple(allowed)
    asked = [name.strip() for name in names.split(",") if name.strip()]
    for name in asked or [""]:
        if name not in allowed:
            raise UsageError(
                problem=say(
                    "'{name}' is no kind of record kept here: {kinds}",
                    name=name,
                    kinds=", ".join(allowed),
                )
            )
    return tuple(kind for kind in allowed if kind in asked)

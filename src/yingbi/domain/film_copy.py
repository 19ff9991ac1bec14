"""What became of a film beside its picture: where it is written, and what was left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

BROKEN_OFF_STATUS = 3
"""Exit status of a run that masked what comes before the break of a film."""

KEEPABLE = ("subtitle", "data", "chapter-name")
"""Kinds that are left out unless they are asked for."""


@dataclass(frozen=True, slots=True)
class FilmCopy:
    """How a film was written again.

    container, codec: names for people. changed: whether one of them is another than the
    source's. dropped: how many of each kind were left out: "audio", "subtitle", "data",
    "attachment", "cover", "chapter-name", "caption", "dynamic-hdr". broken: whether the
    source breaks off; lost_s: seconds behind the break, None where nobody knows. mended: whether
    it had no index, so that its pictures were found again and nothing else was.
    """

    container: str
    codec: str
    changed: bool = False
    dropped: Mapping[str, int] = field(default_factory=dict)
    broken: bool = False
    lost_s: float | None = 0.0
    mended: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return it for machines."""
        told: dict[str, Any] = {
            "container": self.container,
            "codec": self.codec,
            "dropped": dict(self.dropped),
        }
        if self.broken:
            told["lost_s"] = None if self.lost_s is None else round(self.lost_s, 3)
            told |= {"mended": True} if self.mended else {}
        return told

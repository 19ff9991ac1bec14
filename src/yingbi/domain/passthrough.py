"""What of a film was copied bit for bit, because nothing in it is masked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Passthrough:
    """Copied stretches of a film.

    ranges: pts of the first and of the last frame of each, in order shown.
    copied, encoded: how many frames. messages: how many SEI messages were left out.
    reason: a word for why the most frames were encoded, None where none were.
    """

    ranges: Sequence[tuple[int, int]] = ()
    copied: int = 0
    encoded: int = 0
    messages: int = 0
    reason: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it for machines."""
        return {
            "copied": self.copied,
            "encoded": self.encoded,
            "ranges": [list(span) for span in self.ranges],
            "messages_left_out": self.messages,
            "reason": self.reason,
        }

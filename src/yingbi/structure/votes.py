"""What many sights of somebody agree on: one look may be wrong, most looks seldom are.

Clause: A.1-4.
"""

from collections import Counter
from dataclasses import dataclass, field

from yingbi.domain.record import Attribute


@dataclass(slots=True)
class Votes:
    """Values seen of everybody, by attribute, until they are asked for.

    least: sights that it takes. agreed: share of them that has to be for one value.
    """

    least: int
    agreed: float
    _votes: dict[str, dict[str, Counter[str]]] = field(default_factory=dict)
    _spans: dict[str, tuple[float, float]] = field(default_factory=dict)

    def add(self, name: str, attribute: str, value: str, now: float) -> None:
        """Count one sight of somebody."""
        self._votes.setdefault(name, {}).setdefault(attribute, Counter())[value] += 1
        first, _ = self._spans.get(name, (now, now))
        self._spans[name] = (first, now)

    def told(self) -> list[Attribute]:
        """Return what is agreed on since this was last asked, and begin anew."""
        found = []
        for name, attributes in self._votes.items():
            for attribute, votes in attributes.items():
                value, most = votes.most_common(1)[0]
                share = most / votes.total()
                if votes.total() >= self.least and share >= self.agreed:
                    found.append(Attribute(name, *self._spans[name], attribute, value, share))
        self._votes, self._spans = {}, {}
        return found

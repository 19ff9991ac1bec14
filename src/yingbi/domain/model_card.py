"""What a model card says, and what follows from it.

Clause: 6.2.4.a.2-1; 6.2.4.a.3-1; 6.2.4.a.3-2.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from sys import float_info
from typing import Any, Literal, Self, TypeGuard

from yingbi.domain.interval import wilson

SCHEMA = 1
FLOOR = 30
"""Of fewer samples nothing is judged: the interval of 28 hits of 29 reaches from 0.83 to 0.99."""

LONGEST, LONGEST_FACT = 80, 1 << 16
"""Characters of a word, and of a setting: a network of one's own may have thousands of classes."""
MOST_COUNTED = 1 << 53
"""As far as every reader of JSON counts without an error."""
MOST_ENTRIES = 4096
DIGEST_DIGITS = 64

Verdict = Literal["passed", "below", "too-few", "no-threshold"]


@dataclass(frozen=True, slots=True)
class Counted:
    """A share that was counted: so many hits of a total."""

    hits: int
    of: int

    def __post_init__(self) -> None:
        """Refuse what cannot have been counted."""
        if not 0 <= self.hits <= self.of:
            raise ValueError(f"{self.hits} hits of {self.of} cannot be")

    @property
    def share(self) -> float:
        """The share, 0..1; of nothing 0."""
        return self.hits / self.of if self.of else 0.0

    @property
    def known(self) -> bool:
        """Whether there are enough samples to say anything."""
        return self.of >= FLOOR

    def to_json(self) -> dict[str, Any]:
        """Return it with its interval of 95 %; `known` is False below the floor."""
        low, high = wilson(self.hits, self.of)
        numbers = {"share": self.share, "low": low, "high": high}
        rounded = {name: round(value, 4) for name, value in numbers.items()}
        return {"hits": self.hits, "of": self.of, **rounded, "known": self.known}

    @classmethod
    def parse(cls, given: Any) -> Self:
        """Return what the two counts say; all else follows from them. Raises: ValueError."""
        return cls(_count(given, "hits"), _count(given, "of"))


@dataclass(frozen=True, slots=True)
class Curve:
    """How much is found as pictures get worse. points: strength in `unit`, and what was found."""

    kind: str
    unit: str
    points: tuple[tuple[float, Counted], ...]


@dataclass(frozen=True, slots=True)
class Grouping:
    """What is found of each group, by one thing that tells groups apart."""

    by: str
    groups: tuple[tuple[str, Counted], ...]


@dataclass(frozen=True, slots=True)
class Attack:
    """What an attacker makes the network miss, of what it found before.

    strength: share of the face's or person's box that a patch covers, or the greatest change of a
    sample for noise. tries: looks at each picture. control: the same without looking for the worst.
    """

    kind: str
    strength: float
    tries: int
    lost: Counted
    control: Counted


@dataclass(frozen=True, slots=True)
class Explanation:
    """How much the score falls where a block covers a part of the true box and its surroundings.

    of: how many pictures were averaged. around: by which share of the box the map is wider on each side.
    falls: rows of shares of the score, the upper row first.
    """

    of: int
    around: float
    falls: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A model card without its signature.

    name, sha256: of the network. need: what it looks for. settings: with which it was looked.
    data: what it was measured on: a word, the digest, pictures, things. least: what it must find, at that time.
    accuracy: "recall" is what is judged. unlabelled: what groups could be told by and nobody labelled.
    """

    name: str
    sha256: str
    need: str
    tool: str
    made_at: str
    runtime: str
    settings: Mapping[str, float | str]
    data: Mapping[str, int | str]
    least: float | None
    accuracy: Mapping[str, Counted]
    curves: tuple[Curve, ...] = ()
    groupings: tuple[Grouping, ...] = ()
    unlabelled: tuple[str, ...] = ()
    attacks: tuple[Attack, ...] = ()
    explanation: Explanation | None = field(default=None)

    @property
    def recall(self) -> Counted:
        """What is judged."""
        return self.accuracy["recall"]

    def verdict(self, least: float | None) -> Verdict:
        """Return whether a network that must find `least` may be used by this card."""
        if least is None:
            return "no-threshold"
        if not self.recall.known:
            return "too-few"
        return "passed" if self.recall.share >= least else "below"

    def to_json(self) -> dict[str, Any]:
        """Return the card as it is signed."""
        return {
            "yingbi_model_card": SCHEMA,
            "network": {"name": self.name, "sha256": self.sha256, "need": self.need},
            "tool": self.tool,
            "made_at": self.made_at,
            "runtime": self.runtime,
            "settings": dict(self.settings),
            "data": dict(self.data),
            "floor": FLOOR,
            "least": self.least,
            "verdict": self.verdict(self.least),
            "accuracy": {name: one.to_json() for name, one in self.accuracy.items()},
            "robustness": [
                {
                    "kind": curve.kind,
                    "unit": curve.unit,
                    "points": [{"strength": at} | one.to_json() for at, one in curve.points],
                }
                for curve in self.curves
            ],
            "groups": [
                {"by": one.by, "groups": [{"group": n} | c.to_json() for n, c in one.groups]}
                for one in self.groupings
            ],
            "unlabelled": list(self.unlabelled),
            "attacks": [
                {
                    "kind": one.kind,
                    "strength": one.strength,
                    "tries": one.tries,
                    "lost": one.lost.to_json(),
                    "control": one.control.to_json(),
                }
                for one in self.attacks
            ],
            "explanation": self._explained(),
        }

    def _explained(self) -> dict[str, Any] | None:
        if self.explanation is None:
            return None
        falls = [list(row) for row in self.explanation.falls]
        return {"of": self.explanation.of, "around": self.explanation.around, "falls": falls}

    @classmethod
    def parse(cls, body: Any) -> Self:
        """Return what a card says, whose signature was checked. Raises: ValueError."""
        if not isinstance(body, dict) or body.get("yingbi_model_card") != SCHEMA:
            raise ValueError("it is no model card of this version")
        network, explained = _table(body, "network"), body.get("explanation")
        digest = _text(network, "sha256")
        if len(digest) != DIGEST_DIGITS or not set(digest) <= set("0123456789abcdef"):
            raise ValueError("it names no digest")
        accuracy = {
            _word(name): Counted.parse(one) for name, one in _table(body, "accuracy").items()
        }
        if "recall" not in accuracy:
            raise ValueError("it does not say what is found")
        accuracy = {"recall": accuracy.pop("recall"), **accuracy}  # what is judged comes first
        return cls(
            name=_text(network, "name"),
            sha256=digest,
            need=_text(network, "need"),
            tool=_text(body, "tool"),
            made_at=_text(body, "made_at"),
            runtime=_text(body, "runtime"),
            settings=_facts(body, "settings"),
            data=_facts(body, "data"),
            least=None if body.get("least") is None else _share(body, "least"),
            accuracy=accuracy,
            curves=tuple(_curve(one) for one in _list(body, "robustness")),
            groupings=tuple(_grouping(one) for one in _list(body, "groups")),
            unlabelled=tuple(_word(one) for one in _list(body, "unlabelled")),
            attacks=tuple(_attack(one) for one in _list(body, "attacks")),
            explanation=None if explained is None else _explanation(explained),
        )


def _curve(given: Any) -> Curve:
    points = ((_number(one, "strength"), Counted.parse(one)) for one in _list(given, "points"))
    return Curve(_text(given, "kind"), _text(given, "unit"), tuple(points))


def _grouping(given: Any) -> Grouping:
    groups = ((_text(one, "group"), Counted.parse(one)) for one in _list(given, "groups"))
    return Grouping(_text(given, "by"), tuple(groups))


def _attack(given: Any) -> Attack:
    lost, control = (Counted.parse(_table(given, name)) for name in ("lost", "control"))
    strength = _share(given, "strength")
    return Attack(_text(given, "kind"), strength, _count(given, "tries"), lost, control)


def _explanation(given: Any) -> Explanation:
    rows = _list(given, "falls")
    falls = tuple(tuple(_share({"fall": one}, "fall") for one in _rows(row)) for row in rows)
    if not falls or len({len(row) for row in falls}) != 1 or not falls[0]:
        raise ValueError("its explanation is no map")
    return Explanation(_count(given, "of"), _share(given, "around"), falls)


def _rows(given: Any) -> list[Any]:
    return _list({"row": given}, "row")


def _table(given: Any, name: str) -> dict[str, Any]:
    value = given.get(name) if isinstance(given, dict) else None
    if not isinstance(value, dict) or len(value) > MOST_ENTRIES:
        raise ValueError(f"'{name}' is no table")
    return value


def _facts(given: Any, name: str) -> dict[str, Any]:
    table = _table(given, name)
    for key, value in table.items():
        _word(key)
        if not _is_number(value):
            _word(value, LONGEST_FACT)
    return table


def _list(given: Any, name: str) -> list[Any]:
    value = given.get(name) if isinstance(given, dict) else None
    if not isinstance(value, list) or len(value) > MOST_ENTRIES:
        raise ValueError(f"'{name}' is no list")
    return value


def _text(given: Any, name: str) -> str:
    return _word(given.get(name) if isinstance(given, dict) else None)


def _word(value: Any, longest: int = LONGEST) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isprintable():
        raise ValueError("a word of it is none")
    return value


def _number(given: Any, name: str) -> float:
    value = given.get(name) if isinstance(given, dict) else None
    if not _is_number(value):
        raise ValueError(f"'{name}' is no number")
    return float(value)


def _is_number(value: Any) -> TypeGuard[float]:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return plain and abs(value) <= float_info.max


def _share(given: Any, name: str) -> float:
    value = _number(given, name)
    if not 0 <= value <= 1:
        raise ValueError(f"'{name}' is no share")
    return value


def _count(given: Any, name: str) -> int:
    value = _number(given, name)
    if not value.is_integer() or not 0 <= value <= MOST_COUNTED:
        raise ValueError(f"'{name}' is no count")
    return int(value)

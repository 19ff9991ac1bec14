"""What a measurement gives: one row of the table."""

from dataclasses import dataclass
from typing import Any

from yingbi.domain.messages import say


@dataclass(frozen=True, slots=True)
class Row:
    """One measured number; value None where what it needs is not here, and note says what.

    key: stable name for machines. what, note: in the user's language. goal: the value
    wanted at most, or with `at_least` at least, in the same unit. more: numbers that belong
    to it, by their names.
    """

    key: str
    what: str
    value: float | None
    unit: str
    goal: float | None = None
    note: str = ""
    at_least: bool = False
    more: tuple[tuple[str, float], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the row for machines."""
        told = {"key": self.key, "value": self.value, "unit": self.unit, "goal": self.goal}
        return told | dict(self.more)

    def cells(self) -> tuple[str, str, str]:
        """Return the cells of the table: what, measured, wanted."""
        measured = self.note if self.value is None else _number(self.value, self.unit)
        measured += "".join(f"; {name} {_number(value, '').strip()}" for name, value in self.more)
        wanted = "-"
        if self.goal is not None:
            value = _number(self.goal, self.unit)
            least = self.at_least
            wanted = (
                say("at least {value}", value=value)
                if least
                else say("at most {value}", value=value)
            )
        return self.what, measured, wanted


def heading() -> str:
    """Return the first two lines of a Markdown table."""
    return _lines([(say("what"), say("measured"), say("wanted")), ("---", "---", "---")])


def table(rows: list[Row]) -> str:
    """Return the rows as lines of a Markdown table."""
    return _lines([row.cells() for row in rows])


def _lines(cells: list[tuple[str, str, str]]) -> str:
    return "\n".join("| " + " | ".join(line) + " |" for line in cells)


def _number(value: float, unit: str) -> str:
    if unit == "%" and 99 <= value < 100:
        return f"{value:.1f} %"  # all, or nearly all
    return f"{value:,.0f} {unit}" if value >= 20 else f"{value:.2g} {unit}"

"""One day as one file of HTML: no script, no picture, nothing from outside; made to be printed too.

All that is drawn is reckoned here as numbers; `templates/day.html` puts them in place. Lengths along
the day are shares of it in percent, so that a telephone and a wall show the same.

Clause: A.1-3; A.1-4.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, BinaryIO

from yingbi.domain.day import HOUR_S, Day
from yingbi.domain.floor import COLUMNS, ROWS, Floor
from yingbi.domain.messages import say, use_language
from yingbi.domain.notice import behaviour_words
from yingbi.domain.record import BEHAVIOURS
from yingbi.domain.span import Span, merged
from yingbi.domain.story import JOIN_S, Fall, Happening, Story, Who, repeats
from yingbi.web.day_figure import figure
from yingbi.web.day_words import (
    Names,
    camera_words,
    clock,
    day_title,
    headline,
    label,
    lasting,
    sentence,
    since_start,
    where_most,
    whereabouts,
)
from yingbi.web.pages import environment, spoken

MOST_ROWS = 14
"""Of more people those who are not known are one row: so many numbers tell nobody anything."""
MOST_LINES = 200
LEAST_SHARE = 0.35
"""A bar that is shorter, in percent of the day, would not be seen."""
LEVELS = (0.08, 0.25, 0.6)
"""Shares of the fullest cell from which on a cell of the floor is drawn greater."""
Bar = tuple[float, float]
"""Where it begins and how long it is, in percent of the day."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the day: a name, what is said beside it, bars, and falls with their words."""

    name: str
    told: str
    bars: tuple[Bar, ...]
    falls: tuple[float, ...] = ()
    fell: str = ""


def write_day(
    day: Day,
    names: Names,
    out: BinaryIO,
    language: str,
    *,
    box: str | None = None,
    made_at: datetime | None = None,
) -> None:
    """Write the page of a day, as UTF-8.

    names: real names by pseudonym ("known abcd2345"); whoever has none is shown by the pseudonym,
        and people who are not known by a number.
    language: "en" or "zh". box: its name, where the day is of one.
    made_at: what the page says of when it was made; now where not given.
    """
    before = spoken()
    use_language(language)
    try:
        facts = _facts(day, names, box, made_at or datetime.now(UTC))
        text = environment().get_template("day.html").render(facts)
    finally:
        use_language(before)
    out.write(text.encode("utf-8", "backslashreplace"))  # a name need not be text


def _facts(day: Day, names: Names, box: str | None, made_at: datetime) -> dict[str, Any]:
    rows = list(_rows(day, names))
    lines, left_out = _listed(_told_of(day))
    made = made_at.astimezone(day.zone)
    return {
        "title": day_title(day.date),
        "whereabouts": whereabouts(box, day.cameras),
        "headline": headline(day, names),
        "surely": day.surely,
        "numbers": len(day.story.people) > day.surely,
        "falls": [_fall_card(day, fall, names) for fall in day.story.falls],
        "ticks": list(_ticks(day)),
        "rows": rows,
        "most": day.most,
        "at_once": _steps(day),
        "watched": None if day.watched is None else _row(day, _on(day), day.watched),
        "doing": list(_doing(day)),
        "floors": list(_floors(day)),
        "grid_size": (COLUMNS, ROWS),
        "happened": [(_when(day, one), *_line(day, one, names)) for one in lines],
        "left_out": left_out,
        "undated": [_adrift(day, story, names) for story in day.undated],
        "numbered": list(_numbered(day)),
        "zone": str(day.zone),
        "made": say("{day}, {time}", day=day_title(made.date()), time=clock(made)),
    }


def _on(day: Day) -> str:
    return say("A camera on") if len(day.cameras) > 1 else say("Camera on")


def _share(day: Day, at_s: float) -> float:
    return round(100 * at_s / max(day.length_s, 1.0), 3)


def _bar(day: Day, span: Span) -> Bar:
    long = max(LEAST_SHARE, _share(day, span.length_s))
    return round(max(0.0, min(_share(day, span.from_s), 100 - long)), 3), round(long, 3)


def _crowded(day: Day) -> bool:
    return len(day.story.people) > MOST_ROWS


def _rows(day: Day, names: Names) -> Iterator[Row]:
    """Yield a row for each person; of too many, all who are not known are one row."""
    others = [one for one in day.story.people if _crowded(day) and one.who.number is not None]
    for one in day.story.people:
        if one not in others:
            yield _row(day, label(one.who, names), one.seen, [one.who])
    if others:
        together = merged((span for one in others for span in one.seen), JOIN_S)
        name = say("Not recognised: {count} numbers", count=len(others))
        yield _row(day, name, together, [one.who for one in others])


def _told_of(day: Day) -> tuple[Happening, ...]:
    """Return what happened; of too many people, who are not known are all "somebody"."""
    if not _crowded(day):
        return day.story.happened
    return repeats(
        replace(one, who=None) if one.who is not None and one.who.number is not None else one
        for one in day.story.happened
    )


def _row(day: Day, name: str, spans: Sequence[Span], who: Sequence[Who] = ()) -> Row:
    falls = [fall.at_s for fall in day.story.falls if fall.who in who]
    fell = [say("fell at {time}", time=clock(day.clock(at_s))) for at_s in falls]
    bars = tuple(_bar(day, span) for span in spans)
    marks = tuple(_share(day, at_s) for at_s in falls)
    return Row(name, _told(day, spans), bars, marks, " · ".join(fell))


def _told(day: Day, spans: Sequence[Span]) -> str:
    if not spans:
        return say("not on this day")
    return say(
        "{first} to {last}, {time} in all",
        first=clock(day.clock(spans[0].from_s)),
        last=_until(day, spans[-1].to_s),
        time=lasting(sum(span.length_s for span in spans)),
    )


def _until(day: Day, at_s: float) -> str:
    return "24:00" if at_s >= day.length_s else clock(day.clock(at_s))


def _ticks(day: Day) -> Iterator[tuple[float, str, bool]]:
    """Yield place, words and whether a telephone shows it, for every third hour of the clock."""
    told = set()
    for half in range(int(day.length_s / HOUR_S * 2)):
        moment = day.clock(half * HOUR_S / 2)
        if moment.minute == 0 and moment.hour % 3 == 0 and moment.hour not in told:
            told.add(moment.hour)
            yield _share(day, half * HOUR_S / 2), f"{moment.hour}:00", moment.hour % 6 == 0
    yield 100.0, "24:00", True


def _steps(day: Day) -> list[tuple[float, float, float]]:
    """Return where each step of the number of people begins, its length, and its height 0 to 1."""
    high = max((count for _, count in day.at_once), default=0)
    return [(*_bar(day, span), count / high) for span, count in day.at_once if high > 1]


def _doing(day: Day) -> Iterator[dict[str, Any]]:
    """Yield each behaviour that was noted, with a column for each hour, all to one scale."""
    most = max((s for hours in day.doing_s.values() for s in hours), default=0.0)
    for name in sorted(day.doing_s, key=lambda n: (*BEHAVIOURS, n).index(n)):
        hours = day.doing_s[name]
        if sum(hours):
            busiest = max(range(len(hours)), key=hours.__getitem__)
            yield {
                "name": behaviour_words(name),
                "told": lasting(sum(hours)),
                "busiest": clock(day.clock(busiest * HOUR_S)),
                "fallen": name == "fallen",
                "bars": [
                    (_share(day, n * HOUR_S), _share(day, HOUR_S), seconds / most)
                    for n, seconds in enumerate(hours)
                    if seconds
                ],
            }


def _floors(day: Day) -> Iterator[dict[str, Any]]:
    """Yield the floor of each camera before which somebody stood; named where there are several."""
    for camera, floor in zip(day.cameras, day.floors, strict=True):
        discs = _discs(floor)
        if discs:
            name = camera_words(camera) if len(day.cameras) > 1 else ""
            yield {"camera": name, "discs": discs, "where": where_most(floor)}


def _numbered(day: Day) -> Iterator[tuple[str, str, str]]:
    """Yield name on the page, number and object of everybody who is not known."""
    people = [one.who for story in (day.story, *day.undated) for one in story.people]
    for who in sorted((one for one in people if one.object_id), key=lambda one: one.number or 0):
        yield label(who, {}), who.subject.partition(" ")[2], who.object_id


def _discs(floor: Floor) -> list[tuple[int, int, int]]:
    """Return column, row and level 1 to 4 of each cell in which somebody stood."""
    most = max(max(row) for row in floor)
    return [
        (x, y, 1 + sum(seconds >= level * most for level in LEVELS))
        for y, row in enumerate(floor)
        for x, seconds in enumerate(row)
        if seconds > 0
    ]


def _fall_card(day: Day, fall: Fall, names: Names) -> dict[str, Any]:
    return {
        "time": clock(day.clock(fall.at_s)),
        "who": label(fall.who, names),
        "camera": _camera(day, fall),
        "down": None if fall.down_s is None else lasting(fall.down_s),
        "figure": None if fall.figure is None else figure(fall.figure),
    }


def _listed(happened: Sequence[Happening]) -> tuple[list[Happening], int]:
    """Return what is listed and how much is not; falls always are."""
    spare = MOST_LINES - sum(one.event == "fell" for one in happened)
    kept = []
    for one in happened:
        spare -= one.event != "fell"
        if one.event == "fell" or spare >= 0:
            kept.append(one)
    return kept, len(happened) - len(kept)


def _when(day: Day, one: Happening) -> str:
    first, last = (clock(day.clock(at_s)) for at_s in (one.times_s[0], one.times_s[-1]))
    return first if first == last else f"{first}–{last}"


def _line(day: Day, one: Happening, names: Names) -> tuple[str, str, str, bool]:
    """Return what happened, by which camera, how often where more than once, and whether it is a fall."""
    times = len(one.times_s)
    often = say("{count} times", count=times) if times > 1 else ""
    return sentence(one, names), _camera(day, one), often, one.event == "fell"


def _camera(day: Day, one: Fall | Happening) -> str:
    """Return which camera saw it; empty where there is only one."""
    return camera_words(one.camera) if len(day.cameras) > 1 else ""


def _adrift(day: Day, story: Story, names: Names) -> dict[str, Any]:
    """Return what an object of unknown time tells, with times since its own start."""
    lines, left_out = _listed(story.happened)
    seen = [
        (label(one.who, names), lasting(sum(span.length_s for span in one.seen)))
        for one in story.people
    ]
    return {
        "fell": bool(story.falls),
        "seen": seen[:MOST_ROWS],
        "happened": [(since_start(one.times_s[0]), *_line(day, one, names)) for one in lines],
        "left_out": left_out + len(seen[MOST_ROWS:]),
    }

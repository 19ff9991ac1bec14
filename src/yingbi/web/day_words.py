"""What a page of a day says: the headline, names, times and what happened, in plain words."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from yingbi.domain.day import Day
from yingbi.domain.messages import on_one_line, say
from yingbi.domain.notice import event_sentence, person_words
from yingbi.domain.story import Happening, Who

MINUTE_S, HOUR_S = 60, 3600

ALARMS = ("camera-covered", "left-alone", "unknown-person", "camera-moved")
"""Beside a fall what makes a day one to look at, the greatest first."""

Names = Mapping[str, str]
"""Real names by pseudonym, such as "known abcd2345"."""


class Headline(NamedTuple):
    """mood: "fell", "look", "calm", "plain" or "empty"; what happened, and who was there."""

    mood: str
    what: str
    who: str


def headline(day: Day, names: Names) -> Headline:
    """Return the one thing that a reader must know, and how many people were seen."""
    people = seen(day)
    alarms = [h for name in ALARMS for h in day.story.happened if h.event == name]
    if any(story.falls for story in (day.story, *day.undated)):
        return Headline("fell", _falls(day, names), people)
    if alarms:
        return Headline("look", _alarm(day, alarms[0], names), people)
    if day.story.people and not day.story.happened:
        return Headline("plain", people, "")  # no coming and no going: events are not kept
    if day.story.people or day.story.happened or day.watched:
        return Headline("calm", say("A calm day."), people)
    return Headline("empty", say("Nothing was noted on this day."), "")


def _falls(day: Day, names: Names) -> str:
    falls = day.story.falls
    if not falls:
        return say("Somebody fell. When is not known.")
    who = {fall.who for fall in falls}
    name = named(falls[0].who, names) if len(who) == 1 else None
    moment = clock(day.clock(falls[0].at_s))
    if len(falls) == 1:
        known = say("{name} fell at {time}.", name=name, time=moment)
        return known if name else say("Somebody fell at {time}.", time=moment)
    count = number(len(falls))
    if name:
        return say(
            "{name} fell {count} times, first at {time}.", name=name, count=count, time=moment
        )
    return say("Somebody fell {count} times, first at {time}.", count=count, time=moment)


def _alarm(day: Day, one: Happening, names: Names) -> str:
    time = clock(day.clock(one.times_s[0]))
    words = {
        "camera-covered": say("The camera was covered at {time}.", time=time),
        "left-alone": say("{who} was left alone at {time}.", who=label(one.who, names), time=time),
        "unknown-person": say("Somebody who is not known came at {time}.", time=time),
        "camera-moved": say("The camera was moved at {time}.", time=time),
    }
    return words[one.event]


def seen(day: Day) -> str:
    """Return how many people were seen; "at least" where numbers may be the same people."""
    surely = day.surely
    if not surely:
        return say("Nobody was seen.")
    if len(day.story.people) == surely:
        one, many = (
            say("One person was seen."),
            say("{count} people were seen.", count=number(surely)),
        )
    else:
        one = say("At least one person was seen.")
        many = say("At least {count} people were seen.", count=number(surely))
    text = one if surely == 1 else many
    return text[:1].upper() + text[1:]


def number(count: int) -> str:
    """Return a count in words up to twelve, in figures above."""
    words = (
        say("two"), say("three"), say("four"), say("five"), say("six"), say("seven"),
        say("eight"), say("nine"), say("ten"), say("eleven"), say("twelve"),
    )  # fmt: skip
    return words[count - 2] if 2 <= count <= 12 else str(count)


def named(who: Who | None, names: Names) -> str | None:
    """Return the real name of somebody, or None where it is not given."""
    name = names.get(who.subject) if who is not None and who.number is None else None
    return on_one_line(name) if name else None


def label(who: Who | None, names: Names) -> str:
    """Return what somebody is called on the page."""
    if who is None:
        return say("Somebody")
    subject = who.subject if who.number is None else f"unknown {who.number}"
    return named(who, names) or person_words(subject)


def day_title(day: date) -> str:
    """Return the date with its weekday."""
    weekdays = (
        say("Monday"), say("Tuesday"), say("Wednesday"), say("Thursday"), say("Friday"),
        say("Saturday"), say("Sunday"),
    )  # fmt: skip
    months = (
        say("January"), say("February"), say("March"), say("April"), say("May"), say("June"),
        say("July"), say("August"), say("September"), say("October"), say("November"),
        say("December"),
    )  # fmt: skip
    return say(
        "{weekday}, {day} {month} {year}",
        weekday=weekdays[day.weekday()], day=day.day, month=months[day.month - 1], year=day.year,
    )  # fmt: skip


def clock(moment: datetime) -> str:
    """Return the time of day; an hour that comes twice says which one it is."""
    twice = moment.replace(fold=1 - moment.fold).utcoffset() != moment.utcoffset()
    return f"{moment:%H:%M} {moment:%Z}" if twice else f"{moment:%H:%M}"


def since_start(at_s: float) -> str:
    """Return a time since an object's start: "0:42", "1:02:05"."""
    minutes, seconds = divmod(round(at_s), MINUTE_S)
    hours, minutes = divmod(minutes, MINUTE_S)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def lasting(seconds: float) -> str:
    """Return a length of time: "under a minute", "12 min", "3 h 5 min"."""
    minutes = round(seconds / MINUTE_S)
    if minutes < 1:
        return say("under a minute")
    hours, rest = divmod(minutes, MINUTE_S)
    if not hours:
        return say("{minutes} min", minutes=minutes)
    if not rest:
        return say("{hours} h", hours=hours)
    return say("{hours} h {minutes} min", hours=hours, minutes=rest)


def sentence(one: Happening, names: Names) -> str:
    """Return what happened, without when."""
    told = event_sentence(one, label(one.who, names), lasting(one.for_s or 0), past=True)
    return told or say("Something else was noted: {what}", what=one.event)


def camera_words(camera: str | None) -> str:
    """Return what a camera is called on the page."""
    return say("a camera without a name") if camera is None else on_one_line(camera)


def whereabouts(box: str | None, cameras: Sequence[str | None]) -> str:
    """Return of which box the day is, and of which camera where there is only one with a name."""
    parts = [] if box is None else [say("Box “{box}”", box=on_one_line(box))]
    if len(cameras) == 1 and cameras[0] is not None:
        parts.append(say("Camera “{camera}”", camera=on_one_line(cameras[0])))
    return " · ".join(parts)


def where_most(floor: Sequence[Sequence[float]]) -> str:
    """Return in which of nine parts of the floor most time was spent; "" where nobody stood."""
    rows, columns = len(floor), len(floor[0])
    parts = [[0.0] * 3 for _ in range(3)]
    for y, row in enumerate(floor):
        for x, seconds in enumerate(row):
            parts[y * 3 // rows][x * 3 // columns] += seconds
    best = max((seconds, y, x) for y, row in enumerate(parts) for x, seconds in enumerate(row))
    words = (
        (say("far away, on the left"), say("far away, in the middle"), say("far away, on the right")),
        (say("on the left"), say("in the middle"), say("on the right")),
        (say("near the camera, on the left"), say("near the camera, in the middle"),
         say("near the camera, on the right")),
    )  # fmt: skip
    return words[best[1]][best[2]] if best[0] else ""

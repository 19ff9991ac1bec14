"""What somebody is told of an event: words and a time, and never a picture.

Clause: A.1-3; A.1-4.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from yingbi.domain.messages import on_one_line, say
from yingbi.domain.place import PICTURE
from yingbi.domain.record import Event

CLOCK = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Notice:
    """One event on its way to somebody.

    at: when it happened, with the zone of this machine. camera: which one saw it, as its owner
    calls it.
    """

    event: Event
    at: datetime
    camera: str

    @property
    def subject(self) -> str:
        """Who it was, in words; empty where the event is nobody's."""
        return "" if self.event.subject is None else person_words(self.event.subject)

    @property
    def headline(self) -> str:
        """What happened, in one line."""
        return event_words(self.event)

    @property
    def text(self) -> str:
        """What happened, where and when, in one line."""
        return say(
            "{what} {camera}, {time}.",
            what=self.headline,
            camera=self.camera,
            time=self.at.strftime(CLOCK),
        )


def person_words(subject: str) -> str:
    """Return what somebody of the records is called: "unknown 3" is "Person 3"."""
    kind, _, name = subject.partition(" ")
    if kind == "unknown":
        return say("Person {number}", number=name)
    return say("Known person {code}", code=name)


def figure_number(subject: str) -> int:
    """Return what chooses somebody's colour: of "unknown 3" the 3, of a pseudonym its own."""
    name = subject.rpartition(" ")[2]
    return int(name) if name.isdecimal() else sum(name.encode())


def event_words(event: Event) -> str:
    """Return an event as a sentence, as it happens and without when."""
    who = say("Somebody") if event.subject is None else person_words(event.subject)
    lasted = _seconds(round(event.for_s or 0))
    return event_sentence(event, who, lasted, past=False) or on_one_line(event.event)


class Eventful(Protocol):
    """What an event is told by, be it one record or several that are one line of a day."""

    @property
    def event(self) -> str:
        """Which event, of `record.EVENTS`."""

    @property
    def place(self) -> str | None:
        """Where it was, by the place's name."""

    @property
    def direction(self) -> str | None:
        """Which way a line was crossed."""

    @property
    def count(self) -> int | None:
        """How many people there were."""


def event_sentence(one: Eventful, who: str, lasted: str, *, past: bool) -> str:
    """Return what happened as a sentence, without when; empty where no sentence tells it.

    who, lasted: in words. past: looked back on, as a page of a day does; else as it happens.
    """
    place, count = one.place or "", one.count or 0
    in_zone = (
        say("{who} was in “{place}”.", who=who, place=place)
        if past
        else say("{who} is in “{place}”.", who=who, place=place)
    )
    words = {
        "entered": say("{who} came.", who=who),
        "left": say("{who} went away.", who=who),
        "count": say("People there: {count}.", count=count),
        "crossed": say("{who} went over the line “{place}”.", who=who, place=place),
        "crossed back": say("{who} went back over the line “{place}”.", who=who, place=place),
        "in-zone": in_zone,
        "dwelt": say("{who} stayed in “{place}” for {time}.", who=who, place=place, time=lasted),
        "crowd": say("Many people at once: {count}.", count=count),
        "crowd there": say("Many people at once in “{place}”: {count}.", place=place, count=count),
        "fell": say("{who} fell.", who=who),
        "left-alone": say("{who} was left alone.", who=who),
        "unknown-person": say("Somebody came who is not known."),
        "camera-covered": say("The camera was covered."),
        "camera-moved": say("The camera was moved."),
    }
    back = " back" if one.event == "crossed" and one.direction == "back" else ""
    there = " there" if one.event == "crowd" and place not in ("", PICTURE) else ""
    return words.get(one.event + back + there, "")


def behaviour_words(behaviour: str | None) -> str:
    """Return what somebody does, of `record.BEHAVIOURS`; empty where it is not known."""
    words = {
        "standing": say("standing"),
        "sitting": say("sitting"),
        "lying": say("lying"),
        "walking": say("walking"),
        "running": say("running"),
        "waving": say("waving"),
        "fallen": say("on the floor after a fall"),
    }
    return "" if behaviour is None else words.get(behaviour) or on_one_line(behaviour)


def _seconds(count: int) -> str:
    return say("{n} second", n=count) if count == 1 else say("{n} seconds", n=count)

"""What somebody is told of an event: words and a time, and never a picture.

Clause: A.1-3; A.1-4.
"""

from dataclasses import dataclass
from datetime import datetime

from yingbi.domain.messages import on_one_line, say
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


def event_words(event: Event) -> str:
    """Return an event as a sentence, without when it was."""
    who = say("Somebody") if event.subject is None else person_words(event.subject)
    place, count = event.place or "", event.count or 0
    lasted = _seconds(round(event.for_s or 0))
    words = {
        "entered": say("{who} came.", who=who),
        "left": say("{who} went away.", who=who),
        "count": say("People there: {count}.", count=count),
        "crossed": say("{who} went over the line “{place}”.", who=who, place=place),
        "crossed back": say("{who} went back over the line “{place}”.", who=who, place=place),
        "in-zone": say("{who} is in “{place}”.", who=who, place=place),
        "dwelt": say("{who} stayed in “{place}” for {time}.", who=who, place=place, time=lasted),
        "crowd": say("Many people at once: {count}.", count=count),
        "crowd there": say("Many people at once in “{place}”: {count}.", place=place, count=count),
        "fell": say("{who} fell.", who=who),
        "left-alone": say("{who} was left alone.", who=who),
        "unknown-person": say("Somebody came who is not known."),
        "camera-covered": say("The camera was covered."),
        "camera-moved": say("The camera was moved."),
    }
    back = " back" if event.event == "crossed" and event.direction == "back" else ""
    there = " there" if event.event == "crowd" and place not in ("", "picture") else ""
    return words.get(event.event + back + there) or on_one_line(event.event)


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

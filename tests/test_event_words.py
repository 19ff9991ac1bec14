"""Each event has one sentence as it happens and one looked back on, in both languages."""

import re

import pytest

from yingbi.domain.messages import use_language
from yingbi.domain.notice import event_sentence, event_words
from yingbi.domain.record import EVENTS, Event
from yingbi.domain.story import Happening, Who
from yingbi.web.day_words import sentence
from yingbi.web.pages import spoken

FACTS = {"subject": "unknown 3", "place": "bed", "direction": "back", "count": 4, "for_s": 120.0}
SAID = {
    "en": ("Person 3 is in “bed”.", "Person 3 was in “bed”."),
    "zh": ("3 号在“bed”里。", "3 号到了“bed”。"),
}


@pytest.fixture(params=["en", "zh"])
def language(request):
    before = spoken()
    use_language(request.param)
    yield request.param
    use_language(before)


def told(name: str) -> Event:
    kept = {one: FACTS.get(one, 0.9) for one in EVENTS[name]}
    return Event(name, 1.0, **kept)


def looked_back(event: Event) -> Happening:
    who = None if event.subject is None else Who(event.subject, 3)
    facts = event.place, event.direction, event.count, event.for_s
    return Happening(event.event, (event.time_s,), who, *facts)


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_has_a_sentence_in_both_tenses(language, name):
    now, then = event_words(told(name)), sentence(looked_back(told(name)), {})
    if name not in ("in-zone", "dwelt"):  # how long is told to the second, or to the minute
        assert now == then
    for text in (now, then):
        assert text.endswith("." if language == "en" else "。")
        latin = set(re.findall("[A-Za-z]+", text)) - {"bed"}
        assert bool(latin) is (language == "en")


def test_only_being_in_a_place_is_told_otherwise_when_looked_back_on(language):
    now, then = event_words(told("in-zone")), sentence(looked_back(told("in-zone")), {})
    assert (now, then) == SAID[language]


def test_what_no_sentence_tells_is_said_to_be_something_else(language):
    assert event_sentence(Event("danced", 1.0), "Somebody", "", past=True) == ""
    assert "danced" in event_words(Event("danced", 1.0))
    assert "danced" in sentence(looked_back(Event("danced", 1.0)), {})

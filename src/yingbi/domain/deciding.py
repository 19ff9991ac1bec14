"""From what a person asks for to new choices; what makes no sense is refused with a reason."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from yingbi.domain.decision import (
    Addition,
    Choices,
    Decision,
    Join,
    Judgement,
    Split,
    TimeRange,
    Verdict,
)
from yingbi.domain.edit import Edit
from yingbi.domain.edit_errors import DecisionRefusedError, NoSuchTrackError
from yingbi.domain.judged import Judged
from yingbi.domain.messages import say
from yingbi.domain.region import Target
from yingbi.domain.zone import Zone

Asked = Mapping[str, Any]


def decide(edit: Edit, judged: Judged, asked: Asked) -> Choices:
    """Return the choices after one more; zones come checked, as `with_zone` takes them.

    asked: {"do": "mask" | "release" | "split" | "join" | "range" | "unrange" | "unzone" | "trim" |
        "remove", ...} with the fields of the review page.

    Raises: DecisionRefusedError, NoSuchTrackError.
    """
    choices = edit.choices
    match asked.get("do"):
        case "mask" | "release":
            choices = _with(choices, *_judgements(edit, judged, asked))
        case "split":
            choices = _with(choices, _split(edit, judged, asked))
        case "join":
            choices = _with(choices, _join(judged, asked))
        case "range":
            choices = replace(choices, ranges=(*choices.ranges, _range(asked)))
        case "unrange":
            choices = replace(choices, ranges=_without(choices.ranges, asked))
        case "unzone":
            choices = replace(choices, zones=_without(choices.zones, asked))
        case "trim" | "remove":
            choices = _trimmed(choices, asked)
        case _:
            raise DecisionRefusedError(reason=say("it is not known"))
    return choices


def with_zone(choices: Choices, zone: Zone) -> Choices:
    """Return the choices with one zone more."""
    return replace(choices, zones=(*choices.zones, zone))


def with_addition(choices: Choices, addition: Addition) -> Choices:
    """Return the choices with a drawn region, in place of what it was before."""
    others = (one for one in choices.decisions if not _is_drawn(one, addition.track))
    return replace(choices, decisions=(*others, addition))


def _judgements(edit: Edit, judged: Judged, asked: Asked) -> list[Judgement]:
    does = cast(Verdict, asked["do"])
    if "kind" in asked:
        kind = next((target for target in Target if target.value == asked["kind"]), None)
        if kind is None:
            raise DecisionRefusedError(reason=say("it is not known"))
        return [Judgement(does, None, kind)]
    if _whole(asked, "person") in {one.track for one in edit.choices.additions}:
        raise DecisionRefusedError(
            reason=say("what was drawn is masked; cut its ends, or remove it")
        )
    person = _person(judged, asked, "person")
    match asked.get("scope", "all"):
        case "moment":
            return [_moment(edit, does, person, asked)]
        case "stretch":
            at = _frame(asked, "at", len(edit.sightings) - 1)
            return [_stretch(judged, does, person, at)]
        case "all":
            return _everything(judged, does, person)
        case _:
            raise DecisionRefusedError(reason=say("it is not known"))


def _moment(edit: Edit, does: Verdict, person: int, asked: Asked) -> Judgement:
    last = len(edit.sightings) - 1
    first, end = _frame(asked, "from", last), _frame(asked, "to", last)
    if end < first:
        raise DecisionRefusedError(reason=say("the times end before they begin"))
    return Judgement(does, person, None, first, end)


def _stretch(judged: Judged, does: Verdict, person: int, at: int) -> Judgement:
    for first, end in judged.stretches(person):
        if first <= at <= end:
            return Judgement(does, person, None, first, end)
    raise DecisionRefusedError(reason=say("somebody else is too near at this moment"))


def _everything(judged: Judged, does: Verdict, person: int) -> list[Judgement]:
    """Return one decision to mask a person, or one to be seen for each stretch of theirs."""
    if does == "mask":
        return [Judgement("mask", person)]
    stretches = judged.stretches(person)
    if not stretches:
        raise DecisionRefusedError(reason=say("others are always too near to this person"))
    return [Judgement("release", person, None, *ends) for ends in stretches]


def _range(asked: Asked) -> TimeRange:
    from_s, to_s = _number(asked, "from_s"), _number(asked, "to_s")
    if not 0 <= from_s <= to_s:
        raise DecisionRefusedError(reason=say("the times end before they begin"))
    return TimeRange(from_s, to_s)


def _split(edit: Edit, judged: Judged, asked: Asked) -> Split:
    person = _person(judged, asked, "person")
    at = _frame(asked, "at", len(edit.sightings) - 1)
    frames = judged.frame_of(judged.rows_of(person))
    if not (int(frames[0]) < at <= int(frames[-1])):
        raise DecisionRefusedError(
            reason=say("the person is not there before and after this frame")
        )
    return Split(person, at, edit.next_track)


def _join(judged: Judged, asked: Asked) -> Join:
    people = asked.get("people")
    if not isinstance(people, list) or len(people) != 2:
        raise DecisionRefusedError(reason=say("two people are needed"))
    first, second = (_person(judged, {"person": one}, "person") for one in people)
    if first == second:
        raise DecisionRefusedError(reason=say("two people are needed"))
    return Join(first, second)


def _trimmed(choices: Choices, asked: Asked) -> Choices:
    number = _whole(asked, "person")
    drawn = next((one for one in choices.additions if one.track == number), None)
    if drawn is None:
        raise NoSuchTrackError(number=number)
    left = None
    if asked["do"] == "trim":
        left = drawn.trimmed(_whole(asked, "from"), _whole(asked, "to"))
        if left is None:
            raise DecisionRefusedError(reason=say("nothing would be left of it"))
    decisions = [
        left if _is_drawn(one, number) else one
        for one in choices.decisions
        if left is not None or not _is_drawn(one, number)
    ]
    return replace(choices, decisions=tuple(one for one in decisions if one is not None))


def _is_drawn(decision: Decision, number: int) -> bool:
    return isinstance(decision, Addition) and decision.track == number


def _with(choices: Choices, *more: Decision) -> Choices:
    return replace(choices, decisions=(*choices.decisions, *more))


def _without(values: tuple[Any, ...], asked: Asked) -> tuple[Any, ...]:
    index = _whole(asked, "index")
    if not 0 <= index < len(values):
        raise DecisionRefusedError(reason=say("it is not there any more"))
    return (*values[:index], *values[index + 1 :])


def _person(judged: Judged, asked: Asked, name: str) -> int:
    number = _whole(asked, name)
    if number < 1 or not judged.rows_of(number).size:
        raise NoSuchTrackError(number=number)
    return number


def _frame(asked: Asked, name: str, last: int) -> int:
    return min(max(_whole(asked, name), 0), last)


def _whole(asked: Asked, name: str) -> int:
    value = asked.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 1 << 31:
        raise DecisionRefusedError(reason=say("'{name}' must be a whole number", name=name))
    return value


def _number(asked: Asked, name: str) -> float:
    value = asked.get(name)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not abs(value) < 1e9:
        raise DecisionRefusedError(reason=say("'{value}' is not a number", value=value))
    return float(value)

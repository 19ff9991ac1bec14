"""The classes of visual privacy data: what proves each, and what is done with it by default.

One table. What nothing here finds stands in it too and says so: whoever reads a grading has to
know what it cannot tell.

Clause: 6.2.1.f-1; 6.2.1.f-2; 4.2.b-1.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from yingbi.domain import private_text
from yingbi.domain.level import Scene
from yingbi.domain.region import Target


def _(template: str) -> str:
    return template


class Sign(StrEnum):
    """What proves a class beside a finder's region.

    READ: a line of text, read and judged by its pattern. THINGS: furniture of a home.
    """

    READ = "read"
    THINGS = "things"


class Handling(StrEnum):
    """What is done by default where a class is found.

    MASK: it is covered. TIGHTEN: the source's level must be strict enough. REVIEW: a person looks.
    """

    MASK = "mask"
    TIGHTEN = "tighten"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class DataClass:
    """One class of visual privacy data.

    name: its label, as sealed segments carry it. title: in words; show it through `say`.
    clause: of the requirement that asks for it. evidence: what proves it; None where nothing here
    does. mask: the target that covers it; None where no mask can. sensitive: whether law asks
    more for it (PIPL 28). scene: the scene that it speaks of, whose level is then asked for.
    """

    name: str
    title: str
    clause: str
    evidence: Target | Sign | None
    handling: Handling
    mask: Target | None
    sensitive: bool = False
    scene: Scene | None = None


_FOUND, _GRADED = "6.2.1.f-2", "6.2.1.f-1"
_MASK, _TIGHTEN, _REVIEW = Handling.MASK, Handling.TIGHTEN, Handling.REVIEW
_READ, _TEXT = Sign.READ, Target.TEXT

# A table reads best with one class on one line.
# fmt: off
CLASSES = (
    DataClass("biometric.face", _("a face"), _FOUND, Target.FACE, _MASK, Target.FACE, sensitive=True),
    DataClass("biometric.head", _("a head, with or without a face to be seen"), _FOUND, Target.HEAD, _MASK, Target.HEAD, sensitive=True),
    DataClass("body", _("a body: build, clothes, posture"), _FOUND, Target.PERSON, _MASK, Target.PERSON),
    DataClass("biometric.gait", _("how somebody walks"), _GRADED, None, _MASK, Target.PERSON, sensitive=True),
    DataClass("minor", _("a child or an adolescent"), _GRADED, None, _TIGHTEN, Target.PERSON, sensitive=True),
    DataClass("plate", _("the plate of a vehicle"), _FOUND, Target.PLATE, _MASK, Target.PLATE),
    DataClass("text", _("a line of text"), _FOUND, _TEXT, _REVIEW, _TEXT),
    DataClass(private_text.ID, _("a resident's number"), _FOUND, _READ, _MASK, _TEXT, sensitive=True),
    DataClass(private_text.PASSPORT, _("the number of a passport or travel permit"), _FOUND, _READ, _MASK, _TEXT, sensitive=True),
    DataClass(private_text.CARD, _("the number of a bank card"), _FOUND, _READ, _MASK, _TEXT, sensitive=True),
    DataClass(private_text.PHONE, _("a telephone number"), _FOUND, _READ, _MASK, _TEXT),
    DataClass(private_text.MAIL, _("an e-mail address"), _FOUND, _READ, _MASK, _TEXT),
    DataClass(private_text.VEHICLE, _("the number of a vehicle's frame"), _FOUND, _READ, _MASK, _TEXT),
    DataClass(private_text.UNREAD, _("text that cannot be read surely"), _FOUND, _READ, _MASK, _TEXT),
    DataClass("document", _("an identity document as a thing"), _GRADED, None, _REVIEW, _TEXT, sensitive=True),
    DataClass("screen", _("a screen, whatever it shows"), _FOUND, Target.SCREEN, _MASK, Target.SCREEN),
    DataClass("location", _("what tells where it is: signs, views, house numbers"), _GRADED, None, _REVIEW, _TEXT, sensitive=True),
    DataClass("home.interior", _("the inside of a home"), "6.4.1-3", Sign.THINGS, _TIGHTEN, None, sensitive=True, scene=Scene.HOME_INTERIOR),
    DataClass("nudity", _("a naked or half-naked body"), _GRADED, None, _REVIEW, Target.PERSON, sensitive=True),
    DataClass("health", _("what tells of health: medicine, aids, wounds"), _GRADED, None, _REVIEW, None, sensitive=True),
    DataClass("belief", _("what tells of belief or descent"), _GRADED, None, _REVIEW, None, sensitive=True),
)
# fmt: on

BY_NAME = {one.name: one for one in CLASSES}
"""Every class by its label."""

BY_TARGET = {one.evidence: one for one in CLASSES if isinstance(one.evidence, Target)}
"""The class that each target proves."""


NOTHING = "none"
"""The label of what was looked at and in which nothing was found; no label at all is "not looked"."""


def valid(labels: Iterable[str]) -> bool:
    """Return whether each label names a class of the table, or says that nothing was found."""
    return set(labels) <= {*BY_NAME, NOTHING}


def settled(labels: Iterable[str]) -> tuple[str, ...]:
    """Return the labels that a segment carries, in order; where classes were found, they alone.

    Raises: ValueError without any label, since nobody looked then, or with one that is no class.
    Clause: 6.2.3-1.
    """
    found = set(labels)
    if not found or not valid(found):
        raise ValueError("what is sealed carries labels, and each is a class of the table")
    return tuple(sorted(found - {NOTHING})) or (NOTHING,)


def not_found() -> tuple[DataClass, ...]:
    """Return the classes that nothing here finds: a grading is silent about them."""
    return tuple(one for one in CLASSES if one.evidence is None)

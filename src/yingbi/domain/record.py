"""Structured data instead of pictures: the five kinds of record, as values.

`record_form` writes and reads them; the published JSON Schema is
`standard/record-2.schema.json`. Coordinates are shares of the picture's width and height, so
that a record says nothing about the camera; times are seconds from the object's start.

Clause: A.1-3; A.1-4; 6.2.4.b.6-1.
"""

from dataclasses import dataclass

KEY_POINTS = 17  # COCO order

BEHAVIOURS = ("standing", "sitting", "lying", "walking", "running", "waving", "fallen")
"""What somebody does for a while."""

ATTRIBUTES = {
    "age-band": ("possibly-under-14", "older", "unknown"),
    "upper-colour": (),
    "lower-colour": (),
    "carried": ("bag", "backpack", "suitcase", "umbrella", "nothing"),
    "helmet": ("worn", "not-worn"),
    "face-covering": ("worn", "not-worn"),
}
"""What a user may choose to keep of somebody; nothing sensitive is among it."""

UNSEEN = ("carried", "helmet")
"""Attributes that nothing here can tell. Their words are read, for whoever can, and never written:
of two pictures of a street the network for people found none of five bags, and took benches,
bins and a cabinet for some."""

COLOURS = (
    "black", "grey", "white", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown",
)  # fmt: skip
"""Values of the two attributes of colour."""

EVENTS = {
    "entered": ("subject",),
    "left": ("subject",),
    "count": ("count",),
    "crossed": ("subject", "place", "direction"),
    "in-zone": ("subject", "place"),
    "dwelt": ("subject", "place", "for_s"),
    "crowd": ("place", "count"),
    "fell": ("subject", "confidence"),
    "left-alone": ("subject",),
    "unknown-person": ("subject",),
    "camera-covered": (),
    "camera-moved": (),
}
"""What can happen, and which fields tell of it."""

DIRECTIONS = ("forward", "back")
"""Over a line from its left hand to its right, seen from its first point to its second; or back."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who was there between two times: "unknown 3", or the pseudonym "known abcd2345"."""

    subject: str
    from_s: float
    to_s: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Pose:
    """The 17 COCO key points of one person at one time.

    points: (x, y, visibility) each; visibility is 0..1 of the network.
    box: x0, y0, x1, y1 around the person, or None in records of schema 1.
    """

    subject: str
    time_s: float
    points: tuple[tuple[float, float, float], ...]
    box: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Attribute:
    """One thing that could be seen of somebody between two times, of `ATTRIBUTES`."""

    subject: str
    from_s: float
    to_s: float
    attribute: str
    value: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What somebody did between two times, of `BEHAVIOURS`."""

    subject: str
    from_s: float
    to_s: float
    behaviour: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, of `EVENTS`, with the fields that tell of it and no others.

    count: people. place: name of a zone or line, or "picture". for_s: how long, in seconds.
    """

    event: str
    time_s: float
    subject: str | None = None
    count: int | None = None
    place: str | None = None
    direction: str | None = None
    for_s: float | None = None
    confidence: float | None = None


Record = Identity | Pose | Attribute | Behaviour | Event

KINDS = ("identity", "pose", "attributes", "behaviour", "event")
"""Kinds of record, as policies name them."""

_KIND_OF: dict[type, str] = {
    Identity: "identity",
    Pose: "pose",
    Attribute: "attributes",
    Behaviour: "behaviour",
    Event: "event",
}


def kind_of(record: Record) -> str:
    """Return the kind's name, of `KINDS`."""
    return _KIND_OF[type(record)]


def span_of(record: Record) -> tuple[float, float]:
    """Return from when to when it tells something, in seconds; one moment is both."""
    match record:
        case Pose() | Event():
            return record.time_s, record.time_s
        case _:
            return record.from_s, record.to_s

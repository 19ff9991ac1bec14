"""Colour profiles cut down to what colours need.

A profile is kept since wide-gamut cameras' pictures are shown wrong without it, but
it may also name a device, a maker, a serial number and a date: those are left out.
"""

from typing import Literal, NamedTuple

HEADER = 128
MOST_TAGS = 200
COLOUR_TAGS = frozenset(
    b"wtpt bkpt chad cicp lumi rXYZ gXYZ bXYZ rTRC gTRC bTRC kTRC "
    b"A2B0 A2B1 A2B2 B2A0 B2A1 B2A2 gamt".split()
)
NAMELESS = ((4, 8), (24, 36), (40, 44), (48, 56), (80, 100))
"""Header fields cleared: module, date, platform, maker and model, creator and digest."""

Space = Literal[b"RGB ", b"GRAY", b"CMYK"]
"""The colour space that a picture's profile must be for, in the profile's own words."""


class _Tag(NamedTuple):
    name: bytes
    body: bytes


def colour_only(profile: bytes | None, space: Space) -> bytes | None:
    """Return the profile without names and dates, or None where it does not fit or is broken."""
    if profile is None or len(profile) < HEADER + 4 or profile[36:40] != b"acsp":
        return None
    if profile[16:20] != space:
        return None
    tags = _colour_tags(profile)
    if not tags:
        return None
    header = bytearray(profile[:HEADER])
    for start, end in NAMELESS:
        header[start:end] = bytes(end - start)
    text = _text_v4 if profile[8] >= 4 else _text_v2
    return _assembled(header, [_Tag(b"desc", text(b"desc")), _Tag(b"cprt", text(b"cprt")), *tags])


def _colour_tags(profile: bytes) -> list[_Tag]:
    """Return the tags that say how numbers become colours; none if any lies outside the file."""
    count = int.from_bytes(profile[HEADER : HEADER + 4])
    tags = []
    for place in range(HEADER + 4, HEADER + 4 + 12 * min(count, MOST_TAGS), 12):
        name = profile[place : place + 4]
        start = int.from_bytes(profile[place + 4 : place + 8])
        size = int.from_bytes(profile[place + 8 : place + 12])
        if name not in COLOUR_TAGS:
            continue
        if not size or start + size > len(profile):
            return []
        tags.append(_Tag(name, profile[start : start + size]))
    return tags


def _assembled(header: bytearray, tags: list[_Tag]) -> bytes:
    """Return header, table and bodies as one profile; equal bodies are stored once."""
    table, bodies = bytearray(), bytearray()
    places: dict[bytes, int] = {}
    first = HEADER + 4 + 12 * len(tags)
    for tag in tags:
        if tag.body not in places:
            places[tag.body] = first + len(bodies)
            bodies += tag.body + bytes(-len(tag.body) % 4)
        table += tag.name + places[tag.body].to_bytes(4) + len(tag.body).to_bytes(4)
    header[0:4] = (first + len(bodies)).to_bytes(4)
    return bytes(header + len(tags).to_bytes(4) + table + bodies)


def _text_v4(_: bytes) -> bytes:
    """Return a version 4 text that says nothing."""
    word = "-".encode("utf-16-be")
    record = b"enUS" + len(word).to_bytes(4) + (28).to_bytes(4)
    return b"mluc" + bytes(4) + (1).to_bytes(4) + (12).to_bytes(4) + record + word


def _text_v2(name: bytes) -> bytes:
    """Return a version 2 text that says nothing."""
    if name == b"cprt":
        return b"text" + bytes(4) + b"-\0"
    return b"desc" + bytes(4) + (2).to_bytes(4) + b"-\0" + bytes(4 + 4 + 2 + 1 + 67)

"""Days that are reckoned from records, and their pages read strictly."""

import io
import struct
from datetime import UTC, date, datetime, timedelta, timezone
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

from yingbi.domain.day import Day, Noted, day_of
from yingbi.domain.record import Behaviour, Event, Identity, Pose, Record
from yingbi.web.day_page import write_day

KNOWN, OTHER = "known abcd2345", "known bcde3456"
HOUR_S = 3600
SUNDAY = date(2026, 11, 29)
FIXED = timezone(timedelta(hours=1))
MADE = datetime(2026, 11, 30, 6, tzinfo=UTC)


def zone_by_rule(rule: str) -> ZoneInfo:
    """Return a real time zone that needs no table of the system's: TZif with a rule alone."""
    counts = struct.pack(">6l", 0, 0, 0, 0, 1, 4)
    block = b"TZif2" + bytes(15) + counts + struct.pack(">lBB", 3600, 0, 0) + b"CET\0"
    return ZoneInfo.from_file(io.BytesIO(block + block + f"\n{rule}\n".encode()), key="Test/Town")


TOWN = zone_by_rule("CET-1CEST,M3.5.0,M10.5.0/3")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def begun(day: date = SUNDAY, zone: timezone | ZoneInfo = FIXED) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def reckoned(*records: Record, lasts_s: float | None = None) -> Day:
    """Return the day of one object that begins at its midnight."""
    return day_of(SUNDAY, FIXED, [Noted(begun(), records, lasts_s)])


def there(subject: str, from_s: float, to_s: float) -> Identity:
    return Identity(subject, from_s, to_s, 0.9)


def standing(x: float, y: float) -> tuple[tuple[float, float, float], ...]:
    """Return key points with the feet at a place."""
    across = (0, 1, -1, 2, -2, 4, -4, 5, -5, 5, -5, 3, -3, 3, -3, 3, -3)
    above = (20, 21, 21, 20, 20, 17, 17, 13, 13, 10, 10, 10, 10, 5, 5, 0, 0)
    return tuple((x + a / 150, y - b / 60, 0.9) for a, b in zip(across, above, strict=True))


def lying(x: float, y: float) -> tuple[tuple[float, float, float], ...]:
    """Return key points of somebody who lies across the picture at a place."""
    upright = standing(0.0, 0.0)
    return tuple((x - py * 9 / 16, y + px * 16 / 9, score) for px, py, score in upright)


NAMES = {KNOWN: "Grandma Li"}


def days() -> dict[str, Day]:
    """Return a calm day, one with falls, an empty one, and one of many people."""
    calm = [
        there(KNOWN, 7 * HOUR_S, 12 * HOUR_S),
        there(OTHER, 9 * HOUR_S, 20 * HOUR_S),
        Behaviour(KNOWN, 8 * HOUR_S, 10.5 * HOUR_S, "sitting", 0.9),
        Event("dwelt", 11 * HOUR_S, KNOWN, place="kitchen", for_s=1800),
        *(Pose(KNOWN, 8 * HOUR_S + t, standing(0.3 + t / 90, 0.9)) for t in range(40)),
    ]
    fall = [
        Event("fell", 14 * HOUR_S + 32 * 60, KNOWN, confidence=0.9),
        Behaviour(KNOWN, 14 * HOUR_S + 32 * 60, 15 * HOUR_S, "fallen", 0.9),
        Pose(KNOWN, 14 * HOUR_S + 32 * 60 + 3, lying(0.5, 0.9)),
    ]
    many = [
        one
        for n in range(1, 31)
        for one in (
            there(f"unknown {n}", n * 2000, n * 2000 + 5000),
            Event("entered", n * 2000, f"unknown {n}"),
            Event("left", n * 2000 + 5000, f"unknown {n}"),
        )
    ]
    strange = [
        Event("crossed", 60, KNOWN, place="door", direction="forward"),
        Event("crossed", 61, KNOWN, place="door", direction="back"),
        Event("in-zone", 62, KNOWN, place="bed"),
        Event("crowd", 63, place="hall", count=6),
        Event("crowd", 64, place="picture", count=7),
        Event("left-alone", 65, KNOWN),
        Event("unknown-person", 66, "unknown 99"),
        Event("camera-covered", 67),
        Event("camera-moved", 68),
        *(Behaviour(KNOWN, n * 70, n * 70 + 60, b, 0.9) for n, b in enumerate(
            ("standing", "sitting", "lying", "walking", "running", "waving", "fallen"), 1)),
    ]  # fmt: skip
    both = [
        Noted(begun(), calm[:3], 86_400.0, "hall", "0190a"),
        Noted(begun(), [*calm[3:], *fall, there("unknown 7", 60, 90)], 86_400.0, "den", "0190b"),
    ]
    undated = Noted(None, [Event("fell", 42, "unknown 1", confidence=0.9)])
    made = {"calm": calm, "fall": [*calm, *fall], "many": [*many, *strange]}
    told = {name: reckoned(*records, lasts_s=86_400.0) for name, records in made.items()}
    falls = [Event("fell", 3600 * h, KNOWN, confidence=0.9) for h in (0, 9, 23.99)]
    told["falls"] = day_of(SUNDAY, FIXED, [Noted(begun(), [*calm, *falls]), undated])
    told["cameras"] = day_of(SUNDAY, FIXED, both)
    return told | {"empty": day_of(SUNDAY, FIXED, [])}


DAYS = days()


def page(day: Day, language: str = "en", names: dict[str, str] = NAMES, box: str = "home") -> str:
    out = io.BytesIO()
    write_day(day, names, out, language, box=box, made_at=MADE)
    return out.getvalue().decode()


class Tree(HTMLParser):
    """Reads a page strictly: each tag is closed in its turn, no id comes twice."""

    VOID = ("meta", "br", "hr", "img", "link", "input")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.texts: list[str] = []
        self.wrong: list[str] = []
        self.feed(text)
        self.close()
        self.wrong += [f"<{tag}> stays open" for tag in self.open]

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, tuple(attrs)))
        if len({name for name, _ in attrs}) < len(attrs):
            self.wrong.append(f"<{tag}> has an attribute twice")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> closes nothing")

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.texts.append(data)


def words(text: str) -> str:
    return " ".join(" ".join(Tree(text).texts).split())

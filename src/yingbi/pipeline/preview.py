"""A stick-figure film drawn from records when they are opened; it is never stored.

Clause: A.1-3; A.1-5.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from yingbi.domain.glimpse import Points
from yingbi.domain.notice import event_words, figure_number
from yingbi.domain.place import Places
from yingbi.domain.record import Event, Pose, Record
from yingbi.errors import NoPosesError
from yingbi.media.draw import colour_of, draw_figures
from yingbi.media.draw_signs import Sign
from yingbi.media.film_info import FilmInfo
from yingbi.media.film_writer import FilmWriter

FPS = 10
LONGER_SIDE = 640
STAYS_S = 1.0
"""A figure stays so long after its last pose, then it is gone."""
SIGN_STAYS_S = 3.0
UNSIGNED = ("count",)
"""Events that the film shows by itself."""


@dataclass(frozen=True, slots=True)
class _Tick:
    """What is drawn at one time."""

    figures: list[tuple[int, Points]]
    signs: list[Sign]


def draw_preview(
    records: Iterable[Record],
    sink: BinaryIO,
    size: tuple[int, int],
    places: Places | None = None,
) -> None:
    """Write the film to the sink; size is the source's, whose shape it keeps.

    places: lines and areas that are drawn on the floor. What happened is a sign, with words in
    the language of the moment where its letters can be drawn.

    Raises: NoPosesError where the records hold no pose.
    """
    kept = [one for one in records if isinstance(one, Pose | Event)]
    poses = sorted((r for r in kept if isinstance(r, Pose)), key=lambda pose: pose.time_s)
    events = sorted((r for r in kept if isinstance(r, Event)), key=lambda event: event.time_s)
    if not poses:
        raise NoPosesError
    shrink = LONGER_SIDE / max(size)
    info = FilmInfo.plain(round(size[0] * shrink), round(size[1] * shrink), FPS)
    writer = FilmWriter(sink, info, crf=23)
    for index, tick in enumerate(_ticks(poses, events)):
        pts = round(index / FPS / info.time_base)
        drawn = draw_figures(
            info, tick.figures, index=index, pts=pts, places=places, signs=tick.signs
        )
        writer.write(drawn)
    writer.close()


def _ticks(poses: list[Pose], events: list[Event]) -> Iterator[_Tick]:
    """Yield what is drawn at each tick from the first pose to the last."""
    start, end = poses[0].time_s, poses[-1].time_s + STAYS_S
    waiting, shown = list(reversed(poses)), dict[str, Pose]()
    for tick in range(round((end - start) * FPS) + 1):
        now = start + tick / FPS
        while waiting and waiting[-1].time_s <= now + 1e-6:
            pose = waiting.pop()
            shown[pose.subject] = pose
        figures = [
            (figure_number(subject), pose.points)
            for subject, pose in shown.items()
            if now - pose.time_s <= STAYS_S
        ]
        yield _Tick(figures, list(_signs(events, now)))


def _signs(events: list[Event], now: float) -> Iterator[Sign]:
    """Yield what happened of late, the newest first."""
    for event in reversed(events):
        if 0 <= now - event.time_s + 1e-6 <= SIGN_STAYS_S and event.event not in UNSIGNED:
            colour = None if event.subject is None else colour_of(figure_number(event.subject))
            yield Sign(event.event, _plain(event_words(event)), colour)


def _plain(words: str) -> str:
    """Return words with the plain quotes that can be drawn."""
    return words.translate({ord("“"): '"', ord("”"): '"'})

"""A stick-figure film drawn from records when they are opened; it is never stored.

Clause: A.1-3; A.1-5.
"""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from yingbi.domain.record import Pose, Record
from yingbi.errors import NoPosesError
from yingbi.media.draw import draw_figures
from yingbi.media.film_info import FilmInfo
from yingbi.media.film_writer import FilmWriter

FPS = 10
LONGER_SIDE = 640
STAYS_S = 1.0
"""A figure stays so long after its last pose, then it is gone."""

Figures = list[tuple[int, tuple[tuple[float, float, float], ...]]]


def draw_preview(records: Iterable[Record], sink: BinaryIO, size: tuple[int, int]) -> None:
    """Write the film to the sink; size is the source's, whose shape it keeps.

    Raises: NoPosesError where the records hold no pose.
    """
    poses = sorted((r for r in records if isinstance(r, Pose)), key=lambda pose: pose.time_s)
    if not poses:
        raise NoPosesError
    shrink = LONGER_SIDE / max(size)
    info = FilmInfo.plain(round(size[0] * shrink), round(size[1] * shrink), FPS)
    writer = FilmWriter(sink, info, crf=23)
    for index, figures in enumerate(_moments(poses)):
        pts = round(index / FPS / info.time_base)
        writer.write(draw_figures(info, figures, index=index, pts=pts))
    writer.close()


def _moments(poses: list[Pose]) -> Iterator[Figures]:
    """Yield who is drawn at each tick from the first pose to the last."""
    start, end = poses[0].time_s, poses[-1].time_s + STAYS_S
    waiting, shown = list(reversed(poses)), dict[str, Pose]()
    for tick in range(round((end - start) * FPS) + 1):
        now = start + tick / FPS
        while waiting and waiting[-1].time_s <= now + 1e-6:
            pose = waiting.pop()
            shown[pose.subject] = pose
        yield [
            (int(subject.split(" ")[1]), pose.points)
            for subject, pose in shown.items()
            if now - pose.time_s <= STAYS_S
        ]

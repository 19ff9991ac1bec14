"""A box that a user drew in one frame, taken to the frames before and after it."""

from collections.abc import Callable, Generator
from contextlib import ExitStack, closing
from itertools import zip_longest

from yingbi.domain.region import BoxXYXY
from yingbi.media.follow import Follower, Sight
from yingbi.media.seeker import FilmSeeker


def follow_both_ways(
    seeker: FilmSeeker,
    index: int,
    box: BoxXYXY,
    *,
    stopped: Callable[[], bool],
    take: Callable[[int, BoxXYXY, float], None],
) -> None:
    """Follow what is in the box from its frame on and back, until lost, the film's end, or stopped.

    Both directions grow evenly. stopped: asked before each frame. take: is given each frame's
    number, box and score (0..1), but not those of the frame itself.

    Raises: what `FilmSeeker.frame` raises; what was taken before stays good.
    """
    with ExitStack() as opened:
        ways = [
            opened.enter_context(closing(_way(seeker, index, box, step, stopped)))
            for step in (1, -1)
        ]
        for sights in zip_longest(*ways):
            for at, sight in filter(None, sights):
                take(at, sight.box, sight.score)


def _way(
    seeker: FilmSeeker, index: int, box: BoxXYXY, step: int, stopped: Callable[[], bool]
) -> Generator[tuple[int, Sight], None, None]:
    follower = Follower(seeker.frame(index), box)
    with closing(seeker.walk(index, 1 if step > 0 else -1)) as frames:
        for frame in frames:
            if stopped():
                return
            if frame.index == index:
                continue
            sight = follower.step(frame)
            if sight is None:
                return
            yield frame.index, sight

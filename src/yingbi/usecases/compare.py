"""Look at a film and its masked copy side by side, frame by frame; nothing is written."""

from contextlib import ExitStack
from pathlib import Path
from threading import Lock
from typing import Literal, Self

from yingbi.media.jpeg_view import jpeg_of
from yingbi.media.seeker import FilmSeeker

Side = Literal["clear", "written"]


class Comparison:
    """A film and its copy, open; a context manager whose methods any thread may call.

    times_s: of each frame that both have, in seconds from the first.
    """

    def __init__(self, source: Path, output: Path) -> None:
        self._paths: dict[Side, Path] = {"clear": source, "written": output}
        self._sides: dict[Side, FilmSeeker] = {}
        self._opened, self._closing = ExitStack(), Lock()
        self.times_s: list[float] = []

    def __enter__(self) -> Self:
        """Open both. Raises: what `FilmSeeker` raises."""
        with ExitStack() as opened:
            for side, path in self._paths.items():
                self._sides[side] = opened.enter_context(FilmSeeker(path))
            self._opened = opened.pop_all()
        written = self._sides["written"]
        frames = min(len(seeker.times) for seeker in self._sides.values())
        base, first = float(written.info.time_base), written.times[0] if frames else 0
        self.times_s = [(pts - first) * base for pts in written.times[:frames]]
        return self

    def __exit__(self, *_: object) -> None:
        """Close both."""
        with self._closing:
            self._opened.close()

    def jpeg(self, side: Side, at: int, width: int) -> bytes:
        """Return a frame as a JPEG at most so many pixels wide; raise IndexError for none."""
        return jpeg_of(self._sides[side].frame(at), width)

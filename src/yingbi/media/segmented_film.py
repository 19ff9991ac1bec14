"""A film as segments in memory, for sealing: fragmented MP4, never a file."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import cast

import av

from yingbi.domain.frame import Frame
from yingbi.media.encoder import PRESET, add_picture, clock_options, encodable
from yingbi.media.film_info import FilmInfo
from yingbi.media.libav import writing

# delay_moov: only then does the first segment know at which time the film begins.
FLAGS = "frag_keyframe+empty_moov+delay_moov+default_base_moof+skip_trailer"


@dataclass(frozen=True, slots=True)
class FilmSegment:
    """Some seconds of film that begin with a key frame.

    content: fragments of MP4; the first segment begins with the init section.
    from_s, to_s: time in the film, in seconds, of the first frame and of the end.
    """

    content: bytes = field(repr=False)
    from_s: float
    to_s: float


class _Buffer:
    """What the container wrote since it was last taken; it cannot be sought."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def take(self) -> bytes:
        taken, self._written = bytes(self._written), bytearray()
        return taken


class SegmentedFilm:
    """Takes frames in the order shown and gives back segments, one after another.

    All segments together are one playable film with exactly the times of the frames
    and the turn of `info`. Memory does not grow with the film's length.

    Clause: A.2-1.
    """

    def __init__(
        self,
        info: FilmInfo,
        *,
        crf: int,
        segment_s: float = 4.0,
        threads: int = 1,
        preset: str = PRESET,
    ) -> None:
        """Lay out the track; `segment_s` is the length that a segment aims at."""
        self._buffer = _Buffer()
        options = clock_options(info) | {"movflags": FLAGS}
        self._container = av.open(self._buffer, "w", format="mp4", options=options)
        self._stream = add_picture(self._container, info, crf=crf, threads=threads, preset=preset)
        self._time_base = info.time_base
        self._length = round(Fraction(segment_s) / info.time_base)
        self._starts: deque[int] = deque()
        self._last_start: int | None = None
        self._end = 0

    def feed(self, frame: Frame) -> list[FilmSegment]:
        """Encode one frame; return the segments that are complete by now."""
        begins = self._last_start is None or frame.pts - self._last_start >= self._length
        if begins:
            self._last_start = frame.pts
            self._starts.append(frame.pts)
        with writing(None):
            return self._muxed(self._stream.encode(encodable(frame, key=begins)))

    def finish(self) -> list[FilmSegment]:
        """Return the segments that are left; the film is closed."""
        with writing(None):
            segments = self._muxed(self._stream.encode(None))
            self._container.close()
        if self._starts:
            segments.append(self._segment(self._starts.popleft(), self._end))
        return segments

    def _muxed(self, packets: "Iterable[av.Packet[av.VideoStream]]") -> list[FilmSegment]:
        """Hand packets to the container; a key frame makes it write what came before."""
        segments = []
        for packet in packets:
            pts, duration = cast(int, packet.pts), packet.duration or 0
            self._container.mux_one(packet)
            self._end = max(self._end, pts + duration)
            if len(self._starts) > 1 and pts == self._starts[1]:
                segments.append(self._segment(self._starts.popleft(), pts))
        return segments

    def _segment(self, start: int, end: int) -> FilmSegment:
        content = self._buffer.take()
        return FilmSegment(content, float(start * self._time_base), float(end * self._time_base))

"""Films, one exact frame after another."""

import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from fractions import Fraction
from heapq import heappop, heappush
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

import av
import numpy as np
from av.video.plane import VideoPlane

from yingbi.domain.frame import Frame, Plane, Samples
from yingbi.domain.messages import say
from yingbi.errors import (
    BadInputError,
    CutOffError,
    NoPictureError,
    NotMediaError,
    SourceChangedError,
    UnsupportedMediaError,
)
from yingbi.media.boxes import has_index
from yingbi.media.colour import grey
from yingbi.media.containers import KINDS, Container, container_of, head_of
from yingbi.media.description import MAX_PIXELS, codec_of, describe, matrix_of, picture_stream
from yingbi.media.film_info import WRITABLE, FilmInfo
from yingbi.media.libav import reading
from yingbi.media.source_file import open_source
from yingbi.media.tap import Tap
from yingbi.media.whole import check_whole, states_length

READ_AT_ONCE = 1 << 18
LIMITS = {"max_pixels": str(MAX_PIXELS)}
VP8_SHOWN = 0x10


class FilmReader:
    """A film opened for reading; a context manager.

    Raises CutOffError, NoPictureError, NotMediaError or UnsupportedMediaError when it is
    opened, and CutOffError later where a frame is missing or cannot be decoded: a frame
    is never left out silently. With `salvage` the frames before the break are yielded
    instead, and `broken` and `lost_s` tell of it. SourceChangedError where the file was
    written to meanwhile.
    """

    info: FilmInfo

    def __init__(
        self,
        path: Path,
        threads: int = 1,
        held: BinaryIO | None = None,
        *,
        salvage: bool = False,
        tap: Tap | None = None,
        mended: bool = False,
    ) -> None:
        """Remember what to open; `threads` is the number of decoding threads.

        held: a film in memory; `path` is then only its name in errors.
        tap: takes every packet before it is decoded.
        mended: `held` is what was found again of a film that broke off (`media.mend`).
        """
        self.mended = mended
        self._path, self._held = path, held
        self._threads, self._salvage, self._tap = threads, salvage, tap
        self._times: list[int] = []
        self._end: Fraction | None = None
        self.broken: CutOffError | None = None

    def __enter__(self) -> Self:
        """Open the film and decode its first frame, which tells what the container does not."""
        with ExitStack() as opened:
            file = self._held or opened.enter_context(open_source(self._path))
            if self.mended:
                self.broken = self._cut_off(say("its index is missing"))
            self._file, self._state = file, _state(file)
            kind = container_of(head_of(file))
            if kind is None:
                raise NotMediaError(path=self._path)
            try:
                check_whole(file, self._path, kind)
            except CutOffError as error:
                self.broken = error
            self._length_stated = False
            file.seek(0)
            try:
                first = self._begin(opened, file, kind)
            except BadInputError as error:
                raise (self._findable(file, kind) or error) from error
            if self._salvage and not self.mended:
                place, counted = file.tell(), self.info.frames is not None
                self._length_stated = states_length(file, kind, frames=counted)
                file.seek(place)
            if self.broken is not None and not self._salvage:
                raise self._salvageable(self.broken)
            self._rest = chain([first], self._decoded)
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the film."""
        self._opened.close()

    def frames(self) -> Iterator[Frame]:
        """Yield the frames in the order shown; may be called once.

        The planes are views of the frame's own memory and may be written to.
        """
        try:
            yield from self._checked()
        except CutOffError as error:
            self._check_unchanged()
            if not self._salvage:
                raise self._salvageable(error) from error
            if self._end is None:
                raise  # nothing comes before the break
            self.broken = error
        self._check_unchanged()

    @property
    def lost_s(self) -> float | None:
        """Seconds behind the last frame that the container promised; None where it is silent."""
        if self.broken is None:
            return 0.0
        if self._end is None or not self._length_stated:
            return None
        start = (self._stream.start_time or 0) * cast(Fraction, self._stream.time_base)
        return max(0.0, self.info.duration_s + float(start) - float(self._end))

    def _begin(self, opened: ExitStack, file: BinaryIO, kind: Container) -> av.VideoFrame:
        """Open the container and its picture, and return the first frame."""
        self._kind = kind
        with reading(self._path):
            self._container = opened.enter_context(
                av.open(
                    file,
                    "r",
                    format=KINDS[kind].demuxer,
                    options=LIMITS,
                    buffer_size=READ_AT_ONCE,
                    metadata_errors="ignore",
                )
            )
            self._stream = picture_stream(self._container, self._path)
            self._stream.codec_context.options = LIMITS
            self._stream.thread_count = self._threads
            self._stream.thread_type = "SLICE" if self._threads == 1 else "AUTO"
            self._codec = codec_of(self._stream)
            self._ticks = cast(Fraction, self._stream.time_base).numerator
            if self._tap is not None:
                self._tap.stream = self._stream
        self._decoded = opened.enter_context(closing(self._decode()))
        first = next(self._decoded, None)
        if first is None and self._packets:
            raise self._cut_off(say("not every frame could be decoded"))
        if first is None:
            raise NoPictureError(path=self._path)
        self.info = describe(self._container, self._stream, first, kind, self._path)
        self._rotation = first.rotation
        return first

    def _checked(self) -> Iterator[Frame]:
        last_pts: int | None = None
        for index, picture in enumerate(self._rest):
            self._check(picture, last_pts)
            last_pts = picture.pts
            # Without this, what is drawn shows in later frames: the decoder refers to it.
            picture.make_writable()
            frame = frame_of(index, picture, self.info)
            self._end = (frame.pts + (picture.duration or 0) * self._ticks) * frame.time_base
            yield frame
        self._check_count()

    def _decode(self) -> Generator[av.VideoFrame, None, None]:
        """Yield decoded frames; count the packets that should give one."""
        self._packets = self._shown = self._given = 0
        try:
            with reading(self._path):
                for packet in self._container.demux(self._stream):
                    self._count(packet)
                    if self._tap is not None:
                        self._tap.take(packet)
                    for picture in packet.decode():
                        yield self._timed(picture)
        except CutOffError:
            if self._salvage:  # what was whole is still inside the decoder
                with reading(self._path):
                    yield from map(self._timed, self._stream.decode(None))
            raise

    def _count(self, packet: "av.Packet[av.VideoStream]") -> None:
        if not packet.size:
            return
        self._packets += 1
        hidden = self._codec == "vp8" and not bytes(packet)[0] & VP8_SHOWN
        self._shown += not packet.is_discard and not hidden
        if packet.is_corrupt:
            raise self._cut_off(say("a frame is incomplete"))
        if self._kind == "avi" and packet.dts is not None:
            heappush(self._times, packet.dts)

    def _timed(self, picture: av.VideoFrame) -> av.VideoFrame:
        """Return the frame with its time in ticks that are a whole share of a second.

        AVI knows no times of showing: packets stand at equal distances, frames take
        their places in the order in which they are shown.
        """
        self._given += 1
        if self._times:
            picture.pts = heappop(self._times)
        if self._ticks != 1 and picture.pts is not None:
            picture.pts *= self._ticks
            picture.time_base = Fraction(1, cast(Fraction, picture.time_base).denominator)
        return picture

    def _check(self, picture: av.VideoFrame, last_pts: int | None) -> None:
        """Raise unless the frame is whole, later than the last, and of the film's one shape."""
        info = self.info
        if picture.is_corrupt:  # the decoder guessed a part of it
            raise self._cut_off(say("a frame cannot be decoded"))
        if picture.pts is None or (last_pts is not None and picture.pts <= last_pts):
            raise self._cut_off(say("the times of its frames do not grow"))
        shape = (picture.width, picture.height, picture.format.name)
        if shape != (info.width, info.height, info.pixel_format):
            raise self._unsupported(say("its picture changes in size or kind"))
        # Whoever asks a frame for its side data keeps it alive until the next garbage
        # collection: hundreds of megabytes. Where it is turned is known without.
        changed = picture.key_frame and matrix_of(picture) != info.matrix
        if changed or picture.rotation != self._rotation:
            raise self._unsupported(say("its picture is turned in the middle"))

    def _check_unchanged(self) -> None:
        """Raise SourceChangedError where the file was written to since it was opened."""
        if _state(self._file) != self._state:
            raise SourceChangedError(path=self._path)

    def _check_count(self) -> None:
        """Raise CutOffError unless every packet was there and gave its frame."""
        indexed = len(self._stream.index_entries) if KINDS[self._kind].counts else 0
        if self._given != self._shown or (indexed and self._packets != indexed):
            raise self._cut_off(say("not every frame could be decoded"))

    def _cut_off(self, reason: str) -> CutOffError:
        return CutOffError(path=self._path, reason=reason)

    def _salvageable(self, error: CutOffError) -> CutOffError:
        reason = say("{reason} (--salvage masks what comes before)", reason=error.facts["reason"])
        return CutOffError(path=self._path, reason=reason)

    def _findable(self, file: BinaryIO, kind: Container) -> CutOffError | None:
        """Return how the film breaks off, with what finds its pictures where it has no index."""
        if self.broken is None or self.mended or kind not in {"mp4", "mov"} or has_index(file):
            return self.broken
        reason = say(
            "{reason} (--salvage-like finds pictures without an index)",
            reason=self.broken.facts["reason"],
        )
        return CutOffError(path=self._path, reason=reason)

    def _unsupported(self, reason: str) -> UnsupportedMediaError:
        return UnsupportedMediaError(path=self._path, reason=reason)


def _state(file: BinaryIO) -> tuple[int, int] | None:
    """Return what changes when somebody writes to the file; None for one in memory."""
    try:
        found = os.fstat(file.fileno())
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def frame_of(index: int, picture: av.VideoFrame, info: FilmInfo) -> Frame:
    """Return the picture as a Frame whose planes are views of its memory."""
    x_shift, y_shift, depth = WRITABLE[info.pixel_format]
    fill = (grey(depth),)
    planes = [
        Plane(_samples(plane, depth), x_shift if n else 0, y_shift if n else 0, fill)
        for n, plane in enumerate(picture.planes)
    ]
    return Frame(
        index=index,
        pts=cast(int, picture.pts),
        time_base=info.time_base,
        planes=tuple(planes),
        colour="yuv" if len(planes) == 3 else "grey",
        depth=depth,
        turns=info.turns,
        filmed=True,
        origin=picture,
    )


def _samples(plane: VideoPlane, depth: int) -> Samples:
    """Return (H, W) samples of one plane, a view."""
    flat = np.frombuffer(memoryview(plane), np.uint8)
    rows = flat[: plane.line_size * plane.height].reshape(plane.height, plane.line_size)
    samples: Samples = rows if depth == 8 else rows.view(np.uint16)
    return samples[:, : plane.width]

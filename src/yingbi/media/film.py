"""Films: MP4 and MOV with H.264, one exact frame after another."""

from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from fractions import Fraction
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

import av
import numpy as np
from av.sidedata.sidedata import SideDataContainer
from av.sidedata.sidedata import Type as SideDataType
from av.video.plane import VideoPlane

from yingbi.domain.frame import Frame, Plane, Samples
from yingbi.domain.messages import say
from yingbi.errors import CutOffError, NoPictureError, UnsupportedMediaError
from yingbi.media.boxes import check_boxes
from yingbi.media.colour import grey
from yingbi.media.film_info import TURNS_OF, WRITABLE, Colours, FilmInfo, Matrix, SoundTrack
from yingbi.media.libav import reading
from yingbi.media.source_file import open_source

READ_AT_ONCE = 1 << 18


class FilmReader:
    """A film opened for reading; a context manager.

    Raises CutOffError, NoPictureError or UnsupportedMediaError when it is opened, and
    CutOffError later where a frame is missing or cannot be decoded: a frame is never
    left out silently.
    """

    info: FilmInfo

    def __init__(self, path: Path, threads: int = 1, held: BinaryIO | None = None) -> None:
        """Remember what to open; `threads` is the number of decoding threads.

        held: a film in memory; `path` is then only its name in errors.
        """
        self._path, self._held = path, held
        self._threads = threads

    def __enter__(self) -> Self:
        """Open the film and decode its first frame, which tells what the container does not."""
        with ExitStack() as opened:
            file = self._held or opened.enter_context(open_source(self._path))
            check_boxes(file, self._path)
            with reading(self._path):
                self._container = opened.enter_context(
                    av.open(
                        file, "r", format="mov", buffer_size=READ_AT_ONCE, metadata_errors="ignore"
                    )
                )
                self._stream = self._picture_stream()
            self._decoded = opened.enter_context(closing(self._decode()))
            first = self._first()
            self.info = self._described(first)
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
        last_pts: int | None = None
        for index, picture in enumerate(self._rest):
            self._check(picture, last_pts)
            last_pts = picture.pts
            # Without this, what is drawn shows in later frames: the decoder refers to it.
            picture.make_writable()
            yield frame_of(index, picture, self.info)
        self._check_count()

    def _picture_stream(self) -> av.VideoStream:
        covers = av.stream.Disposition.attached_pic
        pictures = [s for s in self._container.streams.video if not s.disposition & covers]
        if not pictures:
            raise NoPictureError(path=self._path)
        if len(pictures) > 1:
            raise self._unsupported(say("it has more than one picture track"))
        stream = pictures[0]
        name = stream.codec_context.name
        if name != "h264":
            raise self._unsupported(say("its picture is {codec}, not H.264", codec=name))
        stream.thread_count = self._threads
        stream.thread_type = "SLICE" if self._threads == 1 else "AUTO"
        return stream

    def _first(self) -> av.VideoFrame:
        first = next(self._decoded, None)
        if first is not None:
            return first
        if self._packets:
            raise self._cut_off(say("not every frame could be decoded"))
        raise NoPictureError(path=self._path)

    def _decode(self) -> Generator[av.VideoFrame, None, None]:
        """Yield decoded frames; count the packets that should give one."""
        self._packets = self._shown = self._given = 0
        with reading(self._path):
            for packet in self._container.demux(self._stream):
                if packet.size:
                    self._packets += 1
                    self._shown += not packet.is_discard
                    if packet.is_corrupt:
                        raise self._cut_off(say("a frame is incomplete"))
                for picture in packet.decode():
                    self._given += 1
                    yield picture

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
        if _matrix(picture) != info.matrix:
            raise self._unsupported(say("its picture is turned in the middle"))

    def _check_count(self) -> None:
        """Raise CutOffError unless every packet was there and gave its frame."""
        indexed = len(self._stream.index_entries)
        if self._given != self._shown or (indexed and self._packets != indexed):
            raise self._cut_off(say("not every frame could be decoded"))

    def _described(self, picture: av.VideoFrame) -> FilmInfo:
        context, stream = self._stream.codec_context, self._stream
        name = picture.format.name
        x_shift, y_shift, _ = WRITABLE.get(name, (0, 0, 0))
        if name not in WRITABLE or picture.width >> x_shift << x_shift != picture.width:
            raise self._unsupported(say("its pixels are {kind}", kind=name))
        if picture.height >> y_shift << y_shift != picture.height:
            raise self._unsupported(say("its pixels are {kind}", kind=name))
        matrix = _matrix(picture)
        turns = 0 if matrix is None else TURNS_OF.get(matrix[0:2] + matrix[3:5])
        if turns is None:
            raise self._unsupported(say("its picture is mirrored or turned by an odd angle"))
        time_base = cast(Fraction, stream.time_base)
        brand = self._container.metadata.get("major_brand", "qt  ")
        return FilmInfo(
            picture.width,
            picture.height,
            name,
            time_base=time_base,
            rate=stream.average_rate or stream.guessed_rate or Fraction(25),
            turns=turns,
            matrix=matrix,
            pixel_aspect=stream.sample_aspect_ratio or None,
            colours=Colours(
                context.color_range,
                context.color_primaries,
                context.color_trc,
                context.colorspace,
            ),
            interlaced=picture.interlaced_frame,
            frames=len(stream.index_entries) if stream.frames else None,
            duration_s=float((stream.duration or 0) * time_base),
            sound=tuple(map(_sound_track, self._container.streams.audio)),
            container="mov" if brand == "qt  " else "mp4",
        )

    def _cut_off(self, reason: str) -> CutOffError:
        return CutOffError(path=self._path, reason=reason)

    def _unsupported(self, reason: str) -> UnsupportedMediaError:
        return UnsupportedMediaError(path=self._path, reason=reason)


def _sound_track(stream: av.AudioStream) -> SoundTrack:
    time_base = cast(Fraction, stream.time_base)
    return SoundTrack(stream.codec_context.name, time_base.denominator)


def _matrix(picture: av.VideoFrame) -> Matrix | None:
    """Return the display matrix of a frame, None where it has none."""
    side_data = cast(SideDataContainer, picture.side_data)  # the stubs know one kind only
    data = side_data.get(SideDataType.DISPLAYMATRIX)
    return None if data is None else tuple(np.frombuffer(bytes(data), np.int32).tolist())


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
        origin=picture,
    )


def _samples(plane: VideoPlane, depth: int) -> Samples:
    """Return (H, W) samples of one plane, a view."""
    flat = np.frombuffer(memoryview(plane), np.uint8)
    rows = flat[: plane.line_size * plane.height].reshape(plane.height, plane.line_size)
    samples: Samples = rows if depth == 8 else rows.view(np.uint16)
    return samples[:, : plane.width]

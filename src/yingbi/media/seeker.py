"""Any frame of a film or a still, at once: to be looked at, and not to be written again."""

import os
from collections import OrderedDict
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from threading import RLock
from typing import BinaryIO, Generic, Literal, Protocol, Self, TypeVar

import av
import numpy as np

from yingbi.domain.frame import Frame
from yingbi.errors import NoPictureError, SourceChangedError
from yingbi.media.film import FilmReader, frame_of
from yingbi.media.film_info import FilmInfo
from yingbi.media.places import Places, places_of
from yingbi.media.probe import probe
from yingbi.media.seek_decoder import SeekDecoder
from yingbi.media.source_file import open_source
from yingbi.media.still import read_stills

MOST_HELD = 128 << 20
"""Bytes of decoded frames that are kept at hand."""
AROUND = 8
"""So many frames before the one asked for are kept as well: people step back."""


PictureT = TypeVar("PictureT")


class _Shelf(Protocol):
    """Gives frames; each of its methods is for one thread at a time."""

    info: FilmInfo
    times: list[int]

    def take(self, index: int, *, back: bool) -> Frame:
        """Return a frame of its own memory; back: those before it will be asked for next."""

    def another(self, *, back: bool) -> "_Shelf":
        """Return a second one of the same source, to go through it in one direction."""

    def close(self) -> None:
        """Let go of what is open."""


class FilmSeeker:
    """A film or a still whose frames are had in any order; a context manager.

    info, times: what the film is, and pts of each frame in the order shown; frames, times and
    numbers are those of FilmReader. Of a still only size, clock and count mean something in its
    info. Safe to be called from several threads. Nothing is written anywhere.

    Raises when it is opened what `media.probe` raises, and SourceChangedError later where the
    file was written to. A film that breaks in the middle may open: CutOffError,
    UnsupportedMediaError or ReadWriteError come where a frame is asked for that cannot be had.
    """

    info: FilmInfo
    times: list[int]

    def __init__(self, path: Path, threads: int = 0) -> None:
        """Remember what to open; threads: for decoding, 0 for as many as there are processors."""
        self._path, self._threads = path, threads
        self._lock = RLock()

    def __enter__(self) -> Self:
        """Open the source and find all of its frames."""
        still = probe(self._path).kind == "still"
        self._shelf: _Shelf = _Stills(self._path) if still else _Film(self._path, self._threads)
        self.info, self.times = self._shelf.info, self._shelf.times
        return self

    def __exit__(self, *_: object) -> None:
        """Close the source."""
        with self._lock:
            self._shelf.close()

    def frame(self, index: int) -> Frame:
        """Return a frame, whose planes are the caller's own; raise IndexError where there is none.

        It can be looked at and painted on, but what only encoders ask for is not kept.
        """
        with self._lock:
            return self._shelf.take(self._known(index), back=False)

    def walk(self, index: int, step: Literal[1, -1] = 1) -> Generator[Frame, None, None]:
        """Yield frames from one on, forwards or backwards, to the film's end or beginning.

        Whoever walks has a decoder of their own and is in nobody's way.
        """
        with self._lock:
            walker = self._shelf.another(back=step < 0)
        try:
            for at in range(self._known(index), len(self.times) if step > 0 else -1, step):
                yield walker.take(at, back=step < 0)
        finally:
            walker.close()

    def _known(self, index: int) -> int:
        if not 0 <= index < len(self.times):
            raise IndexError(index)
        return index


class _Held(Generic[PictureT]):
    """The pictures that were decoded last, by place: within MOST_HELD bytes, but two at least."""

    def __init__(self, bytes_of_each: int, *, few: bool = False) -> None:
        self.most = 2 if few else max(2, MOST_HELD // bytes_of_each)
        self._pictures: OrderedDict[int, PictureT] = OrderedDict()

    def get(self, place: int) -> PictureT | None:
        if place in self._pictures:
            self._pictures.move_to_end(place)
        return self._pictures.get(place)

    def put(self, place: int, picture: PictureT) -> None:
        self._pictures[place] = picture
        self._pictures.move_to_end(place)
        while len(self._pictures) > self.most:
            self._pictures.popitem(last=False)


class _Film:
    """The frames of a film."""

    def __init__(
        self,
        path: Path,
        threads: int,
        known: "tuple[FilmInfo, Places, object] | None" = None,
        *,
        ahead: bool = False,
    ) -> None:
        """Open it.

        known: what is known of it from an earlier time, and its file's state. ahead: it is gone
        through from front to back, and nothing need be kept.
        """
        self._path, self._threads = path, threads
        with ExitStack() as opened:
            self._file = opened.enter_context(open_source(path))
            self._state = _state(self._file)
            if known is None:
                with FilmReader(path, threads, self._file) as reader:
                    info = reader.info
                known = info, places_of(self._file, path, info, threads), self._state
            self.info, self._places, before = known
            if before != self._state:
                raise SourceChangedError(path=path)
            self._decoder = opened.enter_context(
                SeekDecoder(self._file, path, self.info, self._places, threads)
            )
            self._opened = opened.pop_all()
        self.times = self._places.times
        empty = av.VideoFrame(self.info.width, self.info.height, self.info.pixel_format)
        size = sum(plane.buffer_size for plane in empty.planes)
        self._held: _Held[av.VideoFrame] = _Held(size, few=ahead)

    def another(self, *, back: bool) -> "_Film":
        known = self.info, self._places, self._state
        return _Film(self._path, self._threads, known, ahead=not back)

    def close(self) -> None:
        self._opened.close()

    def take(self, index: int, *, back: bool) -> Frame:
        if _state(self._file) != self._state:
            raise SourceChangedError(path=self._path)
        picture = self._held.get(index)
        if picture is None:
            for place, picture in self._decoder.fetch(index, self._first(index, back=back)):
                self._held.put(place, picture)
        if picture is None:
            raise IndexError(index)
        return self._own(index, picture)

    def _first(self, index: int, *, back: bool) -> int:
        """Return the first frame that is kept on the way to another one."""
        if not back:
            return max(0, index - AROUND)
        begin = self._places.entries[self._places.entry(max(0, index - AROUND))].place
        return max(begin, index - self._held.most + 1)

    def _own(self, index: int, picture: av.VideoFrame) -> Frame:
        """Return a copy of the picture as a frame: the decoder refers to the picture itself."""
        copy = av.VideoFrame(picture.width, picture.height, picture.format.name)
        copy.pts, copy.time_base = self.times[index], Fraction(self.info.time_base)
        copy.color_range, copy.colorspace = picture.color_range, picture.colorspace
        frame, stored = frame_of(index, copy, self.info), frame_of(index, picture, self.info)
        for plane, source in zip(frame.planes, stored.planes, strict=True):
            np.copyto(plane.samples, source.samples)
        return frame


class _Stills:
    """The pictures of a still's file, which is held; they are decoded again when asked for."""

    def __init__(
        self, path: Path, known: "tuple[bytes, FilmInfo, list[int]] | None" = None
    ) -> None:
        """Read it; known: what is known of it from an earlier time."""
        self._path = path
        if known is None:
            with open_source(path) as file:
                content = file.read()
            known = content, *_told(read_stills(path, content), path)
        self._content, self.info, self.times = known
        self._held: _Held[Frame] | None = None
        self._decoded: Iterator[Frame] = iter(())
        self._next = len(self.times)

    def another(self, *, back: bool) -> "_Stills":
        return _Stills(self._path, (self._content, self.info, self.times))

    def close(self) -> None:
        self._held, self._decoded = None, iter(())

    def take(self, index: int, *, back: bool) -> Frame:
        frame = self._held.get(index) if self._held else None
        if frame is None and index < self._next:
            self._decoded, self._next = read_stills(self._path, self._content), 0
        while frame is None or frame.index < index:
            frame = next(self._decoded)
            self._next = frame.index + 1
            self._held = self._held or _Held(sum(p.samples.nbytes for p in frame.planes))
            self._held.put(frame.index, frame)
        planes = (replace(plane, samples=plane.samples.copy()) for plane in frame.planes)
        return replace(frame, planes=tuple(planes))


def _told(frames: Iterator[Frame], path: Path) -> tuple[FilmInfo, list[int]]:
    """Return what a still is, said as of a film, and the times of its pictures."""
    first = next(frames, None)
    if first is None:
        raise NoPictureError(path=path)
    times = [first.pts, *(frame.pts for frame in frames)]
    seconds = (times[-1] - first.pts) * first.time_base
    info = FilmInfo(
        *first.stored_size,
        "yuv420p",
        first.time_base,
        rate=(len(times) - 1) / seconds if seconds else Fraction(1),
        turns=first.turns,
        frames=len(times),
        duration_s=float(seconds),
    )
    return info, times


def _state(file: BinaryIO) -> object:
    """Return what tells this file from another, and from itself when written to."""
    found = os.fstat(file.fileno())
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns

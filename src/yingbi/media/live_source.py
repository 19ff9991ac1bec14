"""Frames as they happen: of a camera, a stream, or a film at its own pace.

A thread reads, and whoever looks takes what waits. Where looking cannot keep up, the oldest
that waits is skipped before anybody looks at it, and counted; times stay what they were.
"""

import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Literal, Self

import av

from yingbi.domain.frame import Frame
from yingbi.domain.live_errors import SourceLostError
from yingbi.domain.messages import listed, say
from yingbi.errors import NoSuchInputError, UsageError, YingbiError
from yingbi.media.film import FilmReader, frame_of
from yingbi.media.film_info import WRITABLE, FilmInfo

MOST_BEHIND_S = 1.0
"""Between the newest frame that waits and the oldest is no more time than this."""
MOST_WAITING, MOST_BYTES = 32, 256 << 20
"""So many frames wait at most, and so many bytes of their planes; the newest always does."""
ASKED_EVERY_S = 0.2
AGAIN_S = (1.0, 2.0, 5.0, 10.0)
"""So long is waited before a stream is opened again; the last holds for good."""
TIMEOUT_S = 10.0
TICKS = Fraction(1, 1000)
STREAMS = ("rtsp", "rtsps")
OF_STREAMS = {"rtsp_transport": "tcp", "fflags": "nobuffer"}
"""Without the second what came while it was opened would come all at once."""
DEVICE = re.compile(r"/dev/video\d{1,3}")

Clock = Callable[[], float]
GoOn = Callable[[], bool]


def passing() -> float:
    """Return seconds that only grow, and that pass while the machine sleeps where it tells."""
    told = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if told is None else time.clock_gettime(told)


@dataclass(frozen=True, slots=True)
class Address:
    """Where the frames come from. text: as it was given; that of a stream may hold a password."""

    kind: Literal["film", "camera", "stream"]
    text: str = field(repr=False)

    @classmethod
    def of(cls, text: str) -> Self:
        """Return what a source's name means. Raises: UsageError, NoSuchInputError."""
        scheme, apart, _ = text.partition("://")
        if apart:
            if scheme not in STREAMS:
                known = listed(f"{one}://" for one in STREAMS)
                problem = say("A stream begins with one of {known}.", known=known)
                raise UsageError(problem=problem)
            return cls("stream", text)
        if DEVICE.fullmatch(text):
            return cls("camera", text)
        if not Path(text).exists():
            raise NoSuchInputError(path=text)
        return cls("film", text)

    @property
    def name(self) -> str:
        """What may be shown: of a stream its kind alone."""
        return self.text.partition("://")[0] + "://" if self.kind == "stream" else self.text


class LiveSource:
    """A source that is being read; a context manager.

    again: open a camera or stream anew when it breaks off, instead of ending. options: more for
    libav, by its names.
    skipped: how many frames nobody looked at. begun: when the first frame was there.
    Raises, when entered: what FilmReader raises of a film; SourceLostError.
    """

    info: FilmInfo
    begun: datetime

    def __init__(
        self,
        address: Address,
        *,
        again: bool = False,
        options: Mapping[str, str] | None = None,
        clock: Clock = passing,
    ) -> None:
        self.address, self.skipped = address, 0
        self._options = {} if address.kind == "camera" else dict(OF_STREAMS)
        self._options |= options or {}
        self._again = again and address.kind != "film"
        self._clock = clock
        self._waiting: deque[Frame] = deque()
        self._changed = threading.Condition()
        self._ready, self._stop = threading.Event(), threading.Event()
        self._ended = False
        self._error: YingbiError | None = None
        self._begun_s = 0.0
        self._index, self._last_pts = 0, -1
        self._thread = threading.Thread(target=self._run, name="yingbi reads", daemon=True)

    def __enter__(self) -> Self:
        """Begin to read, and wait for the first frame."""
        self._thread.start()
        self._ready.wait()
        if self._index == 0:
            raise self._error or self._lost(say("it ended at once"))
        return self

    def __exit__(self, *_error: object) -> None:
        """End reading; a camera that does not answer is left to its thread."""
        self.stop()
        self._thread.join(TIMEOUT_S)

    def stop(self) -> None:
        """Let `frames` end soon, as if the source had ended; for any thread, also twice."""
        self._stop.set()
        with self._changed:
            self._changed.notify_all()

    def frames(self, go_on: GoOn = lambda: True) -> Iterator[Frame]:
        """Yield frames in order until the source ends or is stopped; go_on: asked often.

        Raises: what reading raises, after the frames that came before.
        """
        while True:
            with self._changed:
                while not self._waiting and not self._ended and not self._stop.is_set():
                    self._changed.wait(ASKED_EVERY_S)
                    if not go_on():
                        return
                if self._stop.is_set() or not self._waiting:
                    break
                frame = self._waiting.popleft()
            yield frame
            if not go_on():
                return
        if self._error is not None and not self._stop.is_set():
            raise self._error

    # --- the thread that reads

    def _run(self) -> None:
        try:
            if self.address.kind == "film":
                self._read_film()
            else:
                self._read_streams()
        except YingbiError as error:
            self._error = error
        except Exception as error:  # noqa: BLE001 a thread's last net: whoever looks is told
            self._error = self._lost(type(error).__name__)
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()
            self._ready.set()

    def _read_film(self) -> None:
        with FilmReader(Path(self.address.text)) as film:
            first_s: float | None = None
            for frame in film.frames():
                if first_s is None:
                    first_s = frame.time_s
                    self._begin(film.info)
                ahead_s = frame.time_s - first_s - (self._clock() - self._begun_s)
                if self._stop.wait(max(0.0, ahead_s)):
                    return
                self._put(frame)

    def _read_streams(self) -> None:
        """Read the stream, and where it breaks off read it again, later and later."""
        tries = 0
        while not self._stop.is_set():
            before = self._index
            try:
                self._read_stream()
                reason = say("it broke off")
            except av.error.FFmpegError as error:
                reason = error.strerror or say("it cannot be opened")
            if not self._again or not self._index:
                raise self._lost(reason)
            tries = 0 if self._index > before else min(tries + 1, len(AGAIN_S) - 1)
            self._stop.wait(AGAIN_S[tries])

    def _read_stream(self) -> None:
        camera = self.address.kind == "camera"
        with av.open(
            self.address.text,
            "r",
            format="v4l2" if camera else "rtsp",
            options=self._options,
            timeout=TIMEOUT_S,
        ) as container:
            for picture in container.decode(video=0):
                if self._stop.is_set():
                    return
                self._put(self._stamped(picture))

    def _stamped(self, picture: av.VideoFrame) -> Frame:
        """Return a camera's picture as a frame that carries the time at which it came."""
        if picture.format.name not in WRITABLE:
            picture = picture.reformat(format="yuv420p")
        if not self._index:
            info = FilmInfo(picture.width, picture.height, picture.format.name, TICKS, Fraction(25))
            self._begin(info)
        shape = (picture.width, picture.height, picture.format.name)
        if shape != (self.info.width, self.info.height, self.info.pixel_format):
            raise self._lost(say("its picture changes in size or kind"))
        now = round((self._clock() - self._begun_s) / TICKS)
        self._last_pts = picture.pts = max(now, self._last_pts + 1)
        picture.time_base = TICKS
        picture.make_writable()
        return frame_of(self._index, picture, self.info)

    def _begin(self, info: FilmInfo) -> None:
        self.info, self._begun_s = info, self._clock()
        self.begun = datetime.now().astimezone()

    def _put(self, frame: Frame) -> None:
        with self._changed:
            self._index += 1
            self._waiting.append(frame)
            while _too_many(self._waiting):
                self._waiting.popleft()
                self.skipped += 1
            self._changed.notify_all()
        self._ready.set()

    def _lost(self, reason: str) -> SourceLostError:
        return SourceLostError(source=self.address.name, reason=reason)


def _too_many(waiting: Sequence[Frame]) -> bool:
    """Return whether the oldest of those that wait must be skipped."""
    behind_s = waiting[-1].time_s - waiting[0].time_s
    if len(waiting) > MOST_WAITING or behind_s > MOST_BEHIND_S:
        return True
    held = sum(plane.samples.nbytes for frame in waiting for plane in frame.planes)
    return len(waiting) > 1 and held > MOST_BYTES

"""A film put together from copied and encoded stretches is gone through once more."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, TypeAlias

import av

from yingbi.errors import CutOffError
from yingbi.media.film import frame_of
from yingbi.media.film_info import FilmInfo
from yingbi.media.gops import SpliceDoubtError
from yingbi.media.libav import reading
from yingbi.media.nal import BrokenUnitsError
from yingbi.media.records import record_of
from yingbi.media.splice_proof import EDGE, Stretch, digest_of

Coded: TypeAlias = "av.Packet[av.VideoStream]"


def verify_spliced(
    film: BinaryIO,
    pts: Sequence[int],
    info: FilmInfo,
    stretches: Sequence[Stretch],
    *,
    name: Path,
    tick: Callable[[int], None] = lambda _done: None,
) -> None:
    """Raise SpliceDoubtError unless the film is what was meant to be written.

    Every frame has its time; copied pictures are the source's, unit by unit, encoded ones the
    encoder's, packet by packet, and their first few decode, of HEVC all; the frames on either
    side of each join are the source's, sample by sample, though decoded across the join.
    film: is left open. info: the source's.
    tick: called for each frame.
    """
    film.seek(0)
    try:
        with reading(name), av.open(film, "r", format="mov") as container:
            _Check(container, info, tick).run(pts, stretches)
    except (BrokenUnitsError, CutOffError) as error:
        raise SpliceDoubtError("check") from error


class _Check:
    def __init__(
        self,
        container: av.container.InputContainer,
        info: FilmInfo,
        tick: Callable[[int], None],
    ) -> None:
        self._info, self._tick = info, tick
        self._stream = container.streams.video[0]
        self._stream.thread_count, self._stream.thread_type = 1, "SLICE"
        self._packets = (packet for packet in container.demux(self._stream) if packet.size)
        self._record = record_of(self._stream)
        self._pts: list[int] = []
        self._open: list[int | None] = []
        self._wanted: dict[int, bytes] = {}
        self._last_dts: int | None = None

    def run(self, pts: Sequence[int], stretches: Sequence[Stretch]) -> None:
        """Go through the film from end to end."""
        for number, stretch in enumerate(stretches):
            joined = number + 1 < len(stretches)
            if stretch.copied:
                self._copied(stretch, joined=joined)
            else:
                self._encoded(stretch, joined=joined)
        self._close()
        _must(next(self._packets, None) is None)
        _must(sorted(self._pts) == list(pts))

    def _copied(self, stretch: Stretch, *, joined: bool) -> None:
        """Compare each picture; decode where the stretch begins, and its last group."""
        seen = Stretch(copied=True)
        self._wanted |= stretch.head
        last_group = stretch.pictures - stretch.last_group
        for number, packet in enumerate(self._next(stretch.pictures)):
            seen.add(self._record.held(bytes(packet)).vcl)
            if number == last_group and joined:
                if number:
                    self._close()
                self._wanted |= stretch.tail
            if self._wanted or (joined and number >= last_group):
                self._decode(packet)
        if not joined:
            self._close()
        _must(seen.digest.digest() == stretch.digest.digest())

    def _encoded(self, stretch: Stretch, *, joined: bool) -> None:
        """Compare each packet; decode the first few, and the last group where a join follows.

        Of HEVC all are decoded, as its slices were given other numbers than the encoder's.
        """
        seen = Stretch(copied=False)
        edited, group = self._info.codec == "hevc", list[Coded]()
        for number, packet in enumerate(self._next(stretch.pictures)):
            seen.add([bytes(packet)])
            if packet.is_keyframe:
                group.clear()
            group.append(packet)
            if edited or number < EDGE:
                self._decode(packet)
        _must(seen.digest.digest() == stretch.digest.digest())
        if edited:
            return
        self._close()
        for packet in group if joined else []:
            self._decode(packet)

    def _next(self, count: int) -> Iterator[Coded]:
        """Yield so many packets, or raise."""
        for _ in range(count):
            packet = next(self._packets, None)
            if packet is None or packet.dts is None or packet.pts is None:
                raise SpliceDoubtError("check")
            _must(self._last_dts is None or packet.dts > self._last_dts)
            self._last_dts = packet.dts
            self._pts.append(packet.pts)
            self._tick(1)
            yield packet

    def _decode(self, packet: "Coded | None") -> None:
        context = self._stream.codec_context
        if packet is not None:
            self._open.append(packet.pts)
        for picture in context.decode(packet):
            _must(not picture.is_corrupt and picture.pts is not None)
            stored = (picture.width, picture.height)
            _must(self._info.size == (stored[::-1] if picture.rotation % 180 else stored))
            _must(picture.format.name == self._info.pixel_format)
            frame = frame_of(0, picture, self._info)
            self._open.remove(frame.pts)
            wanted = self._wanted.pop(frame.pts, None)
            _must(wanted is None or digest_of(frame) == wanted)

    def _close(self) -> None:
        """End a run of decoding: every picture that was given must have been shown."""
        if self._open:
            self._decode(None)
            self._stream.codec_context.flush_buffers()
        _must(not self._open and not self._wanted)


def _must(holds: object) -> None:
    if not holds:
        raise SpliceDoubtError("check")

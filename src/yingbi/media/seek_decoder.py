"""A decoder that goes to any frame of a film, from the key frame before it."""

from collections import deque
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from fractions import Fraction
from itertools import chain, islice, repeat
from pathlib import Path
from typing import BinaryIO, Self, cast

import av

from yingbi.domain.messages import say
from yingbi.errors import CutOffError, UnsupportedMediaError
from yingbi.media.film_info import FilmInfo
from yingbi.media.libav import reading
from yingbi.media.places import NOWHERE, Entry, Packet, Places, mark_of, numbered, opened_film
from yingbi.media.recovery import begins_a_wave

FARTHER_S = (0, 2, 10)
"""How much earlier to ask the container, try by try, where it does not lead to what was asked."""

SKIPPING = frozenset({"h264", "hevc", "mpeg2video", "mpeg4"})
"""Codecs whose decoders may leave out, from one packet to the next, what nothing refers to."""

TRIES = 3
"""What does not come out of the decoder, begun at so many places, does not come at all."""
WAVES = 3
"""The first wave was seen to leave parts of the picture as they were, though it should not."""

Placed = tuple[int, av.VideoFrame]


class SeekDecoder:
    """A film opened to be decoded from anywhere; for one thread at a time."""

    def __init__(
        self, file: BinaryIO, path: Path, info: FilmInfo, places: Places, threads: int
    ) -> None:
        """Remember what to open; the file stays the caller's."""
        self._file, self._path, self._info = file, path, info
        self._places, self._threads = places, threads
        self._marks = {entry.mark: entry.packet for entry in places.entries}
        self._opened = ExitStack()
        self._packets: chain[Packet] = chain()

    def __enter__(self) -> Self:
        """Open the film."""
        with reading(self._path):
            self._open()
        return self

    def __exit__(self, *_: object) -> None:
        """Close it; the file stays open."""
        self._opened.close()

    def fetch(self, place: int, first: int) -> Iterator[Placed]:
        """Yield frames up to a place, in order, with the place of each.

        first: of frames before it some may be left out, and those that are yielded are right.

        Raises: CutOffError, UnsupportedMediaError or ReadWriteError as FilmReader does.
        """
        tries = TRIES
        for entry in self._ways(place, first):
            if entry is not None:
                self._enter(entry)
            if self._right > place:
                continue
            self._first, first = first, 0  # nothing is left out at a second try
            for at, picture in self._checked(place):
                yield at, picture
                if at == place:
                    return
            tries -= 1
            if not tries:
                break
        raise CutOffError(path=self._path, reason=say("not every frame could be decoded"))

    def _ways(self, place: int, first: int) -> Iterator[Entry | None]:
        """Yield where to begin, the nearest first; None is to go on from where the decoder is."""
        entries = self._places.entries
        nearest = self._places.entry(first)
        if self._next <= place and entries[nearest].packet <= self._read:
            yield None
        yield from reversed(entries[: nearest + 1])

    def _open(self) -> None:
        self._opened.close()
        opened = opened_film(self._file, self._path, self._info)
        self._container, self._stream = self._opened.enter_context(opened)
        self._stream.thread_count = self._threads
        self._stream.thread_type = "SLICE" if self._threads == 1 else "AUTO"
        self._begin(chain(self._container.demux(self._stream)), self._places.entries[0])

    def _enter(self, entry: Entry) -> None:
        """Make the entry the next packet to be decoded."""
        with reading(self._path):
            packets = next(filter(None, map(self._sought, repeat(entry), FARTHER_S)), None)
            if packets is None:
                self._open()
                packets = self._packets
                sized = (packet for packet in packets if packet.size)
                deque(islice(sized, entry.packet), maxlen=0)
            self._begin(packets, entry)
            self._await_wave(entry)

    def _await_wave(self, entry: Entry) -> None:
        """Where pictures are renewed bit by bit, take them for whole after some waves alone."""
        if self._info.codec != "h264" or not entry.packet:
            return
        packet = next(self._packets)
        self._packets = chain([packet], self._packets)
        if begins_a_wave(bytes(packet), self._stream.codec_context.extradata or b""):
            later = sorted(one.place for one in self._places.entries if one.packet > entry.packet)
            self._right = self._next = [*later, *[len(self._places.times)] * WAVES][WAVES - 1]

    def _sought(self, entry: Entry, earlier_s: int) -> "chain[Packet] | None":
        """Return the packets from the entry on, None where the container does not lead there."""
        asked = entry.seek - int(earlier_s / cast(Fraction, self._stream.time_base))
        self._container.seek(asked, stream=self._stream)
        packets = self._container.demux(self._stream)
        for packet in packets:
            number = self._marks.get(mark_of(packet, self._info), NOWHERE)
            if number == entry.packet:
                return chain([packet], packets)
            if number > entry.packet:
                return None
        return None

    def _begin(self, packets: "chain[Packet]", entry: Entry) -> None:
        self._packets = packets
        self._read = entry.packet
        self._right = self._next = entry.place
        self._first = 0
        self._run = self._pictures()

    def _checked(self, last: int) -> Iterator[Placed]:
        """Yield what comes out of the decoder up to a place; raise where it is not the film's."""
        info = self._info
        for at, picture in self._run:
            if at < self._right:
                continue  # it needs what came before the decoder began
            self._next = at + 1
            if picture.is_corrupt:
                raise CutOffError(path=self._path, reason=say("a frame cannot be decoded"))
            shape = (picture.width, picture.height, picture.format.name)
            if shape != (info.width, info.height, info.pixel_format):
                reason = say("its picture changes in size or kind")
                raise UnsupportedMediaError(path=self._path, reason=reason)
            yield at, picture
            if at >= last:
                return

    def _pictures(self) -> Generator[Placed, None, None]:
        """Yield what the decoder gives, in the order shown."""
        places, context = self._places.of_packet, self._stream.codec_context
        skips = self._info.codec in SKIPPING
        with reading(self._path):
            for packet in numbered(self._packets, self._read):
                if packet.size:
                    passed = skips and places[self._read] < self._first
                    context.skip_frame = "NONREF" if passed else "DEFAULT"
                    self._read += 1
                for picture in packet.decode():
                    if picture.pts is not None:
                        yield places[picture.pts], picture

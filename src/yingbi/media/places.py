"""Where every frame of a film is: told by its packets, without decoding them."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeAlias, cast

import av

from yingbi.domain.messages import say
from yingbi.errors import CutOffError
from yingbi.media.containers import KINDS
from yingbi.media.description import picture_stream
from yingbi.media.film import LIMITS, READ_AT_ONCE, VP8_SHOWN
from yingbi.media.film_info import FilmInfo
from yingbi.media.hollow import HollowFile
from yingbi.media.libav import reading

Packet: TypeAlias = "av.Packet[av.VideoStream]"
Mark = tuple[int | None, int]
"""A time of a packet and its size, by which it is known again wherever reading begins."""

NOWHERE = -1
IN_ORDER = frozenset({"mjpeg"})
"""Codecs whose frames are shown in the order in which they are stored."""
ROUGHLY = {"skip_loop_filter": "all", "skip_idct": "all"}
"""Decoding of which nothing is wanted but the order of the frames."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A packet at which a decoder can begin.

    place: of the first frame that is right then. packet: its number. seek: the time to ask the
    container for, in ticks of the track.
    """

    place: int
    packet: int
    seek: int
    mark: Mark


@dataclass(frozen=True, slots=True)
class Places:
    """The frames of a film in the order shown.

    times: pts of each. of_packet: the place of each packet's frame, NOWHERE for what is not
    shown; packets are counted in the order of the file. entries: by place, the first is 0.
    """

    times: list[int]
    of_packet: list[int] = field(repr=False)
    entries: list[Entry] = field(repr=False)

    def entry(self, place: int) -> int:
        """Return the number of the last entry that leads to a place."""
        return bisect_right(self.entries, place, key=lambda entry: entry.place) - 1


class _Coded(NamedTuple):
    """What is noted of a packet. time: pts, or dts in AVI, which knows no other."""

    time: int | None
    dts: int | None
    size: int
    key: bool
    shown: bool


@contextmanager
def opened_film(
    file: BinaryIO, path: Path, info: FilmInfo, **options: str
) -> Iterator[tuple[av.container.InputContainer, av.VideoStream]]:
    """Yield a film's container, from its start, and its track of pictures, not yet decoded."""
    file.seek(0)
    with av.open(
        file,
        "r",
        format=KINDS[info.container].demuxer,
        options=LIMITS | options,
        buffer_size=READ_AT_ONCE,
        metadata_errors="ignore",
    ) as container:
        yield container, picture_stream(container, path)


def mark_of(packet: Packet, info: FilmInfo) -> Mark:
    """Return by what a packet is known again."""
    return packet.dts if info.container == "avi" else packet.pts, packet.size


def places_of(file: BinaryIO, path: Path, info: FilmInfo, threads: int = 0) -> Places:
    """Return where the frames of a film are; it is the film that FilmReader reads.

    AVI knows no times of showing; where its codec may show frames in another order, it is
    decoded once, roughly. Of MP4 and MOV nothing but the index is read.

    Raises: CutOffError where FilmReader would raise it for times, or ReadWriteError.
    """
    hollow = info.container in {"mp4", "mov"} and info.codec != "vp8"
    source = cast(BinaryIO, HollowFile(file, path)) if hollow else file
    # Without content there is nothing to parse, and all is in the index.
    options = {"fflags": "+noparse"} if hollow else {}
    with reading(path), opened_film(source, path, info, **options) as (container, stream):
        ticks = cast(Fraction, stream.time_base).numerator
        coded = [_coded(packet, path, info) for packet in container.demux(stream) if packet.size]
    shown = [number for number, one in enumerate(coded) if one.shown]
    if info.container == "avi" and info.codec not in IN_ORDER:
        order = _decoded_order(file, path, info, threads)
        if len(order) != len(shown):
            raise CutOffError(path=path, reason=say("not every frame could be decoded"))
        shown = order
    times = sorted(one.time for one in coded if one.shown and one.time is not None)
    if len(set(times)) != len(shown):
        raise CutOffError(path=path, reason=say("the times of its frames do not grow"))
    if info.container != "avi":
        shown.sort(key=lambda number: cast(int, coded[number].time))
    of_packet = [NOWHERE] * len(coded)
    for place, number in enumerate(shown):
        of_packet[number] = place
    entries = list(_entries(coded, of_packet, times, info))
    return Places([time * ticks for time in times], of_packet, entries)


def _coded(packet: Packet, path: Path, info: FilmInfo) -> _Coded:
    if packet.is_corrupt:
        raise CutOffError(path=path, reason=say("a frame is incomplete"))
    hidden = info.codec == "vp8" and not bytes(packet)[0] & VP8_SHOWN
    time, size = mark_of(packet, info)
    shown = not packet.is_discard and not hidden
    return _Coded(time, packet.dts, size, packet.is_keyframe, shown)


def _entries(
    coded: Sequence[_Coded], of_packet: Sequence[int], times: Sequence[int], info: FilmInfo
) -> Iterator[Entry]:
    """Yield the packets at which a decoder can begin, by place; at the first one it has to."""
    by_time = info.container in {"matroska", "webm"}
    found = []
    for number, one in enumerate(coded):
        if number and (not one.key or one.time is None):
            continue
        place = of_packet[number] if one.shown else bisect_left(times, one.time or 0)
        asked = one.time if by_time or one.dts is None else one.dts
        found.append(Entry(place if number else 0, number, asked or 0, (one.time, one.size)))
    yield from sorted(found, key=lambda entry: (entry.place, entry.packet))


def _decoded_order(file: BinaryIO, path: Path, info: FilmInfo, threads: int) -> list[int]:
    """Return the numbers of packets in the order in which their frames are shown."""
    with reading(path), opened_film(file, path, info) as (container, stream):
        context = stream.codec_context
        context.options = LIMITS | ROUGHLY
        stream.thread_count, stream.thread_type = threads, "AUTO"
        return [
            cast(int, picture.pts)
            for packet in numbered(container.demux(stream))
            for picture in packet.decode()
        ]


def numbered(packets: Iterable[Packet], start: int = 0) -> Iterator[Packet]:
    """Yield packets with their number in place of their time, so that frames tell whence they are."""
    number = start
    for packet in packets:
        if packet.size:
            packet.pts = number
            number += 1
        yield packet

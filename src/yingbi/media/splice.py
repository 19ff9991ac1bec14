"""A film written again of which the untouched stretches are copied bit for bit.

A closed group of pictures without a mask is copied packet by packet; a group with one is
encoded from its first frame to its last. The copy has exactly the decoding and showing
times of the source.
"""

from collections import Counter, deque
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import BinaryIO, cast

import av

from yingbi.domain.frame import Frame
from yingbi.domain.passthrough import Passthrough
from yingbi.media.companions import AudioChoice, Extra
from yingbi.media.copy_plan import copy_plan
from yingbi.media.encoder import PRESET
from yingbi.media.film import frame_of
from yingbi.media.film_info import FilmInfo
from yingbi.media.film_writer import FilmTarget
from yingbi.media.gops import Clock, Coded, Group, SpliceDoubtError, Times
from yingbi.media.nal import BrokenUnitsError
from yingbi.media.records import record_of
from yingbi.media.splice_proof import EDGE, Stretch, digest_of
from yingbi.media.splice_track import SpliceTrack, packet_of
from yingbi.media.tap import Tap

ENCODERS = frozenset({"libx264", "libx265"})
LENGTH_PREFIXED = frozenset({"mp4", "mov"})
"""Containers in which units follow their length, with the parameter sets in a record."""

PADDING = 32
"""Rows or columns that coding may add to a picture; more of them could hide something."""


def why_not(info: FilmInfo, tap: Tap, audio: AudioChoice = "drop") -> str | None:
    """Return a word for why nothing of the film can be copied, None where something may be."""
    stream, plan = tap.stream, copy_plan(info, audio=audio)
    if stream is None or plan.encoder not in ENCODERS or info.codec != plan.codec:
        return "kind"
    if info.container not in LENGTH_PREFIXED or plan.container not in LENGTH_PREFIXED:
        return "kind"
    context = stream.codec_context
    if context.coded_width - info.width >= PADDING or context.coded_height - info.height >= PADDING:
        return "hidden"
    try:
        record_of(stream).free_ids()
    except BrokenUnitsError:
        return "kind"
    return None


class SplicedFilm:
    """Takes frames in the order shown, as FilmWriter does, and packets from a tap.

    stretches: what the film is made of, for `verify_spliced`.
    Memory: the packets of one group (64 MiB at most) and of what is looked ahead, and a few
    frames. Raises SpliceDoubtError from `write` and `close` where the parts do not fit: the
    film is then to be encoded whole. `why_not` must have found nothing.
    """

    def __init__(
        self,
        sink: BinaryIO,
        info: FilmInfo,
        tap: Tap,
        *,
        crf: int,
        audio: AudioChoice = "drop",
        keep: frozenset[Extra] = frozenset(),
        source: Path | None = None,
        threads: int = 1,
        preset: str = PRESET,
        salvage: bool = False,
    ) -> None:
        """Lay out the tracks; the tap is that of the reader of the same frames."""
        stream = cast(av.VideoStream, tap.stream)
        self._info, self._tap, self._path = info, tap, source
        self._extradata = bytes(stream.codec_context.extradata or b"")
        self._record = record_of(stream)
        target = FilmTarget(sink, info, audio=audio, keep=keep, source=source, salvage=salvage)
        self._track = SpliceTrack(
            target, info, stream, crf=crf, threads=threads, preset=preset, reorders=_reorders(tap)
        )
        self.stretches: list[Stretch] = self._track.stretches
        self._groups: deque[Group] = deque()
        self._clock = Clock()
        self._tail: deque[Frame] = deque(maxlen=EDGE)
        self._copied_tail: list[Frame] = []
        self._reasons: Counter[str] = Counter()
        self._ranges: list[tuple[int, int]] = []
        self._copied = 0

    @property
    def facts(self) -> Passthrough:
        """What was copied, once the film is closed."""
        reason = max(self._reasons, key=self._reasons.__getitem__) if self._reasons else None
        encoded = self._reasons.total()
        return Passthrough(tuple(self._ranges), self._copied, encoded, self._track.messages, reason)

    def write(self, frame: Frame, *, masked: bool = True) -> None:
        """Take the next frame; one that was changed in any way is `masked`."""
        self._take_packets()
        while len(self._groups) > 1 and frame.pts >= self._groups[1].start:
            self._end(self._groups.popleft())
        if not self._groups:
            raise SpliceDoubtError("times")
        group, times = self._groups[0], self._clock.shown(frame.pts)
        reason = "masked" if masked else group.fault
        if reason is not None and not group.spoilt:
            self._spoil(group, reason, before=frame.pts)
        if group.spoilt:
            self._encode(frame, times, group)
        else:
            self._remember(frame, times, group)

    def close(self) -> None:
        """Write what is left and the index; without it the film cannot be played."""
        self._take_packets()
        while self._groups:
            self._end(self._groups.popleft())
        self._track.close()

    def _take_packets(self) -> None:
        while self._tap.packets:
            coded = self._coded(self._tap.packets.popleft())
            self._clock.decoded(coded.times)
            if coded.begins or not self._groups:
                self._groups.append(Group(coded.times.pts))
            self._groups[-1].add(coded)

    def _coded(self, packet: "av.Packet[av.VideoStream]") -> Coded:
        if packet.pts is None or packet.dts is None:
            raise SpliceDoubtError("times")
        content = bytes(packet)
        found = self._record.held(content)
        return Coded(
            Times(packet.pts, packet.dts, packet.duration or 0),
            content,
            found.begins,
            not packet.is_discard,
            packet.is_keyframe,
            found.fault,
        )

    def _remember(self, frame: Frame, times: Times, group: Group) -> None:
        """Count a frame that may be copied, and keep what a join is compared with."""
        group.given.append(times)
        self._tail.append(frame)
        after_encoded = not self.stretches or not self.stretches[-1].copied
        if after_encoded and len(group.given) <= EDGE:
            group.head[frame.pts] = digest_of(frame)

    def _end(self, group: Group) -> None:
        """Copy a group that stayed clean; one with a frame too many or too few is encoded."""
        if group.spoilt or not group.given:
            return
        if not group.whole():
            self._spoil(group, "frames", before=None)
            return
        stretch = self._track.copy(group.pictures)
        stretch.head |= group.head
        first, last = group.given[0].pts, group.given[-1].pts
        if stretch.pictures > stretch.last_group:
            first = self._ranges.pop()[0]
        self._ranges.append((first, last))
        self._copied += len(group.given)
        self._copied_tail = list(self._tail)[-len(group.given) :]
        self._tail.clear()

    def _spoil(self, group: Group, reason: str, *, before: int | None) -> None:
        """Encode the group's frames so far, decoded once more, and let all others follow."""
        given, pictures = group.given, group.until(before)
        group.spoil(reason)
        self._tail.clear()
        if self.stretches and self.stretches[-1].copied:
            self.stretches[-1].tail |= {f.pts: digest_of(f) for f in self._copied_tail}
            self._copied_tail.clear()
        if not given:
            return
        due = deque(given)
        for frame in self._again(pictures):
            if frame.pts == due[0].pts:
                self._encode(frame, due.popleft(), group)
            if not due:
                return
        raise SpliceDoubtError("again")

    def _again(self, pictures: list[Coded]) -> Iterator[Frame]:
        """Yield the frames of pictures that are still held, in the order shown."""
        decoder = cast(av.VideoCodecContext, av.CodecContext.create(self._info.codec, "r"))
        decoder.extradata, decoder.thread_count = self._extradata, 1
        packets = (packet_of(c.content, c.times, self._info.time_base) for c in pictures)
        for packet in chain(packets, [None]):
            try:
                shown = decoder.decode(packet)
            except av.error.FFmpegError as error:
                raise SpliceDoubtError("again") from error
            for picture in shown:
                if picture.is_corrupt or picture.pts is None:
                    raise SpliceDoubtError("again")
                yield frame_of(0, picture, self._info)

    def _encode(self, frame: Frame, times: Times, group: Group) -> None:
        self._reasons[group.fault or "masked"] += 1
        self._track.encode(frame, times)


def _reorders(tap: Tap) -> bool:
    """Tell whether the source decodes frames at least one place before they are shown."""
    first = tap.packets[0]
    if first.pts is None or first.dts is None or not first.duration:
        return False
    return first.pts - first.dts >= first.duration

"""The picture track of a film that is partly copied and partly encoded.

The encoder's parameter sets have an id of their own and stand beside the source's in the
container's record, so that none are needed within the film and any player takes it.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import cast

import av

from yingbi.domain.frame import Frame
from yingbi.media.encoder import encodable, open_encoder
from yingbi.media.film_info import FilmInfo
from yingbi.media.film_writer import FilmTarget
from yingbi.media.gops import Coded, SpliceDoubtError, Times
from yingbi.media.libav import writing
from yingbi.media.nal import BrokenUnitsError, join
from yingbi.media.records import record_of
from yingbi.media.splice_proof import Stretch
from yingbi.media.syntax import Record


class SpliceTrack:
    """Writes coded pictures and frames, in the order of decoding, to MP4 or MOV.

    stretches: what was written so far, to check the film against.
    messages: how many SEI messages were left out of copied pictures.
    Raises SpliceDoubtError where times do not grow or the encoder does not behave.
    """

    def __init__(
        self,
        target: FilmTarget,
        info: FilmInfo,
        template: av.VideoStream,
        *,
        crf: int,
        threads: int,
        preset: str,
        reorders: bool,
    ) -> None:
        """Add the track to the target.

        template: the source's picture track. reorders: whether it decodes frames at least
        one place before they are shown, so that an encoder may as well.
        """
        self.stretches: list[Stretch] = []
        self.messages = 0
        self._target, self._info = target, info
        self._record = record_of(template)
        self._crf, self._threads, self._preset = crf, threads, preset
        self._reorders = reorders
        self._ids = self._record.free_ids()
        self._encoder: av.VideoCodecContext | None = self._new_encoder()
        self._sets = bytes(self._encoder.extradata or b"")
        with writing(None):
            self._stream = target.container.add_stream_from_template(template)
            context = self._stream.codec_context
            if info.codec == "hevc":
                context.codec_tag = "hvc1"
            context.extradata = bytes(self._both())
            if info.matrix is not None:
                self._stream.set_display_matrix(info.matrix)
        target.add_companions()
        self._waiting: deque[Times] = deque()
        self._encoding: set[int] = set()
        self._last_dts: int | None = None
        self._last_pts: int | None = None

    def copy(self, group: Sequence[Coded]) -> Stretch:
        """Write a closed group as it was coded, without user data; return its stretch."""
        self._finish_encoding()
        stretch = self._stretch(copied=True)
        stretch.last_group = len(group)
        for coded in group:
            found = self._record.held(coded.content)
            stretch.add(found.vcl)
            self.messages += found.dropped
            self._mux(join(found.kept, self._record.length_size), coded.times, key=coded.key)
        return stretch

    def encode(self, frame: Frame, times: Times) -> None:
        """Encode a frame, to be decoded and shown at these times."""
        self._stretch(copied=False)
        if self._encoder is None:
            self._encoder = self._new_encoder()
            if bytes(self._encoder.extradata or b"") != self._sets:
                raise SpliceDoubtError("encoder")
        self._waiting.append(times)
        self._encoding.add(times.pts)
        with writing(None):
            packets = self._encoder.encode(encodable(frame))
        self._mux_encoded(packets)

    def close(self) -> None:
        """Write what is left and the index."""
        self._finish_encoding()
        self._target.close()

    def _both(self) -> Record:
        """Return the record with the sets of the source and of the encoder."""
        try:
            return self._record.with_sets_of(self._sets, self._ids)
        except BrokenUnitsError as error:
            raise SpliceDoubtError("encoder") from error

    def _stretch(self, *, copied: bool) -> Stretch:
        """Return the stretch that goes on, or a new one."""
        if not self.stretches or self.stretches[-1].copied != copied:
            self.stretches.append(Stretch(copied))
        return self.stretches[-1]

    def _new_encoder(self) -> av.VideoCodecContext:
        with writing(None):
            return open_encoder(
                self._info,
                "libx265" if self._info.codec == "hevc" else "libx264",
                crf=self._crf,
                threads=self._threads,
                preset=self._preset,
                sets_id=self._ids[0],
                profile=self._record.profile_name,
                reorders=self._reorders,
            )

    def _finish_encoding(self) -> None:
        """Write what the encoder holds; the next stretch has a new one."""
        if not self.stretches or self.stretches[-1].copied or self._encoder is None:
            return
        with writing(None):
            packets = self._encoder.encode(None)
        self._mux_encoded(packets)
        self._encoder = None
        if self._waiting:
            raise SpliceDoubtError("encoder")

    def _mux_encoded(self, packets: "Iterable[av.Packet[av.VideoStream]]") -> None:
        for packet in packets:
            times = self._due(packet)
            try:
                units = self._record.encoded(bytes(packet), self._ids)
            except BrokenUnitsError as error:
                raise SpliceDoubtError("encoder") from error
            content = join(units, self._record.length_size)
            self.stretches[-1].add([content])
            self._mux(content, times, key=packet.is_keyframe)

    def _due(self, packet: "av.Packet[av.VideoStream]") -> Times:
        """Return the times of the encoder's next packet: its own pts, the next place to decode."""
        pts = packet.pts
        if pts is None or pts not in self._encoding:
            raise SpliceDoubtError("encoder")
        self._encoding.remove(pts)
        return replace(self._waiting.popleft(), pts=pts)

    def _mux(self, content: bytes, times: Times, *, key: bool) -> None:
        late = times.dts > times.pts
        if late or (self._last_dts is not None and times.dts <= self._last_dts):
            raise SpliceDoubtError("times")
        self._last_dts = times.dts
        packet = packet_of(content, times, self._info.time_base)
        packet.is_keyframe, packet.stream = key, self._stream
        with writing(None):
            self._target.container.mux_one(packet)
        if self._last_pts is None or times.pts > self._last_pts:
            self._last_pts = times.pts
            self._target.write_until(times.pts * self._info.time_base)


def packet_of(content: bytes, times: Times, time_base: Fraction) -> "av.Packet[av.VideoStream]":
    """Return a packet with these times."""
    packet = cast("av.Packet[av.VideoStream]", av.Packet(content))
    packet.pts, packet.dts, packet.duration = times.pts, times.dts, times.duration
    packet.time_base = time_base
    return packet

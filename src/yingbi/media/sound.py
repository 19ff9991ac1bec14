"""Sound tracks: copied packet by packet, or replaced by silence of the same length.

Voices are never altered in pitch: that can be undone.
"""

import weakref
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias, cast

import av
import numpy as np

from yingbi.domain.messages import say
from yingbi.errors import UnsupportedMediaError
from yingbi.media.libav import reading
from yingbi.media.source_file import open_source

COPIED = frozenset({"aac", "mp3", "mp3float", "ac3", "eac3", "alac", "opus", "flac"})
"""Codecs whose packets an MP4 takes as they are."""

AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
AAC_LAYOUTS = ("mono", "stereo", "3.0", "4.0", "5.0", "5.1", "7.1")
AAC_FRAME = 1024

AudioPacket: TypeAlias = "av.Packet[av.AudioStream]"


class Sound:
    """The sound tracks of one film on their way into another."""

    def __init__(self, target: av.container.OutputContainer, source: Path, *, silent: bool) -> None:
        """Open the source a second time and add its tracks to the target.

        Raises UnsupportedMediaError for a kind of sound that cannot be copied.
        """
        self._target = target
        self._path = source
        file = open_source(source)
        # A writer that is given up, for whatever reason, must not hold the source open.
        self._close_file = weakref.finalize(self, file.close)
        with reading(source):
            self._source = av.open(file, "r", format="mov", metadata_errors="ignore")
        tracks = list(self._source.streams.audio)
        self._copied: dict[int, av.AudioStream] = {}
        self._silences: dict[int, Silence] = {}
        for track in tracks:
            if silent:
                self._silences[track.index] = Silence(target, track)
            else:
                self._copied[track.index] = self._copy_of(track)
        self._packets = cast(Iterator[AudioPacket], self._source.demux(tracks))
        self._waiting: AudioPacket | None = None
        self._done = False

    def write_until(self, time_s: Fraction | None) -> None:
        """Write all sound that starts before the time; None writes the rest and closes."""
        with reading(self._path):
            for packet in self._until(time_s):
                for ready in self._written(packet):
                    self._target.mux_one(ready)
        if time_s is None:
            self._source.close()
            self._close_file()

    def _until(self, time_s: Fraction | None) -> Iterator[AudioPacket]:
        while not self._done:
            packet = self._waiting or next(self._packets, None)
            self._waiting = None
            if packet is None:
                self._done = True
            elif packet.pts is None or not packet.size:
                continue
            elif time_s is not None and packet.pts * packet.time_base > time_s:
                self._waiting = packet
                return
            else:
                yield packet

    def _written(self, packet: AudioPacket) -> Iterator[AudioPacket]:
        index = packet.stream.index
        if index in self._copied:
            packet.stream = self._copied[index]
            yield packet
        else:
            yield from self._silences[index].until(packet)

    def _copy_of(self, track: av.AudioStream) -> av.AudioStream:
        name = track.codec_context.name
        if name not in COPIED and not name.startswith("pcm_"):
            reason = say("its sound is {codec}; use --audio drop or mute", codec=name)
            raise UnsupportedMediaError(path=self._path, reason=reason)
        return self._target.add_stream_from_template(track)


class Silence:
    """A silent AAC track that begins and ends with the track it stands for."""

    def __init__(self, target: av.container.OutputContainer, track: av.AudioStream) -> None:
        """Add the track to the target, with the source's sample rate and speakers."""
        rate, layout = track.codec_context.sample_rate, track.codec_context.layout.name
        self._rate = rate if rate in AAC_RATES else 48000
        layout = layout if layout in AAC_LAYOUTS else "stereo"
        self._stream = target.add_stream("aac", rate=self._rate, layout=layout)
        self._content = _silent_packet(self._rate, layout)
        self._next: int | None = None

    def until(self, packet: AudioPacket) -> Iterator[AudioPacket]:
        """Yield silence up to the end of a packet of the source."""
        start = cast(int, packet.pts) * packet.time_base * self._rate
        end = start + (packet.duration or 0) * packet.time_base * self._rate
        position = round(start) if self._next is None else self._next
        while position < round(end):
            silent = cast(AudioPacket, av.Packet(self._content))
            silent.stream = self._stream
            silent.time_base = Fraction(1, self._rate)
            silent.pts = silent.dts = position
            silent.duration = AAC_FRAME
            silent.is_keyframe = True
            yield silent
            position += AAC_FRAME
        self._next = position


def _silent_packet(rate: int, layout: str) -> bytes:
    """Return one AAC frame of silence; after the first, all are the same."""
    context = av.codec.CodecContext.create("aac", "w")
    context.sample_rate, context.layout, context.format = rate, layout, "fltp"
    context.time_base = Fraction(1, rate)
    channels = av.AudioLayout(layout).nb_channels
    packets = []
    for number in range(3):
        samples = np.zeros((channels, AAC_FRAME), np.float32)
        frame = av.AudioFrame.from_ndarray(samples, "fltp", layout)
        frame.sample_rate, frame.pts = rate, number * AAC_FRAME
        frame.time_base = Fraction(1, rate)
        packets += context.encode(frame)
    return bytes(packets[-1])

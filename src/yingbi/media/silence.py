"""Silent sound tracks that begin and end with the tracks they stand for."""

from collections.abc import Iterator
from fractions import Fraction
from typing import TypeAlias, cast

import av
import numpy as np

AudioPacket: TypeAlias = "av.Packet[av.AudioStream]"

AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
OPUS_RATES = (48000,)
LAYOUTS = ("mono", "stereo", "3.0", "4.0", "5.0", "5.1", "7.1")
AAC_FRAME, OPUS_FRAME = 1024, 960


class Silence:
    """A silent AAC track, or an Opus track where only that may be."""

    def __init__(
        self, target: av.container.OutputContainer, track: av.AudioStream, *, opus: bool = False
    ) -> None:
        """Add the track to the target, with the source's sample rate and speakers."""
        codec, rates = ("libopus", OPUS_RATES) if opus else ("aac", AAC_RATES)
        self._frame = OPUS_FRAME if opus else AAC_FRAME
        rate, layout = track.codec_context.sample_rate, track.codec_context.layout.name
        self._rate = rate if rate in rates else 48000
        layout = layout if layout in (LAYOUTS[:2] if opus else LAYOUTS) else "stereo"
        added = target.add_stream(codec, rate=self._rate, layout=layout)
        self._stream = cast(av.AudioStream, added)
        self._content = _silent_packet(codec, self._rate, layout, self._frame)
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
            silent.duration = self._frame
            silent.is_keyframe = True
            yield silent
            position += self._frame
        self._next = position


def _silent_packet(codec: str, rate: int, layout: str, size: int) -> bytes:
    """Return one coded frame of silence; after the first, all are the same."""
    context = cast(av.AudioCodecContext, av.codec.CodecContext.create(codec, "w"))
    context.sample_rate, context.layout = rate, layout
    samples = "flt" if codec == "libopus" else "fltp"
    context.format = av.AudioFormat(samples)
    context.time_base = Fraction(1, rate)
    channels = av.AudioLayout(layout).nb_channels
    packets = []
    for number in range(3):
        shape = (1, channels * size) if codec == "libopus" else (channels, size)
        frame = av.AudioFrame.from_ndarray(np.zeros(shape, np.float32), samples, layout)
        frame.sample_rate, frame.pts = rate, number * size
        frame.time_base = Fraction(1, rate)
        packets += context.encode(frame)
    packets += context.encode(None)
    return bytes(packets[-1])

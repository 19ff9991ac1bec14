"""What goes with a film's picture into its copy: sound, and subtitles and data if asked for.

Tracks are copied packet by packet; muted sound becomes silence of the same length.
Voices are never altered in pitch: that can be undone.
"""

import weakref
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, TypeAlias

import av

from yingbi.domain.messages import say
from yingbi.errors import CutOffError, UnsupportedMediaError
from yingbi.media.boxes import track_tags
from yingbi.media.containers import KINDS, Container, demuxer_of
from yingbi.media.copy_plan import holds_sound
from yingbi.media.description import codec_of, is_machine_data
from yingbi.media.libav import reading
from yingbi.media.silence import Silence
from yingbi.media.source_file import open_source

AudioChoice = Literal["drop", "keep", "mute"]
"""drop: no sound track. keep: all tracks, bit for bit. mute: all tracks, silent."""

Extra = Literal["subtitles", "data", "chapter-names"]
"""What else may be kept; it can say who is seen, so nothing is kept unasked."""

EXTRAS: tuple[Extra, ...] = ("subtitles", "data", "chapter-names")

AnyPacket: TypeAlias = "av.Packet[Any]"

SUBTITLES: dict[Container, frozenset[str]] = {
    "mp4": frozenset({"mov_text"}),
    "mov": frozenset({"mov_text"}),
    "matroska": frozenset({"subrip", "srt", "ass", "ssa", "webvtt", "dvbsub", "dvdsub", "pgssub"}),
    "webm": frozenset({"webvtt"}),
}

DATA: dict[Container, frozenset[str]] = {"mp4": frozenset({"gpmd"}), "mov": frozenset({"gpmd"})}
"""Data tracks that are written again, by their tag: where and how a camera moved."""


class Companions:
    """The tracks of one film that go into its copy beside the picture."""

    def __init__(
        self,
        target: av.container.OutputContainer,
        source: Path,
        container: Container,
        *,
        audio: AudioChoice = "drop",
        keep: frozenset[Extra] = frozenset(),
        salvage: bool = False,
    ) -> None:
        """Open the source a second time and add its tracks to the target.

        salvage: where the source breaks, the tracks end.
        Raises UnsupportedMediaError for a kind of track that the container cannot hold.
        """
        self._target, self._path, self._salvage = target, source, salvage
        self._container: Container = container
        file = open_source(source)
        # A writer that is given up, for whatever reason, must not hold the source open.
        self._close_file = weakref.finalize(self, file.close)
        boxed = "data" in keep and demuxer_of(file) == KINDS["mp4"].demuxer
        self._tags = track_tags(file, source) if boxed else []
        with reading(source):
            self._source = av.open(file, "r", format=demuxer_of(file), metadata_errors="ignore")
        self._copied: dict[int, Any] = {}
        self._silences: dict[int, Silence] = {}
        tracks = [track for track in self._source.streams if self._added(track, audio, keep)]
        self._packets: Iterator[AnyPacket] = self._source.demux(tracks) if tracks else iter(())
        self._waiting: AnyPacket | None = None
        self._done = False

    def write_until(self, time_s: Fraction | None) -> None:
        """Write all packets that start before the time; None writes the rest and closes."""
        try:
            with reading(self._path):
                for packet in self._until(time_s):
                    for ready in self._written(packet):
                        self._target.mux_one(ready)
        except CutOffError:
            if not self._salvage:
                raise
            self._done = True
        if time_s is None:
            self.close()

    def close(self) -> None:
        """Let go of the source; packets that were not written are left out."""
        self._source.close()
        self._close_file()

    def _added(self, track: Any, audio: AudioChoice, keep: frozenset[Extra]) -> bool:
        """Add the track to the target where it is wanted; return whether it is."""
        index = track.index
        if track.type == "audio" and audio == "mute":
            self._silences[index] = Silence(self._target, track, opus=self._container == "webm")
        elif track.type == "audio" and audio == "keep":
            self._copied[index] = self._sound(track)
        elif track.type == "subtitle" and "subtitles" in keep:
            self._copied[index] = self._subtitles(track)
        elif is_machine_data(track) and "data" in keep:
            self._copied[index] = self._data(track)
        else:
            return False
        return True

    def _until(self, time_s: Fraction | None) -> Iterator[AnyPacket]:
        while not self._done:
            packet = self._waiting or next(self._packets, None)
            self._waiting = None
            if packet is None:
                self._done = True
                continue
            if packet.pts is None:
                packet.pts = packet.dts
            if packet.pts is None or not packet.size:
                continue
            if time_s is not None and packet.pts * packet.time_base > time_s:
                self._waiting = packet
                return
            yield packet

    def _written(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        index = packet.stream.index
        if index in self._copied:
            packet.stream = self._copied[index]
            yield packet
        else:
            yield from self._silences[index].until(packet)

    def _sound(self, track: av.AudioStream) -> av.AudioStream:
        codec = codec_of(track)
        if not holds_sound(self._container, codec):
            reason = say("its sound is {codec}; use --audio drop or mute", codec=codec)
            raise UnsupportedMediaError(path=self._path, reason=reason)
        return self._target.add_stream_from_template(track)

    def _subtitles(self, track: Any) -> Any:
        codec = track.codec_context.name if track.codec_context else "unknown"
        if codec not in SUBTITLES[self._container]:
            raise self._does_not_fit(codec)
        return self._target.add_stream_from_template(track)

    def _data(self, track: Any) -> Any:
        tag = self._tags[track.index] if track.index < len(self._tags) else ""
        if tag not in DATA.get(self._container, ()):
            raise self._does_not_fit(tag or "unknown")
        added = self._target.add_stream_from_template(track)
        added.metadata.clear()
        return added

    def _does_not_fit(self, kind: str) -> UnsupportedMediaError:
        reason = say(
            "a track of kind {kind} does not fit into {container}; leave out --keep",
            kind=kind,
            container=KINDS[self._container].name,
        )
        return UnsupportedMediaError(path=self._path, reason=reason)

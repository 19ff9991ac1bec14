"""A film written again: same frames and times, and no word about where it came from."""

from pathlib import Path
from typing import BinaryIO, Literal

import av

from yingbi.domain.frame import Frame
from yingbi.media.encoder import add_picture, clock_options, encodable
from yingbi.media.film_info import FilmInfo
from yingbi.media.libav import writing
from yingbi.media.sound import Sound

AudioChoice = Literal["drop", "keep", "mute"]
"""drop: no sound track. keep: all tracks, bit for bit. mute: all tracks, silent."""


class FilmWriter:
    """Takes frames in the order shown and writes MP4 (or MOV) with H.264 to a sink.

    sink: seekable binary file; it is not closed.
    source: the film whose sound is kept or muted; may be None with "drop" alone.
    Raises UnsupportedMediaError where the container cannot take the source's sound.
    """

    def __init__(
        self,
        sink: BinaryIO,
        info: FilmInfo,
        *,
        crf: int,
        audio: AudioChoice = "drop",
        source: Path | None = None,
        threads: int = 1,
    ) -> None:
        """Lay out the tracks; nothing is written before the first frame."""
        self._path = source
        heard = audio != "drop" and bool(info.sound)
        if heard and source is None:
            raise ValueError("sound is kept or muted from a source, which is not named")
        options = clock_options(info, sound=heard)
        with writing(source):
            self._container = av.open(sink, "w", format=info.container, options=options)
            self._stream = add_picture(self._container, info, crf=crf, threads=threads)
        self._sound: Sound | None = None
        if heard and source is not None:
            self._sound = Sound(self._container, source, silent=audio == "mute")

    def write(self, frame: Frame) -> None:
        """Encode one frame, and all sound up to its time."""
        with writing(self._path):
            self._container.mux(self._stream.encode(encodable(frame)))
        if self._sound is not None:
            self._sound.write_until(frame.pts * frame.time_base)

    def close(self) -> None:
        """Write what is left and the index; without it the film cannot be played."""
        with writing(self._path):
            self._container.mux(self._stream.encode(None))
        if self._sound is not None:
            self._sound.write_until(None)
        with writing(self._path):
            self._container.close()

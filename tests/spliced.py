"""Films put together from copied and encoded stretches, for tests."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from yingbi.domain.passthrough import Passthrough
from yingbi.media.film import FilmReader
from yingbi.media.film_info import FilmInfo
from yingbi.media.splice import SplicedFilm, why_not
from yingbi.media.splice_check import verify_spliced
from yingbi.media.splice_proof import Stretch
from yingbi.media.tap import Tap

PATCH = 32
GREY = 128


@dataclass(frozen=True)
class Spliced:
    """A spliced film beside its source."""

    source: Path
    path: Path
    facts: Passthrough
    pts: Sequence[int]
    info: FilmInfo
    stretches: Sequence[Stretch]

    def verify(self) -> None:
        """Check it as the product does."""
        with self.path.open("rb") as film:
            verify_spliced(film, self.pts, self.info, self.stretches, name=self.path)


def splice(
    source: Path, masked: Collection[int], *, audio: str = "drop", ahead: int = 0, threads: int = 1
) -> Spliced:
    """Write the film with a grey patch on the masked frames; `ahead`: frames read in advance."""
    path, tap, pts = source.with_suffix(".spliced.mp4"), Tap(), []
    with FilmReader(source, threads=threads, tap=tap) as reader, path.open("w+b") as sink:
        assert why_not(reader.info, tap) is None
        writer = SplicedFilm(sink, reader.info, tap, crf=18, audio=audio, source=source)
        waiting = []
        for frame in reader.frames():
            waiting.append(frame)
            if len(waiting) > ahead:
                pts.append(_write(writer, waiting.pop(0), masked))
        pts.extend(_write(writer, frame, masked) for frame in waiting)
        writer.close()
    return Spliced(source, path, writer.facts, pts, reader.info, writer.stretches)


def _write(writer: SplicedFilm, frame, masked: Collection[int]) -> int:
    if frame.index in masked:
        frame.planes[0].samples[:PATCH, :PATCH] = GREY
    writer.write(frame, masked=frame.index in masked)
    return frame.pts


def lumas(path: Path) -> dict[int, np.ndarray]:
    """Return the first plane of each frame by its pts, (H, W)."""
    with av.open(path) as container:
        return {frame.pts: _luma(frame) for frame in container.decode(video=0)}


def _luma(frame: av.VideoFrame) -> np.ndarray:
    kind = np.uint16 if "10" in frame.format.name else np.uint8
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), kind).reshape(plane.height, -1)
    return rows[:, : plane.width].copy()


def times(path: Path) -> list[tuple[int, int, int]]:
    """Return pts, dts and duration of each packet, in order of decoding."""
    with av.open(path) as container:
        return [(p.pts, p.dts, p.duration) for p in container.demux(video=0) if p.size]


def units(path: Path) -> dict[int, list[tuple[int, bytes]]]:
    """Return kind and bytes of each unit by pts, read with no code of the product's."""
    found = {}
    with av.open(path) as container:
        hevc = container.streams.video[0].codec_context.name == "hevc"
        for packet in container.demux(video=0):
            content, here = bytes(packet), []
            while content:
                size = int.from_bytes(content[:4])
                unit, content = content[4 : 4 + size], content[4 + size :]
                here.append((unit[0] >> 1 & 63 if hevc else unit[0] & 31, unit))
            if packet.size:
                found[packet.pts] = here
    return found


def vcl(path: Path) -> dict[int, list[bytes]]:
    """Return the units of each picture by its pts."""
    with av.open(path) as container:
        hevc = container.streams.video[0].codec_context.name == "hevc"
    shown = range(32) if hevc else (1, 5)
    return {p: [u for kind, u in here if kind in shown] for p, here in units(path).items()}

"""A film written again: same frames and times, and no word about where it came from."""

from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO, cast

import av

from yingbi.domain.frame import Frame
from yingbi.media.companions import AudioChoice, Companions, Extra
from yingbi.media.containers import Container
from yingbi.media.copy_plan import CopyPlan, copy_plan
from yingbi.media.encoder import PRESET, add_picture, clock_options, encodable
from yingbi.media.faststart import Reader
from yingbi.media.film_info import Chapter, FilmInfo
from yingbi.media.libav import writing


class FilmTarget:
    """A film to be written: its container, its chapters, and what goes with the picture.

    The picture track is added by whoever writes it, before `add_companions`.
    """

    def __init__(
        self,
        sink: BinaryIO,
        info: FilmInfo,
        *,
        audio: AudioChoice = "drop",
        keep: frozenset[Extra] = frozenset(),
        source: Path | None = None,
        salvage: bool = False,
    ) -> None:
        """Open the container; nothing is written yet. The arguments are FilmWriter's."""
        self._path, self._audio, self._keep, self._salvage = source, audio, keep, salvage
        self._heard = audio != "drop" and bool(info.sound)
        self._beside = ("subtitles" in keep and bool(info.beside.subtitles)) or (
            "data" in keep and bool(info.beside.data)
        )
        if (self._heard or self._beside) and source is None:
            raise ValueError("tracks are kept from a source, which is not named")
        self.plan = copy_plan(info, source or "-", audio)
        with writing(source):
            self.container = open_target(sink, info, self.plan, sound=self._heard)
            chapters = chapters_of(info, named="chapter-names" in keep)
            self.container.set_chapters(cast(Any, chapters))  # typed for reading alone
        self._companions: Companions | None = None

    def add_companions(self) -> None:
        """Add the tracks that go with the picture."""
        if (self._heard or self._beside) and self._path is not None:
            self._companions = Companions(
                self.container,
                self._path,
                self.plan.container,
                audio=self._audio if self._heard else "drop",
                keep=self._keep,
                salvage=self._salvage,
            )

    def write_until(self, time_s: Fraction) -> None:
        """Write all that goes with the picture up to the time."""
        if self._companions is not None:
            self._companions.write_until(time_s)

    def close(self) -> None:
        """Write what is left and the index; without it the film cannot be played."""
        if self._companions is not None and self._salvage:
            self._companions.close()
        elif self._companions is not None:
            self._companions.write_until(None)
        with writing(self._path):
            self.container.close()


class FilmWriter:
    """Takes frames in the order shown and writes a film to a sink, as `copy_plan` says.

    sink: seekable binary file; it is not closed. Where it can be read as well, the index
        of an MP4 or MOV stands in front, so that players may begin at once.
    source: the film whose sound is kept or muted, and other tracks kept; may be None
        where there is none of that.
    salvage: the source breaks somewhere; what goes with the picture ends with it.
    Raises UnsupportedMediaError where the container cannot take what is to be kept.
    """

    def __init__(
        self,
        sink: BinaryIO,
        info: FilmInfo,
        *,
        crf: int,
        audio: AudioChoice = "drop",
        keep: frozenset[Extra] = frozenset(),
        source: Path | None = None,
        threads: int = 1,
        preset: str = PRESET,
        salvage: bool = False,
    ) -> None:
        """Lay out the tracks; nothing is written before the first frame."""
        self._path = source
        self._target = FilmTarget(
            sink, info, audio=audio, keep=keep, source=source, salvage=salvage
        )
        self.plan = self._target.plan
        with writing(source):
            self._stream = add_picture(
                self._target.container,
                info,
                crf=crf,
                threads=threads,
                preset=preset,
                plan=self.plan,
            )
        self._target.add_companions()

    def write(self, frame: Frame, *, masked: bool = True) -> None:
        """Encode one frame, whether masked or not, and all that goes with it up to its time."""
        with writing(self._path):
            self._target.container.mux(self._stream.encode(encodable(frame)))
        self._target.write_until(frame.pts * frame.time_base)

    def close(self) -> None:
        """Write what is left and the index; without it the film cannot be played."""
        with writing(self._path):
            self._target.container.mux(self._stream.encode(None))
        self._target.close()


def open_target(
    sink: BinaryIO, info: FilmInfo, plan: CopyPlan, *, sound: bool = False
) -> av.container.OutputContainer:
    """Return the plan's container, empty, with the film's clock."""
    container: Container = plan.container
    if container not in {"mp4", "mov"}:
        return av.open(sink, "w", format=container)
    options = clock_options(info, sound=sound)
    if not sink.readable():
        return av.open(sink, "w", format=container, options=options)
    options["movflags"] = "faststart"

    def again(_url: str, _flags: int, _options: dict[str, str]) -> Reader:
        return Reader(sink)

    return av.open(sink, "w", format=container, options=options, io_open=again)


def chapters_of(info: FilmInfo, *, named: bool) -> list[dict[str, Any]]:
    """Return the film's chapters as libav takes them; without their names they are numbered."""

    def told(number: int, one: Chapter) -> dict[str, Any]:
        title = one.name if named else str(number)
        return {
            "id": number,
            "start": one.start,
            "end": one.end,
            "time_base": one.time_base,
            "metadata": {"title": title},
        }

    return [told(number, one) for number, one in enumerate(info.beside.chapters, start=1)]

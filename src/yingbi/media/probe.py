"""What an input is, by its content; its name is never trusted."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from yingbi.domain.messages import say
from yingbi.errors import NoPictureError, NotMediaError, UnsupportedMediaError
from yingbi.media.containers import HEAD, KINDS, container_of
from yingbi.media.film import FilmReader
from yingbi.media.film_info import FilmInfo
from yingbi.media.source_file import open_source
from yingbi.media.still import still_facts
from yingbi.media.still_kind import still_kind

OTHER_KINDS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"FLV\1", "FLV"),
    (0, b"\x30\x26\xb2\x75", "WMV"),
    (0, b"\xff\x0a", "JPEG XL"),
    (4, b"JXL ", "JPEG XL"),
    (8, b"hevc", "HEIC"),
    (8, b"mif1", "HEIF"),
    (8, b"msf1", "HEIF"),
)
"""Offset, magic and name of kinds that are known and not handled."""

SOUND_ONLY = ((8, b"WAVE"), (0, b"ID3"), (0, b"fLaC"), (0, b"\xff\xfb"), (0, b"\xff\xf1"))


@dataclass(frozen=True, slots=True)
class Source:
    """One input that can be read.

    width, height: as displayed. turns: quarter turns clockwise from stored to displayed
    (0 for a still, whose frames say it themselves). frames: None where the container does not
    count.
    """

    path: Path
    kind: Literal["film", "still"]
    media_type: str
    width: int
    height: int
    frames: int | None
    duration_s: float
    turns: int
    has_audio: bool


def probe(path: Path, *, salvage: bool = False) -> Source:
    """Return what the file is; with `salvage`, of a broken film too.

    Raises NoSuchInputError, UnreadableInputError, EmptyInputError, NotMediaError,
    NoPictureError, CutOffError or UnsupportedMediaError.
    """
    with open_source(path) as file:
        head = file.read(HEAD)
    if still_kind(head) is not None:
        return _still(path)
    for offset, magic, name in OTHER_KINDS:
        if head.startswith(magic, offset):
            raise UnsupportedMediaError(path=path, reason=say("it is {kind}", kind=name))
    if any(head.startswith(magic, offset) for offset, magic in SOUND_ONLY):
        raise NoPictureError(path=path)
    if container_of(head) is None:
        raise NotMediaError(path=path)
    return _film(path, salvage=salvage)


def _still(path: Path) -> Source:
    facts = still_facts(path)
    kind, frames = facts.kind.value, facts.frames
    return Source(path, "still", kind, facts.width, facts.height, frames, 0.0, 0, has_audio=False)


def _film(path: Path, *, salvage: bool) -> Source:
    with FilmReader(path, salvage=salvage) as reader:
        return film_source(path, reader.info)


def film_source(path: Path, info: FilmInfo) -> Source:
    """Return what a film is."""
    width, height = info.size
    return Source(
        path,
        "film",
        KINDS[info.container].media_type,
        width,
        height,
        info.frames,
        info.duration_s,
        info.turns,
        has_audio=bool(info.sound),
    )

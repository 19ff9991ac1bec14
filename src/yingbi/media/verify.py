"""A film that was written is decoded once more before anybody relies on it."""

import io
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO

import av

from yingbi.domain.messages import say
from yingbi.errors import CutOffError, ReadWriteError
from yingbi.media.libav import reading


def verify_film(
    film: Path | bytes | BinaryIO,
    pts: Sequence[int],
    size: tuple[int, int],
    *,
    name: Path | None = None,
    tick: Callable[[int], None] = lambda _done: None,
) -> None:
    """Raise ReadWriteError unless the film decodes to just these times and this size.

    film: a path, its bytes, or an open file, which is left open.
    size: width and height as displayed. name: what to call the film in an error.
    tick: called for each frame.
    """
    path = name or (film if isinstance(film, Path) else Path("-"))
    try:
        found, sizes = _shown(film, path, tick)
    except CutOffError as error:
        raise ReadWriteError(path=path, reason=say("the copy cannot be decoded")) from error
    if found != list(pts):
        raise ReadWriteError(
            path=path, reason=say("the copy's frames or times are not the source's")
        )
    if sizes != {size}:
        raise ReadWriteError(path=path, reason=say("the copy's size is not the source's"))


def _opened(film: Path | bytes | BinaryIO) -> AbstractContextManager[BinaryIO]:
    if isinstance(film, Path):
        return film.open("rb")
    if isinstance(film, bytes):
        return io.BytesIO(film)
    film.seek(0)
    return nullcontext(film)


def _shown(
    film: Path | bytes | BinaryIO, path: Path, tick: Callable[[int], None]
) -> tuple[list[int | None], set[tuple[int, int]]]:
    """Return the time of each frame, and every size as displayed that occurs."""
    found: list[int | None] = []
    sizes = set()
    with _opened(film) as file, reading(path), av.open(file, "r", format="mov") as container:
        for picture in container.decode(video=0):
            tick(1)
            found.append(picture.pts)
            stored = (picture.width, picture.height)
            sizes.add(stored[::-1] if picture.rotation % 180 else stored)
    return found, sizes

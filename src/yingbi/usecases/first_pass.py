"""Look through a film once and keep what was found as an edit, so that people can decide.

Clause: 6.2.1.f-2; 6.2.5.b.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from yingbi.domain.edit import Edit, FilmFacts, edit_text
from yingbi.domain.report import Progress, Tally
from yingbi.domain.sightings import SightingsWriter
from yingbi.errors import UnsafeOutputError
from yingbi.media.output import check_new, new_file
from yingbi.media.scene import Scenes
from yingbi.pipeline.engine import Sight, Take, open_reel, see
from yingbi.usecases.evidence import identity, unchanged


def first_pass(
    path: Path, sight: Sight, progress: Progress, found: Mapping[str, Any]
) -> tuple[Edit, Tally]:
    """Return the film's edit, in which nothing is decided yet, and what was counted.

    found: targets, settings and networks by which it is looked at; kept in the edit.

    Raises: what makes the film unusable; there is never half an edit.
    """
    before, tally = identity(path), Tally()
    with open_reel(path, sight.threads) as reel:
        tick = progress.begin(path.name, reel.source.frames)
        width, height = reel.source.width, reel.source.height
        writer: SightingsWriter | None = None
        scenes = Scenes()
        for seen in see(Take(reel, replace(sight, tick=tick), tally)):
            writer = writer or SightingsWriter(seen.frame.time_base)
            writer.take(seen.frame.pts, seen.regions, cut=scenes.cut(seen.frame))
            width, height = seen.frame.size
    unchanged(path, before)
    if writer is None:
        raise AssertionError("a reader yields a frame or raises")
    sightings = writer.finish()
    film = FilmFacts(path.name, before.sha256, before.size, width, height, writer.time_base)
    return Edit(film, sightings, found=dict(found)), tally


def plan_edit(output: Path, path: Path, *, force: bool) -> None:
    """Raise, before any work, where the edit file cannot be written or would replace its film.

    Raises: UnsafeOutputError, OutputExistsError, CannotCreateError.
    """
    if output.resolve() == path.resolve():
        raise UnsafeOutputError(output=output, reason="it is one of the inputs")
    check_new(output, force=force)


def write_edit(edit: Edit, output: Path, *, force: bool) -> None:
    """Write the edit file, whole or not at all.

    Raises: OutputExistsError, CannotCreateError, ReadWriteError.
    """
    with new_file(output, force=force, private=True) as file:
        file.write(edit_text(edit).encode("utf-8", "backslashreplace"))

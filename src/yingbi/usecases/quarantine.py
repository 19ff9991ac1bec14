"""Look again at a copy, and keep it apart where something private is still seen in it.

Clause: 4.2.a; 6.2.5.b.
"""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from yingbi.domain.frame import Frame
from yingbi.domain.messages import listed, say
from yingbi.domain.moment import Moment
from yingbi.domain.report import Progress
from yingbi.domain.report_errors import QuarantinedError
from yingbi.media.film import FilmReader
from yingbi.media.output import new_file
from yingbi.media.still import read_stills
from yingbi.pipeline.engine import Reel
from yingbi.pipeline.notes import Notes
from yingbi.pipeline.recheck import Second, Watch
from yingbi.usecases.evidence import identity

ENDING = ".quarantine"
NAMED = 5


def watch_of(reel: Reel, grow: float) -> Watch:
    """Return an empty watch for a film or a still."""
    return Watch(float(reel.info.rate) if reel.info is not None else 0.0, grow)


def look_again(
    file: BinaryIO,
    source: Path,
    output: Path,
    notes: Notes,
    *,
    second: Second | None,
    progress: Progress,
) -> dict[str, Any] | None:
    """Return what the report says of the second look; None where nobody looks.

    file: the copy, open, not yet at its place. A copy in which something is still seen
    is written beside the place, for its owner alone; what lay at the place, and was to
    be replaced, goes.

    Raises: QuarantinedError.
    """
    if second is None or notes.watch is None:
        return None
    frames = len(notes.watch.frames)
    with _frames(file, output, film=notes.watch.rate > 0) as copy:
        tick = progress.begin(say("look again at {name}", name=source.name), notes.course.frames)
        seen = second.still_seen(copy, notes.watch, notes.zones, tick)
    told = {"frames": frames, "still_seen": [moment.to_json() for moment in seen]}
    apart = output.with_name(output.name + ENDING)
    if not seen:
        apart.unlink(missing_ok=True)  # of an earlier run: this one is well
        return told
    file.seek(0)
    with new_file(apart, force=True) as kept:
        shutil.copyfileobj(file, kept)
    output.unlink(missing_ok=True)
    raise QuarantinedError(
        {"check": told, "quarantine": {"path": str(apart)} | identity(apart).to_json()},
        path=source,
        times=_times(seen),
        place=apart,
    )


@contextmanager
def _frames(file: BinaryIO, path: Path, *, film: bool) -> Iterator[Iterable[Frame]]:
    file.seek(0)
    if not film:
        yield read_stills(path, file.read())
        return
    with FilmReader(path, held=file) as reader:
        yield reader.frames()


def _times(seen: Sequence[Moment]) -> str:
    """Return the first times as people write them."""
    times = [f"{int(m.at_s // 3600)}:{int(m.at_s // 60) % 60:02}:{m.at_s % 60:04.1f}" for m in seen]
    return listed([*times[:NAMED], *(["..."] if len(seen) > NAMED else [])])

"""What masking costs: processor time of the whole command, start and end included."""

import os
import subprocess
import sys
import tempfile
from itertools import islice
from pathlib import Path

from yingbi.bench.program import COMMAND
from yingbi.bench.row import Row
from yingbi.domain.messages import say
from yingbi.media.film import FilmReader
from yingbi.media.film_writer import FilmWriter

CLIPS = ("towncentre_1080p", "meeting_640x360")
TARGETS = ("", "face")
FRAMES = 100
CRF = 18  # close to the clip's own: what is measured should be as hard to see as the clip


def masking(frames: int = FRAMES) -> list[Row]:
    """Measure `mask` on the beginning of two clips, with all targets and with faces alone."""
    given = os.environ.get("YINGBI_EVAL_DATA", "")
    return [row for name in CLIPS for row in _clip(Path(given) if given else None, name, frames)]


def _clip(data: Path | None, name: str, frames: int) -> list[Row]:
    film = data / "video" / f"{name}.mp4" if data else None
    labels = [(targets, f"mask-{name}{'-' * bool(targets)}{targets}") for targets in TARGETS]
    if film is None or not film.is_file():
        note = say("not measured: YINGBI_EVAL_DATA does not name this clip")
        return [Row(key, _what(name, targets), None, "ms", note=note) for targets, key in labels]
    with tempfile.TemporaryDirectory() as folder:
        cut = Path(folder) / "cut.mp4"
        count = beginning(film, cut, frames)
        return [
            Row(key, _what(name, targets), mask_cpu_ms(cut, targets) / count, "ms")
            for targets, key in labels
        ]


def _what(name: str, targets: str) -> str:
    shown = targets or "face,person"
    return say("`mask --targets {targets}`, CPU-ms per frame, {clip}", targets=shown, clip=name)


def beginning(film: Path, out: Path, frames: int) -> int:
    """Write the first frames of a film, encoded anew, and return how many there were."""
    count = 0
    with FilmReader(film) as reader, out.open("wb") as sink:
        writer = FilmWriter(sink, reader.info, crf=CRF)
        for frame in islice(reader.frames(), frames):
            writer.write(frame)
            count += 1
        writer.close()
    return count


def mask_cpu_ms(film: Path, targets: str) -> float:
    """Return user and system time of one `mask` and all that it starts."""
    import resource  # not on every system, and needed here alone

    command = [str(COMMAND), "mask", str(film), "-o", str(film.with_name("out.mp4")), "--force"]
    if targets:
        command += ["--targets", targets]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, check=False, capture_output=True, stdin=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(done.stderr.decode())
    return (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) * 1000

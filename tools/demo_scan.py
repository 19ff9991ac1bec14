"""Search everything that the story of a home wrote for pictures of the film that it began with."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from demo_tell import Story
from leak_plants import crop, raw_frame, remux
from leak_scan import Finding, Trail, files_of, scan, trail_of
from yingbi.domain.messages import say
from yingbi.domain.settings import resolve

MOST_RUNS = 500_000
STATE = ("home", "tmp", "cache", "data", "state", "config")
"""What a program may write to beside what it is told to, each a folder of the story's own."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """How many files and bytes were searched, and what was found."""

    files: int
    bytes: int
    found: list[Finding]


def confined(folder: Path) -> dict[str, str]:
    """Return what keeps all that a command writes of itself below the folder."""
    state = folder / "state"
    for name in STATE:
        (state / name).mkdir(parents=True)
    named = {f"XDG_{name.upper()}_HOME": str(state / name) for name in STATE[2:]}
    models = str(resolve({}, "", os.environ, {}).models_dir.absolute())
    own = {"HOME": str(state / "home"), "TMPDIR": str(state / "tmp")}
    return named | own | {"YINGBI_MODELS_DIR": models}


def scanned(trail: Trail, folder: Path, source: Path, figures: Path) -> Scanned:
    """Search every file below the folder but the source itself.

    figures: the film of drawn figures. It is a film, and the only one that may be there; of
    the source's pictures it holds no more than anything else.
    """
    contents = files_of([folder])
    contents.pop(str(source), None)
    files = {place: data for place, data in contents.items() if Path(place).is_file()}
    found = scan(trail, files, lambda _line: None)
    drawn = [one for one in found if one.place == str(figures) and one.kind == "film"]
    left = [one for one in found if one not in drawn]
    return Scanned(len(files), sum(map(len, files.values())), left)


def blind_to(trail: Trail, folder: Path, source: Path) -> set[str]:
    """Return which pictures the search does not find where they are written on purpose."""
    planted = folder / "planted"
    planted.mkdir()
    try:
        for kind, content in (
            ("frame", raw_frame(source)),
            ("picture", crop(source)),
            ("film", remux(source)),
        ):
            (planted / kind).write_bytes(b"before" + content + b"behind")
        found = scanned(trail, planted, source, folder).found
    finally:
        shutil.rmtree(planted)
    return {"frame", "picture", "film"} - {Path(one.place).name for one in found}


def prove_nothing_left(story: Story, source: Path, figures: Path) -> None:
    """Tell that no picture was written, and that the search finds one that is. Raises: StoryError."""
    trail = trail_of(source, (), MOST_RUNS)
    done = scanned(trail, story.folder, source, figures)
    story.tell(
        say(
            "Searched for pictures of the film: {files} files, {bytes} bytes, by {runs} pieces of its rows and packets.",
            files=done.files,
            bytes=f"{done.bytes:,}",
            runs=f"{len(trail.pixels) + len(trail.packets):,}",
        )
    )
    story.proven(say("no picture was written, in the vault or beside it"), holds=not done.found)
    story.proven(
        say("the same search finds a frame, a JPEG and a film that are written on purpose"),
        holds=not blind_to(trail, story.folder, source),
    )

"""What a film holds beside its picture, by kind: so that what is dropped can be said."""

from pathlib import Path

import av

from yingbi.media.containers import demuxer_of
from yingbi.media.libav import reading
from yingbi.media.source_file import open_source


def other_tracks(path: Path) -> dict[str, int]:
    """Return how many tracks of each kind there are beside the picture, and chapters.

    The kinds are FFmpeg's: "audio", "subtitle", "data", "attachment"; and "cover", a still
    among the pictures. Raises CutOffError as the readers do.
    """
    covers = av.stream.Disposition.attached_pic
    found: dict[str, int] = {}
    with open_source(path) as file:
        demuxer = demuxer_of(file)
        with reading(path), av.open(file, format=demuxer, metadata_errors="ignore") as film:
            for stream in film.streams:
                kind: str = stream.type
                if kind == "video":
                    kind = "cover" if stream.disposition & covers else ""
                if kind:
                    found[kind] = found.get(kind, 0) + 1
    return dict(sorted(found.items()))

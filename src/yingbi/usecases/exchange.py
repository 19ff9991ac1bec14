"""Edits for other tools, and boxes from them: COCO out, COCO or a plain list in.

Clause: 6.2.1.f-2.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from yingbi.capture.boxes import read_boxes
from yingbi.domain.edit import Edit, FilmFacts
from yingbi.domain.edit_errors import BoxesRefusedError
from yingbi.domain.frame import Frame
from yingbi.domain.judged import Judged
from yingbi.domain.messages import say
from yingbi.domain.region import Region, Target, clipped
from yingbi.domain.report import Progress
from yingbi.domain.sightings import SightingsWriter
from yingbi.media.output import new_file
from yingbi.media.scene import Scenes
from yingbi.pipeline.engine import open_reel
from yingbi.track.tracker import track
from yingbi.usecases.evidence import identity, unchanged


def export_coco(edit: Edit, output: Path, *, force: bool) -> int:
    """Write what is masked as COCO annotations, one image a frame; return how many there are.

    Raises: OutputExistsError, CannotCreateError, ReadWriteError.
    """
    document = coco(edit)
    with new_file(output, force=force, private=False) as file:
        file.write(json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace"))
    return len(document["annotations"])


def coco(edit: Edit) -> dict[str, Any]:
    """Return the edit as a COCO document. Boxes are cut at the border: x, y, width, height."""
    judged, size = Judged(edit), (edit.film.width, edit.film.height)
    kinds = list(Target)
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for frame in range(len(edit.sightings)):
        time_s = edit.sightings.time_s(frame)
        images.append(
            {
                "id": frame + 1,
                "file_name": f"{edit.film.name}/{frame:08}",
                "width": size[0],
                "height": size[1],
                "frame": frame,
                "time_s": round(time_s, 6),
            }
        )
        for region in judged.masked_at(frame)[0]:
            box = clipped(region.box, *size)
            if box is not None:
                x0, y0, x1, y1 = box
                annotations.append(
                    {
                        "id": len(annotations) + 1,
                        "image_id": frame + 1,
                        "category_id": kinds.index(region.kind) + 1,
                        "bbox": [x0, y0, x1 - x0, y1 - y0],
                        "area": (x1 - x0) * (y1 - y0),
                        "iscrowd": 0,
                        "score": round(region.score, 3),
                        "track_id": region.track,
                    }
                )
    return {
        "info": {"description": f"{edit.film.name} ({edit.film.sha256})", "version": "1"},
        "images": images,
        "annotations": annotations,
        "categories": [{"id": n, "name": kind.value} for n, kind in enumerate(kinds, 1)],
    }


def import_boxes(path: Path, boxes: Path, hold_s: float, progress: Progress) -> Edit:
    """Return an edit of the film in which the boxes of a list are what was found.

    Boxes without a track are followed from frame to frame, and masks are held over gaps of
    `hold_s` seconds, as with boxes that the networks find.

    Raises: BoxesRefusedError where a box lies behind the film's end, and what `read_boxes`
        and the readers of films raise.
    """
    given, before = read_boxes(boxes), identity(path)
    scenes, cuts = Scenes(), set[int]()
    with open_reel(path) as reel:
        tick = progress.begin(path.name, reel.source.frames)

        def found() -> Iterator[tuple[Frame, Sequence[Region]]]:
            for frame in reel.frames:
                tick(1)
                if scenes.cut(frame):
                    cuts.add(frame.index)
                yield frame, given.pop(frame.index, ())

        writer, size = None, (reel.source.width, reel.source.height)
        for frame, regions in track(found(), hold_s=hold_s):
            writer = writer or SightingsWriter(frame.time_base)
            writer.take(frame.pts, regions, cut=frame.index in cuts)
            size = frame.size
    unchanged(path, before)
    if given or writer is None:
        reason = say("the film has no frame {frame}", frame=min(given, default=0))
        raise BoxesRefusedError(path=boxes, entry="*", reason=reason)
    film = FilmFacts(path.name, before.sha256, before.size, *size, writer.time_base)
    sightings = writer.finish()
    kinds = list(Target)
    targets = sorted({kinds[kind].value for kind in set(sightings.kinds.tolist())})
    return Edit(film, sightings, found={"targets": targets, "boxes": boxes.name})

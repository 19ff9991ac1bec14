"""The sets of the evaluation data, and what is truly in their pictures.

Only what people labelled counts: boxes that detectors made favour those detectors.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from yingbi.capture.truth import people_in, read_truth, truth_in
from yingbi.domain.messages import say
from yingbi.domain.model_errors import TruthRefusedError
from yingbi.domain.region import Target
from yingbi.domain.truth import Sample, Truth

MASKS = {"with_mask": "masked", "without_mask": "unmasked"}
VOC, DLIB, PLATES, POSES, PEOPLE = (
    "faces_mask_voc",
    "faces_dlib",
    "plate_scenes",
    "pose",
    "identities",
)
EVALUATION, OWN = "evaluation", "own"


def samples(folder: Path, need: str) -> tuple[str, list[Sample]]:
    """Return what kind of data the folder is, and its pictures for a network of that need.

    A folder with truth beside its pictures, or with a folder for each person, is the user's own.

    Raises: TruthRefusedError, also where it has nothing for such a network; NothingToDoError;
        NoSuchInputError; UnreadableInputError.
    """
    file, people = truth_in(folder), folder / PEOPLE
    if need == "identity":
        data, found = (EVALUATION, named(people)) if people.is_dir() else (OWN, people_in(folder))
    elif file is not None:
        data, found = OWN, read_truth(file, _kind(need), posed=need == "pose")
    else:
        data, found = EVALUATION, _evaluation(folder, need)
    if not any(one.truths for one in found):
        reason = say(
            "there is nothing in it for such a network; it takes truth.json, truth.csv or a folder for each person"
        )
        raise TruthRefusedError(path=folder, reason=reason)
    return data, found


def native_faces(folder: Path) -> list[Sample]:
    """Return the stills whose boxes of faces owe nothing to a detector, in a fixed order."""
    return [*_voc(folder / VOC), *_dlib(folder / DLIB)]


def named(folder: Path) -> list[Sample]:
    """Return pictures of people whose names begin their files."""
    return [
        Sample(path, (Truth((0, 0, 1, 1), name=path.name.partition("__")[0]),))
        for path in sorted(folder.glob("*.*"))
    ]


def _evaluation(folder: Path, need: str) -> list[Sample]:
    try:
        return _sets(folder, need)
    except (ET.ParseError, ValueError, KeyError, TypeError, AttributeError, OSError):
        reason = say("what is labelled there cannot be read")
        raise TruthRefusedError(path=folder, reason=reason) from None


def _sets(folder: Path, need: str) -> list[Sample]:
    match need:
        case "face":
            return native_faces(folder)
        case "person" | "pose":
            files = [folder / POSES / name for name in ("coco/test_coco.json", "aic/test_aic.json")]
            posed = need == "pose"
            there = [one for one in files[: 1 if posed else 2] if one.is_file()]
            return [
                sample for one in there for sample in read_truth(one, Target.PERSON, posed=posed)
            ]
        case "plate":
            return list(_plates(folder / PLATES))
        case _:
            return []


def _kind(need: str) -> Target:
    return Target.PERSON if need == "pose" else Target(need)


def _voc(folder: Path) -> Iterator[Sample]:
    for note in sorted(folder.glob("*.xml")):
        picture = note.with_suffix(".jpg")
        root = ET.parse(note).getroot()  # noqa: S314 - the evaluation data's own
        corners = ("xmin", "ymin", "xmax", "ymax")
        truths = []
        for one in root.iter("object"):
            x0, y0, x1, y1 = (int(one.findtext(f"bndbox/{corner}", "0")) for corner in corners)
            label = MASKS.get(one.findtext("name", ""))
            truths.append(Truth((x0, y0, x1, y1), {"mask": label} if label else {}))
        if picture.is_file() and truths:
            yield Sample(picture, tuple(truths))


def _dlib(folder: Path) -> Iterator[Sample]:
    notes = folder / "training.xml"
    if not notes.is_file():
        return
    for image in ET.parse(notes).getroot().iter("image"):  # noqa: S314 - the evaluation data's own
        picture, truths = folder / image.get("file", ""), []
        for box in image.iter("box"):
            left, top = int(box.get("left", "0")), int(box.get("top", "0"))
            wide, high = int(box.get("width", "0")), int(box.get("height", "0"))
            truths.append(Truth((left, top, left + wide, top + high)))
        if picture.is_file() and truths:
            yield Sample(picture, tuple(truths))


def _plates(folder: Path) -> Iterator[Sample]:
    notes = folder / "easypr_plates.json"
    if not notes.is_file():
        return
    for name, plates in sorted(json.loads(notes.read_text("utf-8")).items()):
        picture = folder / name
        if picture.is_file():
            boxes = [tuple(round(v) for v in plate["xyxy"]) for plate in plates]
            truths = tuple(Truth((a, b, c, d)) for a, b, c, d in boxes)
            yield Sample(picture, truths, complete=False)

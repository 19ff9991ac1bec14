"""Measure a network and make its model card, signed by this installation.

Clause: 6.2.4.a.1-1; 6.2.4.a.2-1; 6.2.4.a.3-1; 6.2.4.a.3-2; 6.2.4.a.3-3.
"""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from yingbi.detect.blaze import BlazeFaceFinder
from yingbi.detect.embedding import FaceReader
from yingbi.detect.faces import FaceFinder
from yingbi.detect.own import OwnFinder
from yingbi.detect.people import PersonFinder
from yingbi.detect.text import TextFinder
from yingbi.domain.messages import say
from yingbi.domain.model_card import Card, Counted
from yingbi.domain.region import Target
from yingbi.domain.report import Progress
from yingbi.domain.report_errors import ReportKeyUnknownError
from yingbi.domain.settings import Settings, data_home
from yingbi.domain.truth import Sample
from yingbi.errors import NoSuchInputError, UsageError
from yingbi.examine.examinee import WRITTEN, Boxes, Examinee, Poses
from yingbi.examine.identity import Line, line_up
from yingbi.examine.measure import QUICK, Measured, Plan, measure
from yingbi.examine.sets import samples
from yingbi.inference.runtime import fastest, open_network
from yingbi.inference.session import Network
from yingbi.keys.installation import installation_key, known_key
from yingbi.keys.signature import signed
from yingbi.models.card import PURPOSE, forget, keep, kept, opened, place_of
from yingbi.models.manifest import Model, manifest
from yingbi.models.own import OwnModel, loaded, own_content, own_model
from yingbi.models.shelf import content_of
from yingbi.pipeline.finders import FACE, LARGEST_TEXT
from yingbi.pipeline.known import ENROL_SIZE
from yingbi.structure.pose import TRUSTED, PoseFinder

WRITTEN_PART = 640
"""What is written is not enlarged when it is searched, and in a smaller part cannot be read."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for. data: the folder. target: of a network of one's own. most: pictures at most."""

    data: Path
    target: Target | None = None
    quick: bool = False
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What was made. document: the card with its signature. path: where it is kept, if it is."""

    card: Card
    document: Mapping[str, Any]
    signer: str
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class _Ready:
    """A network that can be examined, and all that a card says of how."""

    examinee: Examinee
    found: Sequence[Sample]
    data: str
    need: str
    sha256: str
    least: float | None
    runtime: str
    settings: Mapping[str, float | str]
    also: Mapping[str, Counted]


def evaluate(
    name: str, asked: Asked, settings: Settings, progress: Progress, now: datetime, *, keeping: bool
) -> Evaluated:
    """Return the card of a network by what it finds in a folder, and keep it here.

    The network's own card is not asked: whoever was refused can be measured anew.

    Raises: UsageError for what cannot be examined; NoSuchInputError; NothingToDoError;
        TruthRefusedError; what opening networks and reading stills raises.
    """
    if not os.path.isdir(asked.data):  # noqa: PTH112 - a name may be too long to be asked for
        raise NoSuchInputError(path=asked.data)
    ready = _ready(name, asked, settings)
    plan = replace(QUICK if asked.quick else Plan(), most=asked.most)
    if ready.need in WRITTEN:
        plan = replace(plan, part=WRITTEN_PART)
    key = installation_key(data_home(), settings["report.suite"])
    measured = measure(ready.examinee, ready.found, plan, progress)
    card = _card(name, ready, measured, now)
    document = signed(card.to_json(), key, PURPOSE)
    path = keep(document, card.sha256) if keeping else None
    return Evaluated(card, document, key.fingerprint, path)


def check_card(path: Path, keys: Collection[str]) -> tuple[Card, str]:
    """Return a card and its signer, who is this installation or one of the fingerprints.

    Raises: ModelCardRefusedError; ReportKeyUnknownError; NoSuchInputError.
    """
    if not os.path.lexists(path):
        raise NoSuchInputError(path=path)
    card, signer = opened(path)
    own = known_key(data_home(), signer.partition(":")[0])
    trusted = {"".join(key.split()).lower() for key in keys} | ({own.fingerprint} if own else set())
    if signer not in trusted:
        raise ReportKeyUnknownError(path=path, fingerprint=signer)
    return card, signer


def card_of(name: str, settings: Settings) -> tuple[Card, str]:
    """Return the card that is kept of an installed network, and who signed it.

    Raises: UsageError where there is none; ModelCardRefusedError; ModelMissingError.
    """
    digest = _digest(name, settings)
    card = kept(digest)
    if card is None:
        problem = say("'{name}' was not evaluated here; see 'yingbi models evaluate'.", name=name)
        raise UsageError(problem=problem)
    return card, opened(place_of(digest))[1]


def forget_card(name: str, settings: Settings) -> bool:
    """Remove the card that is kept of a network; return whether there was one."""
    return forget(_digest(name, settings))


def _digest(name: str, settings: Settings) -> str:
    model = _listed(name)
    return own_model(name, settings.models_dir).sha256 if model is None else model.onnx_sha256


def _listed(name: str) -> Model | None:
    return next((model for model in manifest() if model.name == name), None)


def _ready(name: str, asked: Asked, settings: Settings) -> _Ready:
    model = _listed(name)
    if model is None:
        return _own(own_model(name, settings.models_dir), asked, settings)
    if asked.target is not None:
        raise UsageError(problem=say("--target is for networks of your own"))
    need = "plate" if model.name == "text-ppocr" else str(model.need)
    if model.name == "text-ppocr-reader":
        raise UsageError(problem=say("'{name}' reads; that is not evaluated yet.", name=name))
    data, found = samples(asked.data, need)
    runtime, network = _opened(model, settings)
    also: dict[str, Counted] = {}
    if need == "identity":
        line = _known_people(found, network, settings)
        examinee: Examinee = line.examinee
        found, also = list(line.samples), {"strangers-taken": line.strangers}
        told = {"likeness": line.examinee.rule.likeness, "margin": line.examinee.rule.margin}
    else:
        examinee, told = _as_used(model.name, network, settings)
    return _Ready(examinee, found, data, need, model.onnx_sha256, model.least, runtime, told, also)


def _as_used(name: str, network: Network, settings: Settings) -> tuple[Examinee, dict[str, float]]:
    """Return the network in its finder, with the settings with which it is used here."""
    size = settings["detect.size"]
    match name:
        case "face-centerface":
            score = settings["detect.face"]
            faces = Boxes(FaceFinder(network, size, score), Target.FACE)
            return faces, {"size": size, "threshold": score}
        case "face-blazeface":
            score = settings["detect.second"]
            finder = BlazeFaceFinder(network, threshold=score)
            return Boxes(finder, Target.FACE), {"threshold": score}
        case "person-centernet":
            score = settings["detect.person"]
            return Boxes(PersonFinder(network, score), Target.PERSON), {"threshold": score}
        case "text-ppocr":
            size, score = min(size, LARGEST_TEXT), settings["detect.text"]
            plates = TextFinder(network, [Target.PLATE], size, score)
            return Boxes(plates, Target.PLATE), {"size": size, "threshold": score}
        case _:
            return Poses(PoseFinder(network)), {"threshold": TRUSTED}


def _known_people(found: Sequence[Sample], network: Network, settings: Settings) -> Line:
    """Return the people of the samples before a gallery, with the eyes that enrolling has."""
    (eyes_model,) = (model for model in manifest() if model.name == FACE)
    _, eyes = _opened(eyes_model, settings)
    return line_up(found, FaceFinder(eyes, ENROL_SIZE), FaceReader(network, eyes))


def _opened(model: Model, settings: Settings) -> tuple[str, Network]:
    content, folder = content_of(model, settings.models_dir), settings.models_dir
    asked = settings["models.runtime"]
    runtime = fastest(content, folder).chosen if asked == "auto" else asked
    return _version_of(runtime), open_network(content, os.cpu_count() or 1, runtime, folder)


def _version_of(runtime: str) -> str:
    library = "openvino" if runtime.startswith("openvino") else "onnxruntime"
    return f"{runtime} {version(library)}"


def _own(model: OwnModel, asked: Asked, settings: Settings) -> _Ready:
    target = asked.target or Target.FACE
    data, found = samples(asked.data, target.value)
    content = own_content(model, settings.models_dir)
    network = loaded(content, model.name, os.cpu_count() or 1)
    score = "detect.text" if target is Target.PLATE else f"detect.{target.value}"
    classes = ",".join(map(str, model.classes)) or "all"
    told = {"size": settings["detect.size"], "threshold": settings[score]}
    finder = OwnFinder(network, model, target, size=told["size"], threshold=told["threshold"])
    return _Ready(
        examinee=Boxes(finder, target),
        found=found,
        data=data,
        need=target.value,
        sha256=model.sha256,
        least=model.least,
        runtime=_version_of("onnxruntime"),
        settings={**told, "kind": model.kind, "classes": classes},
        also={},
    )


def _card(name: str, ready: _Ready, measured: Measured, now: datetime) -> Card:
    return Card(
        name=name,
        sha256=ready.sha256,
        need=ready.need,
        tool=f"yingbi {version('yingbi')}",
        made_at=now.isoformat(timespec="seconds"),
        runtime=ready.runtime,
        settings=ready.settings,
        data={
            "kind": ready.data,
            "sha256": measured.digest,
            "pictures": measured.pictures,
            "things": measured.things,
        },
        least=ready.least,
        accuracy={**measured.accuracy, **ready.also},
        curves=measured.curves,
        groupings=measured.groupings,
        unlabelled=measured.unlabelled,
        attacks=measured.attacks,
        explanation=measured.explanation,
    )

"""Networks that the user brought: kept beside the others, each locked by its digest.

The list is a file in the folder of the networks. What is brought is the user's: its
licence, what it was taught with and how good it is are not known here.

Clause: 6.2.1.f-2; 6.2.4.a.1-1.
"""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from yingbi.domain.messages import say
from yingbi.errors import (
    CannotCreateError,
    ModelChangedError,
    ModelMissingError,
    ModelUnfitError,
    NoSuchInputError,
    UnreadableInputError,
    UsageError,
)
from yingbi.inference.session import Network, OnnxNetwork
from yingbi.models.manifest import manifest
from yingbi.models.shelf import State, digest, write

LIST = "own.json"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")

OwnKind = Literal["yunet", "centerface", "yolox", "detr"]


@dataclass(frozen=True, slots=True)
class OwnModel:
    """One network that the user brought.

    classes: which of its classes are meant; none given means all.
    """

    name: str
    kind: str
    sha256: str
    classes: tuple[int, ...] = ()

    @property
    def file(self) -> str:
        """Name of its file in the folder of the networks."""
        return f"{self.name}.onnx"


def own_models(models_dir: Path) -> list[OwnModel]:
    """Return the networks that were brought here, by name.

    Raises: ModelChangedError where the list cannot be read.
    """
    path = models_dir / LIST
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["networks"]
        models = [OwnModel(**{**entry, "classes": tuple(entry["classes"])}) for entry in entries]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError):
        raise ModelChangedError(model=LIST) from None
    return sorted(models, key=lambda model: model.name)


def own_state(model: OwnModel, models_dir: Path) -> State:
    """Return what lies in the folder for a brought network."""
    try:
        content = (models_dir / model.file).read_bytes()
    except OSError:
        return "missing"
    return "installed" if digest(content) == model.sha256 else "changed"


def bring(
    source: Path, name: str | None, kind: str, classes: tuple[int, ...]
) -> tuple[OwnModel, bytes]:
    """Return how a file would be listed, and what it holds; nothing is written.

    name: None takes the file's own.

    Raises: NoSuchInputError, UnreadableInputError, UsageError on a name that cannot be taken.
    """
    content = _read(source)
    name = source.stem.lower().replace("_", "-") if name is None else name
    if not NAME.fullmatch(name):
        raise UsageError(
            problem=say(
                "'{name}' cannot be a network's name; give one with --name, of a-z, 0-9 and -",
                name=name,
            )
        )
    if any(model.name == name for model in manifest()):
        raise UsageError(
            problem=say("'{name}' is the name of a network of this version", name=name)
        )
    return OwnModel(name, kind, digest(content), classes), content


def keep(model: OwnModel, content: bytes, models_dir: Path) -> None:
    """Write the network into the folder and list it; one of the same name is replaced.

    Raises: CannotCreateError, and ModelChangedError where the list cannot be read.
    """
    others = [other for other in own_models(models_dir) if other.name != model.name]
    listed = {"networks": [asdict(one) for one in [*others, model]]}
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        write(content, models_dir / model.file)
        write(json.dumps(listed, indent=2).encode() + b"\n", models_dir / LIST)
    except OSError as error:
        raise CannotCreateError(path=models_dir / model.file, reason=error.strerror) from None


def open_own(name: str, models_dir: Path, threads: int) -> tuple[OwnModel, Network]:
    """Return a brought network, loaded from the very bytes whose digest was checked.

    Raises: ModelMissingError, ModelChangedError, ModelUnfitError.
    """
    model = next((model for model in own_models(models_dir) if model.name == name), None)
    try:
        content = (models_dir / model.file).read_bytes() if model else b""
    except OSError:
        content = b""
    if model is None or not content:
        raise ModelMissingError(model=name)
    if digest(content) != model.sha256:
        raise ModelChangedError(model=name)
    return model, loaded(content, name, threads)


def loaded(content: bytes, name: str, threads: int) -> Network:
    """Return a network from bytes that nobody vouches for.

    Raises: ModelUnfitError where they are no network, or one that takes no single picture.
    """
    try:
        network = OnnxNetwork(content, threads)
    except Exception as error:  # the library has many, and none of them is told to the user
        raise ModelUnfitError(model=name, reason=say("it cannot be loaded")) from error
    shapes = network.input_shapes
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][1] not in (3, None):
        raise ModelUnfitError(model=name, reason=say("it does not take one picture"))
    return network


def _read(source: Path) -> bytes:
    try:
        return source.read_bytes()
    except FileNotFoundError:
        raise NoSuchInputError(path=source) from None
    except OSError as error:
        raise UnreadableInputError(path=source, reason=error.strerror) from None

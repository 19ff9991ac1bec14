"""Networks that the user brought: kept beside the others, each locked by its digest.

The list is a file in the folder of the networks. What is brought is the user's: its
licence, what it was taught with and how good it is are not known here.

Clause: 6.2.1.f-2; 6.2.4.a.1-1.
"""

import contextlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from yingbi.domain.canonical_json import canonical
from yingbi.domain.messages import say
from yingbi.domain.settings import data_home
from yingbi.errors import (
    CannotCreateError,
    ModelChangedError,
    ModelMissingError,
    ModelUnfitError,
    NoSuchInputError,
    UnreadableInputError,
    UsageError,
    YingbiError,
)
from yingbi.inference.session import Network, OnnxNetwork
from yingbi.models.card import admit
from yingbi.models.manifest import manifest
from yingbi.models.shelf import State, digest, write

LIST = "own.json"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")

OwnKind = Literal["yunet", "centerface", "yolox", "detr"]


@dataclass(frozen=True, slots=True)
class OwnModel:
    """One network that the user brought.

    classes: which of its classes are meant; none given means all.
    private: whether it is sealed to this device. least: as in the manifest.
    """

    name: str
    kind: str
    sha256: str
    classes: tuple[int, ...] = ()
    private: bool = False
    least: float | None = None

    def __post_init__(self) -> None:
        """Refuse a threshold that is no share."""
        if self.least is not None and not 0 <= self.least <= 1:
            raise ValueError("the least recall lies from 0 to 1")

    @property
    def file(self) -> str:
        """Name of its file in the folder of the networks."""
        return f"{self.name}.sealed" if self.private else f"{self.name}.onnx"

    @property
    def bound(self) -> bytes:
        """What a sealed network is bound to: all that its entry says of what it does and must do."""
        return canonical([self.name, self.kind, self.sha256, list(self.classes), self.least])


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
    """Return what lies in the folder for a brought network; "changed" is what does not open, too."""
    try:
        own_content(model, models_dir)
    except ModelMissingError:
        return "missing"
    except YingbiError:
        return "changed"
    return "installed"


def own_content(model: OwnModel, models_dir: Path) -> bytes:
    """Return a brought network, its digest checked; a private one is opened in memory.

    Raises: ModelMissingError, ModelChangedError; what `sealed.unsealed` raises.
    """
    try:
        content = (models_dir / model.file).read_bytes()
    except OSError:
        raise ModelMissingError(model=model.name) from None
    if model.private:
        from yingbi.models.sealed import unsealed

        content = unsealed(content, model.bound, model.name, data_home())
    if digest(content) != model.sha256:
        raise ModelChangedError(model=model.name)
    if model.private:
        with contextlib.suppress(OSError):  # of an import that died before it took it away
            (models_dir / f"{model.name}.onnx").unlink(missing_ok=True)
    return content


def bring(
    source: Path,
    name: str | None,
    kind: str,
    classes: tuple[int, ...],
    *,
    private: bool = False,
    least: float | None = None,
) -> tuple[OwnModel, bytes]:
    """Return how a file would be listed, and what it holds; nothing is written.

    name: None takes the file's own.

    Raises: NoSuchInputError, UnreadableInputError, UsageError on a name that cannot be taken and
        on a threshold that is no share.
    """
    if private:
        from yingbi.models.sealed import keep_from_core_files

        keep_from_core_files()
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
    try:
        return OwnModel(name, kind, digest(content), classes, private, least), content
    except ValueError:  # nan passes for a number between others
        raise UsageError(problem=say("--least is a share from 0 to 1")) from None


def keep(model: OwnModel, content: bytes, models_dir: Path, suite_name: str = "intl") -> None:
    """Write the network into the folder and list it; one of the same name is replaced.

    suite_name: of the ciphers that seal a private one.

    Raises: CannotCreateError, and ModelChangedError where the list cannot be read; what
        `sealed.sealed` raises.
    """
    others = [other for other in own_models(models_dir) if other.name != model.name]
    listed = {"networks": [asdict(one) for one in [*others, model]]}
    if model.private:
        from yingbi.models.sealed import sealed

        content = sealed(content, model.bound, model.name, data_home(), suite_name)
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        write(content, models_dir / model.file)
        write(json.dumps(listed, indent=2).encode() + b"\n", models_dir / LIST)
        for left in {f"{model.name}.onnx", f"{model.name}.sealed"} - {model.file}:
            (models_dir / left).unlink(missing_ok=True)  # what it was kept as before
    except OSError as error:
        raise CannotCreateError(path=models_dir / model.file, reason=error.strerror) from None


def own_model(name: str, models_dir: Path) -> OwnModel:
    """Return how a brought network is listed. Raises: ModelMissingError, ModelChangedError."""
    found = next((model for model in own_models(models_dir) if model.name == name), None)
    if found is None:
        raise ModelMissingError(model=name)
    return found


def open_own(
    name: str, models_dir: Path, threads: int, cards: str = "optional"
) -> tuple[OwnModel, Network]:
    """Return a brought network, loaded from the very bytes whose digest was checked.

    cards: as `admit` takes it.

    Raises: ModelUnfitError; what `own_content` and `admit` raise.
    """
    model = own_model(name, models_dir)
    content = own_content(model, models_dir)
    admit(name, model.sha256, model.least, cards)
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

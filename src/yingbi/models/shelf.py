"""The folder of installed networks: what is there, and loading only what is right.

Clause: 6.2.1.f-2; 6.2.4.a.1-1.
"""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Literal

from yingbi.errors import CannotCreateError, ModelChangedError, ModelMissingError
from yingbi.inference.runtime import open_network as load
from yingbi.inference.session import Network
from yingbi.models.card import admit
from yingbi.models.manifest import Model, manifest

State = Literal["installed", "missing", "changed"]


def status(models_dir: Path) -> list[tuple[Model, State]]:
    """Return every network of the manifest with what lies in the folder for it."""
    return [(model, state(model, models_dir)) for model in manifest()]


def state(model: Model, models_dir: Path) -> State:
    """Return what lies in the folder for one network; "changed" is any other digest."""
    try:
        content = (models_dir / model.file).read_bytes()
    except OSError:
        return "missing"
    return "installed" if digest(content) == model.onnx_sha256 else "changed"


def open_network(
    name: str, models_dir: Path, threads: int, runtime: str = "auto", cards: str = "optional"
) -> Network:
    """Return a network, loaded from the very bytes whose digest was checked, if its card allows it.

    Args:
        name: as in the manifest.
        models_dir: the folder of the networks.
        threads: how many threads one call may use.
        runtime: which library runs it; "auto" is the one that was measured and chosen here.
        cards: as `admit` takes it.

    Raises: as `checked` does.
    """
    return load(checked(name, models_dir, cards), threads, runtime, models_dir)


def checked(name: str, models_dir: Path, cards: str = "optional") -> bytes:
    """Return a network's file, whose digest is the manifest's and which its card allows.

    Raises: ModelMissingError, ModelChangedError; what `admit` raises.
    """
    model = next(model for model in manifest() if model.name == name)
    content = content_of(model, models_dir)
    admit(name, model.onnx_sha256, model.least, cards)
    return content


def content_of(model: Model, models_dir: Path) -> bytes:
    """Return a network's file, whose digest is the manifest's, whatever its card says.

    Raises: ModelMissingError, ModelChangedError.
    """
    try:
        content = (models_dir / model.file).read_bytes()
    except OSError:
        raise ModelMissingError(model=model.name) from None
    if digest(content) != model.onnx_sha256:
        raise ModelChangedError(model=model.name)
    return content


def put(model: Model, content: bytes, models_dir: Path) -> None:
    """Write a network into the folder, whole or not at all.

    Raises: ModelChangedError when it is not what the manifest names, CannotCreateError.
    """
    if digest(content) != model.onnx_sha256:
        raise ModelChangedError(model=model.name)
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        write(content, models_dir / model.file)
    except OSError as error:
        raise CannotCreateError(path=models_dir / model.file, reason=error.strerror) from None


def digest(content: bytes) -> str:
    """Return the SHA-256 of the content, as the manifest writes it."""
    return hashlib.sha256(content).hexdigest()


def write(content: bytes, path: Path) -> None:
    """Write a file whole or not at all, and make it last."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    if os.name == "posix":  # elsewhere a folder cannot be opened, and renaming is durable
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

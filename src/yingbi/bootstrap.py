"""Wiring: settings into the parts that a use case needs. Heavy rooms load when used."""

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yingbi.domain.messages import say
from yingbi.domain.region import BUILT, DEFAULT, Target
from yingbi.domain.settings import Settings, data_home, resolve
from yingbi.errors import (
    BadSettingsError,
    NoSuchInputError,
    TargetNotBuiltError,
    UnreadableInputError,
    UsageError,
)

if TYPE_CHECKING:
    from yingbi.domain.box import BoxPolicy
    from yingbi.domain.edit import Edit
    from yingbi.domain.face import ReadsFaces
    from yingbi.grade.home import HomeFinder
    from yingbi.mask.style import Style
    from yingbi.media.companions import Extra
    from yingbi.pipeline.engine import Finder, Sight, Told
    from yingbi.pipeline.finders import Finders
    from yingbi.pipeline.recheck import Second
    from yingbi.structure.attention import PoseSource

POSE, TELLING = "pose-movenet", "face-faceres"


def load_settings(options: Mapping[str, Any], config_file: str | None = None) -> Settings:
    """Return the settings in force: yingbi.toml, then the environment, then options.

    Without --config, ./yingbi.toml is read, else the one in the user's data folder.

    Raises: BadSettingsError, NoSuchInputError.
    """
    if config_file is not None and not Path(config_file).exists():
        raise NoSuchInputError(path=config_file)
    if config_file is not None and Path(config_file).is_dir():
        raise UnreadableInputError(path=config_file, reason="it is a folder")
    places = (
        [Path(config_file)] if config_file else [Path("yingbi.toml"), data_home() / "yingbi.toml"]
    )
    path: Path | None = None
    try:
        path = next((place for place in places if place.is_file()), None)
        table = _table(path.read_text("utf-8")) if path else {}
    except OSError as error:
        raise UnreadableInputError(path=error.filename, reason=error.strerror) from error
    except ValueError as error:  # it is no TOML, or no UTF-8
        raise BadSettingsError(setting="*", origin=path, reason=str(error)) from error
    return resolve(table, str(path), os.environ, options)


def _table(text: str) -> dict[str, Any]:
    import tomllib  # most have no file, and its patterns take longer to compile than to read one

    return tomllib.loads(text)


def parse_targets(names: str | None) -> tuple[Target, ...]:
    """Return the targets of a comma-separated list; None means the default ones.

    Raises: TargetNotBuiltError for one that this version does not find, also when unknown.
    """
    if names is None:
        return DEFAULT
    asked = [name.strip() for name in names.split(",") if name.strip()]
    built = {target.value: target for target in BUILT}
    for name in asked or [""]:
        if name not in built:
            raise TargetNotBuiltError(target=name, built=", ".join(built))
    return tuple(dict.fromkeys(built[name] for name in asked))


def parse_keep(names: str | None) -> "frozenset[Extra]":
    """Return what of a comma-separated list is to be kept of films; None means nothing.

    Raises: UsageError for a name that means nothing.
    """
    from yingbi.media.companions import EXTRAS

    asked = [name.strip() for name in (names or "").split(",") if name.strip()]
    for name in asked:
        if name not in EXTRAS:
            problem = say(
                "--keep knows no '{name}'; it knows: {names}.", name=name, names=", ".join(EXTRAS)
            )
            raise UsageError(problem=problem)
    return frozenset(extra for extra in EXTRAS if extra in asked)


def finders(settings: Settings, targets: Collection[Target]) -> "list[Finder]":
    """Return the finders that the targets need, their networks checked by digest.

    Raises: ModelMissingError, ModelChangedError, ModelUnfitError.
    """
    return _finders(settings, targets).all()


def second_family(settings: Settings) -> "Finder":
    """Return a finder of faces that was taught otherwise than the first, to check it.

    Raises: ModelMissingError, ModelChangedError.
    """
    return _finders(settings, ()).second_family()


def _finders(settings: Settings, targets: Collection[Target]) -> "Finders":
    from yingbi.pipeline.finders import Finders

    return Finders(settings, frozenset(targets), _threads(settings))


def looking_settings(settings: Settings) -> dict[str, Any]:
    """Return the settings that decide what is found and how far it is covered."""
    deciding = ("detect.", "mask.", "track.", "video.")
    return {name: value for name, value in settings.values.items() if name.startswith(deciding)}


def report_facts(
    settings: Settings, targets: Sequence[Target], options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what decides a run, as its report says it: version, settings, networks, options."""
    from yingbi.mask.measured import facts

    return {
        "version": 2,
        **found_facts(settings, targets),
        "mask": facts(style(settings)),
        "options": dict(options),
    }


def report_facts_of_edit(
    settings: Settings, edit: "Edit", options: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what decides a copy that is made by an edit: it says itself by what it was found."""
    from importlib.metadata import version

    from yingbi.mask.measured import facts

    told = edit.found.get("settings")
    of_looking = {
        name: value
        for name, value in (told if isinstance(told, Mapping) else {}).items()
        if name.startswith(("detect.", "track."))
    }
    now = looking_settings(settings)
    covering = {n: v for n, v in now.items() if n.startswith(("mask.", "video."))}
    return {
        "version": 2,
        "yingbi": version("yingbi"),
        "targets": list(edit.found.get("targets", ())),
        "networks": list(edit.found.get("networks", ())),
        "settings": of_looking | covering,
        "mask": facts(style(settings)),
        "options": dict(options),
    }


def second_look(settings: Settings) -> "Second":
    """Return who looks at what was written; raises as `second_family` does."""
    from yingbi.pipeline.recheck import Second

    return Second(second_family(settings), settings["check.score"])


def poses(settings: Settings) -> "PoseSource":
    """Return the pose finder; raises as `finders` does."""
    from yingbi.structure.pose import PoseFinder

    return PoseFinder(_network(POSE, settings))


def face_reader(settings: Settings) -> "ReadsFaces":
    """Return who looks at faces.

    Raises: as `finders` does, also where "face-faceres" was never asked for.
    """
    from yingbi.pipeline.known import FaceEyes

    return FaceEyes.opened(settings, _threads(settings)).reader


def record_networks(
    settings: Settings, targets: Sequence[Target], *, posed: bool, known: bool = False
) -> tuple[tuple[str, str], ...]:
    """Return name and digest of every network that records come of.

    known: whether faces are looked at as well, for who it is or for an age band.
    """
    from yingbi.models.manifest import manifest

    named = _finders(settings, targets).networks()
    digests = {model.name: model.onnx_sha256 for model in manifest()}
    also = [name for name, used in ((POSE, posed), (TELLING, known)) if used]
    return tuple(sorted([*named, *((name, digests[name]) for name in also)]))


def sight(settings: Settings, targets: Sequence[Target]) -> "Sight":
    """Return how to look, from the settings."""
    from yingbi.pipeline.engine import Sight

    return Sight(
        finders=finders(settings, targets),
        hold_s=settings["track.hold_s"],
        grow=settings["mask.grow"],
        crf=settings["video.crf"],
        preset=settings["video.preset"],
        threads=_threads(settings),
        style=style(settings),
        targets=frozenset(targets),
    )


def looking_in(settings: Settings, policy: "BoxPolicy") -> tuple[Settings, tuple[Target, ...]]:
    """Return by which settings, and for which targets, sources of a box are looked at.

    Lines of text are read where the box's policy asks for that, whatever the settings say.
    Where records alone are kept, a face too small to be known by anybody harms nobody.
    """
    from yingbi.domain.level import Level
    from yingbi.domain.tightening import reads, targets_of

    decided = {"detect.text_kind": "private" if reads(policy) else "all"}
    if policy.level is Level.STRUCTURED_ONLY and not reads(policy):
        decided["detect.size"] = min(settings["detect.size"], settings["records.size"])
    return Settings({**settings.values, **decided}, settings.origins), targets_of(policy)


def home_of_box(settings: Settings, policy: "BoxPolicy") -> "HomeFinder | None":
    """Return who looks for the things of a home, where the box asks; raises as `finders` does."""
    from yingbi.domain.tightening import looks_for_home

    return _finders(settings, ()).home() if looks_for_home(policy) else None


def sight_of_edit(settings: Settings, told: "Told") -> "Sight":
    """Return how to cover what an edit says; no network is loaded."""
    from yingbi.pipeline.engine import Sight

    return Sight(
        finders=(),
        hold_s=settings["track.hold_s"],
        grow=settings["mask.grow"],
        crf=settings["video.crf"],
        preset=settings["video.preset"],
        threads=_threads(settings),
        style=style(settings),
        told=told,
    )


def found_facts(settings: Settings, targets: Sequence[Target]) -> dict[str, Any]:
    """Return by what a first pass looks, as its edit says it."""
    from importlib.metadata import version

    networks = _finders(settings, targets).networks()
    return {
        "yingbi": version("yingbi"),
        "targets": [target.value for target in targets],
        "settings": looking_settings(settings),
        "networks": [{"name": name, "sha256": sha256} for name, sha256 in networks],
    }


def style(settings: Settings) -> "Style":
    """Return how regions are covered, from the settings.

    Raises: BadSettingsError.
    """
    from yingbi.mask.style import Style

    for name, given in (
        ("mask.style", (settings["mask.style"],)),
        ("mask.color", (settings["mask.style"], settings["mask.color"])),
    ):
        try:
            made = Style.parse(*given)
        except ValueError as error:
            origin = settings.origins[name]
            raise BadSettingsError(setting=name, origin=origin, reason=str(error)) from None
    return made


def _network(name: str, settings: Settings) -> Any:
    from yingbi.models.shelf import open_network

    runtime, cards = settings["models.runtime"], settings["models.cards"]
    return open_network(name, settings.models_dir, _threads(settings), runtime, cards)


def _threads(settings: Settings) -> int:
    """Share the processors between the inputs worked on at the same time."""
    return max(1, (os.cpu_count() or 1) // int(settings["jobs"]))

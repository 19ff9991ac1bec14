"""Look at this machine: what is there, what is missing, and what that costs.

Clause: 6.2.1.e-1; 6.2.5.a-2.
"""

import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from yingbi.domain.messages import listed, say, say_error
from yingbi.domain.settings import Settings
from yingbi.errors import YingbiError

LIBRARIES = ("av", "numpy", "onnxruntime", "opencv-python-headless", "pillow", "cryptography")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's table.

    needed: False where the main job works without it. runtime: the library that runs a
    network, empty where none is known yet. ms: processor time of one call, by library.
    """

    item: str
    there: bool
    state: str
    cost: str = ""
    needed: bool = True
    runtime: str = ""
    ms: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """Return the finding for machines."""
        told = {
            "item": self.item,
            "ok": self.there,
            "state": self.state,
            "cost": self.cost,
            "needed": self.needed,
        }
        return told | ({"runtime": self.runtime, "ms": dict(self.ms)} if self.runtime else {})


def examine(settings: Settings) -> list[Finding]:
    """Return a finding for each thing that Yingbi leans on."""
    return [
        Finding("python", there=True, state=platform.python_version()),
        *(_library(name) for name in LIBRARIES),
        *_networks(settings),
        _system(),
        _national_suite(),
        *_memory(),
    ]


def _library(name: str) -> Finding:
    try:
        return Finding(name, there=True, state=version(name))
    except PackageNotFoundError:
        return Finding(name, there=False, state=say("missing"), cost=say("run 'make install'"))


def _networks(settings: Settings) -> list[Finding]:
    from yingbi.models.shelf import status

    words = {"missing": say("missing"), "changed": say("changed, will be refused")}
    cost = say("nothing is found without it; run 'yingbi models install'")
    extra = say("only measuring needs it; run 'yingbi models install --all'")
    costs = {
        "face-blazeface": say(
            "'--strict' and checks do not work without it; run 'yingbi models install'"
        ),
        "text-ppocr": say("plates and text are not found, so 'mask' refuses its default targets"),
    }
    found = []
    for model, state in status(settings.models_dir):
        needed = not model.extra and model.name != "face-blazeface"
        if state == "installed":
            path = settings.models_dir / model.file
            there = _installed(model.name, path, settings["models.runtime"])
            named = replace(there, needed=needed)
            found.append(_judged(settings, named, model.onnx_sha256, model.least))
            continue
        what = costs.get(model.name, extra if model.extra else cost)
        found.append(Finding(model.name, there=False, state=words[state], cost=what, needed=needed))
    return found + _brought(settings)


def _brought(settings: Settings) -> list[Finding]:
    """Return what is known of networks of the user's own."""
    from yingbi.models.own import own_models, own_state

    folder = settings.models_dir
    try:
        models = own_models(folder)
    except YingbiError as error:
        return [Finding("own.json", there=False, state=say("changed"), cost=say_error(error))]
    found = []
    for model in models:
        there = own_state(model, folder) == "installed"
        state = say("installed") if there else say("missing, changed or sealed elsewhere")
        named = Finding(model.name, there, state, needed=False)
        found.append(_judged(settings, named, model.sha256, model.least) if there else named)
    return found


def _judged(settings: Settings, finding: Finding, digest: str, least: float | None) -> Finding:
    """Return the finding with what the network's card says; one that is refused is not there."""
    from yingbi.domain.card_words import in_words
    from yingbi.models.card import standing

    stands = standing(digest, least)
    state = f"{finding.state}; {in_words(stands.state, stands.card)}"
    without = stands.state == "not-evaluated" and settings["models.cards"] == "required"
    if stands.state not in ("below", "refused") and not without:
        return replace(finding, state=state)
    cost = say("it is not loaded; see 'yingbi models card'")
    return replace(finding, there=False, state=state, cost=cost)


def _installed(name: str, path: Path, runtime: str) -> Finding:
    """Return which library runs the network, and what was measured; nothing is measured here."""
    from yingbi.inference.runtime import known

    measured = known(path.read_bytes(), path.parent)
    ms = {str(library): taken for library, taken in measured.ms.items()} if measured else {}
    each = listed(f"{library} {taken:.1f} ms" for library, taken in ms.items())
    if runtime != "auto":
        state = say("installed; models.runtime says {runtime}", runtime=runtime)
        return Finding(name, there=True, state=state, runtime=runtime, ms=ms)
    if measured is None:
        cost = say("every command measures it again; run 'yingbi models install'")
        return Finding(name, there=True, state=say("installed; not measured yet"), cost=cost)
    state = say("installed; {runtime} runs it ({ms})", runtime=measured.chosen, ms=each)
    return Finding(name, there=True, state=state, runtime=measured.chosen, ms=ms)


def _system() -> Finding:
    linux = sys.platform == "linux"
    cost = "" if linux else say("the vault works on Linux only for now; 'mask' and 'detect' work")
    return Finding("linux", linux, platform.system(), cost, needed=False)


def _national_suite() -> Finding:
    from yingbi.crypto.suite import suite

    try:
        suite("sm")
    except YingbiError as error:
        cost = say_error(error)
        return Finding("libgcrypt", there=False, state=say("missing"), cost=cost, needed=False)
    return Finding("libgcrypt", there=True, state=say("SM2, SM3 and SM4 work"), needed=False)


def _memory() -> list[Finding]:
    from yingbi.keys.memory import guard

    try:
        state = guard("wanted")
    except YingbiError:
        return []
    swap = say("keys and pictures may reach the swap; allow it with 'ulimit -l unlimited'")
    locked = say("all of it") if state.locked else state.reason
    silent = not state.dumpable and state.core_limit == 0
    core = say("forbidden") if silent else say("possible")
    crash = say("a crash may leave keys and pictures in a core file")
    return [
        Finding("memory-lock", state.locked, locked, "" if state.locked else swap, needed=False),
        Finding("core-files", silent, core, "" if silent else crash, needed=False),
    ]

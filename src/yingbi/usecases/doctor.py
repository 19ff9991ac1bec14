"""Look at this machine: what is there, what is missing, and what that costs.

Clause: 6.2.1.e-1; 6.2.5.a-2.
"""

import platform
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from yingbi.domain.messages import say, say_error
from yingbi.domain.settings import Settings
from yingbi.errors import YingbiError

LIBRARIES = ("av", "numpy", "onnxruntime", "opencv-python-headless", "pillow", "cryptography")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's table. needed: False where the main job works without it."""

    item: str
    there: bool
    state: str
    cost: str = ""
    needed: bool = True

    def to_json(self) -> dict[str, object]:
        """Return the finding for machines."""
        return {
            "item": self.item,
            "ok": self.there,
            "state": self.state,
            "cost": self.cost,
            "needed": self.needed,
        }


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

    words = {
        "installed": say("installed"),
        "missing": say("missing"),
        "changed": say("changed, will be refused"),
    }
    cost = say("nothing is found without it; run 'yingbi models install'")
    extra = say("only 'yingbi bench attack' needs it; run 'yingbi models install --all'")
    costs = {
        "face-blazeface": say(
            "'--strict' and checks do not work without it; run 'yingbi models install'"
        ),
        "text-ppocr": say("plates and text are not found, so 'mask' refuses its default targets"),
    }
    return [
        Finding(
            model.name,
            state == "installed",
            words[state],
            "" if state == "installed" else costs.get(model.name, extra if model.extra else cost),
            needed=not model.extra and model.name != "face-blazeface",
        )
        for model, state in status(settings.models_dir)
    ]


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

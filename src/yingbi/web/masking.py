"""Wiring of the page `app`: from what is ticked on it to a masked copy."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from yingbi.domain.messages import say
from yingbi.domain.region import BUILT, DEFAULT, Target
from yingbi.domain.report import InputReport, Progress
from yingbi.domain.settings import Settings
from yingbi.errors import UsageError

if TYPE_CHECKING:
    from yingbi.domain.edit import Edit
    from yingbi.media.companions import AudioChoice
    from yingbi.pipeline.engine import Sight
    from yingbi.usecases.mask import MaskOptions

OF_PEOPLE = frozenset({Target.FACE, Target.HEAD, Target.PERSON})


@dataclass(frozen=True, slots=True)
class Ticked:
    """What was ticked: what to cover, what becomes of the sound, whether to look again."""

    targets: tuple[Target, ...] = DEFAULT
    audio: "AudioChoice" = "drop"
    check: bool = False

    @classmethod
    def of(cls, targets: Sequence[str], *, keep_sound: bool, check: bool) -> "Ticked":
        """Return the choices of a form. Raises: UsageError where they make no sense."""
        known = tuple(target for target in BUILT if target.value in targets)
        if not known or len(known) != len(set(targets)):
            raise UsageError(problem=say("Tick at least one thing that is to be covered."))
        if check and not OF_PEOPLE & set(known):
            raise UsageError(
                problem=say("The second look is for faces: tick faces, heads or people as well.")
            )
        return cls(known, "keep" if keep_sound else "drop", check)


class Masking:
    """Makes masked copies by the settings. Networks are loaded once for each choice of targets."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.edits: dict[Path, Edit] = {}  # what was found in each input, for a review
        self._loading = Lock()
        self._sights: dict[tuple[Target, ...], Sight] = {}

    def sight(self, targets: tuple[Target, ...] = DEFAULT) -> "Sight":
        """Return how to look; raises what `bootstrap.sight` raises."""
        from yingbi.bootstrap import sight

        with self._loading:
            if targets not in self._sights:
                self._sights[targets] = sight(self.settings, targets)
            return self._sights[targets]

    def mask(self, chosen: Path, choices: Ticked, progress: Progress) -> list[InputReport]:
        """Make copies of a file or a folder; raises as `mask_beside` does."""
        from yingbi.bootstrap import found_facts, report_facts, second_look
        from yingbi.domain.settings import data_home
        from yingbi.keys.installation import installation_key
        from yingbi.usecases.mask import EditPlan, MaskOptions
        from yingbi.usecases.mask_beside import mask_beside

        settings = self.settings
        second = second_look(settings) if choices.check else None
        edits = EditPlan(found_facts(settings, choices.targets), self.edits.__setitem__)
        options = MaskOptions(choices.audio, jobs=settings["jobs"], second=second, edits=edits)
        facts = report_facts(settings, choices.targets, self._deciding(options))
        key = installation_key(data_home(), settings["report.suite"])
        return mask_beside(
            chosen, options, self.sight(choices.targets), progress, key=key, facts=facts
        )[1]

    def _deciding(self, options: "MaskOptions") -> dict[str, object]:
        """Return the choices that decide what a copy is, as reports name them."""
        return {
            "audio": options.audio,
            "check": self.settings["check.score"] if options.second else None,
            "keep": [],
            "salvage": options.salvage,
            "salvage_like": None,
            "passthrough": options.passthrough,
            "zones": [],
        }

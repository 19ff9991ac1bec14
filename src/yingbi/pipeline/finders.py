"""Which finders and networks serve which targets, from the settings."""

from dataclasses import dataclass, replace

from yingbi.detect.blaze import BlazeFaceFinder
from yingbi.detect.faces import FaceFinder
from yingbi.detect.own import OwnFinder
from yingbi.detect.people import PersonFinder
from yingbi.detect.private import LineJudge, PrivateText
from yingbi.detect.reader import READER, TextReader, loaded
from yingbi.detect.strict import StrictFinder
from yingbi.detect.text import TextFinder
from yingbi.domain.region import Target
from yingbi.domain.settings import Settings
from yingbi.grade.home import HomeFinder
from yingbi.inference.session import Network
from yingbi.models.manifest import manifest
from yingbi.models.own import open_own, own_models
from yingbi.models.shelf import open_network
from yingbi.pipeline.engine import Finder

STRICT_SHARE = 0.8
"""Share of each threshold that is enough when nothing may be missed."""

LARGEST_TEXT = 960
"""Longer side of the picture in which text is looked for: more of it costs more than it finds."""

FACE, SECOND, PERSON, TEXT = "face-centerface", "face-blazeface", "person-centernet", "text-ppocr"
REPLACEABLE = (Target.FACE, Target.PERSON, Target.PLATE)
"""Targets for which the user may bring a network."""


@dataclass(frozen=True, slots=True)
class Finders:
    """The finders of a run; made when asked for.

    targets: what is covered. threads: how many one call of a network may use.
    """

    settings: Settings
    targets: frozenset[Target]
    threads: int

    def all(self) -> list[Finder]:
        """Return the finders that the targets need, their networks checked by digest.

        One finder may serve several targets, and find more than they are.

        Raises: ModelMissingError, ModelChangedError, ModelUnfitError.
        """
        parts = self._parts()
        made = [self._faces()] if Target.FACE in parts else []
        made += [self._people()] if self._bodies() else []
        made += [self._text()] if self._written() else []
        brought = [target for target in (Target.PERSON, Target.PLATE) if target in parts]
        return made + [self._brought(target) for target in brought if self._own(target)]

    def lines_too(self) -> list[Finder]:
        """Return the same finders, with every line of text among what they find."""
        settings = Settings({**self.settings.values, "detect.text_kind": "all"}, {})
        return replace(self, settings=settings).all()

    def second_family(self) -> Finder:
        """Return a finder of faces that was taught otherwise than the first.

        Raises: ModelMissingError, ModelChangedError.
        """
        return BlazeFaceFinder(self._network(SECOND), threshold=self._score("detect.second"))

    def line_judge(self) -> LineJudge:
        """Return who says what is private in lines of text.

        Raises: ModelMissingError, ModelChangedError.
        """
        folder, cards = self.settings.models_dir, self.settings["models.cards"]
        return LineJudge(TextReader(*loaded(folder, self.threads, cards)))

    def home(self) -> HomeFinder:
        """Return who looks for the things of a home; raises as `line_judge` does."""
        return HomeFinder(self._network(PERSON))

    def networks(self) -> list[tuple[str, str]]:
        """Return the name and digest of every network that the finders use.

        Raises: ModelChangedError.
        """
        known = {model.name: model.onnx_sha256 for model in manifest()}
        known |= {model.name: model.sha256 for model in own_models(self.settings.models_dir)}
        return [(name, known.get(name, "")) for name in self._names()]

    def _names(self) -> list[str]:
        parts = self._parts()
        names = [self._own(target) for target in REPLACEABLE if target in parts]
        if Target.FACE in parts:
            names += [] if self._own(Target.FACE) else [FACE]
            names += [SECOND] if self.settings["detect.strict"] else []
        names += [PERSON] if self._bodies() else []
        names += [TEXT] if self._written() else []
        names += [READER] if self._reads() else []
        return [name for name in names if name]

    def _parts(self) -> frozenset[Target]:
        """Return what is looked for: heads come of faces and bodies."""
        derived = {Target.FACE, Target.PERSON} if Target.HEAD in self.targets else set()
        return self.targets | derived

    def _own(self, target: Target) -> str:
        name: str = self.settings[f"detect.{target.value}_network"]
        return name

    def _bodies(self) -> bool:
        person = Target.PERSON in self._parts() and not self._own(Target.PERSON)
        return person or Target.SCREEN in self.targets

    def _written(self) -> frozenset[Target]:
        """Return what the text network looks for."""
        plate = {Target.PLATE} if not self._own(Target.PLATE) else set()
        return self.targets & ({Target.TEXT} | plate)

    def _faces(self) -> Finder:
        first = self._brought(Target.FACE) if self._own(Target.FACE) else self._centerface()
        if not self.settings["detect.strict"]:
            return first
        return StrictFinder([first, self.second_family()], self.settings["detect.size"])

    def _centerface(self) -> Finder:
        return FaceFinder(
            self._network(FACE),
            self.settings["detect.size"],
            self._score("detect.face"),
            thorough=self.settings["detect.strict"],
        )

    def _people(self) -> Finder:
        screens = Target.SCREEN in self.targets
        also = {Target.SCREEN: self._score("detect.screen")} if screens else {}
        for_heads = not self.targets & {Target.PERSON, Target.SCREEN}
        return PersonFinder(
            self._network(PERSON), self._score("detect.person"), also, for_heads=for_heads
        )

    def _reads(self) -> bool:
        """Return whether lines are read, so that only private ones are covered."""
        private: bool = self.settings["detect.text_kind"] == "private"
        return private and Target.TEXT in self.targets

    def _text(self) -> Finder:
        return PrivateText(self._lines(), self.line_judge()) if self._reads() else self._lines()

    def _lines(self) -> TextFinder:
        size, score = min(self.settings["detect.size"], LARGEST_TEXT), self._score("detect.text")
        return TextFinder(self._network(TEXT), self._written(), size, score)

    def _brought(self, target: Target) -> Finder:
        folder, cards = self.settings.models_dir, self.settings["models.cards"]
        model, network = open_own(self._own(target), folder, self.threads, cards)
        score = "detect.text" if target is Target.PLATE else f"detect.{target.value}"
        return OwnFinder(
            network,
            model,
            target,
            size=self.settings["detect.size"],
            threshold=self._score(score),
        )

    def _network(self, name: str) -> Network:
        runtime, cards = self.settings["models.runtime"], self.settings["models.cards"]
        return open_network(name, self.settings.models_dir, self.threads, runtime, cards)

    def _score(self, name: str) -> float:
        score: float = self.settings[name]
        return score * STRICT_SHARE if self.settings["detect.strict"] else score

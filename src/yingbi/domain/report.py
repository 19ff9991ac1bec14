"""What a run did, in numbers: no pixel, no identity."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from yingbi.domain.data_class import NOTHING, settled
from yingbi.domain.region import surely_there
from yingbi.errors import YingbiError

if TYPE_CHECKING:
    from yingbi.domain.film_copy import FilmCopy
    from yingbi.domain.passthrough import Passthrough


class Progress(Protocol):
    """How long work is shown. A face hands it in; the quiet one does nothing."""

    def begin(self, name: str, frames: int | None) -> Callable[[int], None]:
        """Announce work of so many frames (None: unknown); call the result per frame done.

        name: of an input, or empty for a run over many: then inputs are counted. One thread
        works at one thing at a time: what it announces takes the place of what it did before.
        """


class Quiet:
    """Progress for pipes and machines."""

    def begin(self, name: str, frames: int | None) -> Callable[[int], None]:
        """Return a function that does nothing."""
        return lambda _done: None


@dataclass(slots=True)
class Tally:
    """What was found while frames went by.

    seen: sightings per kind; subjects: clear sights per track id; best: highest score per track id;
    labels: classes of visual privacy data found;
    poses_dropped: poses left out so that records fit their fixed size.
    numbers: how the records number the people, by track id.
    passthrough: what of a film was copied bit for bit; None for a still.
    """

    frames: int = 0
    seen: dict[str, int] = field(default_factory=dict)
    covered: int = 0
    subjects: dict[int, int] = field(default_factory=dict)
    best: dict[int, float] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)
    poses_dropped: int = 0
    numbers: dict[int, int] = field(default_factory=dict)
    passthrough: "Passthrough | None" = None

    @property
    def told(self) -> tuple[str, ...]:
        """The classes that were found, in order, or the label that says that none was."""
        return settled(self.labels or {NOTHING})

    @property
    def faces(self) -> int:
        """How many times a face was seen."""
        return self.seen.get("face", 0)

    @property
    def persons(self) -> int:
        """How many times a body was seen."""
        return self.seen.get("person", 0)

    @property
    def people(self) -> int:
        """How many different people, doubtful tracks left out."""
        return sum(surely_there(n, self.best[track]) for track, n in self.subjects.items())


@dataclass(frozen=True, slots=True)
class InputReport:
    """One input's outcome. `error` is set where it failed.

    more: what the signed report says besides. kept: finished by an earlier run, and `more` is
    all that it said then. copy: how a film was written again; None for a still.
    """

    source: str
    output: str | None
    tally: Tally = field(default_factory=Tally)
    audio: str = "none"
    seconds: float = 0.0
    error: YingbiError | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    kept: bool = False
    copy: "FilmCopy | None" = None

    @property
    def copied(self) -> int:
        """How many frames were copied bit for bit."""
        return self.tally.passthrough.copied if self.tally.passthrough else 0

    def to_json(self) -> dict[str, Any]:
        """Return the report of what went well, for machines."""
        passed = self.tally.passthrough
        return {
            "source": self.source,
            "output": self.output,
            "frames": self.tally.frames,
            "faces": self.tally.faces,
            "persons": self.tally.persons,
            "people": self.tally.people,
            "covered": self.tally.covered,
            "audio": self.audio,
            "seconds": round(self.seconds, 2),
            "passthrough": passed.to_json() if passed else None,
        } | (self.copy.to_json() if self.copy else {})

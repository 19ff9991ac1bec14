"""Who is enrolled and may be recognised in a box, film by film.

Each film asks for consents anew and tells the log whom it looks for, and consents are asked
for once more before anything of it is kept.

Clause: 6.1-4; 6.1-8; 6.5.a; A.1-3.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from yingbi.domain.box import Box
from yingbi.domain.face import ReadsFaces
from yingbi.domain.people_errors import NoConsentError
from yingbi.domain.recognition import must_be_agreed
from yingbi.domain.subject import covered
from yingbi.keys.templates import Templates
from yingbi.structure.acquaintance import Acquaintance
from yingbi.usecases.evidence import Identity, identity, unchanged
from yingbi.usecases.meeting import Met
from yingbi.usecases.opened import Vault
from yingbi.usecases.recognise import Circle, circle_of_box


@dataclass(frozen=True, slots=True)
class CircleMet:
    """A `Met` of a box: who of its circle is in one film."""

    vault: Vault = field(repr=False)
    circle: Circle
    who: Acquaintance
    path: Path
    before: Identity

    def must_still_hold(self) -> None:
        """Raise unless everybody agrees still, to all that they did, and the film is the same.

        Raises: NoConsentError, GuardianNeededError, SourceChangedError.
        """
        now, consents = datetime.now(UTC), self.vault.people.consents
        for name, one in self.circle.people.items():
            given = consents.of(one.subject_id)
            must_be_agreed(one, given, now)
            lost = self.circle.household.agreed[name] - covered(one, given, now)
            if lost:
                raise NoConsentError(fields=",".join(sorted(lost)))
        unchanged(self.path, self.before)


@dataclass(frozen=True, slots=True)
class CircleMeets:
    """A `Meets` of a box of an open vault."""

    vault: Vault = field(repr=False)
    templates: Templates = field(repr=False)
    box: Box
    reader: ReadsFaces = field(repr=False)

    @contextmanager
    def meet(self, path: Path, day: date) -> Iterator[Met]:
        """Yield who is recognised in a film. Raises: SealBrokenError, ReadWriteError."""
        before = identity(path)
        with circle_of_box(
            self.vault, self.templates, self.box, day=day, film=before.sha256
        ) as circle:
            who = Acquaintance(self.reader, circle.household)
            yield CircleMet(self.vault, circle, who, path, before)

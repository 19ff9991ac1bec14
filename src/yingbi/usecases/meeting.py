"""Whom the people of a film may be: asked for each film anew, and forgotten with it.

Nothing here opens anything, so that a door can tell age bands too; who may be recognised in a
box is told by `usecases.circle`, which needs the open vault.

Clause: 6.1-4; A.1-3.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol

from yingbi.domain.face import ReadsFaces
from yingbi.structure.acquaintance import Acquaintance


class Met(Protocol):
    """Who looks at the people of one film."""

    @property
    def who(self) -> Acquaintance:
        """Says who they are."""

    def must_still_hold(self) -> None:
        """Raise where somebody has withdrawn, or the film was changed, since looking began."""


class Meets(Protocol):
    """Looks at the people of films, one film after another."""

    def meet(self, path: Path, day: date) -> AbstractContextManager[Met]:
        """Yield who looks at the people of a film. day: the UTC day on which it was recorded."""


@dataclass(frozen=True, slots=True)
class Stranger:
    """A `Met` that recognises nobody, and tells age bands alone."""

    who: Acquaintance

    def must_still_hold(self) -> None:
        """Return: nobody was asked for leave."""


@dataclass(frozen=True, slots=True)
class AgesAlone:
    """A `Meets` that recognises nobody."""

    reader: ReadsFaces = field(repr=False)

    @contextmanager
    def meet(self, path: Path, day: date) -> Iterator[Met]:
        """Yield who tells age bands."""
        yield Stranger(Acquaintance(self.reader, None))

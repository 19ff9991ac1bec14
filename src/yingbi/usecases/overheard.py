"""A scribe that is overheard: what it writes down is told to the index of events as well.

Clause: A.1-3.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from yingbi.domain.frame import Frame
from yingbi.domain.part import Records
from yingbi.domain.region import Region
from yingbi.store.growing import PartsWriter
from yingbi.structure.acquaintance import Acquaintance
from yingbi.structure.attention import PoseSource
from yingbi.structure.pack import unpack
from yingbi.structure.scribe import Diary, Scribe


class Overheard(Scribe):
    """A scribe whose finished pages are told to the writer; what is sealed is what is told."""

    def __init__(
        self,
        diary: Diary,
        poses: PoseSource | None,
        writer: PartsWriter,
        who: Acquaintance | None = None,
    ) -> None:
        super().__init__(diary, poses, who)
        self._writer = writer

    def note(
        self, frame: Frame, regions: Sequence[Region], labels: frozenset[str]
    ) -> Iterator[Records]:
        """Do what a scribe does."""
        yield from self._told(super().note(frame, regions, labels))

    def finish(self) -> Iterator[Records]:
        """Do what a scribe does."""
        yield from self._told(super().finish())

    def _told(self, pages: Iterator[Records]) -> Iterator[Records]:
        for page in pages:
            self._writer.hear(partial(unpack, page.content))
            yield page

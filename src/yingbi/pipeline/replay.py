"""Go through a film once more with what a first pass has found, and what was decided since.

No network looks again. The film must be the one that the edit was made of, frame by frame.

Clause: 6.2.5.b; 4.2.a.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from yingbi.domain.edit_errors import EditDiffersError
from yingbi.domain.judged import Judged
from yingbi.domain.messages import say
from yingbi.pipeline.engine import Reel, Verdict


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """An edit of one film, judged. path: of the edit file, for errors."""

    judged: Judged = field(repr=False)
    path: Path

    def must_be_of(self, path: Path, sha256: str) -> None:
        """Raise EditDiffersError unless the edit is of a file with this content."""
        if sha256 != self.judged.edit.film.sha256:
            raise self._differs(path, say("its content is another"))

    def replay(self, reel: Reel) -> Iterator[Verdict]:
        """Yield every frame of the reel with what was found, what is covered, what stays clear.

        Raises: EditDiffersError where a frame more, less or of another time comes; what was
            yielded before must then be thrown away.
        """
        sightings, source = self.judged.sightings, reel.source.path
        count = 0
        for number, frame in enumerate(reel.frames):
            if number >= len(sightings) or int(sightings.pts[number]) != frame.pts:
                raise self._differs(source, say("the times of its frames are others"))
            count += 1
            masked, clear = self.judged.masked_at(number)
            yield frame, [*masked, *clear], masked, clear
        if count != len(sightings):
            raise self._differs(source, say("it has fewer frames"))

    def _differs(self, source: Path, reason: str) -> EditDiffersError:
        return EditDiffersError(edit=self.path, path=source, reason=reason)

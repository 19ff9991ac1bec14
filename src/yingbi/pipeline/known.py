"""Reading faces, put together: where faces are, and what tells them apart.

Clause: 6.1-4; 6.2.1.f-2.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from yingbi.detect.embedding import SMALLEST_PX, FaceReader
from yingbi.detect.faces import FaceFinder
from yingbi.domain.enrol_errors import FaceUnreadableError, OneFaceNeededError
from yingbi.domain.face import FaceLook
from yingbi.domain.region import CLEAR_SIGHT, Region, Target
from yingbi.domain.settings import Settings
from yingbi.media.still import read_still
from yingbi.models.shelf import open_network
from yingbi.pipeline.engine import Seen
from yingbi.structure.known import Recognises

EYES, TELLING = "face-centerface", "face-faceres"
ENROL_SIZE = 640
"""Longer side of the picture in which the one face of a picture for enrolling is looked for."""


@dataclass(frozen=True, slots=True)
class FaceEyes:
    """What enrolling and recognising look with."""

    finder: FaceFinder = field(repr=False)
    reader: FaceReader = field(repr=False)

    @classmethod
    def opened(cls, settings: Settings, threads: int) -> "FaceEyes":
        """Return the eyes, their networks checked by digest.

        Raises: ModelMissingError, also where "face-faceres" was never asked for;
            ModelChangedError.
        """
        how = (threads, settings["models.runtime"], settings["models.cards"])
        eyes, telling = (open_network(name, settings.models_dir, *how) for name in (EYES, TELLING))
        return cls(FaceFinder(eyes, ENROL_SIZE), FaceReader(telling, eyes))

    def only_face(self, path: Path) -> FaceLook:
        """Return the look at the only face of a picture; nothing of the picture is kept.

        Raises: OneFaceNeededError; FaceUnreadableError; what `read_still` raises.
        """
        frame = read_still(path)
        faces = [one for one in self.finder.find(frame) if one.score >= CLEAR_SIGHT]
        if len(faces) != 1:
            raise OneFaceNeededError(path=path, faces=len(faces))
        look = self.reader.read(frame, faces[0].box)
        if look is None:
            raise FaceUnreadableError(path=path, least=SMALLEST_PX)
        return look


def recognising(seen: Iterator[Seen], who: Recognises) -> Iterator[Seen]:
    """Yield what comes, and let every face that is surely seen be looked at.

    Faces that are left clear are looked at as well: who it is decides what becomes of them.
    """
    for one in seen:
        for region in (*one.regions, *one.clear):
            if _worth_a_look(region) and region.track is not None:
                who.see(region.track, one.frame, region.box)
        yield one


def _worth_a_look(region: Region) -> bool:
    return region.kind is Target.FACE and region.seen and region.score >= CLEAR_SIGHT

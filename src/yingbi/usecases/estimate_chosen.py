"""How long a copy of what was chosen will take, and how many people are in it, roughly."""

from dataclasses import dataclass
from pathlib import Path

from yingbi.capture.inputs import find_inputs
from yingbi.domain.report import Progress
from yingbi.errors import InterruptedByUserError, YingbiError
from yingbi.pipeline.engine import Sight
from yingbi.usecases.estimate import estimate

LOOKED_AT = 8
"""Files of a folder that are looked at; the others are taken to be like them."""


@dataclass(frozen=True, slots=True)
class Rough:
    """seconds: of a copy. people: at least so many; None where nothing can be said of them."""

    seconds: float
    people: int | None


def estimate_chosen(chosen: Path, sight: Sight, progress: Progress) -> Rough:
    """Return the estimate of a file or a folder.

    Of a folder, files that cannot be used count nothing; they are told of when their turn comes.

    Raises: what `find_inputs` raises, the error of a file that is the only one, and
        InterruptedByUserError.
    """
    files = [item.path for item in find_inputs([chosen])]
    if len(files) == 1:
        found = estimate(files[0], sight, progress)
        return Rough(found.seconds, found.people or None)
    looked_at = files[:: -(-len(files) // LOOKED_AT)]
    seconds = [_seconds(path, sight, progress) for path in looked_at]
    return Rough(sum(seconds) * len(files) / len(looked_at), None)


def _seconds(path: Path, sight: Sight, progress: Progress) -> float:
    try:
        return estimate(path, sight, progress).seconds
    except InterruptedByUserError:
        raise
    except YingbiError:
        return 0.0

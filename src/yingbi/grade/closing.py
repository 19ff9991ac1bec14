"""Close the grade of a source: hold it to its scene, then decide about its original.

Clause: 6.2.3-1; 6.4.1-3; A.3-2.
"""

from collections.abc import Iterable
from pathlib import Path

from yingbi.domain.box import BoxPolicy
from yingbi.domain.grade_errors import SceneDoubtfulError
from yingbi.domain.tightening import HOME, Verdict, decide
from yingbi.grade.home import Home, Judgement, hold_to


def closed(
    policy: BoxPolicy, found: Iterable[str], judged: Judgement, path: Path, *, approved: bool
) -> Verdict:
    """Return what becomes of the source; `protect` acts by it and `grade` explains it.

    found: classes. judged: whether the inside of a home is seen. approved: whether somebody
    answers for a scene that is in doubt; one that is contradicted nobody can approve.

    Raises: SceneContradictedError; SceneDoubtfulError.
    """
    if policy.scene is not None:
        try:
            hold_to(policy.scene, judged, path)
        except SceneDoubtfulError:
            if not approved:
                raise
    home = set[str]() if judged.home is Home.NO else {HOME}
    return decide(policy, set(found) | home)

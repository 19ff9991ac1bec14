"""Decide the protection level of a source: the box's word, bounded by its scene.

Clause: 6.4.1-3; A.1-1; A.2-1; A.3-1.
"""

from yingbi.domain.level import Level, Scene
from yingbi.errors import LevelTooLooseError


def grade(level: Level, scene: Scene | None) -> Level:
    """Return the level in force.

    Raises: LevelTooLooseError where the scene asks for a stricter one.
    """
    if scene is not None and level.stricter(scene.floor) is not level:
        raise LevelTooLooseError(scene=scene.value, level=int(level), floor=int(scene.floor))
    return level

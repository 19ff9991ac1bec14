"""Protection levels, scenes and what the standard asks of each.

Clause: 6.4.1.a; 6.4.1.b; 6.4.1.c; A.1-1; A.2-1; A.3-1.
"""

from enum import IntEnum, StrEnum


class Level(IntEnum):
    """Protection level. Level 1 is the strictest, so stricter means smaller."""

    STRUCTURED_ONLY = 1
    OBSCURED = 2
    RAW_ON_RELEASE = 3

    def stricter(self, other: "Level") -> "Level":
        """Return whichever of the two protects more."""
        return Level(min(self, other))

    @property
    def words(self) -> str:
        """The level's name in English; show it through `say`, always with the number."""
        return LEVEL_WORDS[self]


def _(template: str) -> str:
    return template


LEVEL_WORDS = {
    Level.STRUCTURED_ONLY: _("structured only"),
    Level.OBSCURED: _("obscured"),
    Level.RAW_ON_RELEASE: _("raw on release"),
}


class Scene(StrEnum):
    """Where a box's cameras look; it sets the least strict level allowed there."""

    HOME_INTERIOR = "home-interior"
    HOME_CALL = "home-call"
    COMMUNITY = "community"
    CITY = "city"
    MEETING = "meeting"

    @property
    def floor(self) -> Level:
        """The least strict level that the standard allows in this scene."""
        return _SCENE_FLOOR[self]


_SCENE_FLOOR = {
    Scene.HOME_INTERIOR: Level.STRUCTURED_ONLY,
    Scene.HOME_CALL: Level.OBSCURED,
    Scene.COMMUNITY: Level.RAW_ON_RELEASE,
    Scene.CITY: Level.RAW_ON_RELEASE,
    Scene.MEETING: Level.RAW_ON_RELEASE,
}


class RawExport(StrEnum):
    """Who may have an original taken out of a level-3 box."""

    NEVER = "never"
    OWNER = "owner"
    GRANT = "grant"


class RawPolicy(StrEnum):
    """What a level-3 box keeps of the original: all of it, each person apart, or nothing."""

    WHOLE = "whole"
    PARTS = "parts"
    NONE = "none"

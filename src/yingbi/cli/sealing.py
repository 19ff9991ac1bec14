"""What `protect` and `watch --door` seal with: one way from settings and options to it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from yingbi.cli import show
from yingbi.domain.level import Level

if TYPE_CHECKING:
    from yingbi.domain.box import BoxPolicy
    from yingbi.domain.settings import Settings
    from yingbi.usecases.meeting import Meets
    from yingbi.usecases.protect import Desk, Protector


def protector_for(
    settings: "Settings",
    policy: "BoxPolicy",
    keep: Sequence[str],
    given: Mapping[str, Any],
    *,
    recorded_at: datetime | str | None,
    people: "Meets | None",
) -> "Callable[[Desk], Protector]":
    """Return what makes the protector of a desk; networks and options are in order by then.

    policy: of the desk's box, which says what is looked for. people: who recognises, if anybody.

    Raises: UsageError; ModelMissingError, ModelChangedError, ModelUnfitError.
    """
    from yingbi.bootstrap import (
        home_of_box,
        looking_in,
        looking_settings,
        poses,
        record_networks,
        sight,
        style,
    )
    from yingbi.capture.places import read_places
    from yingbi.domain.keep import needs_poses
    from yingbi.usecases.protect import ProtectOptions, Protector

    settings, targets = looking_in(settings, policy)
    options = ProtectOptions(
        tuple(keep),
        given["camera"],
        recorded_at,
        settings["records.poses_per_second"],
        {name: str(value) for name, value in looking_settings(settings).items()},
        read_places(given["places"]) if given["places"] else None,
        record_networks(settings, targets, posed=needs_poses(keep), known=people is not None),
        approver=given.get("approver") or "",
        why=given.get("why") or "",
    )
    if policy.level is not Level.STRUCTURED_ONLY:
        show.warn_of(style(settings))
    looking = sight(settings, targets)
    pose_source = poses(settings) if needs_poses(keep) else None
    home = home_of_box(settings, policy)

    def made(desk: "Desk") -> "Protector":
        return Protector(desk, options, looking, pose_source, home=home, people=people)

    return made

"""Boxes: made once with a level that nothing later loosens, and listed.

Clause: 6.2.3.b-1; 6.4.1-3; A.1-4.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from yingbi.domain.box import Box, BoxPolicy
from yingbi.domain.law import LawPack
from yingbi.domain.ledger import Action, Deed
from yingbi.domain.level import Level, RawExport, RawPolicy, Scene
from yingbi.domain.messages import listed, say
from yingbi.domain.retention import UNBOUNDED, Retention
from yingbi.errors import UsageError
from yingbi.grade.level import grade
from yingbi.usecases.vault import Vault

BY_GRANT = (Scene.COMMUNITY, Scene.CITY)
"""Scenes whose originals leave by a second person's approval unless said otherwise."""


def policy(
    level: Level,
    scene: Scene | None,
    raw: RawPolicy | None,
    raw_export: RawExport | None,
    keep: Sequence[str],
    *,
    retained: Retention = UNBOUNDED,
    tighten: Sequence[str] = (),
    law: LawPack | None = None,
) -> BoxPolicy:
    """Return the policy with the defaults of its level and scene filled in.

    tighten: classes of which a finding tightens handling. law: by which originals are kept.

    Raises: LevelTooLooseError; UsageError for raw options below level 3, for what could tighten
        nothing, and for what a law pack does not allow.
    """
    grade(level, scene)
    if tighten and level is Level.STRUCTURED_ONLY:
        raise UsageError(problem="at level 1 (structured only) no finding can tighten anything")
    if law is not None:
        _must_be_lawful(law, level, scene, raw, retained)
    if level is not Level.RAW_ON_RELEASE:
        if raw not in (None, RawPolicy.NONE) or raw_export not in (None, RawExport.NEVER):
            raise UsageError(problem="an original is kept at level 3 (raw on release) only")
        return BoxPolicy(level, scene, keep=tuple(keep), retention=retained, tighten=tuple(tighten))
    kept = raw or RawPolicy.WHOLE
    usual = RawExport.GRANT if scene in BY_GRANT else RawExport.OWNER
    export = raw_export or (RawExport.NEVER if kept is RawPolicy.NONE else usual)
    return BoxPolicy(
        level, scene, kept, export, tuple(keep), retained, tighten=tuple(tighten), law=law
    )


def _must_be_lawful(
    law: LawPack, level: Level, scene: Scene | None, raw: RawPolicy | None, retained: Retention
) -> None:
    """Raise UsageError where a box would not keep what the law says is kept."""
    if level is not Level.RAW_ON_RELEASE or raw is RawPolicy.NONE:
        problem = say(
            "Under '{law}' originals are kept: level 3 (raw on release) alone does.", law=law
        )
        raise UsageError(problem=problem)
    if scene not in BY_GRANT:
        scenes = listed(BY_GRANT)
        problem = say("'{law}' is for public places: say --scene {scenes}.", law=law, scenes=scenes)
        raise UsageError(problem=problem)
    if any(days < law.least_days for _, days in retained.days):
        problem = say(
            "Under '{law}' everything is kept for {n} days at least.", law=law, n=law.least_days
        )
        raise UsageError(problem=problem)


def create_box(vault: Vault, name: str, chosen: BoxPolicy) -> Box:
    """Make the box and log it in one transaction. Raises: BoxExistsError, UsageError."""
    now = datetime.now(UTC)
    with vault.rooms.catalogue_db.begin() as unit:
        box = vault.boxes.create_box(unit, name, chosen, now=now)
        facts = {
            "level": str(int(chosen.level)),
            "raw": chosen.raw,
            "raw_export": chosen.raw_export,
            **({"tighten": ",".join(chosen.tighten)} if chosen.tighten else {}),
            **({"law": chosen.law.entry} if chosen.law else {}),
        } | {f"retain_{kept.name.lower()}": str(days) for kept, days in chosen.retention.days}
        vault.log.append(unit, Deed(Action.BOX_MADE, now, box_id=box.box_id, facts=facts))
    return box

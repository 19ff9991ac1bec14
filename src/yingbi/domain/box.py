"""A secure box: its level, scene and what may ever leave it.

Clause: 6.2.3.b-1; 6.2.3.b-2; 6.2.3.b-3.
"""

from dataclasses import dataclass
from uuid import UUID

from yingbi.domain.detail import EXACT, Detail
from yingbi.domain.keep import RECORD_KINDS
from yingbi.domain.law import LawPack
from yingbi.domain.level import Level, RawExport, RawPolicy, Scene
from yingbi.domain.retention import UNBOUNDED, Retention


@dataclass(frozen=True, slots=True)
class BoxPolicy:
    """What the owner laid down when the box was made.

    keep: what of the records is kept (`domain.keep`); all else is dropped before sealing.
    retention: how long objects are kept, by class. detail: how exactly records are kept.
    tighten: classes of data of which a finding tightens handling (`domain.tightening`).
    law: the pack by which originals are kept for a while, however they are handled.
    """

    level: Level
    scene: Scene | None = None
    raw: RawPolicy = RawPolicy.NONE
    raw_export: RawExport = RawExport.NEVER
    keep: tuple[str, ...] = RECORD_KINDS
    retention: Retention = UNBOUNDED
    detail: Detail = EXACT
    tighten: tuple[str, ...] = ()
    law: LawPack | None = None


@dataclass(frozen=True, slots=True)
class Box:
    """A box as its owner sees it, name in clear."""

    box_id: UUID
    name: str
    policy: BoxPolicy
    created_at: str

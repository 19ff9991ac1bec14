"""What is written down of a grade: with the object for its owner, and in the log before it is stored.

Who is at home could be told from classes, so the log seals them; all that were looked for stand
there, found or not, so that the length of the entry says nothing either. What became of the
original is no secret: the parts of an object are in the log already.

Clause: 6.2.1.f-1; 6.2.3-1; 6.1-2.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from yingbi.domain.box import BoxPolicy
from yingbi.domain.law import LawPack
from yingbi.domain.ledger import Action, Deed
from yingbi.domain.level import Level
from yingbi.domain.part import PartKind
from yingbi.domain.tightening import CLAUSE, Original, Verdict, decide, in_order
from yingbi.store.stored import ObjectInfo, StoredObject

LOOKED, ORIGINAL, BECAUSE, RULE = "looked", "original", "because", "rule"
HANDLED, APPROVALS = "handled_as_level", "approvals"
APPROVER, WHY = "approved_by", "approved_why"
CLEAR = frozenset({PartKind.RAW, PartKind.ROI})
"""Kinds of part that hold clear pictures."""
_OPEN = {
    ORIGINAL: {original.value for original in Original},
    RULE: {CLAUSE, *(law.entry for law in LawPack)},
    HANDLED: {str(int(level)) for level in Level},
}


def graded_facts(looked: Iterable[str], verdict: Verdict) -> dict[str, str]:
    """Return what an object remembers of its grade, beside the labels.

    looked: the classes that were looked for; of all others labels say nothing.
    """
    return {
        LOOKED: ",".join(looked),
        ORIGINAL: verdict.original.value,
        HANDLED: str(int(verdict.level)),
        APPROVALS: str(verdict.approvals),
        BECAUSE: ",".join(verdict.because),
        RULE: verdict.rule,
    }


def approved_facts(approver: str, why: str) -> dict[str, str]:
    """Return what an object remembers of who answered for its scene."""
    return {APPROVER: approver, WHY: why}


def grade_deeds(stored: StoredObject, now: datetime) -> list[Deed]:
    """Return what the log is told before it is told of the object; nothing of one not graded.

    What lies open there are words of ours alone: a door could write others.
    """
    info = stored.info
    if LOOKED not in info.extra:
        return []
    ids = stored.box_id, stored.object_id
    told = ((name, info.extra.get(name)) for name in _OPEN)
    facts = {name: value for name, value in told if value in _OPEN[name]}
    deeds = [Deed(Action.GRADED, now, *ids, purpose=_marked(info), facts=facts)]
    if info.extra.get(APPROVER):
        said = f"{info.extra[APPROVER]}: {info.extra.get(WHY, '')}"
        deeds.append(Deed(Action.SCENE_APPROVED, now, *ids, purpose=said))
    return deeds


def raised_by(info: ObjectInfo) -> tuple[str, ...]:
    """Return the classes that raised the handling of an object's original; mostly none."""
    raised = info.extra.get(ORIGINAL) == Original.RAISED
    return _names(info, BECAUSE) if raised else ()


def why_unfit(policy: BoxPolicy, stored: StoredObject) -> str:
    """Return why an object was not graded as its box asks, or nothing.

    Who seals at a door knows the policy of the day when the door was made, or says so.
    """
    info, clear = stored.info, CLEAR & {part.kind for part in stored.parts}
    if APPROVER in info.extra:
        return "a door answers for no scene"
    if not clear or not policy.tighten:
        return ""
    if not set(policy.tighten) <= set(_names(info, LOOKED)):
        return "it was not looked at for what tightens handling in its box"
    verdict = decide(policy, info.labels)
    if not verdict.keeps:
        return "it brings an original that its box withholds"
    if info.extra.get(ORIGINAL) != verdict.original or _names(info, BECAUSE) != verdict.because:
        return "its handling was not raised as its box asks"
    return ""


def _marked(info: ObjectInfo) -> str:
    """Return every class that was looked for, "+" before those that were found."""
    looked = in_order(_names(info, LOOKED))
    return " ".join(f"{'+' if one in info.labels else '-'}{one}" for one in looked)


def _names(info: ObjectInfo, name: str) -> tuple[str, ...]:
    listed: Sequence[str] = info.extra.get(name, "").split(",")
    return tuple(one for one in listed if one)

"""The owner's own leave: what someone who knows the passphrase may open.

Who is not the owner gets nothing yet; what needs a second person is refused.

Clause: 6.2.4-2; A.3-3; A.3.a-2.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from yingbi.domain.box import BoxPolicy
from yingbi.domain.grade_errors import OriginalRaisedError
from yingbi.domain.grant import Grant
from yingbi.domain.level import Level, RawExport, RawPolicy
from yingbi.domain.part import PartKind
from yingbi.errors import NeedsApproverError, NotAuthorisedError, RawNeverError
from yingbi.keys.provider import RootProvider

OWNER = "owner"


def self_grant(
    keystore: RootProvider,
    policy: BoxPolicy,
    object_id: UUID,
    parts: Iterable[PartKind],
    *,
    purpose: str,
    now: datetime,
    minutes: int = 15,
    leaves: bool = True,
    raised_by: Sequence[str] = (),
) -> Grant:
    """Return leave for the owner to open parts of one object for a while.

    keystore: open; that it is shows that the passphrase was known.
    policy: of the object's box. purpose: needed for the original alone.
    leaves: whether what is opened leaves the vault; to erase somebody from an original it
        is opened in memory and sealed again, which needs no approver.
    raised_by: classes that raised the handling of this original; it leaves by approval only.

    Raises: NotAuthorisedError for a closed keystore, no parts, or an original
        without a purpose; RawNeverError; NeedsApproverError; OriginalRaisedError.
    """
    wanted = frozenset(parts)
    if not keystore.is_open:
        raise NotAuthorisedError(reason="the keystore is closed")
    if not wanted:
        raise NotAuthorisedError(reason="no part is named")
    if wanted & {PartKind.RAW, PartKind.ROI}:
        _must_open_raw(policy, purpose)
        if leaves:
            _must_release_raw(policy, raised_by)
    return Grant(object_id, wanted, purpose.strip(), OWNER, now + timedelta(minutes=minutes))


def _must_open_raw(policy: BoxPolicy, purpose: str) -> None:
    if policy.level is not Level.RAW_ON_RELEASE or policy.raw is RawPolicy.NONE:
        raise RawNeverError(reason="it keeps none")
    if not purpose.strip():
        raise NotAuthorisedError(reason="an original is opened for a stated purpose only")


def _must_release_raw(policy: BoxPolicy, raised_by: Sequence[str]) -> None:
    match policy.raw_export:
        case RawExport.NEVER:
            raise RawNeverError(reason="its policy says never")
        case RawExport.GRANT:
            raise NeedsApproverError
        case RawExport.OWNER if raised_by:
            raise OriginalRaisedError(classes=", ".join(raised_by))

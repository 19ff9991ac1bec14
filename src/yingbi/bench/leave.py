"""Leave to open what a bench has sealed: as an owner gives it, from a keystore made for nothing else."""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from yingbi.access.owner import self_grant
from yingbi.crypto.suite import Suite
from yingbi.domain.box import BoxPolicy
from yingbi.domain.grant import Grant
from yingbi.domain.level import Level, RawExport, RawPolicy
from yingbi.domain.part import PartKind
from yingbi.keys.keystore import Keystore

_PASSPHRASE = b"for a bench"


def owners_leave(suite: Suite, object_id: UUID) -> Grant:
    """Return leave to open the object's original for an hour."""
    policy = BoxPolicy(Level.RAW_ON_RELEASE, None, RawPolicy.WHOLE, RawExport.OWNER)
    with (
        TemporaryDirectory() as folder,
        Keystore.create(Path(folder) / "keystore", _PASSPHRASE, suite) as keystore,
    ):
        return self_grant(
            keystore,
            policy,
            object_id,
            [PartKind.RAW],
            purpose="measuring",
            now=datetime.now(UTC),
            minutes=60,
        )

"""Who may open what: the owner's own grants."""

from datetime import timedelta

import pytest

from vault_house import CHEAP, NOW, PASSPHRASE
from yingbi.access.owner import self_grant
from yingbi.crypto.suite import suite
from yingbi.domain.box import BoxPolicy
from yingbi.domain.ids import new_id
from yingbi.domain.level import Level, RawExport, RawPolicy
from yingbi.domain.part import PartKind
from yingbi.errors import NeedsApproverError, NotAuthorisedError, RawNeverError
from yingbi.keys.keystore import Keystore

OBJECT = new_id()
OPEN_BOX = BoxPolicy(Level.RAW_ON_RELEASE, raw=RawPolicy.WHOLE, raw_export=RawExport.OWNER)


@pytest.fixture
def keystore(tmp_path):
    with Keystore.create(tmp_path / "k", PASSPHRASE, suite("intl"), cost=CHEAP) as keystore:
        yield keystore


def asked(keystore, policy, *parts, purpose="insurance claim", **more):
    return self_grant(keystore, policy, OBJECT, parts, purpose=purpose, now=NOW, **more)


@pytest.mark.parametrize("level", Level)
def test_the_owner_opens_what_is_no_original_without_a_purpose(keystore, level):
    grant = asked(keystore, BoxPolicy(level), PartKind.MASKED, PartKind.RECORDS, purpose="")
    for part in (PartKind.MASKED, PartKind.RECORDS):
        grant.must_cover(OBJECT, part, at=NOW)
    for part, object_id in ((PartKind.RAW, OBJECT), (PartKind.MASKED, new_id())):
        with pytest.raises(NotAuthorisedError):
            grant.must_cover(object_id, part, at=NOW)


def test_a_grant_runs_out(keystore):
    grant = asked(keystore, OPEN_BOX, PartKind.RAW)
    grant.must_cover(OBJECT, PartKind.RAW, at=NOW + timedelta(minutes=15))
    with pytest.raises(NotAuthorisedError):
        grant.must_cover(OBJECT, PartKind.RAW, at=NOW + timedelta(minutes=15, seconds=1))
    assert asked(keystore, OPEN_BOX, PartKind.RAW, minutes=1).not_after == NOW + timedelta(
        minutes=1
    )


@pytest.mark.parametrize("purpose", ["", " ", "\n\t"])
def test_an_original_needs_a_purpose(keystore, purpose):
    with pytest.raises(NotAuthorisedError):
        asked(keystore, OPEN_BOX, PartKind.RAW, purpose=purpose)


@pytest.mark.parametrize(
    ("policy", "refusal"),
    [
        (BoxPolicy(Level.STRUCTURED_ONLY), RawNeverError),
        (BoxPolicy(Level.OBSCURED, raw=RawPolicy.WHOLE, raw_export=RawExport.OWNER), RawNeverError),
        (BoxPolicy(Level.RAW_ON_RELEASE, raw_export=RawExport.OWNER), RawNeverError),
        (BoxPolicy(Level.RAW_ON_RELEASE, raw=RawPolicy.WHOLE), RawNeverError),
        (
            BoxPolicy(Level.RAW_ON_RELEASE, raw=RawPolicy.WHOLE, raw_export=RawExport.GRANT),
            NeedsApproverError,
        ),
    ],
)
def test_an_original_leaves_only_where_the_policy_says_owner(keystore, policy, refusal):
    with pytest.raises(refusal):
        asked(keystore, policy, PartKind.MASKED, PartKind.RAW)


def test_without_the_passphrase_or_a_part_there_is_no_grant(keystore):
    with pytest.raises(NotAuthorisedError):
        asked(keystore, OPEN_BOX)
    keystore.close()
    with pytest.raises(NotAuthorisedError):
        asked(keystore, OPEN_BOX, PartKind.MASKED)

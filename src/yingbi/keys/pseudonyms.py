"""Names of known people under a key of their box, so that no two boxes know one name.

Clause: 6.1-4; A.1-3.
"""

from datetime import date
from uuid import UUID

from yingbi.domain.pseudonym import Rotation, known_as, message
from yingbi.keys.provider import RootProvider


def pseudonym(
    keystore: RootProvider, box_id: UUID, person_id: UUID, rotation: Rotation, day: date
) -> str:
    """Return the person's name in records of that box on that day.

    It outlives a change of the root and of the box's keys, as records do.
    """
    key = keystore.catalogue_key(f"pseudonyms {box_id.hex}")
    return known_as(keystore.suite.hmac(key, message(person_id, rotation, day)))

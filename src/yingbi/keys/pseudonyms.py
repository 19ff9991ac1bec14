"""Names of known people under a key of their box, so that no two boxes know one name.

Clause: 6.1-4; A.1-3.
"""

from datetime import date
from uuid import UUID

from yingbi.domain.pseudonym import Rotation, known_as, message
from yingbi.keys.provider import RootProvider


class Pseudonyms:
    """The names of one box; whoever has the vault's key can make them again.

    They outlive a change of the root and of the box's keys, as records do.
    """

    def __init__(self, keystore: RootProvider, box_id: UUID, rotation: Rotation) -> None:
        self._suite, self._rotation = keystore.suite, rotation
        self._key = keystore.catalogue_key(f"pseudonyms {box_id.hex}")

    def on(self, person_id: UUID, day: date) -> str:
        """Return the person's name in records of that day."""
        return known_as(self._suite.hmac(self._key, message(person_id, self._rotation, day)))

"""Law packs that bind a box, as far as something here is decided by them.

What they say stands in the standard's data (`yingbi standard show`); what is decided by
stands here, and a test holds the two together.
"""

from enum import StrEnum


class LawPack(StrEnum):
    """A law that says of a box's originals that they are kept, and at least for how long."""

    PUBLIC_SECURITY = "public-security"

    @property
    def entry(self) -> str:
        """Its id among the regulations."""
        return _ENTRY[self]

    @property
    def least_days(self) -> int:
        """Days for which originals are kept at least."""
        return _LEAST_DAYS[self]


_ENTRY = {LawPack.PUBLIC_SECURITY: "cn.psvis.2025"}
_LEAST_DAYS = {LawPack.PUBLIC_SECURITY: 30}

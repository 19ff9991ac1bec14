"""Who may be recognised in a box, as whoever looks at a film is handed it.

Clause: 6.1-4; 6.5.a; A.1-3; A.1-4.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from yingbi.domain.template import Gallery


@dataclass(frozen=True, slots=True)
class Household:
    """Who may be recognised, by their names in the box. The caller wipes the gallery.

    agreed: by name the kinds of record, and no others, that may be kept of each.
    minors: the names of those whom the vault knows as minors.
    """

    gallery: Gallery = field(repr=False)
    agreed: Mapping[str, frozenset[str]]
    minors: frozenset[str]

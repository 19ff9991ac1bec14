"""Say what class of visual privacy data was found, so that it can be handled by class.

Clause: 6.2.1.f-1; 6.2.3-1; 4.2.b-1.
"""

from collections.abc import Iterable

from yingbi.domain.data_class import BY_TARGET
from yingbi.domain.region import Region, Target

CLASS_OF = {target: BY_TARGET[target].name for target in Target}
"""The label of each target. Sealed segments carry them: they never change."""


def classes(regions: Iterable[Region]) -> frozenset[str]:
    """Return the classes of all regions, and of what was read in them."""
    return frozenset(name for region in regions for name in (CLASS_OF[region.kind], *region.read))

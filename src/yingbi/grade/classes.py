"""Say what class of visual privacy data was found, so that it can be handled by class.

Clause: 6.2.1.f-1; 6.2.3-1; 4.2.b-1.
"""

from collections.abc import Iterable

from yingbi.domain.region import Region, Target

CLASS_OF = {
    Target.FACE: "biometric.face",
    Target.HEAD: "biometric.head",
    Target.PERSON: "body",
    Target.PLATE: "plate",
    Target.TEXT: "text",
    Target.SCREEN: "screen",
}


def classes(regions: Iterable[Region]) -> frozenset[str]:
    """Return the classes of all regions."""
    return frozenset(CLASS_OF[region.kind] for region in regions)

"""How sure a share is that was counted: Wilson's interval of 95 %."""

from math import sqrt

Z = 1.959964


def wilson(hits: int, total: int) -> tuple[float, float]:
    """Return the lowest and highest share, 0..1, that so many hits of a total speak for."""
    if total <= 0:
        return 0.0, 1.0
    share, z2 = hits / total, Z * Z
    middle = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = Z * sqrt(share * (1 - share) / total + z2 / (4 * total * total)) / (1 + z2 / total)
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))

"""Two ways to blur one piece of a plane; nothing beside the piece takes part."""

from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from yingbi.domain.frame import Samples

SMOOTH = 6.0
"""In samples: what is blurred by more is shrunk first, so that the cost does not follow it."""


def blurred(samples: Samples, sigma_x: float, sigma_y: float) -> Samples:
    """Return the piece under a Gauss function; its border is mirrored.

    samples: (H, W) or (H, W, C), uint8 or uint16. sigma_x, sigma_y: in samples, above 0.
    """
    alone: NDArray[Any] = np.ascontiguousarray(samples)
    height, width = samples.shape[:2]
    small_width, small_height = _shrunk(width, sigma_x), _shrunk(height, sigma_y)
    small = cv2.resize(alone, (small_width, small_height), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(
        small,
        (0, 0),
        sigmaX=sigma_x * small_width / width,
        sigmaY=sigma_y * small_height / height,
        borderType=cv2.BORDER_REFLECT,
    )
    soft = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return cast(Samples, soft.reshape(samples.shape))


def _shrunk(side: int, sigma: float) -> int:
    return max(1, round(side * min(1.0, SMOOTH / sigma)))


def box_blurred(samples: Samples, wide: int, high: int) -> Samples:
    """Return the piece averaged over windows of wide by high samples; its border is mirrored."""
    alone: NDArray[Any] = np.ascontiguousarray(samples)
    soft = cv2.blur(alone, (wide, high), borderType=cv2.BORDER_REFLECT_101)
    return cast(Samples, soft.reshape(samples.shape))

"""A Gauss function over one piece of a plane."""

from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from yingbi.domain.frame import Samples


def blurred(samples: Samples, sigma_x: float, sigma_y: float) -> Samples:
    """Return the piece blurred; nothing beside it takes part, its border is mirrored.

    samples: (H, W) or (H, W, C), uint8 or uint16. sigma_x, sigma_y: in samples, above 0.
    """
    alone: NDArray[Any] = np.ascontiguousarray(samples)
    border = cv2.BORDER_REFLECT
    soft = cv2.GaussianBlur(alone, (0, 0), sigmaX=sigma_x, sigmaY=sigma_y, borderType=border)
    return cast(Samples, soft.reshape(samples.shape))

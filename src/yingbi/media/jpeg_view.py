"""A frame as a small JPEG that a browser shows: upright, in its colours, never larger than it is."""

import cv2

from yingbi.domain.frame import Frame
from yingbi.media.upright import upright_rgb

QUALITY = 85


def jpeg_of(frame: Frame, width: int) -> bytes:
    """Return the displayed picture as JPEG, at most so many pixels wide, in its own shape.

    width: 1 or more. Pixels are taken for square, as boxes are. Without any metadata.
    """
    own_width, own_height = frame.size
    shown = max(1, min(width, own_width))
    rgb = upright_rgb(frame, shown, max(1, round(own_height * shown / own_width)))
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    made, content = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not made:
        raise ValueError("the picture cannot be encoded")
    return content.tobytes()

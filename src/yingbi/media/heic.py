"""HEIC, the pictures of telephones; the only importer of pillow-heif, an extra.

Pictures come out as they are shown: the library turns them itself. Depth maps, small copies
and other companions of a picture are left where they are.
"""

from functools import cache
from pathlib import Path

from PIL.ImageFile import ImageFile

from yingbi.domain.messages import say
from yingbi.errors import UnsupportedMediaError


def heic_reader(path: Path) -> type[ImageFile]:
    """Return Pillow's reader of such files.

    path: of the picture, for the error. Raises: UnsupportedMediaError where the extra is missing.
    """
    try:
        return _registered()
    except ImportError:
        reason = say("it is HEIC, which the package pillow-heif reads: install 'yingbi[heic]'")
        raise UnsupportedMediaError(path=path, reason=reason) from None


@cache
def _registered() -> type[ImageFile]:
    from pillow_heif import HeifImageFile, register_heif_opener

    register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
    reader: type[ImageFile] = HeifImageFile
    return reader

"""Stills with a real face: the portrait of `films`, stored upright or turned."""

from pathlib import Path

from PIL import Image

from films import portrait


def make_still(path: Path, *, orientation: int = 1) -> Path:
    """Write a JPEG of 400 by 300; with an EXIF orientation it is stored turned."""
    shown = portrait().crop((60, 0, 412, 264)).resize((400, 300))
    turned = {1: None, 6: Image.Transpose.ROTATE_90, 3: Image.Transpose.ROTATE_180}[orientation]
    stored = shown if turned is None else shown.transpose(turned)
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "Camera maker"
    stored.save(path, quality=92, exif=exif)
    return path

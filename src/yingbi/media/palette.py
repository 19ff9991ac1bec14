"""Pictures of few colours: exact indices into a palette made of the colours that are used.

A palette taken over from the source would still hold the colours of what was covered.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MOST = 256
STRIP = 1 << 22
"""Pixels looked at in one go, so that memory does not follow the picture."""

Colours = NDArray[np.uint8]


def indexed(samples: NDArray[np.uint8], most: int = MOST) -> tuple[NDArray[np.uint8], Colours]:
    """Return (H, W) indices and the (N, 4) RGBA colours that they mean, in order of their value.

    samples: (H, W, 3) or (H, W, 4). Where there are more colours than `most`, the
    rarest take the nearest of the others.
    """
    rows = max(1, STRIP // max(1, samples.shape[1]))
    strips = [slice(at, at + rows) for at in range(0, samples.shape[0], rows)]
    packed, counts = _counted(_packed(samples[strip]) for strip in strips)
    kept = np.sort(packed[np.argsort(-counts, kind="stable")[:most]])
    place = np.searchsorted(kept, packed).clip(0, len(kept) - 1)
    lost = kept[place] != packed
    if lost.any():
        place[lost] = _nearest(_colours(packed[lost]), _colours(kept))
    indices = np.empty(samples.shape[:2], np.uint8)
    for strip in strips:
        found = np.searchsorted(packed, _packed(samples[strip]))
        indices[strip] = place.astype(np.uint8)[found]
    return indices, _colours(kept)


def _packed(samples: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return each pixel as one number."""
    rgba = np.full((*samples.shape[:2], 4), 255, np.uint8)
    rgba[:, :, : samples.shape[2]] = samples
    return rgba.view(np.uint32)[:, :, 0]


def _counted(strips: Iterable[NDArray[np.uint32]]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Return all colours, sorted, and how often each is there."""
    found = [np.unique(strip, return_counts=True) for strip in strips]
    colours, place = np.unique(np.concatenate([c for c, _ in found]), return_inverse=True)
    counts = np.zeros(len(colours), np.int64)
    np.add.at(counts, place.ravel(), np.concatenate([n for _, n in found]))
    return colours, counts


def _colours(packed: NDArray[np.uint32]) -> Colours:
    return np.ascontiguousarray(packed).view(np.uint8).reshape(-1, 4)


def _nearest(colours: Colours, kept: Colours) -> NDArray[np.intp]:
    """Return for each colour the place of the nearest kept one."""
    far = colours[:, None].astype(np.int32) - kept[None].astype(np.int32)
    return np.asarray((far**2).sum(axis=2).argmin(axis=1), np.intp)


def as_palette(indices: NDArray[np.uint8], colours: Colours) -> Image.Image:
    """Return the picture as Pillow's mode P with these colours, alpha left to the writer."""
    picture = Image.fromarray(indices)
    picture.putpalette(colours[:, :3].tobytes(), "RGB")
    return picture

"""What must hold of a film put together from copied and encoded stretches."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from yingbi.domain.frame import Frame

EDGE = 3
"""Frames on either side of a join that are compared with the source's."""


def _digest() -> hashlib.blake2b:
    return hashlib.blake2b(digest_size=16)


@dataclass(slots=True)
class Stretch:
    """Pictures one after another that were all copied, or all encoded.

    pictures: how many; last_group: how many of them are in the last closed group.
    digest: over the VCL NAL units of copied pictures, over the packets of encoded ones.
    head, tail: digest by pts of the source's first and last frames, where a copied stretch
    meets the film's beginning or an encoded one.
    """

    copied: bool
    pictures: int = 0
    last_group: int = 0
    digest: hashlib.blake2b = field(default_factory=_digest)
    head: dict[int, bytes] = field(default_factory=dict, repr=False)
    tail: dict[int, bytes] = field(default_factory=dict, repr=False)

    def add(self, units: Iterable[bytes]) -> None:
        """Count one picture, with its units or its packet."""
        self.pictures += 1
        for unit in units:
            self.digest.update(len(unit).to_bytes(8))
            self.digest.update(unit)


def digest_of(frame: Frame) -> bytes:
    """Return a digest of all samples of a frame."""
    digest = _digest()
    for plane in frame.planes:
        digest.update(plane.samples.tobytes())
    return digest.digest()

"""Templates of faces that can be cancelled: seen through a projection that a key has drawn.

A look's vector loses its own mean, is turned three times by random signs and a Hadamard
transform (the fast Johnson-Lindenstrauss transform of Ailon and Chazelle, 2006), and keeps
384 of its 1024 coordinates, chosen at random, in 8 bits each. Whoever has another key gets
other coordinates: templates of two keys tell nothing of whether they are of one person, and
those of a key that is gone tell nothing at all. That is the use of random projections in
BioHashing (Teoh, Goh and Ngo, 2006) and what ISO/IEC 24745 calls renewable and unlinkable.

It is no one-way function. Whoever holds a template and its key has 384 of 1024 coordinates,
and guesses the others from what faces have in common well enough to be taken for the
person: what protects a template is that its key never leaves the device.

Clause: 6.1-4; 6.2.4.b.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from yingbi.domain.face import Vector

LENGTH, KEPT = 1024, 384
"""Numbers of a vector, and of a template."""

TURNS = 3
STREAM_BYTES = TURNS * LENGTH // 8 + LENGTH * 4
"""So much of a keyed stream draws one projection."""

CODES = 127


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """One way of looking at vectors.

    signs: (3, 1024) float32 of -1 and 1. kept: (384,) which coordinates stay, in which order.
    """

    signs: NDArray[np.float32] = field(repr=False)
    kept: NDArray[np.int64] = field(repr=False)

    @classmethod
    def drawn(cls, stream: bytes) -> Self:
        """Return the projection that STREAM_BYTES of a keyed stream draw; it is always the same.

        Raises: ValueError where the stream has another length.
        """
        if len(stream) != STREAM_BYTES:
            raise ValueError(f"a projection needs {STREAM_BYTES} bytes, got {len(stream)}")
        head = TURNS * LENGTH // 8
        bits = np.unpackbits(np.frombuffer(stream[:head], np.uint8)).reshape(TURNS, LENGTH)
        ranks = np.frombuffer(stream[head:], ">u4")
        signs = bits.astype(np.float32) * 2 - 1
        return cls(signs, np.argsort(ranks, kind="stable")[:KEPT].astype(np.int64))

    def seen(self, vector: Vector) -> Vector:
        """Return what is seen of a vector, (384,) float32 of length 1 or all 0."""
        turned = vector - vector.mean()
        for signs in self.signs:
            turned = hadamard(turned * signs)
        kept = turned[self.kept]
        return np.asarray(kept / max(float(np.linalg.norm(kept)), 1e-9), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """What is kept of a face. codes: (384,) int8; it is wiped after use, as looks are."""

    codes: NDArray[np.int8] = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse codes of another shape, and those that say nothing."""
        if self.codes.shape != (KEPT,) or self.codes.dtype != np.int8 or not self.codes.any():
            raise ValueError(f"a template has {KEPT} int8 codes that are not all 0")

    @classmethod
    def of(cls, vectors: Sequence[Vector], projection: Projection) -> Self:
        """Return the template of one person's looks: their middle, seen by the projection."""
        middle = projection.seen(np.mean(np.stack(vectors), axis=0, dtype=np.float32))
        scale = CODES / max(float(np.abs(middle).max()), 1e-9)
        return cls(np.rint(middle * scale).astype(np.int8))

    def likeness(self, seen: Vector) -> float:
        """Return the cosine, -1..1, to what a projection has seen of a vector."""
        codes = self.codes.astype(np.float32)
        return float(codes @ seen / np.linalg.norm(codes))

    def wipe(self) -> None:
        """Zero the codes."""
        self.codes[:] = 0


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """Somebody who may be recognised. name: as records and masks know them, never a name."""

    name: str
    template: Template = field(repr=False)


@dataclass(frozen=True, slots=True)
class Likeness:
    """Who a look is most like. margin: to the next one; to 0 where there is nobody else."""

    name: str
    likeness: float
    margin: float


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """All who may be recognised, in memory, for as long as a film is looked at."""

    projection: Projection = field(repr=False)
    members: tuple[Member, ...] = field(repr=False)

    def nearest(self, vector: Vector) -> Likeness | None:
        """Return who the vector is most like, None where nobody may be recognised."""
        seen = self.projection.seen(vector)
        found = sorted(((m.template.likeness(seen), m.name) for m in self.members), reverse=True)
        seen[:] = 0
        if not found:
            return None
        second = max(found[1][0], 0.0) if len(found) > 1 else 0.0
        return Likeness(found[0][1], found[0][0], found[0][0] - second)

    def wipe(self) -> None:
        """Zero every template."""
        for member in self.members:
            member.template.wipe()


def hadamard(vector: Vector) -> Vector:
    """Return the orthonormal Walsh-Hadamard transform of a vector whose length is a power of two."""
    turned, half = vector, 1
    while half < len(vector):
        pairs = turned.reshape(-1, 2, half)
        turned = np.stack([pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]], axis=1)
        half *= 2
    return np.asarray(turned.reshape(-1) / np.sqrt(len(vector)), np.float32)

"""What a backup consists of, and what was erased since: two values that are written sealed.

Clause: 6.2.3-2; 6.2.3.e-2.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

_STEP = 256


class Body(NamedTuple):
    """One body of a backup: its name, length, digest as hexadecimal, and its object."""

    name: str
    size: int
    digest: str
    object_id: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What belongs to a backup. made_at: UTC. The digests are those of the sealed files."""

    backup_id: UUID
    made_at: str
    lock_store_id: str
    catalogue: str
    keys: str
    log_size: int
    log_root: str
    bodies: tuple[Body, ...] = field(repr=False)

    def to_bytes(self) -> bytes:
        """Return it as JSON."""
        text = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps(text | {"backup_id": self.backup_id.hex}).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> "Manifest":
        """Return what `to_bytes` wrote; it comes out of a seal."""
        text = json.loads(content)
        bodies = tuple(Body(*one) for one in text.pop("bodies"))
        return cls(UUID(hex=text.pop("backup_id")), bodies=bodies, **text)

    @property
    def label_of_keys(self) -> bytes:
        """The lock-store key that its copy of the key database names."""
        return bytes.fromhex(self.lock_store_id)


@dataclass(frozen=True, slots=True)
class ErasedSince:
    """What an erase ledger tells.

    at: up to when. objects: objects and people that were erased. segments: by object,
    segments erased by key. replaced: by object and kind of a part that was written anew,
    the number and time of the last such entry in the log.
    """

    at: str
    objects: frozenset[str]
    segments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    replaced: Mapping[str, tuple[int, str]] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Return it as JSON, in steps of 256 bytes: its length tells little."""
        text = {
            "at": self.at,
            "objects": sorted(self.objects),
            "segments": {key: list(value) for key, value in self.segments.items()},
            "replaced": {key: list(value) for key, value in self.replaced.items()},
        }
        content = json.dumps(text).encode()
        return content.ljust(-(-len(content) // _STEP) * _STEP)

    @classmethod
    def from_bytes(cls, content: bytes) -> "ErasedSince":
        """Return what `to_bytes` wrote; it comes out of a seal."""
        text = json.loads(content)
        segments = {key: tuple(value) for key, value in text["segments"].items()}
        replaced = {key: (int(n), str(at)) for key, (n, at) in text["replaced"].items()}
        return cls(text["at"], frozenset(text["objects"]), segments, replaced)

    def parts_since(self, manifest: Manifest) -> dict[str, set[str]]:
        """Return by object the parts that were written anew since that backup.

        Either the number or the time is enough: a clock can be set back, and a vault that was
        restored counts some numbers twice.
        """
        size, made = manifest.log_size, _seconds(manifest.made_at)
        found: dict[str, set[str]] = {}
        for key, (n, at) in self.replaced.items():
            object_id, kind = key.split()
            if n >= size or _seconds(at) >= made:
                found.setdefault(object_id, set()).add(kind)
        return found

    def joined(self, other: "ErasedSince") -> "ErasedSince":
        """Return what either of the two tells."""
        both = {**self.segments}
        for key, value in other.segments.items():
            both[key] = tuple(dict.fromkeys((*both.get(key, ()), *value)))
        replaced = {**self.replaced}
        for key, (n, at) in other.replaced.items():
            known = replaced.get(key, (0, at))
            replaced[key] = (max(n, known[0]), max(at, known[1]))
        return ErasedSince(max(self.at, other.at), self.objects | other.objects, both, replaced)


def _seconds(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(microsecond=0)

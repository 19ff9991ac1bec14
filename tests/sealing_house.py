"""A box, a device and what it sealed, without a vault around them."""

from dataclasses import replace
from datetime import UTC, datetime

from yingbi.crypto.suite import suite
from yingbi.domain.grant import Grant
from yingbi.domain.ids import new_id
from yingbi.domain.level import Level
from yingbi.domain.part import MaskedFilm, PartKind, RawFilm, Records
from yingbi.envelope.part import read_part
from yingbi.keys.device import Device, device_id_of
from yingbi.keys.wrap import EpochPublic
from yingbi.release.part import open_part
from yingbi.release.verify import verify_part
from yingbi.seal.door import Door, PartSealer
from yingbi.seal.masked import masked
from yingbi.store.stored import StoredSegment

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FILM = MaskedFilm(b"film" * 100, "video/mp4", 0.0, 4.0, ("biometric.face",))
PAGE = Records(b"lines" * 20, 0.0, 60.0, 4096, ("body",))
ORIGINAL = RawFilm(b"original" * 9, "video/mp4", ("biometric.face",))


class House:
    """A box with its key pair, a device, and what it sealed."""

    def __init__(self, name, level=Level.RAW_ON_RELEASE):
        self.suite = suite(name)
        self.private, public = self.suite.new_recipient()
        self.signer, self.device_public = self.suite.new_signer()
        box_id = new_id()
        self.epoch = EpochPublic(box_id, 3, 1, b"k" * 16, public)
        device_id = device_id_of(self.suite, self.device_public)
        device = Device(device_id, self.device_public, self.sign)
        self.door = Door(self.suite, level, new_id(), box_id, new_id(), self.epoch, device)
        self.locks = {}

    def sign(self, message):
        return self.suite.sign(self.signer, message)

    def sealer(self, kind=PartKind.MASKED, **options):
        return PartSealer(self.door, kind, **options)

    def film(self, count=3):
        """A film part of some segments, four seconds each."""
        sealer = self.sealer()
        spans = [(4.0 * n, 4.0 * n + 4) for n in range(count)]
        pieces = [
            replace(FILM, content=b"film %d" % n, from_s=a, to_s=b)
            for n, (a, b) in enumerate(spans)
        ]
        return self.keep(*(masked(sealer, piece) for piece in pieces)), sealer.end

    def keep(self, *sealed):
        self.locks |= {s.segment_id: s.lock for s in sealed}
        return b"".join(s.content for s in sealed)

    def index(self, content):
        """The index of a part, as the catalogue would keep it; film lasts four seconds a segment."""
        index, at = [], 0
        for reader in read_part(self.suite, content):
            start = 4.0 * reader.header.number
            place = StoredSegment(reader.header.segment_id, at, reader.size, start, start + 4)
            index.append(place)
            at += reader.size
        return index

    def grant(self, part=PartKind.MASKED, **changed):
        grant = Grant(self.door.object_id, frozenset({part}), "test", "owner", NOW)
        return replace(grant, **changed)

    def open(self, content, part=PartKind.MASKED, **changed):
        arguments = self.arguments(part) | {"end": None}
        return open_part(self.suite, content, **(arguments | changed))

    def arguments(self, part):
        """What every way of opening asks for."""
        return {
            "locks": self.locks,
            "epoch_key_of": lambda *_: (self.epoch, self.private),
            "device_public_key": self.device_public,
            "grant": self.grant(part),
            "object_id": self.door.object_id,
            "part": part,
            "now": NOW,
        }

    def verify(self, content, part=PartKind.MASKED, end=None):
        return verify_part(
            self.suite,
            content,
            self.device_public,
            object_id=self.door.object_id,
            part=part,
            end=end,
        )

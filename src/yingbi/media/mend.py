"""Give a film that lost its index another one, with what a whole film of the same camera lends.

An MP4 or MOV writes its index (moov) last, so a camera that lost its power leaves pictures
that nobody can find. A whole film knows the parameter sets, the clock and how its coded units
begin; the pictures are found again as units that each follow their length (ISO/IEC 14496-15,
5.3). A unit may hold no start code (H.264 7.4.1; HEVC 7.4.2), which tells it from what lies
between, such as sound. What is read from it all the same is judged by the decoder.
"""

import io
import mmap
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

import av

from yingbi.domain.messages import say
from yingbi.errors import CutOffError, UnsupportedMediaError
from yingbi.media.avc import AvcRecord
from yingbi.media.boxes import box, boxes_until, child, children, has_index
from yingbi.media.containers import container_of, head_of
from yingbi.media.description import picture_stream
from yingbi.media.libav import reading
from yingbi.media.nal import BrokenUnitsError, split
from yingbi.media.records import record_of
from yingbi.media.source_file import open_source

LEARNED = 3000
"""Packets of the whole film from which the beginnings of units are learned."""

LENGTH_SIZE = 4
START_CODE = re.compile(rb"\x00\x00[\x00-\x02]")
LARGER = 4
"""A unit is at most so many times as large as the largest of the whole film."""

SAME_BITS = 0xF8
"""Of the byte behind a unit's header: place and type of a slice, and hardly any of its count."""


@dataclass(frozen=True, slots=True)
class Lent:
    """What a whole film lends: boxes of its index, its clock, and how its units begin.

    beginnings: the header of each kind of unit and `SAME_BITS` of the byte behind it. head: bytes
    of a header. largest: bytes of a unit. slices: how many of them a picture has.
    """

    kind: bytes = field(repr=False)
    index: bytes = field(repr=False)
    duration: int
    beginnings: frozenset[bytes] = field(repr=False)
    head: int
    largest: int
    slices: frozenset[int] = frozenset({1})

    def type_of(self, unit: bytes) -> int:
        """Return the unit's type (H.264 7.3.1; HEVC 7.3.1.2)."""
        return unit[0] & 31 if self.head == 1 else unit[0] >> 1 & 63

    def is_picture(self, unit: bytes) -> bool:
        """Return whether the unit is a slice."""
        kind = self.type_of(unit)
        return 1 <= kind <= 5 if self.head == 1 else kind < 32

    def is_key(self, unit: bytes) -> bool:
        """Return whether it needs nothing before it: IDR, or any IRAP picture of HEVC."""
        kind = self.type_of(unit)
        return kind == 5 if self.head == 1 else 16 <= kind <= 23

    def likely(self) -> re.Pattern[bytes]:
        """Return what a unit's length and beginning look like."""
        parts = [
            re.escape(one[:-1]) + b"[%b-%b]" % tuple(re.escape(bytes([edge])) for edge in span)
            for one in sorted(self.beginnings)
            for span in [(one[-1], one[-1] | ~SAME_BITS & 0xFF)]
        ]
        high = re.escape(bytes([min(LARGER * self.largest >> 16, 0xFF)]))
        pattern = rb"\x00[\x00-%b][\x00-\xff]{2}(?:%b)" % (high, b"|".join(parts))
        return re.compile(pattern, re.DOTALL)


@dataclass(frozen=True, slots=True)
class Sample:
    """One coded picture: where it lies, its bytes, and whether it needs nothing before it."""

    place: int
    size: int
    key: bool


def lost_its_index(path: Path) -> bool:
    """Return whether the file is an MP4 or MOV without its index; raises as `open_source` does."""
    with open_source(path) as file:
        return container_of(head_of(file)) in {"mp4", "mov"} and not has_index(file)


@contextmanager
def mended(path: Path, like: Path) -> Iterator[BinaryIO]:
    """Open a film without an index as if it had one; it holds the picture and nothing else.

    like: a whole film of the same camera at the same settings.

    Raises: CutOffError where no picture is found, UnsupportedMediaError where `like` cannot
        lend, and what reading it raises.
    """
    lent = lend(like)
    with open_source(path) as file:
        start = _content_of(file, path)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            samples = list(find_samples(content, start, lent))
        if not samples or not samples[0].key:
            raise CutOffError(path=path, reason=say("no picture is found that it could begin with"))
        end = samples[-1].place + samples[-1].size
        with io.BufferedReader(
            _Mended(file, start, end, _head(lent, samples, start, end))
        ) as whole:
            yield cast(BinaryIO, whole)


def lend(like: Path) -> Lent:
    """Return what the film lends.

    Raises: UnsupportedMediaError where its picture is not H.264 or HEVC in MP4 or MOV with
        frames stored in the order shown, and what opening it raises.
    """
    with open_source(like) as file:
        if container_of(head_of(file)) not in {"mp4", "mov"}:
            raise _cannot_lend(like)
        kind, index = b"", b""
        for name, place, size in boxes_until(file, like, b"moov"):
            file.seek(place)
            kind = file.read(size) if name == b"ftyp" else kind
            index = file.read(size) if name == b"moov" else index
        file.seek(0)
        with reading(like), av.open(file, "r") as container:
            stream = picture_stream(container, like)
            try:
                record = record_of(stream)
            except BrokenUnitsError:
                raise _cannot_lend(like) from None
            head = 1 if isinstance(record, AvcRecord) else 2
            packets = [p for p in islice(container.demux(stream), LEARNED) if p.size]
            if record.length_size != LENGTH_SIZE or any(p.pts != p.dts for p in packets):
                raise _cannot_lend(like)
            ticks = Counter(packet.duration for packet in packets).most_common(1)[0][0]
            pictures = [split(bytes(packet), LENGTH_SIZE) for packet in packets]
    if not ticks or not any(_seen(one) for _, one in children(index[8:])):
        raise _cannot_lend(like)
    units = [unit for picture in pictures for unit in picture]
    starts = frozenset(unit[:head] + bytes([unit[head] & SAME_BITS]) for unit in units)
    lent = Lent(kind, index, int(ticks), starts, head, max(map(len, units)))
    slices = frozenset(sum(map(lent.is_picture, picture)) for picture in pictures) - {0}
    return replace(lent, slices=slices)


def find_samples(content: "mmap.mmap | bytes", start: int, lent: Lent) -> Iterator[Sample]:
    """Yield the coded pictures from a place on, in their order; what is none is passed over."""
    likely, begin = lent.likely(), -1
    place, end, shown, key = start, start, 0, False
    while found := likely.search(content, place):
        place = found.start()
        size = LENGTH_SIZE + int.from_bytes(content[place : place + LENGTH_SIZE])
        after = place + size
        if after > len(content) or START_CODE.search(content, place + LENGTH_SIZE, after):
            place += 1
            continue
        unit = content[place + LENGTH_SIZE : place + LENGTH_SIZE + lent.head + 1]
        picture = lent.is_picture(unit)
        first = not picture or unit[lent.head] & 0x80  # first_mb_in_slice is 0, or its like in HEVC
        if begin >= 0 and (place != end or (shown and first)):
            if shown in lent.slices:
                yield Sample(begin, end - begin, key)
            begin, shown, key = -1, 0, False
        begin = place if begin < 0 else begin
        shown, key, end = shown + picture, key or (picture and lent.is_key(unit)), after
        place = after
    if shown in lent.slices:
        yield Sample(begin, end - begin, key)


class _Mended(io.RawIOBase):
    """A new beginning, and behind it a part of a file that is not copied."""

    def __init__(self, file: BinaryIO, start: int, end: int, head: bytes) -> None:
        super().__init__()
        self._file, self._start, self._head = file, start, head
        self._size, self._place = len(head) + end - start, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._file.fileno()

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = 0) -> int:
        self._place = max(0, offset + (0, self._place, self._size)[whence])
        return self._place

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        wanted = min(len(buffer), self._size - self._place)
        if wanted <= 0:
            return 0
        if self._place < len(self._head):
            part = self._head[self._place : self._place + wanted]
        else:
            self._file.seek(self._start + self._place - len(self._head))
            part = self._file.read(wanted)
        buffer[: len(part)] = part
        self._place += len(part)
        return len(part)


def _content_of(file: BinaryIO, path: Path) -> int:
    """Return where the content of the broken film begins; raise CutOffError where there is none."""
    for name, place, _ in boxes_until(file, path, b"mdat"):
        if name == b"mdat":
            file.seek(place)
            return place + (16 if int.from_bytes(file.read(4)) == 1 else 8)
    raise CutOffError(path=path, reason=say("its index is missing"))


def _head(lent: Lent, samples: Sequence[Sample], start: int, end: int) -> bytes:
    """Return all that comes before the content: kind, index, and the content's own header.

    Places are counted from the file's beginning, so the index is written twice: the first
    time to know how long it is.
    """
    content = b"\x00\x00\x00\x01mdat" + (16 + end - start).to_bytes(8)
    length = len(lent.kind + _index(lent, samples, 0) + content)
    return lent.kind + _index(lent, samples, length - start) + content


def _index(lent: Lent, samples: Sequence[Sample], moved: int) -> bytes:
    """Return a moov with one track (ISO/IEC 14496-12, 8.2 to 8.7).

    moved: by how much each sample lies further on than in the broken file.
    """
    track = next(one for _, one in children(lent.index[8:]) if _seen(one))
    media = dict(children(child(track, b"mdia")))
    inside = dict(children(media[b"minf"]))
    keys = [number for number, sample in enumerate(samples, 1) if sample.key]
    tables = box(b"stsd", dict(children(inside[b"stbl"]))[b"stsd"])
    tables += _table(b"stts", [(len(samples), lent.duration)])
    tables += _table(b"stss", [(key,) for key in keys])
    tables += _table(b"stsc", [(1, 1, 1)])
    sizes = b"".join(sample.size.to_bytes(4) for sample in samples)
    tables += box(b"stsz", bytes(8) + len(samples).to_bytes(4) + sizes)
    places = b"".join((sample.place + moved).to_bytes(8) for sample in samples)
    tables += box(b"co64", bytes(4) + len(samples).to_bytes(4) + places)
    kept = b"".join(box(name, inside[name]) for name in (b"vmhd", b"dinf") if name in inside)
    clock = _with_length(media[b"mdhd"], len(samples) * lent.duration)
    content = box(b"mdhd", clock) + box(b"hdlr", media[b"hdlr"])
    content += box(b"minf", kept + box(b"stbl", tables))
    whole = box(b"tkhd", child(track, b"tkhd")) + box(b"mdia", content)
    return box(b"moov", box(b"mvhd", child(lent.index[8:], b"mvhd")) + box(b"trak", whole))


def _table(name: bytes, entries: Sequence[tuple[int, ...]]) -> bytes:
    numbers = b"".join(number.to_bytes(4) for entry in entries for number in entry)
    return box(name, bytes(4) + len(entries).to_bytes(4) + numbers)


def _with_length(header: bytes, duration: int) -> bytes:
    """Return a media header (mdhd) that says how long the track is."""
    place, size = (24, 8) if header[0] else (16, 4)
    return header[:place] + duration.to_bytes(size) + header[place + size :]


def _seen(track: bytes) -> bool:
    return child(child(track, b"mdia"), b"hdlr")[8:12] == b"vide"


def _cannot_lend(path: Path) -> UnsupportedMediaError:
    reason = say("it lends nothing: it is no H.264 or HEVC in MP4 or MOV without reordered frames")
    return UnsupportedMediaError(path=path, reason=reason)

"""Search bytes for anything of a film or its records that was left readable.

A `Trail` knows one source: runs of its pixels, runs of its packets, and texts that
were said of it. `Trail.findings` looks at bytes from every offset for those, and
carves for pictures, films and compressed streams that open at all, whoever they show.
"""

import base64
import contextlib
import io
import warnings
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

Octets = NDArray[np.uint8]

PIXEL_RUN, PACKET_RUN = 32, 64
DISTINCT = 12  # a run of fewer values may be a gradient or a fill that is nobody's
MOST_INFLATED = 64 << 20
DECODER_LOOKS_AT = 16 << 20
TABLE_BITS = 24
LEAST_OF_EACH = 4
"""Of each frame and packet at least so many runs are kept, however long the film is."""

PICTURES = {
    "JPEG": (b"\xff\xd8\xff", 0),
    "PNG": (b"\x89PNG\r\n\x1a\n", 0),
    "GIF": (b"GIF8", 0),
    "WEBP": (b"WEBP", 8),
    "TIFF": (b"II*\x00", 0),
}
BMP_HEADS = (12, 40, 52, 56, 64, 108, 124)
FILMS = {
    "mov,mp4": ((b"ftyp", 4), (b"moov", 4)),
    "matroska": ((b"\x1aE\xdf\xa3", 0),),
    "avi": ((b"AVI LIST", 8),),
    "h264": tuple((b"\x00\x00\x01" + bytes([head]), 0) for head in (0x27, 0x47, 0x67)),
}
SPS_PROFILES = (66, 77, 88, 100, 110, 122, 244)
FIRST_IN_MOOF = b"mfhd"


@dataclass(frozen=True)
class Finding:
    """What was found ("picture", "film", "pixels", "packet" or "text"), and where."""

    kind: str
    place: str
    offset: int
    what: str


class Runs:
    """Many runs of one length, found at every offset of any bytes."""

    def __init__(self, runs: Octets, length: int) -> None:
        """Take (N, length) runs; those of fewer than 12 distinct values are left out."""
        ordered = np.sort(runs, axis=1)
        telling = runs[(np.diff(ordered, axis=1) != 0).sum(axis=1) + 1 >= DISTINCT]
        self.length = length
        self._all = {bytes(run) for run in telling}
        self._tables = []
        for at in (0, length - 8):
            table = np.zeros(1 << TABLE_BITS, bool)
            table[_slots(np.ascontiguousarray(telling[:, at : at + 8]).view("<u8")[:, 0])] = True
            self._tables.append((at, table))

    def __len__(self) -> int:
        return len(self._all)

    def found(self, data: bytes) -> Iterator[int]:
        """Yield each offset at which one of the runs begins."""
        for start in range(0, len(data), 1 << 20):  # pieces overlap by a run
            piece = np.frombuffer(data, np.uint8)[start : start + (1 << 20) + self.length - 1]
            if len(piece) < self.length:
                return
            first_at, first = self._tables[0]
            last_at, last = self._tables[1]
            words = np.lib.stride_tricks.sliding_window_view(piece, 8)
            heads = np.ascontiguousarray(words[: len(piece) - self.length + 1]).view("<u8")[:, 0]
            candidates = np.flatnonzero(first[_slots(heads)])
            tails = np.ascontiguousarray(words[candidates + last_at - first_at]).view("<u8")
            for offset in candidates[last[_slots(tails.reshape(-1))]]:
                if bytes(piece[offset : offset + self.length]) in self._all:
                    yield start + int(offset)


def _slots(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return (words * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - TABLE_BITS)


@dataclass(frozen=True)
class Trail:
    """What a source would leave: runs of its pixels and packets, and texts."""

    pixels: Runs
    packets: Runs
    texts: dict[bytes, str]

    def findings(self, data: bytes, place: str) -> list[Finding]:
        """Return what was found; of each kind the first five."""
        found = [*_few(carved(data, place)), *_few(whole(data, place)), *self._told(data, place)]
        for offset, inside in inflated(data):
            found += self._told(inside, f"{place} (compressed at {offset})")
        return found

    def _told(self, data: bytes, place: str) -> list[Finding]:
        pixels = (
            Finding("pixels", place, at, "a row of the film") for at in self.pixels.found(data)
        )
        packets = (Finding("packet", place, at, "a packet") for at in self.packets.found(data))
        texts = (
            Finding("text", place, at, name)
            for needle, name in self.texts.items()
            for at in _places_of(needle, data)
        )
        return [*_few(pixels), *_few(packets), *_few(texts)]


def trail_of(film: Path, texts: Iterable[str], most: int | None = None) -> Trail:
    """Return what the film would leave: every frame's luma, some frames' RGB, all packets.

    most: about so many runs of pixels, and so many of packets, are kept, spread evenly over
    every frame and every packet: a long film would fill the memory. None: all of them.
    """
    with av.open(film) as container:
        track = container.streams.video[0]
        seconds = (container.duration or 0) / av.time_base
        frames = track.frames or int(seconds * (track.average_rate or 25))
        each = None if most is None else max(LEAST_OF_EACH, most // max(1, frames))
        pixels: list[Octets] = []
        for number, frame in enumerate(container.decode(track)):
            pixels.append(_spread(_grid(luma_of(frame), PIXEL_RUN), each))
            if number % 5 == 0:
                rgb = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
                rgb = rgb.reshape(frame.height, -1)
                pixels.append(_spread(_grid(rgb, PIXEL_RUN), each))
    with av.open(film) as container:
        packets = [
            _spread(_packet_runs(bytes(packet)), each)
            for packet in container.demux()
            if packet.size >= PACKET_RUN
        ]
    return Trail(
        Runs(np.concatenate(pixels), PIXEL_RUN),
        Runs(np.concatenate(packets), PACKET_RUN),
        {needle: text for text in texts for needle in spellings(text)},
    )


def luma_of(frame: av.VideoFrame) -> Octets:
    """Return the bare luma of a frame, (H, W)."""
    plane = frame.planes[0]
    rows: Octets = np.frombuffer(bytes(plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: frame.height, : frame.width]


def _spread(runs: Octets, most: int | None) -> Octets:
    """Return so many of the runs, as far apart as can be."""
    if most is None or len(runs) <= most:
        return runs
    chosen: Octets = runs[np.linspace(0, len(runs) - 1, most).astype(int)]
    return chosen


def _grid(plane: Octets, length: int) -> Octets:
    """Cut rows into runs on a grid: a leak of two runs' length holds one of them whole."""
    kept = plane.shape[1] // length * length
    return np.ascontiguousarray(plane[:, :kept]).reshape(-1, length)


def _packet_runs(packet: bytes) -> Octets:
    """Cut a packet into runs; left out are words of the encoder's, which any film of it holds."""
    octets = np.frombuffer(packet, np.uint8)
    runs = np.concatenate([_grid(octets[None], PACKET_RUN), octets[None, -PACKET_RUN:]])
    words = ((runs >= 32) & (runs < 127)).all(axis=1)
    return runs[~words]


def spellings(text: str) -> set[bytes]:
    """Return the text as bytes in each way that files spell it."""
    plain = text.encode()
    base64s = {base64.b64encode(bytes(n) + plain)[4 * (n > 0) :] for n in range(3)}
    inner = {spelled[1:].rstrip(b"=")[:-1] for spelled in base64s}  # ends mix with neighbours
    return {
        plain, text.encode("utf-16-le"), text.encode("utf-16-be"),
        plain.hex().encode(), plain.hex().upper().encode(), *(s for s in inner if len(s) >= 8),
    }  # fmt: skip


def whole(data: bytes, place: str) -> Iterator[Finding]:
    """Yield a finding where all of the bytes open as a picture or a film of any known format."""
    if decodes_as_picture(data, None):
        yield Finding("picture", place, 0, "the whole of it")
    if decodes_as_film(data, None):
        yield Finding("film", place, 0, "the whole of it")


def carved(data: bytes, place: str) -> Iterator[Finding]:
    """Yield each picture and film that opens from whatever offset it begins at."""
    heads = [(n, i - at) for n, (magic, at) in PICTURES.items() for i in _places_of(magic, data)]
    for name, offset in (*heads, *(("BMP", at) for at in _bmp_heads(data))):
        if offset >= 0 and decodes_as_picture(data[offset : offset + DECODER_LOOKS_AT], [name]):
            yield Finding("picture", place, offset, name)
    for name, magics in FILMS.items():
        for magic, at in magics:
            for offset in (i - at for i in _places_of(magic, data)):
                if offset < 0 or (name == "h264" and not _plausible_sps(data, offset)):
                    continue
                if decodes_as_film(data[offset : offset + DECODER_LOOKS_AT], name.split(",")[-1]):
                    yield Finding("film", place, offset, name)
    for offset in _fragments(data):
        yield Finding("film", place, offset, "a fragment of MP4")


def decodes_as_picture(data: bytes, formats: list[str] | None) -> bool:
    """Whether Pillow opens it and gets pixels, be the end cut off."""
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=formats) as picture:
                picture.load()
                return True
    except Exception:  # noqa: BLE001 what does not open, in whatever way, is no picture
        return False
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before


def decodes_as_film(data: bytes, container_format: str | None) -> bool:
    """Whether libav opens it and gets one frame, but for CD+G: one byte makes that of anything."""
    try:
        with av.open(io.BytesIO(data), "r", format=container_format) as container:
            if container.format.name == "cdg":
                return False
            return next(container.decode(video=0), None) is not None
    except Exception:  # noqa: BLE001 as above
        return False


def inflated(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield what each zlib or gzip stream in it holds, from 32 bytes on, be its end damaged."""
    magics = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda", b"\x1f\x8b\x08")
    for magic in magics:
        for offset in _places_of(magic, data):
            if len(inside := _inflate(data, offset)) >= 32:
                yield offset, inside


def _inflate(data: bytes, offset: int) -> bytes:
    stream, inside = zlib.decompressobj(zlib.MAX_WBITS | 32), bytearray()
    with contextlib.suppress(zlib.error):
        for at in range(offset, len(data), 256):
            inside += stream.decompress(data[at : at + 256])
            if stream.eof or len(inside) > MOST_INFLATED:
                break
    return bytes(inside)


def _bmp_heads(data: bytes) -> Iterator[int]:
    """Yield where a BMP's file header is followed by one of its picture headers; "BM" is too short."""
    for offset in _places_of(b"BM", data):
        head = data[offset : offset + 18]
        if head[6:10] == bytes(4) and int.from_bytes(head[14:18], "little") in BMP_HEADS:
            yield offset


def _plausible_sps(data: bytes, offset: int) -> bool:
    sps = data[offset + 4 : offset + 7]
    return len(sps) == 3 and sps[0] in SPS_PROFILES and sps[1] & 3 == 0 and 9 <= sps[2] <= 62


def _fragments(data: bytes) -> Iterator[int]:
    """Yield where a moof begins with its mfhd, or an mdat holds whole length-prefixed NAL units."""
    for offset in (i - 4 for i in _places_of(b"moof", data)):
        if data[offset + 12 : offset + 16] == FIRST_IN_MOOF:
            yield offset
    for offset in (i - 4 for i in _places_of(b"mdat", data)):
        if offset >= 0 and _holds_units(data, offset):
            yield offset


def _holds_units(data: bytes, offset: int) -> bool:
    end = min(len(data), offset + int.from_bytes(data[offset : offset + 4]))
    at, units = offset + 8, 0
    while at + 5 <= end:
        length, head = int.from_bytes(data[at : at + 4]), data[at + 4]
        if not 1 <= length <= end - at or head & 0x80 or not 1 <= head & 0x1F <= 23:
            break
        at, units = at + 4 + length, units + 1
    return units >= 2


def _places_of(needle: bytes, data: bytes) -> Iterator[int]:
    at = data.find(needle)
    while at >= 0:
        yield at
        at = data.find(needle, at + 1)


def _few(findings: Iterable[Finding], most: int = 5) -> Iterator[Finding]:
    for _, finding in zip(range(most), findings, strict=False):
        yield finding


def files_of(folders: Iterable[Path]) -> dict[str, bytes]:
    """Return every file below the folders by its path; names are content too, so they come along."""
    contents: dict[str, bytes] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            contents[str(path)] = path.read_bytes() if path.is_file() else b""
    return contents


def scan(trail: Trail, contents: dict[str, bytes], say: Callable[[str], None]) -> list[Finding]:
    """Return what is found in all contents and in their names; say how much was looked at."""
    found = [f for place, data in contents.items() if data for f in trail.findings(data, place)]
    for place in contents:
        names = (text for needle, text in trail.texts.items() if needle in place.encode())
        found += [Finding("text", place, 0, f"its name holds {text}") for text in names]
    say(
        f"scanned {sum(map(len, contents.values()))} bytes of {len(contents)} places for"
        f" {len(trail.pixels)} runs of pixels, {len(trail.packets)} of packets,"
        f" {len(trail.texts)} spellings: {len(found)} findings"
    )
    return found

"""Containers of film: known by their first bytes, never by a name."""

from dataclasses import dataclass
from typing import BinaryIO, Literal

from yingbi.media.boxes import FIRST_BOXES

Container = Literal["mp4", "mov", "matroska", "webm", "avi", "mpegts", "mpegps"]

SURE_BOXES = frozenset((b"ftyp", b"moov", b"mdat"))

HEAD = 1024
"""Bytes that are enough to know every container."""

EBML = b"\x1a\x45\xdf\xa3"
PACK = b"\0\0\1\xba"
SYNC, PACKET_SIZES = 0x47, (188, 192, 204)
"""A transport stream's packets begin with this byte; with a time stamp before, or a checksum after."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What is said of a container: libav's demuxer, its media type, its name for people.

    counts: whether its index tells how many packets there must be.
    """

    demuxer: str
    media_type: str
    name: str
    endings: frozenset[str]
    counts: bool = False


KINDS: dict[Container, Kind] = {
    "mp4": Kind("mov", "video/mp4", "MP4", frozenset({".mp4", ".m4v", ".mov"}), counts=True),
    "mov": Kind(
        "mov", "video/quicktime", "MOV", frozenset({".mov", ".qt", ".mp4", ".m4v"}), counts=True
    ),
    "matroska": Kind("matroska", "video/matroska", "MKV", frozenset({".mkv"})),
    "webm": Kind("matroska", "video/webm", "WebM", frozenset({".webm"})),
    "avi": Kind("avi", "video/vnd.avi", "AVI", frozenset({".avi"}), counts=True),
    "mpegts": Kind("mpegts", "video/mp2t", "MPEG-TS", frozenset({".ts", ".m2ts", ".mts"})),
    "mpegps": Kind("mpeg", "video/mp2p", "MPEG-PS", frozenset({".mpg", ".mpeg", ".vob"})),
}


def container_of(head: bytes) -> Container | None:
    """Return the container that a file of such a head is in; None where it is in none."""
    if head[4:8] in FIRST_BOXES:
        brand = head[8:12] if head[4:8] == b"ftyp" else b"qt  "
        return "mov" if brand == b"qt  " else "mp4"
    if head.startswith(EBML):
        return "webm" if b"webm" in head[:64] else "matroska"
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return "avi"
    if head.startswith(PACK):
        return "mpegps"
    return "mpegts" if packet_size(head) else None


def looks_like_film(head: bytes) -> bool:
    """Return whether a file whose name says nothing is surely meant as a film.

    Some first boxes of MOV are words that a text may begin with: those do not count.
    """
    kind = container_of(head)
    return kind is not None and (head[4:8] in SURE_BOXES or not KINDS[kind].counts or kind == "avi")


def packet_size(head: bytes) -> int | None:
    """Return the size of a transport stream's packets, None where it is no such stream."""
    for size in PACKET_SIZES:
        start = 4 if size == 192 else 0
        if len(head) >= 3 * size and all(head[start + n * size] == SYNC for n in range(3)):
            return size
    return None


def head_of(file: BinaryIO) -> bytes:
    """Return the first bytes; the file is left at its start."""
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    return head


def demuxer_of(file: BinaryIO) -> str:
    """Return libav's reader for the file, which is left at its start; MP4's where none is known."""
    return KINDS[container_of(head_of(file)) or "mp4"].demuxer

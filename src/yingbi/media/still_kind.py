"""The kinds of picture that are read and written, known by their first bytes."""

from enum import StrEnum

HEAD = 64
"""So many bytes tell what a picture is."""

JPEG = b"\xff\xd8\xff"
PNG = b"\x89PNG\r\n\x1a\n"


class StillKind(StrEnum):
    """A picture's format, by its media type."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    AVIF = "image/avif"
    HEIC = "image/heic"
    TIFF = "image/tiff"
    BMP = "image/bmp"
    GIF = "image/gif"


ENDINGS: dict[StillKind, tuple[str, ...]] = {
    StillKind.JPEG: (".jpg", ".jpeg", ".jpe", ".jfif"),
    StillKind.PNG: (".png", ".apng"),
    StillKind.WEBP: (".webp",),
    StillKind.AVIF: (".avif", ".avifs"),
    StillKind.HEIC: (".heic", ".heif", ".hif"),
    StillKind.TIFF: (".tif", ".tiff"),
    StillKind.BMP: (".bmp", ".dib"),
    StillKind.GIF: (".gif",),
}
"""Names' endings of each kind, the usual one first."""

MAGIC: tuple[tuple[bytes, StillKind], ...] = (
    (JPEG, StillKind.JPEG),
    (PNG, StillKind.PNG),
    (b"GIF87a", StillKind.GIF),
    (b"GIF89a", StillKind.GIF),
    (b"II*\0", StillKind.TIFF),
    (b"MM\0*", StillKind.TIFF),
    (b"II+\0", StillKind.TIFF),
    (b"MM\0+", StillKind.TIFF),
)
BMP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
AVIF_BRANDS = (b"avif", b"avis")
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis")


def still_kind(head: bytes) -> StillKind | None:
    """Return the kind of picture that a file with these first bytes (HEAD) is, None for others."""
    for magic, kind in MAGIC:
        if head.startswith(magic):
            return kind
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return StillKind.WEBP
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in BMP_HEADERS:
        return StillKind.BMP
    if head[4:8] == b"ftyp":
        end = min(int.from_bytes(head[:4]), len(head))
        brands = {head[at : at + 4] for at in (8, *range(16, end, 4))}
        if brands.intersection(AVIF_BRANDS):
            return StillKind.AVIF
        if brands.intersection(HEIC_BRANDS):
            return StillKind.HEIC
    return None


def endings_of(media_type: str) -> tuple[str, ...]:
    """Return the endings of names of a picture of this media type, none for what is no picture."""
    return ENDINGS[StillKind(media_type)] if media_type in set(StillKind) else ()

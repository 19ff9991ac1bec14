"""WebP put together chunk by chunk, so that every frame stays a frame.

The library's own writer of animations joins frames that are alike; here each is
written whole, with its own time.
"""

from yingbi.media.still_layout import webp_chunks

ANIMATED, HAS_EXIF, HAS_ALPHA, HAS_ICC = 0x02, 0x08, 0x10, 0x20
DRAWN_OVER = 0x02
PICTURE = (b"ALPH", b"VP8 ", b"VP8L")
LONGEST_MS = (1 << 24) - 1


def animation(
    pictures: list[tuple[bytes, int]],
    size: tuple[int, int],
    *,
    loop: int,
    icc: bytes | None,
    exif: bytes,
    alpha: bool,
) -> bytes:
    """Return a WebP of these frames: each a WebP of its own, and its milliseconds."""
    flags = ANIMATED | HAS_ALPHA * alpha | HAS_EXIF * bool(exif) | HAS_ICC * bool(icc)
    sides = _three(size[0] - 1) + _three(size[1] - 1)
    chunks = [_chunk(b"VP8X", bytes([flags, 0, 0, 0]) + sides)]
    if icc:
        chunks.append(_chunk(b"ICCP", icc))
    chunks.append(_chunk(b"ANIM", bytes(4) + loop.to_bytes(2, "little")))
    for content, duration_ms in pictures:
        time = _three(min(duration_ms, LONGEST_MS)) + bytes([DRAWN_OVER])
        parts = [_chunk(n, body) for n, body in webp_chunks(content) if n in PICTURE]
        chunks.append(_chunk(b"ANMF", bytes(6) + sides + time + b"".join(parts)))
    if exif:
        chunks.append(_chunk(b"EXIF", exif))
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + len(body).to_bytes(4, "little") + body + bytes(len(body) % 2)


def _three(number: int) -> bytes:
    return number.to_bytes(3, "little")

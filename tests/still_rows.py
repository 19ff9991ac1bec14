"""Pictures of every kind, each with secrets in every place that its format has for words."""

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

from films import portrait
from yingbi.media.heic import heic_reader

SIZE = (160, 120)
WORD = b"Anna-at-home"
"""Planted wherever a format takes words; none of it may come out."""

Make = Callable[[], bytes]


@dataclass(frozen=True)
class Row:
    """One kind of picture. db: the least PSNR outside the mask, 0 for the same pixels.

    plants: how often the word must be in the source, or the row proves nothing.
    """

    make: Make
    db: float = 0.0
    plants: int = 1
    profile: bool = False
    same: tuple[str, ...] = ()


@cache
def photo() -> Image.Image:
    return portrait().crop((60, 0, 412, 264)).resize(SIZE, Image.Resampling.LANCZOS)


def clear_photo() -> Image.Image:
    """The photo with an alpha of every kind: none, some and all."""
    picture = photo().convert("RGBA")
    alpha = np.tile(np.linspace(0, 255, SIZE[0]).astype(np.uint8), (SIZE[1], 1))
    picture.putalpha(Image.fromarray(alpha))
    return picture


def deep(channels: int) -> np.ndarray:
    """(H, W, C) of 16 bits whose low bytes are not the high ones."""
    eight = np.asarray(clear_photo() if channels in {2, 4} else photo()).astype(np.uint16)
    if channels <= 2:
        eight = eight[:, :, [0, -1][:channels]]
    grain = np.random.default_rng(16).integers(0, 256, eight.shape, np.uint16)
    return eight * 256 + grain


def exif(orientation: int = 1) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010F] = WORD.decode() + " maker"
    tags[0x9286] = WORD.decode()
    place = tags.get_ifd(0x8825)
    place[1], place[2] = "N", (30.0, 15.0, WORD[0])
    return tags.tobytes()


XMP = b"<x:xmpmeta>" + WORD + b"</x:xmpmeta>"


def icc(space: str = "sRGB") -> bytes:
    """A profile with names in it."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile(space)).tobytes())
    profile[80:84] = WORD[:4]
    return bytes(profile)


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    sink = io.BytesIO()
    picture.save(sink, kind, **options)
    return sink.getvalue()


def jpeg(mode: str = "RGB", orientation: int = 1, **options: object) -> bytes:
    given = {"quality": 85, "comment": WORD, "xmp": XMP, "exif": exif(orientation)}
    return saved(turned(photo(), orientation).convert(mode), "JPEG", **(given | options))


def heic(picture: Image.Image, **options: object) -> bytes:
    """A picture as telephones store them."""
    heic_reader(Path("heic"))  # from here on Pillow knows the format
    return saved(picture, "HEIF", **({"quality": 90} | options))


def turned(picture: Image.Image, orientation: int) -> Image.Image:
    """How a picture is stored that is shown as this one."""
    way = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }.get(orientation)
    return picture if way is None else picture.transpose(way)


def with_thumbnail() -> bytes:
    """A JPEG whose EXIF holds a small copy of itself with the face clear."""
    small = saved(photo().resize((80, 60)), "JPEG", quality=60, comment=WORD)
    first = struct.pack(">HH", 0x4D4D, 42) + struct.pack(">I", 8)
    second = 8 + 2 + 4
    head = first + struct.pack(">H", 0) + struct.pack(">I", second)
    start = second + 2 + 24 + 4
    tags = struct.pack(">HHII", 0x0201, 4, 1, start) + struct.pack(
        ">HHII", 0x0202, 4, 1, len(small)
    )
    tiff = head + struct.pack(">H", 2) + tags + bytes(4) + small
    return jpeg(exif=b"Exif\0\0" + tiff)


def many_in_one() -> bytes:
    """A JPEG after which another follows, as cameras with previews or two lenses write."""
    return jpeg(comment=b"first") + jpeg(comment=WORD)


def png(picture: Image.Image, **options: object) -> bytes:
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", WORD.decode())
    words.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return saved(picture, "PNG", pnginfo=words, exif=exif(), **options)


def deep_png(channels: int) -> bytes:
    samples = deep(channels)
    head = struct.pack(">IIBBBBB", *SIZE, 16, {1: 0, 2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
    lines = samples.astype(">u2").reshape(SIZE[1], -1).view(np.uint8)
    data = b"".join(b"\0" + line.tobytes() for line in lines)
    chunks = (
        (b"IHDR", head),
        (b"tEXt", b"Author\0" + WORD),
        (b"IDAT", zlib.compress(data)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)
        for kind, body in chunks
    )


def tiff(picture: Image.Image, **options: object) -> bytes:
    tags = {270: WORD.decode(), 315: WORD.decode(), 700: XMP, 33723: WORD, 34377: WORD}
    return saved(picture, "TIFF", tiffinfo=tags, **options)


def deep_tiff(channels: int) -> bytes:
    """16 bits a channel, in strips, after a description."""
    samples = deep(channels).astype("<u2").tobytes()
    words, bits = WORD + b"\0", struct.pack(f"<{channels}H", *(16,) * channels)
    body = b"II*\0" + (8 + len(samples) + len(words) + len(bits) + 1).to_bytes(4, "little")
    body += samples + words + bits + b"\0"
    place = 8 + len(samples)
    tags = [
        (256, 4, 1, SIZE[0]), (257, 4, 1, SIZE[1]), (258, 3, channels, place + len(words)),
        (259, 3, 1, 1), (262, 3, 1, 2), (270, 2, len(words), place), (273, 4, 1, 8),
        (277, 3, 1, channels), (278, 4, 1, SIZE[1]), (279, 4, 1, len(samples)), (284, 3, 1, 1),
    ]  # fmt: skip
    if channels == 4:
        tags.append((338, 3, 1, 2))
    return body + struct.pack("<H", len(tags)) + b"".join(
        struct.pack("<HHII", *tag) for tag in tags
    ) + bytes(4)  # fmt: skip


def moved(step: int) -> Image.Image:
    """The photo some steps on."""
    return Image.fromarray(np.roll(np.asarray(photo()), step * 3, axis=1))


def frames(count: int = 4) -> list[Image.Image]:
    return [moved(step) for step in range(count)]


DURATIONS = [40, 130, 70, 200]


def gif(*, clear: bool = False, colours: int = 100, disposal: int = 1) -> bytes:
    pictures = [frame.quantize(colours) for frame in frames()]
    given: dict[str, object] = {"transparency": 5} if clear else {}
    return saved(
        pictures[0],
        "GIF",
        save_all=True,
        append_images=pictures[1:],
        duration=DURATIONS,
        loop=3,
        comment=WORD,
        disposal=disposal,
        **given,
    )


def moving(kind: str, pictures: list[Image.Image], **options: object) -> bytes:
    return saved(
        pictures[0],
        kind,
        save_all=True,
        append_images=pictures[1:],
        duration=DURATIONS,
        exif=exif(),
        xmp=XMP,
        **options,
    )


ROWS: dict[str, Row] = {
    "jpeg 4:4:4": Row(lambda: jpeg(subsampling=0), 45, 3, same=("quantization", "layer")),
    "jpeg 4:2:2": Row(lambda: jpeg(subsampling=1), 45, 3, same=("quantization", "layer")),
    "jpeg 4:2:0": Row(lambda: jpeg(subsampling=2), 45, 3, same=("quantization", "layer")),
    "jpeg of low quality": Row(lambda: jpeg(quality=40), 45, 3, same=("quantization", "layer")),
    "jpeg progressive": Row(lambda: jpeg(progressive=True), 45, 3, same=("quantization",)),
    "jpeg grey": Row(lambda: jpeg("L"), 45, 3, same=("quantization",)),
    "jpeg cmyk": Row(lambda: jpeg("CMYK"), 45, 3, same=("quantization",)),
    "jpeg of plain rgb": Row(lambda: jpeg(keep_rgb=True), 45, 3, same=("quantization",)),
    "jpeg with a profile": Row(lambda: jpeg(icc_profile=icc()), 45, 3, profile=True),
    "jpeg with a thumbnail": Row(with_thumbnail, 45, 3),
    "jpeg of several pictures": Row(many_in_one, 45, 3),
    **{f"jpeg turned {n}": Row(lambda n=n: jpeg(orientation=n), 45, 3) for n in range(2, 9)},
    "png 1 bit": Row(lambda: png(photo().convert("1")), plants=3),
    "png grey": Row(lambda: png(photo().convert("L")), plants=3),
    "png grey and alpha": Row(lambda: png(clear_photo().convert("LA")), plants=3),
    "png palette": Row(lambda: png(photo().quantize(60)), plants=3),
    "png palette of 16": Row(lambda: png(photo().quantize(13)), plants=3),
    "png palette with a clear colour": Row(
        lambda: png(photo().quantize(60), transparency=3), plants=3
    ),
    "png": Row(lambda: png(photo(), icc_profile=icc()), plants=3, profile=True),
    "png and alpha": Row(lambda: png(clear_photo()), plants=3),
    "png grey 16": Row(lambda: deep_png(1)),
    "png grey and alpha 16": Row(lambda: deep_png(2)),
    "png 16": Row(lambda: deep_png(3)),
    "png and alpha 16": Row(lambda: deep_png(4)),
    "webp lossy": Row(
        lambda: saved(photo(), "WEBP", quality=80, exif=exif(), xmp=XMP, icc_profile=icc()),
        45,
        3,
        profile=True,
    ),
    "webp lossy and alpha": Row(
        lambda: saved(clear_photo(), "WEBP", quality=80, exif=exif(), xmp=XMP), 45, 3
    ),
    "webp lossless": Row(
        lambda: saved(photo(), "WEBP", lossless=True, exif=exif(), xmp=XMP), plants=3
    ),
    "webp lossless and alpha": Row(
        lambda: saved(clear_photo(), "WEBP", lossless=True, exact=True, exif=exif(), xmp=XMP),
        plants=3,
    ),
    "webp moving": Row(lambda: moving("WEBP", frames(), quality=80, loop=2), 45, 3),
    "webp moving, lossless": Row(lambda: moving("WEBP", frames(), lossless=True, loop=0), plants=3),
    "avif": Row(
        lambda: saved(photo(), "AVIF", exif=exif(), xmp=XMP, icc_profile=icc()), 45, 3, profile=True
    ),
    "avif 4:4:4 and alpha": Row(
        lambda: saved(clear_photo(), "AVIF", subsampling="4:4:4", exif=exif(), xmp=XMP), 45, 3
    ),
    "avif moving": Row(lambda: moving("AVIF", frames()), 45, 3),
    "avif turned": Row(lambda: saved(turned(photo(), 6), "AVIF", exif=exif(6), xmp=XMP), 45, 3),
    "heic": Row(
        lambda: heic(photo(), exif=exif(), xmp=XMP, icc_profile=icc()), 45, 3, profile=True
    ),
    "heic 4:4:4 and alpha": Row(
        lambda: heic(clear_photo(), chroma=444, exif=exif(), xmp=XMP), 45, 3
    ),
    "heic turned": Row(lambda: heic(turned(photo(), 6), exif=exif(6), xmp=XMP), 45, 3),
    "heic of two pictures": Row(
        lambda: heic(
            photo(), exif=exif(), xmp=XMP, save_all=True, append_images=[photo().convert("L")]
        ),
        45,
        3,
    ),
    "tiff 1 bit": Row(
        lambda: tiff(photo().convert("1"), compression="group4"), plants=3, same=("compression",)
    ),
    "tiff grey": Row(
        lambda: tiff(photo().convert("L"), compression="packbits"), plants=3, same=("compression",)
    ),
    "tiff grey and alpha": Row(lambda: tiff(clear_photo().convert("LA")), plants=3),
    "tiff palette": Row(lambda: tiff(photo().quantize(60)), plants=3),
    "tiff": Row(
        lambda: tiff(photo(), compression="tiff_lzw", icc_profile=icc()),
        plants=3,
        profile=True,
        same=("compression",),
    ),
    "tiff and alpha": Row(
        lambda: tiff(clear_photo(), compression="tiff_adobe_deflate"),
        plants=3,
        same=("compression",),
    ),
    "tiff cmyk": Row(lambda: tiff(photo().convert("CMYK")), plants=3),
    "tiff of jpeg": Row(lambda: tiff(photo(), compression="jpeg"), plants=3),
    "tiff turned": Row(
        lambda: saved(turned(photo(), 8), "TIFF", tiffinfo={270: WORD.decode(), 274: 8})
    ),
    "tiff grey 16": Row(lambda: tiff(Image.fromarray(deep(1)[:, :, 0])), plants=3),
    "tiff 16": Row(lambda: deep_tiff(3)),
    "tiff and alpha 16": Row(lambda: deep_tiff(4)),
    "tiff of several pages": Row(
        lambda: tiff(
            photo(), save_all=True, append_images=[photo().convert("L"), photo().resize((90, 70))]
        ),
        plants=3,
    ),
    "bmp 1 bit": Row(lambda: saved(photo().convert("1"), "BMP"), plants=0),
    "bmp grey": Row(lambda: saved(photo().convert("L"), "BMP"), plants=0),
    "bmp palette": Row(lambda: saved(photo().quantize(60), "BMP"), plants=0),
    "bmp": Row(lambda: saved(photo(), "BMP") + WORD),
    "gif": Row(lambda: saved(photo().quantize(255), "GIF", comment=WORD)),
    "gif with a clear colour": Row(
        lambda: saved(photo().quantize(60), "GIF", transparency=4, comment=WORD)
    ),
    "gif moving": Row(gif),
    "gif moving, clear": Row(lambda: gif(clear=True, disposal=2)),
    "gif moving, clear over the last": Row(lambda: gif(clear=True)),
}
"""Every kind that is handled, and what of it must stay."""

"""Pictures of every kind: masked where the face shows, all else as it was, and no word left."""

import io
import resource
import zlib
from fractions import Fraction
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageOps, ImageSequence, TiffImagePlugin

from still_rows import DURATIONS, ROWS, WORD, frames, moving, photo, saved
from yingbi.domain.region import Region, Target
from yingbi.errors import CutOffError, UnsupportedMediaError
from yingbi.mask.cover import cover
from yingbi.media.palette import indexed
from yingbi.media.probe import probe
from yingbi.media.still import encode_stills, read_stills, still_facts
from yingbi.media.upright import upright_rgb

BOX = (37, 21, 91, 78)
"""What is covered, in the picture as displayed; no side lies on a block's border."""
TIFF_LAYOUT = {
    *(256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 282, 283, 284, 292, 293, 296),
    *(317, 320, 338, 339, 34675),
}
"""Tags without which the samples of a TIFF mean nothing: sizes, places, resolution, profile."""
RING = 16
"""Lossy blocks that the box cuts are written anew: so far around it only nearness is asked."""


def masked(content: bytes) -> bytes:
    """What the pipeline does with a picture in which something is found."""
    covered = []
    for frame in read_stills("held", content):
        cover(frame, [Region(Target.FACE, BOX, 0.9)], grow=0.0)
        covered.append(frame)
    return encode_stills(covered)


def shown(content: bytes) -> list[np.ndarray]:
    """Every frame as viewers show it, RGBA; frames of 16 bits as they are stored."""
    with Image.open(io.BytesIO(content)) as file:
        return [
            np.asarray(ImageOps.exif_transpose(frame).convert("RGBA"))
            for frame in ImageSequence.Iterator(file)
        ]


def seen(picture: np.ndarray) -> np.ndarray:
    """The picture but for colours that nobody sees, as alpha is 0 there."""
    return picture * (picture[:, :, 3:] > 0)


def samples(content: bytes) -> list[np.ndarray]:
    """The samples as they are stored, by OpenCV, which keeps 16 bits."""
    flat = np.frombuffer(content, np.uint8)
    return [cv2.imdecode(flat, cv2.IMREAD_UNCHANGED)]


def inside(shape: tuple[int, ...], box: tuple[int, int, int, int]) -> np.ndarray:
    place = np.zeros(shape[:2], bool)
    place[box[1] : box[3], box[0] : box[2]] = True
    return place


@pytest.fixture(scope="module")
def outcomes() -> dict[str, tuple[bytes, bytes]]:
    return {}


def outcome(name: str, outcomes: dict[str, tuple[bytes, bytes]]) -> tuple[bytes, bytes]:
    if name not in outcomes:
        content = ROWS[name].make()
        outcomes[name] = content, masked(content)
    return outcomes[name]


@pytest.mark.parametrize("name", ROWS)
def test_format_size_mode_depth_times_and_loop_stay(name, outcomes):
    before, after = outcome(name, outcomes)
    with Image.open(io.BytesIO(before)) as source, Image.open(io.BytesIO(after)) as copy:
        assert (copy.size, copy.mode) == (source.size, source.mode)
        assert copy.get_format_mimetype() == source.get_format_mimetype()
        assert getattr(copy, "n_frames", 1) == getattr(source, "n_frames", 1)
        assert copy.info.get("loop") == source.info.get("loop")
        turned = 1 if name == "tiff turned" else source.getexif().get(0x0112, 1)
        assert copy.getexif().get(0x0112, 1) == turned, "only TIFF is stored as it is shown"
        for field in ROWS[name].same:
            kept = copy.info if field == "compression" else vars(copy)
            told = source.info if field == "compression" else vars(source)
            assert kept.get(field, getattr(copy, field, 0)) == told.get(
                field, getattr(source, field, 0)
            )
        for number in range(getattr(copy, "n_frames", 1)):
            for file in (copy, source):
                file.seek(number)
                file.load()
            assert (copy.size, copy.mode) == (source.size, source.mode)
            assert copy.info.get("duration") == source.info.get("duration")
    if "moving" in name:
        assert len(shown(after)) == len(DURATIONS)


DEEP_GREY = {"png grey 16", "tiff grey 16"}  # Pillow shows them cut off, not scaled


@pytest.mark.parametrize("name", [name for name in ROWS if name not in DEEP_GREY])
def test_the_place_is_covered_as_it_is_shown_and_opaque_and_all_else_is_as_it_was(name, outcomes):
    before, after = outcome(name, outcomes)
    lossy = ROWS[name].db > 0
    for was, now in zip(shown(before), shown(after), strict=True):
        place = inside(was.shape, BOX)
        assert (now[place][:, 3] == 255).all(), "a mask that one sees through is none"
        middle = inside(was.shape, (BOX[0] + RING, BOX[1] + RING, BOX[2] - RING, BOX[3] - RING))
        flat = now[middle if lossy else place][:, :3].astype(int)
        assert np.abs(flat - (0 if "1 bit" in name else 128)).max() <= (2 if lossy else 0)
        assert (np.abs(was[place][:, :3].astype(int) - 128) > 8).mean() > 0.5, "the control"
        if lossy:
            ring = (BOX[0] - RING, BOX[1] - RING, BOX[2] + RING, BOX[3] + RING)
            far = ~inside(was.shape, ring)
            assert cv2.PSNR(was[far].copy(), now[far].copy()) >= ROWS[name].db
            assert cv2.PSNR(was[~place].copy(), now[~place].copy()) >= 41
        else:
            assert (seen(now)[~place] == seen(was)[~place]).all()


@pytest.mark.parametrize("name", [name for name in ROWS if "16" in name and "of" not in name])
def test_sixteen_bits_stay_sixteen_bits(name, outcomes):
    before, after = outcome(name, outcomes)
    for was, now in zip(samples(before), samples(after), strict=True):
        assert was.dtype == now.dtype == np.uint16
        assert was.shape == now.shape
        place = inside(was.shape, BOX)
        assert (now[~place] == was[~place]).all()
        assert (
            np.unique(now[place].reshape(-1, now.shape[2] if now.ndim == 3 else 1), axis=0).shape[0]
            == 1
        )
        assert (was[~place] % 256 != was[~place] // 256).any()
        if now.ndim == 3 and now.shape[2] == 4:
            assert (now[place][:, 3] == 65535).all()


@pytest.mark.parametrize("name", ROWS)
def test_no_word_no_place_no_second_picture_comes_out(name, outcomes):
    before, after = outcome(name, outcomes)
    assert before.count(WORD) >= ROWS[name].plants, "the control: the words were there"
    assert WORD not in after
    assert WORD.decode().encode("utf-16-le") not in after
    assert b"xmpmeta" not in after
    with Image.open(io.BytesIO(after)) as copy:
        tags = set(copy.getexif()) - (TIFF_LAYOUT if name.startswith("tiff") else set())
        assert tags <= {0x0112}, "how it is turned, and nothing else"
        assert not copy.getexif().get_ifd(0x8825)
        profile = copy.info.get("icc_profile")
        assert bool(profile) == ROWS[name].profile
        assert WORD[:4] not in (profile or b"")
    if name.startswith("jpeg"):
        assert after.count(b"\xff\xd8\xff") == 1, "one picture and no thumbnail"
        assert after.endswith(b"\xff\xd9")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_networks_see_a_turned_picture_upright(orientation, outcomes):
    if orientation == 1:
        content = ROWS["jpeg 4:4:4"].make()
    else:
        content = ROWS[f"jpeg turned {orientation}"].make()
    (frame,) = read_stills("held", content)
    assert frame.size == photo().size
    assert cv2.PSNR(upright_rgb(frame, *frame.size), np.asarray(photo())) > 30


def test_a_moving_pictures_frames_carry_its_times_and_pages_lie_far_apart(outcomes):
    shots = list(read_stills("held", ROWS["gif moving"].make()))
    assert [shot.pts for shot in shots] == [0, 40, 170, 240]
    assert {shot.time_base for shot in shots} == {Fraction(1, 1000)}
    assert [shot.index for shot in shots] == [0, 1, 2, 3]
    pages = list(read_stills("held", ROWS["tiff of several pages"].make()))
    assert min(b.time_s - a.time_s for a, b in pairwise(pages)) >= 60


def declared(kind: str, width: int, height: int) -> bytes:
    """A small picture whose head says that it is large."""
    if kind == "WEBP":
        content = bytearray(moving(kind, frames(), lossless=True))
        place = content.index(b"VP8X") + 12
        content[place : place + 6] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(
            3, "little"
        )
        return bytes(content)
    content = bytearray(saved(photo().quantize(60) if kind == "GIF" else photo(), kind))
    size, order = photo().size, "little"
    if kind == "JPEG":
        content = bytearray(saved(photo(), kind))
        place, order, bytes_each, size = content.index(b"\xff\xc0") + 5, "big", 2, size[::-1]
        width, height = height, width
    elif kind == "PNG":
        place, order, bytes_each = 16, "big", 4
    elif kind == "GIF":
        place, bytes_each = 6, 2
    elif kind == "BMP":
        place, bytes_each = 18, 4
    else:
        for tag, side in ((256, width), (257, height)):
            at = content.index(tag.to_bytes(2, "little") + b"\x04\0\x01\0\0\0")
            content[at + 8 : at + 12] = side.to_bytes(4, "little")
        return bytes(content)
    assert content[place : place + bytes_each] == size[0].to_bytes(bytes_each, order)
    content[place : place + 2 * bytes_each] = width.to_bytes(bytes_each, order) + height.to_bytes(
        bytes_each, order
    )
    if kind == "PNG":
        content[29:33] = zlib.crc32(content[12:29]).to_bytes(4)
    return bytes(content)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF"])
def test_what_declares_too_many_pixels_is_refused_before_memory_is_taken(kind, tmp_path):
    path = tmp_path / "large"
    side = 16384 if kind == "WEBP" else 60000
    path.write_bytes(declared(kind, side, side))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for read in (still_facts, probe, lambda path: list(read_stills(path))):
        with pytest.raises(UnsupportedMediaError, match="pixels"):
            read(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000
    path.write_bytes(declared(kind, 200, 200))
    assert still_facts(path).width == 200, "the control: the size is what its head says"


CUT = {
    kind: next(n for n in ROWS if n.split()[0] == kind)
    for kind in ("png", "webp", "avif", "heic", "bmp", "gif", "tiff", "jpeg")
}


@pytest.mark.parametrize("kind", CUT)
@pytest.mark.parametrize("share", [0.3, 0.7, 0.97])
def test_a_picture_that_is_cut_off_is_refused_whatever_its_kind(kind, share, tmp_path):
    content = ROWS[CUT[kind]].make()
    path = tmp_path / "cut"
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(CutOffError):
        encode_stills(read_stills(path))


def test_a_moving_picture_that_is_cut_off_between_two_frames_is_refused(tmp_path):
    for name in ("gif moving", "webp moving"):
        content = ROWS[name].make()
        path = tmp_path / "cut"
        path.write_bytes(content[: len(content) * 6 // 10])
        with pytest.raises(CutOffError):
            list(read_stills(path))


def test_a_small_copy_of_a_page_is_left_out(tmp_path):
    pages = [photo(), photo().resize((40, 30))]
    reduced = TiffImagePlugin.ImageFileDirectory_v2()
    reduced[254] = 1
    pages[1].encoderinfo = {"tiffinfo": reduced}
    content = saved(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    with Image.open(io.BytesIO(content)) as source:
        assert source.n_frames == 2
        source.seek(1)
        assert source.tag_v2[254] == 1
    with Image.open(io.BytesIO(masked(content))) as copy:
        assert (copy.n_frames, copy.size) == (1, photo().size)


@settings(max_examples=40)
@given(
    pixels=arrays(np.uint8, (12, 17, 4), elements=st.sampled_from([0, 40, 129, 255])),
    most=st.integers(2, 256),
)
def test_a_palette_holds_the_colours_that_are_used_and_no_other(pixels, most):
    indices, colours = indexed(pixels, most)
    used = np.unique(pixels.reshape(-1, 4), axis=0)
    assert len(colours) == min(most, len(used))
    assert {tuple(c) for c in colours} <= {tuple(c) for c in used}
    if len(used) <= most:
        assert (colours[indices] == pixels).all()


def test_a_full_palette_gives_its_rarest_colour_for_the_mask_and_stays_full():
    grid = np.zeros((64, 64, 3), np.uint8)
    grid[:, :, 0] = np.arange(64 * 64).reshape(64, 64) // 16
    grid[:, :, 1] = 7
    content = saved(Image.fromarray(grid).quantize(256, dither=Image.Dither.NONE), "GIF")
    (frame,) = read_stills("held", content)
    before = np.array(frame.planes[0].samples)
    cover(frame, [Region(Target.FACE, (3, 3, 9, 9), 0.9)], grow=0.0)
    with Image.open(io.BytesIO(encode_stills([frame]))) as copy:
        after = np.asarray(copy.convert("RGB"))
    assert (after[3:9, 3:9] == 128).all()
    outside = ~inside(after.shape, (3, 3, 9, 9))
    assert (after[outside] != before[outside]).any(axis=1).sum() <= 16


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF", "TIFF", "BMP", "GIF"])
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (3, 5), (17, 33), (161, 119)])
def test_odd_and_tiny_pictures_keep_their_size_and_samples(kind, size):
    content = saved(photo().resize(size), kind)
    (frame,) = read_stills("held", content)
    with (
        Image.open(io.BytesIO(encode_stills([frame]))) as copy,
        Image.open(io.BytesIO(content)) as was,
    ):
        assert (copy.size, copy.mode) == (was.size, was.mode)
        near = cv2.PSNR(np.asarray(copy.convert("RGB")), np.asarray(was.convert("RGB")))
    if kind == "JPEG" and max(size) < 16:  # a single block, most of it beyond the picture's border
        assert near >= 30
        return
    assert near >= (44 if kind in {"JPEG", "AVIF", "HEIF"} else 45 if kind == "WEBP" else 300)
    covered = masked(content)
    with Image.open(io.BytesIO(covered)) as copy:
        assert copy.size == size

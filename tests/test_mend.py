"""Films that lost their index: found again with what a whole film of the same camera lends."""

import random
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from film_fates import is_covered, masked, times_of
from made_films import Recipe, make_film
from yb import Yingbi
from yingbi.errors import CutOffError, NotMediaError, UnsupportedMediaError
from yingbi.media.mend import Lent, find_samples, lost_its_index, mended

EVEN = tuple(range(0, 48_000, 1000))
CAMERAS = {
    "H.264": Recipe(pts=EVEN, sound_tracks=1, key_every=8),
    "HEVC": Recipe(pts=EVEN, sound_tracks=1, key_every=8, codec="libx265", parameters="bframes=0"),
    "MOV, turned": Recipe(pts=EVEN, sound_tracks=1, key_every=8, container="mov", rotation=90),
    "slices": Recipe(pts=EVEN, sound_tracks=1, parameters="slices=4"),
}


def broken(whole: Path, path: Path, share: float = 0.8) -> Path:
    """Write what a camera leaves that lost its power: no index, and the content cut off."""
    content = whole.read_bytes()
    assert content.index(b"mdat") < content.index(b"moov")
    path.write_bytes(content[: int((content.index(b"moov") - 4) * share)])
    return path


def pictures(film) -> list[bytes]:
    with av.open(film if not isinstance(film, Path) else str(film)) as container:
        return [frame.to_ndarray().tobytes() for frame in container.decode(video=0)]


def other(recipe: Recipe, path: Path) -> Path:
    """Write another film of the same camera, which shows fewer frames."""
    return make_film(path, Recipe(**{**vars_of(recipe), "pts": recipe.pts[:30]}))


def vars_of(recipe: Recipe) -> dict[str, object]:
    return {name: getattr(recipe, name) for name in recipe.__dataclass_fields__}


@pytest.mark.parametrize("camera", CAMERAS)
@pytest.mark.parametrize("share", [0.3, 0.8, 1.0])
def test_every_whole_picture_is_found_again_among_the_sound(camera, share, tmp_path):
    whole = make_film(tmp_path / "whole.mp4", CAMERAS[camera])
    cut = broken(whole, tmp_path / "cut.mp4", share)
    with av.open(str(whole)) as container:
        ends = [p.pos + p.size for p in container.demux(video=0) if p.size]
    inside = sum(end <= cut.stat().st_size for end in ends)
    assert 3 <= inside <= 48
    with mended(cut, other(CAMERAS[camera], tmp_path / "good.mp4")) as film:
        assert pictures(film) == pictures(whole)[:inside]


@given(st.integers(0, 2**32), st.integers(1, 12))
def test_whatever_lies_between_the_pictures_are_found_and_nothing_else(seed, count):
    chance = random.Random(seed)
    content, wanted = b"\x00\x00\x10\x00mdat", []
    for number in range(count):
        content += chance.randbytes(chance.randrange(0, 80)).replace(b"\x00", b"\x01")
        size = chance.randrange(20, 400)
        unit = (b"\x65\x88" if number % 4 == 0 else b"\x41\x9a") + b"\x55" * size
        wanted.append((len(content), 4 + len(unit), number % 4 == 0))
        content += len(unit).to_bytes(4) + unit
    content += (900).to_bytes(4) + b"\x41\x9a" + b"\x55" * 100  # the one that was being written
    lent = Lent(b"", b"", 1, frozenset({b"\x65\x88", b"\x41\x98"}), 1, 500)
    found = list(find_samples(content, 8, lent))
    assert [(one.place, one.size, one.key) for one in found] == wanted


def test_a_unit_that_holds_a_start_code_is_none():
    unit = b"\x65\x88\x55\x00\x00\x01\x55"
    lent = Lent(b"", b"", 1, frozenset({b"\x65\x88"}), 1, 500)
    assert list(find_samples(len(unit).to_bytes(4) + unit, 0, lent)) == []


def test_the_copy_shows_what_was_found_covered_in_its_times_and_tells_of_it(tmp_path):
    whole = make_film(tmp_path / "whole.mp4", CAMERAS["H.264"])
    cut = broken(whole, tmp_path / "cut.mp4")
    good = other(CAMERAS["H.264"], tmp_path / "good.mp4")
    with pytest.raises(CutOffError, match="--salvage-like"):
        masked(cut, tmp_path / "out.mp4", salvage=True)
    report = masked(cut, tmp_path / "out.mp4", salvage=True, like=good, audio="keep")
    times, before = times_of(tmp_path / "out.mp4"), times_of(whole)
    assert 3 <= len(times) < len(before)
    assert times == before[: len(times)]
    assert is_covered(tmp_path / "out.mp4", (160, 96))
    assert (report.audio, report.copy.broken, report.copy.lost_s) == ("none", True, None)
    assert report.to_json()["mended"] is True


def test_a_whole_film_is_read_by_its_own_index(tmp_path):
    whole = make_film(tmp_path / "whole.mp4", CAMERAS["H.264"])
    assert not lost_its_index(whole)
    report = masked(whole, tmp_path / "out.mp4", salvage=True, like=whole)
    assert not report.copy.broken
    assert report.tally.frames == len(EVEN)


def test_with_the_help_of_another_camera_nothing_is_written(tmp_path):
    cut = broken(make_film(tmp_path / "whole.mp4", CAMERAS["H.264"]), tmp_path / "cut.mp4")
    sized = make_film(tmp_path / "sized.mp4", Recipe(pts=EVEN, size=(320, 192)))
    hevc = make_film(tmp_path / "hevc.mp4", CAMERAS["HEVC"])
    for stranger in (sized, hevc):
        with pytest.raises(CutOffError):
            masked(cut, tmp_path / "out.mp4", salvage=True, like=stranger)
        assert not (tmp_path / "out.mp4").exists()


def test_what_cannot_lend_is_refused_by_its_own_name(tmp_path):
    cut = broken(make_film(tmp_path / "whole.mp4", CAMERAS["H.264"]), tmp_path / "cut.mp4")
    reordered = make_film(tmp_path / "reordered.mp4", Recipe(b_frames=2))
    vp9 = make_film(tmp_path / "vp9.mp4", Recipe(codec="libvpx-vp9"))
    text = tmp_path / "text.mp4"
    text.write_text("no film")
    for lender, refusal in (
        (reordered, UnsupportedMediaError),
        (vp9, UnsupportedMediaError),
        (text, UnsupportedMediaError),
        (cut, CutOffError),
    ):
        with pytest.raises(refusal) as caught:
            masked(cut, tmp_path / "out.mp4", salvage=True, like=lender)
        assert caught.value.facts["path"] == lender
    with pytest.raises(NotMediaError):
        masked(text, tmp_path / "out.mp4", salvage=True, like=reordered)


def test_the_command_ends_with_status_3_and_one_line(tmp_path):
    cut = broken(make_film(tmp_path / "whole.mp4", CAMERAS["H.264"]), tmp_path / "cut.mp4")
    other(CAMERAS["H.264"], tmp_path / "good.mp4")
    yingbi = Yingbi(tmp_path)
    refused = yingbi("mask", cut, "-o", "out.mp4", "--targets", "face", "--salvage", status=65)
    assert refused.err.count("\n") == 1
    assert "--salvage-like" in refused.err
    asked = ("mask", cut, "-o", "out.mp4", "--targets", "face", "--salvage-like", "good.mp4")
    answer = yingbi(*asked, status=3)
    assert "frames were found again; sound is lost" in answer.err
    assert answer.err.count("\n") == 1

"""What the tool that most people use does to a picture, and what this one does instead.

One run over a folder with a picture for each row of the table, and a broken one among them.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps, ImageSequence

from films import FACE, portrait
from still_rows import DURATIONS, WORD, saved, with_thumbnail
from stills import make_still
from yb import Yingbi

GREY = 128
SHOWN = (60, 0, 412, 264)
INNER = tuple(
    round((side - low) * 400 / 352) + inwards
    for side, low, inwards in zip(FACE, (60, 0, 60, 0), (30, 40, -30, -40), strict=True)
)
"""The middle of the face in a picture of 400 by 300."""


def face(step: int = 0) -> Image.Image:
    picture = portrait().crop(SHOWN).resize((400, 300))
    return Image.fromarray(np.roll(np.asarray(picture), step, axis=1))


@dataclass(frozen=True)
class Row:
    """One picture. deface: what deface 1.5.0 was seen to make of it, as text."""

    deface: str
    make: Callable[[], bytes]
    shown: Callable[[Image.Image], None] = lambda _: None


def moving() -> bytes:
    frames = [face(step).quantize(120) for step in range(4)]
    return saved(
        frames[0], "GIF", save_all=True, append_images=frames[1:], duration=DURATIONS, loop=0
    )


def sideways() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved(face().transpose(Image.Transpose.ROTATE_90), "JPEG", quality=92, exif=exif)


def thumbnail() -> bytes:
    """The frame of `with_thumbnail`, around a picture large enough to find the face in."""
    content = with_thumbnail()
    segment = content.index(b"\xff\xe1")
    length = int.from_bytes(content[segment + 2 : segment + 4])
    exif = content[segment + 4 : segment + 2 + length]
    return saved(face(), "JPEG", quality=92, exif=exif)


def clear() -> bytes:
    picture = face().convert("RGBA")
    picture.putalpha(Image.fromarray(np.full((300, 400), 90, np.uint8)))
    return saved(picture, "PNG")


def has_all_frames(picture: Image.Image) -> None:
    durations = [frame.info["duration"] for frame in ImageSequence.Iterator(picture)]
    assert durations == DURATIONS


def has_inks(picture: Image.Image) -> None:
    assert picture.mode == "CMYK"


def has_no_thumbnail(picture: Image.Image) -> None:
    assert not picture.getexif()
    content = Path(picture.filename).read_bytes()
    assert WORD not in content
    assert content.count(b"\xff\xd8\xff") == 1


def is_opaque(picture: Image.Image) -> None:
    x0, y0, x1, y1 = INNER
    alpha = np.asarray(picture)[:, :, 3]
    assert (alpha[y0:y1, x0:x1] == 255).all()
    assert alpha[2, 2] == 90


TABLE: dict[str, Row] = {
    "moving.gif": Row("one frame is left", moving, has_all_frames),
    "inks.jpg": Row(
        "crashes on CMYK", lambda: saved(face().convert("CMYK"), "JPEG", quality=92), has_inks
    ),
    "sideways.jpg": Row("EXIF orientation ignored: 0 pixels masked, exit status 0", sideways),
    "thumbnail.jpg": Row(
        "metadata kept, when asked, with GPS and a thumbnail that shows the face",
        thumbnail,
        has_no_thumbnail,
    ),
    "clear.png": Row("a solid mask on RGBA makes the box transparent", clear, is_opaque),
    "no ending": Row("skipped, exit status 0", lambda: saved(face(), "PNG")),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]], int]:
    home = tmp_path_factory.mktemp("home")
    (home / "in").mkdir()
    for name, row in TABLE.items():
        (home / "in" / name).write_bytes(row.make())
    (home / "in" / "cut.jpg").write_bytes(sideways()[:9000])
    answer = Yingbi(home)("mask", "in", "-o", "out", "--targets", "face", "--json", status=None)
    return home, answer.json, answer.status


@pytest.mark.parametrize("name", TABLE)
def test_a_picture_that_deface_spoils_comes_out_masked_and_whole(name, run):
    home, told, _ = run
    (report,) = (one for one in told if Path(one["source"]).name == name)
    assert report["faces"] >= 1
    x0, y0, x1, y1 = INNER
    with Image.open(home / "out" / name) as picture, Image.open(home / "in" / name) as source:
        TABLE[name].shown(picture)
        assert (picture.format, picture.size) == (source.format, source.size)
        for number in range(getattr(picture, "n_frames", 1)):
            for file, wanted in ((picture, True), (source, False)):
                file.seek(number)
                upright = np.asarray(ImageOps.exif_transpose(file).convert("RGB")).astype(int)
                grey = np.abs(upright[y0:y1, x0:x1] - GREY).max(axis=2) <= 4
                assert (grey.mean() > 0.999) == wanted


def test_a_broken_picture_among_good_ones_is_named_and_the_status_says_so(run):
    home, told, status = run
    assert status == 1
    assert sum("error" in one for one in told) == 1
    assert [one["error"]["code"] for one in told if "error" in one] == ["cut-off"]
    assert sorted(path.name for path in (home / "out").iterdir()) == sorted(TABLE)


def test_anonymous_names_tell_nothing_but_the_format_and_only_the_report_tells_which(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "in" / "Anna at home"
    folder.mkdir(parents=True)
    make_still(folder / "Anna.jpg")
    make_still(tmp_path / "in" / "2026-05-01 Hangzhou.JPEG")
    make_still(tmp_path / "plain.jpg").rename(folder / "no.secret")
    yingbi = Yingbi(tmp_path)
    asked = ("mask", "in", "-o", "out", "--targets", "face", "--names", "anonymous")
    planned = yingbi(*asked, "--dry-run").out
    assert "*.jpg" in planned
    assert not (tmp_path / "out").exists()
    answer = yingbi(*asked, "--report", "which.json")
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert len(names) == 3
    assert all(re.fullmatch(r"[0-9a-f]{16}(\.jpg|\.jpeg)?", name) for name in names)
    assert [name for name in names if name in answer.out + answer.err] == []
    report = json.loads((tmp_path / "which.json").read_text())
    told = {Path(one["output"]).name: Path(one["source"]).name for one in report["inputs"]}
    assert sorted(told) == names
    assert set(told.values()) == {"Anna.jpg", "2026-05-01 Hangzhou.JPEG", "no.secret"}
    refused = yingbi(*asked, "--report", "which.json", "--resume", status=2)
    assert "--resume" in refused.err


def test_an_output_that_the_user_named_keeps_its_name(tmp_path: Path) -> None:
    make_still(tmp_path / "Anna.jpg")
    Yingbi(tmp_path)(
        "mask", "Anna.jpg", "-o", "mine.jpg", "--targets", "face", "--names", "anonymous"
    )
    assert (tmp_path / "mine.jpg").is_file()


def test_without_dates_no_file_tells_when_it_was_written(tmp_path: Path) -> None:
    folder = tmp_path / "cards"
    folder.mkdir()
    for name in ("first.png", "second.png"):
        Image.new("RGB", (64, 48), (90, 120, 60)).save(folder / name)
    yingbi = Yingbi(tmp_path)
    asked = ("mask", folder, "--targets", "face", "--report", "r.json", "--force")
    yingbi(*asked, "-o", "out/", "--dates", "none")
    assert {path.stat().st_mtime for path in (tmp_path / "out").iterdir()} == {315_532_800}
    yingbi("report", "verify", "r.json", "--against", "out/")
    yingbi(*asked, "-o", "dated/")
    assert min(path.stat().st_mtime for path in (tmp_path / "dated").iterdir()) > 1.7e9

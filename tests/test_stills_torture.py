"""The largest pictures that are taken: masked within the memory that is promised."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from films import portrait
from yb import Yingbi
from yingbi.media.heic import heic_reader

SIDE = 16384
LIMIT_GIB = 3.0

MAKE = """
import sys
import numpy as np
from PIL import Image
from yingbi.media.heic import heic_reader
heic_reader("")
Image.MAX_IMAGE_PIXELS = None
face = Image.open(sys.argv[1]).convert("RGB")
side = int(sys.argv[3])
picture = Image.new("RGB", (side, side), (70, 110, 150))
for place in ((0, 0), (side - 6000, side // 2)):
    picture.paste(face.resize((6000, 6000)), place)
picture.save(sys.argv[2], **{"jpg": {"quality": 90}, "avif": {"speed": 10}}.get(sys.argv[2].rpartition(".")[2], {}))
"""


def large(folder: Path, kind: str, side: int) -> Path:
    """A picture with two faces, made by a process of its own, so that its memory is not ours."""
    portrait().save(folder / "face.png")
    path = folder / f"large.{kind}"
    made = [sys.executable, "-c", MAKE, str(folder / "face.png"), str(path), str(side)]
    subprocess.run(made, check=True)
    return path


@pytest.mark.torture
@pytest.mark.parametrize(
    ("kind", "side"),
    [
        ("jpg", SIDE),
        ("jpg", 16000),
        ("png", SIDE),
        ("tif", SIDE),
        ("webp", 8192),
        ("avif", 8192),
        ("heic", 8192),
        ("gif", 11584),
    ],
)
def test_the_largest_picture_is_masked_within_three_gibibytes(kind, side, tmp_path):
    path = large(tmp_path, kind, side)
    out = tmp_path / f"out.{kind}"
    environment = Yingbi(tmp_path).environment
    command = [sys.executable, "-m", "yingbi", "mask", str(path), "-o", str(out)]
    running = subprocess.Popen([*command, "--targets", "face"], env=environment)
    _, status, used = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    gib = used.ru_maxrss / (1 << 20)
    print(
        f"{kind} {side} x {side}: {gib:.2f} GiB, {used.ru_utime + used.ru_stime:.0f} s of processor"
    )
    assert running.returncode == 0
    assert gib <= LIMIT_GIB
    Image.MAX_IMAGE_PIXELS = None
    heic_reader(out)
    with Image.open(out) as picture:
        assert picture.size == (side, side)
        face = np.asarray(picture.crop((2400, 1200, 2800, 1700)).convert("RGB")).astype(int)
    assert np.abs(face - 128).max() <= 3

"""What the tests of whole films share: a finder that always sees one place, and ffprobe."""

import json
import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from yingbi.capture.inputs import Input
from yingbi.domain.frame import Frame
from yingbi.domain.region import BoxXYXY, Pace, Region, Target
from yingbi.domain.report import InputReport, Quiet
from yingbi.pipeline.engine import Sight
from yingbi.usecases.mask import MaskOptions, mask_inputs

PLACE = (16, 16, 48, 40)
"""Where the finder always sees a face, in the picture as displayed."""


class Corner:
    """Finds a face at one place of every picture."""

    kinds = frozenset({Target.FACE})
    pace = Pace.QUICK

    def find(self, frame: Frame, part: BoxXYXY | None = None) -> list[Region]:
        """Return the one region where it is looked for."""
        x0, y0, x1, y1 = part or (0, 0, *frame.size)
        seen = x0 < PLACE[2] and y0 < PLACE[3] and x1 > PLACE[0] and y1 > PLACE[1]
        return [Region(Target.FACE, PLACE, 0.9)] if seen else []


def masked(source: Path, copy: Path, **choices: Any) -> InputReport:
    """Mask one film as the command does, encoding every frame; raise what it raises."""
    sight = Sight([Corner()], hold_s=0.5, grow=0.1, crf=18)
    options = MaskOptions(**({"passthrough": False} | choices))
    (report,) = mask_inputs([(Input(source, Path(source.name)), copy)], options, sight, Quiet())
    if report.error is not None:
        raise report.error
    return report


def probed(film: Path) -> dict[str, Any]:
    """Return what Debian's ffprobe, which is no part of PyAV, says of a film."""
    shown = subprocess.run(
        ["ffprobe", "-v", "error", "-print_format", "json", "-show_streams", "-show_format", "-show_chapters", film],
        capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    return dict(json.loads(shown.stdout))


def picture_of(film: Path) -> dict[str, Any]:
    """Return what ffprobe says of the picture's track."""
    return next(one for one in probed(film)["streams"] if one["codec_type"] == "video")


def times_of(film: Path) -> list[Fraction]:
    """Return when each frame is shown, in seconds, as Debian's ffmpeg decodes the film."""
    shown = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "frame=pts:stream=time_base", "-print_format", "json", film],
        capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    told = json.loads(shown.stdout)
    clock = Fraction(told["streams"][0]["time_base"])
    return [frame["pts"] * clock for frame in told["frames"]]


def kinds_of(film: Path) -> Sequence[str]:
    """Return the kind of each track."""
    return [one["codec_type"] for one in probed(film)["streams"]]


def is_covered(film: Path, size: tuple[int, int]) -> bool:
    """Return whether ffmpeg, turning the film as players do, shows grey at the place in every frame."""
    shown = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", film, "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "-"],
        capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    pictures = np.frombuffer(shown.stdout, np.uint8).reshape(-1, size[1], size[0])
    x0, y0, x1, y1 = PLACE
    inside = pictures[:, y0 + 2 : y1 - 2, x0 + 2 : x1 - 2].astype(int)
    return bool(np.ptp(inside, axis=(1, 2)).max() <= 20)

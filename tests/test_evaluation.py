"""On real clips: the faces that people marked are covered in the film that comes out."""

import json
from pathlib import Path

import av
import numpy as np
import pytest

from yb import Yingbi

GREY, TOLERANCE = 128, 12
CLIPS = {"ocv4n_crowd_800x450": 120, "short_hamilton_clip": 100}
"""Clips and how many of their frames are masked here."""

pytestmark = pytest.mark.evaluation


def cut(source: Path, frames: int, target: Path) -> Path:
    """Copy the first packets of a film's picture, as they are."""
    with av.open(source) as film, av.open(target, "w", format="mp4") as copy:
        track = film.streams.video[0]
        stream = copy.add_stream_from_template(track)
        for number, packet in enumerate(p for p in film.demux(track) if p.dts is not None):
            if number == frames:
                break
            packet.stream = stream
            copy.mux(packet)
    return target


def luma(path: Path, wanted: set[int]) -> dict[int, np.ndarray]:
    with av.open(path) as film:
        frames = enumerate(film.decode(video=0))
        return {i: frame.to_ndarray(format="gray") for i, frame in frames if i in wanted}


def covered(picture: np.ndarray, box: list[float]) -> float:
    x0, y0, x1, y1 = (max(0, round(v)) for v in box)
    return float((np.abs(picture[y0:y1, x0:x1].astype(int) - GREY) <= TOLERANCE).mean())


def test_marked_faces_are_covered_in_the_masked_clips(eval_data: Path, tmp_path: Path) -> None:
    marks = json.loads((eval_data / "pseudo" / "frames_reviewed.json").read_text())
    yingbi, clear, masked = Yingbi(tmp_path), [], []
    for name, frames in CLIPS.items():
        clip = cut(eval_data / "video" / f"{name}.mp4", frames, tmp_path / f"{name}.mp4")
        yingbi("mask", clip, "-o", f"{name}-masked.mp4", "--targets", "face")
        mine = [
            m for m in marks.values() if m["clip"].endswith(clip.name) and m["frame"] < frames - 4
        ]
        wanted = {m["frame"] for m in mine}
        for path, shares in ((clip, clear), (tmp_path / f"{name}-masked.mp4", masked)):
            pictures = luma(path, wanted)
            shares += [covered(pictures[m["frame"]], box) for m in mine for box in m["faces_xyxy"]]
    hidden = sum(share >= 0.9 for share in masked)
    print(f"{hidden} of {len(masked)} marked faces covered")
    assert len(masked) >= 40
    assert hidden >= 0.95 * len(masked)
    assert sum(share >= 0.9 for share in clear) == 0, "the control: nothing is grey before masking"

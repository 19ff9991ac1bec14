"""The pictures of the demo, and what a stranger's programs make of a vault's files."""

import random
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from PIL import Image, UnidentifiedImageError

UNREADABLE = (av.error.FFmpegError, IndexError, ValueError)
"""What libav raises on a file that holds no film."""
GAP = 12
PANEL_WIDTH = 640
LONGEST_S = 20
RUNS, RUN_BYTES = 2000, 64


def frames_of(path: Path, numbers: Sequence[int] | None = None) -> list[Image.Image]:
    """Return the frames of a film with these numbers, as they come, or all; a still is one."""
    if is_still(path):
        with Image.open(path) as still:
            return [still.convert("RGB")]
    wanted = None if numbers is None else set(numbers)
    with av.open(str(path)) as container:
        decoded = enumerate(container.decode(video=0))
        arrays = (f.to_ndarray(format="rgb24") for n, f in decoded if wanted is None or n in wanted)
        return [Image.fromarray(array) for array in arrays]


def frame_count(path: Path) -> int:
    """Return how many frames can be decoded."""
    if is_still(path):
        return 1
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def is_still(path: Path) -> bool:
    """Return whether Pillow knows the file as a picture."""
    try:
        with Image.open(path):
            return True
    except UnidentifiedImageError:
        return False


def beginning(film: Path, out: Path) -> Path:
    """Return the film, or where it is long its first 20 s, copied packet by packet to `out`."""
    if is_still(film):
        return film
    with av.open(str(film)) as source:
        if source.duration is None or source.duration <= LONGEST_S * av.time_base:
            return film
        picture = source.streams.video[0]
        with av.open(str(out), "w", format="mp4") as target:
            track = target.add_stream_from_template(picture)
            for packet in source.demux(picture):
                if packet.dts is None:
                    continue
                if packet.is_keyframe and (packet.dts * packet.time_base) >= LONGEST_S:
                    break
                packet.stream = track
                target.mux(packet)
    return out


def side_by_side(panels: Sequence[Image.Image], out: Path) -> None:
    """Write the pictures beside each other, of equal height, a gap between them."""
    width = min(PANEL_WIDTH, max(320, 1600 // len(panels)))
    scaled = [panel.resize((width, round(panel.height * width / panel.width))) for panel in panels]
    height = max(panel.height for panel in scaled)
    sheet = Image.new("RGBA", (width * len(scaled) + GAP * (len(scaled) - 1), height))
    for number, panel in enumerate(scaled):
        sheet.paste(panel, (number * (width + GAP), 0))
    sheet.save(out)


def liveliest(path: Path, count: int) -> list[Image.Image]:
    """Return from each equal stretch of a film the frame with most to see."""
    frames = frames_of(path)
    lively = [float(np.asarray(frame.convert("L"), np.float32).std()) for frame in frames]
    stretches = [s for s in np.array_split(np.arange(len(frames)), count) if len(s)]
    return [frames[max(stretch, key=lively.__getitem__)] for stretch in stretches]


def is_flat(picture: Image.Image, box: Sequence[int]) -> bool:
    """Return whether inside of the box nothing but one colour is left."""
    inside = np.asarray(picture.crop(tuple(box)).convert("L"), np.float32)  # type: ignore[arg-type]
    return float(inside.std()) < 2.0


def tried(path: Path) -> dict[str, Any]:
    """Return name, size, and which of Pillow, libav and ffmpeg take the file for a picture."""
    opened = []
    if is_still(path):
        opened.append("Pillow")
    try:
        with av.open(str(path)) as container:
            if any(True for _ in container.decode(video=0)):
                opened.append("libav")
    except UNREADABLE:
        pass  # this refusal is what the demo wants to see
    if (ffmpeg := shutil.which("ffmpeg")) is not None:
        command = [ffmpeg, "-v", "error", "-i", str(path), "-f", "null", "-"]
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            opened.append("ffmpeg")
    return {"name": path.name, "bytes": path.stat().st_size, "opened": opened}


def shared_runs(film: Path, places: Sequence[Path]) -> int:
    """Return how many of 2000 runs of 64 bytes of the film stand in one of the files."""
    content = film.read_bytes()
    kept = [path.read_bytes() for path in places]
    starts = random.sample(range(len(content) - RUN_BYTES), min(RUNS, len(content) - RUN_BYTES))
    runs = {content[start : start + RUN_BYTES] for start in starts}
    telling = [run for run in runs if len(set(run)) >= 12]
    return sum(any(run in file for file in kept) for run in telling)

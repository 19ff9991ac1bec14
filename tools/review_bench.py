"""How fast and how large the review page is on a long film, in a real Chromium.

    YINGBI_EVAL_DATA=FOLDER .venv/bin/python tools/review_bench.py [MINUTES]

Makes a 1080p film of so many minutes from a clip of the evaluation data, in a temporary
folder, with key frames 250 frames apart; gives it an edit of five regions a frame; opens
`yingbi review`; measures the first picture, 60 seeks to random places, and what the page's
process takes at its most.
"""

import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import av
from playwright.sync_api import Page, sync_playwright

from yingbi.usecases.evidence import identity
from yingbi.usecases.review import ENDING

CLIP, SEEKS, PEOPLE = "towncentre_1080p.mp4", 60, 5
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
WIDTH = "document.getElementById('film').width"
SHOWN = "import('/static/review/page.js').then((m) => m.page.shown)"


def long_film(folder: Path, minutes: int) -> Path:
    """Return a film of so many minutes: one clip, encoded once, again and again."""
    clip, film = folder / "clip.mp4", folder / "long.mp4"
    source = Path(os.environ["YINGBI_EVAL_DATA"]) / "video" / CLIP
    encoder = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-g", "250", "-an"]
    _ffmpeg("-i", str(source), *encoder, str(clip))
    with av.open(str(clip)) as container:
        seconds = (container.duration or 0) / 1_000_000
    times = round(minutes * 60 / seconds)
    listed = folder / "list.txt"
    listed.write_text(f"file '{clip}'\n" * times)
    _ffmpeg("-f", "concat", "-safe", "0", "-i", str(listed), "-c", "copy", str(film))
    return film


def made_edit(film: Path) -> int:
    """Write an edit of the film with people who come and go; return how many frames it has."""
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        times = sorted(p.pts for p in container.demux(stream) if p.pts is not None)
        base = stream.time_base or 1
    told = identity(film)
    head = {
        "format": "yingbi-edit", "version": 1,
        "film": {"name": film.name, "sha256": told.sha256, "bytes": told.size, "width": 1920,
                 "height": 1080, "time_base": [base.numerator, base.denominator]},
        "found": {"targets": ["face"]}, "decisions": [], "zones": [], "ranges": [],
    }  # fmt: skip
    dice = random.Random(110)
    lines = []
    for frame, pts in enumerate(times):
        regions: list[dict[str, Any]] = []
        for place in range(PEOPLE):
            track = 1 + place + frame // 700 * PEOPLE
            x, y = 100 + 350 * place + dice.randint(-4, 4), 400 + dice.randint(-4, 4)
            score = 0.2 if dice.random() < 0.02 else 0.9
            box = [x, y, x + 60, y + 80]
            regions.append({"kind": "face", "box": box, "score": score, "track": track})
        time_s = round(float(pts * base), 6)
        lines.append(json.dumps({"frame": frame, "pts": pts, "time_s": time_s, "regions": regions}))
    text = json.dumps(head)[:-1] + ',\n"frames": [\n' + ",\n".join(lines) + "]}"
    film.with_name(film.name + ENDING).write_text(text)
    return len(times)


def measure(film: Path, frames: int) -> None:
    """Open the page, seek, play, and print what was measured."""
    command = [sys.executable, "-m", "yingbi", "review", str(film), "--no-browser"]
    started = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            address = _address(server)
            print(f"server answers after {time.monotonic() - started:.2f} s")
            _look(address, frames)
        finally:
            server.terminate()


def _look(address: str, frames: int) -> None:
    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        began = time.monotonic()
        page.goto(address)
        page.wait_for_url("**/review")
        _until(page, f"{WIDTH} > 100")
        print(f"first picture after {time.monotonic() - began:.2f} s")
        _until(page, "fetch('/review/state').then((a) => a.json()).then((s) => !s.looking)")
        print(f"people and moments after {time.monotonic() - began:.2f} s")
        _print_seeks(_seeks(page, frames))
        page.keyboard.press("Home")
        page.keyboard.press("p")
        page.wait_for_timeout(20_000)
        print(f"page's process after seeks and 20 s of playing: {_renderer_mb()} MB")
        browser.close()


def _seeks(page: Page, frames: int) -> list[float]:
    dice = random.Random(1)
    found = []
    for _ in range(SEEKS):
        at = dice.randrange(frames)
        began = time.monotonic()
        page.locator("#seek").fill(str(at))
        _until(page, f"{SHOWN}.then((shown) => shown === {at})")
        found.append(1000 * (time.monotonic() - began))
    return sorted(found)


def _print_seeks(found: list[float]) -> None:
    tail = found[int(0.95 * len(found)) - 1]
    print(f"seek: median {statistics.median(found):.0f} ms, 95 % {tail:.0f}, most {found[-1]:.0f}")


def _until(page: Page, what: str) -> None:
    end = time.monotonic() + 300
    while not page.evaluate(what):
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.005)


def _address(server: "subprocess.Popen[str]") -> str:
    for line in server.stdout or ():
        found = re.search(r"http://\S+", line)
        if found:
            return found[0]
    raise RuntimeError("the server told no address")


def _renderer_mb() -> int:
    """Return the private and shared memory, in MB, of the largest renderer of this machine."""
    sizes = [0]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if b"--type=renderer" in (process / "cmdline").read_bytes():
                told = (process / "smaps_rollup").read_text()
                sizes.append(int(re.findall(r"Pss:\s+(\d+)", told)[0]))
        except (OSError, IndexError):
            continue
    return max(sizes) // 1024


def _ffmpeg(*arguments: str) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments], check=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        made = long_film(Path(folder), int(sys.argv[1]) if len(sys.argv) > 1 else 60)
        size = made.stat().st_size / 1e6
        count = made_edit(made)
        print(f"{count} frames, {size:.0f} MB, load {os.getloadavg()[0]:.1f}")
        measure(made, count)

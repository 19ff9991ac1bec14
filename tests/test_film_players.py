"""What is written plays to its end in players that people have: mpv, and a browser."""

import json
import subprocess
import threading
from fractions import Fraction
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from film_fates import masked
from made_films import Recipe, make_film

MS = Fraction(1, 1000)
PLAYED = {
    "h264.mp4": Recipe(pts=range(0, 24_000, 1001), b_frames=2, sound_tracks=1),
    "turned.mp4": Recipe(pts=range(0, 24_000, 1001), rotation=90),
    "late.mp4": Recipe(
        container="mpegts", clock=Fraction(1, 90000), pts=range(60_000, 132_000, 3003), b_frames=2
    ),
    "av1.mp4": Recipe(codec="libsvtav1"),
    "vp9.webm": Recipe(
        container="webm", clock=MS, pts=range(0, 800, 33), codec="libvpx-vp9", size=(161, 91)
    ),
    "av1.webm": Recipe(container="webm", clock=MS, pts=range(0, 800, 33), codec="libsvtav1"),
}
ELSEWHERE = {
    "hevc.mp4": Recipe(codec="libx265", pixel_format="yuv420p10le"),
    "film.mkv": Recipe(container="matroska", clock=MS, pts=range(0, 800, 33), sound_tracks=1),
    "mjpeg.mov": Recipe(
        container="mov", codec="mjpeg", pixel_format="yuvj422p", colours=(2, 1, 1, 1)
    ),
}
"""Films that browsers do not play, whoever wrote them."""

PAGE = """<body><script>
const play = name => new Promise(done => {
  const film = document.createElement("video");
  film.muted = true; film.src = name; document.body.append(film);
  film.onended = () => done({size: [film.videoWidth, film.videoHeight],
                             frames: film.getVideoPlaybackQuality().totalVideoFrames});
  film.onerror = () => done({error: film.error.message});
  film.play().catch(error => done({error: String(error)}));
});
(async () => {
  const told = {};
  for (const name of NAMES) told[name] = await play(name);
  await fetch("/told", {method: "POST", body: JSON.stringify(told)});
})();
</script></body>"""


class Desk(SimpleHTTPRequestHandler):
    """Hands out the films, and takes in what the browser tells of them."""

    told: ClassVar[dict[str, dict[str, Any]]] = {}
    heard = threading.Event()

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        Desk.told = json.loads(content)
        self.send_response(204)
        self.end_headers()
        Desk.heard.set()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> Path:
    """A folder of masked copies."""
    folder, sources = tmp_path_factory.mktemp("films"), tmp_path_factory.mktemp("sources")
    for name, recipe in (PLAYED | ELSEWHERE).items():
        source = make_film(sources / f"source of {name}", recipe)
        audio = "keep" if recipe.sound_tracks else "drop"
        masked(source, folder / name, audio=audio)
    return folder


@pytest.mark.parametrize("name", [*PLAYED, *ELSEWHERE])
def test_mpv_plays_a_copy_to_its_end_without_a_complaint(name, films):
    played = subprocess.run(
        ["mpv", "--no-config", "--vo=null", "--ao=null", "--untimed", "--msg-level=all=warn", films / name],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert not played.stdout.strip()


def test_a_browser_plays_a_copy_to_its_end_in_its_own_size(films, tmp_path):
    (films / "page.html").write_text(PAGE.replace("NAMES", json.dumps(list(PLAYED))))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Desk, directory=films))
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    browser = subprocess.Popen(
        [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--autoplay-policy=no-user-gesture-required", f"--user-data-dir={tmp_path}",
            f"http://127.0.0.1:{server.server_port}/page.html",
        ],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert Desk.heard.wait(90), "the browser told nothing"
    finally:
        browser.kill()
        browser.wait()
        server.shutdown()
        serving.join()
        server.server_close()
    assert {name: one.get("error") for name, one in Desk.told.items()} == dict.fromkeys(PLAYED)
    sizes = {name: tuple(one["size"]) for name, one in Desk.told.items()}
    wanted = {name: recipe.size for name, recipe in PLAYED.items()} | {"turned.mp4": (96, 160)}
    assert sizes == wanted

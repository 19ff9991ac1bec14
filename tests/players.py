"""Players of other people, as Debian has them, asked to play a film to its end."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import groupby
from pathlib import Path
from queue import Queue
from typing import Any

CHROMIUM, FFMPEG, MPV = "chromium", "ffmpeg", "mpv"

PAGE = """<!doctype html><video muted playsinline src="/film"></video><script>
const film = document.querySelector("video"), times = [];
const seen = (now, frame) => {
  times.push(frame.mediaTime);
  film.requestVideoFrameCallback(seen);
};
const told = (how) => {
  const q = film.getVideoPlaybackQuality();
  fetch("/told", {method: "POST", body: JSON.stringify({
    how, times, decoded: q.totalVideoFrames, dropped: q.droppedVideoFrames,
    duration: film.duration, width: film.videoWidth, height: film.videoHeight,
  })});
};
film.requestVideoFrameCallback(seen);
film.onended = () => told("ended");
film.onerror = () => told("error " + film.error.message);
film.play().catch((error) => told("refused " + error));
</script>"""

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
)


def chromium_plays(film: Path, home: Path, wait_s: float = 60.0) -> dict[str, Any]:
    """Return what a headless Chromium says of the film when it ends or fails."""
    with _served(film) as (address, told):
        command = [CHROMIUM, *FLAGS, f"--user-data-dir={home}", address]
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as browser:
            try:
                return told.get(timeout=wait_s)
            finally:
                browser.terminate()


def pictures_of_ffmpeg(film: Path) -> list[str]:
    """Return a checksum of each frame that Debian's ffmpeg decodes; fail on any complaint."""
    command = [FFMPEG, "-v", "warning", "-xerror", "-i", film, "-map", "0:v"]
    return _checksums([*command, "-fps_mode", "passthrough", "-f", "framecrc", "-"])


def pictures_of_mpv(film: Path) -> list[str]:
    """The same of mpv, which may show the last frame twice."""
    command = [MPV, "--no-config", "--msg-level=all=warn", "--no-audio", film]
    shown = _checksums([*command, "--o=-", "--of=framecrc", "--ovc=rawvideo"])
    return [one for one, _ in groupby(shown)]


def _checksums(command: list[str | Path]) -> list[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not done.stderr
    lines = [line for line in done.stdout.splitlines() if not line.startswith("#")]
    return [line.rsplit(",", 1)[1].strip() for line in lines]


@contextmanager
def _served(film: Path) -> Iterator[tuple[str, "Queue[dict[str, Any]]"]]:
    told: Queue[dict[str, Any]] = Queue()
    content = film.read_bytes()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/film":
                self._film()
            else:
                self._send(200, "text/html", PAGE.encode())

        def do_POST(self) -> None:
            told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._send(200, "text/plain", b"")

        def _film(self) -> None:
            asked = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")
            first, last = int(asked[0]), int(asked[1] or len(content) - 1)
            span = f"bytes {first}-{last}/{len(content)}"
            self._send(206, "video/mp4", content[first : last + 1], {"Content-Range": span})

        def _send(
            self, status: int, kind: str, body: bytes, more: dict[str, str] | None = None
        ) -> None:
            self.send_response(status)
            head = {"Content-Type": kind, "Content-Length": str(len(body)), **(more or {})}
            for name, value in head.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", told
    finally:
        server.shutdown()
        server.server_close()

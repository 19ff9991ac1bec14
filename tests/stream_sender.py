"""Sends a stream of pictures to whoever listens at an address, twice: `stream_sender.py URL`.

A program of its own: libav waits for the other end while it holds the interpreter.
"""

import sys
import time
from contextlib import suppress
from fractions import Fraction

import av
import numpy as np


def send(url: str, frames: int) -> None:
    """Send pictures at 25 a second."""
    with av.open(url, "w", format="rtsp", options={"rtsp_transport": "tcp"}) as container:
        options = {"preset": "ultrafast", "tune": "zerolatency", "g": "5"}
        stream = container.add_stream("libx264", rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(np.full((120, 160, 3), number, np.uint8), "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
            time.sleep(0.04)


def send_when_heard(url: str) -> None:
    """Send as soon as somebody listens; end the program where nobody does."""
    for _ in range(200):
        with suppress(av.error.FFmpegError):
            send(url, 50)
            return
        time.sleep(0.1)
    sys.exit(1)


if __name__ == "__main__":
    send_when_heard(sys.argv[1])
    send_when_heard(sys.argv[1])

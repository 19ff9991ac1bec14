"""The control of the leak tests: a program that leaves in the open what Yingbi never may.

Run as: leak_plants.py FILM RECORD FOLDER FOLDER FOLDER FOLDER. In each folder it leaves a
raw frame, a JPEG of a face, a remux of the film, a clear record and one that is only
compressed. In the first folder the first of these is unlinked right after it was written,
in the second the second, and so on.
In the first it also writes to a file that never has a name; and last to memory that has one.
"""

import io
import os
import sys
import zlib
from pathlib import Path

import av
import numpy as np
from PIL import Image

from leak_scan import luma_of

KINDS = ("frame", "crop", "remux", "record", "packed")


def frame_of(film: Path, number: int) -> av.VideoFrame:
    """Return the frame of that number, or the last."""
    with av.open(film) as container:
        return [
            frame for frame, _ in zip(container.decode(video=0), range(number + 1), strict=False)
        ][-1]


def raw_frame(film: Path) -> bytes:
    """Return the bare luma of a frame, without any head."""
    return luma_of(frame_of(film, 3)).tobytes()


def crop(film: Path) -> bytes:
    """Return a JPEG of a part of a frame."""
    rgb = np.asarray(frame_of(film, 5).to_ndarray(format="rgb24"), np.uint8)
    picture = Image.fromarray(rgb).crop((80, 20, 240, 160))
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=80)
    return file.getvalue()


def remux(film: Path) -> bytes:
    """Return the film's packets in another container, as a careless cache would keep them."""
    file = io.BytesIO()
    with av.open(film) as source, av.open(file, "w", format="matroska") as copy:
        track = copy.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = track
                copy.mux(packet)
    return file.getvalue()


def main(film: Path, record: str, folders: list[Path]) -> None:
    """Leave all kinds in each folder, one of them unlinked."""
    clear = record.encode()
    made = (raw_frame(film), crop(film), remux(film), clear, b"head" + zlib.compress(clear, 9))
    contents = dict(zip(KINDS, made, strict=True))
    for number, folder in enumerate(folders):
        for kind, content in contents.items():
            path = folder / f"{kind}.planted"
            path.write_bytes(content)
            if kind == KINDS[number]:
                path.unlink()
    nameless = os.open(folders[0], os.O_TMPFILE | os.O_RDWR, 0o600)
    os.write(nameless, contents["crop"])
    memory = os.memfd_create("planted")
    os.write(memory, contents["frame"])


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], [Path(folder) for folder in sys.argv[3:]])

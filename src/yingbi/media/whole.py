"""Whether a film reaches its own end, told by the sizes that its container states.

libav plays what is left of a cut-off film and says nothing.
"""

from pathlib import Path
from typing import BinaryIO

from yingbi.domain.messages import say
from yingbi.errors import CutOffError
from yingbi.media import elements
from yingbi.media.boxes import check_boxes
from yingbi.media.containers import Container, head_of, packet_size

INDEX_OF_LISTS, WORD = b"idx1", 8


def check_whole(file: BinaryIO, path: Path, container: Container) -> None:
    """Raise CutOffError where the file ends before what it announces; it is left at its start.

    A transport or program stream announces little: a cut between two of its packets
    is seen when its last frame is decoded, or not at all.
    """
    match container:
        case "mp4" | "mov":
            check_boxes(file, path)
        case "matroska" | "webm":
            elements.check_elements(file, path)
        case "avi":
            _check_chunks(file, path)
        case "mpegts":
            size = packet_size(head_of(file))
            if size is None or file.seek(0, 2) % size:
                raise cut_off(path)
    file.seek(0)


def states_length(file: BinaryIO, container: Container, *, frames: bool) -> bool:
    """Return whether a film that breaks off still says how long it was to be.

    frames: whether its index counts them. What comes in pieces knows only the pieces.
    """
    match container:
        case "mp4" | "mov":
            return frames
        case "matroska" | "webm":
            return elements.states_length(file)
    return False


def cut_off(path: Path) -> CutOffError:
    """Return the error of a film that ends before its content does."""
    return CutOffError(path=path, reason=say("it ends before its content does"))


def _check_chunks(file: BinaryIO, path: Path) -> None:
    """Walk the RIFF chunks of an AVI; a long one has several."""
    end = file.seek(0, 2)
    place = 0
    while place + WORD <= end:
        file.seek(place)
        head = file.read(WORD)
        if head[:4] != b"RIFF":
            return  # what stands after the last chunk is no part of the film
        size = int.from_bytes(head[4:], "little")
        if size < 4 or place + WORD + size > end:
            raise cut_off(path)
        place += WORD + size + size % 2

"""One person lifted out of a masked film: clear, and everybody else covered as before.

Clause: A.3-2; A.3.a-2.
"""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from yingbi.mask.lift import lifted
from yingbi.media.cutting import paste
from yingbi.media.film import FilmReader
from yingbi.media.film_writer import FilmWriter
from yingbi.media.still import encode_stills, read_stills

_HELD = Path("a sealed film")


def lift(masked: bytes, person: Iterable[bytes], sink: BinaryIO, *, still: bool, crf: int) -> int:
    """Write the masked film or still with the person's own pieces put back.

    masked: whole, in memory. person: the person's films as `mask.lift` packs them, in
        the order of time. Returns in how many frames the person was put back.
    Raises: SealBrokenError, CutOffError where film and pieces do not fit each other.
    """
    pieces = {cutting.pts: cutting for content in person for cutting in lifted(content)}
    if still:
        # people kept by earlier versions are RGB also where the picture is a JPEG
        as_rgb = any(cutting.planes[0].ndim == 3 for cutting in pieces.values())
        stills = list(read_stills(_HELD, masked, as_rgb=as_rgb))
        for frame in stills:
            if frame.pts in pieces:
                paste(frame, pieces[frame.pts])
        sink.write(encode_stills(stills))
        return len(pieces)
    put_back = 0
    with FilmReader(_HELD, held=BytesIO(masked)) as reader:
        writer = FilmWriter(sink, reader.info, crf=crf)
        for frame in reader.frames():
            if frame.pts in pieces:
                paste(frame, pieces.pop(frame.pts))
                put_back += 1
            writer.write(frame)
        writer.close()
    return put_back

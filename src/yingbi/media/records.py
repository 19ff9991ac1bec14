"""The parameter sets of a film's picture track, whichever codec it is of."""

import av

from yingbi.media.avc import AvcRecord
from yingbi.media.description import codec_of
from yingbi.media.hevc import HevcRecord
from yingbi.media.nal import BrokenUnitsError
from yingbi.media.syntax import Record


def record_of(stream: av.VideoStream) -> Record:
    """Return the record that the container holds; raise BrokenUnitsError where there is none."""
    extradata = bytes(stream.codec_context.extradata or b"")
    match codec_of(stream):
        case "h264":
            return AvcRecord.parse(extradata)
        case "hevc":
            return HevcRecord.parse(extradata)
        case _:
            raise BrokenUnitsError("of this codec nothing is copied")

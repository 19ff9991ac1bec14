"""libav kept quiet, and its errors in the words of this program."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import av

from yingbi.domain.messages import say
from yingbi.errors import CutOffError, ReadWriteError

av.logging.set_level(None)  # its log names files and goes past the terminal's owner
os.environ.setdefault("SVT_LOG", "0")  # the AV1 encoder asks nobody where its log goes


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what libav raises while reading into CutOffError, or ReadWriteError for the disk."""
    try:
        yield
    except av.error.FFmpegError as error:
        if error.errno in {errno.EIO, errno.ENOMEM, errno.EACCES}:
            raise ReadWriteError(path=path, reason=error.strerror) from error
        raise CutOffError(path=path, reason=say("it cannot be decoded to its end")) from error
    except OSError as error:
        raise ReadWriteError(path=path, reason=error.strerror) from error


@contextmanager
def writing(path: Path | None) -> Iterator[None]:
    """Turn what libav raises while encoding into ReadWriteError; the sink's own errors pass."""
    try:
        yield
    except av.error.FFmpegError as error:
        reason = say("the film could not be encoded")
        raise ReadWriteError(path=path or "-", reason=reason) from error


def video_decoder(codec: str) -> av.VideoCodecContext:
    """Return a decoder for packets of one picture each, without threads of its own."""
    decoder = cast(av.VideoCodecContext, av.CodecContext.create(codec, "r"))
    decoder.thread_count = 1
    return decoder

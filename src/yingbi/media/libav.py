"""libav kept quiet, and its errors in the words of this program."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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


@contextmanager
def in_turn() -> Iterator[None]:
    """Open an encoder, and let the process wait for its turn at the processor as it did before.

    As root SVT-AV1 puts the thread that opens it and all its own before everything else on the
    machine (SCHED_FIFO, 99), for good, and with them every program that is started later.
    """
    tasks = Path("/proc/self/task")
    if not tasks.is_dir():  # elsewhere it does nothing of the kind
        yield
        return
    policy, priority = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        for task in (int(one.name) for one in tasks.iterdir()):
            with suppress(ProcessLookupError):
                if os.sched_getscheduler(task) == os.SCHED_FIFO:
                    os.sched_setscheduler(task, policy, priority)


def video_decoder(codec: str) -> av.VideoCodecContext:
    """Return a decoder for packets of one picture each, without threads of its own."""
    decoder = cast(av.VideoCodecContext, av.CodecContext.create(codec, "r"))
    decoder.thread_count = 1
    return decoder

"""Films of H.264 without key frames: each frame renews a part of the picture, wave by wave."""

from itertools import takewhile

from yingbi.media.avc import IDR, SEI, SLICE
from yingbi.media.nal import Bits, BrokenUnitsError, split, split_at_starts, without_user_data

RECOVERY_POINT = frozenset({6})
AFTER_ITS_HEADS = 3
"""Bytes before the content of a message: the header of its unit, its type and its size."""


def begins_a_wave(content: bytes, extradata: bytes) -> bool:
    """Return whether a picture at which decoding may begin is whole only some frames later.

    content: a packet of H.264. extradata: what its track says of all packets.
    """
    try:
        if extradata[:1] == b"\1":
            units = split(content, (extradata[4] & 3) + 1)
        else:
            units = split_at_starts(content)
        heads = takewhile(lambda unit: unit[0] & 31 not in {SLICE, IDR}, units)
        said = (
            without_user_data(unit, 1, RECOVERY_POINT)[0] for unit in heads if unit[0] & 31 == SEI
        )
        return any(Bits(unit, AFTER_ITS_HEADS).golomb() > 0 for unit in said if unit is not None)
    except (BrokenUnitsError, IndexError):
        return False

"""When a film or picture was made, as far as the file itself says so.

What a file says of its own time was set by a clock that nobody checked; whoever
keeps it says where it comes from.
"""

from datetime import UTC, datetime
from pathlib import Path

import av

from yingbi.media.containers import demuxer_of
from yingbi.media.libav import reading
from yingbi.media.probe import probe
from yingbi.media.source_file import open_source
from yingbi.media.still import exif_of

_EXIF_IFD, _TAKEN, _OFFSET = 0x8769, 0x9003, 0x9011


def made_at(path: Path) -> datetime | None:
    """Return the moment with its zone, or None where the file does not say it whole.

    A picture's time without an offset from UTC is not told: it could be any zone's.
    Raises what `probe` raises.
    """
    if probe(path).kind == "film":
        with (
            open_source(path) as film,
            reading(path),
            av.open(film, "r", format=demuxer_of(film), metadata_errors="ignore") as container,
        ):
            return _moment(container.metadata.get("creation_time", ""))
    exif = exif_of(path, _EXIF_IFD)
    taken, offset = str(exif.get(_TAKEN, "")), str(exif.get(_OFFSET, ""))
    date, _, clock = taken.partition(" ")
    return _moment(f"{date.replace(':', '-')}T{clock}{offset}") if offset else None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        moment.astimezone(UTC)  # at the calendar's end some have no day there
    except (ValueError, OverflowError):
        return None
    return None if moment.year <= 1970 else moment  # an unset clock of a camera or encoder

"""Records of files that are not worked on: why, in one line, and never anything of the file."""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from yingbi.domain.messages import say_error
from yingbi.domain.report_errors import QuarantinedError
from yingbi.errors import CannotCreateError, ReadWriteError, YingbiError
from yingbi.media.output import new_file
from yingbi.usecases.quarantine import ENDING
from yingbi.usecases.watch_arrivals import Arrival
from yingbi.usecases.watch_memory import synced


@dataclass(frozen=True, slots=True)
class Quarantine:
    """A folder of records, and of masked copies in which something was still seen."""

    root: Path

    def record(self, arrival: Arrival, sha256: str, error: YingbiError) -> None:
        """Write the file's record. Raises: CannotCreateError, ReadWriteError."""
        told = {
            "source": arrival.place.as_posix(),
            "code": error.code,
            "message": say_error(error),
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "bytes": arrival.stamp.size,
            "sha256": sha256 or None,
        }
        place = self.record_of(arrival.place)
        make_folder(place.parent)
        text = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
        with new_file(place, force=True) as file:
            file.write(text.encode("utf-8", "backslashreplace"))

    def keep(self, output: Path, place: Path, error: QuarantinedError) -> QuarantinedError:
        """Take the copy that lies beside its output's place away from there; return where it is told."""
        apart, kept = output.with_name(output.name + ENDING), self._copy_of(place)
        make_folder(kept.parent)
        try:
            apart.replace(kept)
        except OSError as failed:
            raise ReadWriteError(path=apart, reason=failed.strerror) from failed
        synced(kept.parent)
        return QuarantinedError(error.told, **(error.facts | {"place": kept}))

    def clear(self, place: Path) -> None:
        """Remove what is there of a file that is well by now."""
        for path in (self._copy_of(place), self.record_of(place)):
            with suppress(OSError):
                path.unlink()

    def record_of(self, place: Path) -> Path:
        """Return where the record of a file lies."""
        return self.root / place.with_name(place.name + ".json")

    def _copy_of(self, place: Path) -> Path:
        return self.root / place.with_name(place.name + ENDING)


def make_folder(folder: Path) -> None:
    """Make the folder and those above it. Raises: CannotCreateError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotCreateError(path=folder, reason=error.strerror) from error

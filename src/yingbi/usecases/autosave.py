"""Keep an edit file as new as what is decided, without making anybody wait for the disk."""

import threading
from pathlib import Path

from yingbi.domain.edit import Edit, edit_text, rest_text
from yingbi.domain.edit_errors import EditChangedError
from yingbi.errors import ReadWriteError, YingbiError
from yingbi.media.output import new_file

WAIT_S = 0.3
"""What is decided within so short a time is written at once."""


class Autosave:
    """Writes the newest edit, whole, in a thread of its own; a crash leaves the one before.

    A file that somebody else has written to meanwhile is not replaced. error: why the last try
    failed; None where all is well.
    """

    def __init__(self, path: Path) -> None:
        """Remember where; what lies there is as new as what is decided so far."""
        self.error: YingbiError | None = None
        self._path = path
        self._stamp = _stamp(path)
        self._rest: str | None = None  # of the file, what never changes; long to make
        self._newest: Edit | None = None
        self._there = True
        self._changed, self._ending = threading.Condition(), False
        self._thread = threading.Thread(target=self._run, name="yingbi autosave", daemon=True)
        self._thread.start()

    @property
    def saved(self) -> bool:
        """Whether the file says what was kept last."""
        with self._changed:
            return self._there and self._newest is None

    def keep(self, edit: Edit) -> None:
        """Let the file become this edit, soon."""
        with self._changed:
            self._newest, self._there = edit, False
            self._changed.notify()

    def close(self) -> None:
        """Return when what was kept last is on the disk. Raises: why it is not."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        self._thread.join()
        if self.error is not None:
            raise self.error

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._newest is not None or self._ending)
                if self._newest is None:
                    return
                if not self._ending:
                    self._changed.wait_for(lambda: self._ending, WAIT_S)
                edit, self._newest = self._newest, None
            error = self._written(edit)
            with self._changed:
                self.error = error
                self._there = error is None

    def _written(self, edit: Edit) -> YingbiError | None:
        """Write the edit; return why that failed."""
        try:
            if _stamp(self._path) != self._stamp:
                raise EditChangedError(path=self._path)
            self._rest = self._rest or rest_text(edit.sightings)
            with new_file(self._path, force=True, private=True) as file:
                file.write(edit_text(edit, self._rest).encode("utf-8", "backslashreplace"))
            self._stamp = _stamp(self._path)
        except YingbiError as failed:
            return failed
        except OSError as failed:
            return ReadWriteError(path=self._path, reason=failed.strerror)
        return None


def _stamp(path: Path) -> tuple[int, ...] | None:
    """Return what changes when somebody writes to the file; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino

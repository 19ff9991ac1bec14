"""A witness: the latest checkpoint of a log in a file outside the vault.

A vault that was put back to an older copy of itself is whole and says nothing of
what is gone. The witness says it, where who puts the vault back cannot reach it:
on another disk, another machine or, for comparison by hand, on paper.

Clause: 6.1-2; 6.2.4.b.2-2; 6.2.5.g-1.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from yingbi.audit.checkpoint import Checkpoint, open_checkpoint
from yingbi.audit.log import Log
from yingbi.audit.note import LARGEST
from yingbi.crypto.suite import InvalidTagError
from yingbi.disk.durable import Disk
from yingbi.domain.crossing import Crossing, no_crossing
from yingbi.domain.messages import say
from yingbi.errors import (
    BadInputError,
    CannotCreateError,
    LogRolledBackError,
    NoWitnessError,
    ReadWriteError,
    UnreadableInputError,
    YingbiError,
)


def outside(vault: Path, path: Path) -> Path:
    """Return the file that the path leads to; CannotCreateError where that lies in the vault.

    There it would go back in time with the vault, and witness nothing.
    """
    try:
        place = path.resolve()
        inside = place.is_relative_to(vault.resolve())
    except (OSError, RuntimeError, ValueError):
        raise CannotCreateError(path=path, reason=say("its name is no path")) from None
    if inside:
        raise CannotCreateError(path=path, reason=say("it lies in the vault"))
    return place


def read_witness(log: Log, path: Path) -> Checkpoint:
    """Return the checkpoint in the file, signed by this vault's device for this vault's log.

    Raises: NoWitnessError; UnreadableInputError; BadInputError.
    """
    content = _content(path)
    try:
        return open_checkpoint(content, log.key)
    except ValueError:
        raise BadInputError(path=path, reason="it is no checkpoint of this vault's log") from None
    except InvalidTagError:
        raise BadInputError(path=path, reason="this vault's device did not sign it") from None


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except FileNotFoundError:
        raise NoWitnessError(path=path) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or say("its name is no path")
        raise UnreadableInputError(path=path, reason=reason) from None


def check_witness(log: Log, path: Path) -> Checkpoint:
    """Return what the file knows of the log, which continues it.

    Reads the log's last row, its state and one row more: that the rows between are
    whole is for `Log.verify` to show.

    Raises: LogRolledBackError where the log is shorter or has another past;
        LogBrokenError; and as `read_witness` does.
    """
    known, present = read_witness(log, path), log.present()
    if known.size > present.size:
        reason = say(
            "it has {size} entries, and the witness knows of {known}",
            size=present.size,
            known=known.size,
        )
        raise LogRolledBackError(path=path, reason=reason)
    if log.root_at(known.size) != known.root:
        reason = say("its first {known} entries are others", known=known.size)
        raise LogRolledBackError(path=path, reason=reason)
    return known


@contextmanager
def watched(log: Log, path: Path | None, crossing: Crossing = no_crossing) -> Iterator[None]:
    """Hold the log to its witness, and renew the witness when the block ends, however it does.

    Without a path nothing is watched.

    Raises: as `check_witness` and `renew_witness` do; what the block raised goes before.
    """
    if path is None:
        yield
        return
    check_witness(log, path)
    try:
        yield
    except BaseException:
        # What failed may have written to the log before; that its witness is late is no harm.
        with suppress(YingbiError):
            renew_witness(log, path, crossing)
        raise
    if log.is_there:  # a vault that was destroyed in the block has none to tell of
        renew_witness(log, path, crossing)


def renew_witness(log: Log, path: Path, crossing: Crossing = no_crossing) -> None:
    """Put the newest checkpoint into the file where the log grew; all of the old or all of the new.

    Raises: as `check_witness` does, nothing written; ReadWriteError.
    """
    known, present = check_witness(log, path), log.present()
    if present.size > known.size:
        write_witness(log, path.resolve(), present, crossing)


def write_witness(
    log: Log, path: Path, present: Checkpoint, crossing: Crossing = no_crossing
) -> None:
    """Put the checkpoint, signed, in the file's place. Raises: ReadWriteError, the old one kept.

    Processes that do so at once have a name each to write under: the file is always
    whole, and the log continues whichever came last.
    """
    disk = Disk("witness", crossing)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    file = disk.create(temporary)
    try:
        file.write(log.signed(present))
        file.sync()
        disk.rename(temporary, path)
    except ReadWriteError:
        with suppress(YingbiError):
            disk.unlink(temporary)
        raise
    finally:
        file.close()
    disk.sync_folder(path.parent)

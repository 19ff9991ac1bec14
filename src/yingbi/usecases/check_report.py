"""Hold a signed report to the files that it speaks of.

Clause: 6.2.5.b.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yingbi.capture.inputs import find_inputs
from yingbi.domain.messages import say
from yingbi.domain.report import Progress
from yingbi.domain.report_errors import ReportBrokenError
from yingbi.errors import NoSuchInputError, NothingToDoError
from yingbi.usecases.evidence import identity
from yingbi.usecases.signed_report import trusted_report


@dataclass(frozen=True, slots=True)
class Checked:
    """A report whose signature holds. differences: what is not as it says, one line each.

    outputs: how many files it speaks of; files: whether they were looked at.
    """

    signer: str
    made_at: str
    outputs: int
    failed: int
    files: bool
    differences: tuple[str, ...]


def check_report(
    path: Path, home: Path, keys: Collection[str], folder: Path | None, progress: Progress
) -> Checked:
    """Return what the report is worth; with a folder, its files are read too.

    folder: where the outputs lie, in their places below the folder that was written to.

    Raises: ReportBrokenError, ReportKeyUnknownError, NoSuchInputError, UnreadableInputError.
    """
    body, signer = trusted_report(path, home, keys)
    try:
        entries: list[Mapping[str, Any]] = list(body["inputs"])
        done = [entry for entry in entries if "error" not in entry]
        made_at, failed = str(body["made_at"]), len(entries) - len(done)
        places = {str(entry["place"]): entry["written"] for entry in done}
        sheet = body.get("contact_sheet") or {"sha256": ""}
        apart = [entry["quarantine"]["sha256"] for entry in entries if "quarantine" in entry]
        beside = {str(digest) for digest in (sheet["sha256"], *apart)}
    except (KeyError, TypeError):
        raise ReportBrokenError(path=path, reason="it lacks what a report must say") from None
    differences: tuple[str, ...] = ()
    if folder is not None:
        if not folder.is_dir():
            raise NoSuchInputError(path=folder)
        differences = tuple(_differences(places, beside, folder, progress))
    return Checked(signer, made_at, len(done), failed, folder is not None, differences)


def _differences(
    places: Mapping[str, Mapping[str, Any]],
    beside: Collection[str],
    folder: Path,
    progress: Progress,
) -> Iterator[str]:
    tick = progress.begin(str(folder), len(places))
    for place, written in places.items():
        difference = _difference(folder / place, written)
        if difference:
            yield difference
        tick(1)
    for path in _media(folder):
        known = path.relative_to(folder).as_posix() in places
        if not known and identity(path).sha256 not in beside:
            yield say("'{path}' is not in the report", path=path)


def _difference(path: Path, written: Mapping[str, Any]) -> str | None:
    if not path.is_file() or path.is_symlink():
        return say("'{path}' is missing", path=path)
    size = path.stat().st_size
    if size != written["bytes"]:
        told = written["bytes"]
        return say("'{path}' has {size} bytes, not {told}", path=path, size=size, told=told)
    if identity(path).sha256 != written["sha256"]:
        return say("'{path}' was altered: its SHA-256 is another", path=path)
    return None


def _media(folder: Path) -> list[Path]:
    try:
        return [item.path for item in find_inputs([folder])]
    except NothingToDoError:
        return []

"""The log as its reader uses it: verify it, prove an entry, keep a checkpoint elsewhere.

Clause: 6.1-2; 6.2.4.b.2-2; 6.2.5.g-1.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yingbi.audit.checkpoint import Checkpoint
from yingbi.audit.clock import ClockBack, clocks_back
from yingbi.audit.proof import LARGEST, Proven, check_proof, prove
from yingbi.audit.witness import check_witness, outside, write_witness
from yingbi.domain.messages import say
from yingbi.errors import (
    BadInputError,
    CannotCreateError,
    NoSuchInputError,
    OutputExistsError,
    UnreadableInputError,
    UsageError,
)
from yingbi.media.output import new_file
from yingbi.usecases.vault import Vault


@dataclass(frozen=True, slots=True)
class LogVerified:
    """A log that is whole: where it stands, what it continues, where its clock went back.

    continues: how many entries a witness knew of; None without a witness.
    """

    checkpoint: Checkpoint
    continues: int | None
    clocks_back: list[ClockBack]


def verify_log(vault: Vault, witness: Path | None) -> LogVerified:
    """Verify every entry and, where a witness is given, that the log continues it.

    Raises: LogBrokenError; LogRolledBackError; NoWitnessError; BadInputError.
    """
    vault.log.verify()
    known = check_witness(vault.log, witness) if witness else None
    back = clocks_back(entry.deed for entry in vault.log.entries())
    return LogVerified(vault.log.present(), known.size if known else None, back)


def prove_entry(vault: Vault, sequence: int, witness: Path | None) -> dict[str, Any]:
    """Return the proof of one entry, leading back to the witness where one is given.

    Raises: NoSuchEntryError; and as `verify_log` does.
    """
    known = check_witness(vault.log, witness) if witness else None
    return prove(vault.log, sequence, known)


def write_proof(told: Mapping[str, Any], out: Path, *, force: bool) -> None:
    """Write a proof as JSON, for whomever it is given to. Raises: as `new_file` does."""
    with new_file(out, force=force, private=False) as file:
        file.write(json.dumps(told, indent=2, ensure_ascii=False).encode() + b"\n")


def checkpoint_note(vault: Vault) -> bytes:
    """Verify the log; return its checkpoint, signed. Raises: LogBrokenError."""
    vault.log.verify()
    return vault.log.signed(vault.log.present())


def keep_checkpoint(vault: Vault, out: Path, *, force: bool) -> Checkpoint:
    """Verify the log and write its checkpoint to a file outside the vault.

    A checkpoint of this log that is there is renewed where the log continues it.
    force: replace whatever is there, also one that knows of more than the log does.

    Raises: LogBrokenError; LogRolledBackError; UsageError for a place inside the
        vault; OutputExistsError where another file is there; ReadWriteError.
    """
    place = outside(vault.folder.path, out)
    vault.log.verify()
    _takes(place, out)
    if place.exists() and not force:
        try:
            check_witness(vault.log, place)
        except BadInputError:
            raise OutputExistsError(path=out) from None
    present = vault.log.present()
    write_witness(vault.log, place, present, vault.crossing)
    return present


def _takes(place: Path, out: Path) -> None:
    """Raise CannotCreateError where no file can be."""
    if place.is_dir():
        raise CannotCreateError(path=out, reason=say("it is a folder"))
    if not place.parent.is_dir():
        reason = say("the folder '{folder}' does not exist", folder=place.parent)
        raise CannotCreateError(path=out, reason=reason)


def check(file: Path, device: str, witness: Path | None) -> Proven:
    """Return what the proof in the file shows; neither a vault nor a passphrase is needed.

    device: the public key of the vault's device in hexadecimal, known from elsewhere.

    Raises: ProofBrokenError; UsageError; NoSuchInputError; UnreadableInputError.
    """
    try:
        key = bytes.fromhex(device)
    except ValueError:
        problem = say("--key takes the device's public key, in hexadecimal.")
        raise UsageError(problem=problem) from None
    return check_proof(_content(file), key, _content(witness) if witness else None)


def _content(path: Path) -> bytes:
    """Return a file's bytes, and no more than are too many."""
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except FileNotFoundError:
        raise NoSuchInputError(path=path) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or say("its name is no path")
        raise UnreadableInputError(path=path, reason=reason) from None

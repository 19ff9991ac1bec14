"""A proof that one entry stands in a vault's log, for people who have no vault and no passphrase.

It is one JSON document: the entry as it was hashed, its place, the hashes that
lead to the root (RFC 9162, 2.1.3), and the checkpoint in which the device signed
that root. Where an earlier checkpoint is given, the hashes that lead from it to
this one (2.1.4) stand in it too.

Clause: 6.2.4.b.2-2; 6.2.5.g-1.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yingbi.audit.checkpoint import Checkpoint, checkpoint_of, log_key, open_checkpoint
from yingbi.audit.log import Log
from yingbi.audit.note import from_base64, open_note
from yingbi.crypto.merkle import (
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root,
    verify_consistency,
    verify_inclusion,
)
from yingbi.crypto.suite import NAMES, InvalidTagError, Suite, suite
from yingbi.errors import LogBrokenError, NoSuchEntryError, ProofBrokenError

LARGEST = 1 << 20
_KIND = "yingbi log proof 1"


@dataclass(frozen=True, slots=True)
class Proven:
    """What a proof shows: this entry, at this place of the log that the checkpoint names.

    text: the entry as the log keeps it, a purpose in it still sealed.
    continues: the size of the earlier checkpoint that the log was shown to continue.
    """

    sequence: int
    text: Mapping[str, Any]
    checkpoint: Checkpoint
    continues: int | None


def prove(log: Log, sequence: int, known: Checkpoint | None) -> dict[str, Any]:
    """Return the proof of one entry, and that the log continues the known checkpoint.

    It takes the hash of every entry, 32 bytes each, into memory.

    Raises: NoSuchEntryError; LogBrokenError where rows do not hash to what the device signed.
    """
    present, chosen = log.present(), log.key.suite
    entry = log.entry_bytes(sequence) if 0 <= sequence < present.size else None
    if entry is None:
        raise NoSuchEntryError(sequence=sequence, size=present.size)
    leaves = log.leaf_hashes(present.size)
    if len(leaves) != present.size or root(chosen, leaves) != present.root:
        raise LogBrokenError(reason="its entries do not hash to its root; see 'yingbi log verify'")
    told = {
        "proof": _KIND,
        "suite": chosen.name,
        "sequence": sequence,
        "entry": base64.b64encode(entry).decode(),
        "inclusion": _told(inclusion_proof(chosen, leaves, sequence)),
        "checkpoint": log.signed(present).decode(),
        "device": log.key.public_key.hex(),
        "verifier": log.key.text,
    }
    if known is not None and known.size:
        steps = consistency_proof(chosen, leaves, known.size)
        told["consistency"] = {"from": known.size, "path": _told(steps)}
    return told


def check_proof(content: bytes, device: bytes, witness: bytes | None = None) -> Proven:
    """Return what the proof shows, or raise; nothing but the arguments is read.

    device: the public key of the vault's device, known from elsewhere; the one that
        the proof names is not believed.
    witness: a checkpoint of the same log, kept from earlier, that it must continue.

    Raises: ProofBrokenError; LibraryMissingError for a proof of a suite that is not here.
    """
    told = _read(content)
    try:
        chosen = suite(told["suite"])
        checkpoint = _checkpoint(told["checkpoint"].encode(), chosen, device)
        entry, sequence = from_base64(told["entry"]), told["sequence"]
        verify_inclusion(
            chosen,
            leaf_hash(chosen, entry),
            _number(sequence),
            checkpoint.size,
            proof=_steps(told["inclusion"]),
            root_hash=checkpoint.root,
        )
        continues = None
        if witness is not None:
            known = open_checkpoint(witness, log_key(checkpoint.origin, chosen, device))
            continues = _continued(chosen, known, checkpoint, told.get("consistency"))
        text = json.loads(entry)
        if not isinstance(text, dict) or text.get("n") != sequence:
            raise ProofBrokenError(reason="its entry is of another place")
    except InvalidTagError:
        raise ProofBrokenError(reason="its hashes or signatures are not this device's") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ProofBrokenError(reason="it is no proof, or no checkpoint") from None
    return Proven(sequence, text, checkpoint, continues)


def _checkpoint(note: bytes, chosen: Suite, device: bytes) -> Checkpoint:
    """Return the checkpoint, whose log is the one that it names, signed by the device."""
    origin = note.decode().partition("\n")[0]
    return checkpoint_of(open_note(note, log_key(origin, chosen, device)))


def _continued(chosen: Suite, known: Checkpoint, now: Checkpoint, told: Any) -> int:
    """Return the known size where the log continues it, or raise InvalidTagError."""
    if known.size == 0 or known == now:
        return known.size
    if told is None or told["from"] != known.size:
        raise ProofBrokenError(
            reason="it does not lead back to the witness; make it with --witness"
        )
    verify_consistency(
        chosen,
        old_size=known.size,
        old_root=known.root,
        new_size=now.size,
        new_root=now.root,
        proof=_steps(told["path"]),
    )
    return known.size


def _read(content: bytes) -> dict[str, Any]:
    try:
        told = json.loads(content) if len(content) <= LARGEST else None
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or told.get("proof") != _KIND or told.get("suite") not in NAMES:
        raise ProofBrokenError(reason="it is no proof, or no checkpoint")
    return told


def _number(value: Any) -> int:
    if type(value) is not int:
        raise ValueError("it is no number")
    return value


def _steps(told: Any) -> list[bytes]:
    """Return hashes of 32 bytes; there are never more than twice as many as a size has bits."""
    steps = [from_base64(step) for step in told]
    if len(steps) > 128 or any(len(step) != 32 for step in steps):
        raise ValueError("they are no hashes")
    return steps


def _told(steps: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(step).decode() for step in steps]

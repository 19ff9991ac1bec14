"""Destroy a vault with all that is in it, and leave a signed receipt outside.

Clause: 6.2.3.c-1.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from yingbi.domain.ledger import Action, Deed
from yingbi.domain.settings import data_home
from yingbi.errors import ReadWriteError, UnsafeOutputError
from yingbi.keys.cell import place
from yingbi.keys.templates import discard
from yingbi.media.output import new_file
from yingbi.models.manifest import manifest
from yingbi.store.destroy import decide, destroy
from yingbi.usecases.opened import Vault


def destroy_vault(vault: Vault, receipt: Path | None, *, models: bool) -> list[str]:
    """Destroy the vault; return the names of foreign files that stay in its folder.

    The caller holds it alone. The log is told, the receipt is signed and on the disk
    outside before the first key goes. receipt: where to; None writes none.

    Raises: UnsafeOutputError where the receipt lies in the vault, OutputExistsError,
        CannotCreateError: nothing is destroyed then. ReadWriteError; running it again goes on.
    """
    path, now = vault.folder.path, datetime.now(UTC)
    if receipt is not None and receipt.resolve().is_relative_to(path.resolve()):
        raise UnsafeOutputError(output=receipt, reason="it lies in the vault")
    if receipt is None:
        vault.log.record(Deed(Action.VAULT_DESTROYED, now))
    else:
        with new_file(receipt, force=False) as file:
            vault.log.record(Deed(Action.VAULT_DESTROYED, now))
            file.write(json.dumps(_receipt(vault, now, models=models), indent=1).encode() + b"\n")
    discard(data_home(), vault.folder.vault_id)  # templates lie outside: what opens them goes first
    decide(path, vault.crossing)
    vault.rooms.catalogue_db.close()
    vault.rooms.keys_db.close()
    return destroy(path, vault.crossing)


def _receipt(vault: Vault, now: datetime, *, models: bool) -> dict[str, Any]:
    """Return what is destroyed, signed by the vault's device before its key goes."""
    head, device = vault.log.head(), vault.keystore.device
    told = {
        "vault": str(vault.folder.vault_id),
        "controller": str(vault.folder.controller_id),
        "suite": vault.keystore.suite.name,
        "decided_at": now.isoformat(timespec="seconds"),
        "log_size": 0 if head is None else head.size,
        "log_root": "" if head is None else head.root.hex(),
        "boxes": len(vault.boxes.ids()),
        "objects": sum(len(vault.rooms.catalogue.ids_of(one)) for one in vault.boxes.ids()),
        "removes": ["keystore", "keys.db", "catalogue.db", "objects", "inbox", "vault.json"]
        + (["networks"] if models else []),
    }
    signature = device.sign(signed_message(told))
    return {
        "receipt": told,
        "device": device.device_id.hex(),
        "public_key": device.public_key.hex(),
        "signature": signature.hex(),
    }


def signed_message(told: dict[str, Any]) -> bytes:
    """Return what the device signs of a receipt: its canonical JSON, bound to its use."""
    return place("vault destroyed", json.dumps(told, sort_keys=True).encode())


def remove_networks(models_dir: Path) -> Sequence[str]:
    """Unlink the networks of the manifest; return the names of those that were there.

    Raises: ReadWriteError.
    """
    found = []
    for model in manifest():
        file = models_dir / model.file
        try:
            file.unlink()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise ReadWriteError(path=file, reason=error.strerror or str(error)) from None
        found.append(model.name)
    return found

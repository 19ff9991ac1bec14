"""What is sealed to this device: a secret of the user's, and the id of the machine.

    "YBD1" | secret (32)

Copied elsewhere, what was sealed does not open: the secret lies in the user's data folder,
and of a machine's id nothing is stored here. There is no passphrase: whoever may read both
as this user opens it, as whoever sits at the machine can.

Clause: 6.2.4.b.1.
"""

import secrets
from pathlib import Path

from yingbi.crypto.suite import Suite
from yingbi.domain.report_errors import InstallationKeyError
from yingbi.keys.cell import place
from yingbi.keys.installation import own_secret, write_once

MAGIC = b"YBD1"
SECRET_BYTES = 32
FILE = "device.key"
MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
LEAST_ID = 16


class NoMachineIdError(Exception):
    """The machine has no id that tells it from others."""


def device_key(home: Path, suite: Suite, use: str, *, make: bool = False) -> bytes | None:
    """Return the key for one use on this device; None where the user has no secret yet.

    home: the user's data folder. make: make the secret where there is none.

    Raises: NoMachineIdError; InstallationKeyError where others can read the secret or it is none;
        CannotCreateError.
    """
    machine, path = _machine_id(), home / FILE
    if make:
        write_once(path, MAGIC + secrets.token_bytes(SECRET_BYTES))
    content = own_secret(path)
    if content is None:
        return None
    if len(content) != len(MAGIC) + SECRET_BYTES or not content.startswith(MAGIC):
        raise InstallationKeyError(path=path, reason="it is no key of a device")
    info = place("device", use.encode(), machine)
    return suite.hkdf(content[len(MAGIC) :], info=info, length=suite.key_bytes)


def _machine_id() -> bytes:
    for path in MACHINE_IDS:
        try:
            found = path.read_bytes().strip()
        except OSError:
            continue
        if len(found) >= LEAST_ID:
            return found
    raise NoMachineIdError

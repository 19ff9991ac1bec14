"""Networks that are sealed to this device, and opened in memory alone.

    "YBM1" | number of the suite (1) | zeros (3) | nonce (12) | ciphertext and tag

What the network is listed as is bound to it: under another name, of another kind or for
other classes it does not open.

Clause: 6.2.4.b.1.
"""

import contextlib
import os
from pathlib import Path

from yingbi.crypto.suite import InvalidTagError, suite, suite_of
from yingbi.domain.messages import say
from yingbi.domain.model_errors import ModelSealedError
from yingbi.errors import NotOnThisSystemError
from yingbi.keys.cell import place
from yingbi.keys.memory import guard
from yingbi.keys.this_device import NoMachineIdError, device_key

MAGIC, ZEROS = b"YBM1", bytes(3)
HEAD, NONCE = len(MAGIC) + 4, 12
USE = "networks"


def sealed(content: bytes, listed: bytes, name: str, home: Path, suite_name: str) -> bytes:
    """Return the file of a private network; the device's secret is made where there is none.

    listed: what binds it to its entry. home: the user's data folder.

    Raises: ModelSealedError where this machine has no id; InstallationKeyError; CannotCreateError;
        LibraryMissingError.
    """
    of_suite = suite(suite_name)
    try:
        key = device_key(home, of_suite, USE, make=True)
    except NoMachineIdError:
        raise ModelSealedError(model=name, reason=_no_id()) from None
    if key is None:
        raise ModelSealedError(model=name, reason=_no_key())
    head, nonce = MAGIC + bytes([of_suite.code]) + ZEROS, os.urandom(NONCE)
    return head + nonce + of_suite.seal(key, nonce, content, place("network", head, listed))


def unsealed(file: bytes, listed: bytes, name: str, home: Path) -> bytes:
    """Return the network of a file that `sealed` made on this device.

    The process is kept from core files and, where the user's limits allow, from the swap.

    Raises: ModelSealedError; InstallationKeyError; LibraryMissingError.
    """
    altered = ModelSealedError(model=name, reason=say("it was altered, or sealed elsewhere"))
    head, nonce = file[:HEAD], file[HEAD : HEAD + NONCE]
    try:
        of_suite = suite_of(head[len(MAGIC)])
        key = device_key(home, of_suite, USE)
    except NoMachineIdError:
        raise ModelSealedError(model=name, reason=_no_id()) from None
    except (IndexError, ValueError):
        raise altered from None
    if key is None:
        raise ModelSealedError(model=name, reason=_no_key())
    keep_from_core_files()
    try:
        return of_suite.open(key, nonce, file[HEAD + NONCE :], place("network", head, listed))
    except (InvalidTagError, ValueError):
        raise altered from None


def keep_from_core_files() -> None:
    """Guard this process, in whose memory a private network stands in the clear, as far as it goes."""
    with contextlib.suppress(NotOnThisSystemError):
        guard("wanted")


def _no_id() -> str:
    return say("this machine has no id of its own (/etc/machine-id)")


def _no_key() -> str:
    return say("this device has no key for it; import it again")

"""Have the openssl command wrap a data key: writes openssl-sm2.hex, an input of the vectors.

SM2 encryption draws a number of its own, so each run gives other bytes, and they are kept.
The message and the box's key come from the case `ok-openssl-lock`. What stands in the file now
was made by OpenSSL 3.0.19.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from case import Case
from cases import SM

HERE = Path(__file__).resolve().parent

# SubjectPublicKeyInfo of an SM2 key (id-ecPublicKey, curve 1.2.156.10197.1.301) up to the point.
BEFORE_POINT = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")


def encrypt(message, point):
    """Return the ciphertext in DER, as openssl writes it."""
    with tempfile.NamedTemporaryFile(suffix=".der") as key:
        key.write(BEFORE_POINT + point)
        key.flush()
        key_options = ["-pubin", "-keyform", "DER", "-inkey", key.name]
        return subprocess.run(
            ["openssl", "pkeyutl", "-encrypt", *key_options, "-pkeyopt", "digest:sm3"],
            input=message,
            capture_output=True,
            check=True,
        ).stdout


def main(target):
    """Write the file."""

    def kept(message, point):
        wrapped = encrypt(message, point)
        target.write_text(wrapped.hex() + "\n", "ascii")
        return wrapped

    SM["ok-openssl-lock"](Case("sm", "any"), kept)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "openssl-sm2.hex")

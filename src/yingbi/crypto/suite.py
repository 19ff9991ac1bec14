"""The door to the ciphers: a suite by its name or by its number in a file."""

from yingbi.crypto.contract import Cipher, Hasher, InvalidTagError, Octets, Suite
from yingbi.crypto.intl import Intl

__all__ = ["NAMES", "Cipher", "Hasher", "InvalidTagError", "Octets", "Suite", "suite", "suite_of"]

NAMES = ("intl", "sm")


def suite(name: str) -> Suite:
    """Return the suite "intl" or "sm".

    Raises: ValueError on another name; LibraryMissingError for "sm" where
        libgcrypt 1.10 or newer is not installed.
    Clause: 6.2.3-1.
    """
    match name:
        case "intl":
            return Intl()
        case "sm":
            from yingbi.crypto.sm import Sm  # its tables cost every command that needs none

            return Sm()
        case _:
            raise ValueError(f"there is no suite '{name}'; there are: {', '.join(NAMES)}")


def suite_of(code: int) -> Suite:
    """Return the suite of a number in a sealed file; raises as `suite` does."""
    names = dict(enumerate(NAMES, start=1))
    return suite(names.get(code, f"number {code}"))

"""Whose process asks: a browser sends its cookies to every port, so another user could have one."""

import os
from pathlib import Path

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
ROOT = 0
"""Whoever has all rights needs no cookie; relays between systems run as this user too."""


def is_strangers(client: tuple[str, int] | None, port: int) -> bool:
    """Return whether the other end of a connection is surely another user's.

    client: address and port of the other end, on this machine. port: this end's. Where the
    system does not tell, as on all but Linux, nobody is a stranger.
    """
    if client is None or not hasattr(os, "geteuid"):
        return False
    owner = _owner(client[1], port)
    return owner is not None and owner not in (os.geteuid(), ROOT)


def _owner(from_port: int, to_port: int) -> int | None:
    """Return the user of the socket that leads from one port to the other."""
    wanted = f":{from_port:04X}", f":{to_port:04X}"
    for table in TABLES:
        try:
            lines = table.read_text("ascii").splitlines()[1:]
        except (OSError, ValueError):
            continue
        for fields in map(str.split, lines):
            if fields[1].endswith(wanted[0]) and fields[2].endswith(wanted[1]):
                return int(fields[7])
    return None

"""Who is at the other end of a connection, and how long one that asks for nothing is kept.

A browser sends its cookies to every port of a machine, so another user could have one.
"""

import asyncio
import os
import socket
import sys
from pathlib import Path

from uvicorn.protocols.http.h11_impl import H11Protocol

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
ESTABLISHED = "01"
NO_SOCKET = "0"
"""The inode of a connection that no process holds any more; root is shown as its user."""
ROOT = 0
"""Whoever has all rights needs no cookie; relays between systems run as this user too."""
IPV4_IN_IPV6 = bytes(10) + b"\xff\xff"
TRIES = 3

End = tuple[str, int]
"""IPv4 address and port of one end of a connection."""


def is_strangers(client: End | None, server: End | None) -> bool:
    """Return whether the other end of a connection on this machine is not known to be ours.

    client, server: the other end and this one. Where the system does not tell users, as on all
    but Linux, nobody is a stranger; on Linux whoever is not found is one.
    """
    if sys.platform != "linux":
        return False
    if client is None or server is None:
        return True
    for _ in range(TRIES):  # the table is read in pieces: a change meanwhile may hide a line
        owners = _owners(client, server)
        if owners:
            return not owners <= {os.geteuid(), ROOT}
    return True


def _owners(client: End, server: End) -> set[int]:
    """Return the users of the open connection that leads from one end to the other.

    Ports alone would not do: every address 127.x.y.z is this machine's, and connections that
    were closed stay in the table as root's.
    """
    kinds = (b"", IPV4_IN_IPV6)
    wanted = {(_listed(client, kind), _listed(server, kind), ESTABLISHED) for kind in kinds}
    found = set[int]()
    for table in TABLES:
        try:
            lines = table.read_text("ascii").splitlines()[1:]
        except (OSError, ValueError):
            continue
        rows = map(str.split, lines)
        found |= {int(row[7]) for row in rows if (*row[1:4],) in wanted and row[9] != NO_SOCKET}
    return found


def _listed(end: End, before: bytes) -> str:
    """Return an end as the tables name it; before: what stands before an address of IPv4."""
    address = before + socket.inet_aton(end[0])
    words = (address[at : at + 4] for at in range(0, len(address), 4))
    return "".join(f"{int.from_bytes(w, sys.byteorder):08X}" for w in words) + f":{end[1]:04X}"


class Line(H11Protocol):
    """A connection that is closed when nothing is asked for, so that nobody can hold them all.

    idle_s: how long a request's head may take, and how long the next one. most: so many are
    kept; one more, and the one that has asked for nothing for longest is cut off.
    """

    idle_s = 5.0
    most = 100
    since = 0.0
    _closing: asyncio.TimerHandle | None = None

    @property
    def busy(self) -> bool:
        """Whether a request is being answered, and the answer is taken."""
        cycle = self.cycle
        return cycle is not None and not cycle.response_complete and not self.flow.write_paused

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, in place of another where there are too many."""
        super().connection_made(transport)
        self._wait()
        lines = [line for line in self.connections if isinstance(line, Line)]
        lines = [line for line in lines if not line.transport.is_closing()]
        if len(lines) > self.most:
            min(lines, key=lambda line: (line.busy, line.since)).transport.abort()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        self._wait()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        if self._closing is not None:
            self._closing.cancel()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """End what is no request without a word: such an answer would bear no headers of ours."""
        self.transport.close()

    def _wait(self) -> None:
        if self._closing is not None:
            self._closing.cancel()
        self.since = self.loop.time()
        self._closing = self.loop.call_later(self.idle_s, self._end)

    def _end(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()

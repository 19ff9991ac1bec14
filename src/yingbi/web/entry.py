"""Who is let in: a token that works once, changed for a cookie, and an end when nobody is there."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

Clock = Callable[[], float]
"""Seconds that only grow."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request may take, and how long things hold.

    token_s: the token, when nobody uses it. idle_s: the pages, after the last request that was
    let in. body_bytes, body_s: what a request may bring, and how long it may take to do so.
    """

    token_s: float = 300
    idle_s: float = 900
    body_bytes: int = 1 << 20
    body_s: float = 20


class Entry:
    """The token and the cookie of one run, and when it was last asked for something.

    A browser sends a cookie to every port of a host, so that its name holds the port:
    two runs at the same time do not take each other's.
    """

    def __init__(self, port: int, clock: Clock, limits: Limits) -> None:
        self.port, self.limits = port, limits
        self.cookie_name = f"yingbi-{port}"
        self._clock = clock
        self._token: str | None = secrets.token_urlsafe(32)
        self._cookie = secrets.token_urlsafe(32)
        self._born = self._asked = clock()
        self._gone = False

    @property
    def token(self) -> str | None:
        """The token while it works, else None."""
        if self._clock() - self._born > self.limits.token_s:
            self._token = None
        return self._token

    def redeem(self, given: str) -> str | None:
        """Return the cookie's value for the token, once; None for anything else."""
        token = self.token
        if token is None or not secrets.compare_digest(given.encode(), token.encode()):
            return None
        self._token = None
        return self._cookie

    def knows(self, cookies: str) -> bool:
        """Return whether the header brings the cookie; others may stand beside it."""
        wanted = f"{self.cookie_name}={self._cookie}".encode()
        # all are compared, so that the time tells nothing of which one fits
        found = [secrets.compare_digest(one.strip().encode(), wanted) for one in cookies.split(";")]
        return any(found)

    def asked(self) -> None:
        """Note that somebody who may has asked for something."""
        self._asked = self._clock()

    @property
    def gone(self) -> bool:
        """Whether nobody was there for too long; once it is so, it stays so."""
        self._gone = self._gone or self._clock() - self._asked > self.limits.idle_s
        return self._gone

"""A server of local pages: one process, one browser, and an end when nobody is there."""

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import FrameType

from starlette.routing import BaseRoute
from starlette.types import ASGIApp
from uvicorn import Config, Server

from yingbi.domain.page_errors import PortTakenError
from yingbi.web.entry import Clock, Entry, Limits
from yingbi.web.guard import ENTER, Guard
from yingbi.web.invitation import Invitation, invite
from yingbi.web.jobs import Jobs
from yingbi.web.pages import application
from yingbi.web.peer import Line

LOOPBACK = "127.0.0.1"
WAITING = 64
"""So many connections may wait; fewer than are kept, so that none is cut off before it is read."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What all pages of one run share. closing: what is closed when the run ends."""

    jobs: Jobs
    closing: ExitStack = field(default_factory=ExitStack)


MakeRoutes = Callable[[Desk], Sequence[BaseRoute]]
"""Makes the pages of a run; `pages.application` adds what every page needs."""


class Local:
    """One run: it has its address at once, answers from `run` on, and ends by `stop`.

    start: the page that the token leads to. port: 0 takes a free one. The port is taken before
    the pages are made, since that may begin work; where making them fails nothing goes on.
    Raises: PortTakenError, and what making the pages raises.
    """

    def __init__(
        self,
        make_routes: MakeRoutes,
        *,
        start: str = "/",
        port: int = 0,
        limits: Limits | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        self._socket = _listening(port)
        self.port: int = self._socket.getsockname()[1]
        self.jobs = Jobs(clock)
        self._desk = Desk(self.jobs)
        try:
            pages = application(list(make_routes(self._desk)))
            self.entry = Entry(self.port, clock, limits or Limits())
            config = _config(Guard(pages, self.entry, start))
            self._server = _Server(config, self.entry, self.jobs)
        except BaseException:
            self._end()
            raise

    @property
    def address(self) -> str:
        """Where the pages are."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def entrance(self) -> str:
        """The address that lets one browser in, once; it is a secret until then."""
        return f"{self.address}{ENTER}?token={self.entry.token}"

    def run(
        self, *, open_browser: bool = False, tell: Callable[[str], None] = lambda _entrance: None
    ) -> None:
        """Answer until `stop`, Ctrl+C, the session's end, or nobody was there for too long."""
        invitation: Invitation | None = None
        try:
            _silence()
            with _ended_by_signals(self._server):
                tell(self.entrance)
                invitation = invite(self.entrance) if open_browser else None
                self._server.invitation = invitation
                self._server.run(sockets=[self._socket])
        finally:
            with ExitStack() as last:
                if invitation is not None:
                    last.callback(invitation.withdraw)
                self._end()

    def _end(self) -> None:
        """End what goes on, in this order, each step also where one before it fails."""
        with self._socket, self._desk.closing:
            self.jobs.end()

    def stop(self) -> None:
        """End soon; may be called from another thread."""
        self._server.should_exit = True


class _Server(Server):
    """A server that ends by itself when nobody is there and nothing is being worked on.

    invitation: is withdrawn when its token works no more.
    """

    def __init__(self, config: Config, entry: Entry, jobs: Jobs) -> None:
        super().__init__(config)
        self._entry, self._jobs = entry, jobs
        self.invitation: Invitation | None = None

    async def on_tick(self, counter: int) -> bool:
        """Return whether to end; asked ten times a second."""
        if self.invitation is not None and self._entry.token is None:
            self.invitation.withdraw()
            self.invitation = None
        return await super().on_tick(counter) or (self._entry.gone and not self._jobs.busy)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End, at once where it is asked for twice; the signal is not raised again."""
        self.force_exit = self.should_exit
        self.should_exit = True


def serve(
    make_routes: MakeRoutes,
    *,
    open_browser: bool,
    tell: Callable[[str], None],
    start: str = "/",
    port: int = 0,
) -> None:
    """Serve local pages until they end; see `Local.run`.

    open_browser: lead the user's browser in; without it the address is only told.
    tell: is given the address that lets one browser in.

    Raises: PortTakenError.
    """
    Local(make_routes, start=start, port=port).run(open_browser=open_browser, tell=tell)


def _config(app: ASGIApp) -> Config:
    return Config(
        app,
        http=Line,
        ws="none",
        lifespan="off",
        loop="asyncio",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        log_config=None,
        timeout_graceful_shutdown=2,
        backlog=WAITING,
    )


def _listening(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name != "nt":  # there it would let others take the port as well
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((LOOPBACK, port))
        made.listen(WAITING)
    except (OSError, OverflowError):
        made.close()
        raise PortTakenError(port=port) from None
    return made


def _silence() -> None:
    """Keep the server's own words off the terminal: they could hold what a request said."""
    log = logging.getLogger("uvicorn")
    log.handlers, log.propagate = [logging.NullHandler()], False


@contextmanager
def _ended_by_signals(server: Server) -> Iterator[None]:
    """End well by Ctrl+C, by being told to, and when the terminal is closed, from here on."""
    names = ("SIGINT", "SIGTERM", "SIGHUP")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    numbers = [number for number in numbers if signal.getsignal(number) != signal.SIG_IGN]
    if threading.current_thread() is not threading.main_thread():
        numbers = []  # only the main thread is told of them
    before = {number: signal.signal(number, server.handle_exit) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

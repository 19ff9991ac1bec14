"""The page `live`: stick figures on an abstract floor and what happens, and never a picture.

Clause: A.1-3; A.1.c-1.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from yingbi.domain.page_errors import RequestRefusedError
from yingbi.media.live_source import LiveSource
from yingbi.usecases.live import Plan
from yingbi.web.jobs import Job, Jobs
from yingbi.web.live_run import LiveRun
from yingbi.web.local import Desk, MakeRoutes
from yingbi.web.pages import page

WAITS, WAIT_S = 40, 0.025
"""A question waits for news as often and as long; a second in all."""


def live_pages(
    source: LiveSource,
    plan: Plan,
    ended: Callable[[LiveRun], None] = lambda _run: None,
) -> MakeRoutes:
    """Return the pages of one run, which begins when they are made.

    What nobody but the page would see ends with the page; what seals or tells goes on.
    ended: is called in the run's thread when nothing follows.
    """

    def made(desk: Desk) -> Sequence[BaseRoute]:
        run = LiveRun(source, plan, lambda: ended(run))
        jobs = desk.jobs if run.keeps_on else Jobs(time.monotonic)
        desk.closing.callback(jobs.end)
        return _Live(run, jobs.start(run.work)).routes()

    return made


class _Live:
    """Answers the page's requests."""

    def __init__(self, run: LiveRun, job: Job) -> None:
        self._run, self._job = run, job

    def routes(self) -> list[BaseRoute]:
        """Return what the page may ask for."""
        return [
            Route("/", lambda _: RedirectResponse("/live")),
            Route("/live", self._page),
            Route("/live/scene", self._scene),
            Route("/live/now", self._now),
            Route("/live/stop", self._stop, methods=["POST"]),
        ]

    def _page(self, _request: Request) -> Response:
        return page("live.html", camera=self._run.camera, sealed=self._run.sealed)

    def _scene(self, _request: Request) -> Response:
        return JSONResponse(self._run.scene())

    async def _now(self, request: Request) -> Response:
        """Answer when there is something new, or after a second."""
        asked = request.query_params
        version, since = _number(asked.get("version")), _number(asked.get("since"))
        for _ in range(WAITS):
            if self._run.version != version or self._job.state != "working":
                break
            await asyncio.sleep(WAIT_S)
        state = {"state": self._job.state, "error": self._job.error}
        return JSONResponse(self._run.now(since) | state)

    async def _stop(self, _request: Request) -> Response:
        self._job.cancel()
        await run_in_threadpool(self._job.wait, 20)
        return Response(status_code=HTTPStatus.NO_CONTENT)


def _number(text: str | None) -> int:
    if text is None or not (text.isascii() and text.isdecimal()) or len(text) > 12:
        raise RequestRefusedError(reason="it is no number")
    return int(text)

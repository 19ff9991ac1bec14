"""The page `review`: look through a film, decide who is masked, make the copy, compare."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast, get_args

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from yingbi.domain.edit import Edit
from yingbi.domain.messages import on_one_line
from yingbi.domain.page_errors import NoSuchPageError, RequestRefusedError
from yingbi.domain.settings import Settings
from yingbi.web.local import Desk, MakeRoutes
from yingbi.web.pages import given, page
from yingbi.web.reviewing import Reviewing, View

WIDEST = 3840
MOST_FRAMES = 250
"""So many frames' regions are told at once."""


def review_pages(settings: Settings, path: Path, edit_path: Path | None) -> MakeRoutes:
    """Return the pages of `review`, of one film.

    Raises when they are made: what opening the film raises.
    """

    def made(desk: Desk) -> Sequence[BaseRoute]:
        pages = ReviewPages(desk, settings)
        pages.open(path, edit_path)
        return [Route("/", lambda _: RedirectResponse("/review")), *pages.routes()]

    return made


class ReviewPages:
    """Answers the page's requests about the film that is open; `close` lets go of it."""

    def __init__(self, desk: Desk, settings: Settings) -> None:
        self._desk, self._settings = desk, settings
        self._opened = ExitStack()
        self._work: Reviewing | None = None
        desk.closing.callback(self.close)

    def open(self, path: Path, edit_path: Path | None = None, found: Edit | None = None) -> None:
        """Open a film in place of the one before; found: as `Review` takes it.

        Raises: what `FilmSeeker` raises, BusyError.
        """
        self.close()
        with ExitStack() as opening:
            made = Reviewing(self._desk.jobs, self._settings, path, edit_path, found)
            work = opening.enter_context(made)
            work.begin()
            self._work, self._opened = work, opening.pop_all()

    def close(self) -> None:
        """Wait until everything is saved, and let go of the film."""
        self._work = None
        self._opened.close()

    def routes(self) -> list[BaseRoute]:
        """Return what the page may ask for."""
        return [
            Route("/review", self._page),
            Route("/review/state", self._state),
            Route("/review/frame", self._frame),
            Route("/review/regions", self._regions),
            self._deed("decide", lambda work, said: work.decide(said)),
            self._deed("draw", lambda work, said: work.draw(said)),
            self._deed("stop", lambda work, _: work.stop()),
            self._deed("undo", lambda work, _: work.review.undo()),
            self._deed("redo", lambda work, _: work.review.redo()),
            self._deed("render", lambda work, _: work.render()),
            self._deed("cancel", lambda work, _: work.cancel()),
        ]

    @property
    def _open(self) -> Reviewing:
        if self._work is None:
            raise NoSuchPageError
        return self._work

    def _page(self, _request: Request) -> Response:
        return page("review.html", film=on_one_line(self._open.review.path.name))

    def _state(self, _request: Request) -> Response:
        return JSONResponse(self._open.state())

    def _frame(self, request: Request) -> Response:
        asked = request.query_params
        at, width = _number(asked.get("at")), min(_number(asked.get("width", "960")), WIDEST)
        view = asked.get("as", "clear")
        if width < 1 or view not in get_args(View):
            raise RequestRefusedError(reason="there is no such picture")
        try:
            content = self._open.picture(at, width, cast(View, view))
        except IndexError:
            raise NoSuchPageError from None
        return Response(content, media_type="image/jpeg")

    def _regions(self, request: Request) -> Response:
        asked = request.query_params
        first, last = _number(asked.get("from")), _number(asked.get("to"))
        return JSONResponse(self._open.regions(first, min(last, first + MOST_FRAMES - 1)))

    def _deed(self, name: str, do: Callable[[Reviewing, Mapping[str, Any]], None]) -> Route:
        """Return a route that does something and answers with the new state."""

        async def answer(request: Request) -> Response:
            said, work = await given(request), self._open
            work.must_be_shown(said)
            await run_in_threadpool(do, work, said)
            return JSONResponse(await run_in_threadpool(work.state))

        return Route(f"/review/{name}", answer, methods=["POST"])


def _number(text: str | None) -> int:
    if text is None or not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise RequestRefusedError(reason="it is no number")
    return int(text)

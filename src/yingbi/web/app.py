"""The page `app`: choose a film, press one button, and see what became of it."""

import os
from collections.abc import Callable, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal, cast, get_args
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from yingbi.domain.amounts import at_least, roughly
from yingbi.domain.messages import say
from yingbi.domain.page_errors import NoSuchPageError, RequestRefusedError
from yingbi.domain.region import BUILT, DEFAULT
from yingbi.domain.settings import Settings
from yingbi.errors import YingbiError
from yingbi.usecases.find_dropped import Dropped, find_dropped
from yingbi.usecases.places import shelf, usual_places
from yingbi.web.app_work import Work
from yingbi.web.local import Desk, MakeRoutes
from yingbi.web.masking import Masking, Ticked
from yingbi.web.opener import open_folder
from yingbi.web.pages import given, page
from yingbi.web.review import ReviewPages

Fields = dict[str, list[str]]
"""What a form brings, by names."""

Side = Literal["clear", "written"]

WIDEST = 1920
CHANGED = {"HX-Trigger": "changed"}
"""Asks the page for all of its work anew."""


def app_pages(settings: Settings, paths: Sequence[Path]) -> MakeRoutes:
    """Return the pages of `app`; paths: what is chosen at the beginning.

    Raises when they are made: what `find_inputs` raises of the paths.
    """

    def made(desk: Desk) -> Sequence[BaseRoute]:
        work = Work(desk.jobs, Masking(settings))
        desk.closing.callback(work.again)
        for path in paths:
            work.add(path.absolute())
        reviews = ReviewPages(desk, settings)
        return [*_App(work, reviews).routes(), *reviews.routes()]

    return made


class _App:
    """Answers the page's requests; all it knows is in its `Work`."""

    def __init__(self, work: Work, reviews: ReviewPages) -> None:
        self._work, self._reviews = work, reviews

    def routes(self) -> list[BaseRoute]:
        """Return what the page may ask for."""
        return [
            Route("/", self._page),
            Route("/app/work", self._show),
            Route("/app/chosen", self._chosen),
            Route("/app/progress", self._progress),
            Route("/app/folder", self._folder),
            Route("/app/compare", self._compare),
            Route("/app/frame", self._frame),
            Route("/app/dropped", self._dropped, methods=["POST"]),
            _deed("/app/choose", self._choose),
            _deed("/app/remove", self._remove),
            _deed("/app/mask", self._mask),
            _deed("/app/cancel", self._cancel),
            _deed("/app/again", self._again),
            _deed("/app/open", self._open),
            _deed("/app/review", self._review),
        ]

    # --- what is shown

    def _page(self, _request: Request) -> Response:
        return page("app.html", **self._facts())

    def _show(self, _request: Request | None = None) -> Response:
        return page("app_work.html", **self._facts())

    def _facts(self) -> dict[str, Any]:
        stage = self._work.stage
        if stage == "ready":
            self._work.estimate()
        return {
            "stage": stage,
            "work": self._work,
            "job": self._work.masks.shown() if self._work.masks else None,
            "targets": BUILT,
            "default": DEFAULT,
            "path_id": path_id,
            "roughly": roughly,
            "at_least": at_least,
        }

    def _chosen(self, _request: Request) -> Response:
        return page("app_chosen.html", **self._facts())

    def _progress(self, _request: Request) -> Response:
        facts = self._facts()
        answer = page("app_progress.html", **facts)
        if facts["stage"] != "working":
            answer.headers.update(CHANGED)
        return answer

    def _folder(self, request: Request) -> Response:
        """Show what lies in a folder; in the likeliest one where none or a lost one is named."""
        places = usual_places()
        asked, line = request.query_params.get("at"), request.query_params.get("line")
        try:
            found = shelf(path_of(asked) if asked else places[0])
        except YingbiError:
            if asked is None:
                raise
            found, line = shelf(places[0]), say("That folder cannot be opened.")
        facts = {"shelf": found, "places": places, "home": Path.home(), "path_id": path_id}
        return page("app_chooser.html", line=line, **facts)

    def _compare(self, request: Request) -> Response:
        number = _number(request.query_params.get("file"))
        times = self._work.comparison(number).times_s
        name = self._work.outcome(number).source.name
        ends_s = times[-1] if times else 0.0
        return page("app_compare.html", number=number, name=name, frames=len(times), ends_s=ends_s)

    def _frame(self, request: Request) -> Response:
        asked = request.query_params
        number, at, side = _number(asked.get("file")), _number(asked.get("at")), asked.get("as")
        width = min(_number(asked.get("width", "960")), WIDEST)
        if side not in get_args(Side) or width < 1:
            raise RequestRefusedError(reason="there is no such picture")
        try:
            content = self._work.comparison(number).jpeg(cast("Side", side), at, width)
        except IndexError:
            raise NoSuchPageError from None
        return Response(content, media_type="image/jpeg")

    # --- what is done

    async def _dropped(self, request: Request) -> Response:
        """Choose the file that was dropped, where it is found; say so where it is not."""
        said = await given(request)
        try:
            dropped = Dropped(
                str(said["name"]),
                int(said["size"]),
                int(said["modified_ms"]),
                str(said["first"]),
                str(said["last"]),
            )
        except (KeyError, TypeError, ValueError):
            raise RequestRefusedError(reason="it names no file") from None
        path = await run_in_threadpool(find_dropped, dropped)
        if path is not None:
            await run_in_threadpool(self._work.add, path)
        return JSONResponse({"found": path is not None})

    def _choose(self, fields: Fields) -> Response:
        self._work.add(path_of(_one(fields, "path")))
        return self._show()

    def _remove(self, fields: Fields) -> Response:
        self._work.remove(_number(_one(fields, "number")))
        return self._show()

    def _mask(self, fields: Fields) -> Response:
        choices = Ticked.of(
            fields.get("target", []), keep_sound="sound" in fields, check="check" in fields
        )
        self._work.mask(choices)
        return self._show()

    def _cancel(self, _fields: Fields) -> Response:
        self._work.cancel()
        return self._show()

    def _again(self, _fields: Fields) -> Response:
        self._work.again()
        return self._show()

    def _open(self, fields: Fields) -> Response:
        output = self._work.outcome(_number(_one(fields, "file"))).output
        if output is None:
            raise NoSuchPageError
        open_folder(output.parent)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    def _review(self, fields: Fields) -> Response:
        source = self._work.outcome(_number(_one(fields, "file"))).source
        self._reviews.open(source, found=self._work.masking.edits.get(source))
        return Response(status_code=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": "/review"})


def _deed(path: str, do: Callable[[Fields], Response]) -> Route:
    """Return a route that takes a form and does something that may take a while."""

    async def answer(request: Request) -> Response:
        fields = parse_qs((await request.body()).decode("utf-8", "replace"))
        return await run_in_threadpool(do, fields)

    return Route(path, answer, methods=["POST"])


def path_id(path: Path) -> str:
    """Return a path in letters that any page can carry: a name need not be text."""
    return os.fsencode(path).hex()


def path_of(identifier: str) -> Path:
    """Return the path of what `path_id` returned. Raises: RequestRefusedError."""
    try:
        path = Path(os.fsdecode(bytes.fromhex(identifier)))
    except ValueError:
        raise RequestRefusedError(reason="it names no file") from None
    if not path.is_absolute() or "\0" in str(path):
        raise RequestRefusedError(reason="it names no file")
    return path


def _one(fields: Fields, name: str) -> str:
    if len(fields.get(name, [])) != 1:
        raise RequestRefusedError(reason="something is missing")
    return fields[name][0]


def _number(text: str | None) -> int:
    if text is None or not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise RequestRefusedError(reason="it is no number")
    return int(text)

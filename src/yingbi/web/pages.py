"""Pages from templates in the language of the process, their fixed files, and errors as one line."""

import json
import os
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from yingbi.domain.messages import LANGUAGES, on_one_line, say, say_count, say_error, use_language
from yingbi.domain.page_errors import NoSuchPageError, RequestRefusedError
from yingbi.errors import YingbiError

HERE = Path(__file__).resolve().parent
MOST_DIGITS = 40
FIXED = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}

HTMX = {
    "allowEval": False,
    "allowScriptTags": False,
    "includeIndicatorStyles": False,
    "selfRequestsOnly": True,
    "historyCacheSize": 0,
    "historyEnabled": False,
}
"""What the page's library of requests may not do: run text as code, ask elsewhere, keep pages."""

STATUS = {
    2: HTTPStatus.BAD_REQUEST,
    66: HTTPStatus.NOT_FOUND,
    70: HTTPStatus.INTERNAL_SERVER_ERROR,
    75: HTTPStatus.CONFLICT,
    77: HTTPStatus.FORBIDDEN,
}
"""Exit statuses of errors as statuses of answers; all others are 422."""


@cache
def environment() -> Environment:
    """Return the templates: everything escaped, nothing undefined, `say` at hand."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals |= {
        "say": say,
        "say_count": say_count,
        "language": spoken,
        "shown": lambda text: on_one_line(str(text)),
        "htmx_config": json.dumps(HTMX),
    }
    return made


def spoken() -> str:
    """Return the language of the moment, "en" or "zh"."""
    return os.environ.get("LANGUAGE", LANGUAGES[0])


def page(template: str, /, **facts: Any) -> HTMLResponse:
    """Return a page, or a part of one, in the language of the moment."""
    text = environment().get_template(template).render(facts)
    return HTMLResponse(text.encode("utf-8", "backslashreplace"))  # a name need not be text


async def given(request: Request) -> dict[str, Any]:
    """Return the JSON object that a request brings, of finite numbers and whole characters.

    Raises: RequestRefusedError.
    """
    try:
        brought = json.loads(await request.body() or b"{}", parse_int=_whole)
        json.dumps(brought, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise RequestRefusedError(reason="it is no JSON") from None
    if not isinstance(brought, dict):
        raise RequestRefusedError(reason="it is no JSON object")
    return brought


def _whole(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError
    return int(digits)


def told(error: YingbiError, status: int | None = None) -> JSONResponse:
    """Return an error as {"error": {"code", "message"}}, the message in one line."""
    status = status or STATUS.get(error.exit_status, HTTPStatus.UNPROCESSABLE_ENTITY)
    message = on_one_line(say_error(error))
    return JSONResponse({"error": {"code": error.code, "message": message}}, status)


def application(routes: list[BaseRoute]) -> ASGIApp:
    """Return the pages with what all of them need: fixed files, /alive, /language, errors."""
    shared = [
        Route("/static/{name:path}", _fixed, methods=["GET"]),
        Route("/favicon.ico", _mark, methods=["GET"]),
        Route("/alive", _alive, methods=["GET"]),
        Route("/language", _language, methods=["POST"]),
    ]
    handlers: dict[Any, Any] = {
        YingbiError: lambda _, error: told(error),
        HTTPException: _http_error,
        Exception: lambda _, __: told(YingbiError()),
    }
    return Starlette(routes=[*shared, *routes], exception_handlers=handlers)


def _http_error(_request: Request, error: HTTPException) -> Response:
    known = NoSuchPageError() if error.status_code == HTTPStatus.NOT_FOUND else None
    answer = told(known or RequestRefusedError(reason="its address or its method is wrong"))
    answer.status_code = error.status_code
    return answer


async def _alive(_request: Request) -> Response:
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def _language(request: Request) -> Response:
    """Speak the other language from now on; the page is asked to load itself again."""
    wanted = request.query_params.get("to")
    if wanted not in LANGUAGES:
        raise RequestRefusedError(reason="there is no such language")
    use_language(wanted)
    return Response(status_code=HTTPStatus.NO_CONTENT, headers={"HX-Refresh": "true"})


@cache
def _files() -> dict[str, tuple[bytes, str]]:
    """Return the fixed files by their names; no path is ever made from what a request says."""
    return {
        path.relative_to(HERE / folder).as_posix(): (path.read_bytes(), FIXED[path.suffix])
        for folder in ("static", "vendor")
        for path in (HERE / folder).rglob("*")
        if path.suffix in FIXED
    }


async def _mark(_request: Request) -> Response:
    content, kind = _files()["mark.svg"]
    return Response(content, media_type=kind)


async def _fixed(request: Request) -> Response:
    file = _files().get(request.path_params["name"])
    if file is None:
        raise NoSuchPageError
    return Response(file[0], media_type=file[1])

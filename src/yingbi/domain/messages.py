"""Both languages: every word a user reads goes through `say`.

The English text is the key; `locale/*/LC_MESSAGES/yingbi.po` holds the others.
The global gettext domain is used, so that click's own words follow as well.
"""

import gettext
import os
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from unicodedata import category

from yingbi.errors import YingbiError

LANGUAGES = ("en", "zh")
WORDS_OF_ERRORS = ("reason", "problem", "cost")
"""Facts of errors that are texts of ours, never a user's."""
UNSHOWN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Categories of characters that are not shown as they are."""
LOCALE = Path(__file__).resolve().parent.parent / "locale"


def choose_language(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """Return "en" or "zh": --lang first, then YINGBI_LANG, LC_ALL, LC_MESSAGES, LANG."""
    asked = [b for a, b in pairwise(arguments) if a == "--lang"]
    asked += [a.partition("=")[2] for a in arguments if a.startswith("--lang=")]
    names = ("YINGBI_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    asked += [environment.get(name, "") for name in names]
    given = next((tag for tag in asked if tag), "en")
    return "zh" if given.lower().startswith("zh") else "en"


def use_language(language: str) -> None:
    """Make `say` speak the language from here on in this process."""
    os.environ["LANGUAGE"] = language
    gettext.bindtextdomain("yingbi", LOCALE)
    gettext.textdomain("yingbi")


def say(template: str, **facts: object) -> str:
    """Return the template in the user's language with the facts filled in."""
    text = gettext.gettext(template) if template else ""
    return text.format(**_tame(facts)) if facts else text


def say_count(one: str, many: str, n: int, **facts: object) -> str:
    """The same for a text that changes with a number, which it names {n}."""
    return gettext.ngettext(one, many, n).format(n=n, **_tame(facts))


def listed(names: Iterable[str]) -> str:
    """Return names in a row, as the language joins them."""
    return say("{first}, {second}", first="", second="").join(names)


def on_one_line(text: str) -> str:
    """Return the text with everything escaped that could break a line or command a terminal.

    Names of files come from strangers: they may hold line breaks, escape sequences,
    marks that turn the direction of writing, and bytes that are no text at all.
    """
    if text.isprintable():
        return text
    return "".join(
        c.encode("unicode_escape").decode() if category(c) in UNSHOWN else c for c in text
    )


def _tame(facts: Mapping[str, object]) -> dict[str, object]:
    return {
        name: on_one_line(str(fact)) if isinstance(fact, (str, Path)) else fact
        for name, fact in facts.items()
    }


def say_reason(error: YingbiError) -> str:
    """Return the reason that an error names, translated, or its whole line where it names none."""
    reason = error.facts.get("reason")
    return gettext.gettext(reason) if isinstance(reason, str) and reason else say_error(error)


def say_error(error: YingbiError) -> str:
    """Return an error's one line, the words among its facts translated as well."""
    words = {
        name: gettext.gettext(value)
        for name, value in error.facts.items()
        if name in WORDS_OF_ERRORS and isinstance(value, str) and value
    }
    return say(error.template, **(error.facts | words))

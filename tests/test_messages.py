"""Both languages: whatever a user can read has a Chinese translation with the same facts."""

import ast
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from string import Formatter

import click
import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from house import PACKAGE, ROOT, modules

KEYWORDS = {"_": None, "say": None, "say_count": (1, 2), "gettext": None, "ngettext": (1, 2)}
CLICK = Path(click.__file__).parent

Message = tuple[str, ...]


def extracted(folder: Path) -> set[Message]:
    """Return the messages under a folder; (one, many) where the text follows a number."""
    found = extract_from_dir(
        str(folder),
        method_map=[("**.py", "python"), ("**.html", "jinja2")],
        options_map={"**.html": {"silent": "false"}},
        keywords=KEYWORDS,
    )
    texts = (text if isinstance(text, tuple) else (text,) for _, _, text, _, _ in found)
    return {text for text in texts if text[0]}


def reasons(trees: Iterable[ast.Module]) -> set[Message]:
    """Return the constant texts that errors are given as facts; they are shown through `say` too."""
    calls = [n for tree in trees for n in ast.walk(tree) if isinstance(n, ast.Call)]
    given = [k.value for n in calls for k in n.keywords if k.arg in ("reason", "problem", "cost")]
    given += [n.args[0] for n in calls if n.args and getattr(n.func, "attr", "") == "broken"]
    found = (value.value for value in given if isinstance(value, ast.Constant) and value.value)
    return {(text,) for text in found if isinstance(text, str)}


def facts(text: str) -> set[str]:
    """Return the names that a template fills in, both {name} and %(name)s."""
    braces = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    return braces | set(re.findall(r"%\((\w+)\)", text))


def catalogue(language: str) -> Catalog:
    with (PACKAGE / "locale" / language / "LC_MESSAGES" / "yingbi.po").open("rb") as file:
        return read_po(file, abort_invalid=True)


def untranslated(messages: set[Message], translations: Catalog) -> set[Message]:
    """Return messages that lack a translation, or whose translation has other facts."""
    missing = set()
    for message in messages:
        entry = translations.get(message[0])
        strings = [] if entry is None else [entry.string]
        strings = [s for many in strings for s in (many if isinstance(many, tuple) else (many,))]
        same = all(facts(string) == facts(message[-1]) for string in strings)
        if not strings or not all(strings) or not same or (entry and entry.fuzzy):
            missing.add(message)
    return missing


@pytest.mark.parametrize("folder", [PACKAGE, ROOT / "tools", CLICK], ids=lambda path: path.name)
def test_every_message_has_a_chinese_translation_with_the_same_facts(folder):
    messages = extracted(folder)
    assert len(messages) > 50
    assert untranslated(messages, catalogue("zh")) == set()


def test_every_reason_of_an_error_has_a_chinese_translation():
    found = reasons(modules().values())
    assert len(found) > 30
    assert untranslated(found, catalogue("zh")) == set()


def test_a_reason_without_translation_is_noticed():
    planted = ast.parse('raise E(what="x", reason="nobody knows")\nraise cursor.broken("torn")')
    assert reasons([planted]) == {("nobody knows",), ("torn",)}
    assert untranslated(reasons([planted]), catalogue("zh")) == {("nobody knows",), ("torn",)}


def test_a_message_without_translation_is_noticed(tmp_path):
    (tmp_path / "planted.py").write_text(
        'say("Nobody translated {this}.", this=1)\n'
        'say_count("{n} plain face", "{n} plain faces", 3)\n'
        '_("The passphrase is wrong.")\n',
        "utf-8",
    )
    (tmp_path / "planted.html").write_text(
        "<p title=\"{{ say('No page was translated.') }}\">{{ say('The passphrase is wrong.') }}</p>\n"
        "{{ say_count('{n} plain page', '{n} plain pages', 3) }}",
        "utf-8",
    )
    assert untranslated(extracted(tmp_path), catalogue("zh")) == {
        ("Nobody translated {this}.",),
        ("No page was translated.",),
        ("{n} plain page", "{n} plain pages"),
        ("{n} plain face", "{n} plain faces"),
    }


@pytest.mark.parametrize(("chinese", "fine"), [("空文件。", False), ("“{path}”是空文件。", True)])
def test_a_translation_that_loses_a_fact_is_noticed(chinese, fine):
    translations = Catalog(locale="zh")
    translations.add("'{path}' is empty.", chinese)
    assert (untranslated({("'{path}' is empty.",)}, translations) == set()) == fine


def spoken(language: str, template: str) -> str:
    script = (
        "import sys; from yingbi.domain.messages import say, use_language;"
        "use_language(sys.argv[1]); sys.stdout.buffer.write(say(sys.argv[2]).encode())"
    )
    command = [sys.executable, "-c", script, language, template]
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    return subprocess.run(command, env=environment, check=True, capture_output=True).stdout.decode()


def test_the_installed_catalogue_is_the_one_that_people_edit():
    assert spoken("zh", "The passphrase is wrong.") == "口令不对。"
    assert spoken("zh", "Show this message and exit.") == "显示这段说明并退出。"
    assert spoken("en", "The passphrase is wrong.") == "The passphrase is wrong."


def computed_texts(tree: ast.Module) -> list[int]:
    """Return the lines where `say` gets a text put together at run time: no catalogue has it."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args)
    said = (n for n in calls if isinstance(n.func, ast.Name) and n.func.id in KEYWORDS)
    return [n.lineno for n in said if isinstance(n.args[0], ast.JoinedStr | ast.BinOp)]


def test_no_text_for_users_is_put_together_before_it_is_translated():
    found = {str(path): computed_texts(tree) for path, tree in modules().items()}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_a_text_put_together_is_noticed():
    planted = ast.parse(
        'say(f"{n} faces")\nsay("a" + b)\nsay("{n} faces", n=2)\nsay(error.template)'
    )
    assert computed_texts(planted) == [1, 2]


def test_an_errors_reason_is_shown_in_the_users_language():
    script = (
        "import sys; from yingbi.__main__ import main\n"
        "sys.argv = ['yingbi', '--lang', 'zh', 'mask', 'a.jpg', '-o', 'a.jpg']; main()"
    )
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.jpg").write_bytes(b"\xff\xd8\xff")
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=False
        )
    assert done.returncode == 2
    assert "它就是输入之一" in done.stderr

"""The pages: nothing that a user meets lacks its place, in either language."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import yingbi.domain.edit_errors
import yingbi.domain.enrol_errors
import yingbi.domain.grade_errors
import yingbi.domain.key_errors
import yingbi.domain.live_errors
import yingbi.domain.model_errors
import yingbi.domain.page_errors
import yingbi.domain.people_errors
import yingbi.domain.place_errors
import yingbi.domain.report_errors
import yingbi.domain.settings as settings_module
import yingbi.domain.watch_errors  # noqa: F401 as above
import yingbi.errors as errors
from house import ROOT
from yingbi.cli.main import main

LANGUAGES = ("en", "zh")
PAGES = ROOT / "docs"
TOP = "README.md", "README.zh.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"


def page(language: str, name: str) -> str:
    return (PAGES / language / name).read_text("utf-8")


def rows(text: str) -> dict[str, str]:
    """Return the rows of all tables by the code in their first cell."""
    return {m[1]: m[0] for m in re.finditer(r"^\| `([^`]+)` \|.*$", text, re.MULTILINE)}


# --- commands and options ----------------------------------------------------------------------


def commands(command: click.Command, path: str = "yingbi") -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its full name, the program itself first."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from commands(below, f"{path} {name}")


def sections(text: str) -> dict[str, str]:
    """Return what stands under each heading `yingbi ...`, up to the next heading."""
    parts = re.split(r"^##+ `(yingbi[^`]*)`.*$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def undocumented(command: click.Command, text: str) -> set[str]:
    """Return commands, options and choices that have no place on the page."""
    missing = set()
    described = sections(text)
    for path, found in commands(command):
        section = described.get(path)
        if section is None:
            missing.add(path)
            continue
        words = set(re.findall(r"`([^`]+)`", section))
        spelled = {word for option in words for word in re.split(r"[\s,|=]+", option)}
        for parameter in found.params:
            if isinstance(parameter, click.Option):
                names = {*parameter.opts, *parameter.secondary_opts}
                missing |= {f"{path} {name}" for name in names - spelled}
            if isinstance(parameter.type, click.Choice):
                choices = {str(choice) for choice in parameter.type.choices}
                missing |= {f"{path} {parameter.name}={c}" for c in choices - spelled}
    return missing


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_option_and_choice_has_its_place(language):
    assert len(list(commands(main))) > 15
    assert undocumented(main, page(language, "reference/commands.md")) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_names_no_command_that_is_not_there(language):
    described = set(sections(page(language, "reference/commands.md")))
    assert described - {path for path, _ in commands(main)} == set()


def test_a_command_option_or_choice_without_a_place_is_noticed():
    @click.group()
    def top() -> None: ...

    @top.command()
    @click.option("-x", "--extra", type=click.Choice(["a", "b"]))
    def planted(**_: Any) -> None: ...

    @top.command()
    def other() -> None: ...

    text = "## `yingbi`\n\n## `yingbi planted`\n\n| `--extra a` | something |\n"
    assert undocumented(top, text) == {
        "yingbi planted -x",
        "yingbi planted extra=b",
        "yingbi other",
    }


# --- settings and errors -----------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_setting_has_its_row_with_its_variable_and_default(language):
    described = rows(page(language, "reference/settings.md"))
    for setting in settings_module.SETTINGS:
        row = described[setting.name]
        assert f"`{setting.variable}`" in row
        default = str(setting.default)
        assert f"`{default.lower() if setting.kind is bool else default}`" in row or default == ""
        if setting.kind not in (str, bool):
            assert f"{setting.low:g} … {setting.high:g}" in row
        assert all(f"`{value}`" in row for value in setting.allowed if value)


def error_classes(parent: type[errors.YingbiError]) -> Iterator[type[errors.YingbiError]]:
    yield parent
    for child in parent.__subclasses__():
        if child.__module__.startswith("yingbi."):
            yield from error_classes(child)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_code_has_its_row_with_its_exit_status(language):
    text = page(language, "reference/errors.md")
    described = rows(text)
    classes = set(error_classes(errors.YingbiError))
    assert {c.code for c in classes} - set(described) == set()
    for found in classes:
        assert f"`{found.code}` | {found.exit_status} |" in described[found.code]
        assert f"\n| {found.exit_status} |" in text, "the table of exit statuses lacks it"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_row_names_an_error_or_setting_that_is_gone(language):
    codes = {c.code for c in error_classes(errors.YingbiError)}
    assert set(rows(page(language, "reference/errors.md"))) <= codes
    names = {s.name for s in settings_module.SETTINGS} | {"YINGBI_EVAL_DATA", "REFRESH"}
    assert set(rows(page(language, "reference/settings.md"))) <= names


def test_every_error_code_belongs_to_one_class():
    codes = [c.code for c in error_classes(errors.YingbiError)]
    assert len(codes) == len(set(codes))


# --- both languages say the same ---------------------------------------------------------------


def shape(text: str) -> list[str]:
    """Return headings by depth, table rows by cells, code blocks: what both languages share."""
    found, in_code = [], False
    for line in text.splitlines():
        if line.startswith("```"):
            in_code = not in_code
            found.append(line)
        elif not in_code and (m := re.match(r"(#+) |(\|.*)|(- )|(!!! )", line)):
            found.append(m[1] or ("|" * line.count("|") if m[2] else m[3] or m[4]))
    return found


def names_of_pages(language: str) -> set[str]:
    folder = PAGES / language
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.md")}


def test_both_languages_have_the_same_pages():
    assert names_of_pages("en") == names_of_pages("zh")
    assert len(names_of_pages("en")) >= 18


@pytest.mark.parametrize("name", sorted(names_of_pages("en")))
def test_a_page_has_the_same_headings_tables_and_examples_in_both_languages(name):
    assert shape(page("en", name)) == shape(page("zh", name))


def test_both_readmes_have_the_same_shape():
    english, chinese = ((ROOT / name).read_text("utf-8") for name in TOP[:2])
    assert shape(english) == shape(chinese)


def test_a_heading_row_or_example_in_one_language_only_is_noticed():
    text = "# A\n\n| a | b |\n\n```sh\n# no heading\n```\n"
    assert shape(text) == shape(text.replace("A", "甲").replace("no heading", "不是标题"))
    assert shape(text) != shape(text + "\n## More\n")
    assert shape(text) != shape(text.replace("| a | b |", "| a |"))
    assert shape(text) != shape(text.replace("```sh\n# no heading\n```\n", ""))


# --- what is written can be followed -----------------------------------------------------------


def targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def made(text: str) -> set[str]:
    """Return what `make` is told to make in code spans and blocks."""
    return set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE))


@pytest.mark.parametrize("name", TOP[:3])
def test_each_make_command_of_the_readme_is_in_the_makefile(name):
    named = made((ROOT / name).read_text("utf-8"))
    assert named
    assert named - targets() == set()


def test_a_make_command_that_is_not_there_is_noticed():
    assert made("run `make tea` or\nmake test\nthings make sense") == {"tea", "test"}
    assert made("`make tea`") - targets() == {"tea"}


def test_make_alone_names_every_target_with_what_it_does():
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    expected = ["install", "models", "demo", "test", "torture", "lint", "bench", "docs", "clean"]
    assert {t for t in expected if not re.search(rf"make {t} +\w", shown)} == set()


def quoted_commands(text: str) -> Iterator[list[str]]:
    """Yield the words of every `yingbi ...` line in shell examples, comments cut."""
    for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            if words and words[0].rpartition("/")[2] == "yingbi":
                yield words[1:]


def complaint(words: list[str]) -> str:
    """Return what the real command line says against the words, without running anything."""
    command: click.Command = main
    try:
        while isinstance(command, click.Group):
            context = command.make_context(command.name, list(words), obj={})
            rest = [*context._protected_args, *context.args]
            _, found, words = command.resolve_command(context, rest)
            assert found is not None
            command = found
        command.make_context(command.name, list(words), obj={})
    except click.UsageError as error:
        return error.format_message()
    except click.exceptions.Exit:
        pass
    return ""


@pytest.mark.parametrize(
    "path",
    [*(ROOT / name for name in TOP[:3]), *sorted(PAGES.rglob("*.md"))],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_each_example_on_the_pages_uses_commands_and_options_that_exist(path):
    lines = list(quoted_commands(path.read_text("utf-8")))
    assert {" ".join(words): said for words in lines if (said := complaint(words))} == {}


def test_an_example_that_would_be_refused_is_noticed():
    text = """```sh
yingbi mask a --blur 3 -o b  # an option that is not there
.venv/bin/yingbi frobnicate
yingbi mask a
yingbi mask a -o b --audio loud
yingbi --vault v list --box "my box"
yingbi --version
```"""
    said = [complaint(words) for words in quoted_commands(text)]
    assert [bool(line) for line in said] == [True, True, True, True, False, False]
    assert "--blur" in said[0]


def local_links(path: Path) -> Iterator[Path]:
    for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
        if not re.match(r"[a-z]+:", link):
            yield path.parent / link


@pytest.mark.parametrize("name", TOP)
def test_links_of_the_top_pages_lead_somewhere(name):
    assert [link for link in local_links(ROOT / name) if not link.exists()] == []


LOADED = re.compile(
    r"""<(?:script|img|iframe|source)[^>]+src=["']?(?:https?:)?//[^"'\s>]+"""
    r"""|<link[^>]+rel=["']?(?:stylesheet|preconnect|preload)[^>]*href=["']?(?:https?:)?//[^"'\s>]+"""
    r"""|<link[^>]+href=["']?(?:https?:)?//[^"'\s>]+[^>]+rel=["']?(?:stylesheet|preconnect|preload)""",
    re.IGNORECASE,
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_built_pages_load_nothing_from_elsewhere(language, tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    config = PAGES / f"mkdocs.{language}.yml"
    subprocess.run(
        [*command, "-f", config, "-d", tmp_path],
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        check=True,
    )
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) >= len(names_of_pages(language))
    assert {p.name: LOADED.findall(p.read_text("utf-8")) for p in pages} == {
        p.name: [] for p in pages
    }


def test_a_page_that_loads_from_elsewhere_is_noticed():
    assert LOADED.search('<script async src="https://cdn.example/x.js"></script>')
    assert LOADED.search("<link href=https://fonts.example/css rel=stylesheet>")
    assert LOADED.search('<link rel="stylesheet" href="//fonts.example/css">')
    assert not LOADED.search(
        '<a href="https://keepachangelog.com">x</a><script src="a.js"></script>'
    )

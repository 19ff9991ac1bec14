"""The page of the format says what the code does, in both languages."""

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from house import ROOT
from yingbi.envelope import header, lock, private

PAGES = {name: (ROOT / "docs" / name / "format.md").read_text("utf-8") for name in ("en", "zh")}
VECTORS = {path.stem for path in (Path(__file__).parent / "vectors").glob("*.vector")}
BOTH = pytest.mark.parametrize("language", sorted(PAGES))
# Spans with words in them, which each language says in its own.
WORDS = re.compile(
    r"clear header|number of chunks|key epoch|box id|context|public key|chunk|message|left |key: value|previous"
)


def spans(text: str) -> set[str]:
    """Return what stands between backticks on a line, but for what has words of a language."""
    found = {span.strip() for span in re.findall(r"`([^`\n]+)`", text)}
    return {span for span in found if span.isascii() and not WORDS.search(span)}


def rows(text: str) -> list[list[str]]:
    """Return the cells of all tables that hold neither letters nor Chinese, so only numbers."""
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [[cell for cell in line if re.fullmatch(r"[\d ,+×pqhbnc]+", cell)] for line in lines]


def test_both_languages_show_the_same_names_and_figures():
    en, zh = PAGES["en"], PAGES["zh"]
    assert spans(en) == spans(zh)
    assert rows(en) == rows(zh)
    assert re.findall(r"^#+", en, re.MULTILINE) == re.findall(r"^#+", zh, re.MULTILINE)
    assert len(spans(en)) > 80


def test_a_figure_that_differs_would_be_noticed():
    assert rows("| 4 | 32 | root |") != rows("| 4 | 31 | 根 |")
    assert spans("a `lock` of") != spans("`locks`")


@BOTH
def test_the_limits_on_the_page_are_those_of_the_code(language):
    figures = [
        header.MAX_HEADER_BYTES,
        lock.MAX_LOCK_BYTES,
        header.MAX_BODY_BYTES,
        header.FIXED_BYTES + 4 + 1 + 1024 + 16,
    ]
    for figure in figures:
        assert f"{figure:,}" in PAGES[language] or f" {figure}" in PAGES[language], figure


@BOTH
def test_every_kind_of_part_and_every_private_field_is_on_the_page(language):
    text = PAGES[language]
    for part, code in header._PART_CODES.items():
        assert f"{code} {part}" in text
    for name in private._FIELDS:
        assert f"`{name}`" in text
    for kind in lock.RecipientType:
        assert re.search(rf"\b{int(kind)} = ", text), kind


@BOTH
def test_every_vector_that_the_page_names_exists(language):
    section = PAGES[language].split("\n## ")
    table = next(part for part in section if "`same-tag`" in part)
    named = [
        name
        for line in table.splitlines()
        if line.startswith("| ")
        for name in re.findall(r"`([^`]+)`", line.split(" | ")[-1])
    ]
    assert len(named) > 30
    for name in named:
        assert any(fnmatch(vector, f"*-{name}") for vector in VECTORS), name

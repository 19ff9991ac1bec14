"""The page of a day is whole in itself, and readable by anybody."""

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from day_house import (
    DAYS,
    FIXED,
    KNOWN,
    NAMES,
    OTHER,
    SUNDAY,
    Tree,
    begun,
    page,
    reckoned,
    standing,
    there,
    words,
)
from web_house import chromium, serious, tab
from yingbi.domain.day import Noted, day_of
from yingbi.domain.record import Behaviour, Event, Pose, Record
from yingbi.web.day_page import MOST_ROWS
from yingbi.web.pages import spoken


def reaches(text: str) -> set[str]:
    """Return what of a page could run or fetch something, or hold a picture."""
    text = text.lower()
    tags = {tag for tag, _ in Tree(text).tags}
    found = tags & {"script", "img", "image", "link", "iframe", "object", "embed", "use", "a"}
    found |= {
        part
        for part in ("http:", "https:", "//", "src=", "href", "url(", "@import", "data:", "base64")
        if part in text
    }
    return found | set(re.findall(r"\son\w+=", text))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", DAYS)
def test_a_page_is_whole_html_and_reaches_for_nothing(name, language):
    text = page(DAYS[name], language)
    assert Tree(text).wrong == []
    assert reaches(text) == set()
    assert text.startswith("<!doctype html>")
    assert f'<html lang="{"zh-CN" if language == "zh" else "en"}">' in text
    assert "default-src 'none'; style-src 'unsafe-inline'" in text


def test_a_page_that_is_torn_or_reaches_out_is_noticed():
    whole = page(DAYS["calm"])
    assert Tree(whole.replace("</section>", "", 1)).wrong
    for planted in (
        "<script>x</script>",
        "<img src=a>",
        "<p style='background:url(a)'></p>",
        "<p onclick=x></p>",
    ):
        assert reaches(whole.replace("</main>", f"{planted}</main>"))


@pytest.mark.parametrize(
    "evil",
    ["<script>alert(1)</script>", '"><img src=x onerror=x>', "{{ 7*7 }}", "a\u202eb\nc\ud800"],
)
def test_names_and_words_of_records_are_text_and_never_page(evil):
    records = [
        there(KNOWN, 0, 60),
        there(evil, 0, 60),
        Event("fell", 3, KNOWN, confidence=0.9),
        Event("fell", 5, evil, confidence=0.9),
        Event("dwelt", 9, KNOWN, place=evil, for_s=9),
        Event(evil, 9),
        Behaviour(KNOWN, 0, 60, evil, 0.5),
    ]
    plain = "plain"
    told = Tree(page(reckoned(*records), names={KNOWN: evil}))
    same = Tree(page(reckoned(*[tamed(r, evil, plain) for r in records]), names={KNOWN: plain}))
    assert [tag for tag, _ in told.tags] == [tag for tag, _ in same.tags]
    assert told.wrong == []
    assert "49" not in "".join(told.texts)
    assert not set("\u202e\ud800") & set("".join(told.texts))


def tamed(record: Record, evil: str, plain: str) -> Record:
    values = {name: getattr(record, name) for name in type(record).__slots__}
    return type(record)(**{name: plain if v == evil else v for name, v in values.items()})


@pytest.mark.parametrize("name", DAYS)
def test_both_languages_draw_the_same_and_name_the_same_times(name):
    english, chinese = Tree(page(DAYS[name])), Tree(page(DAYS[name], "zh"))
    spoken_only = ("aria-label", "lang")

    def drawn(tree: Tree) -> list[tuple[str, list[tuple[str, str | None]]]]:
        return [(tag, [a for a in attrs if a[0] not in spoken_only]) for tag, attrs in tree.tags]

    def times(tree: Tree) -> list[str]:
        return sorted(re.findall(r"\d+:\d\d", "\n".join(tree.texts)))

    assert drawn(english) == drawn(chinese)
    assert times(english) == times(chinese)


@pytest.mark.parametrize("name", DAYS)
def test_a_chinese_page_has_no_english_sentence(name):
    told = Tree(page(DAYS[name], "zh", {KNOWN: "李奶奶", OTHER: "王叔叔"}))
    labels = [v or "" for _, attrs in told.tags for n, v in attrs if n == "aria-label"]
    latin = re.findall(r"[A-Za-z]+ [A-Za-z]+", "\n".join([*told.texts, *labels]))
    assert latin == []


def test_the_language_of_the_process_is_left_as_it_was():
    before = spoken()
    page(DAYS["calm"], "zh" if before == "en" else "en")
    assert spoken() == before


def test_the_headline_says_the_one_thing_that_matters():
    heads = {name: words(page(day)).split("Falls")[0] for name, day in DAYS.items()}
    assert "A calm day. Two people were seen." in heads["calm"]
    assert "Grandma Li fell at 14:32." in heads["fall"]
    assert "Grandma Li fell three times, first at 00:00." in heads["falls"]
    assert "Somebody fell at a time that is not known as well" in heads["falls"]
    assert "The camera was covered at 00:01. At least seven people were seen." in heads["many"]


def test_a_day_without_any_event_is_not_called_calm():
    told = words(page(reckoned(there(KNOWN, 0, 60))))
    assert "One person was seen. No event was noted" in told
    assert "calm" not in told


def test_a_name_stands_for_the_known_and_a_number_for_all_others():
    day = reckoned(there(KNOWN, 0, 60), there(OTHER, 0, 60), there("unknown 3", 0, 60))
    told = words(page(day, names=NAMES | {"unknown 3": "Grandpa"}))
    assert all(name in told for name in ("Grandma Li", "Known person bcde3456", "Person 3"))
    assert not any(name in told for name in ("abcd2345", "Grandpa"))
    fall = reckoned(Event("fell", 60, "unknown 3", confidence=0.9))
    assert "Somebody fell at 00:01." in words(page(fall, names={"unknown 3": "Grandpa"}))


def test_the_page_names_the_box_and_each_camera_over_its_own_floor():
    day = DAYS["cameras"]
    told = words(page(day))
    assert told.count("The floor as the camera looks over it") == 1, "nobody stood in the hall"
    assert "Box “home”" in told
    assert "Camera “" not in told
    assert "Where they were den The floor" in told
    assert "Grandma Li stayed in “kitchen” for 30 min. den" in told
    poses = [Pose(KNOWN, 0, standing(0.5, 0.9))]
    two = [Noted(begun(), poses, 60.0, camera) for camera in ("hall", None)]
    both = words(page(day_of(SUNDAY, FIXED, two)))
    assert both.count("The floor as the camera looks over it") == 2
    assert "Where they were hall The" in both
    assert "a camera without a name The" in both
    one = words(page(day_of(SUNDAY, FIXED, two[:1])))
    assert "Box “home” · Camera “hall”" in one
    assert "Where they were The floor" in one


def test_a_number_leads_to_its_recording_and_only_in_the_small_print():
    text = page(DAYS["cameras"])
    main, footer = text.split("<footer>")
    assert "Person 7" in main
    assert "Person 7: number 7 in 0190b" in words(footer)
    assert not any(one in main for one in ("0190a", "0190b"))
    assert "0190a" not in footer, "who is known is found by their name"
    numbers = [
        Noted(begun(), [there("unknown 1", t, t + 9)], 60.0, "hall", i)
        for t, i in ((0, "a"), (20, "b"))
    ]
    told = words(page(day_of(SUNDAY, FIXED, numbers)))
    assert "Person 1: number 1 in a" in told
    assert "Person 2: number 1 in b" in told
    assert "<details>" not in page(DAYS["calm"])


def test_too_many_numbers_are_one_line_and_no_fall_is_lost():
    falls = [Event("fell", n * 2000 + 9, f"unknown {n}", confidence=0.9) for n in range(1, 31)]
    stays_ = [there(f"unknown {n}", n * 2000, n * 2000 + 500) for n in range(1, 31)]
    came = [Event("entered", n * 2000, f"unknown {n}") for n in range(1, 31)]
    text = page(reckoned(*falls, *stays_, *came, there(KNOWN, 0, 60)))
    assert len(falls) > MOST_ROWS
    assert "Grandma Li 00:00 to 00:01" in words(text)
    assert "Not recognised: 30 numbers" in words(text)
    assert "Person 1" not in words(text).split("What happened")[1]
    assert text.count('class="mark"') == 30
    assert words(text).count("fell at ") == 30


# --- in a real browser

TELEPHONE, DESK = (390, 844), (1280, 900)
LOOKS = {
    "fall": list(product((TELEPHONE, DESK), ("light", "dark"))),
    "cameras": [(TELEPHONE, "dark"), (DESK, "light")],
    "many": [(TELEPHONE, "light"), (DESK, "dark")],
}


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    with chromium() as opened:
        yield opened


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ["fall", "many", "cameras"])
def test_a_browser_shows_it_well_by_day_and_by_night_on_any_screen(
    browser, tmp_path, name, language
):
    file = written(tmp_path, page(DAYS[name], language, {KNOWN: "Grandma " + "Li" * 30}))
    with tab(browser) as watched:
        asked: list[str] = []
        watched.page.on("request", lambda request: asked.append(request.url))
        watched.page.goto(file.as_uri())
        for size, scheme in LOOKS[name]:
            watched.page.set_viewport_size({"width": size[0], "height": size[1]})
            watched.page.emulate_media(color_scheme=scheme)
            assert serious(watched.page) == []
            assert too_wide(watched.page) <= 0
        assert watched.complaints == []
        assert asked == [file.as_uri()]


def test_what_a_browser_would_show_badly_is_noticed(browser, tmp_path):
    text = page(DAYS["calm"])
    faint = text.replace("--faint: #56666f", "--faint: #c4ccd0")
    wide = text.replace("<footer>", "<footer><div style='width: 200vw'>wide</div>")
    leak = text.replace("<footer>", "<footer><img alt='' src='file:///dev/null'>")
    with tab(browser, viewport={"width": 390, "height": 844}) as watched:
        watched.page.goto(written(tmp_path, faint).as_uri())
        assert serious(watched.page)
        watched.page.goto(written(tmp_path, wide).as_uri())
        assert too_wide(watched.page) > 0
        assert watched.complaints == []
        watched.page.goto(written(tmp_path, leak).as_uri())
        assert watched.complaints


def test_on_paper_it_is_light_and_whole(browser, tmp_path):
    file = written(tmp_path, page(DAYS["fall"]))
    with tab(browser, color_scheme="dark", viewport={"width": 700, "height": 990}) as watched:
        watched.page.goto(file.as_uri())
        watched.page.emulate_media(media="print", color_scheme="dark")
        ground = "getComputedStyle(document.documentElement).backgroundColor"
        assert watched.page.evaluate(ground) == "rgb(255, 255, 255)"
        assert too_wide(watched.page) <= 0


def written(folder: Path, text: str) -> Path:
    file = folder / "day.html"
    file.write_text(text, "utf-8")
    return file


def too_wide(page_) -> int:
    return page_.evaluate("document.documentElement.scrollWidth - innerWidth")

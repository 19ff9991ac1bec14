"""What counts as private in a line of text; every number here is made, none is anybody's."""

import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingbi.domain import private_text as told
from yingbi.domain.private_text import (
    CARD,
    ID,
    LONGEST,
    MAIL,
    PASSPORT,
    PHONE,
    PLATE,
    UNREAD,
    VEHICLE,
    id_check,
    is_bank_card,
    is_id_number,
    luhn,
    private_classes,
    vehicle_check,
)

DIGITS = "0123456789"
days = st.dates(date(1920, 1, 1), date(2090, 1, 1)).map(lambda day: f"{day:%Y%m%d}")


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text(DIGITS, min_size=count, max_size=count)


@st.composite
def id_numbers(draw) -> str:
    region = draw(st.sampled_from(["11", "31", "44", "51", "65", "71", "81", "83"]))
    day = draw(days)
    body = region + draw(digits(4)) + day + draw(digits(3))
    return body + id_check(body)


@st.composite
def cards(draw) -> str:
    begins, length = draw(
        st.sampled_from([("62", 16), ("62", 19), ("4", 16), ("37", 15), ("3", 14)])
    )
    body = begins + draw(digits(length - len(begins) - 1))
    return next(body + last for last in DIGITS if luhn(body + last))


@st.composite
def vehicle_ids(draw) -> str:
    letters = "ABCDEFGHJKLMNPRSTUVWXYZ"
    first = draw(st.text(letters, min_size=4, max_size=4)) + draw(digits(4))
    last = draw(st.text(letters, min_size=2, max_size=2)) + draw(digits(6))
    return first + vehicle_check(first + "0" + last) + last


@st.composite
def mobiles(draw) -> str:
    return "1" + draw(st.sampled_from("3456789")) + draw(digits(9))


def spaced(number: str, *lengths: int) -> str:
    parts, at = [], 0
    for length in lengths:
        parts.append(number[at : at + length])
        at += length
    return " ".join([*parts, number[at:]])


# --- numbers with a check ----------------------------------------------------------------------


def test_the_checks_are_those_of_published_examples():
    assert id_check("11010519491231002") == "X"  # the example of GB 11643-1999
    assert luhn("79927398713")
    assert not luhn("79927398710")
    assert vehicle_check("1M8GDM9AXKP042788") == "X"


@given(id_numbers(), st.sampled_from(["{}", "公民身份号码{}", "No. {} ok", "({})"]))
def test_a_residents_number_is_found_however_it_is_written(number, line):
    for written in (number, number.lower(), spaced(number, 6, 8), spaced(number, 6, 4, 4)):
        assert ID in private_classes(line.format(written))
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in number)
    assert ID in private_classes(line.format(wide))


@given(id_numbers(), st.integers(0, 17), st.sampled_from(DIGITS))
def test_a_residents_number_with_one_digit_misread_still_counts(number, at, digit):
    assert ID in private_classes(number[:at] + digit + number[at + 1 :])


@given(id_numbers(), st.integers(0, 16))
def test_a_residents_number_with_a_sign_too_many_or_too_few_still_counts(number, at):
    assert ID in private_classes(number[:at] + number[at] + number[at:])
    assert ID in private_classes(number[:at] + number[at + 1 :])


@given(id_numbers())
def test_signs_that_are_taken_for_each_other_are_digits_where_most_are_digits(number):
    assert ID in private_classes(number.replace("0", "O", 2).replace("1", "I", 2))


def test_eighteen_digits_with_neither_region_nor_day_are_no_residents_number():
    assert not is_id_number("202611241530001234")
    assert not is_id_number("110105194913310021X")
    assert not is_id_number("²" * 18)


@given(cards())
def test_a_bank_cards_number_is_found_however_it_is_written(number):
    for written in (number, spaced(number, 4, 4, 4), spaced(number, 4, 4, 4).replace(" ", "-")):
        assert CARD in private_classes(f"卡号 {written}")
        assert CARD in private_classes(written)


@given(digits(14))
def test_the_most_usual_cards_count_with_a_wrong_check_too(rest):
    assert is_bank_card("62" + rest)
    assert is_bank_card("4" + rest + "0")


def test_other_long_numbers_ask_for_the_check():
    numbers = ["6" + "0" * 14 + last for last in DIGITS]
    assert sum(map(is_bank_card, (n + "0" for n in numbers))) == 1
    assert not is_bank_card("1" * 16)
    assert not is_bank_card("6222")


@given(vehicle_ids())
def test_a_vehicles_number_is_found_with_and_without_its_check(number):
    assert VEHICLE in private_classes(f"VIN {number}")
    assert VEHICLE in private_classes(number.replace("0", "O"))
    other = number[:8] + ("1" if number[8] != "1" else "2") + number[9:]
    assert VEHICLE in private_classes(other)


# --- numbers that have their shape alone ---------------------------------------------------------


@given(mobiles(), st.sampled_from(["{}", "Tel{}", "+86 {}", "电话：{}", "0086{}", "a{}b"]))
def test_a_mobile_number_is_found_however_it_is_written(number, line):
    for written in (number, spaced(number, 3, 4), spaced(number, 3, 4).replace(" ", "-")):
        assert PHONE in private_classes(line.format(written))


@given(mobiles(), mobiles())
def test_two_numbers_with_or_without_a_gap_hide_neither(first, second):
    assert PHONE in private_classes(f"{first}/{second}")
    assert PHONE in private_classes(f"{first} {second}")
    assert PHONE in private_classes(first + second)


@pytest.mark.parametrize(
    ("line", "kinds"),
    [
        ("010-62345678", {PHONE}),
        ("(021) 6234 5678", {PHONE}),
        ("0755-2345 6789", {PHONE}),
        ("+44 20 7946 0958", {PHONE}),
        ("+1 (202) 555-0143", {PHONE}),
        ("TEL 6234 5678", {PHONE}),
        ("li.wei@example.com", {MAIL}),
        ("ann ＠ example . cn", {MAIL}),
        ("ann@example", {MAIL}),
        ("京A·12345", {PLATE}),
        ("粤B D12345", {PLATE}),
        ("沪A1234学", {PLATE}),
        ("A·12345", {PLATE}),
        ("护照 E12345678", {PASSPORT}),
        ("EA1234567", {PASSPORT}),
        ("G12345678", {PASSPORT}),
        ("P<CHNZHANG<<SAN<<<<<<<<<<<<<", {PASSPORT}),
        ("身份证 1101051949", {ID}),
        ("x" * (LONGEST + 1), {UNREAD}),
    ],
)
def test_a_line_has_exactly_these_classes(line, kinds):
    assert private_classes(line) == kinds


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Exit 12 B",
        "2026-11-24 15:30:00",
        "2026年11月24日",
        "20261124 153000",
        "¥ 1,299.00",
        "128.50 13.00 99.95 1299.00",
        "6901234567892",
        "978-7-302-51234-5",
        "400-820-8820",
        "39.904200, 116.407400",
        "Order 202611241530001234",
        "鲁COMPANY",
        "G1234 08:15",
        "BOSS OIL SOS",
        "1920×1080 60 fps",
        "2 @ 3.50",
        "京ABC",
    ],
)
def test_ordinary_text_is_not_private(line):
    assert private_classes(line) == frozenset()


@given(st.text(max_size=LONGEST + 20))
def test_any_text_gets_known_classes_and_nothing_else_of_it_comes_back(text):
    known = {ID, CARD, PHONE, MAIL, PASSPORT, VEHICLE, PLATE, UNREAD}
    assert private_classes(text) <= known


@given(st.text(DIGITS + " -+.OIlBX", max_size=120))
def test_any_row_of_digits_is_judged(text):
    assert isinstance(private_classes(text), frozenset)


def ordinary(chance: random.Random) -> str:
    """Return a line of numbers as signs, receipts and timetables have them."""
    pick, number = chance.choice, chance.randint
    return pick(
        [
            f"{number(1950, 2030)}-{number(1, 12):02d}-{number(1, 28):02d}",
            f"{number(0, 23):02d}:{number(0, 59):02d}",
            f"¥{number(1, 9999)}.{number(0, 99):02d}",
            "  ".join(f"{number(1, 9999)}.{number(0, 99):02d}" for _ in range(4)),
            f"{number(1, 999)},{number(0, 999):03d},{number(0, 999):03d}",
            f"{pick('ABCDGK')}{number(1, 9999)}",
            f"690{number(0, 10**10 - 1):010d}",
            f"{number(2019, 2026)}{number(1, 12):02d}{number(1, 28):02d}{number(0, 10**6 - 1):06d}",
        ]
    )


def test_of_ordinary_numbers_less_than_one_in_a_hundred_is_taken_for_private():
    chance = random.Random(110)
    hits = sum(bool(private_classes(ordinary(chance))) for _ in range(4000))
    assert hits < 40
    assert sum(bool(private_classes(f"1380013{n:04d}")) for n in range(100)) == 100, "the control"


@given(id_numbers())
def test_the_day_of_birth_breaks_nothing_where_dates_are_left_out(number):
    assert ID in private_classes(f"1990-01-01 {number}")
    assert told.is_id_number(number)

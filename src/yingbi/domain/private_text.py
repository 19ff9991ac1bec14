"""What is private in a line of text that was read in a picture: which classes of number it holds.

Reading errs, so most rules have two halves. Sure: check digits hold, where signs that are taken
for each other (O and 0, I and 1, B and 8) may stand for digits. In doubt: length and shape are
right and the check fails, as it does after one sign misread; or a word announces the number and
enough digits are there. Both count as private. Only names of `domain.data_class` come back.

Clause: 6.2.1.f-1; 6.2.1.f-2.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise

ID, CARD, PHONE = "text.id-number", "text.bank-card", "text.phone"
MAIL, PASSPORT, VEHICLE, PLATE = "text.e-mail", "text.passport", "text.vehicle-id", "plate"
UNREAD = "text.unread"
"""The class of a line that was not read surely: it may hold anything."""

LONGEST = 400
"""Signs of a line that are judged; no reader gives more, so a longer one counts as unread."""

_TAKEN_FOR = {"0": "OoQD", "1": "Iil|!", "2": "Zz", "5": "Ss", "6": "Gb", "8": "B", "9": "gq"}
LOOK_ALIKE = {ord(sign): digit for digit, signs in _TAKEN_FOR.items() for sign in signs}
LEAST_DIGITS = 0.6
"""Share of true digits from which on the other signs of a group are taken for digits too."""
MOST_GROUPS = 8
"""Groups of digits, with a gap between them, that may be one number."""
GLUED = 19
"""A group of more digits is longer than any number here: some were read without their gap."""

_GROUP = re.compile(r"[0-9]+X?(?![0-9])")
_LOOSE_GROUP = re.compile(rf"[0-9{''.join(_TAKEN_FOR.values())}]+X?(?![0-9])")
_GAP = re.compile(r" {1,3}| ?[-_·‐-―()] ?|\.")
_DATE = re.compile(
    r"(?<![0-9./-])(?:19|20)[0-9]{2}[-/.年] ?(?:1[0-2]|0?[1-9])[-/.月] ?(?:3[01]|[12][0-9]|0?[1-9])"
    r"日?(?![0-9]|-[0-9])"
)
_MAIL = re.compile(
    r"[\w.+-]+ ?[@©] ?[\w-]+(?: ?[.,] ?[A-Za-z]{2,})+|[A-Za-z][\w.+-]+@[A-Za-z][\w-]+"
)
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PLATE = re.compile(
    rf"(?:[{_PROVINCES}] ?[A-Z] ?[·•・.-]? ?|(?<![A-Z0-9])[A-Z] ?[·•・] ?)"
    r"(?=[A-Z]{0,4}[0-9][A-Z]*[0-9])(?:[A-Z0-9]{5,6}|[A-Z0-9]{4}[学警港澳挂领使])(?![A-Z0-9])"
)
_DIGITISH = "[0-9OIZSB]"
_PASSPORT = re.compile(
    rf"(?<![A-Z0-9])(?:[EGCHM] ?{_DIGITISH}{{8}}|[HM] ?{_DIGITISH}{{10}}"
    rf"|[EC][A-HJ-NP-Z] ?{_DIGITISH}{{7}}|[DSP]E ?{_DIGITISH}{{7}})(?![A-Z0-9])"
)
_MACHINE_READ = re.compile(r"[A-Z0-9]<<+[A-Z0-9]|P<[A-Z]{3}|[A-Z0-9]<{4,}")
_VEHICLE = re.compile(r"(?<![A-Z0-9])[A-Z0-9]{17}(?![A-Z0-9])")
_ANNOUNCED = (
    (ID, 6, re.compile(r"身份证|公民身份|身份号|身分證|\bID (?:NO|NUMBER|CARD)\b")),
    (CARD, 8, re.compile(r"卡号|卡號|账号|帳號|\bCARD (?:NO|NUMBER)\b|\bIBAN\b")),
    (PHONE, 6, re.compile(r"电话|電話|手机|手機|联系方式|\bTEL\b|\bPHONE|\bMOBILE\b|☎|☏")),
    (PASSPORT, 6, re.compile(r"护照|護照|通行证|\bPASSPORT")),
)

_REGIONS = frozenset(
    place
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71))
    for place in range(first, last + 1)
) | {81, 82, 83, 91}
_ID_WEIGHTS = [pow(2, 17 - place, 11) for place in range(18)]
_VEHICLE_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789", strict=True))
_VEHICLE_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def private_classes(text: str) -> frozenset[str]:
    """Return the classes of private data in a line as it was read; empty where there are none.

    text: of one line, in any writing; full-width signs count as the usual ones.

    Clause: 6.2.1.f-2.
    """
    if len(text) > LONGEST:
        return frozenset({UNREAD})
    line = _plain(text)
    upper = line.upper()
    found = {kind for number in _numbers(line) for kind in _kinds_of(number)}
    found |= {
        kind for kind, least, word in _ANNOUNCED if word.search(upper) and _count(line) >= least
    }
    found |= {MAIL} if _MAIL.search(line) else set()
    found |= {PLATE} if _PLATE.search(upper) else set()
    found |= {PASSPORT} if _is_passport(upper) else set()
    found |= {VEHICLE} if any(is_vehicle_id(one) for one in _VEHICLE.findall(upper)) else set()
    return frozenset(found)


def is_id_number(number: str) -> bool:
    """Return whether 17 to 19 signs are a resident's number of GB 11643-1999, or most likely one.

    Of 18 signs a day of birth in its place is enough, or else a region and the check (ISO 7064,
    MOD 11-2), one digit changed at most. Of one sign too many, region and day must be right
    without it; of one too few, all three with another; of the 15 digits of before 1999 region
    and day.
    """
    if not re.fullmatch(r"[0-9]{14,18}[0-9X]", number):
        return False
    match len(number):
        case 15:
            return _region(number) and _is_day("19" + number[6:12])
        case 17:
            return any(map(_is_whole, _with_another(number, 0)))
        case 18:
            sure = _is_day(number[6:14]) or (_region(number) and _checks(number))
            return sure or any(map(_is_whole, _with_another(number, 1)))
    less = (number[:at] + number[at + 1 :] for at in range(19))
    return any(_region(one) and _is_day(one[6:14]) for one in less)


def _region(number: str) -> bool:
    return int(number[:2]) in _REGIONS


def _checks(number: str) -> bool:
    return id_check(number[:17]) == number[17]


def _is_whole(number: str) -> bool:
    return _region(number) and _is_day(number[6:14]) and _checks(number)


def _with_another(number: str, instead_of: int) -> Iterator[str]:
    """Yield the number with each digit put at each place, before or instead of the one there."""
    for at in range(17):
        yield from (f"{number[:at]}{digit}{number[at + instead_of :]}" for digit in range(10))


def id_check(digits: str) -> str:
    """Return the check sign of the first 17 digits of a resident's number, "0" to "9" or "X"."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, _ID_WEIGHTS, strict=False))
    return "10X98765432"[total % 11]


def is_bank_card(number: str) -> bool:
    """Return whether 13 to 19 digits are a card's number, or have the shape of the most usual ones.

    Sure: they begin as an issuer's and Luhn's check holds (ISO/IEC 7812-1). In doubt: 16 to 19
    beginning with 62, 16 with 4 or 51 to 55, 15 with 34 or 37, whatever the check says.
    """
    usual = r"62[0-9]{14,17}|4[0-9]{15}|5[1-5][0-9]{14}|3[47][0-9]{13}"
    issued = r"[34][0-9]{12,18}|(?=[0-9]{16,19}$)(?:2[2-7]|5|6|81|9)[0-9]+"
    if re.fullmatch(usual, number):
        return True
    return re.fullmatch(issued, number) is not None and luhn(number)


def luhn(number: str) -> bool:
    """Return whether Luhn's check holds for a number of digits."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    return (sum(doubled) + sum(map(int, number[-1::-2]))) % 10 == 0


def is_phone(number: str) -> bool:
    """Return whether digits are a Chinese mobile or landline number, or "+" begins another.

    There is no check: the shape is all that can be asked.
    """
    mobile = r"(?:\+?86|0086)?0?1[3-9][0-9]{9}"
    landline = r"0(?:10|2[0-9])[0-9]{7,8}|0[3-9][0-9]{2}[0-9]{7,8}"
    return re.fullmatch(rf"{mobile}|{landline}|\+[1-9][0-9]{{7,14}}", number) is not None


def is_vehicle_id(number: str) -> bool:
    """Return whether 17 signs are a vehicle's number: ISO 3779, with or without its check.

    Only America and China ask for the check sign, so that letters, and digits at the end, are
    enough. I, O and Q do not occur in it and are taken for 1 and 0.
    """
    signs = number.translate(str.maketrans("IOQ", "100"))
    letters = sum(sign.isalpha() for sign in signs)
    shaped = letters >= 3 and signs[-4:].isdigit() and 17 - letters >= 6
    return shaped or (letters >= 2 and vehicle_check(signs) == signs[8])


def vehicle_check(signs: str) -> str:
    """Return the check sign of a vehicle's 17 signs, "0" to "9" or "X"."""
    values = (int(_VEHICLE_VALUES.get(sign, sign)) for sign in signs)
    left = sum(v * w for v, w in zip(values, _VEHICLE_WEIGHTS, strict=True)) % 11
    return "0123456789X"[left]


def _is_passport(upper: str) -> bool:
    """Return whether a Chinese passport's or permit's number is there, or a line for machines."""
    numbers = _PASSPORT.findall(upper)
    return any(_count(one) >= 6 for one in numbers) or _MACHINE_READ.search(upper) is not None


def _kinds_of(number: str) -> Iterator[str]:
    """Yield the classes of one number: digits, with a "+" before or an "X" behind them at most."""
    if is_phone(number.removesuffix("X")):
        yield PHONE
    if is_id_number(number):
        yield ID
    if is_bank_card(number):
        yield CARD


def _numbers(line: str) -> Iterator[str]:
    """Yield whatever may be one number: groups of digits, alone and with those that follow."""
    for pattern in (_GROUP, _LOOSE_GROUP):
        groups = [one for one in pattern.finditer(line) if _is_digits(one.group())]
        for run in _runs(line, groups):
            plus = line[: run[0].start()].rstrip(" (").endswith("+")
            texts = [one.group().translate(LOOK_ALIKE) for one in run]
            for first in range(len(run)):
                yield from _glued(texts[first])
                sign = "+" if plus and first == 0 else ""
                yield from (sign + number for number in _joined(texts[first:], 1 if sign else 3))


def _joined(groups: Sequence[str], least: int) -> Iterator[str]:
    """Yield the first group, and longer numbers whose groups but the last have so many digits."""
    number = ""
    for group in groups[:MOST_GROUPS]:
        number += group
        yield number
        if len(group) < least:
            return


def _runs(line: str, groups: Sequence[re.Match[str]]) -> Iterator[list[re.Match[str]]]:
    """Yield groups with nothing but one gap between them; a point parts amounts of money."""
    run = list(groups[:1])
    for before, after in pairwise(groups):
        gap = line[before.end() : after.start()]
        short = min(len(before.group()), len(after.group())) < 3
        if not _GAP.fullmatch(gap) or (gap == "." and short):
            yield run
            run = []
        run.append(after)
    if run:
        yield run


def _glued(group: str) -> Iterator[str]:
    """Yield the numbers of 11 and 18 signs within a group that is too long for one."""
    if len(group) > GLUED:
        for length in (11, 18):
            yield from (group[at : at + length] for at in range(len(group) - length + 1))


def _is_digits(group: str) -> bool:
    return _count(group) >= LEAST_DIGITS * len(group.removesuffix("X"))


def _count(text: str) -> int:
    return sum("0" <= sign <= "9" for sign in text)


def _is_day(digits: str) -> bool:
    """Return whether eight digits are a day of birth, YYYYMMDD, of 1900 to 2099."""
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return 1900 <= day.year <= 2099


def _plain(text: str) -> str:
    """Return the text in usual signs, without dates: their digits would be taken for others."""
    plain = unicodedata.normalize("NFKC", text)
    signs = (str(unicodedata.decimal(sign, sign)) for sign in plain)
    line = "".join(signs).replace("×", "X").replace("\N{CYRILLIC SMALL LETTER O}", "o")
    return _DATE.sub("\n", re.sub(r"(?<=[0-9])x(?![0-9A-Za-z])", "X", re.sub(r"\s", " ", line)))

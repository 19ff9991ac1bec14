"""Known people, measured: how often strangers are taken for them, and what templates give away.

Leave one out: each picture is compared with templates that were made without it. A
stranger is somebody of whom no template is in the gallery. What is counted here is one
look; a film asks for several that agree. The threshold was chosen by all of these people; what
half of them would have chosen is tried on the other half, which had no say in it. No number says
anything of more people than these.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yingbi.bench.row import Row
from yingbi.domain.age import YOUNG_YEARS, band_of
from yingbi.domain.face import FaceLook
from yingbi.domain.interval import wilson
from yingbi.domain.messages import say, say_error
from yingbi.domain.region import CLEAR_SIGHT, area
from yingbi.domain.settings import resolve
from yingbi.domain.template import (
    LENGTH,
    Gallery,
    Member,
    Projection,
    Template,
    hadamard,
)
from yingbi.errors import ModelMissingError
from yingbi.examine.identity import EACH, drawn
from yingbi.media.still import read_still
from yingbi.pipeline.known import FaceEyes
from yingbi.structure.acquaintance import Manners
from yingbi.structure.known import Rule

FOLDER, CHILDREN, ADULTS = "identities", "children", "adults"
ABOVE = 0.075
"""So far over the likeness of the likest stranger a threshold is chosen."""

FALSE = 0.001
"""Share of false likenesses at which the share of right ones is told."""

BINS = 20
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """Looks at one face of each picture. names: whose, by the file's name."""

    looks: tuple[FaceLook, ...] = field(repr=False)
    names: tuple[str, ...] = field(repr=False)

    def of(self, name: str, but: int = -1) -> list[FaceLook]:
        """Return the first EACH looks at somebody, one of them left out."""
        own = [one for at, one in enumerate(self.looks) if self.names[at] == name and at != but]
        return own[:EACH]


def identity(folder: Path | None = None) -> list[Row]:
    """Return the table. folder: of evaluation data; None takes that of YINGBI_EVAL_DATA."""
    given = os.environ.get("YINGBI_EVAL_DATA", "")
    place = folder or Path(given or "/nonexistent")
    kept = {name: value for name, value in os.environ.items() if name == "YINGBI_MODELS_DIR"}
    settings = resolve({}, "", kept, {})  # the defaults, whatever this user has set
    if not (place / FOLDER).is_dir():
        note = say("not measured: YINGBI_EVAL_DATA does not name pictures of people")
        return [Row("identity", say("known people"), None, "%", note=note)]
    try:
        eyes = FaceEyes.opened(settings, 1)
    except ModelMissingError as error:
        return [Row("identity", say("known people"), None, "%", note=say_error(error))]
    faces = read(place / FOLDER, eyes)
    people = len(set(faces.names))
    what = say("people, {n} pictures; templates of up to {each}", n=len(faces.looks), each=EACH)
    ages = {name: read(place / name, eyes) for name in (CHILDREN, ADULTS)}
    return [
        Row("identity-people", what, people, say("people")),
        *_accuracy(faces),
        *_open_set(faces),
        *_protection(faces),
        *_ages(ages, faces),
    ]


def read(folder: Path, eyes: FaceEyes) -> Faces:
    """Return a look at the largest face of each picture of a folder; of others none."""
    found: list[tuple[FaceLook, str]] = []
    for path in sorted(folder.glob("*.*")):
        frame = read_still(path)
        faces = [one.box for one in eyes.finder.find(frame) if one.score >= CLEAR_SIGHT]
        look = eyes.reader.read(frame, max(faces, key=area)) if faces else None
        if look is not None:
            found.append((look, path.name.partition("__")[0]))
    return Faces(tuple(look for look, _ in found), tuple(name for _, name in found))


def pairs(faces: Faces, likeness: Numbers) -> tuple[Numbers, Numbers]:
    """Return the likenesses of pairs of pictures: of one person, and of two."""
    names = np.array(faces.names)
    upper = np.triu_indices(len(names), 1)
    same = (names[:, None] == names[None])[upper]
    return likeness[upper][same], likeness[upper][~same]


def told_apart(same: Numbers, others: Numbers) -> tuple[float, float]:
    """Return the area under the curve, and the share told right at FALSE false ones, in %."""
    order = np.searchsorted(np.sort(others), same)
    threshold = np.quantile(others, 1 - FALSE)
    return float(order.mean() / len(others)), 100 * float((same >= threshold).mean())


def linkable(mated: Numbers, others: Numbers) -> float:
    """Return D_sys, 0..1: how far scores across keys tell that two templates are of one person.

    Gomez-Barrero and others, 2018, with equal odds before. Of finite samples it is never 0.
    """
    edges = np.histogram_bin_edges(np.concatenate([mated, others]), BINS)
    own, foreign = (np.histogram(one, edges)[0] / len(one) for one in (mated, others))
    ratio = own / np.maximum(foreign, 1e-9)
    local = np.where(ratio > 1, 2 * ratio / (1 + ratio) - 1, 0.0)
    return float((own * local).sum())


def guessed(template: Template, by: Projection, known: Numbers) -> Numbers:
    """Return what somebody with the key makes of a template, (1024,).

    known: other people's vectors, from which they have learned what faces have in common.
    """
    rows = np.zeros((len(by.kept), LENGTH), np.float64)
    for at, kept in enumerate(by.kept.tolist()):
        row = np.zeros(LENGTH, np.float32)
        row[kept] = 1
        for signs in by.signs[::-1]:
            row = hadamard(row) * signs
        rows[at] = row
    mean, away = known.mean(axis=0), known - known.mean(axis=0)
    spread = away.T @ away / len(known) + 1e-5 * np.eye(LENGTH)
    seen = template.codes / np.linalg.norm(template.codes.astype(np.float64))
    seen = seen * np.sqrt(len(by.kept) / LENGTH)
    within = rows @ spread @ rows.T + 1e-4 * np.eye(len(rows))
    return np.asarray(mean + spread @ rows.T @ np.linalg.solve(within, seen - rows @ mean))


def _accuracy(faces: Faces) -> Iterator[Row]:
    by = drawn(1)
    clear = np.stack([one.vector for one in faces.looks]).astype(np.float64)
    seen = np.stack([by.seen(one.vector) for one in faces.looks])
    codes = np.stack([Template.of([one.vector], by).codes for one in faces.looks])
    for key, what, likeness in (
        ("before", say("told apart, clear vectors"), clear @ clear.T),
        ("after", say("told apart, templates"), _cosines(codes, seen)),
    ):
        same, others = pairs(faces, np.asarray(likeness, np.float64))
        curve, right = told_apart(same, others)
        wrong = 1000 * (1 - curve)
        more = (
            (say("in wrong order, per 1000"), wrong),
            (say("pairs"), len(same)),
            (say("false pairs"), len(others)),
        )
        yield Row(f"identity-{key}", what, right, say("% at 0.1 % false"), more=more)


@dataclass(frozen=True, slots=True)
class Counted:
    """What a rule made of looks at some people.

    missed: looks at somebody in the gallery that did not name them. taken: looks at strangers that
    named somebody. looks: of either. shown: pairs of people, the one taken for the other. pairs: of all.
    """

    missed: int
    taken: int
    looks: int
    shown: int
    pairs: int


def counted(faces: Faces, people: Sequence[str], rule: Rule, by: Projection) -> Counted:
    """Return what a rule makes of the looks at these people, each compared without itself."""
    whole = {name: Member(name, _template(faces.of(name), by)) for name in people}
    missed, taken, looks, shown = 0, 0, 0, set[tuple[str, str]]()
    for at, look in enumerate(faces.looks):
        name = faces.names[at]
        if name not in whole:
            continue
        others = tuple(member for one, member in whole.items() if one != name)
        own = Member(name, _template(faces.of(name, but=at), by))
        looks += 1
        missed += rule.named(Gallery(by, (*others, own)).nearest(look.vector)) != name
        taken += rule.named(Gallery(by, others).nearest(look.vector)) is not None
        for one in others:  # each pair alone: what a gallery of one would do
            if rule.named(Gallery(by, (one,)).nearest(look.vector)):
                shown.add((name, one.name))
    return Counted(missed, taken, looks, len(shown), len(people) * (len(people) - 1))


def chosen(faces: Faces, people: Sequence[str], by: Projection) -> float:
    """Return the likeness that these people would have chosen: so much above every stranger."""
    whole = {name: Member(name, _template(faces.of(name), by)) for name in people}
    strangers = [
        found.likeness
        for look, name in zip(faces.looks, faces.names, strict=True)
        if name in whole
        for others in [tuple(member for one, member in whole.items() if one != name)]
        for found in [Gallery(by, others).nearest(look.vector)]
        if found is not None
    ]
    return max(strangers) + ABOVE


def _open_set(faces: Faces) -> Iterator[Row]:
    by, people = drawn(1), sorted(set(faces.names))
    all_of = counted(faces, people, Rule(), by)
    yield _share(
        "missed", say("known people not known by one look (FRR)"), all_of.missed, all_of.looks
    )
    yield _share(
        "taken", say("strangers taken for somebody by one look (FAR)"), all_of.taken, all_of.looks
    )
    what = say("pairs of people, the one shown as the other")
    yield _share("pairs", what, all_of.shown, all_of.pairs)
    halves = people[0::2], people[1::2]
    rules = [Rule(likeness=chosen(faces, half, by)) for half in halves]
    held = [counted(faces, half, rule, by) for half, rule in zip(halves, rules[::-1], strict=True)]
    for number, rule in enumerate(rules, start=1):
        what = say("likeness that half {number} of the people would have chosen", number=number)
        yield Row(f"identity-chosen-{number}", what, rule.likeness, "")
    looks = sum(one.looks for one in held)
    what = say("known people not known, by what the other half has chosen (FRR)")
    yield _share("held-missed", what, sum(one.missed for one in held), looks)
    what = say("strangers taken for somebody, by what the other half has chosen (FAR)")
    yield _share("held-taken", what, sum(one.taken for one in held), looks)
    what = say("pairs of people, the one shown as the other, chosen by the other half")
    yield _share("held-pairs", what, sum(o.shown for o in held), sum(o.pairs for o in held))
    yield from _strangers(faces, people, by)


def _strangers(faces: Faces, people: Sequence[str], by: Projection) -> Iterator[Row]:
    """Yield how often one look is so little alike that it speaks for somebody unknown."""
    bound = Manners().unknown_likeness
    known, unknown, looks = 0, 0, 0
    whole = {name: Member(name, _template(faces.of(name), by)) for name in people}
    for at, look in enumerate(faces.looks):
        name = faces.names[at]
        others = tuple(member for one, member in whole.items() if one != name)
        own = Member(name, _template(faces.of(name, but=at), by))
        with_own, without = (
            Gallery(by, members).nearest(look.vector) for members in ((*others, own), others)
        )
        looks += 1
        known += with_own is not None and with_own.likeness < bound
        unknown += without is not None and without.likeness < bound
    what = say("looks at known people that speak for somebody unknown")
    yield _share("known-unknown", what, known, looks)
    yield _share("unknown", say("looks at strangers that do"), unknown, looks)


def _protection(faces: Faces) -> Iterator[Row]:
    first, second = (
        np.stack([Template.of([one.vector], drawn(key)).codes for one in faces.looks])
        for key in (1, 2)
    )
    links = {
        "linked": (say("templates of two keys, linkability D_sys"), _cosines(first, second)),
        "control": (say("control, of one key"), _cosines(first, first)),
    }
    for key, (what, likeness) in links.items():
        yield Row(f"identity-{key}", what, linkable(*pairs(faces, likeness)), "")
    by, rule, close = drawn(1), Rule(), list[bool]()
    centred = np.stack([one.vector - one.vector.mean() for one in faces.looks]).astype(np.float64)
    names = np.array(faces.names)
    for name in sorted(set(faces.names)):
        back = guessed(_template(faces.of(name), by), by, centred[names != name])
        own = centred[names == name][EACH:]
        close += [bool(one >= rule.likeness) for one in _cosines(own, back[None])[:, 0]]
    what = say("with key and template stolen: later pictures that the guessed vector is like")
    yield _share("guessed", what, sum(close), len(close))


def _ages(ages: Mapping[str, Faces], faces: Faces) -> Iterator[Row]:
    words = {CHILDREN: say("children"), ADULTS: say("adults")}
    for name, found in ages.items():
        young = sum(one.age_years < YOUNG_YEARS for one in found.looks)
        what = say("{who}, one picture each, flagged as possibly under 14", who=words[name])
        yield _share(f"flagged-{name}", what, young, len(found.looks))
    bands = [band_of([o.age_years for o in faces.of(name)]) for name in sorted(set(faces.names))]
    what = say("adults by several pictures, flagged as possibly under 14")
    yield _share("flagged-adults-several", what, bands.count("possibly-under-14"), len(bands))


def _share(key: str, what: str, hits: int, of: int) -> Row:
    low, high = (100 * edge for edge in wilson(hits, of))
    more = ((say("of"), float(of)), (say("from"), low), (say("to"), high))
    return Row(f"identity-{key}", what, 100 * hits / max(of, 1), "%", more=more)


def _template(looks: Sequence[FaceLook], by: Projection) -> Template:
    return Template.of([one.vector for one in looks], by)


def _cosines(a: NDArray[np.generic], b: NDArray[np.generic]) -> Numbers:
    one, two = (np.asarray(v, np.float64) for v in (a, b))
    lengths = np.linalg.norm(one, axis=1)[:, None] * np.linalg.norm(two, axis=1)[None]
    return np.asarray(one @ two.T / np.maximum(lengths, 1e-9))

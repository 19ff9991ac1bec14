"""Everything that a model card tells of a network, measured over the pictures of a folder.

Pictures are read one after another. What is kept of them until the end are small parts around
things that were found, in memory.

Clause: 6.2.4.a.2-1; 6.2.4.a.3-1; 6.2.4.a.3-2; 6.2.4.a.3-3.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from yingbi.domain.messages import say
from yingbi.domain.model_card import Attack, Counted, Curve, Explanation, Grouping
from yingbi.domain.model_errors import TruthRefusedError
from yingbi.domain.region import BoxXYXY, clipped, grown
from yingbi.domain.report import Progress
from yingbi.domain.truth import Sample, Truth
from yingbi.examine import attack
from yingbi.examine.attack import Trial
from yingbi.examine.curves import WAYS, placed, step_down, worse
from yingbi.examine.examinee import Examinee
from yingbi.examine.explain import explained, fall
from yingbi.examine.groups import Tally, count, groupings
from yingbi.media.source_file import open_source
from yingbi.media.still import read_still
from yingbi.media.upright import upright_rgb

Rgb = NDArray[np.uint8]

LONGEST = 1920
"""Pixels of a picture's longer side; larger ones are reduced to it."""
BESIDE = 1.0
"""How far a part that is attacked reaches beside the box, as a share of it."""
SEED = 624


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is looked at. most: pictures. curve_things, trials: at most.

    steps: which of each way's strengths. tries: of an attack at each part, which has so many pixels at
    most on its longer side. cells: of a map's side.
    """

    most: int | None = None
    curve_things: int = 64
    steps: tuple[int, ...] = (0, 1, 2, 3)
    trials: int = 30
    tries: int = 60
    part: int = 256
    explained: int = 12
    cells: int = 12


QUICK = Plan(curve_things=32, steps=(1, 3), trials=30, tries=20, explained=4, cells=8)


@dataclass(frozen=True, slots=True)
class Measured:
    """What came out. digest: of all pictures and truths, whatever the files are called."""

    accuracy: dict[str, Counted]
    groupings: tuple[Grouping, ...]
    unlabelled: tuple[str, ...]
    curves: tuple[Curve, ...]
    attacks: tuple[Attack, ...]
    explanation: Explanation | None
    digest: str
    pictures: int
    things: int


@dataclass(slots=True, eq=False)
class _First:
    """What the first look at all pictures gathers."""

    hits: int = 0
    things: int = 0
    covered: int = 0
    judged_covered: int = 0
    false: int = 0
    right: int = 0
    tally: Tally = field(default_factory=dict)
    trials: list[Trial] = field(default_factory=list, repr=False)
    digests: list[bytes] = field(default_factory=list, repr=False)


def measure(
    examinee: Examinee, samples: Sequence[Sample], plan: Plan, progress: Progress
) -> Measured:
    """Return what the network finds in the pictures, and what is left of it when they get worse.

    Raises: TruthRefusedError; what reading stills raises.
    """
    order = np.random.default_rng(SEED).permutation(len(samples))
    mixed = [samples[at] for at in order[: plan.most]]
    first = _first(examinee, mixed, plan, progress)
    groups, unlabelled = groupings(first.tally)
    accuracy = {"recall": Counted(first.hits, first.things)}
    if first.right + first.false:
        accuracy["precision"] = Counted(first.right, first.right + first.false)
    if first.judged_covered:
        accuracy["covered"] = Counted(first.covered, first.judged_covered)
    return Measured(
        accuracy,
        groups,
        unlabelled,
        _curves(examinee, mixed, plan, progress),
        _attacks(first.trials, plan, progress),
        _explained(first.trials, plan, progress),
        hashlib.sha256(b"".join(sorted(first.digests))).hexdigest(),
        len(mixed),
        first.things,
    )


def read(sample: Sample) -> tuple[Rgb, list[Truth], list[BoxXYXY], bytes]:
    """Return a picture as it is displayed, not larger than `LONGEST`, what is in it and ignored, and its digest.

    Raises: TruthRefusedError where a thing lies outside of it; what reading stills raises.
    """
    with open_source(sample.path) as file:
        content = file.read()
    frame = read_still(sample.path, content)
    for entry, one in enumerate(sample.truths, 1):
        if clipped(one.box, *frame.size) is None:
            reason = say("its box lies outside of the picture")
            raise TruthRefusedError(path=sample.path, entry=entry, reason=reason)
    shown, all_of = upright_rgb(frame, *frame.size), len(sample.truths)
    things = [*sample.truths, *map(Truth, sample.ignored)]
    picture, moved = step_down(shown, things, LONGEST)
    facts = [(one.box, sorted(one.group.items())) for one in sample.truths]
    places = [one.points.tolist() for one in sample.truths if one.points is not None]
    told = repr([facts, places, sample.ignored]).encode()
    digest = hashlib.sha256(hashlib.sha256(content).digest() + told).digest()
    return picture, moved[:all_of], [one.box for one in moved[all_of:]], digest


def _first(examinee: Examinee, samples: Sequence[Sample], plan: Plan, progress: Progress) -> _First:
    found, tick = _First(), progress.begin(say("what is found"), len(samples))
    for sample in samples:
        picture, truths, ignored, digest = read(sample)
        seen = examinee.see(picture, truths, ignored)
        hits = sum(score > 0 for score in seen.scores)
        found.hits, found.things = found.hits + hits, found.things + len(truths)
        found.covered += sum(seen.covered)
        found.judged_covered += len(seen.covered)
        if sample.complete and seen.false is not None:
            found.right, found.false = found.right + hits, found.false + seen.false
        found.digests.append(digest)
        for truth, score in zip(truths, seen.scores, strict=True):
            count(found.tally, truth, picture, found=score > 0)
            if score and len(found.trials) < plan.trials:
                found.trials += _trial(examinee, picture, truth, plan.part)
        tick(1)
    return found


def _trial(examinee: Examinee, picture: Rgb, truth: Truth, longest: int) -> list[Trial]:
    """Return a part around one thing, where it is still found in that part alone."""
    height, width = picture.shape[:2]
    inside = clipped(grown(truth.box, BESIDE), width, height)
    if inside is None:
        return []
    x0, y0, x1, y1 = inside
    part, (alone,) = step_down(picture[y0:y1, x0:x1].copy(), placed([truth], x0, y0), longest)
    trial = Trial(part, alone, examinee)
    return [trial] if trial.score(part) else []


def _curves(
    examinee: Examinee, samples: Sequence[Sample], plan: Plan, progress: Progress
) -> tuple[Curve, ...]:
    chosen, things = [], 0
    for sample in samples:
        if sample.truths and things < plan.curve_things:
            chosen.append(sample)
            things += len(sample.truths)
    keys = [(way, step) for way in WAYS for step in plan.steps]
    hits = dict.fromkeys(keys, 0)
    clear, tick = 0, progress.begin(say("what is found in worse pictures"), len(chosen) * len(keys))
    for at, sample in enumerate(chosen):
        picture, truths, *_ = read(sample)
        clear += _hits(examinee, picture, truths)
        for key in keys:
            way, step = key
            chance = np.random.default_rng([SEED, at, step])
            made = worse(way, WAYS[way][1][step], picture, truths, chance)
            hits[key] += _hits(examinee, *made)
            tick(1)
    return tuple(
        Curve(
            way,
            unit,
            (
                (0.0, Counted(clear, things)),
                *((strengths[step], Counted(hits[way, step], things)) for step in plan.steps),
            ),
        )
        for way, (unit, strengths) in WAYS.items()
    )


def _hits(examinee: Examinee, picture: Rgb, truths: Sequence[Truth]) -> int:
    return sum(score > 0 for score in examinee.see(picture, truths).scores)


def _attacks(trials: Sequence[Trial], plan: Plan, progress: Progress) -> tuple[Attack, ...]:
    if not trials:
        return ()
    ways = {
        "patch": (attack.patch, attack.PATCH_SHARE),
        "noise": (attack.noise, round(attack.NOISE / 255, 4)),
    }
    tick = progress.begin(say("attacks"), 2 * len(ways) * len(trials))
    found = []
    for kind, (way, strength) in ways.items():
        lost = {True: 0, False: 0}
        for searching in lost:
            for at, trial in enumerate(trials):
                chance = np.random.default_rng([SEED, at, searching])
                lost[searching] += way(trial, plan.tries, chance, searching=searching)
                tick(1)
        counted = (Counted(lost[searching], len(trials)) for searching in (True, False))
        found.append(Attack(kind, strength, plan.tries, *counted))
    return tuple(found)


def _explained(trials: Sequence[Trial], plan: Plan, progress: Progress) -> Explanation | None:
    chosen = trials[: plan.explained]
    tick = progress.begin(say("what it leans on"), len(chosen))
    maps = []
    for trial in chosen:
        maps.append(fall(trial, plan.cells))
        tick(1)
    return explained(iter(maps))

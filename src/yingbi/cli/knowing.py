"""Who is recognised: by `mask --known` in a film, and by `protect` in a box's records."""

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yingbi.cli import show
from yingbi.cli.options import opened, tell
from yingbi.domain.messages import say
from yingbi.errors import UsageError, YingbiError

if TYPE_CHECKING:
    from yingbi.domain.box import Box
    from yingbi.domain.decision import TimeRange
    from yingbi.domain.edit import Edit
    from yingbi.domain.region import Target
    from yingbi.domain.settings import Settings
    from yingbi.pipeline.engine import Sight
    from yingbi.structure.acquaintance import Acquaintance
    from yingbi.usecases.mask_known import Shown
    from yingbi.usecases.meeting import Meets
    from yingbi.usecases.protect import Desk


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
    from yingbi.usecases.evidence import identity, unchanged
    from yingbi.usecases.mask_known import Wanted, known_edit
    from yingbi.usecases.recognise import gallery_of

    film = identity(path)
    with opened(obj) as vault:
        templates = templates_of(vault, data_home())
        drop_unagreed(vault, templates)
        asked = [vault.people.subjects.named(one) for one in people]
        with (
            gallery_of(vault, templates, asked, film=film.sha256) as (gallery, names),
            show.progress(quiet=quiet) as progress,
        ):
            eyes = FaceEyes.opened(settings, max(1, os.cpu_count() or 1))
            wanted = Wanted(Recogniser(eyes.reader, gallery), names)
            looking, found = sight(settings, targets), found_facts(settings, targets)
            replay, _, shown = known_edit(path, looking, progress, found, wanted)
        for one in asked:  # looking took a while: who has withdrawn meanwhile is masked
            must_be_agreed(one, vault.people.consents.of(one.subject_id), datetime.now(UTC))
        unchanged(path, film)
    say_shown(shown)
    edit = replay.judged.edit
    if ranges:
        edit = replace(edit, choices=replace(edit.choices, ranges=tuple(ranges)))
        replay = Replay(Judged(edit), path)
    return sight_of_edit(settings, replay), edit


def people_in_box(
    settings: "Settings", desk: "Desk", keep: Sequence[str], *, is_door: bool
) -> "Meets | None":
    """Return who looks at the people of films that go into a box; None where nobody need.

    People are recognised where the box keeps identities and gives names, and somebody is
    enrolled who agrees still. A door opens no template, and knows nobody.

    Raises: ModelMissingError, ModelChangedError; SealBrokenError.
    """
    from yingbi.bootstrap import face_reader
    from yingbi.domain.keep import allows
    from yingbi.domain.tightening import MINOR
    from yingbi.usecases.meeting import AgesAlone

    named = "identity" in keep and desk.policy.detail.names != "none"
    circle = None if is_door or not named else _circle(settings, desk)
    if circle is not None:
        return circle
    aged = allows(keep, "attributes.age-band") or MINOR in desk.policy.tighten
    return AgesAlone(face_reader(settings)) if aged else None


def _circle(settings: "Settings", desk: "Desk") -> "Meets | None":
    from yingbi.bootstrap import face_reader
    from yingbi.domain.settings import data_home
    from yingbi.usecases.circle import CircleMeets
    from yingbi.usecases.enrol import enrolled, templates_of
    from yingbi.usecases.own_desk import OwnDesk

    if not isinstance(desk, OwnDesk):
        return None
    templates = templates_of(desk.vault, data_home())
    if not any(agreed for _, agreed in enrolled(desk.vault, templates).people):
        return None
    return CircleMeets(desk.vault, templates, desk.box, face_reader(settings))


def people_live(
    obj: dict[str, Any], settings: "Settings", box_name: str, held: ExitStack
) -> "tuple[Box, Acquaintance | None]":
    """Return the box, and who recognises people by their names in it, until this UTC day ends.

    The vault is open only for a moment: templates stay in memory until `held` ends. Once a
    template comes or goes, as with a consent that is withdrawn, nobody is recognised any more.

    Raises: NoSuchBoxError; UsageError where the box gives nobody a name; what a vault raises.
    """
    from yingbi.bootstrap import face_reader
    from yingbi.domain.settings import data_home
    from yingbi.structure.acquaintance import Acquaintance
    from yingbi.usecases.enrol import drop_unagreed, templates_of
    from yingbi.usecases.recognise import circle_of_box

    today = datetime.now(UTC).date()
    with opened(obj) as vault:
        box = vault.boxes.box_named(box_name)
        if box.policy.detail.names == "none" or "identity" not in box.policy.keep:
            raise UsageError(
                problem=say(
                    "The box '{box}' gives nobody a name; make one that keeps identity, with --names.",
                    box=box_name,
                )
            )
        templates = templates_of(vault, data_home())
        drop_unagreed(vault, templates)
        mark = templates.mark()
        circle = held.enter_context(circle_of_box(vault, templates, box, day=today, film="live"))

    def still() -> bool:
        try:
            return templates.mark() == mark and datetime.now(UTC).date() == today
        except YingbiError:  # what cannot be read lets nobody be recognised
            return False

    household = circle.household
    if not household.gallery.members:
        return box, None
    return box, Acquaintance(face_reader(settings), household, still=still)


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

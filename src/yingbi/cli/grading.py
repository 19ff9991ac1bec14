"""`grade`: what is private in a film or picture, when, by which rule, and which level follows."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from yingbi.cli import show
from yingbi.cli.options import JSON, opened, vault_options
from yingbi.cli.settings import settings_of
from yingbi.cli.vault import level_words
from yingbi.domain.data_class import DataClass, Handling, not_found
from yingbi.domain.level import Level, Scene
from yingbi.domain.messages import listed, say, say_count, say_error
from yingbi.errors import UsageError, YingbiError

if TYPE_CHECKING:
    from yingbi.domain.box import BoxPolicy
    from yingbi.domain.settings import Settings
    from yingbi.domain.tightening import Verdict
    from yingbi.usecases.grade import Grading, Looking


@click.command(
    "grade",
    help=say(
        "Explain what is private in INPUT: which class, when, by which rule, and which level follows."
    ),
)
@click.argument("input_path", metavar="INPUT", type=click.Path(path_type=Path))
@click.option(
    "--scene",
    type=click.Choice([scene.value for scene in Scene]),
    help=say("What the source is declared to be; refused where its content says otherwise."),
)
@click.option(
    "--box",
    "box_name",
    metavar="NAME",
    help=say("Say what 'protect' would do with it in this box of the vault."),
)
@click.option(
    "--door",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=say("The same for the box behind this door; no passphrase is needed."),
)
@click.option(
    "--every",
    "every_s",
    type=click.FloatRange(0.04, 3600),
    metavar="SECONDS",
    help=say("Time between two looks into a film (default: 0.5, more in a long one)."),
)
@vault_options
@JSON
@click.pass_obj
def grade_command(obj: dict[str, Any], /, input_path: Path, **given: Any) -> int:
    """Grade and explain; the exit status is that of a refusal where the scene does not fit."""
    from yingbi.grade.stretches import EVERY_S
    from yingbi.usecases.grade import grade

    policy = _policy(obj, given)
    looking = _looking(settings_of(obj))
    scene = policy.scene if policy else Scene(given["scene"]) if given["scene"] else None
    with show.progress(quiet=given["as_json"]) as progress:
        grading = grade(input_path, looking, progress, given["every_s"] or EVERY_S)
    verdict: Verdict | None = None
    try:
        level, refusal = grading.level_as(scene), None
        if policy is not None:
            verdict = grading.verdict(policy)
            level = verdict.level
    except YingbiError as error:
        level, refusal = None, error
    if given["as_json"]:
        show.as_json(_told(grading, scene, level, refusal) | _original(verdict))
        if refusal:
            click.echo(f"yingbi: {say_error(refusal)} [{refusal.code}]", err=True)
        return refusal.exit_status if refusal else 0
    _explain(grading)
    if refusal:
        raise refusal
    if verdict is None:
        click.echo(_follows(grading, scene, level))
    else:
        click.echo(handling_words(verdict))
    return 0


def _policy(obj: dict[str, Any], given: Mapping[str, Any]) -> "BoxPolicy | None":
    """Return the policy of the box that is asked about; a door tells it without a passphrase."""
    asked = [name for name in ("box_name", "door", "scene") if given[name] is not None]
    if len(asked) > 1:
        raise UsageError(problem=say("Say one of --box, --door and --scene: a box has its scene."))
    if given["door"] is not None:
        from yingbi.usecases.grade import policy_behind

        return policy_behind(given["door"])
    if given["box_name"] is None:
        return None
    with opened(obj) as vault:
        return vault.boxes.box_named(given["box_name"]).policy


def handling_words(verdict: "Verdict") -> str:
    """Return one line: what becomes of the original, at which level it is handled, and why."""
    from yingbi.domain.tightening import Original

    level = level_words(verdict.level)
    facts = {"level": level, "classes": listed(verdict.because), "rule": verdict.rule}
    match verdict.original:
        case Original.WITHHELD:
            return say(
                "original withheld, since it shows {classes} (rule {rule}); handled at level {level}",
                **facts,
            )
        case Original.RAISED:
            return say(
                "original kept, and released by approval only, since it shows {classes} (rule {rule}); level {level}",
                **facts,
            )
        case Original.KEPT:
            return say("original kept; level {level}", level=level)
    return say("no original is kept; level {level}", level=level)


def _original(verdict: "Verdict | None") -> dict[str, Any]:
    if verdict is None:
        return {}
    return {
        "original": verdict.original.value,
        "because": list(verdict.because),
        "tightened_by": verdict.rule or None,
        "approvals": verdict.approvals,
    }


def _looking(settings: "Settings") -> "Looking":
    """Return who looks: at every target, at what lines say, and for the things of a home."""
    from yingbi.bootstrap import sight
    from yingbi.domain.region import Target
    from yingbi.pipeline.finders import Finders
    from yingbi.usecases.grade import Looking

    targets = tuple(Target)
    finders = Finders(settings, frozenset(targets), sight(settings, ()).threads)
    return Looking(finders.lines_too(), finders.line_judge(), finders.home(), finders.threads)


def _explain(grading: "Grading") -> None:
    """Print what was found, how it was looked for, and what nothing here finds."""
    head = say("class"), say("meaning"), say("from"), say("to"), say("seconds")
    rows = (
        (
            found.of.name,
            say(found.of.title),
            f"{found.first_s:.1f}",
            f"{found.last_s:.1f}",
            f"{found.for_s:.1f}",
            f"{found.score:.2f}",
            _handled(found.of),
            found.of.clause,
        )
        for found in grading.findings
    )
    show.table((*head, say("score"), say("handling"), say("rule")), rows)
    looks = say_count("{n} look", "{n} looks", grading.looks)
    if grading.every_s:
        click.echo(say("{looks}, {every} s apart", looks=looks, every=f"{grading.every_s:.2g}"))
    names = listed(say(one.title) for one in not_found())
    click.echo(say("Nothing here finds: {names}.", names=names))


def _handled(of: DataClass) -> str:
    if of.handling is Handling.MASK and of.mask:
        return say("mask: target {target}", target=of.mask.value)
    return say("a stricter level") if of.handling is Handling.TIGHTEN else say("a person looks")


def _follows(grading: "Grading", scene: Scene | None, level: Level | None) -> str:
    """Return one line: the level, and why."""
    if level is None:
        loosest = level_words(Scene.COMMUNITY.floor)
        return say(
            "Nothing seen asks for a level stricter than {level}; the scene decides.", level=loosest
        )
    if scene is not None:
        return say(
            "As a '{scene}': level {level} or stricter.",
            scene=scene.value,
            level=level_words(level),
        )
    return say(
        "It may be the inside of a home ({signs}): level {level}.",
        signs=grading.home.words,
        level=level_words(level),
    )


def _told(
    grading: "Grading", scene: Scene | None, level: Level | None, refusal: YingbiError | None
) -> dict[str, Any]:
    refused = {"code": refusal.code, "message": say_error(refusal)} if refusal else None
    return {
        "source": str(grading.path),
        "looks": grading.looks,
        "every_s": round(grading.every_s, 3),
        "findings": [found.to_json() for found in grading.findings],
        "home": grading.home.home.value,
        "home_signs": list(grading.home.signs),
        "scene": scene.value if scene else None,
        "level": int(level) if level else None,
        "level_words": level.words if level else None,
        "refused": refused,
        "not_found": [one.name for one in not_found()],
    }

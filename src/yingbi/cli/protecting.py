"""`protect`: films and pictures into a box."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from yingbi.cli import show
from yingbi.cli.grading import handling_words
from yingbi.cli.knowing import people_in_box
from yingbi.cli.options import JSON, PLACES, opened, vault_options
from yingbi.cli.sealing import protector_for
from yingbi.cli.settings import settings_of, vault_dir
from yingbi.cli.vault import level_words
from yingbi.domain.level import Level
from yingbi.domain.messages import listed, say, say_count, say_error
from yingbi.errors import SomeFailedError, UsageError, YingbiError

if TYPE_CHECKING:
    from yingbi.capture.inputs import Input
    from yingbi.domain.report import Progress
    from yingbi.usecases.protect import Desk, Protected, Protector

FILE = click.Path(path_type=Path)


@click.command(
    "protect",
    help=say(
        "Take INPUTS into a box; its level decides what becomes of them. Sources stay where they are."
    ),
)
@click.argument("inputs", nargs=-1, required=True, type=FILE)
@click.option("--box", "box_name", metavar="NAME", help=say("The box that takes them."))
@click.option(
    "--door",
    type=FILE,
    metavar="FILE",
    help=say("Seal through this door instead: no passphrase is needed; see 'yingbi box pass'."),
)
@click.option("--camera", metavar="NAME", help=say("Which camera it was; unknown if not given."))
@click.option(
    "--recorded-at",
    metavar="TIME",
    help=say("When it was recorded (ISO 8601), or from-file; unknown if not given."),
)
@click.option(
    "--keep",
    metavar="LIST",
    help=say("What is kept of records, no more than the box keeps: pose,behaviour,event.fell ..."),
)
@PLACES
@click.option(
    "--subject",
    metavar="NAME",
    help=say(
        "The person whom INPUTS show, and nobody else; what they agreed to bounds what is kept."
    ),
)
@click.option(
    "--retention",
    type=click.Choice(["usual", "short", "long"]),
    default="usual",
    help=say("Retention class; the box says how many days it is kept (default: usual)."),
)
@click.option(
    "--remove-source",
    is_flag=True,
    help=say("Unlink each source once its object is verified; never one that changed."),
)
@click.option(
    "--approved-by",
    "approver",
    metavar="NAME",
    help=say(
        "Who answers for INPUTS whose content may not fit the box's scene; the log keeps it, with --why."
    ),
)
@click.option("--why", metavar="TEXT", help=say("Why they fit the scene all the same."))
@click.option("--jobs", type=int, help=say("Inputs worked on at the same time."))
@click.option("--dry-run", is_flag=True, help=say("Say what would be done, and do nothing."))
@vault_options
@JSON
@click.pass_obj
def protect_command(
    obj: dict[str, Any], /, inputs: tuple[Path, ...], *, as_json: bool, **given: Any
) -> int:
    """Protect every input, and say which clear originals remain."""
    from yingbi.capture.inputs import find_inputs
    from yingbi.usecases.asked import moment
    from yingbi.usecases.each import each

    _must_answer(given)
    settings = settings_of(obj, jobs=given["jobs"])
    asked = given["recorded_at"]
    recorded_at = moment(asked) if asked not in (None, "from-file") else asked
    found = find_inputs(inputs)
    with _desk(obj, given) as (desk, keep):
        level = desk.policy.level
        if given["dry_run"]:
            return _dry_run(found, level, as_json=as_json)
        people = people_in_box(settings, desk, keep, is_door=given["door"] is not None)
        made = protector_for(
            settings, desk.policy, keep, given, recorded_at=recorded_at, people=people
        )
        with show.progress(quiet=as_json) as progress:
            protector = made(desk)
            work = _removing(desk, protector) if given["remove_source"] else protector.protect
            outcomes = each(found, work, settings["jobs"], progress)
    done = [outcome for outcome in outcomes if not isinstance(outcome, YingbiError)]
    failed = _failed(found, outcomes)
    _tell_protected(done, failed, level, as_json=as_json)
    stay = [one for one in done if one.stays]
    for one in stay:
        line = say("'{source}' was not removed: {reason}", source=one.source, reason=one.stays)
        click.echo(line, err=True)
    return SomeFailedError.exit_status if failed or stay else 0


def _must_answer(given: Mapping[str, Any]) -> None:
    """Raise UsageError unless whoever answers for a scene is named, with a reason, to the owner."""
    approver, why = given["approver"], given["why"]
    if approver is None and why is None:
        return
    if not (approver or "").strip() or not (why or "").strip():
        raise UsageError(problem=say("Say both who answers and why: --approved-by and --why."))
    if given["door"] is not None:
        raise UsageError(problem=say("A door answers for nothing: --approved-by goes with --box."))


def _removing(desk: "Desk", protector: "Protector") -> "Callable[[Input, Progress], Protected]":
    """Return what protects and then removes the source; it needs the vault to verify first."""
    from yingbi.usecases.own_desk import OwnDesk
    from yingbi.usecases.source import RemovingProtector

    if not isinstance(desk, OwnDesk):
        raise UsageError(problem=say("A door cannot verify: --remove-source goes with --box."))
    return RemovingProtector(desk.vault, protector).protect


@contextmanager
def _desk(
    obj: dict[str, Any], given: Mapping[str, Any]
) -> "Iterator[tuple[Desk, tuple[str, ...]]]":
    """Yield where the inputs are handed in, and the kinds of record that are kept.

    With a door nothing is loaded that opens.
    """
    from yingbi.usecases.asked import record_kinds, retention_class

    kept = retention_class(given["retention"])
    box_name, door, subject = given["box_name"], given["door"], given["subject"]
    if (box_name is None) == (door is None):
        raise UsageError(problem=say("Say where to: --box NAME or --door FILE, one of them."))
    if door is not None and subject:
        raise UsageError(
            problem=say("A door knows nobody: --subject goes with --box, or link the object later.")
        )
    if door is not None:
        from yingbi.usecases.door_desk import open_door

        settings = settings_of(obj)
        memory = settings["memory"]
        with open_door(door, vault_dir(settings), memory=memory, retention=kept) as standing:
            yield standing, record_kinds(given["keep"], standing.policy.keep)
        return
    from yingbi.usecases.consent import kept_of
    from yingbi.usecases.own_desk import OwnDesk

    with opened(obj) as vault:
        box = vault.boxes.box_named(box_name)
        keep = record_kinds(given["keep"], box.policy.keep)
        person = vault.people.subjects.named(subject) if subject else None
        if person is None:
            yield OwnDesk(vault, box, retention=kept), keep
            return
        desk = OwnDesk(vault, box, person.subject_id, kept)
        yield desk, kept_of(vault, person, box.policy, keep)


def _dry_run(inputs: "list[Input]", level: Level, *, as_json: bool) -> int:
    """Say of each input what would be done with it, or the error that it would meet."""
    from yingbi.domain.report import Quiet
    from yingbi.media.probe import probe
    from yingbi.usecases.each import each

    outcomes = each(inputs, lambda one, _: probe(one.path), 1, Quiet())
    good = [o.path for o in outcomes if not isinstance(o, YingbiError)]
    failed = _failed(inputs, outcomes)
    if as_json:
        show.as_json([{"source": str(one), "level": int(level)} for one in good] + _errors(failed))
    for one in [] if as_json else good:
        words = level_words(level)
        click.echo(say("would protect '{source}' at level {level}", source=one, level=words))
    for _, error in failed:
        click.echo(f"yingbi: {say_error(error)} [{error.code}]", err=True)
    return SomeFailedError.exit_status if failed else 0


def _failed(inputs: "list[Input]", outcomes: Sequence[object]) -> list[tuple[Path, YingbiError]]:
    """Return the inputs that met an error, each with it."""
    told = zip(inputs, outcomes, strict=True)
    return [(one.path, o) for one, o in told if isinstance(o, YingbiError)]


def _errors(failed: list[tuple[Path, YingbiError]]) -> list[dict[str, Any]]:
    return [
        {"source": str(path), "error": {"code": e.code, "message": say_error(e)}}
        for path, e in failed
    ]


def _tell_protected(
    done: "list[Protected]", failed: list[tuple[Path, YingbiError]], level: Level, *, as_json: bool
) -> None:
    if as_json:
        show.as_json([one.to_json() for one in done] + _errors(failed))
    for one in [] if as_json else done:
        click.echo(str(one.object_id))
    for _, error in failed:
        click.echo(f"yingbi: {say_error(error)} [{error.code}]", err=True)
    if as_json or not done:
        return
    for one in done:
        if one.verdict.because:
            words = handling_words(one.verdict)
            click.echo(say("'{source}': {words}", source=one.source, words=words), err=True)
    words = show.counted(show.total(one.tally for one in done))
    click.echo(
        say("{words}; protected at level {level}", words=words, level=level_words(level)), err=True
    )
    dropped = sum(one.tally.poses_dropped for one in done)
    if dropped:
        click.echo(
            say_count(
                "{n} pose did not fit its fixed size and was left out",
                "{n} poses did not fit their fixed size and were left out",
                dropped,
            ),
            err=True,
        )
    clear = [one.source for one in done if not one.source_removed]
    places = listed(map(str, clear[:3])) + (" ..." if len(clear) > 3 else "")
    if clear:
        click.echo(
            say_count(
                "{n} clear original remains at {places}",
                "{n} clear originals remain at {places}",
                len(clear),
                places=places,
            ),
            err=True,
        )
    if len(done) > len(clear):
        click.echo(
            say_count(
                "{n} clear original was verified in the vault and removed; the disk may keep its bytes",
                "{n} clear originals were verified in the vault and removed; the disk may keep their bytes",
                len(done) - len(clear),
            ),
            err=True,
        )

"""`watch`: a folder in which whatever arrives is masked, or sealed through a door."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from yingbi.cli import show
from yingbi.cli.knowing import people_in_box
from yingbi.cli.masking import mask_command
from yingbi.cli.options import JSON, PLACES, tell, vault_options
from yingbi.cli.sealing import protector_for
from yingbi.cli.settings import settings_of, vault_dir
from yingbi.domain.messages import say, say_count, say_error
from yingbi.errors import SomeFailedError, UsageError, YingbiError

if TYPE_CHECKING:
    from yingbi.domain.report import Progress
    from yingbi.usecases.watch_memory import Memory
    from yingbi.usecases.watch_work import Done, Work

FILE = click.Path(path_type=Path)
HIDDEN = ".yingbi-watch"
"""The folder in OUT, or behind the name of IN, in which it is remembered what was done."""

MASK_ONLY = (
    *("targets", "strict", "style", "color", "audio", "zones", "no_passthrough", "check"),
    *("dates", "force", "salvage_like"),
)
"""Options of `mask` that mean here what they mean there."""
DOOR_ONLY = ("camera", "recorded_at", "retention")


@click.command(
    "watch",
    help=say(
        "Mask what arrives in the folder IN, once each, into the folder OUT, until you end it; with --door, seal it."
    ),
)
@click.argument("folder", metavar="IN", type=FILE)
@click.argument("out", metavar="[OUT]", required=False, type=FILE)
@click.option(
    "--salvage",
    is_flag=True,
    help=say("Of a film that is cut off, mask what comes before the break."),
)
@click.option(
    "--door",
    type=FILE,
    metavar="FILE",
    help=say("Seal through this door, as 'protect --door' does; there is no OUT then."),
)
@click.option(
    "--keep",
    metavar="LIST",
    help=say(
        "Of films also: subtitles,data,chapter-names; with --door, what of records: pose,behaviour,event.fell ..."
    ),
)
@PLACES
@click.option("--camera", metavar="NAME", help=say("With --door: which camera it was."))
@click.option(
    "--recorded-at",
    metavar="TIME",
    help=say("With --door: when it was recorded (ISO 8601), or from-file."),
)
@click.option(
    "--retention",
    type=click.Choice(["usual", "short", "long"]),
    default="usual",
    help=say("With --door: retention class (default: usual)."),
)
@click.option(
    "--after",
    type=click.Choice(["keep", "remove"]),
    default="keep",
    help=say("What becomes of a source that is masked: it stays (default), or is unlinked."),
)
@click.option(
    "--settle",
    type=click.FloatRange(min=0),
    default=5.0,
    metavar="S",
    help=say("A file is taken when it has not changed for so many seconds (default: 5)."),
)
@click.option(
    "--every",
    type=click.FloatRange(min=0.05),
    default=2.0,
    metavar="S",
    help=say("Look again after so many seconds (default: 2)."),
)
@click.option(
    "--once",
    is_flag=True,
    help=say("Do what is there and at rest, and end; status 1 where something is quarantined."),
)
@click.option("--retry", is_flag=True, help=say("Try again what is in quarantine."))
@click.option(
    "--state",
    type=FILE,
    metavar="DIR",
    help=say("Folder in which it is remembered what was done (default: in OUT, or beside IN)."),
)
@vault_options
@JSON
@click.pass_context
def watch_command(ctx: click.Context, /, folder: Path, out: Path | None, **given: Any) -> int:
    """Watch, and tell of each file in one line."""
    from yingbi.usecases.watch import Watcher, check_places, watch, watch_once
    from yingbi.usecases.watch_memory import only_one, opened_memory

    _check(ctx, out, given)
    inside = folder.resolve()
    state = given["state"] or (
        out / HIDDEN if out is not None else inside.with_name(inside.name + HIDDEN)
    )
    check_places(folder, out, state)
    face = _Face(as_json=given["as_json"])
    made = _sealing(ctx.obj, given, state) if out is None else _masking(ctx.obj, out, given)
    with ExitStack() as held:
        if out is not None and state != out / HIDDEN:
            held.enter_context(only_one(out / HIDDEN))
        memory = held.enter_context(opened_memory(state))
        every, settle = given["every"], given["settle"]
        watcher = Watcher(folder, memory, made(memory), face, settle_s=settle, retry=given["retry"])
        if not given["once"]:
            tell(say("watching '{path}'; end it with Ctrl-C", path=folder))
            watch(watcher, every_s=every)
        left = watch_once(watcher, every_s=every, settle_s=settle)
        if left:
            tell(
                say_count(
                    "{n} file is not at rest yet and is left for the next time",
                    "{n} files are not at rest yet and are left for the next time",
                    left,
                )
            )
        return SomeFailedError.exit_status if watcher.quarantined else 0


# What both commands mean in the same words stands there once.
_SAME = {one.name: one for one in mask_command.params}
watch_command.params[3:3] = [_SAME["salvage_like"]]
watch_command.params[2:2] = [_SAME[name] for name in MASK_ONLY if name != "salvage_like"]


def _check(ctx: click.Context, out: Path | None, given: dict[str, Any]) -> None:
    """Raise UsageError unless the options say one thing, to be masked or to be sealed."""
    door = given["door"]
    if (out is None) == (door is None):
        raise UsageError(problem=say("Say where to: a folder OUT or --door FILE, one of them."))
    if door is not None and given["after"] == "remove":
        raise UsageError(
            problem=say("A door cannot verify: --after remove goes with a folder OUT.")
        )
    for name in (*MASK_ONLY, "salvage") if door is not None else DOOR_ONLY:
        if ctx.get_parameter_source(name) is not ParameterSource.DEFAULT:
            option = "--" + name.replace("_", "-")
            problem = (
                say("{option} does not go with --door.", option=option)
                if door is not None
                else say("{option} goes with --door only.", option=option)
            )
            raise UsageError(problem=problem)


def _masking(obj: dict[str, Any], out: Path, given: dict[str, Any]) -> "Callable[[Memory], Work]":
    """Return what makes the work; networks and options are in order by then."""
    from yingbi.bootstrap import parse_targets, report_facts, sight, style
    from yingbi.capture.zones import read_zones
    from yingbi.cli.mask_run import deciding, options_of, second_look_of, settings_for
    from yingbi.domain.settings import data_home
    from yingbi.keys.installation import installation_key
    from yingbi.usecases.watch_mask import MaskWork
    from yingbi.usecases.watch_memory import Memory
    from yingbi.usecases.watch_work import Work

    settings = settings_for(obj, given | {"jobs": 1})
    targets = parse_targets(given["targets"])
    show.warn_of(style(settings))
    zones = read_zones(given["zones"]) if given["zones"] else ()
    second = second_look_of(settings, targets) if given["check"] else None
    options = options_of(given, 1, second, zones, out)
    key = installation_key(data_home(), settings["report.suite"])
    facts = report_facts(settings, targets, deciding(options, settings["check.score"]))
    removes = given["after"] == "remove"
    work = MaskWork(out, options, sight(settings, targets), key, facts, removes=removes)

    def made(_memory: Memory) -> Work:
        if key.made:
            tell(say("made a key for this installation's reports: {path}", path=key.path))
        tell(say("reports are signed by {fingerprint}", fingerprint=key.fingerprint))
        return work

    return made


def _sealing(obj: dict[str, Any], given: dict[str, Any], state: Path) -> "Callable[[Memory], Work]":
    """Return what makes the work; door, vault and options are in order by then."""
    from yingbi.store.folder import VaultFolder
    from yingbi.usecases.asked import moment, record_kinds, retention_class
    from yingbi.usecases.door_desk import DoorDesk, open_door
    from yingbi.usecases.watch_door import DoorWork

    settings = settings_of(obj, jobs=1)
    vault, kept = vault_dir(settings), retention_class(given["retention"])

    def stand() -> AbstractContextManager[DoorDesk]:
        return open_door(given["door"], vault, memory=settings["memory"], retention=kept)

    with stand() as desk:  # what is wrong with it is told before anything arrives
        policy = desk.policy
        keep = record_kinds(given["keep"], policy.keep)
        people = people_in_box(settings, desk, keep, is_door=True)
    asked = given["recorded_at"]
    recorded_at = moment(asked) if asked not in (None, "from-file") else asked
    protector = protector_for(settings, policy, keep, given, recorded_at=recorded_at, people=people)
    inbox = VaultFolder.open(vault).inbox
    return lambda memory: DoorWork(stand, protector, memory, inbox, state)


class _Face:
    """Tells on standard output what became of files, and beside it why it waits."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._waits_for = ""

    @contextmanager
    def progress(self) -> "Iterator[Progress]":
        with show.progress(quiet=self._as_json) as shown:
            yield shown

    def done(self, done: "Done") -> None:
        self._waits_for = ""
        if self._as_json:
            show.as_lines([_told(done)])
            return
        click.echo(_line(done))

    def waits(self, error: YingbiError) -> None:
        if error.code != self._waits_for:  # an hour of it is told once
            self._waits_for = error.code
            waiting = say("{problem} Waiting until that is over.", problem=say_error(error))
            tell(f"yingbi: {waiting} [{error.code}]")

    def tell(self, line: str) -> None:
        tell(f"yingbi: {line}")


def _told(done: "Done") -> dict[str, Any]:
    place = done.place.as_posix()
    if done.error is not None:
        error = {"code": done.error.code, "message": say_error(done.error)}
        return {"event": "quarantined", "place": place, "error": error}
    event = "sealed" if done.object_id else "masked"
    return {"event": event, "place": place, "whole": done.whole} | dict(done.told)


def _line(done: "Done") -> str:
    if done.error is not None:
        code = done.error.code
        why = say_error(done.error)
        return say("quarantined '{place}': {why} [{code}]", place=done.place, why=why, code=code)
    words = [show.counted(done.tally)] if done.tally else [say("finished after a break")]
    if not done.whole:
        words.append(say("cut off: what comes before the break"))
    found = "; ".join(words)
    if done.object_id:
        name = done.object_id
        return say("sealed '{place}' as {id}: {words}", place=done.place, id=name, words=found)
    return say("masked '{place}': {words}", place=done.place, words=found)

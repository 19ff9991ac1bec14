"""`live`: what happens before a camera now, as stick figures and events."""

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from yingbi.cli.knowing import people_live
from yingbi.cli.local import FILE, NO_BROWSER, PORT, teller
from yingbi.cli.options import PLACES, tell, vault_options
from yingbi.cli.settings import settings_of, vault_dir
from yingbi.cli.vault import level_words
from yingbi.domain.level import Level
from yingbi.domain.messages import say, say_count
from yingbi.errors import UsageError

if TYPE_CHECKING:
    from yingbi.domain.box import BoxPolicy
    from yingbi.domain.region import Target
    from yingbi.domain.settings import Settings
    from yingbi.media.live_source import LiveSource
    from yingbi.usecases.live import Plan
    from yingbi.usecases.protect import ProtectOptions
    from yingbi.usecases.tell import Teller


@click.command(
    "live",
    help=say(
        "Show who is before a camera now as stick figures, and tell what happens; no picture is kept or shown. SOURCE is /dev/video0, an rtsp:// address, or a film at its own pace."
    ),
)
@click.argument("source", metavar="SOURCE")
@click.option(
    "--level",
    type=click.Choice(["1", "2", "3"]),
    default="1",
    help=say("Protection level; live looking is built for level 1, structured only."),
)
@click.option(
    "--door",
    type=FILE,
    metavar="FILE",
    help=say("Leave the records at this door, one object an hour; without it nothing is written."),
)
@click.option(
    "--on",
    "orders",
    multiple=True,
    metavar="EVENT=TARGET",
    help=say(
        "Tell somebody of an event, such as fell: a command, of which no output is shown, or an address that apprise knows. May be repeated."
    ),
)
@click.option(
    "--box",
    "box_name",
    metavar="NAME",
    help=say(
        "Recognise who is enrolled, by their names in this box, until the day ends (UTC); it takes the passphrase."
    ),
)
@PLACES
@click.option("--camera", metavar="NAME", help=say("What the camera is called."))
@click.option(
    "--once",
    is_flag=True,
    help=say("End with the source; a camera that is lost is not waited for."),
)
@click.option(
    "--quiet", is_flag=True, help=say("No page: print one line an event, until the source ends.")
)
@PORT
@NO_BROWSER
@vault_options
@click.pass_obj
def live_command(obj: dict[str, Any], /, source: str, **given: Any) -> None:
    """Look, show and tell until the source or the user ends it."""
    from yingbi.media.live_source import Address, LiveSource
    from yingbi.usecases.tell import Teller
    from yingbi.usecases.tell_target import order_of

    if Level(int(given["level"])) is not Level.STRUCTURED_ONLY:
        raise UsageError(
            problem=say("Live looking knows level 1 alone; at levels 2 and 3 use 'yingbi protect'.")
        )
    address = Address.of(source)
    orders = [order_of(text) for text in given["orders"]]
    with ExitStack() as held, Teller(orders, _complain) as told:
        plan = _plan(obj, given, told, [one.event for one in orders], held)
        seen = LiveSource(address, again=not given["once"])
        if given["quiet"]:
            _print_events(seen, plan)
        else:
            _serve(seen, plan, given)


def _complain(line: str) -> None:
    tell(f"yingbi: {line}")


def _plan(
    obj: dict[str, Any],
    given: dict[str, Any],
    told: "Teller",
    asked: Sequence[str],
    held: ExitStack,
) -> "Plan":
    """Return how it is looked at; door, places and networks are in order by then."""
    from yingbi.bootstrap import face_reader, poses, sight
    from yingbi.domain.keep import RECORD_KINDS, allows, needs_poses
    from yingbi.domain.region import Target
    from yingbi.structure.acquaintance import Acquaintance
    from yingbi.usecases.door_desk import open_door
    from yingbi.usecases.live import Plan, never_told
    from yingbi.usecases.live_deposit import Stand

    settings = settings_of(obj)
    keep: tuple[str, ...] = RECORD_KINDS
    stand: Stand | None = None
    box, who = None, None
    if given["box_name"] is not None:
        box, who = people_live(obj, settings, given["box_name"], held)
        _must_be_level_1(box.policy)
        keep = box.policy.keep
    if given["door"] is not None:
        vault, memory = vault_dir(settings), settings["memory"]
        stand = partial(open_door, given["door"], vault, memory=memory)
        with stand() as desk:
            _must_be_level_1(desk.policy)
            if box is not None and desk.pass_.box_id != box.box_id:
                raise UsageError(problem=say("This door leads to another box than --box."))
            keep = desk.policy.keep
    lost = never_told(asked, keep)
    if lost:
        raise UsageError(
            problem=say("The box does not keep '{event}', so nobody is told of it.", event=lost[0])
        )
    if who is None and allows(keep, "attributes.age-band"):
        who = Acquaintance(face_reader(settings), None)
    targets = (Target.PERSON,) if who is None else (Target.FACE, Target.PERSON)
    options = _options(settings, given, keep, targets)
    pose_source = poses(settings) if needs_poses(keep) else None
    return Plan(sight(settings, targets), pose_source, options, told, stand, _complain, who=who)


def _must_be_level_1(policy: "BoxPolicy") -> None:
    if policy.level is not Level.STRUCTURED_ONLY:
        raise UsageError(problem=say("This box is of another level than 1."))


def _options(
    settings: "Settings",
    given: dict[str, Any],
    keep: tuple[str, ...],
    targets: "tuple[Target, ...]",
) -> "ProtectOptions":
    from yingbi.bootstrap import looking_settings, record_networks
    from yingbi.capture.places import read_places
    from yingbi.domain.keep import needs_poses
    from yingbi.domain.region import Target
    from yingbi.usecases.protect import ProtectOptions

    return ProtectOptions(
        keep,
        given["camera"],
        None,
        settings["records.poses_per_second"],
        {name: str(value) for name, value in looking_settings(settings).items()},
        read_places(given["places"]) if given["places"] else None,
        record_networks(settings, targets, posed=needs_poses(keep), known=Target.FACE in targets),
    )


def _print_events(source: "LiveSource", plan: "Plan") -> None:
    """Print a line for each event until the source ends or a signal comes."""
    from yingbi.usecases.live import live

    with _stopped_by_signals(source), source:
        tell(
            say(
                "looking at level {level}; no picture is kept or shown. End it with Ctrl-C",
                level=level_words(Level.STRUCTURED_ONLY),
            )
        )
        for told in live(source, plan):
            for notice in told.notices:
                click.echo(notice.text)
        if source.skipped:
            tell(
                say_count(
                    "{n} frame was skipped, since looking could not keep up",
                    "{n} frames were skipped, since looking could not keep up",
                    source.skipped,
                )
            )


@contextmanager
def _stopped_by_signals(source: "LiveSource") -> Iterator[None]:
    """End well by a first signal, so that what was seen is left at the door; at once by a second."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop(_number: int, _frame: object) -> None:
        source.stop()
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _serve(source: "LiveSource", plan: "Plan", given: dict[str, Any]) -> None:
    """Show the page until it is left, or with --once until the source ends."""
    from yingbi.web.live import live_pages
    from yingbi.web.live_run import LiveRun
    from yingbi.web.local import Local

    made, broke = threading.Event(), []

    def ended(run: LiveRun) -> None:
        if run.error is not None:
            broke.append(run.error)
        if given["once"]:
            made.wait()
            local.stop()

    local = Local(live_pages(source, plan, ended), start="/live", port=given["port"])
    made.set()
    no_browser = given["no_browser"]
    local.run(open_browser=not no_browser, tell=teller(no_browser=no_browser))
    if broke:
        raise broke[0]

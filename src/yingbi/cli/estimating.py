"""`mask --estimate`: how long it would take, and how many people are there at least."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from yingbi.cli import show
from yingbi.domain.amounts import at_least, roughly
from yingbi.domain.messages import say, say_error
from yingbi.errors import SomeFailedError, UsageError, YingbiError

if TYPE_CHECKING:
    from yingbi.capture.inputs import Input
    from yingbi.domain.report import Progress
    from yingbi.pipeline.engine import Sight
    from yingbi.usecases.estimate import Estimate


def no_edit(given: dict[str, Any]) -> None:
    """Raise UsageError where an edit file is to be used: nothing is looked for then."""
    if given["edit"]:
        problem = say("--estimate tells what looking costs; with --edit nothing is looked for.")
        raise UsageError(problem=problem)


def estimate_all(items: "Sequence[Input]", sight: "Sight", jobs: int, *, as_json: bool) -> int:
    """Print what masking each input is going to be like; the status is 1 where one cannot be told.

    jobs: so many inputs would be worked on at the same time.
    """
    from yingbi.usecases.each import each
    from yingbi.usecases.estimate import estimate

    def work(item: "Input", shown: "Progress") -> "Estimate":
        return estimate(item.path, sight, shown)

    with show.progress(quiet=as_json) as progress:
        found = list(zip(items, each(items, work, 1, progress), strict=True))
    known = [(item, one) for item, one in found if not isinstance(one, YingbiError)]
    failed = [one for _, one in found if isinstance(one, YingbiError)]
    seconds = sum(one.seconds for _, one in known) / max(1, min(jobs, len(known)))
    if as_json:
        entries = [_told(item, one) for item, one in found]
        show.as_json({"inputs": entries, "seconds": round(seconds, 1)})
    for error in failed:
        click.echo(f"yingbi: {say_error(error)} [{error.code}]", err=True)
    for item, one in [] if as_json else known:
        click.echo(say("{name}: {estimate}", name=item.place.as_posix(), estimate=_words(one)))
    if len(items) > 1 and not as_json:
        click.echo(say("all inputs: {time}", time=roughly(seconds)))
    return SomeFailedError.exit_status if failed else 0


def _words(one: "Estimate") -> str:
    time = roughly(one.seconds)
    return say("{time}, {people}", time=time, people=at_least(one.people)) if one.people else time


def _told(item: "Input", one: "Estimate | YingbiError") -> dict[str, Any]:
    source = str(item.path)
    if isinstance(one, YingbiError):
        return {"source": source, "error": {"code": one.code, "message": say_error(one)}}
    return {
        "source": source,
        "seconds": round(one.seconds, 1),
        "people_at_least": one.people,
        "frames": one.frames,
        "duration_s": round(one.duration_s, 3),
        "sampled_s": round(one.sampled_s, 3),
    }

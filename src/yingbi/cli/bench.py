"""`bench`: what a user measures on the own machine, with the own pictures."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from yingbi.cli import show
from yingbi.cli.options import JSON
from yingbi.domain.messages import say

if TYPE_CHECKING:
    from yingbi.bench.row import Row


@click.group("bench", help=say("Measure on this machine what the documents claim."))
def bench_command() -> None:
    """Hold the measurements that have a name of their own; `make bench` runs all."""


@bench_command.command(
    "attack",
    help=say("Try to recognise people under every style of mask; it takes some ten minutes."),
)
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@JSON
def bench_attack(folder: Path | None, *, as_json: bool) -> None:
    """Attack and print the table."""
    from yingbi.bench.attack.suite import attack

    _show(attack(folder), as_json=as_json)


@bench_command.command(
    "leak",
    help=say("Hold the default to what slower ways of looking see in your own films."),
)
@click.argument("folder", type=click.Path(path_type=Path))
@JSON
def bench_leak(folder: Path, *, as_json: bool) -> None:
    """Compare and print the table."""
    from yingbi.bench.own import own_footage

    _show(own_footage(folder), as_json=as_json)


def _show(rows: "list[Row]", *, as_json: bool) -> None:
    from yingbi.bench.machine import machine
    from yingbi.bench.row import heading, table

    on = machine()
    if as_json:
        show.as_json({"machine": on, "rows": [row.to_json() for row in rows]})
        return
    click.echo(heading() + "\n" + table(rows))
    click.echo("\n" + "; ".join(f"{key}: {value}" for key, value in on.items()))

"""`bench`: what a user measures on the own machine, with the own pictures."""

from pathlib import Path

import click

from yingbi.cli import show
from yingbi.cli.options import JSON
from yingbi.domain.messages import say


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
    from yingbi.bench.machine import machine
    from yingbi.bench.row import heading, table

    rows, on = attack(folder), machine()
    if as_json:
        show.as_json({"machine": on, "rows": [row.to_json() for row in rows]})
        return
    click.echo(heading() + "\n" + table(rows))
    click.echo("\n" + "; ".join(f"{key}: {value}" for key, value in on.items()))

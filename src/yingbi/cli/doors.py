"""`box pass`, `box passes`, `box revoke`, `box deliveries`: doors through which others seal and open nothing."""

from pathlib import Path
from typing import Any

import click

from yingbi.cli import show
from yingbi.cli.options import JSON, opened, vault_options
from yingbi.domain.messages import say


@click.command(
    "pass",
    help=say(
        "Make a door of a box: a file with which 'protect --door' seals without a passphrase, and opens nothing."
    ),
)
@click.argument("box_name", metavar="NAME")
@click.option(
    "-o", "--out", required=True, type=click.Path(path_type=Path), help=say("File to write.")
)
@click.option(
    "--days",
    type=int,
    default=90,
    metavar="N",
    help=say("For how many days it seals, from today (UTC) on; at most 400 (default: 90)."),
)
@click.option(
    "--name", default="", metavar="TEXT", help=say("What you call it, such as a camera's place.")
)
@click.option("--force", is_flag=True, help=say("Replace an output that is already there."))
@vault_options
@JSON
@click.pass_obj
def pass_command(
    obj: dict[str, Any], /, box_name: str, out: Path, *, as_json: bool, **given: Any
) -> None:
    """Make the door."""
    from yingbi.usecases.doors import make_door, told, until

    with opened(obj) as vault:
        box = vault.boxes.box_named(box_name)
        door = make_door(
            vault, box, out, days=given["days"], name=given["name"], force=given["force"]
        )
    if as_json:
        show.as_json(told(door) | {"file": str(out)})
        return
    click.echo(
        say(
            "The door {device} is in '{path}' and seals until {day}.",
            device=door.device_id,
            path=out,
            day=until(door),
        )
    )
    click.echo(
        say("Whoever has this file can add to the box, and see nothing of it: keep it well."),
        err=True,
    )


@click.command("passes", help=say("List the doors of a box."))
@click.argument("box_name", metavar="NAME")
@vault_options
@JSON
@click.pass_obj
def passes_command(obj: dict[str, Any], /, box_name: str, *, as_json: bool) -> None:
    """Print every door."""
    from yingbi.usecases.doors import doors

    with opened(obj) as vault:
        found = doors(vault, vault.boxes.box_named(box_name))
    if as_json:
        show.as_json(found)
    elif not found:
        click.echo(
            say("No door yet; make one with 'yingbi box pass {box} -o door.yb'.", box=box_name)
        )
    else:
        rows = [
            (d["device"], d["name"] or "-", d["made_at"], d["until"], d["revoked_at"] or "-")
            for d in found
        ]
        head = say("door"), say("name"), say("made"), say("until"), say("revoked")
        show.table(head, rows)


@click.command("revoke", help=say("Revoke a door: what it delivers from now on is not taken in."))
@click.argument("device", metavar="DOOR")
@vault_options
@JSON
@click.pass_obj
def revoke_command(obj: dict[str, Any], /, device: str, *, as_json: bool) -> None:
    """Revoke the door."""
    from yingbi.usecases.doors import device_id_asked, revoke_door, told

    wanted = device_id_asked(device)
    with opened(obj) as vault:
        door = revoke_door(vault, wanted)
    if as_json:
        show.as_json(told(door))
        return
    click.echo(say("The door {device} is revoked.", device=door.device_id))


@click.command(
    "deliveries",
    help=say("List what doors left and the vault did not take in, with the reasons."),
)
@vault_options
@JSON
@click.pass_obj
def deliveries_command(obj: dict[str, Any], /, *, as_json: bool) -> None:
    """Print every delivery that waits or was refused."""
    from yingbi.usecases.laid_aside import laid_aside

    with opened(obj) as vault:
        found = laid_aside(vault)
    if as_json:
        show.as_json(found)
    elif not found:
        click.echo(say("Nothing waits, and nothing was refused."))
    else:
        states = {"refused": say("refused"), "waiting": say("waiting")}
        rows = [
            (
                d["delivery"],
                states[d["state"]],
                d["door"] or "-",
                d["box"] or "-",
                d["day"] or "-",
                d["reason"] or say("nothing is wrong with it now"),
            )
            for d in found
        ]
        head = (
            *(say("delivery"), say("state"), say("door")),
            *(say("box"), say("day"), say("reason")),
        )
        show.table(head, rows)

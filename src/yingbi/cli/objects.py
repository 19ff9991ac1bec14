"""`list`, `inspect`, `verify`: what is in the boxes."""

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from yingbi.cli import show
from yingbi.cli.options import JSON, WITNESS, opened, vault_options
from yingbi.cli.vault import level_words
from yingbi.domain.level import Level
from yingbi.domain.messages import listed, say, say_count, say_error
from yingbi.errors import SealBrokenError

if TYPE_CHECKING:
    pass

FILE = click.Path(path_type=Path)
NEWEST = 100
"""So many are listed where no box is named."""


@click.command(
    "list",
    help=say(
        "List what a box holds, or what is linked to a person; of neither, the newest of all boxes."
    ),
)
@click.option("--box", "box_name", metavar="NAME", help=say("The box."))
@click.option("--subject", metavar="NAME", help=say("Only what is linked to this person."))
@click.option("--camera", metavar="NAME", help=say("Only of this camera."))
@click.option(
    "--between",
    metavar="FROM..TO",
    help=say("Only recorded in this span (ISO 8601; an empty end is open)."),
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help=say("At most so many (default: all; of all boxes 100)."),
)
@click.option(
    "--after",
    metavar="ID",
    help=say("Begin behind this object, in the list's order: a box's oldest come first."),
)
@vault_options
@JSON
@click.pass_obj
def list_command(
    obj: dict[str, Any], /, box_name: str | None, *, as_json: bool, **given: Any
) -> None:
    """Print the objects of a box or a person."""
    from yingbi.usecases.look import between, list_objects, object_id_of

    span = between(given["between"])
    after = object_id_of(given["after"]) if given["after"] else None
    everywhere = box_name is None and not given["subject"]
    with opened(obj) as vault:
        box = vault.boxes.box_named(box_name) if box_name else None
        person = vault.people.subjects.named(given["subject"]) if given["subject"] else None
        found = list_objects(
            vault,
            box,
            camera=given["camera"],
            span=span,
            subject=person,
            after=after,
            limit=given["limit"] or (NEWEST if everywhere else None),
        )
        if as_json:
            show.as_json_array(found)
        elif first := next(found, None):
            rows = map(_cells, chain([first], found))
            head = say("id"), say("level"), say("parts"), say("recorded"), say("camera")
            show.table((*head, say("box")) if everywhere else head, rows)
        elif after is not None:
            click.echo(say("Nothing comes after {object_id}.", object_id=after))
        elif person is not None:
            click.echo(say("Nothing is linked to this person there."))
        else:
            click.echo(
                say(
                    "Nothing here yet; add something with 'yingbi protect FILE --box {box}'.",
                    box=box_name or "NAME",
                )
            )


def _cells(told: dict[str, Any]) -> tuple[str, ...]:
    return (
        told["id"],
        level_words(Level(told["level"])),
        ",".join(told["parts"]),
        told["recorded_at"] or say("unknown"),
        told["camera"] or say("unknown"),
        *([told["box"]] if "box" in told else []),
    )


@click.command("inspect", help=say("Show all that is known of an object without opening it."))
@click.argument("object_id", metavar="ID")
@vault_options
@JSON
@click.pass_obj
def inspect_command(obj: dict[str, Any], /, object_id: str, *, as_json: bool) -> None:
    """Print one object."""
    from yingbi.usecases.look import inspect_object, object_id_of

    with opened(obj) as vault:
        told = inspect_object(vault, object_id_of(object_id))
    if as_json:
        show.as_json(told)
        return
    parts = told.pop("parts")
    told["level"] = level_words(Level(told["level"]))
    for key, value in told.items():
        if key not in ("facts", "level_words"):
            text = listed(value) if isinstance(value, list) else value
            show.fact(key, say("unknown") if text in (None, "unknown") else text)
    rows = [(p["part"], p["segments"], p["sealed_bytes"], p["media_type"] or "-") for p in parts]
    show.table((say("part"), say("segments"), say("sealed bytes"), say("kind")), rows)


@click.command(
    "verify",
    help=say("Check seals, chains and the log, of one object or of all; nothing is opened."),
)
@click.argument("object_id", metavar="[ID]", required=False)
@WITNESS
@vault_options
@JSON
@click.pass_obj
def verify_command(
    obj: dict[str, Any], /, object_id: str | None, *, witness: Path | None, as_json: bool
) -> int:
    """Verify, and name what is broken."""
    from yingbi.usecases.look import object_id_of
    from yingbi.usecases.verify import verify

    wanted = object_id_of(object_id) if object_id else None
    with opened(obj) as vault, show.progress(quiet=as_json) as progress:
        done = verify(vault, wanted, progress, witness)
    broken = [(str(one), error.code, say_error(error)) for one, error in done.broken]
    if as_json:
        named = [{"id": one, "code": code, "message": message} for one, code, message in broken]
        show.as_json(
            {
                "objects": done.objects,
                "parts": done.parts,
                "log_entries": done.log_entries,
                "log_root": done.log_root,
                "broken": named,
                "refused": list(done.refused),
                "waiting": list(done.waiting),
            }
        )
    for one, code, message in broken:
        click.echo(f"{one}: {message} [{code}]", err=True)
    if done.refused:
        click.echo(
            say_count(
                "{n} delivery was refused; it lies in the vault's folder 'inbox/refused'.",
                "{n} deliveries were refused; they lie in the vault's folder 'inbox/refused'.",
                len(done.refused),
            ),
            err=True,
        )
    if not as_json and not broken:
        click.echo(
            say(
                "All whole: {objects} objects with {parts} parts, {entries} entries in the log.",
                objects=done.objects,
                parts=done.parts,
                entries=done.log_entries,
            )
        )
    return SealBrokenError.exit_status if broken else 0

"""`vault` and `box`: the house of what is sealed."""

from dataclasses import replace
from typing import Any

import click

from yingbi.cli import show
from yingbi.cli.doors import (
    deliveries_command,
    pass_command,
    passes_command,
    revoke_command,
)
from yingbi.cli.erasing import destroy_command, sweep_command
from yingbi.cli.keys import passphrase_command, recover_command
from yingbi.cli.options import JSON, opened, vault_options
from yingbi.cli.settings import passphrase, settings_of, vault_dir
from yingbi.cli.upkeep import check_command, upgrade_command
from yingbi.domain.detail import LEAST_CELLS, LONGEST_STEP_S, MOST_CELLS, NAMES, Detail
from yingbi.domain.law import LawPack
from yingbi.domain.level import Level, RawExport, RawPolicy, Scene
from yingbi.domain.messages import listed, say


@click.group("vault", help=say("The vault that holds all boxes."))
def vault_command() -> None:
    """Hold the commands on the vault."""


for command_on_vault in (
    upgrade_command,
    check_command,
    sweep_command,
    destroy_command,
    passphrase_command,
    recover_command,
):
    vault_command.add_command(command_on_vault)


@vault_command.command(
    "init",
    help=say(
        "Make a vault in a new or empty folder; without its passphrase or shares it stays closed."
    ),
)
@click.option(
    "--suite",
    type=click.Choice(["sm", "intl"]),
    required=True,
    help=say("Ciphers: sm (SM2, SM3, SM4) or intl (X25519, SHA-256, AES)."),
)
@vault_options
@JSON
@click.pass_obj
def vault_init(obj: dict[str, Any], /, suite: str, *, as_json: bool) -> None:
    """Make the vault."""
    from yingbi.usecases.vault import init_vault

    settings = settings_of(obj)
    path = vault_dir(settings)
    folder = init_vault(
        path, suite, lambda: passphrase(obj, settings, twice=True), memory=settings["memory"]
    )
    if as_json:
        show.as_json({"vault": str(path), "id": str(folder.vault_id), "suite": suite})
        return
    click.echo(say("The vault '{path}' is made (suite {suite}).", path=path, suite=suite))
    told = say(
        "Whoever loses its passphrase loses what is in it: keep it well, and make recovery shares with 'yingbi keys shares'."
    )
    click.echo(told, err=True)


@click.group("box", help=say("Boxes: each with a level, a scene and keys of its own."))
def box_command() -> None:
    """Hold the commands on boxes."""


for command_on_doors in (pass_command, passes_command, revoke_command, deliveries_command):
    box_command.add_command(command_on_doors)


@box_command.command("create", help=say("Make a box; its level cannot be loosened later."))
@click.argument("name")
@click.option(
    "--level",
    type=click.Choice(["1", "2", "3"]),
    required=True,
    help=say("1 structured only (strictest), 2 obscured, 3 raw on release."),
)
@click.option(
    "--scene",
    type=click.Choice([s.value for s in Scene]),
    help=say("Where its cameras look; it bounds the level."),
)
@click.option(
    "--raw",
    type=click.Choice([r.value for r in RawPolicy]),
    help=say("What is kept of originals at level 3 (default: whole)."),
)
@click.option(
    "--raw-export",
    type=click.Choice([r.value for r in RawExport]),
    help=say("Who may have an original (default: grant for community and city, else owner)."),
)
@click.option(
    "--keep",
    metavar="LIST",
    help=say(
        "Kinds of record kept, or single things as event.fell (default: identity,pose,behaviour,event)."
    ),
)
@click.option(
    "--retain-days",
    metavar="DAYS",
    help=say("Days after which objects are erased: 30, or usual=30,short=7,long=365."),
)
@click.option(
    "--names",
    type=click.Choice(NAMES),
    default="none",
    help=say(
        "How long records call an enrolled person by one name: none gives no names (default), day another each day, box always the same."
    ),
)
@click.option(
    "--grid",
    type=click.IntRange(LEAST_CELLS, MOST_CELLS),
    metavar="N",
    help=say("Keep places in records only as lines of a grid of N by N cells."),
)
@click.option(
    "--round",
    "step_s",
    type=click.IntRange(1, LONGEST_STEP_S),
    metavar="S",
    help=say("Keep times in records only in steps of S seconds."),
)
@click.option(
    "--tighten",
    metavar="LIST",
    help=say(
        "Classes of which a finding tightens handling, such as text.*,plate: they are covered, and at level 3 no original is kept."
    ),
)
@click.option(
    "--law",
    type=click.Choice([law.value for law in LawPack]),
    help=say("Law by which originals are kept: a finding raises their handling instead."),
)
@vault_options
@JSON
@click.pass_obj
def box_create(obj: dict[str, Any], /, name: str, *, as_json: bool, **given: Any) -> None:
    """Make the box."""
    from yingbi.usecases.asked import record_kinds, retention, tightening
    from yingbi.usecases.box import create_box, policy

    chosen = policy(
        Level(int(given["level"])),
        Scene(given["scene"]) if given["scene"] else None,
        RawPolicy(given["raw"]) if given["raw"] else None,
        RawExport(given["raw_export"]) if given["raw_export"] else None,
        record_kinds(given["keep"]),
        retained=retention(given["retain_days"]),
        tighten=tightening(given["tighten"]),
        law=LawPack(given["law"]) if given["law"] else None,
    )
    detail = Detail(given["grid"] or 0, given["step_s"] or 0, given["names"])
    with opened(obj) as vault:
        box = create_box(vault, name, replace(chosen, detail=detail))
    if as_json:
        show.as_json(_box(box))
        return
    click.echo(
        say(
            "The box '{name}' is made, level {level}.",
            name=box.name,
            level=level_words(chosen.level),
        )
    )


@box_command.command("list", help=say("List the boxes of the vault."))
@vault_options
@JSON
@click.pass_obj
def box_list(obj: dict[str, Any], /, *, as_json: bool) -> None:
    """Print every box."""
    with opened(obj) as vault:
        boxes = vault.boxes.boxes()
    if as_json:
        show.as_json([_box(box) for box in boxes])
    elif not boxes:
        click.echo(say("No box yet; make one with 'yingbi box create NAME --level 2'."))
    else:
        rows = [(box.name, level_words(box.policy.level), box.policy.scene or "-") for box in boxes]
        show.table((say("box"), say("level"), say("scene")), rows)


@box_command.command("show", help=say("Show one box and its policy."))
@click.argument("name")
@vault_options
@JSON
@click.pass_obj
def box_show(obj: dict[str, Any], /, name: str, *, as_json: bool) -> None:
    """Print one box."""
    with opened(obj) as vault:
        box = vault.boxes.box_named(name)
        held = sum(1 for _ in vault.rooms.catalogue.each(box.box_id))
    told = _box(box) | {"objects": held}
    if as_json:
        show.as_json(told)
        return
    told["level"] = level_words(box.policy.level)
    for key, value in told.items():
        if key == "retain_days":
            days = listed(f"{kept}={days}" for kept, days in value.items())
            show.fact(key, days or say("no end"))
        elif key != "level_words" and (value is not None or key == "scene"):
            shown = listed(value) if isinstance(value, list) else value
            show.fact(key, "-" if shown in (None, "") else shown)


def level_words(level: Level) -> str:
    """Return the level's number with its words, as it is always printed."""
    return say("{level} ({words})", level=int(level), words=say(level.words))


def _box(box: Any) -> dict[str, Any]:
    policy = box.policy
    return {
        "name": box.name,
        "id": str(box.box_id),
        "level": int(policy.level),
        "level_words": policy.level.words,
        "scene": policy.scene,
        "raw": policy.raw.value,
        "raw_export": policy.raw_export.value,
        "keep": list(policy.keep),
        "retain_days": {kept.name.lower(): days for kept, days in policy.retention.days},
        "names": policy.detail.names,
        "grid": policy.detail.grid or None,
        "round_s": policy.detail.step_s or None,
        "tighten": list(policy.tighten),
        "law": policy.law,
        "created_at": box.created_at,
    }

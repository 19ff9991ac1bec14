"""`log`: what was done, proven; and checkpoints that are kept elsewhere."""

import sys
from pathlib import Path
from typing import Any

import click

from yingbi.cli import show
from yingbi.cli.options import JSON, WITNESS, opened, vault_options, witness_of
from yingbi.cli.settings import settings_of
from yingbi.domain.messages import say
from yingbi.errors import UsageError

FILE = click.Path(path_type=Path)


@click.group(
    "log",
    invoke_without_command=True,
    help=say("Print the vault's log; it is checked first. Also: verify, prove, keep checkpoints."),
)
@vault_options
@JSON
@click.pass_context
def log_command(ctx: click.Context, /, *, as_json: bool) -> None:
    """Print every entry where no command follows."""
    if ctx.invoked_subcommand is None:
        _show(ctx.obj, as_json=as_json)
    elif as_json:
        raise UsageError(problem=say("Say --json behind the command's name."))


@log_command.command("show", help=say("Print every entry; the log is checked first."))
@vault_options
@JSON
@click.pass_obj
def log_show(obj: dict[str, Any], /, *, as_json: bool) -> None:
    """Print every entry."""
    _show(obj, as_json=as_json)


def _show(obj: dict[str, Any], *, as_json: bool) -> None:
    with opened(obj) as vault:
        vault.log.verify()
        entries = list(vault.log.entries())
    told = [
        {
            "sequence": entry.sequence,
            "at": entry.deed.at.isoformat(),
            "action": entry.deed.action.value,
            "object": str(entry.deed.object_id) if entry.deed.object_id else None,
            "purpose": entry.deed.purpose,
            "facts": dict(entry.deed.facts),
        }
        for entry in entries
    ]
    if as_json:
        show.as_json(told)
        return
    rows = [(e["sequence"], e["at"], e["action"], e["object"] or "-", e["purpose"]) for e in told]
    show.table((say("entry"), say("time"), say("action"), say("object"), say("purpose")), rows)


@log_command.command(
    "verify",
    help=say(
        "Check every entry, that the log continues its witness, and where its clock went back."
    ),
)
@WITNESS
@vault_options
@JSON
@click.pass_obj
def log_verify(obj: dict[str, Any], /, *, witness: Path | None, as_json: bool) -> None:
    """Verify; a clock that went back is told and breaks nothing."""
    from yingbi.usecases.log import verify_log

    known = witness or witness_of(settings_of(obj))
    with opened(obj) as vault:
        done = verify_log(vault, known)
        device = vault.log.key.public_key.hex()
    point = done.checkpoint
    if as_json:
        show.as_json(
            {
                "origin": point.origin,
                "entries": point.size,
                "root": point.root.hex(),
                "device": device,
                "witness_entries": done.continues,
                "clock_back": [one._asdict() for one in done.clocks_back],
            }
        )
        return
    click.echo(
        say(
            "The log is whole: {entries} entries, root {root}.",
            entries=point.size,
            root=point.root.hex(),
        )
    )
    if done.continues is not None:
        click.echo(say("It continues the witness's {known} entries.", known=done.continues))
    for back in done.clocks_back:
        text = say(
            "The clock went back by {seconds} s at entry {sequence}.",
            seconds=back.seconds,
            sequence=back.sequence,
        )
        click.echo(text, err=True)


@log_command.command(
    "prove",
    help=say("Prove one entry to people without the vault; what it is about is in the proof."),
)
@click.argument("sequence", type=int, metavar="SEQUENCE")
@click.option("-o", "--out", type=FILE, help=say("File to write; without it the proof is printed."))
@click.option("--force", is_flag=True, help=say("Replace an output that is already there."))
@WITNESS
@vault_options
@JSON
@click.pass_obj
def log_prove(
    obj: dict[str, Any],
    /,
    sequence: int,
    *,
    out: Path | None,
    force: bool,
    witness: Path | None,
    as_json: bool,
) -> None:
    """Print or write the proof, which is JSON in any case; as_json tells what was written."""
    from yingbi.usecases.log import prove_entry, write_proof

    with opened(obj) as vault:
        told = prove_entry(vault, sequence, witness)
    if out is None:
        show.as_json(told)
        return
    write_proof(told, out, force=force)
    if as_json:
        show.as_json({"file": str(out), "sequence": sequence, "device": told["device"]})
        return
    click.echo(
        say(
            "The proof was written to {out}; the device's key is {key}", out=out, key=told["device"]
        ),
        err=True,
    )


@log_command.command(
    "checkpoint",
    help=say("Write the log's signed checkpoint to a file outside the vault, or print it."),
)
@click.option("-o", "--out", type=FILE, help=say("File to write; it becomes a witness."))
@click.option(
    "--force",
    is_flag=True,
    help=say("Replace whatever is there, also a witness that knows of more."),
)
@vault_options
@JSON
@click.pass_obj
def log_checkpoint(obj: dict[str, Any], /, *, out: Path | None, force: bool, as_json: bool) -> None:
    """Keep or print where the log stands."""
    from yingbi.usecases.log import checkpoint_note, keep_checkpoint

    with opened(obj, anew=out) as vault:
        if out is None:
            note = checkpoint_note(vault).decode()
        else:
            kept = keep_checkpoint(vault, out, force=force)
    if out is None:
        if as_json:
            show.as_json({"checkpoint": note})
        else:
            sys.stdout.write(note)
        return
    if as_json:
        show.as_json({"origin": kept.origin, "entries": kept.size, "root": kept.root.hex()})
        return
    click.echo(
        say(
            "{out} now knows of {entries} entries; keep it where the vault is not.",
            out=out,
            entries=kept.size,
        )
    )


@log_command.command(
    "check", help=say("Check a proof; neither a vault nor a passphrase is needed.")
)
@click.argument("file", type=FILE)
@click.option(
    "--key",
    required=True,
    metavar="HEX",
    help=say("Public key of the vault's device, known from elsewhere than the proof."),
)
@WITNESS
@JSON
def log_check(*, file: Path, key: str, witness: Path | None, as_json: bool) -> None:
    """Print what the proof shows, or fail."""
    from yingbi.usecases.log import check

    shown = check(file, key, witness)
    if as_json:
        show.as_json(
            {
                "sequence": shown.sequence,
                "entry": dict(shown.text),
                "origin": shown.checkpoint.origin,
                "entries": shown.checkpoint.size,
                "root": shown.checkpoint.root.hex(),
                "witness_entries": shown.continues,
            }
        )
        return
    click.echo(
        say(
            "Proven: entry {sequence} of {size} in the log {origin}.",
            sequence=shown.sequence,
            size=shown.checkpoint.size,
            origin=shown.checkpoint.origin,
        )
    )
    if shown.continues is not None:
        click.echo(say("It continues the witness's {known} entries.", known=shown.continues))
    for name, value in shown.text.items():
        told = say("sealed") if name == "purpose" else show.json_text(value)
        click.echo(f"{name}: {told}")

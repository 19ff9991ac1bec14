"""`report`: check a signed report, and name the key that signs here."""

from pathlib import Path
from typing import Any

import click

from yingbi.cli import show
from yingbi.cli.options import JSON, TRUSTED
from yingbi.cli.settings import settings_of
from yingbi.domain.messages import say, say_count
from yingbi.domain.report_errors import ReportDiffersError

FILE = click.Path(path_type=Path)


@click.group("report", help=say("Check reports of `mask`, and show the key that signs them here."))
def report_command() -> None:
    """Hold the commands on reports."""


@report_command.command(
    "verify",
    help=say("Check the signature of the report FILE, and its outputs where they are given."),
)
@click.argument("file", type=FILE)
@click.option(
    "--against",
    type=FILE,
    metavar="FOLDER",
    help=say("Folder of the outputs; each is read and compared."),
)
@TRUSTED
@JSON
@click.pass_obj
def report_verify(
    obj: dict[str, Any],
    /,
    file: Path,
    *,
    against: Path | None,
    keys: tuple[str, ...],
    as_json: bool,
) -> None:
    """Print one line, or exactly what differs."""
    from yingbi.domain.settings import data_home
    from yingbi.usecases.check_report import check_report

    settings_of(obj)
    with show.progress(quiet=as_json) as progress:
        checked = check_report(file, data_home(), keys, against, progress)
    if as_json:
        show.as_json(
            {
                "report": str(file),
                "key": checked.signer,
                "made_at": checked.made_at,
                "outputs": checked.outputs,
                "failed": checked.failed,
                "files_read": checked.files,
                "differences": list(checked.differences),
            }
        )
    if checked.differences:
        for line in () if as_json else checked.differences:
            click.echo(line)
        differ = len(checked.differences)
        raise ReportDiffersError(path=file, differ=differ, total=checked.outputs)
    if not as_json:
        click.echo(_fine(checked.outputs, checked.signer, checked.made_at, files=checked.files))


def _fine(outputs: int, signer: str, made_at: str, *, files: bool) -> str:
    line = say(
        "OK: signed by {fingerprint} at {time}, {outputs}",
        fingerprint=signer,
        time=made_at,
        outputs=say_count("{n} output", "{n} outputs", outputs),
    )
    if files:
        return line + "; " + say("each is what the report says")
    return line + "; " + say("the files were not looked at, name them with --against")


@report_command.command("key", help=say("Show the key that signs reports here; made where needed."))
@JSON
@click.pass_obj
def report_key(obj: dict[str, Any], /, *, as_json: bool) -> None:
    """Print the fingerprint, which a receiver of reports is told."""
    from yingbi.domain.settings import data_home
    from yingbi.keys.installation import installation_key

    key = installation_key(data_home(), settings_of(obj)["report.suite"])
    if as_json:
        show.as_json(
            {"fingerprint": key.fingerprint, "public": key.public.hex(), "file": str(key.path)}
        )
        return
    click.echo(key.fingerprint)

"""What `mask` says when it is done."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from yingbi.cli import show
from yingbi.domain.messages import say, say_count
from yingbi.domain.report_errors import QuarantinedError
from yingbi.errors import SomeFailedError

if TYPE_CHECKING:
    from yingbi.capture.inputs import LeftOut
    from yingbi.domain.report import InputReport
    from yingbi.usecases.report import ReportPlan

NAMED = 3
"""So many of the files that were left out are named; the report names all."""


def close(
    reports: "Sequence[InputReport]",
    passed: "Sequence[LeftOut]",
    report: "ReportPlan | None",
    *,
    as_json: bool,
) -> int:
    """Print the outcome; the status is 1 where an input failed, else 3 where one is quarantined."""
    from yingbi.usecases.report import told

    entries = [told(one) for one in reports]
    failed = [entry for entry in entries if "error" in entry]
    if as_json:
        show.as_json(entries)
    for entry in failed:
        click.echo(f"yingbi: {entry['error']['message']} [{entry['error']['code']}]", err=True)
    if not as_json:
        click.echo(_plain_words(reports))
        _beside(passed, report)
    codes = {entry["error"]["code"] for entry in failed}
    if codes - {QuarantinedError.code}:
        return SomeFailedError.exit_status
    return QuarantinedError.exit_status if failed else 0


def _beside(passed: "Sequence[LeftOut]", report: "ReportPlan | None") -> None:
    """Say what was left out, and by whom the report is signed."""
    if passed:
        names = ", ".join(one.path.name for one in passed[:NAMED])
        rest = say_count("{n} more", "{n} more", len(passed) - NAMED)
        named = f"{names}, {rest}" if len(passed) > NAMED else names
        click.echo(
            say("left out, since not film or picture, hidden or a link: {names}", names=named)
        )
    if report is None:
        return
    if report.key.made:
        click.echo(say("made a key for this installation's reports: {path}", path=report.key.path))
    click.echo(say("report signed by {fingerprint}", fingerprint=report.key.fingerprint))


def _plain_words(reports: "Sequence[InputReport]") -> str:
    done = [report for report in reports if report.error is None]
    fresh = [report for report in done if not report.kept]
    words = [show.counted(show.total(report.tally for report in fresh))]
    sounds = {report.audio for report in fresh}
    if "drop" in sounds:
        words.append(say("sound dropped, keep it with --audio keep"))
    if "keep" in sounds:
        words.append(say("sound kept: voices may still tell who speaks"))
    if "mute" in sounds:
        words.append(say("sound muted"))
    if copied := sum(report.copied for report in fresh):
        words.append(
            say_count(
                "{n} frame without a mask copied bit for bit",
                "{n} frames without a mask copied bit for bit",
                copied,
            )
        )
    if len(reports) > 1:
        words.append(say("{done} of {total} inputs masked", done=len(done), total=len(reports)))
    if len(fresh) < len(done):
        words.append(say("{kept} of them already before", kept=len(done) - len(fresh)))
    return "; ".join(words)

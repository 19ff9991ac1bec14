"""What `mask` says when it is done."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from yingbi.cli import show
from yingbi.domain.film_copy import BROKEN_OFF_STATUS, KEEPABLE
from yingbi.domain.messages import listed, say, say_count
from yingbi.domain.report_errors import QuarantinedError
from yingbi.errors import SomeFailedError

if TYPE_CHECKING:
    from yingbi.capture.inputs import LeftOut
    from yingbi.domain.film_copy import FilmCopy
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
    from yingbi.usecases.evidence import told

    entries = [told(one) for one in reports]
    failed = [entry for entry in entries if "error" in entry]
    if as_json:
        show.as_json(entries)
    for entry in failed:
        click.echo(f"yingbi: {entry['error']['message']} [{entry['error']['code']}]", err=True)
    if not as_json:
        click.echo(_plain_words(reports))
        _beside(passed, report)
    broken = [one for one in reports if one.copy is not None and one.copy.broken]
    for one in broken:
        click.echo(f"yingbi: {_broken_words(one)}", err=True)
    codes = {entry["error"]["code"] for entry in failed}
    if codes - {QuarantinedError.code}:
        return SomeFailedError.exit_status
    if failed:
        return QuarantinedError.exit_status
    again = any(one.kept and "lost_s" in one.more for one in reports)
    return BROKEN_OFF_STATUS if broken or again else 0


def _beside(passed: "Sequence[LeftOut]", report: "ReportPlan | None") -> None:
    """Say what was left out, and by whom the report is signed."""
    if passed:
        names = listed(one.path.name for one in passed[:NAMED])
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
    if left := sum(len(_left(report)) for report in fresh):
        words.append(
            say_count(
                "{n} person or thing left to be seen", "{n} people or things left to be seen", left
            )
        )
    if copied := sum(report.copied for report in fresh):
        words.append(
            say_count(
                "{n} frame without a mask copied bit for bit",
                "{n} frames without a mask copied bit for bit",
                copied,
            )
        )
    words += _film_words([report.copy for report in fresh if report.copy is not None])
    if len(reports) > 1:
        words.append(say("{done} of {total} inputs masked", done=len(done), total=len(reports)))
    if len(fresh) < len(done):
        words.append(say("{kept} of them already before", kept=len(done) - len(fresh)))
    return "; ".join(words)


def _left(report: "InputReport") -> set[int | None]:
    """Return who was found and stays to be seen, since somebody chose so."""
    return {one["track"] for one in report.more.get("left_clear", ())}


def _film_words(copies: "Sequence[FilmCopy]") -> list[str]:
    """Return what else became of films: what was left out, and another container or codec."""
    words = []
    left = {kind: sum(copy.dropped.get(kind, 0) for copy in copies) for kind in KEEPABLE}
    named = [_counted(kind, count) for kind, count in left.items() if count]
    if named:
        words.append(say("{what} dropped, keep them with --keep", what=listed(named)))
    changed = {f"{copy.container} ({copy.codec})" for copy in copies if copy.changed}
    if changed:
        words.append(say("written as {kinds}", kinds=listed(sorted(changed))))
    if any("dynamic-hdr" in copy.dropped for copy in copies):
        words.append(say("HDR that changes from frame to frame dropped"))
    return words


def _counted(kind: str, count: int) -> str:
    if kind == "subtitle":
        return say_count("{n} subtitle track", "{n} subtitle tracks", count)
    if kind == "data":
        return say_count("{n} data track", "{n} data tracks", count)
    return say_count("{n} name of a chapter", "{n} names of chapters", count)


def _broken_words(report: "InputReport") -> str:
    """Return where a film broke off, and how much is lost."""
    frames = report.tally.frames
    if report.copy is not None and report.copy.mended:
        return say(
            "'{path}' has no index: {frames} frames were found again; sound is lost, how much more is not known",
            path=report.source,
            frames=frames,
        )
    if report.copy is None or report.copy.lost_s is None:
        return say(
            "'{path}' breaks off after {frames} frames; how much is lost is not known",
            path=report.source,
            frames=frames,
        )
    return say(
        "'{path}' breaks off after {frames} frames; {seconds} s are lost",
        path=report.source,
        frames=frames,
        seconds=f"{report.copy.lost_s:.1f}",
    )

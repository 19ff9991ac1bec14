"""Make masked copies: one function, many inputs, a report for each.

Clause: 6.2.5.b; 4.2.a.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from yingbi.capture.inputs import Input, find_inputs, is_folder
from yingbi.domain.edit import Edit, FilmFacts
from yingbi.domain.film_copy import FilmCopy
from yingbi.domain.messages import say
from yingbi.domain.passthrough import Passthrough
from yingbi.domain.report import InputReport, Progress, Tally
from yingbi.domain.report_errors import QuarantinedError
from yingbi.domain.zone import Zone
from yingbi.errors import CannotCreateError, TwoInputsOneOutputError, UnsafeOutputError, YingbiError
from yingbi.mask.zones import ZoneCloth
from yingbi.media.companions import AudioChoice, Extra
from yingbi.media.containers import KINDS, Container, container_of, head_of
from yingbi.media.copy_plan import copy_plan
from yingbi.media.film import FilmReader
from yingbi.media.film_info import FilmInfo
from yingbi.media.gops import SpliceDoubtError
from yingbi.media.output import check_new, new_file
from yingbi.media.probe import Source
from yingbi.media.source_file import open_source
from yingbi.media.splice_check import verify_spliced
from yingbi.media.still_kind import endings_of
from yingbi.media.tracks import copy_of
from yingbi.media.verify import verify_film
from yingbi.pipeline.engine import Reel, Sight, Take, open_reel
from yingbi.pipeline.mask import Keeping, Written, mask
from yingbi.pipeline.notes import Notes
from yingbi.pipeline.recheck import Second
from yingbi.usecases.each import each
from yingbi.usecases.evidence import Evidence, Identity, identity, identity_of_open, unchanged
from yingbi.usecases.quarantine import look_again, watch_of

REWRITTEN: dict[Container, str] = {"avi": ".mp4", "mpegts": ".mp4", "mpegps": ".mp4"}
"""Containers that are read and not written, and the ending that a copy gets behind its name."""

NO_DAY = 315_532_800
"""1 January 1980, 00:00 UTC, in seconds: archives know nothing earlier."""


@dataclass(frozen=True, slots=True)
class EditPlan:
    """That what is found is handed on for a review. found: by what; take: is given each edit."""

    found: Mapping[str, Any]
    take: Callable[[Path, Edit], None]


@dataclass(frozen=True, slots=True)
class MaskOptions:
    """What the user chose for all inputs.

    root: the folder that outputs lie in. noted: whether a report will be written. second: looks at what was written. zones: of all inputs; each takes its own.
    passthrough: whether stretches of film without a mask are copied as they are.
    keep: what of a film is kept beside its sound. undated: outputs bear `NO_DAY` and not the time at
    which they were written.
    salvage: mask what comes before the break of a film that is cut off. like: a whole film, with
    whose help one without an index is salvaged. edits: of inputs that are seen whole, and only
    where a report is written.
    """

    audio: AudioChoice = "drop"
    force: bool = False
    jobs: int = 1
    noted: bool = False
    root: Path = Path()
    second: Second | None = None
    zones: Sequence[Zone] = ()
    passthrough: bool = True
    keep: frozenset[Extra] = frozenset()
    salvage: bool = False
    like: Path | None = None
    undated: bool = False
    edits: EditPlan | None = None


def plan(
    paths: Sequence[Path], out: Path, *, into_folder: bool = False
) -> list[tuple[Input, Path]]:
    """Return each input with its output. OUT is a file for one file, else a folder.

    into_folder: OUT is a folder even for one file, and even when it is not there yet.

    Raises: TwoInputsOneOutputError, UnsafeOutputError, CannotCreateError, and what
        `find_inputs` raises.
    """
    inputs = find_inputs(paths)
    try:
        there = out.is_dir()
    except OSError as error:
        raise CannotCreateError(path=out, reason=error.strerror) from error
    one_file = len(paths) == 1 and not is_folder(paths[0]) and not into_folder and not there
    if not one_file and out.is_file():
        raise CannotCreateError(path=out, reason="it is a file, and a folder is needed")
    pairs = [(item, out if one_file else out / _named(item)) for item in inputs]
    taken: dict[Path, Path] = {}
    originals = {item.path.resolve() for item in inputs}
    for item, output in pairs:
        place = output.resolve()
        if place in originals:
            raise UnsafeOutputError(output=output, reason="it is one of the inputs")
        if place in taken:
            raise TwoInputsOneOutputError(first=taken[place], second=item.path, output=output)
        taken[place] = item.path
    for path in paths:
        if is_folder(path) and out.resolve().is_relative_to(path.resolve()):
            raise UnsafeOutputError(output=out, reason="it lies inside the input folder")
    return pairs


def _named(item: Input) -> Path:
    """Return the output's place below its folder; what becomes MP4 is named so."""
    try:
        with open_source(item.path) as file:
            container = container_of(head_of(file))
    except (YingbiError, OSError):  # it is reported when its turn comes
        return item.place
    ending = REWRITTEN.get(container) if container else None
    return item.place.with_name(item.place.name + ending) if ending else item.place


def plan_report(report: Path, pairs: Sequence[tuple[Input, Path]], *, force: bool) -> None:
    """Make sure, before any work, that the report can be written and replaces nothing dear.

    Raises: UnsafeOutputError where it would take the place of an input or an output,
        OutputExistsError, CannotCreateError.
    """
    place = report.resolve()
    if any(place in (item.path.resolve(), output.resolve()) for item, output in pairs):
        raise UnsafeOutputError(output=report, reason="it is one of the inputs or outputs")
    _make_folder(report)
    check_new(report, force=force)


def mask_inputs(
    pairs: Sequence[tuple[Input, Path]],
    options: MaskOptions,
    sight: Sight,
    progress: Progress,
    evidence: Evidence | None = None,
) -> list[InputReport]:
    """Mask each input to its output; one that fails is reported and stops no other.

    evidence: keeps what the report will say, and knows what an earlier run finished.

    Raises: the input's own error where there is only one input.
    """

    def work(pair: tuple[Input, Path], shown: Progress) -> InputReport:
        item, output = pair
        if evidence is None:
            return _mask_one(item, output, options, sight, shown)
        kept = evidence.kept(item.path, output)
        if kept is not None:
            return kept
        force = options.force or evidence.ours(output)
        evidence.begin(output)
        done = _mask_one(item, output, replace(options, force=force, noted=True), sight, shown)
        if done.error is None:
            evidence.done(done)
        return done

    outcomes = each(pairs, work, options.jobs, progress)
    return [
        InputReport(str(item.path), None, error=outcome)
        if isinstance(outcome, YingbiError)
        else outcome
        for (item, _), outcome in zip(pairs, outcomes, strict=True)
    ]


def _mask_one(
    item: Input, output: Path, options: MaskOptions, sight: Sight, progress: Progress
) -> InputReport:
    started = time.monotonic()
    try:
        report = _attempt(item, output, options, sight, progress)
    except SpliceDoubtError as doubt:
        whole = replace(options, passthrough=False)
        report = _attempt(item, output, whole, sight, progress)
        reason = f"doubt-{doubt.reason}"
        report.tally.passthrough = Passthrough(encoded=report.tally.frames, reason=reason)
    if options.undated and report.output is not None:
        os.utime(report.output, (NO_DAY, NO_DAY))
    return replace(report, seconds=time.monotonic() - started)


def _attempt(
    item: Input, output: Path, options: MaskOptions, sight: Sight, progress: Progress
) -> InputReport:
    """Mask one input; raise SpliceDoubtError where it must be tried without passthrough."""
    tally = Tally()
    zones = [zone for zone in options.zones if zone.concerns(item.place.as_posix())]
    notes = Notes(ZoneCloth(zones, sight.style), keeping=options.edits is not None)
    before = identity(item.path) if options.noted or sight.told else None
    if sight.told and before:
        sight.told.must_be_of(item.path, before.sha256)
    keeping = Keeping(options.audio, options.keep, options.salvage)
    with open_reel(
        item.path,
        sight.threads,
        tapped=options.passthrough,
        salvage=options.salvage,
        like=options.like,
    ) as reel:
        if reel.film is not None and reel.film.mended:
            keeping = Keeping(salvage=True)  # nothing but its picture was found again
        source, copy = reel.source, _copy(reel, keeping)
        _must_suit(output, source, copy)
        looking = replace(sight, tick=progress.begin(item.path.name, _expected(reel)))
        notes.watch = watch_of(reel, sight.grow) if options.second else None
        audio = options.audio if source.has_audio else "none"
        place = _place(output, options.root)
        _make_folder(output)
        try:
            with new_file(output, force=options.force, private=False) as file:
                take = Take(reel, looking, tally)
                written = mask(take, file, keeping=keeping, notes=notes)
                if reel.info is not None:
                    shown = progress.begin(
                        say("check {name}", name=item.path.name), len(written.pts)
                    )
                    _verify(file, written, reel.info, output, shown)
                copy = _with_break(copy, reel.film)
                unchanged(item.path, before)
                after = identity_of_open(file) if options.noted else None
                again = look_again(
                    file, item.path, output, notes, second=options.second, progress=progress
                )
        except QuarantinedError as error:
            told = _more(place, before, None) | notes.to_json()
            more = told | error.told
            return InputReport(
                str(item.path), None, tally, audio, error=error, more=more, copy=copy
            )
    if options.edits and before and not (copy and copy.broken):
        _hand_on(options.edits, item.path, before, notes)
    told = _more(place, before, after) | notes.to_json() | {"check": again}
    return InputReport(str(item.path), str(output), tally, audio, more=told, copy=copy)


def _hand_on(plan: EditPlan, path: Path, before: Identity, notes: Notes) -> None:
    """Hand on what was found as the input's edit."""
    if notes.sightings is None:
        return
    sightings = notes.sightings.finish()
    film = FilmFacts(path.name, before.sha256, before.size, *notes.size, sightings.time_base)
    plan.take(path, Edit(film, sightings, found=plan.found))


def _copy(reel: Reel, keeping: Keeping) -> FilmCopy | None:
    """Return how a film is written again; None for a still."""
    if reel.info is None:
        return None
    plan = copy_plan(reel.info, reel.source.path, keeping.audio)
    return copy_of(reel.info, plan, keeping.audio, keeping.extras)


def _with_break(copy: FilmCopy | None, film: FilmReader | None) -> FilmCopy | None:
    """Return the same with what is known when the last frame was read."""
    if copy is None or film is None or film.broken is None:
        return copy
    return replace(copy, broken=True, lost_s=film.lost_s, mended=film.mended)


def _place(output: Path, root: Path) -> Path:
    """Return where the output lies below the folder that is written to."""
    below = output != root and output.is_relative_to(root)
    return output.relative_to(root) if below else Path(output.name)


def _expected(reel: Reel) -> int | None:
    """Return how many frames will come, reckoned from the length where nobody counted them."""
    if reel.source.frames is not None or reel.info is None:
        return reel.source.frames
    return round(reel.info.duration_s * float(reel.info.rate)) or None


def _verify(
    file: BinaryIO, written: Written, info: FilmInfo, output: Path, tick: Callable[[int], None]
) -> None:
    """Raise unless the film that was written is the one that was meant."""
    if written.stretches is None:
        verify_film(file, written.pts, info.size, name=output, tick=tick)
    else:
        verify_spliced(file, written.pts, info, written.stretches, name=output, tick=tick)


def _more(place: Path, before: Identity | None, after: Identity | None) -> dict[str, Any]:
    """Return what only the signed report says."""
    if before is None:
        return {}
    return {
        "place": place.as_posix(),
        "input": before.to_json(),
    } | ({"written": after.to_json()} if after else {})


def _make_folder(output: Path) -> None:
    """Make the output's folder, as an input may lie in one of its own below the named one."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotCreateError(path=output.parent, reason=error.strerror) from error


def _must_suit(output: Path, source: Source, copy: FilmCopy | None) -> None:
    """Refuse a name that promises another format than what is written."""
    known = frozenset({*endings_of(source.media_type), source.path.suffix.lower()})
    ending, kind = output.suffix.lower(), source.media_type
    if copy is not None:
        written = next(one for one in KINDS.values() if one.name == copy.container)
        kind, same = written.media_type, written.media_type == source.media_type
        known = written.endings | ({source.path.suffix.lower()} if same else set())
    if ending and ending not in known:
        raise UnsafeOutputError(output=output, reason=say("the copy will be {kind}", kind=kind))

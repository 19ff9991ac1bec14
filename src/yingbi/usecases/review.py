"""Look through a film and decide, moment by moment, who is masked; then make the copy.

Clause: 6.2.5.b; 4.2.a.
"""

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, count
from pathlib import Path
from typing import Any, Literal

from yingbi.capture.edits import read_edit
from yingbi.capture.zones import zone_of
from yingbi.domain.cast_list import Member, cast_list, kinds_of, moments_of, recast
from yingbi.domain.deciding import decide, with_addition, with_zone
from yingbi.domain.decision import Addition, Choices
from yingbi.domain.edit import Edit
from yingbi.domain.edit_errors import DecisionRefusedError, EditDiffersError
from yingbi.domain.judged import Judged
from yingbi.domain.messages import say, say_error
from yingbi.domain.moment import Moment
from yingbi.domain.region import BoxXYXY, Region, Target, area, clipped
from yingbi.domain.report import Progress
from yingbi.errors import YingbiError
from yingbi.mask.cover import cover
from yingbi.mask.style import SOLID, Style
from yingbi.mask.zones import ZoneCloth
from yingbi.media.jpeg_view import jpeg_of
from yingbi.media.seeker import FilmSeeker
from yingbi.pipeline.engine import Sight
from yingbi.pipeline.replay import Replay
from yingbi.usecases.autosave import Autosave
from yingbi.usecases.drawn import follow_both_ways
from yingbi.usecases.evidence import identity
from yingbi.usecases.first_pass import first_pass, plan_edit, write_edit

ENDING = ".edit.json"
"""What an edit file is called after its film's whole name."""
LEAST_AREA = 16
"""Pixels of the smallest region that can be drawn."""

View = Literal["clear", "masked"]
Looks = Callable[[], tuple[Sight, Mapping[str, Any]]]
"""How to look through the film where nobody has, and what its edit says of that."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a review shows masks. grow, style: as `Sight` has them."""

    grow: float
    style: Style = SOLID


@dataclass(eq=False)
class Deed:
    """An edit, judged, with what the page shows of it; made once for each change.

    found: the doubtful moments of the first pass. rev: grows with each change.
    """

    edit: Edit
    found: list[Moment] = field(repr=False)
    rev: int = 1

    @cached_property
    def judged(self) -> Judged:
        """The sightings as the choices have them."""
        return Judged(self.edit)

    @cached_property
    def moments(self) -> list[Moment]:
        """The doubtful moments, the most doubtful first, by the numbers of now."""
        return recast(self.found, self.judged)

    @cached_property
    def cast(self) -> list[Member]:
        """Everybody who is in the film."""
        return cast_list(self.judged, self.moments)

    def regions(self, first: int, last: int) -> list[tuple[int, list[Region], list[Region]]]:
        """Return for each frame, both ends included, what is masked and what can be seen."""
        ends = max(0, first), min(last, len(self.edit.sightings) - 1)
        return [(n, *self.judged.masked_at(n)) for n in range(ends[0], ends[1] + 1)]

    @cached_property
    def kinds(self) -> list[tuple[Target, int, str]]:
        """Each kind that was found, of how many, and what becomes of it."""
        return list(kinds_of(self.judged))


class Review:
    """One film under review; a context manager whose methods any thread may call.

    path: of the film. edit_path: of its edit, which is made where it is not there. found: an
    edit of it that nobody has written yet, so that nobody has to look again.
    """

    def __init__(
        self, path: Path, edit_path: Path | None, look: Look, found: Edit | None = None
    ) -> None:
        self.path = path
        self._found = found
        self.edit_path = edit_path or path.with_name(path.name + ENDING)
        self.following: Following | None = None
        self._look, self._lock = look, threading.RLock()
        self._deed: Deed | None = None
        self._save: Autosave | None = None
        self._past: list[Choices] = []
        self._future: list[Choices] = []

    def __enter__(self) -> "Review":
        """Open the film. Raises: what `FilmSeeker` raises."""
        with ExitStack() as opened:
            self.seeker = opened.enter_context(FilmSeeker(self.path))
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Wait until everything is on the disk, and close the film.

        Raises: why what was decided last could not be written.
        """
        try:
            if self.following is not None:
                self.following.stop()
            if self._save is not None:
                self._save.close()
        finally:
            self._opened.close()

    def begin(self, looks: Looks, progress: Progress) -> None:
        """Read the edit, or look through the film and write one; then people can decide.

        Raises: EditDiffersError, EditRefusedError, and what looking and writing raise.
        """
        if self._found is not None:
            self.edit_path = _free(self.edit_path, self._found)
        if self.edit_path.exists():
            progress.begin(self.edit_path.name, None)
            edit = read_edit(self.edit_path)
            self._must_be_of_this_film(edit)
        else:
            plan_edit(self.edit_path, self.path, force=False)  # before any work
            edit = self._found or self._first_pass(looks, progress)
            self._must_be_of_this_film(edit)
            write_edit(edit, self.edit_path, force=False)
        size = edit.film.width, edit.film.height
        deed = Deed(edit, moments_of(edit.sightings, size))
        with self._lock:
            self._save = Autosave(self.edit_path)
            self._deed = deed

    @property
    def deed(self) -> Deed | None:
        """What is decided now; None while somebody still looks through the film."""
        with self._lock:
            return self._deed

    @property
    def saved(self) -> bool:
        """Whether the edit file says what is decided now."""
        return self._save is None or self._save.saved

    @property
    def save_error(self) -> str | None:
        """Why the edit file could not be written, in one line."""
        error = None if self._save is None else self._save.error
        return None if error is None else say_error(error)

    @property
    def can_undo(self) -> bool:
        """Whether something was decided that can be taken back."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether something was taken back that can be decided again."""
        return bool(self._future)

    def decide(self, asked: Mapping[str, Any]) -> None:
        """Decide one thing more. Raises: DecisionRefusedError, NoSuchTrackError."""
        following = self.following
        cuts = asked.get("do") in ("trim", "remove")
        if cuts and following is not None and asked.get("person") == following.drawn.track:
            following.stop()  # else it would grow again; before the lock, which it needs to end
        with self._lock:
            deed = self._ready()
            if asked.get("do") == "zone":
                choices = with_zone(deed.edit.choices, self._zone(asked.get("zone")))
            else:
                choices = decide(deed.edit, deed.judged, asked)
            self._change(choices)

    def undo(self) -> None:
        """Take the last decision back; where there is none, nothing happens."""
        with self._lock:
            deed = self._ready()
            if self._past:
                self._future.append(deed.edit.choices)
                self._become(self._past.pop())

    def redo(self) -> None:
        """Decide again what was taken back last."""
        with self._lock:
            deed = self._ready()
            if self._future:
                self._past.append(deed.edit.choices)
                self._become(self._future.pop())

    def draw(self, at: int, box: BoxXYXY) -> "Following":
        """Mask a region that somebody drew; what comes back follows it both ways.

        Raises: DecisionRefusedError where the box lies outside or is too small, or another
            region is still being followed.
        """
        with self._lock:
            deed = self._ready()
            if self.following is not None and self.following.state == "following":
                raise DecisionRefusedError(
                    reason=say("a region is still being followed; stop it first")
                )
            size = deed.edit.film.width, deed.edit.film.height
            shown = clipped(box, *size)
            if shown is None or area(shown) < LEAST_AREA or not 0 <= at < len(deed.edit.sightings):
                raise DecisionRefusedError(
                    reason=say("the region is too small or outside the picture")
                )
            drawn = Addition(deed.edit.next_track, Target.FACE, ((at, shown),))
            self._change(with_addition(deed.edit.choices, drawn))
            self.following = Following(self, drawn, at, shown)
            return self.following

    def grow(self, drawn: Addition) -> None:
        """Let a drawn region become longer; it stays one decision, also of what was taken back."""
        with self._lock:
            deed = self._ready()
            for taken_back in (self._past, self._future):
                taken_back[:] = [_grown(choices, drawn) for choices in taken_back]
            choices = _grown(deed.edit.choices, drawn)
            if choices is not deed.edit.choices:
                self._become(choices)

    def jpeg(self, at: int, width: int, view: View) -> bytes:
        """Return a frame as a JPEG at most so many pixels wide. Raises: IndexError."""
        frame = self.seeker.frame(at)
        deed = self.deed
        if view == "masked" and deed is not None:
            choices = deed.edit.choices
            zones = ZoneCloth(choices.zones, self._look.style, start_s=self.time_s(0))
            masked = deed.judged.masked_at(at)[0]
            zones.cover(frame)
            cover(frame, masked, grow=self._look.grow, style=self._look.style)
        return jpeg_of(frame, width)

    def time_s(self, frame: int) -> float:
        """Return when a frame is shown, by the film's own clock."""
        return self.seeker.times[frame] * float(self.seeker.info.time_base)

    def range_of(self, first: int, last: int) -> tuple[float, float]:
        """Return the seconds from the film's start on that hold what lies between two frames.

        Both are held, and none beside them: the ends lie half-way to those.
        """
        count = len(self.seeker.times)
        first, last = sorted(max(0, min(one, count - 1)) for one in (first, last))
        before, behind = self.time_s(max(0, first - 1)), self.time_s(min(count - 1, last + 1))
        from_s = (before + self.time_s(first)) / 2 - self.time_s(0)
        to_s = (behind + self.time_s(last)) / 2 - self.time_s(0)
        return max(0.0, from_s), to_s + (1.0 if last == count - 1 else 0.0)

    def replay(self) -> tuple[Replay, Choices]:
        """Return what the copy is made by, as everything is decided now."""
        deed = self._ready()
        return Replay(deed.judged, self.edit_path), deed.edit.choices

    def _first_pass(self, looks: Looks, progress: Progress) -> Edit:
        sight, found = looks()
        return first_pass(self.path, sight, progress, found)[0]

    def _must_be_of_this_film(self, edit: Edit) -> None:
        now = identity(self.path)
        times = [int(pts) for pts in edit.sightings.pts]
        if now.sha256 != edit.film.sha256 or times != list(self.seeker.times):
            reason = say("its content is another")
            raise EditDiffersError(edit=self.edit_path, path=self.path, reason=reason)

    def _zone(self, told: Any) -> Any:
        given = dict(told) if isinstance(told, Mapping) else {}
        given = {"polygon" if name == "points" else name: one for name, one in given.items()}
        return zone_of(given, "zone", lambda _, reason: DecisionRefusedError(reason=reason))

    def _ready(self) -> Deed:
        if self._deed is None:
            raise DecisionRefusedError(reason=say("the film is still being looked through"))
        return self._deed

    def _change(self, choices: Choices) -> None:
        deed = self._ready()
        self._past.append(deed.edit.choices)
        self._future.clear()
        self._become(choices)

    def _become(self, choices: Choices) -> None:
        deed = self._ready()
        edit = replace(deed.edit, choices=choices)
        self._deed = Deed(edit, deed.found, deed.rev + 1)
        if self._save is not None:
            self._save.keep(edit)


def _free(path: Path, found: Edit) -> Path:
    """Return where an edit goes: its usual place, or a numbered one where another lies there.

    Another is one that was found otherwise; one that was found so is gone on with.
    """
    base = path.name.removesuffix(ENDING)
    for place in chain([path], (path.with_name(f"{base}.{n}{ENDING}") for n in count(2))):
        if not place.exists():
            return place
        try:
            there = read_edit(place)
        except YingbiError:
            continue
        same = there.film == found.film and dict(there.found) == _plain(found.found)
        if same and len(there.sightings) == len(found.sightings):
            return place
    raise AssertionError("numbers do not end")


def _plain(found: Mapping[str, Any]) -> Any:
    """Return what a file would give back of it."""
    return json.loads(json.dumps(dict(found)))


def _grown(choices: Choices, drawn: Addition) -> Choices:
    """Return the choices with the region as it is now, the same where it is not among them."""
    there = any(one.track == drawn.track for one in choices.additions)
    return with_addition(choices, drawn) if there else choices


class Following:
    """A drawn region on its way through the film, both ways, in a thread of its own.

    state: "following"; "done" at both ends of the film or where it was stopped; "lost" where
    it was not found again on one side before.
    """

    def __init__(self, review: Review, drawn: Addition, at: int, box: BoxXYXY) -> None:
        self.drawn = drawn
        self.state: Literal["following", "lost", "done"] = "following"
        self._review, self._stop = review, threading.Event()
        self._path = dict(drawn.path)
        self._thread = threading.Thread(target=self._run, args=(at, box), name="yingbi follow")
        self._thread.start()

    def stop(self) -> None:
        """Stop, and return when it has."""
        self._stop.set()
        self._thread.join()

    def _run(self, at: int, box: BoxXYXY) -> None:
        last = len(self._review.seeker.times) - 1
        try:
            follow_both_ways(
                self._review.seeker, at, box, stopped=self._stop.is_set, take=self._take
            )
            self._show()
            whole = self.drawn.first == 0 and self.drawn.last == last
            self.state = "done" if whole or self._stop.is_set() else "lost"
        except Exception:  # noqa: BLE001 what was followed so far is kept, whatever ended it
            self._show()
            self.state = "lost"

    def _take(self, frame: int, box: BoxXYXY, _score: float) -> None:
        self._path[frame] = box
        if len(self._path) % 12 == 0:
            self._show()

    def _show(self) -> None:
        self.drawn = replace(self.drawn, path=tuple(sorted(self._path.items())))
        self._review.grow(self.drawn)

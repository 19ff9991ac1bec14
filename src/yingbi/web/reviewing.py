"""Wiring of the page `review`: a film under review, its jobs, and what the page shows of both."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from secrets import token_hex
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, Literal, Self

from yingbi.bootstrap import found_facts, report_facts_of_edit, sight, sight_of_edit, style
from yingbi.domain.cast_list import frame_at
from yingbi.domain.edit_errors import StaleError
from yingbi.domain.messages import on_one_line, say_error
from yingbi.domain.page_errors import NoSuchPageError, RequestRefusedError
from yingbi.domain.region import DEFAULT, BoxXYXY, Region
from yingbi.domain.report import InputReport, Progress
from yingbi.domain.settings import Settings, data_home
from yingbi.usecases.review import Deed, Look, Review
from yingbi.web.jobs import Job, Jobs

if TYPE_CHECKING:
    from yingbi.domain.edit import Edit
    from yingbi.usecases.compare import Comparison
    from yingbi.usecases.mask_beside import Beside

Told = dict[str, Any]
View = Literal["clear", "masked", "written"]
"""The film, as it would be masked now, and the copy that was made last."""

FIRST_S = 2.0
"""So long work waits at most for the page to show its first picture."""
MOST_MOMENTS = 500
"""The page is told the most doubtful ones."""


class Reviewing:
    """A film under review and the work on it; a context manager, for any thread.

    edit_path: of its edit; None is beside the film. found: as `Review` takes it.
    film_id: tells this review from all others, so that an old tab decides about no other film.
    """

    def __init__(
        self,
        jobs: Jobs,
        settings: Settings,
        path: Path,
        edit_path: Path | None,
        found: "Edit | None" = None,
    ) -> None:
        look = Look(settings["mask.grow"], style(settings))
        self.review = Review(path.absolute(), edit_path, look, found)
        self._jobs, self._settings = jobs, settings
        self.film_id = token_hex(8)
        self._opened, self._comparing, self._shown = ExitStack(), Lock(), Event()
        self._look: Job | None = None
        self._render: Job | None = None
        self._comparison: Comparison | None = None
        self._known: tuple[Deed, Told] | None = None

    def __enter__(self) -> Self:
        """Open the film. Raises: what `FilmSeeker` raises."""
        with ExitStack() as opened:
            opened.enter_context(self.review)
            self._opened = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """End the work on it, save, and close it."""
        for job in (self._look, self._render):
            if job is not None:
                job.cancel()
                job.wait()
        self._opened.close()

    def begin(self) -> None:
        """Begin to look through the film, or to read what was found. Raises: BusyError."""

        def looks() -> Any:
            return sight(self._settings, DEFAULT), found_facts(self._settings, DEFAULT)

        def work(progress: Progress) -> None:
            self._shown.wait(FIRST_S)  # a large edit takes the processor from the first picture
            self.review.begin(looks, progress)

        self._look = self._jobs.start(work)

    def decide(self, said: Mapping[str, Any]) -> None:
        """Decide one thing more; a range comes as its first and last frame."""
        if said.get("do") == "range":
            ends = (_whole(said.get(name), "it names no time") for name in ("from", "to"))
            from_s, to_s = self.review.range_of(*ends)
            said = {"do": "range", "from_s": from_s, "to_s": to_s}
        self.review.decide(said)

    def must_be_shown(self, said: Mapping[str, Any]) -> None:
        """Raise StaleError where a page asks that shows another film, or what is no more.

        What is named by its place in a list must be asked for by who sees the newest list.
        """
        of_place = said.get("do") in ("unzone", "unrange")
        if said.get("film") != self.film_id or (
            of_place and said.get("rev") != _rev(self.review.deed)
        ):
            raise StaleError

    def draw(self, said: Mapping[str, Any]) -> None:
        """Mask a drawn region and follow it. Raises: RequestRefusedError, DecisionRefusedError."""
        box, line = said.get("box"), "it names no region"
        if not isinstance(box, list) or len(box) != 4:
            raise RequestRefusedError(reason=line)
        x0, y0, x1, y1 = (_whole(one, line) for one in box)
        corners = min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
        self.review.draw(_whole(said.get("at"), line), corners)

    def stop(self) -> None:
        """Stop to follow what was drawn."""
        if self.review.following is not None:
            self.review.following.stop()

    def render(self) -> None:
        """Begin to make the masked copy. Raises: BusyError, DecisionRefusedError."""
        from yingbi.keys.installation import installation_key
        from yingbi.usecases.mask import MaskOptions
        from yingbi.usecases.mask_beside import mask_beside

        self.stop()
        replay, choices = self.review.replay()
        edit = replay.judged.edit
        options = {
            "audio": "drop",
            "zones": [zone.to_json() for zone in choices.zones],
            "time_ranges": [one.to_json() for one in choices.ranges],
            "decisions": [one.to_json() for one in choices.decisions],
        }
        settings = self._settings

        def work(progress: Progress) -> "tuple[Beside, InputReport]":
            key = installation_key(data_home(), settings["report.suite"])
            facts = report_facts_of_edit(settings, edit, options)
            asked = MaskOptions(zones=choices.zones)
            covering = sight_of_edit(settings, replay)
            places, reports = mask_beside(
                self.review.path, asked, covering, progress, key=key, facts=facts
            )
            return places, reports[0]

        job = self._jobs.start(work)
        with self._comparing:
            self._render, self._comparison = job, None

    def cancel(self) -> None:
        """Stop to make the copy, and return when that has ended."""
        if self._render is not None:
            self._render.cancel()
            self._render.wait()

    def picture(self, at: int, width: int, view: View) -> bytes:
        """Return a frame as a JPEG. Raises: IndexError, NoSuchPageError where there is no copy."""
        if view == "written":
            return self._written(at, width)
        content = self.review.jpeg(at, width, view)
        self._shown.set()
        return content

    def _written(self, at: int, width: int) -> bytes:
        """Return a frame of the copy as a JPEG."""
        from yingbi.usecases.compare import Comparison

        job = self._render
        if job is None or job.state != "done" or job.result[1].output is None:
            raise NoSuchPageError
        with self._comparing:
            if self._comparison is None:
                output = Path(job.result[1].output)
                self._comparison = self._opened.enter_context(Comparison(self.review.path, output))
            shown = self._comparison
        return shown.jpeg("written", at, width)

    def regions(self, first: int, last: int) -> Told:
        """Return the regions of frames for the page."""
        review = self.review
        deed = review.deed
        if deed is None:
            return {"rev": 0, "frames": []}
        drawn = {one.track for one in deed.edit.choices.additions}
        times, base = review.seeker.times, float(review.seeker.info.time_base)
        frames = [
            {
                "frame": frame,
                "time_s": round((times[frame] - times[0]) * base, 4),
                "regions": [
                    _region(one, state, drawn)
                    for state, found in (("masked", masked), ("visible", clear))
                    for one in found
                ],
            }
            for frame, masked, clear in deed.regions(first, last)
        ]
        return {"rev": deed.rev, "frames": frames}

    def state(self) -> Told:
        """Return all that the page shows beside the film."""
        review, deed = self.review, self.review.deed
        return {
            **self._of_the_edit(deed),
            "film": self._film(),
            "looking": self._looking(deed),
            "problem": self._look.error if self._look and deed is None else review.save_error,
            "saved": review.saved,
            "can_undo": review.can_undo,
            "can_redo": review.can_redo,
            "following": self._following(),
            "render": self._rendering(),
        }

    def _film(self) -> Told:
        info, times = self.review.seeker.info, self.review.seeker.times
        turned = info.turns % 2
        width, height = (info.height, info.width) if turned else (info.width, info.height)
        return {
            "name": on_one_line(self.review.path.name),
            "id": self.film_id,
            "width": width,
            "height": height,
            "frames": len(times),
            "duration_s": round(
                max(info.duration_s, (times[-1] - times[0]) * float(info.time_base)), 3
            ),
            "rate": round(float(info.rate), 3),
        }

    def _looking(self, deed: Deed | None) -> Told | None:
        if deed is not None or self._look is None or self._look.state != "working":
            return None
        shown = self._look.shown()
        total = shown.total or len(self.review.seeker.times)
        return {"done": min(shown.done, total), "total": total, "seconds_left": shown.seconds_left}

    def _of_the_edit(self, deed: Deed | None) -> Told:
        """Return what changes with what is decided; reckoned once for each change."""
        if deed is None:
            empty = ("people", "moments", "kinds", "zones", "ranges")
            return {"rev": 0} | {name: [] for name in empty}
        if self._known is None or self._known[0] is not deed:
            self._known = deed, {"rev": deed.rev} | _of(deed)
        return self._known[1]

    def _following(self) -> Told | None:
        one = self.review.following
        if one is None:
            return None
        drawn = one.drawn
        return {"person": drawn.track, "from": drawn.first, "to": drawn.last, "state": one.state}

    def _rendering(self) -> Told | None:
        job = self._render
        if job is None:
            return None
        shown = job.shown()
        told: Told = {
            "state": job.state,
            "done": shown.done,
            "total": shown.total or len(self.review.seeker.times),
            "seconds_left": shown.seconds_left,
            "error": job.error,
        }
        if job.state == "done":
            places, report = job.result
            if report.error is not None:
                return told | {"state": "failed", "error": say_error(report.error)}
            left = {one["track"] for one in report.more.get("left_clear", ())}
            return told | {
                "output": on_one_line(Path(report.output or "").name),
                "folder": on_one_line(places.root.name),
                "report": on_one_line(places.report.name),
                "people_visible": len(left),
                "moments": len(self.review.deed.moments) if self.review.deed else 0,
            }
        return told


def _of(deed: Deed) -> Told:
    edit, judged = deed.edit, deed.judged
    people = [
        member.to_json() | {"stretches": [] if member.drawn else judged.stretches(member.number)}
        for member in deed.cast
    ]
    return {
        "people": people,
        "moments": [_moment(deed, one) for one in deed.moments[:MOST_MOMENTS]],
        "kinds": [{"kind": k.value, "count": n, "state": state} for k, n, state in deed.kinds],
        "zones": [
            {
                "name": zone.name,
                "do": zone.does,
                "points": [
                    [round(x / edit.film.width, 4), round(y / edit.film.height, 4)]
                    for x, y in zone.corners((edit.film.width, edit.film.height))
                ],
                "from_s": zone.from_s,
                "to_s": zone.to_json()["to_s"],
            }
            for zone in edit.choices.zones
        ],
        "ranges": [one.to_json() for one in edit.choices.ranges],
    }


def _rev(deed: Deed | None) -> int:
    return 0 if deed is None else deed.rev


def _moment(deed: Deed, moment: Any) -> Told:
    sightings = deed.edit.sightings
    ends = (moment.from_s, moment.to_s, moment.at_s)
    first, last, at = (frame_at(sightings, time_s) for time_s in ends)
    return {
        "doubt": moment.doubt.value,
        "person": moment.track,
        "kind": moment.kind,
        "from": first,
        "to": last,
        "at": at,
        "box": list(moment.box),
        "score": round(moment.score, 3),
    }


def _region(region: Region, state: str, drawn: set[int]) -> Told:
    box: BoxXYXY = region.box
    return {
        "person": region.track,
        "kind": region.kind.value,
        "box": list(box),
        "score": round(region.score, 3),
        "held": not region.seen,
        "state": state,
        "drawn": region.track in drawn,
    }


def _whole(value: object, reason: str) -> int:
    """Return a number that a page sent. Raises: RequestRefusedError."""
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 1 << 31:
        raise RequestRefusedError(reason=reason)
    return value

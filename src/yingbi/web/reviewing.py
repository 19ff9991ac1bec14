"""Wiring of the page `review`: a film under review, its jobs, and what the page shows of both."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Self

from yingbi.bootstrap import found_facts, report_facts, sight, sight_of_edit, style
from yingbi.domain.cast_list import frame_at
from yingbi.domain.messages import say_error
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

MOST_MOMENTS = 500
"""The page is told the most doubtful ones."""


class Reviewing:
    """A film under review and the work on it; a context manager, for any thread.

    edit_path: of its edit; None is beside the film. found: as `Review` takes it.
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
        self._opened, self._comparing = ExitStack(), Lock()
        self._look: Job | None = None
        self._render: Job | None = None
        self._comparison: Comparison | None = None
        self._known: tuple[int, Told] | None = None

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

        self._look = self._jobs.start(lambda progress: self.review.begin(looks, progress))

    def decide(self, said: Mapping[str, Any]) -> None:
        """Decide one thing more; times come as the page counts them, from the film's start."""
        if said.get("do") == "range":
            ends = {name: said[name] for name in ("from_s", "to_s") if _is_number(said.get(name))}
            said = {**said, **{name: value + self._start_s for name, value in ends.items()}}
        self.review.decide(said)

    def draw(self, said: Mapping[str, Any]) -> None:
        """Mask a drawn region and follow it. Raises: RequestRefusedError, DecisionRefusedError."""
        box, at = said.get("box"), said.get("at")
        whole = isinstance(box, list) and len(box) == 4 and all(_is_whole(one) for one in box)
        if not whole or not _is_whole(at):
            raise RequestRefusedError(reason="it names no region")
        x0, y0, x1, y1 = box  # type: ignore[misc]  # it was looked at just now
        self.review.draw(int(at), (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))  # type: ignore[arg-type]

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
        options = {
            "audio": "drop",
            "zones": [zone.to_json() for zone in choices.zones],
            "time_ranges": [one.to_json() for one in choices.ranges],
            "decisions": [one.to_json() for one in choices.decisions],
        }
        settings = self._settings

        def work(progress: Progress) -> "tuple[Beside, InputReport]":
            key = installation_key(data_home(), settings["report.suite"])
            facts = report_facts(settings, DEFAULT, options)
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

    def written(self, at: int, width: int) -> bytes:
        """Return a frame of the copy as a JPEG. Raises: NoSuchPageError where there is none."""
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
        drawn = {one.track for one in review.deed.edit.choices.additions} if review.deed else set()
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
            for frame, masked, clear in review.regions(first, last)
        ]
        return {"rev": review.rev, "frames": frames}

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

    @property
    def _start_s(self) -> float:
        """When the first frame is shown: the page counts from there."""
        seeker = self.review.seeker
        return seeker.times[0] * float(seeker.info.time_base)

    def _film(self) -> Told:
        info, times = self.review.seeker.info, self.review.seeker.times
        turned = info.turns % 2
        width, height = (info.height, info.width) if turned else (info.width, info.height)
        return {
            "name": self.review.path.name,
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
        rev = self.review.rev
        if deed is None:
            empty = ("people", "moments", "kinds", "zones", "ranges")
            return {"rev": rev} | {name: [] for name in empty}
        if self._known is None or self._known[0] != rev:
            self._known = rev, {"rev": rev} | _of(deed, self._start_s)
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
                "output": Path(report.output or "").name,
                "folder": places.root.name,
                "report": places.report.name,
                "people_visible": len(left),
                "moments": len(self.review.deed.moments) if self.review.deed else 0,
            }
        return told


def _of(deed: Deed, start_s: float) -> Told:
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
        "ranges": [
            {"from_s": max(0.0, one.from_s - start_s), "to_s": one.to_s - start_s}
            for one in edit.choices.ranges
        ],
    }


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


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 31

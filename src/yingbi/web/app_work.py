"""What the page `app` is working on: what was chosen, what is being done, what came of it."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Literal

from yingbi.capture.inputs import find_inputs, is_folder
from yingbi.domain.messages import say, say_error
from yingbi.domain.page_errors import NoSuchPageError
from yingbi.domain.report import InputReport, Progress
from yingbi.errors import InterruptedByUserError, YingbiError
from yingbi.web.jobs import Job, Jobs
from yingbi.web.masking import Masking, Ticked

if TYPE_CHECKING:
    from yingbi.usecases.compare import Comparison
    from yingbi.usecases.estimate_chosen import Rough

Stage = Literal["empty", "ready", "working", "done"]


@dataclass(eq=False, slots=True)
class Chosen:
    """A file or folder that was chosen. rough: its estimate; error: why there is none."""

    path: Path
    files: int
    folder: bool
    rough: "Rough | None" = None
    error: str | None = None

    @property
    def waiting(self) -> bool:
        """Whether nobody has looked at it yet."""
        return self.rough is None and self.error is None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one input. output: where the copy lies; error: why there is none."""

    source: Path
    output: Path | None = None
    people: int = 0
    doubtful: int = 0
    error: str | None = None


@dataclass(slots=True)
class Work:
    """The state of the page. Its methods may be called from several threads.

    line: one line that the page says once more than what it shows by itself.
    """

    jobs: Jobs
    masking: Masking
    chosen: list[Chosen] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    line: str | None = None
    masks: Job | None = None
    estimates: Job | None = None
    _changing: Lock = field(default_factory=Lock)
    _shown: "tuple[int, Comparison, ExitStack] | None" = None

    @property
    def stage(self) -> Stage:
        """What the page shows."""
        if self.masks is not None:
            if self.masks.state == "working":
                return "working"
            self._finish(self.masks)
        if self.outcomes:
            return "done"
        return "ready" if self.chosen else "empty"

    def add(self, path: Path) -> None:
        """Choose a file or a folder; once is enough. Raises: what `find_inputs` raises."""
        files = len(find_inputs([path]))
        with self._changing:
            self.line = None
            if path not in [one.path for one in self.chosen]:
                self.chosen.append(Chosen(path, files, is_folder(path)))

    def remove(self, number: int) -> None:
        """Choose one no more. Raises: NoSuchPageError."""
        with self._changing:
            if not 0 <= number < len(self.chosen):
                raise NoSuchPageError
            del self.chosen[number]

    def estimate(self) -> None:
        """Begin to look at what nobody has looked at yet, where nothing else is being done."""
        if any(one.waiting for one in self.chosen) and not self.jobs.busy:
            self.estimates = self.jobs.start(self._estimate)

    def mask(self, choices: Ticked) -> None:
        """Begin to make copies of all that was chosen. Raises: BusyError."""
        self.line = None
        if self.estimates is not None and self.estimates.state == "working":
            self.estimates.cancel()
            self.estimates.wait()
        chosen = tuple(self.chosen)
        self.masks = self.jobs.start(lambda progress: self._mask(chosen, choices, progress))

    def cancel(self) -> None:
        """Stop making copies, and return when that has ended."""
        if self.masks is not None:
            self.masks.cancel()
            self.masks.wait()

    def again(self) -> None:
        """Begin anew with nothing chosen."""
        with self._changing:
            self._close()
            self.chosen, self.outcomes, self.line = [], [], None

    def outcome(self, number: int) -> Outcome:
        """Return an outcome that has a copy. Raises: NoSuchPageError."""
        if not 0 <= number < len(self.outcomes) or self.outcomes[number].output is None:
            raise NoSuchPageError
        return self.outcomes[number]

    def comparison(self, number: int) -> "Comparison":
        """Return an input and its copy, open; the one before is closed.

        Raises: NoSuchPageError, and what opening a film raises.
        """
        from yingbi.usecases.compare import Comparison

        outcome = self.outcome(number)
        with self._changing:
            if self._shown is None or self._shown[0] != number:
                self._close()
                assert outcome.output is not None  # noqa: S101 as `outcome` says
                with ExitStack() as opening:
                    opened = opening.enter_context(Comparison(outcome.source, outcome.output))
                    self._shown = number, opened, opening.pop_all()
            return self._shown[1]

    def _close(self) -> None:
        if self._shown is not None:
            self._shown[2].close()
            self._shown = None

    def _estimate(self, progress: Progress) -> None:
        from yingbi.usecases.estimate_chosen import estimate_chosen

        while (one := next((one for one in self.chosen if one.waiting), None)) is not None:
            try:
                one.rough = estimate_chosen(one.path, self.masking.sight(), progress)
            except InterruptedByUserError:
                raise
            except YingbiError as error:
                one.error = say_error(error)
            except Exception:  # noqa: BLE001 it would be tried for ever; the copy tells what it is
                one.error = say_error(YingbiError())

    def _mask(self, chosen: Sequence[Chosen], choices: Ticked, progress: Progress) -> list[Outcome]:
        """Return what became of all inputs, kept also where the work is stopped midway."""
        found: list[Outcome] = []
        shown = Counted(progress, len(chosen))
        for one in chosen:
            try:
                found += [_told(report) for report in self.masking.mask(one.path, choices, shown)]
            except InterruptedByUserError:
                self.line = say("Stopped. What was finished is kept, nothing is half-written.")
                break
            except YingbiError as error:
                found.append(Outcome(one.path, error=say_error(error)))
            shown.step()
        return found

    def _finish(self, job: Job) -> None:
        """Take over what a job has left behind."""
        with self._changing:
            if self.masks is not job:
                return
            self.outcomes = job.result or []
            self.line = job.error or self.line
            self.masks = None  # last: until then nobody takes the page for one that is ready


class Counted:
    """Progress over several things that were chosen, which are what is counted as steps.

    Where only one was chosen its own steps are shown, such as the files of a folder.
    """

    def __init__(self, shown: Progress, chosen: int) -> None:
        self._shown = shown
        self._step = shown.begin("", chosen) if chosen > 1 else None

    def begin(self, name: str, frames: int | None) -> Callable[[int], None]:
        """Announce work, as `Progress` asks for."""
        if not name and self._step is not None:
            return lambda _done: None
        return self._shown.begin(name, frames)

    def step(self) -> None:
        """Note that one thing that was chosen is done."""
        if self._step is not None:
            self._step(1)


def _told(report: InputReport) -> Outcome:
    moments = len(report.more.get("moments", ())) + report.more.get("moments_left_out", 0)
    return Outcome(
        Path(report.source),
        Path(report.output) if report.output else None,
        report.tally.people,
        moments,
        say_error(report.error) if report.error else None,
    )

"""Work behind a page: shown while it goes on, stopped at will, one at a time."""

import threading

import pytest

from web_house import Hand, until
from yingbi.domain.messages import say_error
from yingbi.domain.page_errors import BusyError
from yingbi.errors import EmptyInputError, InterruptedByUserError, YingbiError
from yingbi.web.app_work import Counted
from yingbi.web.jobs import Jobs


@pytest.fixture
def hand():
    return Hand()


@pytest.fixture
def jobs(hand):
    made = Jobs(hand)
    yield made
    made.end()


class Paused:
    """Work that goes on by one frame whenever it is told to."""

    def __init__(self, frames=10):
        self.frames, self.go = frames, threading.Semaphore(0)

    def __call__(self, progress):
        tick = progress.begin("film.mp4", self.frames)
        for _ in range(self.frames):
            self.go.acquire(timeout=20)
            tick(1)
        return "made"

    def on(self, job, frames):
        done = job.shown().done + frames
        for _ in range(frames):
            self.go.release()
        until(lambda: job.shown().done == done)


def test_it_is_shown_how_far_work_is_and_how_long_it_will_take(jobs, hand):
    work = Paused()
    job = jobs.start(work)
    until(lambda: job.shown().name == "film.mp4")
    assert (job.shown().done, job.shown().total, job.shown().seconds_left) == (0, 10, None)
    hand.now_s += 8
    work.on(job, 4)
    assert job.shown().seconds_left == pytest.approx(12)
    work.on(job, 6)
    job.wait(20)
    assert (job.state, job.result, job.error) == ("done", "made", None)


def test_there_is_one_heavy_job_at_a_time(jobs):
    work = Paused(1)
    job = jobs.start(work)
    assert jobs.busy
    with pytest.raises(BusyError):
        jobs.start(Paused())
    work.on(job, 1)
    job.wait(20)
    assert not jobs.busy
    jobs.start(lambda _progress: None).wait(20)


def test_cancelled_work_ends_at_its_next_frame(jobs):
    work = Paused()
    job = jobs.start(work)
    work.on(job, 1)
    job.cancel()
    work.go.release()
    job.wait(20)
    assert (job.state, job.shown().done, job.error) == ("cancelled", 2, None)


def test_after_the_end_nothing_begins(jobs):
    work = Paused()
    job = jobs.start(work)
    until(lambda: job.shown().name)
    work.go.release(2)
    jobs.end()
    assert job.state == "cancelled"
    with pytest.raises(InterruptedByUserError):
        jobs.start(Paused())


def raising(error):
    def work(_progress):
        raise error

    return work


def test_work_that_fails_says_so_in_one_line_and_keeps_what_it_must_not_tell(jobs):
    error = EmptyInputError(path="film.mp4")
    for raised, line in (
        (error, say_error(error)),
        (RuntimeError("a secret"), say_error(YingbiError())),
    ):
        job = jobs.start(raising(raised))
        job.wait(20)
        assert (job.state, job.error) == ("failed", line)


def test_steps_are_what_was_chosen_or_the_files_of_the_only_folder(jobs):
    seen = []

    def work(progress):
        for chosen in (2, 1):
            counted = Counted(progress, chosen)
            step = counted.begin("", 5)
            counted.begin("a.jpg", 1)(1)
            step(1)
            counted.step()
            shown = progress.shown()
            seen.append((shown.steps_done, shown.steps, shown.name))

    jobs.start(work).wait(20)
    assert seen == [(1, 2, "a.jpg"), (1, 5, "a.jpg")]

"""Do the same with many inputs; one that fails stops no other."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from signal import SIG_IGN, SIGINT, SIGTERM, getsignal, signal
from threading import Event, current_thread, main_thread
from typing import TypeVar

from yingbi.domain.report import Progress
from yingbi.errors import InterruptedByUserError, YingbiError

WAKES_S = 0.2

ItemT = TypeVar("ItemT")
OutcomeT = TypeVar("OutcomeT")


class _Stoppable:
    """Progress that ends work at its next frame once the user has asked for the end."""

    def __init__(self, shown: Progress) -> None:
        self._shown = shown
        self.stop = Event()

    def begin(self, name: str, frames: int | None) -> Callable[[int], None]:
        """Announce the work; what comes back raises InterruptedByUserError after a stop."""
        tick = self._shown.begin(name, frames)

        def go_on(done: int) -> None:
            if self.stop.is_set():
                raise InterruptedByUserError
            tick(done)

        return go_on


def each(
    items: Sequence[ItemT],
    work: Callable[[ItemT, Progress], OutcomeT],
    jobs: int,
    progress: Progress,
) -> list[OutcomeT | YingbiError]:
    """Return the outcome or the error of each item, in order, with `jobs` at a time.

    An interrupt ends what is under way at its next frame and begins nothing more.

    Raises: the item's own error where there is only one item.
    """
    stoppable = _Stoppable(progress)
    one_more = progress.begin("", len(items)) if len(items) > 1 else None

    def outcome(item: ItemT) -> OutcomeT | YingbiError:
        try:
            return work(item, stoppable)
        except YingbiError as error:
            if len(items) == 1:
                raise
            return error
        finally:
            if one_more is not None:
                one_more(1)

    if jobs == 1 or len(items) == 1:
        return [outcome(item) for item in items]
    with ThreadPoolExecutor(jobs) as pool, _ended_by_signals(stoppable.stop):
        futures = [pool.submit(outcome, item) for item in items]
        # Waiting without an end was seen not to be ended by an interrupt.
        while wait(futures, WAKES_S).not_done and not stoppable.stop.is_set():
            pass
        if stoppable.stop.is_set():
            pool.shutdown(cancel_futures=True)
            raise InterruptedByUserError
        return [future.result() for future in futures]


@contextmanager
def _ended_by_signals(stop: Event) -> Iterator[None]:
    """Let a signal set the event: raised wherever it comes, it could leave a lock taken for good."""
    if current_thread() is not main_thread():
        yield
        return
    # Who is ignored stays so, and what was not set from here (None) could not be set again.
    heeded = [one for one in (SIGINT, SIGTERM) if getsignal(one) not in (SIG_IGN, None)]
    before = {one: signal(one, lambda *_: stop.set()) for one in heeded}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal(one, handler)

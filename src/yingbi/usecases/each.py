"""Do the same with many inputs; one that fails stops no other."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from yingbi.errors import YingbiError

ItemT = TypeVar("ItemT")
OutcomeT = TypeVar("OutcomeT")


def each(
    items: Sequence[ItemT], work: Callable[[ItemT], OutcomeT], jobs: int
) -> list[OutcomeT | YingbiError]:
    """Return the outcome or the error of each item, in order, with `jobs` at a time.

    Raises: the item's own error where there is only one item.
    """

    def outcome(item: ItemT) -> OutcomeT | YingbiError:
        try:
            return work(item)
        except YingbiError as error:
            if len(items) == 1:
                raise
            return error

    if jobs == 1 or len(items) == 1:
        return [outcome(item) for item in items]
    with ThreadPoolExecutor(jobs) as pool:
        try:
            return list(pool.map(outcome, items))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise

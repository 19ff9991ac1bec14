"""A pytest plugin: the order of the test files, and the time of each, printed at the end."""

import os
import signal
from collections import defaultdict

import pytest

LONG = (
    "crash_everywhere", "power_loss", "cli_vault", "attacks", "check", "sizes", "backup",
    "conduct", "cli_mask", "demo_home", "live", "live_page", "fuzz", "cli_subjects", "app_page",
    "watch_crash", "estimate", "people_apart", "cli_clock", "model_cards", "detect", "doors",
    "models", "doors_crash", "vault_upgrade", "reports", "cli_keys", "known_records", "enrol",
    "demo", "full_disk", "evaluate", "index_damage", "bench_attack", "seeker", "web_entry",
    "review_page",
)  # fmt: skip
"""The files that take longest; they come first, so that none is left alone at the end."""

UNGUARDED_LAST = "test_vault_processes.py"
"""Of those that need a process whose memory was never guarded, the one that guards it."""


def order(item: pytest.Item) -> tuple[int, int]:
    """Return where the file of a test comes: the unguarded, then the long, then the others.

    Processes take files in this order. So whoever comes to a file that guards its memory is
    given no more of those that must not be guarded.
    """
    if item.get_closest_marker("unguarded"):
        return 0, item.path.name == UNGUARDED_LAST
    name = item.path.stem.removeprefix("test_")
    return 1, LONG.index(name) if name in LONG else len(LONG)


class SuiteTimes:
    """Adds up what set-up, call and tear-down of each file's tests took."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.tests: defaultdict[str, int] = defaultdict(int)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        suite = report.nodeid.partition("::")[0]
        self.seconds[suite] += report.duration
        self.tests[suite] += report.when == "call"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("time of each suite")
        for suite, seconds in sorted(self.seconds.items(), key=lambda item: -item[1]):
            terminalreporter.write_line(f"{seconds:8.1f} s  {self.tests[suite]:5d} tests  {suite}")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=order)


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_auto_num_workers() -> int:
    # one more than there are processors: a test that waits for a browser leaves one idle
    return len(os.sched_getaffinity(0)) + 1


def pytest_configure(config: pytest.Config) -> None:
    # a shell that runs us in the background has Ctrl-C ignored, and so would what tests start
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.pluginmanager.register(SuiteTimes(), "suite-times")

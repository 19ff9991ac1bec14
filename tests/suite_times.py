"""A pytest plugin: the time of each test file, printed before pytest's own last line."""

import signal
from collections import defaultdict

import pytest


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


def pytest_configure(config: pytest.Config) -> None:
    # a shell that runs us in the background has Ctrl-C ignored, and so would what tests start
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.pluginmanager.register(SuiteTimes(), "suite-times")

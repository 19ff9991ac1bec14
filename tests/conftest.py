"""What all tests share: films made on the spot, and the evaluation data where it is."""

import gc
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

# no deadline: a slow machine is no defect; the same cases in CI: a red run can be had again
settings.register_profile("yingbi", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("yingbi")

# A child has none of its parent's threads: rubbish of earlier tests that is swept in it, such as a
# decoder that waits for its own, would wait for good.
os.register_at_fork(after_in_child=gc.disable)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, and say so, what needs data or counts that this run was not given."""
    out = []
    if not os.environ.get("YINGBI_EVAL_DATA"):
        out += [item for item in items if item.get_closest_marker("evaluation")]
    if "torture" not in (config.option.markexpr or ""):
        out += [item for item in items if item.get_closest_marker("torture")]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]


@pytest.fixture(scope="module", autouse=True)
def _as_it_started(request: pytest.FixtureRequest) -> None:
    """Hold those that need a process whose memory was never guarded to coming first."""
    if request.node.get_closest_marker("unguarded"):
        status = Path("/proc/self/status").read_text()
        assert "VmLck:\t       0 kB" in status, "an earlier test guarded this process"


@pytest.fixture(scope="session")
def eval_data() -> Path:
    """The folder of evaluation data; only tests marked `evaluation` may ask for it."""
    return Path(os.environ["YINGBI_EVAL_DATA"]).resolve()


@pytest.fixture
def rng() -> np.random.Generator:
    """Randomness that is the same in every run."""
    return np.random.default_rng(110)

"""No library reports to its maker."""

import subprocess
import sys
from pathlib import Path

from yb import Yingbi

LOAD = """
import sys
from pathlib import Path
if sys.argv[1] == "ours":
    from yingbi.models.shelf import open_network
    open_network("pose-movenet", Path(sys.argv[2]), 1)
else:
    import onnxruntime
    onnxruntime.InferenceSession(str(Path(sys.argv[2]) / "pose-movenet.onnx"))
"""


def left_in_home(home: Path, way: str) -> list[Path]:
    home.mkdir()
    yingbi = Yingbi(home)
    environment = {
        k: v for k, v in yingbi.environment.items() if k not in ("ORT_DISABLE_TELEMETRY", "CI")
    }
    environment |= {"XDG_CACHE_HOME": str(home / "cache")}
    models = environment["YINGBI_MODELS_DIR"]
    subprocess.run([sys.executable, "-c", LOAD, way, models], env=environment, check=True)
    return [path for path in home.rglob("*") if path.is_file()]


def test_a_network_is_loaded_without_a_device_id_or_telemetry_on_the_disk(tmp_path: Path) -> None:
    assert left_in_home(tmp_path / "ours", "ours") == []
    # the control: the library by itself does write them
    assert left_in_home(tmp_path / "plain", "plain")

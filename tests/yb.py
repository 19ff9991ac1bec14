"""The command as a user runs it: a process, its output, its status."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PASSPHRASE = "correct horse battery"


@dataclass
class Answer:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Yingbi:
    """Runs `python -m yingbi` in a home of its own."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        models = os.environ.get("YINGBI_MODELS_DIR") or str(
            Path("~/.local/share/yingbi/models").expanduser()
        )
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("YINGBI_", "LC_", "LANG"))}
        self.environment = (
            kept | {"HOME": str(home), "YINGBI_MODELS_DIR": models, "LANG": "C.UTF-8"} | environment
        )

    def __call__(
        self, *arguments: object, stdin: str | None = None, status: int | None = 0
    ) -> Answer:
        """Run and return the answer; a status other than the expected one fails the test."""
        done = subprocess.run(
            [sys.executable, "-m", "yingbi", *map(str, arguments)],
            env=self.environment, cwd=self.home, input=stdin, text=True, capture_output=True, check=False,
        )  # fmt: skip
        answer = Answer(done.returncode, done.stdout, done.stderr)
        assert status is None or answer.status == status, answer
        assert "Traceback" not in answer.err + answer.out
        return answer


def with_vault(home: Path, suite: str, **environment: str) -> Yingbi:
    """Return the command with a fresh vault and a passphrase file that only its owner reads."""
    secret = home / "passphrase"
    secret.write_text(PASSPHRASE + "\n")
    secret.chmod(0o600)
    vault = {"YINGBI_VAULT": str(home / "vault"), "YINGBI_PASSPHRASE_FILE": str(secret)}
    yingbi = Yingbi(home, **vault, **environment)
    yingbi("vault", "init", "--suite", suite)
    return yingbi

"""The command as a user runs it: a process, its output, its status."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

import warm
from vault_house import CHEAP
from yingbi.audit.log import Log
from yingbi.cli.main import main
from yingbi.crypto.suite import suite as cipher_suite
from yingbi.domain.ledger import Action, Deed
from yingbi.keys.keystore import Keystore
from yingbi.store.folder import VaultFolder
from yingbi.usecases.vault import databases_of

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
    """Runs `python -m yingbi` in a home of its own.

    Each command is started as a user starts it once in a run of tests; from then on it is a
    child of a process that has read everything in, see `warm`.
    """

    started: set[tuple[str, ...]] = set()  # noqa: RUF012 one for all

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
        words = [str(one) for one in arguments]
        command = _command(words)
        if command in self.started and warm.as_here(self.environment):
            answer = Answer(*warm.run(words, self.environment, self.home, stdin))
        else:
            answer = self.start(words, stdin)
            self.started.add(command)
        assert status is None or answer.status == status, answer
        assert "Traceback" not in answer.err + answer.out
        return answer

    def start(self, words: Sequence[str], stdin: str | None = None) -> Answer:
        """Run a process of its own and return its answer, whatever it is."""
        done = subprocess.run(
            [sys.executable, "-m", "yingbi", *words],
            env=self.environment, cwd=self.home, input=stdin, text=True, capture_output=True, check=False,
        )  # fmt: skip
        return Answer(done.returncode, done.stdout, done.stderr)


def _command(words: Sequence[str]) -> tuple[str, ...]:
    """Return the names that choose the command: of the group, where it has one, and its own."""
    found = main.get_command(click.Context(main), words[0]) if words else None
    return tuple(words[: 2 if isinstance(found, click.Group) else 1])


def with_vault(home: Path, suite: str, **environment: str) -> Yingbi:
    """Return the command with a fresh vault and a passphrase file that only its owner reads.

    The vault is a copy of one that `vault init` would make, but for a passphrase that is quick
    to try.
    """
    secret = home / "passphrase"
    secret.write_text(PASSPHRASE + "\n")
    secret.chmod(0o600)
    vault = {"YINGBI_VAULT": str(home / "vault"), "YINGBI_PASSPHRASE_FILE": str(secret)}
    shutil.copytree(_vault(suite)[1], home / "vault")
    return Yingbi(home, **vault, **environment)


@cache
def _vault(suite: str) -> tuple[TemporaryDirectory[str], Path]:
    kept = TemporaryDirectory(prefix="yingbi-vault-")
    folder = VaultFolder.new(Path(kept.name) / "vault", suite)
    folder.prepare()
    now, chosen = datetime.now(UTC), cipher_suite(suite)
    given = {"bound_to": folder.identity, "cost": CHEAP, "now": now}
    with ExitStack() as stack:
        keystore = Keystore.create(folder.keystore, PASSPHRASE.encode(), chosen, **given)
        stack.enter_context(keystore)
        databases = databases_of(folder)
        for database in databases:
            database.create()
            stack.callback(database.close)
        log = Log(keystore, databases[0], folder.controller_id, folder.vault_id)
        log.record(Deed(Action.VAULT_MADE, now, facts={"suite": suite}))
    folder.finish()
    return kept, folder.path

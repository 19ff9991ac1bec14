"""Keys from outside: what a user types, and what is refused in one line."""

import os
import sqlite3
import subprocess
import sys

import pytest

from yb import PASSPHRASE, with_vault

NEW = "a wholly new phrase"


@pytest.fixture(scope="module")
def yingbi(tmp_path_factory):
    found = with_vault(tmp_path_factory.mktemp("keys"), "intl")
    found("box", "create", "hall", "--level", "1")
    return found


def with_new(yingbi, *arguments, new=NEW, stdin=None):
    """Run with the new passphrase on a descriptor of its own."""
    reading, writing = os.pipe()
    os.write(writing, new.encode() + b"\n")
    os.close(writing)
    done = subprocess.run(
        [sys.executable, "-m", "yingbi", *arguments, "--new-passphrase-fd", str(reading)],
        env=yingbi.environment, cwd=yingbi.home, input=stdin, text=True, capture_output=True,
        check=False, pass_fds=[reading],
    )  # fmt: skip
    os.close(reading)
    assert "Traceback" not in done.stderr
    return done


def test_every_rotation_hold_and_age_from_the_command_line(yingbi) -> None:
    told = yingbi("keys", "list", "--json").json
    assert [one["key"] for one in told] == ["root", "lock-store", "device", "recovery", "box"]
    assert yingbi("keys", "rotate", "--root", "--json").json == {"key": "root", "boxes": 1}
    assert yingbi("keys", "rotate", "--box", "hall", "--json").json == {"key": "box", "epochs": 0}
    assert yingbi("keys", "rotate", "--epoch", "hall", "--json").json["locks"] == 0
    for wrong in ([], ["--root", "--box", "hall"], ["--root", "--day", "2026-11-24"]):
        assert yingbi("keys", "rotate", *wrong, status=2).out == ""
    yingbi("keys", "rotate", "--epoch", "hall", "--day", "tomorrow", status=2)
    yingbi("keys", "rotate", "--box", "nowhere", status=66)
    held = yingbi("hold", "add", "--box", "hall", "--reason", "case 7", "--json").json
    assert "case 7" in yingbi("hold", "list").out
    yingbi("hold", "end", held["id"])
    yingbi("hold", "end", held["id"], status=66)
    yingbi("hold", "end", "nothing", status=66)
    assert yingbi("hold", "list", "--json").json == []


def test_the_passphrase_changes_and_shares_bring_a_vault_back(yingbi) -> None:
    assert "--yes" in yingbi("keys", "shares", status=2).err
    yingbi("keys", "shares", "--threshold", "1", "--yes", status=2)
    shares = yingbi("keys", "shares", "--yes").out.splitlines()
    assert [len(share.split()) for share in shares] == [33, 33, 33]
    assert not any(share in yingbi("log", "show", "--json").out for share in shares)
    assert with_new(yingbi, "vault", "passphrase", new="short").returncode == 77
    yingbi("backup", "create", "bodies", "--keys", "keydir")
    changed = with_new(yingbi, "vault", "passphrase")
    assert changed.returncode == 0
    assert str(yingbi.home / "keydir" / "keystore") in changed.stderr
    yingbi("box", "list", status=77)
    few = with_new(yingbi, "vault", "recover", stdin=shares[0] + "\n", new=PASSPHRASE)
    assert (few.returncode, len(few.stderr.strip().splitlines())) == (77, 1)
    place = yingbi.home / "shares"
    place.write_text("\n".join(shares[1:]))
    place.chmod(0o644)
    open_to_all = ("vault", "recover", "--shares-file", str(place))
    assert with_new(yingbi, *open_to_all, new=PASSPHRASE).returncode == 77
    place.chmod(0o600)
    assert with_new(yingbi, *open_to_all, new=PASSPHRASE).returncode == 0
    assert "hall" in yingbi("box", "list").out


def test_a_hold_that_somebody_took_out_of_the_database_is_found(tmp_path):
    found = with_vault(tmp_path, "intl")
    found("box", "create", "hall", "--level", "2")
    found("hold", "add", "--box", "hall", "--reason", "a court asks")
    found("verify")
    with sqlite3.connect(tmp_path / "vault" / "catalogue.db") as db:
        db.execute("DELETE FROM holds")
    answer = found("verify", status=65)
    assert "seal-broken" in answer.err
    assert "holds" in answer.err

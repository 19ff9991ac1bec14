"""A checkpoint kept outside: a vault that was put back, whole as it is, is told from the newest.

Every attack is a script that edits the database or the folder; beside each stands the
control that what was left alone passes.
"""

import json
import shutil
import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest

from vault_house import NOW, make_vault, open_vault
from yb import with_vault
from yingbi.audit.clock import CLOCK_FACT, ClockBack, clocks_back
from yingbi.audit.note import sign_note
from yingbi.audit.proof import check_proof, prove
from yingbi.audit.tree import Tree
from yingbi.audit.witness import check_witness, outside, renew_witness, watched
from yingbi.crypto.suite import suite
from yingbi.domain.ids import new_id
from yingbi.domain.ledger import Action, Deed
from yingbi.errors import (
    BadInputError,
    CannotCreateError,
    LogBrokenError,
    LogRolledBackError,
    NoWitnessError,
    ProofBrokenError,
    ReadWriteError,
)
from yingbi.keys.cell import place

OLD, NEW = 5, 9


def write(house, count, start=0):
    for number in range(start, start + count):
        at = NOW + timedelta(minutes=number)
        house.log.record(Deed(Action.OPENED, at, object_id=new_id(), purpose=f"secretly {number}"))


def keep(house, path):
    path.write_bytes(house.log.signed(house.log.present()))


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """A vault at two moments, with the checkpoint of each."""
    root = tmp_path_factory.mktemp("history")
    vault = make_vault(root / "new")
    with open_vault(vault) as house:
        write(house, OLD)
        keep(house, root / "old.note")
    shutil.copytree(vault, root / "old")
    with open_vault(vault) as house:
        write(house, NEW - OLD, OLD)
        keep(house, root / "new.note")
    return root


@pytest.fixture
def now(history, tmp_path):
    return shutil.copytree(history / "new", tmp_path / "vault")


def change(vault, *statements):
    with sqlite3.connect(vault / "catalogue.db") as db:
        for statement in statements:
            assert db.execute(statement).rowcount > 0


def rows(vault):
    with sqlite3.connect(vault / "catalogue.db") as db:
        return db.execute("SELECT * FROM log ORDER BY sequence").fetchall()


def refused(vault, witness, error=LogRolledBackError):
    """The error comes from the witness alone, at opening and with the whole log verified."""
    with open_vault(vault) as house, pytest.raises(error) as told:
        check_witness(house.log, witness)
    assert told.type is error


# --- the witness --------------------------------------------------------------------------------


def test_a_log_continues_its_own_past_and_present(history, now):
    for known, size in (("old.note", OLD), ("new.note", NEW)):
        with open_vault(now) as house:
            house.log.verify()
            assert check_witness(house.log, history / known).size == size


def test_a_whole_vault_put_back_verifies_and_its_witness_alone_tells(history, tmp_path):
    back = shutil.copytree(history / "old", tmp_path / "vault")
    with open_vault(back) as house:
        assert house.log.verify() == OLD  # the named limit: nothing inside tells
        check_witness(house.log, history / "old.note")
    refused(back, history / "new.note")


def test_a_vault_put_back_that_then_grew_past_the_witness_is_told(history, tmp_path):
    back = shutil.copytree(history / "old", tmp_path / "vault")
    with open_vault(back) as house:
        write(house, 2 * NEW, OLD + 100)
        assert house.log.verify() > NEW
        check_witness(house.log, history / "old.note")
    refused(back, history / "new.note")


def test_a_log_cut_at_its_end_with_a_fitting_state_is_told(history, now):
    tree = Tree(suite("intl"))
    for row in rows(now)[:-1]:
        tree.add(row[2])
    with sqlite3.connect(now / "catalogue.db") as db:
        db.execute(f"DELETE FROM log WHERE sequence={NEW - 1}")
        db.execute("UPDATE log_state SET size=?, frontier=?", (tree.size, tree.frontier))
    with open_vault(now) as house:
        assert house.log.verify() == NEW - 1
    refused(now, history / "new.note")


def test_rows_of_the_newer_vault_pasted_over_the_older_are_found_by_verify(history, tmp_path):
    """The witness reads two rows; those between are for `verify`, and nothing passes both."""
    back = shutil.copytree(history / "old", tmp_path / "vault")
    with sqlite3.connect(history / "new" / "catalogue.db") as db:
        last = db.execute(f"SELECT * FROM log WHERE sequence={NEW - 1}").fetchone()
        state = db.execute("SELECT * FROM log_state").fetchone()
    with sqlite3.connect(back / "catalogue.db") as db:
        db.execute("INSERT INTO log VALUES (?,?,?,?,?)", last)
        db.execute("DELETE FROM log_state")
        db.execute("INSERT INTO log_state VALUES (?,?,?)", state)
    with open_vault(back) as house:
        check_witness(house.log, history / "new.note")
        with pytest.raises(LogBrokenError, match=f"entry {OLD} "):
            house.log.verify()


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE log SET root=zeroblob(32) WHERE sequence={OLD - 1}",
        f"UPDATE log SET signature=zeroblob(64) WHERE sequence={OLD - 1}",
        f"DELETE FROM log WHERE sequence={OLD - 1}",
        "UPDATE log_state SET frontier=zeroblob(length(frontier))",
        "DELETE FROM log_state",
    ],
)
def test_an_altered_row_or_state_under_the_witness_is_told(history, now, statement):
    change(now, statement)
    refused(now, history / "old.note", LogBrokenError)


def test_another_vaults_checkpoint_is_no_witness(history, now, tmp_path):
    with open_vault(make_vault(tmp_path / "other")) as house:
        write(house, 2)
        keep(house, tmp_path / "other.note")
    refused(now, tmp_path / "other.note", BadInputError)


def test_a_checkpoint_that_another_key_signed_for_this_log_is_no_witness(history, now, tmp_path):
    private, public = suite("intl").new_signer()
    with open_vault(now) as house:
        key, present = replace(house.log.key, public_key=public), house.log.present()
    note = sign_note(present.text, key, lambda text: suite("intl").sign(private, text))
    (tmp_path / "forged").write_bytes(note)
    refused(now, tmp_path / "forged", BadInputError)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"x\n\ny\n", b"a" * 2_000_000])
def test_a_file_that_is_no_checkpoint_is_no_witness(now, tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    refused(now, tmp_path / "file", BadInputError)


def test_a_witness_with_any_byte_changed_is_refused(history, now, tmp_path):
    note = (history / "new.note").read_bytes()
    with open_vault(now) as house:
        for place_ in range(len(note)):
            changed = note[:place_] + bytes([note[place_] ^ 1]) + note[place_ + 1 :]
            (tmp_path / "changed").write_bytes(changed)
            with pytest.raises(BadInputError):
                check_witness(house.log, tmp_path / "changed")


def test_a_witness_that_is_gone_is_missed_and_not_made_anew(now, tmp_path):
    with open_vault(now) as house:
        for act in (check_witness, renew_witness):
            with pytest.raises(NoWitnessError):
                act(house.log, tmp_path / "gone")
    assert not (tmp_path / "gone").exists()


def test_a_place_in_the_vault_is_no_place_for_a_witness(now, tmp_path):
    (tmp_path / "link").symlink_to(now)
    for inside in (now / "note", now / "objects" / "note", tmp_path / "link" / "note"):
        with pytest.raises(CannotCreateError):
            outside(now, inside)
    assert outside(now, tmp_path / "note") == (tmp_path / "note").resolve()


# --- renewing it --------------------------------------------------------------------------------


@pytest.fixture
def note(history, tmp_path):
    return shutil.copy(history / "new.note", tmp_path / "note")


def test_a_witness_is_renewed_when_the_block_ends(now, note):
    with open_vault(now) as house:
        with watched(house.log, note):
            write(house, 3, 100)
        assert check_witness(house.log, note).size == NEW + 3


def test_a_witness_is_renewed_when_the_block_fails_and_the_failure_comes_out(now, note):
    with open_vault(now) as house:
        with pytest.raises(ZeroDivisionError), watched(house.log, note):  # noqa: PT012
            write(house, 1, 100)
            raise ZeroDivisionError
        assert check_witness(house.log, note).size == NEW + 1
        note.unlink()
        with pytest.raises(NoWitnessError), watched(house.log, note):
            pytest.fail("the block began without its witness")


def test_a_witness_is_not_touched_where_nothing_was_logged(now, note):
    before = note.stat().st_mtime_ns, note.read_bytes()
    with open_vault(now) as house, watched(house.log, note):
        pass
    assert (note.stat().st_mtime_ns, note.read_bytes()) == before


def test_a_witness_never_goes_back_with_the_vault(history, tmp_path, note):
    back = shutil.copytree(history / "old", tmp_path / "vault")
    before = note.read_bytes()
    with open_vault(back) as house, pytest.raises(LogRolledBackError):
        renew_witness(house.log, note)
    assert note.read_bytes() == before


def test_a_crash_at_any_step_leaves_the_old_witness_or_the_new_one(now, note):
    class Struck(Exception):  # noqa: N818
        pass

    passed, before = [], note.read_bytes()
    with open_vault(now) as house:
        write(house, 1, 100)
        renew_witness(house.log, note, lambda step, *_: passed.append(step))
        after = note.read_bytes()
        seen = set()
        for number in range(len(passed)):
            note.write_bytes(before)
            left = iter(range(number))

            def strike(*_, left=left):
                if next(left, None) is None:
                    raise Struck

            with pytest.raises(Struck):
                renew_witness(house.log, note, strike)
            seen.add(note.read_bytes())
            check_witness(house.log, note)
            renew_witness(house.log, note)  # what was left lying about is no hindrance
    assert len(passed) >= 5
    assert seen == {before, after}


def test_a_witness_whose_disk_is_gone_at_the_end_is_told(now, note):
    with open_vault(now) as house, pytest.raises(NoWitnessError), watched(house.log, note):  # noqa: PT012
        write(house, 1, 100)
        note.unlink()


def test_a_witness_that_cannot_be_replaced_stays_as_it_was(now, note):
    longest = note.rename(
        note.with_name("n" * 250)
    )  # no room for the name that it is written under
    with open_vault(now) as house:
        write(house, 1, 100)
        with pytest.raises(ReadWriteError):
            renew_witness(house.log, longest)
        assert check_witness(house.log, longest).size == NEW


@pytest.mark.parametrize("step", ["create", "write", "fsync", "rename", "fsync folder"])
def test_two_processes_that_renew_a_witness_at_once_leave_it_whole(now, note, step):
    struck = []

    def another(boundary, *_):
        if boundary == f"witness: {step}":
            struck.append(boundary)
            with open_vault(now) as second:
                write(second, 1, 200)
                renew_witness(second.log, note)

    with open_vault(now) as house:
        write(house, 1, 100)
        renew_witness(house.log, note, another)
        assert check_witness(house.log, note).size in (NEW + 1, NEW + 2)
    assert len(struck) == 1
    assert [path.name for path in note.parent.iterdir() if path.name.startswith(".")] == []


# --- attacks on the log itself ------------------------------------------------------------------


def test_the_control_an_untouched_vault_passes_all(history, now):
    with open_vault(now) as house:
        assert house.log.verify() == NEW
        assert check_witness(house.log, history / "new.note").size == NEW
        house.log.record(Deed(Action.OPENED, NOW))


def text_of(row):
    return json.loads(row[2])


@pytest.mark.parametrize("sequence", [0, 4, NEW - 1])
@pytest.mark.parametrize("hours", [-1, 1])
def test_a_time_that_was_changed_is_found(now, sequence, hours):
    text = text_of(rows(now)[sequence])
    text["at"] = (NOW + timedelta(minutes=sequence, hours=hours)).isoformat(timespec="milliseconds")
    entry = json.dumps(text, sort_keys=True, separators=(",", ":")).encode()
    with sqlite3.connect(now / "catalogue.db") as db:
        db.execute("UPDATE log SET entry=? WHERE sequence=?", (entry, sequence))
    with open_vault(now) as house, pytest.raises(LogBrokenError, match=f"entry {sequence} "):
        house.log.verify()


@pytest.mark.parametrize("at", [1, NEW])
def test_a_doubled_entry_is_found(now, at):
    change(
        now,
        f"UPDATE log SET sequence=-sequence WHERE sequence>={at}"
        if at < NEW
        else "UPDATE log SET sequence=sequence WHERE sequence=0",
        f"INSERT INTO log SELECT {at}, controller_id, entry, root, signature FROM log"
        f" WHERE sequence={at - 1}",
    )
    if at < NEW:
        change(now, "UPDATE log SET sequence=1-sequence WHERE sequence<0")
    with open_vault(now) as house:
        with pytest.raises(LogBrokenError, match=f"entry {at} "):
            house.log.verify()
        if at == NEW:  # the doubled entry is the last: nothing is built upon it
            with pytest.raises(LogBrokenError):
                house.log.record(Deed(Action.OPENED, NOW))


def rewritten(vault, entries, sign, controller, vault_id):
    """Write a whole log anew: rows, roots, signatures and the state that fits."""
    tree = Tree(suite("intl"))
    with sqlite3.connect(vault / "catalogue.db") as db:
        db.execute("DELETE FROM log")
        for sequence, entry in enumerate(entries):
            tree.add(entry)
            root = tree.root()
            parts = (controller, vault_id, tree.size.to_bytes(8), root)
            signature = sign(place("log head", *parts))
            row = (sequence, controller, entry, root, signature)
            db.execute("INSERT INTO log VALUES (?,?,?,?,?)", row)
        db.execute("UPDATE log_state SET size=?, frontier=?", (tree.size, tree.frontier))


@pytest.mark.parametrize("own", [True, False], ids=["the device's key", "another key"])
def test_a_log_rewritten_whole_under_another_key_is_found_at_its_first_entry(history, now, own):
    entries = [row[2] for row in rows(now)][:-2]
    private, _ = suite("intl").new_signer()
    with open_vault(now) as house:
        device, folder = house.keystore.device, house.folder
        sign = device.sign if own else (lambda message: suite("intl").sign(private, message))
        rewritten(now, entries, sign, folder.controller_id.bytes, folder.vault_id.bytes)
        if own:  # the control: the rewriting itself is right, and the witness tells of it
            assert house.log.verify() == NEW - 2
            with pytest.raises(LogRolledBackError):
                check_witness(house.log, history / "new.note")
            return
        with pytest.raises(LogBrokenError, match="entry 0 "):
            house.log.verify()
        for act in (house.log.present, lambda: house.log.record(Deed(Action.OPENED, NOW))):
            with pytest.raises(LogBrokenError):
                act()


def test_a_past_that_is_rewritten_beneath_a_process_that_writes_is_found_by_its_next_entry(now):
    with open_vault(now) as house:
        write(house, 2, 100)
        entries, folder = [row[2] for row in rows(now)], house.folder
        private, _ = suite("intl").new_signer()
        who = folder.controller_id.bytes, folder.vault_id.bytes
        rewritten(now, entries, lambda message: suite("intl").sign(private, message), *who)
        with pytest.raises(LogBrokenError):
            write(house, 1, 200)
        rewritten(now, entries, house.keystore.device.sign, *who)
        write(house, 1, 200)  # the control: what was rewritten as it was goes on
        assert house.log.verify() == NEW + 3


def test_an_entry_that_names_another_place_proves_nothing_even_under_the_devices_key(now):
    entries = [row[2] for row in rows(now)]
    entries[3], entries[4] = entries[4], entries[3]
    with open_vault(now) as house:
        device, folder = house.keystore.device, house.folder
        rewritten(now, entries, device.sign, folder.controller_id.bytes, folder.vault_id.bytes)
        proofs = [json.dumps(prove(house.log, number, None)).encode() for number in (2, 3)]
    assert check_proof(proofs[0], device.public_key).sequence == 2
    with pytest.raises(ProofBrokenError, match="another place"):
        check_proof(proofs[1], device.public_key)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log_state SET size=size-1",
        "UPDATE log_state SET size=-size",
        "UPDATE log_state SET frontier=substr(frontier,33)",
        "UPDATE log_state SET frontier=CAST(frontier||zeroblob(32) AS BLOB), size=15",
        "INSERT INTO log_state SELECT zeroblob(16), size, frontier FROM log_state",
        "UPDATE log_state SET controller_id=zeroblob(16)",
    ],
)
def test_an_edited_state_is_found_or_changes_nothing(now, statement):
    change(now, statement)
    with open_vault(now) as house:
        try:
            house.log.verify()
        except LogBrokenError:
            with pytest.raises(LogBrokenError):
                house.log.record(Deed(Action.OPENED, NOW))
        else:  # a row that nobody reads: the log goes on as it was
            assert "controller_id" in statement or "INSERT" in statement
            house.log.record(Deed(Action.OPENED, NOW))
            assert house.log.verify() == NEW + 1


# --- clocks -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("back_s", "told"), [(3600, 3600), (10, 10), (9.9, 0), (-5, 0)])
def test_a_clock_that_was_set_back_is_told_in_the_entry_and_by_its_reader(now, back_s, told):
    at = NOW + timedelta(minutes=NEW - 1) - timedelta(seconds=back_s)
    with open_vault(now) as house:
        house.log.record(Deed(Action.OPENED, at, facts={"a": "b"}))
        house.log.record(Deed(Action.OPENED, at + timedelta(seconds=1)))
        house.log.verify()
        deeds = [entry.deed for entry in house.log.entries()]
    assert clocks_back(deeds) == ([ClockBack(NEW, told)] if told else [])
    assert deeds[NEW].facts == {"a": "b"} | ({CLOCK_FACT: f"{told}"} if told else {})
    assert CLOCK_FACT not in deeds[NEW + 1].facts


def test_nothing_is_built_upon_a_last_entry_that_cannot_be_read(now):
    change(now, f"UPDATE log SET entry=x'7b' WHERE sequence={NEW - 1}")
    with open_vault(now) as house, pytest.raises(LogBrokenError):
        house.log.record(Deed(Action.OPENED, NOW))


# --- the command --------------------------------------------------------------------------------


def test_the_command_keeps_a_witness_and_refuses_a_vault_that_was_put_back(tmp_path):
    yingbi = with_vault(tmp_path, "intl")
    stick = tmp_path / "stick"
    stick.mkdir()
    note, vault, old = stick / "note", tmp_path / "vault", tmp_path / "old"
    yingbi.environment["YINGBI_LOG_WITNESS"] = str(note)
    assert "no-witness" in yingbi("box", "list", status=66).err
    yingbi("log", "checkpoint", "-o", note)
    shutil.copytree(vault, old)
    yingbi("box", "create", "hall", "--level", "1")
    newest = note.read_bytes()
    assert newest.decode().splitlines()[1] == "2"
    told = yingbi("log", "verify", "--json").json
    assert (told["entries"], told["witness_entries"], told["clock_back"]) == (2, 2, [])
    shutil.rmtree(vault)
    shutil.copytree(old, vault)
    for command in (["box", "list"], ["log", "checkpoint", "-o", note]):
        answer = yingbi(*command, status=65)
        assert "log-rolled-back" in answer.err
        assert len(answer.err.splitlines()) == 1
        assert note.read_bytes() == newest
    del yingbi.environment["YINGBI_LOG_WITNESS"]
    yingbi("verify")  # the control: nothing else in the vault tells
    for command in (["verify", "--witness", note], ["log", "verify", "--witness", note]):
        assert "log-rolled-back" in yingbi(*command, status=65).err
    yingbi("log", "checkpoint", "-o", note, "--force")
    yingbi("verify", "--witness", note)


def test_the_command_does_so_in_the_national_suite(tmp_path):
    yingbi = with_vault(tmp_path, "sm")
    note, vault, old = tmp_path / "note", tmp_path / "vault", tmp_path / "old"
    shutil.copytree(vault, old)
    yingbi("box", "create", "hall", "--level", "1")
    yingbi("log", "checkpoint", "-o", note)
    vault.rename(tmp_path / "newer")
    old.rename(vault)
    assert "log-rolled-back" in yingbi("verify", "--witness", note, status=65).err


def test_the_command_proves_an_entry_to_who_has_neither_vault_nor_passphrase(tmp_path):
    yingbi = with_vault(tmp_path, "intl")
    note, proof = tmp_path / "note", tmp_path / "proof.json"
    key = yingbi("log", "verify", "--json").json["device"]
    yingbi("log", "checkpoint", "-o", note)
    yingbi("box", "create", "hall", "--level", "1")
    yingbi("log", "prove", 1, "--witness", note, "-o", proof)
    assert "output-exists" in yingbi("log", "prove", 0, "-o", proof, status=73).err
    assert "no-such-entry" in yingbi("log", "prove", 2, status=66).err
    told = yingbi("log", "prove", 1, "-o", "other.json", "--json")
    assert (told.json["file"], told.json["sequence"], told.err) == ("other.json", 1, "")
    printed = yingbi("log", "prove", 1).json
    assert told.json["device"] == printed["device"]
    for name in ("YINGBI_VAULT", "YINGBI_PASSPHRASE_FILE"):
        del yingbi.environment[name]
    shutil.rmtree(tmp_path / "vault")
    shown = yingbi("log", "check", proof, "--key", key, "--witness", note, "--json").json
    assert (shown["sequence"], shown["entries"], shown["witness_entries"]) == (1, 2, 1)
    assert shown["entry"]["do"] == "box-made"
    proof.write_text(json.dumps(printed))
    assert "box-made" in yingbi("log", "check", proof, "--key", key).out
    assert "proof-broken" in yingbi("log", "check", proof, "--key", "00" * 32, status=65).err
    for status, arguments in (
        (65, (note, "--key", key)),
        (66, (tmp_path / "gone", "--key", key)),
        (66, (tmp_path, "--key", key)),
        (2, (proof, "--key", "hello")),
        (2, (proof,)),
    ):
        assert len(yingbi("log", "check", *arguments, status=status).err.splitlines()) == 1


def test_the_command_keeps_checkpoints_where_it_may(tmp_path):
    yingbi = with_vault(tmp_path, "intl")
    other = tmp_path / "other"
    other.write_text("mine")
    printed = yingbi("log", "checkpoint").out
    for status, out in (
        (73, other),
        (73, tmp_path),
        (73, tmp_path / "vault" / "note"),
        (73, tmp_path / "nowhere" / "note"),
    ):
        assert len(yingbi("log", "checkpoint", "-o", out, status=status).err.splitlines()) == 1
    assert other.read_text() == "mine"
    yingbi("log", "checkpoint", "-o", other, "--force")
    assert other.read_text("utf-8") == printed
    assert yingbi("log", "--json").json == yingbi("log", "show", "--json").json
    assert "usage" in yingbi("log", "--json", "verify", status=2).err

"""Records and answers as tables: a spreadsheet shows them, and reckons nothing of what they hold."""

import csv
import io
import json
from itertools import chain
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from door_house import owner
from query_house import TOLD, hand_in, new_box
from test_golden import FOLDER, unpacked
from vault_house import PASSPHRASE, new_vault
from yingbi.cli.opening import open_command
from yingbi.cli.querying import query_command
from yingbi.domain.ledger import Action
from yingbi.domain.part import PartKind
from yingbi.domain.record_csv import COLUMNS
from yingbi.domain.record_file import Form, form_of
from yingbi.domain.spreadsheet import table
from yingbi.errors import UsageError
from yingbi.usecases.open import Wish, open_object
from yingbi.usecases.upgrade import upgrade_vault
from yingbi.usecases.vault import open_vault

BOM = b"\xef\xbb\xbf"


def rows_of(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(BOM)
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


# --- a table -------------------------------------------------------------------------------------

FORMULAS = "=+-@\t\r\n＝＋－＠"
cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=9) | st.builds(
    "{}{}{}".format,
    st.sampled_from(["", " ", "\u3000"]),
    st.sampled_from(FORMULAS),
    st.text("A1()|!"),
)


@given(st.lists(st.tuples(cells, st.integers() | st.none()), max_size=4))
def test_no_text_in_a_table_begins_as_a_formula_and_nothing_else_is_changed(made):
    some = [{"text": text, "number": number} for text, number in made]
    told = rows_of(b"".join(table(("text", "number"), some)))
    assert len(told) == len(made)
    for row, (text, number) in zip(told, made, strict=True):
        assert row["number"] == ("" if number is None else str(number))
        shown = row["text"]
        assert not shown.lstrip().startswith(tuple(FORMULAS))
        assert not shown.startswith(("\t", "\r", "\n"))
        assert shown in (text, f"'{text}")


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", '=HYPERLINK("http://x")']
)
def test_what_would_be_reckoned_is_shown(text):
    rows = rows_of(b"".join(table(("name",), [{"name": text}])))
    assert rows == [{"name": f"'{text}"}]


@pytest.mark.parametrize("text", ["hall", "大门", "a=b", "5-3", "'=1", ""])
def test_the_control_what_is_harmless_stays_as_it_is(text):
    assert rows_of(b"".join(table(("name", "n"), [{"name": text, "n": -5}]))) == [
        {"name": text, "n": "-5"}
    ]


# --- opened --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("r", "jsonl"),
        ("r.jsonl", "jsonl"),
        ("r.JSONL", "jsonl"),
        ("a.b.csv", "csv"),
        ("r.CSV", "csv"),
    ],
)
def test_the_ending_says_which_form_records_get(name, form):
    assert form_of(Path(name)) is Form(form)


@pytest.mark.parametrize("name", ["r.mp4", "r.txt", "r.xlsx", "r.json", "r.csv.gz", "r.csv "])
def test_any_other_ending_is_refused_in_one_line(name):
    with pytest.raises(UsageError, match=r"written to \.jsonl or \.csv"):
        form_of(Path(name))


@pytest.fixture
def vault(tmp_path, monkeypatch) -> tuple[dict, UUID]:
    """What a command is given that asks a vault, and the vault's one object."""
    path, secret = new_vault(tmp_path / "vault"), tmp_path / "passphrase"
    secret.write_bytes(PASSPHRASE)
    secret.chmod(0o600)
    monkeypatch.setenv("YINGBI_PASSPHRASE_FILE", str(secret))
    with owner(path) as opened:
        object_id = hand_in(opened, new_box(opened))
    return {"obj": {"vault": str(path)}}, object_id


def test_records_are_opened_as_lines_or_as_a_table_and_both_tell_the_same(vault, tmp_path):
    given_, object_id = vault
    for out, more in (("r.jsonl", []), ("r.csv", []), ("t.txt", ["--format", "csv"])):
        asked = [str(object_id), "-o", str(tmp_path / out), *more]
        done = CliRunner().invoke(open_command, asked, **given_)
        assert done.exit_code == 0, done.output
    lines = map(json.loads, (tmp_path / "r.jsonl").read_text().splitlines())
    told = [line for line in lines if "kind" in line]
    rows = rows_of((tmp_path / "r.csv").read_bytes())
    assert len(rows) == len(told) == len(TOLD)
    assert [row["event"] or row["behaviour"] for row in rows] == [
        line.get("event") or line.get("behaviour", "") for line in told
    ]
    assert list(rows[0]) == list(COLUMNS)
    assert (tmp_path / "t.txt").read_bytes() == (tmp_path / "r.csv").read_bytes()


@pytest.mark.parametrize(
    ("out", "more"),
    [("r.xlsx", {}), ("r.csv", {"part": "preview", "form": Form.CSV}), ("r.mp4", {})],
)
def test_what_is_refused_is_neither_opened_nor_logged_nor_written(vault, tmp_path, out, more):
    given_, object_id = vault
    part = PartKind(more.pop("part", "records"))
    with owner(Path(given_["obj"]["vault"])) as opened:
        with pytest.raises(UsageError):
            open_object(opened, Wish(object_id, part, **more), tmp_path / out, force=False)
        deeds = {entry.deed.action for entry in opened.log.entries()}
    assert Action.OPENED not in deeds
    assert not (tmp_path / out).exists()


def test_records_of_schema_1_become_a_table_too(tmp_path):
    path, out = unpacked("0001-intl", tmp_path), tmp_path / "r.csv"
    told = json.loads((FOLDER / "0001-intl.json").read_text("utf-8"))

    def ask() -> bytes:
        return told["passphrase"].encode()

    upgrade_vault(path, ask, copy_to=tmp_path / "copy", memory="wanted")
    found = 0
    with open_vault(path, ask, memory="wanted", by_time=False) as opened:
        kept = chain.from_iterable(
            opened.rooms.catalogue.find(box.box_id) for box in opened.boxes.boxes()
        )
        for stored in [one for one in kept if any(p.kind.value == "records" for p in one.parts)]:
            open_object(opened, Wish(stored.object_id, PartKind.RECORDS), out, force=True)
            found += len(rows_of(out.read_bytes()))
    assert found > 0


# --- asked ---------------------------------------------------------------------------------------


def test_an_answer_is_a_table_where_one_is_asked_for(vault):
    given_, object_id = vault
    asked = ["--box", "hall", "--event", "fell", "--csv"]
    done = CliRunner().invoke(query_command, asked, **given_)
    assert done.exit_code == 0, done.output
    (row,) = rows_of(done.stdout_bytes)
    assert (row["name"], row["subject"], row["confidence"]) == ("fell", "unknown 1", "0.83")
    assert (row["at"], row["id"]) == ("2026-03-01T08:00:04.500+00:00", str(object_id))
    assert "page of the index" in done.stderr
    none = CliRunner().invoke(
        query_command, ["--box", "hall", "--event", "crowd", "--csv"], **given_
    )
    assert rows_of(none.stdout_bytes) == []
    both = CliRunner().invoke(query_command, ["--box", "hall", "--csv", "--json"], **given_)
    assert isinstance(both.exception, UsageError)
    assert both.stdout == ""

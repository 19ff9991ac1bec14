"""Secrets and names are in no repr, no traceback, no log line and no file.

A vault is filled with words that are found nowhere else. Every value that can be reached
from the open vault is printed, errors are forced, and every file is read.
"""

import gc
import logging
import traceback
from types import FunctionType, ModuleType

import pytest

from attack_house import hand_in
from door_house import owner
from vault_house import PASSPHRASE, everything, make_vault
from yingbi.domain.box import BoxPolicy
from yingbi.domain.level import Level, RawExport, RawPolicy
from yingbi.errors import YingbiError
from yingbi.store.erase import erase
from yingbi.usecases.box import create_box
from yingbi.usecases.open import Wish, open_object
from yingbi.usecases.subject import add_subject

BOX, PERSON, PURPOSE = "canary-box-7131", "Canary Person 7132", "canary purpose 7133"
WORDS = [word.encode() for word in (BOX, PERSON, PURPOSE)]
DEEPEST = 12
SUITES = pytest.mark.parametrize("suite", ["intl", "sm"])


class StrikeError(Exception):
    """What a broken disk might raise."""


def reachable(start: object) -> list[object]:
    """Every value of ours, and every number of bytes, that can be reached from one."""
    seen, todo, found = {id(start)}, [(start, 0)], []
    while todo:
        value, depth = todo.pop()
        if type(value).__module__.startswith("yingbi"):
            found.append(value)
        if depth == DEEPEST or isinstance(value, ModuleType | FunctionType | type):
            continue
        for next_one in gc.get_referents(value):
            if id(next_one) not in seen:
                seen.add(id(next_one))
                todo.append((next_one, depth + 1))
    return found


def secrets_of(vault, boxes) -> list[bytes]:
    """The keys that an open vault holds or derives, as bytes."""
    keystore = vault.keystore
    found = [
        bytes(secret) for secret in keystore._secrets.values() if len(secret) > 16
    ]  # a name has 16
    found += [keystore.catalogue_key(label) for label in ("boxes", "subjects", "devices")]
    found += [keystore.lock_stores.in_force.key, PASSPHRASE]
    with vault.rooms.keys_db.read() as unit:
        found += [vault.boxes.kek(unit, box.box_id) for box in boxes]
    return found


def shown_in(text: str | bytes, secrets: list[bytes]) -> list[bytes]:
    """Return the secrets that stand in a text: as they are, as hexadecimal, as Python writes bytes."""
    data = text if isinstance(text, bytes) else text.encode(errors="surrogatepass")
    return [
        one for one in secrets
        if any(form in data for form in (one, one.hex().encode(), repr(one)[2:-1].encode()))
    ]  # fmt: skip


@pytest.fixture
def filled(tmp_path, request):
    path = make_vault(tmp_path / "vault", request.param)
    policy = BoxPolicy(Level.RAW_ON_RELEASE, raw=RawPolicy.WHOLE, raw_export=RawExport.OWNER)
    contents = {}
    with owner(path) as vault:
        box = create_box(vault, BOX, policy)
        object_id = hand_in(vault, box, contents)
        add_subject(vault, PERSON, minor=False, contact="")
        wish = Wish(object_id, purpose=PURPOSE)
        open_object(vault, wish, tmp_path / "out", force=False)
        (tmp_path / "out").unlink()
        yield vault, box, object_id, list(contents.values())


FILLED = pytest.mark.parametrize("filled", ["intl", "sm"], indirect=True)


@FILLED
def test_no_value_that_an_open_vault_leads_to_prints_a_secret(filled):
    vault, box, object_id, _ = filled
    secrets = secrets_of(vault, [box])
    locks = list(vault.rooms.locks.locks_of(object_id).values())
    values = [*reachable(vault), vault.rooms.catalogue.get(object_id), *vault.log.entries()]
    print(f"{len(values)} values, {len(secrets)} keys")
    assert len(values) > 30
    for value in values:
        assert shown_in(repr(value), [*secrets, *locks, PURPOSE.encode()]) == [], type(value)


@FILLED
def test_the_control_a_value_that_prints_its_key_is_found(filled):
    vault, box, _, _ = filled
    secrets = secrets_of(vault, [box])
    for planted in (repr(secrets[0]), secrets[0].hex(), {"key": secrets[0]}):
        assert shown_in(str(planted), secrets) == [secrets[0]]


@FILLED
def test_no_file_of_the_vault_holds_a_word_or_a_key_in_clear(filled):
    vault, box, _, contents = filled
    whole = everything(vault.folder.path)
    hidden = [*WORDS, *secrets_of(vault, [box]), *filter(None, contents)]
    assert shown_in(whole, hidden) == []
    assert shown_in(whole + PERSON.encode(), hidden) == [PERSON.encode()]  # the control


@SUITES
def test_no_traceback_or_log_line_tells_a_secret_wherever_it_breaks(tmp_path, suite, caplog, capfd):
    """StrikeError in turn at each of the first boundaries of protecting and erasing, and print it all."""
    caplog.set_level(logging.DEBUG)
    path = make_vault(tmp_path / "vault", suite)
    struck = {"left": -1}

    def crossing(*_what: object) -> None:
        struck["left"] -= 1
        if struck["left"] == 0:
            raise StrikeError

    with owner(path, crossing=crossing) as vault:
        box = create_box(vault, BOX, BoxPolicy(Level.RAW_ON_RELEASE, raw=RawPolicy.WHOLE))
        secrets = [*secrets_of(vault, [box]), *WORDS]
        told = []
        for number in range(1, 40, 3):
            contents = {}
            struck["left"] = number
            try:
                object_id = hand_in(vault, box, contents)
                add_subject(vault, f"{PERSON} {number}", minor=False, contact="")
                erase(vault.rooms, object_id, now=vault_now(), purpose=PURPOSE)
            except (StrikeError, YingbiError) as error:
                told.append("".join(traceback.format_exception(error)))
            struck["left"] = -1
    print(f"{len(told)} tracebacks, {len(caplog.records)} log lines")
    assert len(told) >= 10
    printed = capfd.readouterr()
    for text in (*told, caplog.text, printed.out, printed.err):
        assert shown_in(text, secrets) == []
    logging.getLogger("yingbi").warning("planted: %s", PERSON)  # the control
    assert shown_in(caplog.text, secrets) == [PERSON.encode()]


def vault_now():
    from datetime import UTC, datetime

    return datetime.now(UTC)

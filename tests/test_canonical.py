"""Canonical CBOR has no tags, and a reader makes nothing of those that a stranger wrote."""

import subprocess
import sys

import pytest

from yingbi.envelope.canonical import read_map, write_map
from yingbi.errors import SealBrokenError

TAGS = {
    "a time": "c11a514b67b0",
    "a large number": "c249010000000000000000",
    "a pattern": "d8236161",
    "a message": "d8246161",
    "an id": "d82550" + "00" * 16,
    "a fraction": "d81e820102",
    "one that nobody knows": "d9270f01",
    "one in a list": "81d8246161",
}

READS_A_MESSAGE = """
import contextlib, sys
from yingbi.envelope.canonical import read_map
from yingbi.errors import SealBrokenError
with contextlib.suppress(SealBrokenError):
    read_map(bytes.fromhex("a16161d8246161"), "a map")
print("email.mime.text" in sys.modules)
"""


@pytest.mark.parametrize("tagged", TAGS.values(), ids=TAGS)
def test_a_tag_is_refused(tagged):
    with pytest.raises(SealBrokenError, match="canonical"):
        read_map(bytes.fromhex("a16161" + tagged), "a map")


def test_what_is_untagged_is_read():
    values = {"a": 1, "b": [b"\x01", None, True, "text", {"c": 0.5}]}
    assert read_map(write_map(values), "a map") == values


def test_a_message_in_a_tag_does_not_load_what_reads_messages():
    told = subprocess.run(
        [sys.executable, "-c", READS_A_MESSAGE], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "False"

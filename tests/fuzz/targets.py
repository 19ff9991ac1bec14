"""Readers of what anybody may have written, fed with anything at all (atheris, libFuzzer).

`python tests/fuzz/targets.py TARGET [libFuzzer options] [corpus]`. A reader may give a
value or refuse with SealBrokenError; anything else is a finding and ends the run. The
target `planted` holds a mistake on purpose: the test that runs these must find it.
"""

import contextlib
import os
import sys

import atheris

with atheris.instrument_imports(include=["yingbi.envelope", "yingbi.keys", "cbor2"]):
    from yingbi.crypto.suite import suite
    from yingbi.envelope.canonical import read_map, write_map
    from yingbi.envelope.delivery import parse_delivery
    from yingbi.envelope.lock import parse_lock
    from yingbi.envelope.padding import padded, private_size
    from yingbi.envelope.part import read_part
    from yingbi.envelope.private import open_private
    from yingbi.envelope.schedule import meta_key
    from yingbi.errors import SealBrokenError
    from yingbi.keys.lock_entry import parsed

SUITES = [suite("intl"), suite("sm")]
DEK, CLEAR = bytes(range(32)), b"a header"
MOST = 30_000
MADE = SUITES[0].new_signer()[1], SUITES[1].new_signer()[1]


def envelope(data: bytes) -> None:
    """A part, of either suite: parsed, and verified with a key that signed nothing of it."""
    for chosen, public in zip(SUITES, MADE, strict=True):
        try:
            for segment in read_part(chosen, data):
                segment.verify(public)
        except SealBrokenError:
            continue
        if data:
            raise AssertionError("a segment that nobody signed was verified")


def cbor(data: bytes) -> None:
    """Canonical CBOR: what is read is written back to the same bytes, and nothing else is read."""
    try:
        values = read_map(data, "it")
    except SealBrokenError:
        return
    if write_map(values) != data:
        raise AssertionError("two ways to write one value")


def private(data: bytes) -> None:
    """Private metadata by somebody who holds the key and writes what he likes."""
    chosen = SUITES[0]
    written = len(data).to_bytes(4) + data[:MOST]
    plain = padded(written, private_size(len(written)))
    sealed = chosen.seal(meta_key(chosen, DEK, CLEAR), bytes(12), plain, CLEAR)
    with contextlib.suppress(SealBrokenError):
        open_private(chosen, DEK, CLEAR, sealed, "it")


def locks(data: bytes) -> None:
    """A lock, a page of the lock table, and a door's delivery."""
    for read in (parse_lock, parsed, lambda d: parse_delivery(SUITES[0], d)):
        try:
            read(data)
        except SealBrokenError:
            continue


def planted(data: bytes) -> None:
    """A reader with a mistake four bytes deep: the control."""
    if data[:1] == b"Y" and data[1:2] == b"B" and data[2:3] == b"V" and data[3:4] == b"!":
        raise IndexError("planted")


TARGETS = {one.__name__: one for one in (envelope, cbor, private, locks, planted)}


def main() -> None:
    """Run the named target with libFuzzer's own options."""
    target = atheris.instrument_func(TARGETS[sys.argv.pop(1)])
    os.chdir(os.environ["FUZZ_FOLDER"])  # findings are written there
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

"""Attempts on the rows of the key database and on all other files."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from attack_house import Scene
from attacks import CAT, KEYS, attempt, rows, swap
from yingbi.store.folder import DESTROYING

# --- keys -------------------------------------------------------------------

rows("box key: two KEKs swapped", KEYS, swap("box_keys", "wrapped_kek", "box_id", ":hall", ":yard"))
rows(
    "box key: two signers swapped",
    KEYS,
    swap("box_keys", "sealed_signer", "box_id", ":hall", ":yard"),
)
rows(
    "box key: another vault's",
    KEYS,
    "UPDATE box_keys SET wrapped_kek = (SELECT wrapped_kek FROM their.box_keys LIMIT 1)",
)
rows("box key: removed", KEYS, "DELETE FROM box_keys WHERE box_id = :hall")
HALL = "WHERE box_id = :hall"
for column in ("public_key", "signature", "sealed_private", "key_id"):
    rows(
        f"epoch: {column} of another box", KEYS,
        f"UPDATE epochs SET {column} = (SELECT x.{column} FROM epochs AS x WHERE x.box_id = :yard) {HALL}",
    )  # fmt: skip
    rows(
        f"epoch: {column} of another vault", KEYS,
        f"UPDATE epochs SET {column} = (SELECT x.{column} FROM their.epochs AS x WHERE x.box_id = :their_hall) {HALL}",
    )  # fmt: skip
rows(
    "epoch: public key and signature of another box", KEYS,
    *(f"UPDATE epochs SET {c} = (SELECT x.{c} FROM epochs AS x WHERE x.box_id = :yard) {HALL}" for c in ("public_key", "signature")),
)  # fmt: skip
rows("epoch: of another day", KEYS, f"UPDATE epochs SET epoch = epoch + 40 {HALL}")
rows("epoch: removed", KEYS, f"DELETE FROM epochs {HALL}")
rows(
    "epoch: the lock-store key that it names",
    KEYS,
    "UPDATE epochs SET lock_store_id = zeroblob(16)",
)
rows("epoch: said to be wrapped by none", KEYS, "UPDATE epochs SET lock_store_id = NULL")

PAGE_OF = "(SELECT page_id FROM lock_places WHERE object_id = {})"
for column in ("sealed", "wrapped_key", "group_tag"):
    rows(
        f"lock page: {column} swapped between two boxes", KEYS,
        swap("lock_pages", column, "page_id", PAGE_OF.format(":first"), PAGE_OF.format(":other")),
    )  # fmt: skip
rows(
    "lock page: two exchanged whole", KEYS,
    *(swap("lock_pages", c, "page_id", PAGE_OF.format(":first"), PAGE_OF.format(":other")) for c in ("sealed", "wrapped_key", "group_tag")),
)  # fmt: skip
rows(
    "lock page: another vault's",
    KEYS,
    "UPDATE lock_pages SET (sealed, wrapped_key) = (SELECT sealed, wrapped_key FROM their.lock_pages LIMIT 1)",
)
rows("lock page: cut", KEYS, "UPDATE lock_pages SET sealed = substr(sealed, 1, 30)")
rows(
    "lock page: the lock-store key that it names",
    KEYS,
    "UPDATE lock_pages SET lock_store_id = zeroblob(16)",
)
rows(
    "lock page: removed", KEYS, f"DELETE FROM lock_pages WHERE page_id = {PAGE_OF.format(':first')}"
)
rows("lock page: its counts", KEYS, "UPDATE lock_pages SET entries = 1, size = 0", harmless=True)
rows("lock place: removed", KEYS, "DELETE FROM lock_places WHERE object_id = :first")
rows(
    "lock place: another page",
    KEYS,
    f"UPDATE lock_places SET page_id = {PAGE_OF.format(':other')} WHERE object_id = :first",
)
rows(
    "lock place: given to another object",
    KEYS,
    "UPDATE lock_places SET object_id = :new WHERE object_id = :first",
)
rows(
    "lock place: doubled", KEYS,
    f"INSERT INTO lock_places SELECT :first, {PAGE_OF.format(':other')}, controller_id FROM lock_places LIMIT 1",
    harmless=True,
)  # fmt: skip

REVIVE_PAGES = (
    "UPDATE lock_pages SET (entries, size, lock_store_id, wrapped_key, sealed) ="
    " (SELECT x.entries, x.size, x.lock_store_id, x.wrapped_key, x.sealed FROM old.lock_pages AS x WHERE x.page_id = lock_pages.page_id)"
    " WHERE page_id IN (SELECT page_id FROM old.lock_pages)"
)
REVIVE_LOCKS = (
    REVIVE_PAGES,
    "INSERT OR REPLACE INTO lock_places SELECT * FROM old.lock_places",
)
rows("revival: an erased object's old lock page and its places", KEYS, *REVIVE_LOCKS, harmless=True)


# --- other files ------------------------------------------------------------


def file_of(name: str, change: Callable[[Path, Scene, Scene], None], *, harmless=False) -> None:
    @attempt(name, harmless=harmless)
    def do(scene: Scene, vault: Path, other: Scene) -> None:
        change(vault, scene, other)


def replaced(name: str, file: str, change: Callable[[bytes, bytes], bytes], **options) -> None:
    """An attempt on one file; `change` gets it and that of the other vault."""

    def do(vault: Path, _scene: Scene, other: Scene) -> None:
        mine = vault / file
        mine.write_bytes(change(mine.read_bytes(), (other.vault / file).read_bytes()))

    file_of(name, do, **options)


replaced("keystore: another vault's", "keystore", lambda _, b: b)
replaced(
    "keystore: half of it another vault's",
    "keystore",
    lambda a, b: b[: len(b) // 2] + a[len(a) // 2 :],
    harmless=True,
)
replaced("keystore: cut", "keystore", lambda a, _: a[:100])
replaced("keystore: emptied", "keystore", lambda _a, _b: b"")
replaced("keystore: noise", "keystore", lambda a, _: os.urandom(len(a)))
replaced(
    "vault.json: another suite",
    "vault.json",
    lambda a, _: a.replace(b'"intl"', b'"x"').replace(b'"sm"', b'"intl"').replace(b'"x"', b'"sm"'),
)
replaced("vault.json: another vault's", "vault.json", lambda _, b: b)
replaced("vault.json: nonsense", "vault.json", lambda _a, _b: b"[1, 2")
replaced("vault.json: deep nonsense", "vault.json", lambda _a, _b: b"[" * 100_000)
replaced("vault.json: emptied", "vault.json", lambda _a, _b: b"")
replaced("catalogue: another vault's", CAT, lambda _, b: b)
replaced("catalogue: noise", CAT, lambda a, _: os.urandom(len(a)))
replaced("catalogue: cut", CAT, lambda a, _: a[: len(a) // 2])
replaced("keys: another vault's", KEYS, lambda _, b: b)
replaced("keys: noise", KEYS, lambda a, _: os.urandom(len(a)))
file_of("keystore: removed", lambda v, *_: (v / "keystore").unlink())
file_of("vault.json: removed", lambda v, *_: (v / "vault.json").unlink())
file_of(
    "keys: put back to an older copy",
    lambda v, s, _: shutil.copy(s.before / KEYS, v / KEYS),
    harmless=True,
)
file_of(
    "catalogue: put back to an older copy", lambda v, s, _: shutil.copy(s.before / CAT, v / CAT)
)
file_of("a mark of its destruction", lambda v, *_: (v / DESTROYING).touch())
file_of(
    "marks: many",
    lambda v, *_: [(v / "objects" / f"{n:016x}.open").touch() for n in range(50)],
    harmless=True,
)


def _inbox(vault: Path, content: bytes, name: str = "0" * 30 + ".yd") -> None:
    (vault / "inbox").mkdir(exist_ok=True)
    (vault / "inbox" / name).write_bytes(content)


file_of("inbox: noise", lambda v, *_: _inbox(v, os.urandom(4000)))
file_of("inbox: nothing", lambda v, *_: _inbox(v, b""))
file_of(
    "inbox: a strange name",
    lambda v, *_: _inbox(v, b"x", "../x.yd".replace("/", "_")),
    harmless=True,
)

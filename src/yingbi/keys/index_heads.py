"""The heads of the index's pages: a page's key, and what it says of the page before that is opened.

A query opens every head of its box, to know that no page is missing. A year has thousands,
so what they share is made once, and their ids stay bytes until they are asked for.

Clause: 6.2.3.b-2; 6.2.3.e-2.
"""

import struct
from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from yingbi.crypto.contract import NONCE_BYTES, Cipher, InvalidTagError
from yingbi.db.schema import index_pages
from yingbi.db.sql import Row
from yingbi.errors import SealBrokenError
from yingbi.keys.cell import place
from yingbi.keys.index_page import INDEX, PageGroup
from yingbi.keys.provider import RootProvider

SPAN = struct.Struct(">qq")
TOLD = struct.Struct(">qqI")
"""Behind a page's key. Pages that were last written before there was a count end with the span."""
HEAD = (
    index_pages.c.page_id,
    index_pages.c.controller_id,
    index_pages.c.box_id,
    index_pages.c.epoch,
    index_pages.c.retention,
    index_pages.c.lock_store_id,
    index_pages.c.wrapped_key,
)
"""What is read of a page's row, in this order."""
_ID_BYTES = 16
_USE = "index page"


class PageHead(NamedTuple):
    """A page that is not opened yet: its key, and between which microseconds it tells something.

    page_id: 16 bytes. objects: how many have an entry there; None where the page is older than
    this count.
    """

    page_id: bytes
    group: PageGroup
    key: bytes
    first_us: int
    last_us: int
    sealed_bytes: int
    objects: int | None = None

    def __repr__(self) -> str:
        """Show nothing of it."""
        return "<the head of a page of the index>"


def opened_heads(
    keystore: RootProvider, kek: bytes, box_id: UUID, rows: Iterable[tuple[Any, ...]]
) -> list[PageHead]:
    """Return the heads of a box's pages. rows: columns of `HEAD` as the database holds them.

    Raises: SealBrokenError where a row was altered or moved; NoKeyError where its lock-store
        key is gone.
    """
    heads, ours, box = list[PageHead](), keystore.suite.cipher(kek), box_id.bytes
    stores, groups = dict[bytes, Cipher](), dict[tuple[Any, ...], tuple[PageGroup, bytes, bytes]]()
    key_bytes = keystore.suite.key_bytes
    for page_id, controller, _, epoch, retention, store_id, wrapped in rows:
        shared = controller, epoch, retention
        if shared not in groups:
            groups[shared] = _shared(controller, PageGroup(box_id, epoch, retention), box)
        if store_id not in stores:
            stores[store_id] = keystore.suite.cipher(keystore.lock_stores.named(store_id).key)
        group, before, behind = groups[shared]
        at = before + page_id + behind
        try:
            inner = stores[store_id].open(
                wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], at + store_id
            )
            told = ours.open(inner[:NONCE_BYTES], inner[NONCE_BYTES:], at)
        except (InvalidTagError, ValueError):
            raise _altered() from None
        counted = len(told) == key_bytes + TOLD.size
        first_us, last_us, *many = (TOLD if counted else SPAN).unpack_from(told, key_bytes)
        key, objects = told[:key_bytes], many[0] if many else None
        heads.append(PageHead(page_id, group, key, first_us, last_us, len(wrapped), objects))
    return heads


def raw_head(row: Row[Any]) -> tuple[Any, ...]:
    """Return a row's columns of `HEAD` as the database holds them."""
    ids = row.page_id.bytes, row.controller_id.bytes, row.box_id.bytes
    return *ids, row.epoch, row.retention, row.lock_store_id, row.wrapped_key


def group_of_row(row: Row[Any]) -> PageGroup:
    """Return what group a page's row says it belongs to."""
    return PageGroup(row.box_id, row.epoch, row.retention)


def place_of(row: Row[Any]) -> bytes:
    """Return what a page's row says of itself. Raises: SealBrokenError where no row says so."""
    try:
        return named(row.controller_id, row.page_id.bytes, group_of_row(row))
    except OverflowError:
        raise _altered() from None


def named(controller_id: UUID, page_id: bytes, group: PageGroup) -> bytes:
    """Return the place to which a page and its key are bound. Raises: OverflowError."""
    return _named(controller_id.bytes, page_id, group.box_id.bytes, _day(group))


def _named(controller: bytes, page_id: bytes, box: bytes, day: bytes) -> bytes:
    return place(_USE, controller, page_id, box, day)


def _day(group: PageGroup) -> bytes:
    return group.epoch.to_bytes(8, signed=True) + group.retention.to_bytes(4)


def _shared(controller: bytes, group: PageGroup, box: bytes) -> tuple[PageGroup, bytes, bytes]:
    """Return a group, and what stands before and behind a page's id in its place."""
    try:
        whole = _named(controller, bytes(_ID_BYTES), box, _day(group))
    except OverflowError:
        raise _altered() from None
    end = len(place(_USE, controller, bytes(_ID_BYTES)))
    return group, whole[: end - _ID_BYTES], whole[end:]


def _altered() -> SealBrokenError:
    return SealBrokenError(what=INDEX, reason="its row was altered or moved")

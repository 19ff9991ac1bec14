"""Open a part of an object: leave first, then the log, then the first byte.

Clause: A.1-5; A.2-3; A.2.a-1; A.3-3; A.3.a-2; A.3.a-3; 6.2.4-2.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from yingbi.access.owner import self_grant
from yingbi.crypto.suite import Octets
from yingbi.domain.grant import Grant
from yingbi.domain.ledger import Action, Deed
from yingbi.domain.level import Level
from yingbi.domain.messages import say
from yingbi.domain.part import PartKind, PrivateMetadata
from yingbi.domain.record import Record, span_of
from yingbi.domain.record_file import Form, form_of, written
from yingbi.envelope.header import Header
from yingbi.envelope.part import PartEnd
from yingbi.errors import UnsafeOutputError, UsageError
from yingbi.keys.wrap import EpochPublic
from yingbi.media.fragments import init_section
from yingbi.media.output import new_file
from yingbi.pipeline.preview import draw_preview
from yingbi.release.opening import EpochKeyOf
from yingbi.release.part import open_part
from yingbi.release.range import open_range
from yingbi.release.span import check_span, open_span
from yingbi.store.graded import raised_by
from yingbi.store.stored import StoredObject
from yingbi.structure.pack import unpack, unpack_page
from yingbi.usecases.vault import Vault

FILM = "video/mp4"
LONGEST_PURPOSE = 2000


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be opened. part None: masked at levels 2 and 3, records at level 1.

    form: of records; None: as the output's ending says.
    purpose: needed for the original. from_s, to_s: seconds from the object's start.
    span: first byte and number of bytes, of an original alone.
    of: only segments of these ids.
    """

    object_id: UUID
    part: PartKind | None = None
    purpose: str = ""
    from_s: float | None = None
    to_s: float | None = None
    span: tuple[int, int] | None = None
    of: frozenset[UUID] | None = None
    form: Form | None = None

    @property
    def whole(self) -> bool:
        """Whether every segment is asked for: then the end is checked as well."""
        return self.from_s is None and self.to_s is None and self.of is None

    def __post_init__(self) -> None:
        """Refuse a purpose that is no text, a span that ends before it starts or is of an original."""
        if len(self.purpose) > LONGEST_PURPOSE or not self.purpose.isprintable():
            most = LONGEST_PURPOSE
            raise UsageError(
                problem=say("a purpose has at most {most} printable characters", most=most)
            )
        if self.from_s is not None and self.to_s is not None and self.to_s < self.from_s:
            raise UsageError(problem="the span ends before it starts")
        if self.part is PartKind.RAW and not self.whole:
            raise UsageError(problem="an original is opened whole, not from one time to another")
        if self.span is not None and self.part is not PartKind.RAW:
            raise UsageError(problem="only an original is opened by its bytes")
        if self.span is not None:
            check_span(*self.span)


@dataclass(frozen=True, slots=True)
class Opened:
    """What was written: which part, of which level, how many bytes."""

    part: PartKind
    level: Level
    size: int


def open_object(vault: Vault, wish: Wish, out: Path, *, force: bool) -> Opened:
    """Write the part in clear to `out`, whole and verified, or nothing at all.

    Raises: NoSuchObjectError, ObjectErasedError, NoSuchPartError, NotAuthorisedError,
        NeedsApproverError, RawNeverError, SealBrokenError, NoKeyError, OutputExistsError,
        UnsafeOutputError where `out` lies in the vault, UsageError for records by an ending
        that is none of theirs.
    """
    stored = vault.rooms.catalogue.get(wish.object_id)
    usual = PartKind.RECORDS if stored.level is Level.STRUCTURED_ONLY else PartKind.MASKED
    part = wish.part or usual
    form = _form(wish, part, out)
    sealed = PartKind.RECORDS if part is PartKind.PREVIEW else part
    grant = _leave(vault, stored, sealed, wish.purpose)
    stored.part(sealed)
    must_lie_outside(vault, out)
    with vault.telling_if_erased(wish.object_id), new_file(out, force=force) as file:
        _log(vault, stored, sealed, grant, wish.span)
        if wish.span is None:
            film = sealed is not PartKind.RECORDS
            segments = _segments(vault, stored, sealed, wish, grant, passing=film)
            if form is None:
                _write(file, part, stored, wish, segments)
            else:
                file.writelines(_records(wish, form, segments))
        else:
            file.write(_bytes_of(vault, stored, wish.span, grant))
        size = file.tell()
    return Opened(part, stored.level, size)


def read_records(vault: Vault, object_id: UUID, *, purpose: str = "") -> list[Record]:
    """Return all records of an object, in memory alone; logged as every opening is.

    Raises: as `open_object` does.
    """
    stored = vault.rooms.catalogue.get(object_id)
    wish = Wish(object_id, PartKind.RECORDS, purpose)
    grant = _leave(vault, stored, PartKind.RECORDS, wish.purpose)
    stored.part(PartKind.RECORDS)
    _log(vault, stored, PartKind.RECORDS, grant)
    segments = _segments(vault, stored, PartKind.RECORDS, wish, grant)
    with vault.telling_if_erased(object_id):
        return [record for _, content in segments for record in unpack(content)]


def opened_segments(
    vault: Vault, stored: StoredObject, wish: Wish, *, leaves: bool = True
) -> Iterator[tuple[PrivateMetadata, Octets]]:
    """Return the segments of a part that another use case works on, in memory alone.

    Leave, log and seals come first, as for `open_object`. leaves: see `self_grant`.
    """
    if wish.part is None:
        raise ValueError("the wish names no part")
    grant = _leave(vault, stored, wish.part, wish.purpose, leaves=leaves)
    stored.part(wish.part)
    _log(vault, stored, wish.part, grant)
    return _segments(vault, stored, wish.part, wish, grant)


def must_lie_outside(vault: Vault, out: Path) -> None:
    """Raise UnsafeOutputError where an output in clear would lie in the vault."""
    if out.resolve().is_relative_to(vault.folder.path.resolve()):
        raise UnsafeOutputError(output=out, reason="it lies in the vault")


def _form(wish: Wish, part: PartKind, out: Path) -> Form | None:
    """Return the form that records are to get, None for any other part. Raises: UsageError."""
    if part is PartKind.RECORDS:
        return wish.form or form_of(out)
    if wish.form is not None:
        raise UsageError(problem=say("--format is for records alone"))
    return None


def _leave(
    vault: Vault, stored: StoredObject, part: PartKind, purpose: str, *, leaves: bool = True
) -> Grant:
    policy = vault.boxes.record(stored.box_id).box.policy
    now = datetime.now(UTC)
    return self_grant(
        vault.keystore,
        policy,
        stored.object_id,
        [part],
        purpose=purpose,
        now=now,
        leaves=leaves,
        raised_by=raised_by(stored.info),
    )


def _log(
    vault: Vault,
    stored: StoredObject,
    part: PartKind,
    grant: Grant,
    span: tuple[int, int] | None = None,
) -> None:
    """Log the grant and the opening; both are on the disk before anything is opened."""
    now = datetime.now(UTC)
    facts = {"part": part.value, "holder": grant.holder}
    if span is not None:
        facts["bytes"] = f"{span[0]}:{span[1]}"
    for action in (Action.GRANTED, Action.OPENED):
        vault.log.record(
            Deed(action, now, stored.box_id, stored.object_id, purpose=grant.purpose, facts=facts)
        )


def _epoch_key_of(vault: Vault, stored: StoredObject) -> EpochKeyOf:
    @cache
    def key_named(key_ids: tuple[bytes, ...]) -> tuple[EpochPublic, bytes]:
        return vault.epochs.private_named(stored.box_id, key_ids)

    def epoch_key_of(_: Header, key_ids: tuple[bytes, ...]) -> tuple[EpochPublic, bytes]:
        return key_named(key_ids)

    return epoch_key_of


def _bytes_of(vault: Vault, stored: StoredObject, span: tuple[int, int], grant: Grant) -> bytes:
    kept = stored.part(PartKind.RAW)
    index = vault.rooms.catalogue.segments_of(stored.object_id, PartKind.RAW)
    with vault.rooms.shelf.open(kept.file_name) as source:
        return open_span(
            vault.keystore.suite,
            source,
            index,
            locks=vault.rooms.locks.locks_of(stored.object_id),
            epoch_key_of=_epoch_key_of(vault, stored),
            device_public_key=vault.device_public_key(source),
            grant=grant,
            object_id=stored.object_id,
            now=datetime.now(UTC),
            end=PartEnd(kept.segments, kept.final_seal),
            start=span[0],
            length=span[1],
        )


def _segments(
    vault: Vault,
    stored: StoredObject,
    part: PartKind,
    wish: Wish,
    grant: Grant,
    *,
    passing: bool = False,
) -> Iterator[tuple[PrivateMetadata, Octets]]:
    kept = stored.part(part)
    with vault.rooms.shelf.open(kept.file_name) as source:
        if wish.whole:
            yield from open_part(
                vault.keystore.suite,
                source,
                locks=vault.rooms.locks.locks_of(stored.object_id),
                epoch_key_of=_epoch_key_of(vault, stored),
                device_public_key=vault.device_public_key(source),
                grant=grant,
                object_id=stored.object_id,
                part=part,
                now=datetime.now(UTC),
                end=PartEnd(kept.segments, kept.final_seal),
                passing=passing,
            )
            return
        yield from open_range(
            vault.keystore.suite,
            source,
            vault.rooms.catalogue.segments_of(stored.object_id, part),
            locks=vault.rooms.locks.locks_of(stored.object_id),
            epoch_key_of=_epoch_key_of(vault, stored),
            device_public_key=vault.device_public_key(source),
            grant=grant,
            object_id=stored.object_id,
            part=part,
            now=datetime.now(UTC),
            end=PartEnd(kept.segments, kept.final_seal),
            from_s=wish.from_s,
            to_s=wish.to_s,
            first=part is not PartKind.RECORDS and wish.of is None,
            of=wish.of,
        )


def _write(
    file: BinaryIO,
    part: PartKind,
    stored: StoredObject,
    wish: Wish,
    segments: Iterator[tuple[PrivateMetadata, Octets]],
) -> None:
    match part:
        case PartKind.PREVIEW:
            records = (r for _, content in segments for r in _within(unpack(content), wish))
            size = int(stored.info.extra["width"]), int(stored.info.extra["height"])
            draw_preview(records, file, size)
        case _:
            file.writelines(_film(segments, wish))


def _records(
    wish: Wish, form: Form, segments: Iterator[tuple[PrivateMetadata, Octets]]
) -> Iterator[bytes]:
    pages = (unpack_page(content) for _, content in segments)
    return written((page.only(_within(page.records, wish)) for page in pages), form)


def _film(segments: Iterator[tuple[PrivateMetadata, Octets]], wish: Wish) -> Iterator[Octets]:
    """Yield the pieces; of a first piece outside the span only what players need to begin."""
    for number, (private, content) in enumerate(segments):
        outside = wish.from_s is not None and private.to_s < wish.from_s
        if number == 0 and outside and private.media_type == FILM:
            yield init_section(content)
        else:
            yield content


def _within(records: Iterable[Record], wish: Wish) -> Iterator[Record]:
    start = float("-inf") if wish.from_s is None else wish.from_s
    end = float("inf") if wish.to_s is None else wish.to_s
    for record in records:
        first, last = span_of(record)
        if first <= end and last >= start:
            yield record

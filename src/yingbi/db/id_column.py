"""Identifiers as 16 bytes in the database and as UUIDs outside it."""

from typing import Any
from uuid import UUID

from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

from yingbi.errors import SealBrokenError


class Id(TypeDecorator[UUID]):
    """A UUID column; an id of another length is damage, not a mistake of ours."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> bytes | None:
        """Return the id as it is stored."""
        return None if value is None else value.bytes

    def process_result_value(self, value: Any, dialect: Dialect) -> UUID | None:
        """Return the id, or raise SealBrokenError."""
        if value is None:
            return None
        if len(value) != 16:
            raise SealBrokenError(what="a database", reason="an id in it was altered")
        return UUID(bytes=bytes(value))

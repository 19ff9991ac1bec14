"""The words of SQL that rooms above speak; which library says them is this room's affair."""

from sqlalchemy import Row, and_, delete, func, insert, select, update

__all__ = ["Row", "and_", "delete", "func", "insert", "select", "update"]

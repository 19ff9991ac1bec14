"""A vault's databases: SQLite that is on the disk when `begin` returns, or an error.

A transaction is a value. `Database.begin` makes one, whoever holds it may pass
it to several rooms, and they all succeed or fail together. The two databases
have units of different types: no transaction spans both (half of all kills
left attached WAL databases differing).
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import URL, Connection, Executable, Row, create_engine, event
from sqlalchemy.exc import DatabaseError

from yingbi.db import schema
from yingbi.domain.crossing import Crossing, no_crossing
from yingbi.errors import (
    ReadWriteError,
    SealBrokenError,
    VaultLockedError,
    VaultTooNewError,
    VaultTooOldError,
)

BUSY_S = 5.0
FIRST = "0001"
_VERSION = "SELECT version_num FROM alembic_version"


class _RehearsedError(Exception):
    """Ends a transaction that was meant to be undone."""


class UnitOfWork:
    """One open transaction; made by `Database.begin` alone."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def run(self, statement: Executable, rows: Any = None) -> int:
        """Execute a change, for each of the rows where given; return the rows touched."""
        return int(self._connection.execute(statement, rows).rowcount)

    def all(self, statement: Executable) -> Sequence[Row[Any]]:
        """Return every row of a question."""
        return self._connection.execute(statement).all()

    def raw(self, statement: Executable) -> Iterator[tuple[Any, ...]]:
        """Yield the rows as the file holds them, ids as bytes: for thousands of which few are kept."""
        with self._connection.execute(statement) as result:
            yield from cast(sqlite3.Cursor, result.cursor)

    def one(self, statement: Executable) -> Row[Any] | None:
        """Return the first row of a question, or None."""
        return self._connection.execute(statement).first()

    def stream(self, statement: Executable) -> Iterator[Row[Any]]:
        """Return the rows of a question one after another, in constant memory."""
        yield from self._connection.execute(statement).yield_per(500)


class CatalogueUnit(UnitOfWork):
    """A transaction of catalogue.db."""


class KeysUnit(UnitOfWork):
    """A transaction of keys.db."""


UnitT = TypeVar("UnitT", bound=UnitOfWork)


class Database(Generic[UnitT]):
    """One SQLite file, its units of one type."""

    def __init__(
        self, path: Path, unit: type[UnitT], steps: str, tables: schema.Tables, crossing: Crossing
    ) -> None:
        self.path = path
        self._unit, self._steps, self._tables, self._crossing = unit, steps, tables, crossing
        self._engine = create_engine(
            URL.create("sqlite", database=str(path)),  # as a text, "?" would end its name
            connect_args={"timeout": BUSY_S, "check_same_thread": False},
            hide_parameters=True,
        )
        event.listen(self._engine, "connect", _prepare)

    def create(self) -> None:
        """Make the file, readable by its owner alone, with the present schema."""
        try:
            self.path.touch(mode=0o600, exist_ok=False)
        except OSError as error:
            raise ReadWriteError(path=self.path, reason=error.strerror or error) from None
        self.upgrade()

    def open(self) -> None:
        """Check that the file has the present schema and nothing more; nothing is changed.

        Raises: VaultTooOldError on an older schema, which `upgrade` brings up to date;
            VaultTooNewError on a schema of a later program; SealBrokenError where
            the file is missing, no database, or has a table, index, view or
            trigger too many or too few.
        """
        self._must_be_there()
        with self._translated(), self._engine.connect() as connection:
            found = connection.exec_driver_sql(_VERSION).all()
        if older := self._older(found):
            raise VaultTooOldError(found=older, known=self.head)
        with self._translated(), self._engine.connect() as connection:
            self._check_names(connection)

    @property
    def head(self) -> str:
        """The schema that this program knows."""
        return self._tables.head

    def outdated(self) -> str | None:
        """Return the schema of a file at rest where it is older than `head`, without writing.

        Nobody else may use the file meanwhile. Raises: as `open` does.
        """
        self._must_be_there()
        journal = self.path.with_name(f"{self.path.name}-wal")
        # What a crash left in the journal counts. Without one SQLite need not make any file.
        left = journal.is_file() and journal.stat().st_size > 0
        uri = f"{self.path.absolute().as_uri()}?mode=ro{'' if left else '&immutable=1'}"
        try:
            with closing(sqlite3.connect(uri, uri=True)) as connection:
                found = connection.execute(_VERSION).fetchall()
        except sqlite3.Error as error:
            raise _meaning(error, self.path) or error from None
        return self._older(found)

    def upgrade(self, then: Callable[[UnitT], object] | None = None) -> None:
        """Run the steps that lead to the present schema, and `then`, in one transaction.

        Raises: as `begin` does; SealBrokenError where what comes of it is not the
            schema. Nothing has changed in either case.
        """
        with self._transaction() as connection:
            self._bring_up(connection, then)

    def rehearse(self, then: Callable[[UnitT], object] | None = None) -> None:
        """Do what `upgrade` does and undo all of it; raises what `upgrade` would."""
        with suppress(_RehearsedError), self._transaction() as connection:
            self._bring_up(connection, then)
            raise _RehearsedError

    def _bring_up(self, connection: Connection, then: Callable[[UnitT], object] | None) -> None:
        from yingbi.db.migrate import migrate

        migrate(connection, self._steps, self.head)
        self._check_names(connection)
        if then is not None:
            then(self._unit(connection))

    def _older(self, rows: Sequence[Sequence[object]]) -> str | None:
        """Return the one schema number that the rows hold, from 0001 on, where it is an older one."""
        found = rows[0][0] if len(rows) == 1 else None
        if not (isinstance(found, str) and len(found) == 4 and found.isascii() and found.isdigit()):
            raise self._damaged()
        if found < FIRST:
            raise self._damaged()
        if found > self.head:
            raise VaultTooNewError(found=found, known=self.head)
        return found if found < self.head else None

    def _must_be_there(self) -> None:
        if not self.path.is_file():
            raise SealBrokenError(what=self.path.name, reason="the file is missing")

    def _check_names(self, connection: Connection) -> None:
        rows = connection.exec_driver_sql("SELECT type, name FROM sqlite_master").all()
        if {(row.type, row.name) for row in rows} != schema.names(self._tables):
            raise self._damaged()

    def _damaged(self) -> SealBrokenError:
        return SealBrokenError(what=self.path.name, reason="the database is damaged")

    @contextmanager
    def begin(self) -> Iterator[UnitT]:
        """Hold the database for writing; committed and on the disk when the block ends.

        Raises: VaultLockedError where another process writes for too long;
            ReadWriteError on a full or failing disk; whatever the block raises
            undoes all of it.
        """
        with self._transaction() as connection:
            yield self._unit(connection)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._translated(), self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
                self._crossing(f"{self.path.name}: commit", self.path)
                connection.exec_driver_sql("COMMIT")
            except BaseException:
                connection.rollback()
                raise
        self._crossing(f"{self.path.name}: committed", self.path)

    @contextmanager
    def read(self) -> Iterator[UnitT]:
        """Hold one unchanging view of the database; nothing can be written through it."""
        with self._translated(), self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            try:
                connection.exec_driver_sql("PRAGMA query_only=ON")
                yield self._unit(connection)
            finally:
                connection.exec_driver_sql("PRAGMA query_only=OFF")
                connection.exec_driver_sql("ROLLBACK")

    def empty_journal(self) -> None:
        """Move the write-ahead log into the file and cut it to nothing.

        Raises: VaultLockedError while a reader still needs it.
        """
        self._crossing(f"{self.path.name}: checkpoint", self.path)
        with self._translated(), self._engine.connect() as connection:
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar()
        if busy:
            raise VaultLockedError
        self._crossing(f"{self.path.name}: checkpointed", self.path)

    def problems(self) -> list[str]:
        """Return what SQLite finds wrong with the file, line by line; nothing where it is sound."""
        found: list[str] = []
        with self._translated(), self._engine.connect() as connection:
            for row in connection.exec_driver_sql("PRAGMA integrity_check").all():
                found += [] if row[0] == "ok" else [str(row[0])]
            for row in connection.exec_driver_sql("PRAGMA foreign_key_check").all():
                found.append(f"{row[0]}: a row points at nothing in {row[2]}")
        return found

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DatabaseError as error:
            raise _meaning(error.orig, self.path) or error from None


def catalogue(path: Path, crossing: Crossing = no_crossing) -> Database[CatalogueUnit]:
    """Return the database of objects, boxes, erasures and the log."""
    return Database(path, CatalogueUnit, "catalogue_steps", schema.CATALOGUE, crossing)


def keys(path: Path, crossing: Crossing = no_crossing) -> Database[KeysUnit]:
    """Return the database of wrapped keys and lock pages."""
    return Database(path, KeysUnit, "keys_steps", schema.KEYS, crossing)


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun here, not by the driver
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "secure_delete=ON",
        "foreign_keys=ON",
        "trusted_schema=OFF",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _meaning(error: BaseException | None, path: Path) -> Exception | None:
    """Return what SQLite's error means to a user, or None."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return VaultLockedError()
    if code in _DISK:
        return ReadWriteError(path=path, reason=str(error))
    if code in _DAMAGE:
        return SealBrokenError(what=path.name, reason="the database is damaged")
    return None


_DISK = (
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_AUTH,
)
_DAMAGE = (
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_CONSTRAINT,  # rows that do not fit each other
    sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_ERROR,  # a table or column that is gone
)

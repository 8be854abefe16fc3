"""The database: opened on first use, led to the present version, its errors said with a remedy."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from core.errors import SettingsError, StorageError
from core.sessions.files import no_room, private_folder

BUSY_SECONDS = 20.0  # how long one process waits for another's change
MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "workbench_version"  # the database may hold another program's tables too
MIGRATING = threading.Lock()  # Alembic's scripts find their connection in a global


class Database:
    """Thread-safe; other processes may use the same database. url: "" is the SQLite file `default`."""

    def __init__(self, url: str, default: Path) -> None:
        try:
            self._url = make_url(url) if url else make_url("sqlite://").set(database=str(default.absolute()))
        except ArgumentError as error:
            raise SettingsError(f"[sessions] url is no address of a database: {error}.", _URLS) from error
        self._lite = self._url.get_backend_name() == "sqlite"
        if self._lite and self._url.database in (None, "", ":memory:"):
            raise SettingsError("[sessions] url names a database in memory; no chat would survive there.", _URLS)
        self._engine: Engine | None = None
        self._opening = threading.Lock()
        self._writing = threading.Lock()

    @property
    def name(self) -> str:
        """For messages: the file, or the address without its password."""
        return str(self._url.database) if self._lite else self._url.render_as_string(hide_password=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view. Raises `StorageError`."""
        with self._translated(), self._opened().connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One change, whole or not at all; no other change happens meanwhile. Raises `StorageError`."""
        with self._translated():
            engine = self._opened()
            with self._alone(), engine.connect() as connection, _immediate(connection).begin():
                yield connection

    def close(self) -> None:
        with self._opening:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None

    def _alone(self) -> contextlib.AbstractContextManager[Any]:
        """SQLite takes one writer at a time: the threads of this process wait here, in order, and not by polling."""
        return self._writing if self._lite else contextlib.nullcontext()

    def _opened(self) -> Engine:
        with self._opening:
            if self._engine is None:
                engine = self._make()
                try:
                    self._prepare(engine)
                except BaseException:
                    engine.dispose()
                    raise
                self._engine = engine
            return self._engine

    def _make(self) -> Engine:
        try:
            engine = create_engine(self._url, pool_pre_ping=not self._lite)
        except (NoSuchModuleError, ModuleNotFoundError) as error:
            raise SettingsError(
                f"[sessions] url needs a package that is missing: {error}.", "Install that package, or leave url empty."
            ) from error
        if self._lite:
            event.listen(engine, "connect", _on_connect)
            event.listen(engine, "begin", _on_begin)
        return engine

    def _prepare(self, engine: Engine) -> None:
        if self._lite:
            private_folder(Path(self.name).absolute().parent)
            _write_ahead(engine)
        with MIGRATING, engine.connect() as connection, _immediate(connection).begin():
            upgrade(connection, self.name)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error) as error:
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise _storage_error(reason, self.name) from error


_URLS = "Leave it empty for a file in the data folder, or write it as SQLAlchemy does: sqlite:////folder/chats.db"


def _storage_error(reason: str, name: str) -> StorageError:
    said = reason.lower()
    if "full" in said:
        return no_room(f"There is no room left in {name} ({reason}).", name)
    if "not a database" in said or "malformed" in said or "encrypted" in said:
        return StorageError(
            f"{name} is damaged, or no database of this program ({reason}).",
            "Move it away, with the files -wal and -shm beside it, and a new one is made; or put a copy of it back.",
        )
    if "locked" in said or "busy" in said:
        return StorageError(
            f"{name} is held by another program ({reason}).", "Try again in a moment, or end the program that holds it."
        )
    if "readonly" in said or "unable to open" in said or "read-only" in said:
        return StorageError(
            f"{name} cannot be written ({reason}).", "Make it and its folder writable, or change [sessions] url."
        )
    return StorageError(
        f"The database {name} cannot be used ({reason}).", "Check the disk and the server that hold it, and its url."
    )


def _on_connect(connection: Any, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # this file says BEGIN itself: Python's driver would say it too late
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {round(BUSY_SECONDS * 1000)}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = NORMAL")  # with the log ahead, a power cut loses the last changes at most
    cursor.close()


def _on_begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("immediate") else "BEGIN")


def _immediate(connection: Connection) -> Connection:
    """A writer locks at once: one that read first could not wait for another writer any more."""
    return connection.execution_options(immediate=True)


def _write_ahead(engine: Engine) -> None:
    """Readers and the writer do not wait for each other. The switch itself waits for no lock, so it is retried."""
    end = time.monotonic() + BUSY_SECONDS
    while True:
        raw = engine.raw_connection()
        try:
            raw.cursor().execute("PRAGMA journal_mode = WAL").close()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.05)
        finally:
            raw.close()


def upgrade(connection: Connection, name: str) -> None:
    """Lead the database to the present version, or raise `StorageError` where it comes from a later program."""
    from alembic import command
    from alembic.config import Config
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes |= {"connection": connection, "version_table": VERSION_TABLE}
    scripts = ScriptDirectory.from_config(config)
    present = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()
    if present is not None and present not in {script.revision for script in scripts.walk_revisions()}:
        raise StorageError(
            f"The chats in {name} were written by a later version of this program (database version {present}).",
            "Update the program, or name another database in [sessions] url.",
        )
    if present != scripts.get_current_head():
        command.upgrade(config, "head")

"""Chats of all users in one database: every access names an owner, and nothing of another's is found."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import IO

from sqlalchemy import select, update

from core.errors import StorageError
from core.sessions import rows
from core.sessions.archive import write_archive
from core.sessions.database import Database
from core.sessions.decoded import Decoded
from core.sessions.examples import Example
from core.sessions.experiments import ExperimentStore
from core.sessions.importing import Import
from core.sessions.measurements import Measurements
from core.sessions.pictures import REOPEN, PictureStore
from core.sessions.records import Kept, Summary, json_text, one_line, owner_key
from core.sessions.rows import NoSuchChat
from core.sessions.running import Run
from core.sessions.tables import CHATS
from core.sessions.upkeep import TOUCH_SECONDS, Tidied, Upkeep
from core.settings import Settings
from core.types.picture import PictureRef
from core.types.record import Record

__all__ = ["Kept", "NoSuchChat", "SessionStore", "Summary", "Tidied"]


class SessionStore:
    """Cheap to construct: the database is opened, and led to the present version, on first use.

    Safe for many threads, and for several processes on one database and folder. Every method may raise `StorageError`;
    `NoSuchChat` where the owner has no such chat. What changes a chat returns the chat's new revision.
    """

    def __init__(self, settings: Settings, decoded: Decoded | None = None) -> None:
        kept, folder = settings.sessions, settings.data_dir
        self.settings = settings
        self.pictures = PictureStore(folder / "pictures", settings.limits, decoded or Decoded(), kept.pictures_mb)
        self.measurements = Measurements(folder / "measurements", kept.measurements_mb)
        self._database = Database(kept.url, folder / "chats.db")
        self._run = Run(folder / "running")
        self._upkeep = Upkeep(self._database, self._run, self.pictures, self.measurements, kept)
        self.experiments = ExperimentStore(self._database, self.pictures, self._upkeep, kept)

    def close(self) -> None:
        """Let go of the database; what this store left unfinished counts as interrupted from now on."""
        self._database.close()
        self._run.close()

    def chats(self, owner: str) -> list[Summary]:
        """The newest change first."""
        with self._database.read() as connection:
            return rows.summaries(connection, owner)

    def create(self, owner: str, title: str) -> str:
        """A new, empty chat's id. `StorageError` where the owner has as many as one may."""
        with self._database.write() as connection:
            return rows.create(connection, owner, title, self.settings.sessions.chats)

    def rename(self, owner: str, chat: str, title: str) -> int:
        with self._database.write() as connection:
            return rows.change(connection, owner, chat, title=one_line(title))

    def delete(self, owner: str, chat: str) -> None:
        """The chat with its records and examples; its pictures and measurements go with their last reference."""
        with self._database.read() as connection:
            rows.chat_row(connection, owner, chat)
        self._upkeep.drop_chats([chat])

    def load(self, owner: str, chat: str, since: int = 0) -> Kept:
        """The chat; with `since` (a revision), only the records written after it, all else in full.

        What a run that is gone left unfinished comes as finished and interrupted.
        """
        with self._database.read() as connection:
            row = rows.chat_row(connection, owner, chat)
            pictures, found = rows.pictures(connection, chat), rows.records(connection, chat, since)
        if time.time() - row.touched > TOUCH_SECONDS:
            self._touch(chat)
        gone = {run: self._upkeep.is_gone(run, at) for run, at in {r.run: r.created for r in found}.items() if run}
        records = tuple(rows.record_of(r, gone.get(r.run, False)) for r in found)
        shown = MappingProxyType(json.loads(row.shown))
        return Kept(row.id, row.title, row.created, row.updated, row.revision, pictures, records, row.head, shown)

    def revision(self, owner: str, chat: str) -> int:
        """Cheap enough to be asked every second."""
        query = select(CHATS.c.revision).where(CHATS.c.id == chat, CHATS.c.owner == owner_key(owner))
        with self._database.read() as connection:
            found = connection.scalar(query)
        if found is None:
            raise NoSuchChat
        return int(found)

    def add_picture(self, owner: str, chat: str, ref: PictureRef) -> int:
        """Put a picture into the chat, behind the others; one that is there already stays where it is.

        `StorageError` where its file was deleted meanwhile.
        """
        with self._database.write() as connection:
            revision = rows.change(connection, owner, chat, updated=time.time())
            rows.put_picture(connection, chat, ref)
            if not self.pictures.has(ref.key):
                raise StorageError(f"'{ref.name}' is no longer kept here.", REOPEN)
        self.pictures.release([ref.key])
        return revision

    def put(self, owner: str, chat: str, record: Record) -> int:
        """Insert a record, or replace the one with its id: when its request begins, and again when it is finished.

        Measurements and pixels in it are not kept here (`measurements.save`, `pictures.save`).
        """
        if not record.finished:
            self._run.begin()
        with self._database.write() as connection:
            revision = rows.change(connection, owner, chat, updated=time.time())
            rows.put_record(connection, chat, record, revision, self._run.id)
        self.pictures.release(result.edited.key for result in record.results if result.edited is not None)
        return revision

    def set_view(self, owner: str, chat: str, head: str, shown: Mapping[str, str]) -> int:
        """Which branch is shown, by its leaf node, and which versions the user turned back to."""
        with self._database.write() as connection:
            return rows.change(connection, owner, chat, head=head, shown=json_text(dict(shown)))

    def add_example(self, owner: str, chat: str, example: Example) -> None:
        """Remember a correction; it replaces an earlier one of the same exchange. It goes with its chat."""
        with self._database.write() as connection:
            rows.chat_row(connection, owner, chat)
            rows.put_example(connection, chat, example)

    def examples(self, owner: str) -> list[Example]:
        """Of all the owner's chats, oldest first."""
        with self._database.read() as connection:
            return rows.examples(connection, owner)

    def tidy(self, now: float | None = None) -> Tidied:
        """Delete what is too old, what nothing refers to and what is over quota; to be called now and then.

        now: seconds since 1970.
        """
        return self._upkeep.tidy(time.time() if now is None else now)

    def export(self, owner: str, chat: str, file: Path | IO[bytes]) -> None:
        """Write everything of a chat as one zip."""
        kept = self.load(owner, chat)
        with self._database.read() as connection:
            examples = rows.examples(connection, owner, chat)
        write_archive(file, kept, examples, self.pictures, self.measurements)

    def import_(self, owner: str, file: Path | IO[bytes] | bytes) -> str:
        """A new chat from what `export` wrote, with ids of its own. Raises `InputError`; then nothing of it is left."""
        bringing = Import(self.pictures, self.measurements, self.settings)
        try:
            found = bringing.read(file)
            with self._database.write() as connection:
                chat = rows.create(connection, owner, found.title, self.settings.sessions.chats, found.created)
                for ref in found.pictures:
                    rows.put_picture(connection, chat, ref)
                for record in found.records:
                    rows.put_record(connection, chat, record, 1, self._run.id)
                for example in found.examples:
                    rows.put_example(connection, chat, example)
                rows.change(connection, owner, chat, head=found.head, shown=json_text(dict(found.shown)))
        except BaseException:
            bringing.undo()
            with contextlib.suppress(StorageError):  # a broken database: `tidy` finds them
                self._upkeep.drop_pictures(bringing.written)
            raise
        bringing.done()
        return chat

    def _touch(self, chat: str) -> None:
        """It was opened: retention counts from now."""
        with contextlib.suppress(StorageError), self._database.write() as connection:  # reading needs no room
            connection.execute(update(CHATS).where(CHATS.c.id == chat).values(touched=time.time()))

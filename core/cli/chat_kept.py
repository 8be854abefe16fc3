"""A chat that lives in one zip: read when the chat begins, written whole after every turn."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.dialogue.branches import Tree
from core.errors import InputError
from core.sessions.store import SessionStore
from core.settings import Settings
from core.types.picture import PictureRef
from core.types.record import Record

OWNER = "chat"  # of the one chat in a store of its own
ANOTHER = "Choose another file with --session."


class Kept:
    """The zip, and the store from which it is written; the installation's own database is not touched."""

    def __init__(self, file: Path, folder: Path, settings: Settings) -> None:
        """folder: for the store's files while the chat runs. Raises `InputError`; then the zip is as it was."""
        self._file = _writable(file)
        alone = replace(settings, data_dir=folder, sessions=replace(settings.sessions, url=""))
        self.store = SessionStore(alone)
        known = self._file.exists()
        self._chat = self.store.import_(OWNER, self._file) if known else self.store.create(OWNER, file.stem)
        kept = self.store.load(OWNER, self._chat)
        self.pictures, self.records = list(kept.pictures), Tree(kept.records, kept.head, kept.shown).path()
        self._named = bool(kept.records)
        self._put_pictures, self._put_records = len(self.pictures), len(self.records)
        self._written = False

    def save(self, pictures: Sequence[PictureRef], records: Sequence[Record]) -> None:
        """Write the zip where anything is new. Raises `InputError` or `StorageError`; the zip is then as it was."""
        if self._written and (len(pictures), len(records)) == (self._put_pictures, self._put_records):
            return
        self._written = False
        for picture in pictures[self._put_pictures :]:
            self.store.add_picture(OWNER, self._chat, picture)
            self._put_pictures += 1
        for record in records[self._put_records :]:
            if not self._named:
                self.store.rename(OWNER, self._chat, record.text)
                self._named = True
            self.store.put(OWNER, self._chat, record)
            self.store.set_view(OWNER, self._chat, record.node, {})
            self._put_records += 1
        self._write()
        self._written = True

    def _write(self) -> None:
        aside = ""
        try:
            handle, aside = tempfile.mkstemp(".part", f".{self._file.name}-", self._file.parent)
            with os.fdopen(handle, "wb") as stream:
                self.store.export(OWNER, self._chat, stream)
                stream.flush()
                os.fsync(stream.fileno())
            Path(aside).replace(self._file)
        except OSError as error:
            raise _no_file(self._file, error) from error
        finally:
            if aside:
                Path(aside).unlink(missing_ok=True)  # nothing, where it was renamed

    def close(self) -> None:
        self.store.close()


def _writable(file: Path) -> Path:
    """The file itself, where links lead; a file can be written beside it. Known before anything is asked."""
    try:
        file = file.expanduser().resolve()
        if file.is_dir():
            raise InputError(f"{file} is a folder, not a zip.", ANOTHER)
        if file.exists() and not file.is_file():
            raise InputError(f"{file} is no ordinary file.", ANOTHER)
        with tempfile.TemporaryFile(dir=file.parent):
            pass
    except (OSError, RuntimeError, ValueError) as error:
        raise _no_file(file, error) from error
    return file


def _no_file(file: Path, error: Exception) -> InputError:
    reason = getattr(error, "strerror", None) or str(error)
    return InputError(f"The session cannot be written to {file}: {reason}.", f"Free some space. {ANOTHER}")

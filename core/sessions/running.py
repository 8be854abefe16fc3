"""Who is still alive: each run of the program holds a lock on a file, which the system lets go when the run ends."""

from __future__ import annotations

import contextlib
import re
import sys
from pathlib import Path
from typing import IO

from core.sessions.files import private_folder, storage_error
from core.types.turn import new_id

RUN = re.compile(r"[0-9a-f]{32}")

if sys.platform == "win32":
    import msvcrt

    def _lock(stream: IO[bytes], alone: bool) -> None:
        msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(stream: IO[bytes], alone: bool) -> None:
        fcntl.flock(stream, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)


class Run:
    """One store's run. It lives until `close`, or until the store or its process is gone."""

    def __init__(self, folder: Path) -> None:
        self.id = new_id()
        self._folder = folder
        self._held: IO[bytes] | None = None

    def begin(self) -> None:
        """Show that this run lives. Raises `StorageError`."""
        if self._held is not None:
            return
        private_folder(self._folder)
        try:
            stream = (self._folder / self.id).open("wb")
        except OSError as error:
            raise storage_error(error, self._folder) from error
        with contextlib.suppress(OSError):  # a file system without locks: nobody can tell then
            _lock(stream, alone=True)
        self._held = stream

    def alive(self, other: str) -> bool | None:
        """Whether another run lives; None where that cannot be told (it runs on another machine, say)."""
        if other == self.id:
            return True
        if not RUN.fullmatch(other):
            return None
        try:
            with (self._folder / other).open("r+b") as stream:
                _lock(stream, alone=False)
                return False
        except (BlockingIOError, PermissionError):
            return True
        except OSError:
            return None

    def remove_dead(self, before: float) -> None:
        """Delete the marks of runs that are gone, where they are older than `before` (seconds since 1970)."""
        for file in self._folder.glob("*"):
            with contextlib.suppress(OSError):
                if file.stat().st_mtime < before and self.alive(file.name) is False:
                    file.unlink()

    def close(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None

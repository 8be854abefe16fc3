"""Files that are written whole or not at all, in folders of their owner alone; a full disk is said in words."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from core.errors import StorageError

PART = ".part"  # the ending of a file that is not whole yet
NO_ROOM = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG}
FORBIDDEN = {errno.EROFS, errno.EACCES, errno.EPERM}
OWNER_ONLY = 0o700


def private_folder(folder: Path) -> None:
    """Make a folder that only its owner can look into, and those above it, where missing. Raises `StorageError`."""
    if not folder.parent.exists():
        private_folder(folder.parent)
    try:
        folder.mkdir(OWNER_ONLY, exist_ok=True)
    except OSError as error:
        raise storage_error(error, folder) from error


@contextmanager
def whole_file(file: Path, sync: bool = True) -> Iterator[IO[bytes]]:
    """A stream whose bytes stand under the file's name once all of them are written, and never before.

    sync: the bytes reach the disk before the name does; without it a power cut may leave an empty file. Raises
    `StorageError`; then nothing of it is left.
    """
    private_folder(file.parent)
    try:
        handle, name = tempfile.mkstemp(PART, ".", file.parent)
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                yield stream
                stream.flush()
                if sync:
                    os.fsync(stream.fileno())
            part.replace(file)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise storage_error(error, file.parent) from error


def write_whole(file: Path, data: bytes, sync: bool = True) -> None:
    """The file with these bytes, or `StorageError` and no file."""
    with whole_file(file, sync) as stream:
        stream.write(data)


def storage_error(error: OSError, folder: Path) -> StorageError:
    """What the system said of a file, with a remedy."""
    reason = error.strerror or str(error)
    if error.errno in NO_ROOM:
        return no_room(f"There is no room left to keep this ({reason}).", folder)
    if error.errno in FORBIDDEN:
        return StorageError(
            f"Nothing can be kept in {folder} ({reason}).",
            "Make that folder writable, or name another one in VLP_WORKBENCH_DATA.",
        )
    return StorageError(
        f"{folder} cannot be used ({reason}).", "Check that folder, or name another one in VLP_WORKBENCH_DATA."
    )


def no_room(message: str, folder: Path | str) -> StorageError:
    """What was kept before is untouched."""
    return StorageError(message, f"Delete chats, or free space on the disk that holds {folder}.")


def remove_parts(folder: Path, before: float) -> None:
    """Delete what a killed process left half written, where it is older than `before` (seconds since 1970)."""
    for part in folder.glob(f".*{PART}"):
        try:
            if part.stat().st_mtime < before:
                part.unlink()
        except OSError:  # finished, or deleted by another process, in this very moment
            continue

"""What the command line reads from files: pictures and sounds, no larger than the limits allow."""

from __future__ import annotations

import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from core.audio import open_sound
from core.errors import InputError
from core.pictures import open_picture
from core.settings import Limits
from core.types.audio import AudioClip
from core.types.image import ImageAsset


def read_bytes(path: Path, limits: Limits) -> bytes:
    """A file's content. Raises `InputError`; reads one byte more than the limit at most, whatever the file says."""
    with _opened(path, "a picture") as file:
        return file.read(int(limits.upload_mb * 1e6) + 1)


@contextmanager
def _opened(path: Path, what: str) -> Iterator[BinaryIO]:
    """The file, to read. what: it should be."""
    choose = f"Give the path of {what}."
    try:
        if stat.S_ISDIR(path.stat().st_mode):
            raise InputError(f"{path} is a folder, not {what}.", choose)
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.", choose) from error
    except ValueError as error:
        raise InputError(f"{str(path)!r} is no path: {error}.", choose) from error


@contextmanager
def quietly() -> Iterator[None]:
    """Without Pillow's own warnings; what matters of them is in the picture's notes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def read_image(path: Path, limits: Limits) -> ImageAsset:
    """The picture of a file. Raises `InputError`."""
    data = read_bytes(path, limits)
    with quietly():
        return open_picture(data, path.name, limits)


def read_sound(path: Path, limits: Limits) -> AudioClip:
    """The sound of a file of any size, read as it is decoded; of a pipe, as much as an upload. Raises `InputError`."""
    with _opened(path, "a recording") as file:
        if file.seekable():
            return open_sound(file, path.name, limits)
        return open_sound(file.read(int(limits.upload_mb * 1e6) + 1), path.name, limits)

"""What the command line reads from files: pictures, no larger than the limits allow."""

from __future__ import annotations

import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import InputError
from core.pictures import open_picture
from core.settings import Limits
from core.types.image import ImageAsset


def read_bytes(path: Path, limits: Limits) -> bytes:
    """A file's content. Raises `InputError`; reads one byte more than the limit at most, whatever the file says."""
    choose = "Give the path of a picture."
    try:
        if stat.S_ISDIR(path.stat().st_mode):
            raise InputError(f"{path} is a folder, not a picture.", choose)
        with path.open("rb") as file:
            return file.read(int(limits.upload_mb * 1e6) + 1)
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

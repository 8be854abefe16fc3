"""Room on the disk: asked for before a download, and told when it runs out."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from core.errors import EngineUnavailable

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
SPARE = 50_000_000  # bytes that stay free
MB = 1e6


def disk_error(error: OSError, name: str) -> EngineUnavailable:
    """A full disk, or one that cannot be written."""
    if error.errno not in FULL:
        return EngineUnavailable(f"{name} cannot be kept ({error}).", "Check the folder and who may write into it.")
    return EngineUnavailable(f"The disk is full: {name} cannot be kept.", "Free some space, then download it again.")


def room(folder: Path, nbytes: int, name: str) -> None:
    """Raises `EngineUnavailable` where a file of so many bytes does not fit the disk of a folder that may not exist."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if nbytes + SPARE > free:
        raise EngineUnavailable(
            f"{name} needs {nbytes / MB:,.0f} MB of disk, but {folder} has {free / MB:,.0f} MB free.",
            "Free some space, then download it again.",
        )

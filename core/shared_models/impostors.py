"""What lies where weights should be and is none: recognised by its first and last bytes, before torch reads it."""

from __future__ import annotations

import json
import struct
import zipfile
from functools import lru_cache
from pathlib import Path

from core.errors import EngineUnavailable

HEAD = 1024  # bytes
PAGES = (b"<!doctype", b"<html", b"<?xml")
ZIP = b"PK\x03\x04"  # what torch.save writes
LARGEST_HEADER = 100_000_000  # bytes of JSON, as the safetensors library limits it
AGAIN = "Delete it and download it again."


def impostor(head: bytes) -> str:
    """What the first bytes of a file say it is, if no weights: "an empty file"; "" where it may be weights."""
    if not head:
        return "an empty file"
    if head.startswith(b"version ") and b"git-lfs" in head[:64]:
        return "a git-lfs pointer, which only names the weights"
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(PAGES):
        return "a web page, saved under the name of the weights"
    return ""


def refuse(path: Path) -> None:
    """Raises `EngineUnavailable` where the file is recognised as no weights, or as cut short."""
    stat = path.stat()
    reason, remedy = _judged(path, stat.st_size, stat.st_mtime_ns)
    if reason:
        raise EngineUnavailable(f"{path} is {reason}.", remedy)


@lru_cache(maxsize=256)  # by size and time: a status is asked at every run of a page
def _judged(path: Path, size: int, mtime: int) -> tuple[str, str]:
    with path.open("rb") as file:
        head = file.read(HEAD)
    reason = impostor(head)
    if reason:
        pull = "Fetch the file itself: git lfs pull, or download it again." if "git-lfs" in reason else AGAIN
        return reason, pull
    if head.startswith(ZIP) and not zipfile.is_zipfile(path):
        return "cut short: its end is missing", AGAIN
    if path.suffix == ".safetensors":
        return _safetensors(path, size), AGAIN
    return "", ""


def _safetensors(path: Path, size: int) -> str:
    """Eight bytes of length, a JSON header with the tensors' ends, the tensors."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > min(LARGEST_HEADER, size):
                return "no safetensors file, or cut short"
            header = json.loads(file.read(length))
        end = max(
            (int(entry["data_offsets"][1]) for name, entry in header.items() if name != "__metadata__"), default=0
        )
    except (struct.error, ValueError, KeyError, TypeError, IndexError, AttributeError):
        return "no safetensors file, or cut short"
    return "cut short: its end is missing" if 8 + length + end > size else ""

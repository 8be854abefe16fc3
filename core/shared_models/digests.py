"""Checksums of files: computed, compared, and found in an address."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core.jobs import Job

BLOCK = 1 << 20  # bytes read at a time
NAMES = {"sha256": "SHA-256", "md5": "MD5", "git": "SHA-1"}
SHA256 = re.compile(r"[0-9a-fA-F]{64}")


def differing(path: Path, known: Mapping[str, str], job: Job) -> str:
    """The name of the first digest ("SHA-256") that is not the known one; "" where all agree.

    known: of "sha256", "md5" and "git" (SHA-1 of a git blob), in hexadecimal digits.
    """
    hashes = {kind: _hash(kind, path.stat().st_size) for kind in known}
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            job.check()
            for one in hashes.values():
                one.update(block)
    return next((NAMES[kind] for kind in known if hashes[kind].hexdigest() != known[kind].lower()), "")


def in_address(address: str) -> dict[str, str]:
    """A part of the path of 64 hexadecimal digits is the file's SHA-256: Whisper's addresses are made so."""
    found = [part for part in urlsplit(address).path.split("/") if SHA256.fullmatch(part)]
    return {"sha256": found[-1].lower()} if found else {}


def _hash(kind: str, size: int) -> Any:
    if kind == "git":
        return hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    return hashlib.new(kind, usedforsecurity=False)

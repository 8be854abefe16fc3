"""Archives taken apart and put together again, so that each lie can be told alone."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

Files = dict[str, bytes]


def files_of(data: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: Mapping[str, bytes], deflate: bool = False) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return stream.getvalue()


def signed(files: Files) -> Files:
    """The files with a manifest that has their right digests: a liar can compute them too."""
    manifest = json.loads(files["manifest.json"])
    manifest["files"] = {n: hashlib.sha256(d).hexdigest() for n, d in files.items() if n != "manifest.json"}
    return {**files, "manifest.json": json.dumps(manifest).encode()}


def with_manifest(files: Files, **changes: Any) -> Files:
    manifest = json.loads(files["manifest.json"])
    return {**files, "manifest.json": json.dumps({**manifest, **changes}).encode()}


def with_record(files: Files, change: Callable[[Any], object], number: int = 0) -> Files:
    """One record changed, and everything signed again."""
    name = f"records/{number:05d}.json"
    plain = json.loads(files[name])
    change(plain)
    return signed({**files, name: json.dumps(plain).encode()})


def name_of(files: Files, folder: str) -> str:
    """The first file of a folder."""
    return next(name for name in files if name.startswith(f"{folder}/"))


def picture_name(files: Files) -> str:
    return name_of(files, "pictures")

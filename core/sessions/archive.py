"""A chat as one zip: a manifest, its records, its pictures as they were given, and what was measured."""

from __future__ import annotations

import contextlib
import hashlib
import json
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from core.errors import StorageError
from core.packing import pack
from core.sessions.examples import Example
from core.sessions.files import storage_error, whole_file
from core.sessions.measurements import Measurements
from core.sessions.pictures import PictureStore
from core.sessions.records import Kept, json_text, refs_of, slim

FORMAT = 1  # a reader refuses a larger one
PROGRAM = "VLP Workbench"
MANIFEST = "manifest.json"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can name: equal chats give equal archives
PRIVATE = 0o600 << 16  # ZipInfo.external_attr
UNIX = 3  # ZipInfo.create_system


def write_archive(
    file: Path | IO[bytes],
    kept: Kept,
    examples: Sequence[Example],
    pictures: PictureStore,
    measurements: Measurements,
) -> None:
    """A picture whose file is gone, and measurements that were evicted, are left out. Raises `StorageError`."""
    if isinstance(file, Path):
        with whole_file(file) as stream:
            _write(stream, kept, examples, pictures, measurements)
        return
    try:
        _write(file, kept, examples, pictures, measurements)
    except OSError as error:
        raise storage_error(error, Path(getattr(file, "name", "the archive"))) from error


def _write(
    stream: IO[bytes],
    kept: Kept,
    examples: Sequence[Example],
    pictures: PictureStore,
    measurements: Measurements,
) -> None:
    digests: dict[str, str] = {}
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in _members(kept, pictures, measurements):
            digests[name] = hashlib.sha256(data).hexdigest()
            archive.writestr(_entry(name), data)
        manifest = {
            "format": FORMAT,
            "made_by": PROGRAM,
            "title": kept.title,
            "created": kept.created,
            "head": kept.head,
            "shown": dict(kept.shown),
            "pictures": pack(kept.pictures),
            "examples": pack(tuple(examples)),
            "files": digests,
        }
        archive.writestr(_entry(MANIFEST), json.dumps(manifest, indent=2).encode())


def _members(kept: Kept, pictures: PictureStore, measurements: Measurements) -> Iterator[tuple[str, bytes]]:
    refs = {ref.key: ref for ref in kept.pictures}
    for number, record in enumerate(kept.records):
        refs |= {ref.key: ref for ref in refs_of(record)}
        yield f"records/{number:05d}.json", json_text(pack(slim(record))).encode()
        for index, result in enumerate(record.results):
            data = measurements.data(result.turn)
            if data is not None:
                yield f"measurements/{number:05d}-{index:03d}.npz", data
    for key, ref in refs.items():
        with contextlib.suppress(StorageError):
            yield f"pictures/{key}", pictures.raw(ref)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED if name.endswith(".json") else zipfile.ZIP_STORED
    entry.create_system, entry.external_attr = UNIX, PRIVATE
    return entry

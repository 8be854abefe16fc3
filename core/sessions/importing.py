"""What `archive` wrote, read as if anybody could have written it: each file is checked before any of it is kept."""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
import stat
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

from core.errors import InputError, WorkbenchError
from core.packing import unpack
from core.pictures import display_name, open_picture
from core.sessions.archive import FORMAT, MANIFEST
from core.sessions.checks import check_arrays, check_record, check_tree
from core.sessions.examples import Example
from core.sessions.measurements import Measurements, from_npz
from core.sessions.pictures import PictureStore, reference
from core.sessions.records import interrupted, one_line, slim
from core.sessions.renewed import Ids, Pictures, renewed
from core.settings import Settings
from core.types.arrays import expect
from core.types.picture import PictureRef
from core.types.record import Record
from core.types.turn import Turn

NAME = re.compile(r"manifest\.json|records/\d{5}\.json|pictures/[0-9a-f]{64}|measurements/\d{5}-\d{3}\.npz")
MOST_FILES = 20_000
MOST_TEXT = 64_000_000  # bytes of one JSON file
MOST_TEXTS = 256_000_000  # of all together
MOST_ARRAYS = 512_000_000  # of all masks, unpacked
MOST_MEASURED = 256_000_000  # of one turn's measurements
PIXEL_BYTES = 3.2  # a made picture is a PNG that may not shrink at all
EXPORTED = "Choose a file that Export made."
AGAIN = "Export the chat again, and choose that file."


@dataclass(frozen=True)
class Brought:
    """A chat to be kept, under new ids; its pictures and measurements lie in their stores already."""

    title: str
    created: float
    pictures: tuple[PictureRef, ...] = ()
    records: tuple[Record, ...] = ()
    examples: tuple[Example, ...] = ()
    head: str = ""
    shown: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class _Manifest:
    """What the manifest says."""

    title: str
    created: float
    head: str = ""
    shown: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    pictures: tuple[PictureRef, ...] = ()
    examples: tuple[Example, ...] = ()
    files: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


class Import:
    """One archive on its way in. written: keys of the picture files that it brought, and that were not here before."""

    def __init__(self, pictures: PictureStore, measurements: Measurements, settings: Settings) -> None:
        self._pictures, self._measurements, self._settings = pictures, measurements, settings
        self._ids = Ids()
        self._claimed: list[str] = []
        self.written: list[str] = []

    def read(self, file: Path | IO[bytes] | bytes) -> Brought:
        """Raises `InputError`, or `StorageError` where there is no room; then `undo` removes what it left."""
        try:
            with zipfile.ZipFile(io.BytesIO(file) if isinstance(file, bytes) else file) as archive:
                return self._read(archive)
        except WorkbenchError:
            raise
        except MemoryError as error:
            raise InputError("This archive needs more memory than there is.", "Import a smaller chat.") from error
        except Exception as error:  # hostile bytes break the readers of zip, JSON and npz in every way they know
            reason = " ".join(str(error).split())[:120] or type(error).__name__
            raise InputError(f"This is no archive of a chat, or a damaged one ({reason}).", AGAIN) from error

    def done(self) -> None:
        """The chat refers to its pictures now."""
        self._pictures.release(self._claimed)
        self._claimed = []

    def undo(self) -> None:
        """Nothing refers to what was brought: `written` may be deleted."""
        self.done()
        self._measurements.forget(self._ids.known.values())

    def _read(self, archive: zipfile.ZipFile) -> Brought:
        self._check_members(archive)
        manifest = _manifest(archive)
        records = _records(archive, manifest)
        check_tree(records)
        verified = {
            name.rpartition("/")[2]: self._take_picture(name.rpartition("/")[2], _member(archive, name, manifest))
            for name in manifest.files
            if name.startswith("pictures/")
        }
        sizes = {key: (ref.width, ref.height) for key, ref in verified.items()}
        for record in records:
            check_record(record, sizes, self._settings.limits.megapixels * 1e6)
        for name in manifest.files:
            if name.startswith("measurements/"):
                self._take_measured(from_npz(_member(archive, name, manifest), MOST_MEASURED))
        return self._renewed(manifest, records, Pictures(verified))

    def _renewed(self, manifest: _Manifest, records: list[Record], pictures: Pictures) -> Brought:
        ids, nodes, versions = self._ids, {r.node for r in records}, {r.id: r.node for r in records}
        return Brought(
            title=one_line(manifest.title),
            created=manifest.created,
            pictures=tuple(pictures.new(_shown(ref)) for ref in manifest.pictures),
            records=tuple(renewed(record, ids, pictures) for record in records),
            examples=tuple(
                replace(e, record_id=ids.new(e.record_id)) for e in manifest.examples if e.record_id in versions
            ),
            head=ids.new(manifest.head) if manifest.head in nodes else "",
            shown={ids.new(n): ids.new(v) for n, v in manifest.shown.items() if versions.get(v) == n},
        )

    def _check_members(self, archive: zipfile.ZipFile) -> None:
        members = archive.infolist()
        names = {member.filename for member in members}
        if MANIFEST not in names:
            raise InputError("This zip holds no chat: it has no manifest.json.", EXPORTED)
        for member in members:
            kind = stat.S_IFMT(member.external_attr >> 16)
            if not NAME.fullmatch(member.filename) or kind not in (0, stat.S_IFREG):
                raise InputError(f"This zip holds '{display_name(member.filename)}', which no chat has.", AGAIN)
            if member.file_size > self._most(member.filename):
                raise InputError(
                    f"'{display_name(member.filename)}' in this zip is too large.", "Import a smaller chat."
                )
        kept = self._settings.sessions
        total = sum(member.file_size for member in members)
        texts = sum(member.file_size for member in members if member.filename.endswith(".json"))
        room = (kept.pictures_mb + kept.measurements_mb) * 1e6 + MOST_TEXTS
        if len(members) > MOST_FILES or total > room or texts > MOST_TEXTS:
            raise InputError(f"This chat is too large to be imported ({total / 1e6:.0f} MB).", "Import a smaller one.")
        if len(names) != len(members):
            raise InputError("This zip holds two files of one name.", AGAIN)

    def _most(self, name: str) -> float:
        """Bytes that a file may have once it is unpacked."""
        if name.startswith("pictures/"):
            limits = self._settings.limits
            return max(limits.upload_mb, limits.megapixels * PIXEL_BYTES) * 1e6
        return MOST_MEASURED if name.startswith("measurements/") else MOST_TEXT

    def _take_picture(self, key: str, data: bytes) -> PictureRef:
        """Through the door, as an upload; its name must be the digest of its bytes or (a made one) of its pixels."""
        limits = self._settings.limits
        image = open_picture(data, "picture", replace(limits, upload_mb=self._most("pictures/") / 1e6))
        if key not in (hashlib.sha256(data).hexdigest(), image.digest):
            raise InputError("A picture in this zip is not the one it says it is.", AGAIN)
        if self._pictures.write(key, data):
            self.written.append(key)
        self._claimed.append(key)
        return reference(key, image)

    def _take_measured(self, turn: Turn) -> None:
        self._measurements.save(replace(turn, id=self._ids.new(turn.id)))


def _manifest(archive: zipfile.ZipFile) -> _Manifest:
    plain = json.loads(archive.read(MANIFEST))
    number = plain.get("format") if isinstance(plain, dict) else None
    if not isinstance(number, int) or number < 1:
        raise InputError("This zip holds no chat: its manifest.json names no format.", EXPORTED)
    if number > FORMAT:
        raise InputError(
            f"This chat was exported by a later version of the program (format {number}; {FORMAT} is known here).",
            "Update the program.",
        )
    manifest = unpack(_Manifest, plain)
    expect(all(map(math.isfinite, (manifest.created, *(e.created for e in manifest.examples)))), "it has no time")
    if {*manifest.files, MANIFEST} != set(archive.namelist()):
        raise InputError("This zip lacks files of its chat, or holds others.", AGAIN)
    return manifest


def _records(archive: zipfile.ZipFile, manifest: _Manifest) -> list[Record]:
    """In the order that they had, and none of them unfinished: whoever worked on it is elsewhere."""
    records, room = [], float(MOST_ARRAYS)
    for name in sorted(name for name in manifest.files if name.startswith("records/")):
        plain = json.loads(_member(archive, name, manifest))
        room -= check_arrays(plain, room)
        record = slim(unpack(Record, plain))
        shown = [replace(r, picture=_shown(r.picture), edited=_shown(r.edited)) for r in record.results]
        record = replace(record, pictures=tuple(map(_shown, record.pictures)), results=tuple(shown))
        records.append(record if record.finished else interrupted(record))
    return records


def _shown(ref: Any) -> Any:
    """The reference with a name that is safe to show."""
    return replace(ref, name=display_name(ref.name)) if ref is not None else None


def _member(archive: zipfile.ZipFile, name: str, manifest: _Manifest) -> bytes:
    data = archive.read(name)
    if hashlib.sha256(data).hexdigest() != manifest.files[name]:
        raise InputError(f"'{name}' in this zip was changed or damaged.", AGAIN)
    return data

"""Records as rows: packed without measurements and pixels, and read back whatever became of them."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from core.packing import pack, unpack
from core.types.picture import PictureRef
from core.types.record import Record, Result

INTERRUPTED = ("This request was interrupted.", "Send it again.")
UNREADABLE = ("This request cannot be read any more.", "Update the program, if it is not the latest; or ask again.")
FAST = 1  # zlib
TITLE_CHARS = 200


@dataclass(frozen=True)
class Summary:
    """A chat in a list. created, updated: seconds since 1970. requests: all nodes. picture: the first one."""

    id: str
    title: str
    created: float
    updated: float
    requests: int = 0
    picture: PictureRef | None = None


@dataclass(frozen=True)
class Kept:
    """A chat as it is kept.

    pictures: those put into it, in order. records: all versions of all nodes, in order of creation. head: the shown
    leaf node, "" where none is. shown: node -> id of the version that the user turned back to. revision: grows by every
    change.
    """

    id: str
    title: str
    created: float
    updated: float
    revision: int
    pictures: tuple[PictureRef, ...] = ()
    records: tuple[Record, ...] = ()
    head: str = ""
    shown: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def owner_key(owner: str) -> str:
    """An owner as the database knows them: the cookie cannot be read from it."""
    return hashlib.sha256(owner.encode("utf-8", "surrogatepass")).hexdigest()


def slim(record: Record) -> Record:
    """The record without what lies elsewhere: measurements, and the changed picture's pixels."""
    return replace(record, results=tuple(map(_slim_result, record.results)))


def _slim_result(result: Result) -> Result:
    return replace(result, turn=replace(result.turn.light(), edited=None))


def interrupted(record: Record) -> Record:
    """The record of a request whose program ended before it did; what was done already stays."""
    return replace(record, finished=True, failed=INTERRUPTED)


def to_bytes(record: Record) -> bytes:
    return zlib.compress(json_text(pack(slim(record))).encode(), FAST)


def from_bytes(data: bytes, id_: str, node: str, parent: str, created: float) -> Record:
    """The record; where its bytes cannot be read, one in its place that says so: the chat around it stays whole."""
    try:
        return unpack(Record, json.loads(zlib.decompress(data)))
    except (ValueError, zlib.error, RecursionError):
        return Record("", id_, node, parent, created=created, failed=UNREADABLE, finished=True)


def json_text(plain: Any) -> str:
    """JSON of packed values; numbers that numpy made become Python's own, which are as exact."""
    return json.dumps(plain, default=_number)


def _number(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is no value of JSON")


def ref_text(ref: PictureRef) -> str:
    return json_text(pack(ref))


def ref_of(text: str) -> PictureRef:
    return unpack(PictureRef, json.loads(text))


def refs_of(record: Record) -> list[PictureRef]:
    """Every picture that a record refers to, once for each key."""
    refs = [*record.pictures]
    for result in record.results:
        refs += [ref for ref in (result.picture, result.edited) if ref is not None]
    found: dict[str, PictureRef] = {}
    for ref in refs:
        found.setdefault(ref.key, ref)
    return list(found.values())


def turn_ids(records: Iterable[Record]) -> list[str]:
    return list(dict.fromkeys(result.turn.id for record in records for result in record.results))


def one_line(text: str) -> str:
    """A title as every database takes it: one line, bounded, no half characters."""
    clean = text.replace("\x00", "").encode("utf-8", "replace").decode()
    return " ".join(clean.split())[:TITLE_CHARS]

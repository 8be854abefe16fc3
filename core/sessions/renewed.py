"""A chat brought from elsewhere: new ids for everything in it, and pictures as they were verified here."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from core.types.picture import PictureRef
from core.types.record import Record, Result
from core.types.turn import Turn, new_id


@dataclass
class Ids:
    """Old ids -> new ones; what was one stays one, and none stays none."""

    known: dict[str, str] = field(default_factory=dict)

    def new(self, old: str) -> str:
        return self.known.setdefault(old, new_id()) if old else ""


@dataclass
class Pictures:
    """Keys -> what was found in their files. One whose file was not brought gets a key that nothing has: what lies
    here under its own key is perhaps another user's."""

    verified: Mapping[str, PictureRef]
    lost: dict[str, str] = field(default_factory=dict)

    def new(self, ref: PictureRef) -> PictureRef:
        found = self.verified.get(ref.key)
        if found is not None:
            kind = ref.format if ref.made_by else found.format  # the file of a made one is a PNG only to be kept
            return replace(found, name=ref.name, sample=ref.sample, made_by=ref.made_by, format=kind)
        return replace(ref, key=self.lost.setdefault(ref.key, hashlib.sha256(new_id().encode()).hexdigest()))


def renewed(record: Record, ids: Ids, pictures: Pictures) -> Record:
    return replace(
        record,
        id=ids.new(record.id),
        node=ids.new(record.node),
        parent=ids.new(record.parent),
        pictures=tuple(map(pictures.new, record.pictures)),
        results=tuple(_result(result, ids, pictures) for result in record.results),
    )


def _result(result: Result, ids: Ids, pictures: Pictures) -> Result:
    return replace(
        result,
        turn=_turn(result.turn, ids),
        picture=pictures.new(result.picture) if result.picture is not None else None,
        edited=pictures.new(result.edited) if result.edited is not None else None,
    )


def _turn(turn: Turn, ids: Ids) -> Turn:
    return replace(
        turn,
        id=ids.new(turn.id),
        base=ids.new(turn.base),
        undoes=ids.new(turn.undoes),
        references=tuple(replace(reference, turn=ids.new(reference.turn)) for reference in turn.references),
    )

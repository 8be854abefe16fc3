"""Experiments of all users, beside their chats: every access names an owner, and nothing of another's is found."""

from __future__ import annotations

import contextlib
import json
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from core.errors import StorageError
from core.packing import pack, unpack
from core.sessions.database import Database
from core.sessions.pictures import REOPEN, PictureStore
from core.sessions.records import FAST, json_text, one_line, owner_key, ref_of
from core.sessions.tables import CHATS, EXPERIMENT_USES, EXPERIMENTS, PICTURES
from core.sessions.upkeep import TOUCH_SECONDS, Upkeep
from core.settings import SessionSettings
from core.types.experiment import Experiment
from core.types.picture import PictureRef


class NoSuchExperiment(StorageError):
    """There is no such experiment, or it is another owner's."""

    def __init__(
        self, message: str = "This experiment does not exist any more.", remedy: str = "Choose another one."
    ) -> None:
        super().__init__(message, remedy)


@dataclass(frozen=True)
class ExperimentSummary:
    """An experiment in a list. pictures, variants: how many. updated: seconds since 1970."""

    id: str
    title: str
    pictures: int
    phrases: tuple[str, ...]
    variants: int
    updated: float


class ExperimentStore:
    """Part of a `SessionStore`, on its database and pictures. Safe for many threads and several processes.

    Every method may raise `StorageError`; `NoSuchExperiment` where the owner has no such experiment.
    """

    def __init__(self, database: Database, pictures: PictureStore, upkeep: Upkeep, settings: SessionSettings) -> None:
        self._database, self._pictures, self._upkeep, self._settings = database, pictures, upkeep, settings

    def put(self, owner: str, experiment: Experiment) -> None:
        """Insert an experiment, or replace the one with its id; the last one put wins.

        `StorageError` where the file of a picture that comes into it was deleted meanwhile, and where the owner has as
        many experiments as one may have chats; what was kept before is kept then. Pictures that leave it stay until
        `tidy`: a step back finds them.
        """
        for ref in experiment.pictures:
            self._pictures.save(ref)  # one that was made here, and is not written yet
        values = _columns(experiment)  # packed before anybody waits
        with self._database.write() as connection:
            self._write(connection, owner_key(owner), experiment.id, values)
            fresh = _put_uses(connection, experiment)
            for ref in fresh:
                if not self._pictures.has(ref.key):
                    raise StorageError(f"'{ref.name}' is no longer kept here.", REOPEN)
        self._pictures.release(ref.key for ref in fresh)

    def load(self, owner: str, experiment_id: str) -> Experiment:
        """The experiment as it was put, under its latest title."""
        with self._database.read() as connection:
            row = _row(connection, owner, experiment_id)
        if time.time() - row.touched > TOUCH_SECONDS:
            with contextlib.suppress(StorageError):  # reading needs no room
                self._change(owner, experiment_id)
        return replace(_experiment_of(row.data), title=row.title)

    def summaries(self, owner: str) -> list[ExperimentSummary]:
        """The newest change first."""
        columns = [EXPERIMENTS.c[name] for name in ("id", "title", "pictures", "phrases", "variants", "updated")]
        query = (
            select(*columns)
            .where(EXPERIMENTS.c.owner == owner_key(owner))
            .order_by(EXPERIMENTS.c.updated.desc(), EXPERIMENTS.c.id)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return [
            ExperimentSummary(r.id, r.title, r.pictures, tuple(json.loads(r.phrases)), r.variants, r.updated)
            for r in rows
        ]

    def rename(self, owner: str, experiment_id: str, title: str) -> None:
        self._change(owner, experiment_id, title=one_line(title))

    def delete(self, owner: str, experiment_id: str) -> None:
        """Its pictures go with their last reference, be it a chat's or another experiment's."""
        with self._database.read() as connection:
            _row(connection, owner, experiment_id)
        self._upkeep.drop_experiments([experiment_id])

    def pictures(self, owner: str) -> list[PictureRef]:
        """The pictures in all chats and experiments of the owner, each once: what an experiment from a file may use."""
        mine = owner_key(owner)
        chats = select(PICTURES.c.ref).join(CHATS, CHATS.c.id == PICTURES.c.chat).where(CHATS.c.owner == mine)
        with self._database.read() as connection:
            refs = [ref_of(text) for text in connection.scalars(chats)]
            packed = connection.scalars(select(EXPERIMENTS.c.data).where(EXPERIMENTS.c.owner == mine)).all()
        for data in packed:
            with contextlib.suppress(StorageError):  # one that cannot be read hides no other's pictures
                refs += _experiment_of(data).pictures
        return list({ref.key: ref for ref in reversed(refs)}.values())

    def _write(self, connection: Connection, mine: str, experiment_id: str, values: Mapping[str, Any]) -> None:
        here = EXPERIMENTS.c.id == experiment_id
        found = connection.scalar(select(EXPERIMENTS.c.owner).where(here))
        if found is not None and found != mine:
            raise NoSuchExperiment
        if found is not None:
            connection.execute(update(EXPERIMENTS).where(here).values(**values))
            return
        have = connection.scalar(select(func.count()).select_from(EXPERIMENTS).where(EXPERIMENTS.c.owner == mine)) or 0
        if have >= self._settings.chats:
            raise StorageError(
                f"{have} experiments are kept, and one user may keep {self._settings.chats}.",
                "Delete experiments, or raise [sessions] chats.",
            )
        connection.execute(insert(EXPERIMENTS).values(id=experiment_id, owner=mine, **values))

    def _change(self, owner: str, experiment_id: str, **values: Any) -> None:
        mine = (EXPERIMENTS.c.id == experiment_id, EXPERIMENTS.c.owner == owner_key(owner))
        with self._database.write() as connection:
            done = connection.execute(update(EXPERIMENTS).where(*mine).values(touched=time.time(), **values))
            if done.rowcount == 0:
                raise NoSuchExperiment


def _columns(experiment: Experiment) -> dict[str, Any]:
    return {
        "title": one_line(experiment.title), "created": experiment.created, "updated": experiment.updated,
        "touched": time.time(), "pictures": len(experiment.pictures), "variants": len(experiment.variants),
        "phrases": json_text(list(experiment.phrases)),
        "data": zlib.compress(json_text(pack(experiment)).encode(), FAST),
    }  # fmt: skip


def _row(connection: Connection, owner: str, experiment_id: str) -> Row[Any]:
    mine = (EXPERIMENTS.c.id == experiment_id, EXPERIMENTS.c.owner == owner_key(owner))
    row = connection.execute(select(EXPERIMENTS).where(*mine)).one_or_none()
    if row is None:
        raise NoSuchExperiment
    return row


def _put_uses(connection: Connection, experiment: Experiment) -> list[PictureRef]:
    """Write down which pictures it refers to; those that it did not refer to before."""
    mine = EXPERIMENT_USES.c.experiment == experiment.id
    before = set(connection.scalars(select(EXPERIMENT_USES.c.key).where(mine)))
    refs = {ref.key: ref for ref in experiment.pictures}
    fresh = [ref for key, ref in refs.items() if key not in before]
    if before - refs.keys():
        connection.execute(delete(EXPERIMENT_USES).where(mine))
        before = set()
    uses = [{"experiment": experiment.id, "key": key} for key in refs if key not in before]
    if uses:
        connection.execute(insert(EXPERIMENT_USES), uses)
    return fresh


def _experiment_of(data: bytes) -> Experiment:
    """Raises `StorageError` where its bytes cannot be read: of a later program, or damaged."""
    try:
        return unpack(Experiment, json.loads(zlib.decompress(data)))
    except (ValueError, zlib.error, RecursionError) as error:
        raise StorageError(
            "This experiment cannot be read any more.", "Update the program, if it is not the latest; or delete it."
        ) from error

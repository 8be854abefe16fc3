"""What leaves, and when: old chats and experiments, orphaned pictures, dead runs, measurements over quota or age."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, delete, select, update

from core.sessions import rows
from core.sessions.database import Database
from core.sessions.measurements import Measurements
from core.sessions.pictures import PictureStore
from core.sessions.records import to_bytes
from core.sessions.running import Run
from core.sessions.tables import CHATS, EXPERIMENT_USES, EXPERIMENTS, RECORDS, USES
from core.settings import SessionSettings

DAY_SECONDS = 86_400.0
TOUCH_SECONDS = DAY_SECONDS  # opening counts against `keep_days`; once a day is enough
ORPHAN_SECONDS = 3600.0  # a picture that was just uploaded is not referred to yet
UNKNOWN_SECONDS = 3600.0  # a request whose run cannot be asked counts as interrupted after this
AT_ONCE = 500  # values in one statement
KEYS = (USES.c.key, EXPERIMENT_USES.c.key)  # everything that refers to a picture


@dataclass(frozen=True)
class Tidied:
    """How many chats, picture files, stored measurements and experiments left; how many requests were interrupted."""

    chats: int = 0
    pictures: int = 0
    measurements: int = 0
    interrupted: int = 0
    experiments: int = 0


@dataclass(frozen=True)
class Upkeep:
    """The parts of a store that its upkeep touches."""

    database: Database
    run: Run
    pictures: PictureStore
    measurements: Measurements
    settings: SessionSettings

    def tidy(self, now: float) -> Tidied:
        """Everything that is due; `now` in seconds since 1970."""
        young, old = now - ORPHAN_SECONDS, now - self.settings.keep_days * DAY_SECONDS
        with self.database.read() as connection:
            chats = connection.scalars(select(CHATS.c.id).where(CHATS.c.touched < old)).all()
            experiments = connection.scalars(select(EXPERIMENTS.c.id).where(EXPERIMENTS.c.touched < old)).all()
        gone = self.drop_chats(chats) + self.drop_experiments(experiments)
        with self.database.write() as connection:  # nobody refers to another picture meanwhile
            used = {key for column in KEYS for key in connection.scalars(select(column).distinct())}
            gone += self.pictures.sweep(used, young)
        broken = self._mark_interrupted()
        self.run.remove_dead(young)
        return Tidied(len(chats), gone, self.measurements.tidy(young, old), broken, len(experiments))

    def drop_chats(self, chats: Sequence[str]) -> int:
        """Delete these chats and what only they refer to; how many picture files went.

        Measurements go first: a database on a full disk needs room to delete. Pictures go last, without their chats.
        """
        with self.database.read() as connection:
            turns = list(_chosen(connection, select(RECORDS.c.turns), RECORDS.c.chat, chats))
        self.measurements.forget(turn for line in turns for turn in json.loads(line))
        with self.database.write() as connection:
            keys = set(_chosen(connection, select(USES.c.key), USES.c.chat, chats))
            for part in _parts(chats):
                connection.execute(delete(CHATS).where(CHATS.c.id.in_(part)))
        return self.drop_pictures(keys)

    def drop_experiments(self, experiments: Sequence[str]) -> int:
        """Delete these experiments and the pictures that only they refer to; how many picture files went.

        What was measured for them belongs to pictures and phrases, not to them: it leaves when it is not used any more.
        """
        if not experiments:
            return 0
        with self.database.write() as connection:
            keys = set(_chosen(connection, select(EXPERIMENT_USES.c.key), EXPERIMENT_USES.c.experiment, experiments))
            for part in _parts(experiments):
                connection.execute(delete(EXPERIMENTS).where(EXPERIMENTS.c.id.in_(part)))
        return self.drop_pictures(keys)

    def drop_pictures(self, keys: Collection[str]) -> int:
        """Delete those that no chat and no experiment refers to any more; how many files went."""
        if not keys:
            return 0
        with self.database.write() as connection:  # nobody refers to them meanwhile
            used = {key for column in KEYS for key in _chosen(connection, select(column), column, sorted(keys))}
            return self.pictures.forget(set(keys) - used)

    def is_gone(self, run: str, since: float) -> bool:
        """Whether the run that works on a request since `since` has ended, as far as can be told."""
        alive = self.run.alive(run)
        return time.time() - since > UNKNOWN_SECONDS if alive is None else not alive

    def _mark_interrupted(self) -> int:
        """Write it down, so that the marks of dead runs can be deleted; how many requests it was."""
        with self.database.read() as connection:
            found = connection.execute(select(RECORDS).where(RECORDS.c.run != "")).all()
        dead = [row for row in found if self.is_gone(row.run, row.created)]
        if not dead:
            return 0
        with self.database.write() as connection:
            for row in dead:
                here = (RECORDS.c.chat == row.chat, RECORDS.c.id == row.id, RECORDS.c.run == row.run)
                revision = select(CHATS.c.revision + 1).where(CHATS.c.id == row.chat).scalar_subquery()
                values = {"finished": True, "run": "", "data": to_bytes(rows.record_of(row, gone=True))}
                if connection.execute(update(RECORDS).where(*here).values(revision=revision, **values)).rowcount:
                    more = update(CHATS).where(CHATS.c.id == row.chat).values(revision=CHATS.c.revision + 1)
                    connection.execute(more)
        return len(dead)


def _chosen(connection: Connection, query: Select[Any], column: Any, values: Sequence[str]) -> Iterator[str]:
    """The query's only column, where `column` has one of the values."""
    for part in _parts(values):
        yield from connection.scalars(query.where(column.in_(part)).distinct())


def _parts(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """Databases bound the values of a statement."""
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]

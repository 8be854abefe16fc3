"""What the store does inside one transaction: every function is handed the connection."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, distinct, func, insert, select, update

from core.errors import StorageError
from core.packing import pack, unpack
from core.sessions.examples import Example
from core.sessions.records import (
    Summary,
    from_bytes,
    interrupted,
    json_text,
    one_line,
    owner_key,
    ref_of,
    ref_text,
    refs_of,
    to_bytes,
    turn_ids,
)  # fmt: skip
from core.sessions.tables import CHATS, EXAMPLES, PICTURES, RECORDS, USES
from core.types.picture import PictureRef
from core.types.record import Record
from core.types.turn import new_id


class NoSuchChat(StorageError):
    """There is no such chat, or it is another owner's."""

    def __init__(
        self, message: str = "This chat does not exist any more.", remedy: str = "Choose another one."
    ) -> None:
        super().__init__(message, remedy)


def chat_row(connection: Connection, owner: str, chat: str) -> Row[Any]:
    """Raises `NoSuchChat`."""
    row = connection.execute(select(CHATS).where(CHATS.c.id == chat, CHATS.c.owner == owner_key(owner))).one_or_none()
    if row is None:
        raise NoSuchChat
    return row


def change(connection: Connection, owner: str, chat: str, **values: Any) -> int:
    """Change the chat itself; its new revision. Raises `NoSuchChat`."""
    mine = (CHATS.c.id == chat, CHATS.c.owner == owner_key(owner))
    values |= {"revision": CHATS.c.revision + 1, "touched": time.time()}
    if connection.execute(update(CHATS).where(*mine).values(**values)).rowcount == 0:
        raise NoSuchChat
    return int(connection.execute(select(CHATS.c.revision).where(CHATS.c.id == chat)).scalar_one())


def create(connection: Connection, owner: str, title: str, at_most: int, created: float | None = None) -> str:
    """A new chat's id. Raises `StorageError` where the owner has `at_most`."""
    key, now, chat = owner_key(owner), time.time(), new_id()
    have = connection.execute(select(func.count()).select_from(CHATS).where(CHATS.c.owner == key)).scalar_one()
    if have >= at_most:
        raise StorageError(
            f"{have} chats are kept, and one user may keep {at_most}.", "Delete chats, or raise [sessions] chats."
        )
    connection.execute(
        insert(CHATS).values(
            id=chat, owner=key, title=one_line(title), created=now if created is None else created, updated=now,
            touched=now, revision=1, head="", shown="{}",
        )
    )  # fmt: skip
    return chat


def summaries(connection: Connection, owner: str) -> list[Summary]:
    """The newest change first."""
    requests = (
        select(RECORDS.c.chat, func.count(distinct(RECORDS.c.node)).label("requests"))
        .join(CHATS, CHATS.c.id == RECORDS.c.chat)
        .where(CHATS.c.owner == owner_key(owner))
        .group_by(RECORDS.c.chat)
        .subquery()
    )
    query = (
        select(CHATS, requests.c.requests, PICTURES.c.ref)
        .outerjoin(requests, requests.c.chat == CHATS.c.id)
        .outerjoin(PICTURES, (PICTURES.c.chat == CHATS.c.id) & (PICTURES.c.position == 0))
        .where(CHATS.c.owner == owner_key(owner))
        .order_by(CHATS.c.updated.desc(), CHATS.c.id)
    )
    return [
        Summary(r.id, r.title, r.created, r.updated, r.requests or 0, ref_of(r.ref) if r.ref else None)
        for r in connection.execute(query)
    ]


def pictures(connection: Connection, chat: str) -> tuple[PictureRef, ...]:
    query = select(PICTURES.c.ref).where(PICTURES.c.chat == chat).order_by(PICTURES.c.position)
    return tuple(ref_of(text) for text in connection.scalars(query))


def records(connection: Connection, chat: str, since: int = 0) -> Sequence[Row[Any]]:
    """Those written after revision `since`, in order of creation."""
    mine = (RECORDS.c.chat == chat, RECORDS.c.revision > since)
    return connection.execute(select(RECORDS).where(*mine).order_by(RECORDS.c.seq, RECORDS.c.id)).all()


def record_of(row: Row[Any], gone: bool) -> Record:
    """gone: the run that worked on it has ended."""
    record = from_bytes(row.data, row.id, row.node, row.parent, row.created)
    return interrupted(record) if gone and not record.finished else record


def put_picture(connection: Connection, chat: str, ref: PictureRef) -> None:
    """Behind the others; one that is there already stays where it is, under the new name."""
    here = (PICTURES.c.chat == chat, PICTURES.c.key == ref.key)
    if connection.execute(update(PICTURES).where(*here).values(ref=ref_text(ref))).rowcount:
        return
    count = select(func.count()).select_from(PICTURES).where(PICTURES.c.chat == chat)
    position = connection.execute(count).scalar_one()
    connection.execute(insert(PICTURES).values(chat=chat, key=ref.key, position=position, ref=ref_text(ref)))
    connection.execute(insert(USES).values(chat=chat, record="", key=ref.key))


def put_record(connection: Connection, chat: str, record: Record, revision: int, run: str) -> None:
    """run: who works on it, should it not be finished."""
    here = (RECORDS.c.chat == chat, RECORDS.c.id == record.id)
    values = {
        "node": record.node, "parent": record.parent, "created": record.created, "revision": revision,
        "finished": record.finished, "run": "" if record.finished else run,
        "turns": json_text(turn_ids([record])), "data": to_bytes(record),
    }  # fmt: skip
    if not connection.execute(update(RECORDS).where(*here).values(**values)).rowcount:
        last = connection.execute(select(func.max(RECORDS.c.seq)).where(RECORDS.c.chat == chat)).scalar_one()
        connection.execute(insert(RECORDS).values(chat=chat, id=record.id, seq=(last or 0) + 1, **values))
    connection.execute(delete(USES).where(USES.c.chat == chat, USES.c.record == record.id))
    uses = [{"chat": chat, "record": record.id, "key": ref.key} for ref in refs_of(record)]
    if uses:
        connection.execute(insert(USES), uses)


def put_example(connection: Connection, chat: str, example: Example) -> None:
    """In place of an earlier one of the same node. Raises `StorageError` where the chat has no such record."""
    query = select(RECORDS.c.node).where(RECORDS.c.chat == chat, RECORDS.c.id == example.record_id)
    node = connection.scalar(query)
    if node is None:
        raise StorageError("The corrected request does not exist any more.", "Correct another one.")
    connection.execute(delete(EXAMPLES).where(EXAMPLES.c.chat == chat, EXAMPLES.c.node == node))
    data = json_text(pack(example))
    connection.execute(insert(EXAMPLES).values(chat=chat, node=node, created=example.created, data=data))


def examples(connection: Connection, owner: str, chat: str | None = None) -> list[Example]:
    """Of one chat, or of all; the oldest first."""
    query = (
        select(EXAMPLES.c.data)
        .join(CHATS, CHATS.c.id == EXAMPLES.c.chat)
        .where(CHATS.c.owner == owner_key(owner))
        .order_by(EXAMPLES.c.created, EXAMPLES.c.chat, EXAMPLES.c.node)
    )
    if chat is not None:
        query = query.where(EXAMPLES.c.chat == chat)
    return [unpack(Example, json.loads(data)) for data in connection.scalars(query)]

"""What the store holds and what the session shows, kept alike: read where others changed it, written where this did.

What cannot be kept stays shown with the reason, and is kept with the next request for which there is room.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace

from core.errors import StorageError
from core.samples import SAMPLES
from core.sessions.records import Kept
from core.sessions.rows import NoSuchChat
from core.types.picture import PictureRef
from core.types.record import Record
from pages.shared import engines
from pages.shared.state import Chat, Exchange, Part, Problem, Session

KNOWN = {"", *(sample.key for sample in SAMPLES)}


def sync(session: Session, chat: Chat) -> None:
    """Take over what the store has and this session does not know: another tab's turns, a chat that was kept."""
    if not chat.saved:
        return
    store = engines.store()
    try:
        known = store.revision(session.owner, chat.id) == chat.revision
        kept = None if known else store.load(session.owner, chat.id, chat.revision)
    except NoSuchChat as error:
        session.opened.pop(chat.id, None)
        session.active = ""
        trouble(session.chat, "gone", error)
        return
    except StorageError as error:  # what is shown stays
        trouble(chat, "read", error)
        return
    trouble(chat, "read", None)
    if kept is not None:
        _take_over(chat, kept)


def trouble(chat: Chat, kind: str, error: StorageError | None) -> None:
    """Show that the store cannot be read or written now; None: it can again."""
    before = chat.troubles.pop(kind, None)
    if error is not None:
        chat.problem = chat.troubles[kind] = Problem(error.message, error.remedy)
    elif before is not None and chat.problem is before:
        chat.problem = None


def _take_over(chat: Chat, kept: Kept) -> None:
    first, fresh = not chat.exchanges, {}
    for record in kept.records:
        known = chat.exchanges.get(record.id)
        if known is None or (known.elsewhere and record.finished):
            fresh[record.id] = from_record(record)
    if fresh:
        every = {**chat.exchanges, **fresh}
        chat.exchanges = dict(sorted(every.items(), key=lambda pair: pair[1].record.created))
    chat.title, chat.pictures, chat.revision = kept.title, [known_here(ref) for ref in kept.pictures], kept.revision
    if first or not any(exchange.handle or exchange.unkept for exchange in chat.exchanges.values()):
        chat.head, chat.shown = kept.head, dict(kept.shown)
        chat.cleared = "" if chat.path() else chat.cleared or _newest(chat)


def _newest(chat: Chat) -> str:
    """The end of the branch that was gone on with last; "" where nothing was asked."""
    nodes = [exchange.record.node for exchange in chat.exchanges.values()]
    return chat.tree.leaf(nodes[-1]) if nodes else ""


def known_here(picture: PictureRef) -> PictureRef:
    """A picture that came from elsewhere may be a sample that is none here."""
    return picture if picture.sample in KNOWN else replace(picture, sample="")


def changed(session: Session, chat: Chat) -> bool:
    """Whether the store knows something of the chat that this session does not."""
    try:
        return engines.store().revision(session.owner, chat.id) != chat.revision
    except NoSuchChat:
        return True  # deleted elsewhere: the next run says so
    except StorageError:
        return False


def from_record(record: Record) -> Exchange:
    """A kept exchange as the page shows it."""
    exchange = Exchange(record, steps=list(record.steps), kept=record.finished)
    exchange.parts = [
        Part(
            exchange,
            n,
            r.picture and known_here(r.picture),
            r.turn,
            r.edited,
            r.seconds,
            r.detector_calls,
            r.segmenter_calls,
        )
        for n, r in enumerate(record.results)
    ]
    exchange.problem = Problem(*record.failed) if record.failed else None
    return exchange


def keep(session: Session, chat: Chat) -> bool:
    """Have the store know the chat and its pictures; False, with the reason in `chat.problem`, where it cannot."""
    if chat.saved:
        return True
    store, fresh = engines.store(), ""
    try:
        fresh = store.create(session.owner, chat.title)
        for picture in chat.pictures:
            store.add_picture(session.owner, fresh, picture)
    except StorageError as error:
        trouble(chat, "write", error)
        with contextlib.suppress(StorageError):
            if fresh:
                store.delete(session.owner, fresh)
        return False
    trouble(chat, "write", None)
    was_active = session.active == chat.id
    session.opened.pop(chat.id, None)
    chat.id, chat.saved = fresh, True
    session.opened[chat.id] = chat
    session.active = chat.id if was_active else session.active
    return True


def keep_rest(session: Session, chat: Chat) -> None:
    """Have the store know the answers, and the pictures they changed, that could not be kept when they were made."""
    for exchange in list(chat.exchanges.values()):
        if exchange.settled or exchange.running or not exchange.record.finished:
            continue
        try:
            for part in exchange.parts:
                if part.edited is not None:
                    engines.pictures().save(part.edited)
            chat.note(engines.store().put(session.owner, chat.id, exchange.record))
        except StorageError as error:
            exchange.unkept = Problem(error.message, error.remedy)
            return
        exchange.kept, exchange.unkept = True, None


def save_view(session: Session, chat: Chat) -> None:
    """Have the store know which branch and versions are in view."""
    if chat.saved:
        try:
            chat.note(engines.store().set_view(session.owner, chat.id, chat.head, chat.shown))
            trouble(chat, "write", None)
        except StorageError as error:
            trouble(chat, "write", error)

"""The chats of a user: opened, kept, renamed, cleared, deleted; what the store holds is mirrored in the session."""

from __future__ import annotations

from dataclasses import replace

from core.dialogue.conversation import Memory
from core.errors import InputError, StorageError
from core.sessions.records import Summary
from core.types.picture import PictureRef
from core.types.record import Record, Result
from pages.shared import engines, state
from pages.shared.state import NEW_CHAT, Chat, Exchange, Part, Problem, Session, name_chat

KEPT_OPEN = 6  # chats whose content a session holds; others are loaded again


def summaries(session: Session) -> list[Summary]:
    """The user's kept chats, newest first. Raises `StorageError`."""
    return engines.store().chats(session.owner)


def new_chat() -> None:
    """Show an empty chat: the one that is there already, or a new one."""
    session = state.begin()
    empty = next((chat for chat in session.opened.values() if chat.empty and not chat.saved), None)
    if empty is None:
        empty = Chat()
        session.opened[empty.id] = empty
    session.active = empty.id


def show_chat(chat_id: str) -> None:
    """Show a chat, loaded where it is not open yet. An error is shown in place of it."""
    session = state.begin()
    if chat_id not in session.opened:
        session.opened[chat_id] = Chat(chat_id, saved=True)
    session.active = chat_id
    for other in list(session.opened.values())[:-KEPT_OPEN]:
        if other.id != chat_id and other.saved and not any(e.running for e in other.exchanges.values()):
            session.opened.pop(other.id)
    sync(session, session.chat)


def sync(session: Session, chat: Chat) -> None:
    """Take over what the store has and this session does not know: another tab's turns, a chat that was kept."""
    if not chat.saved:
        return
    store = engines.store()
    try:
        if store.revision(session.owner, chat.id) == chat.revision:
            return
        kept = store.load(session.owner, chat.id, chat.revision)
    except StorageError as error:
        session.opened.pop(chat.id, None)
        session.active = ""
        session.chat.problem = Problem(error.message, error.remedy)
        return
    first = not chat.exchanges
    for record in kept.records:
        known = chat.exchanges.get(record.id)
        if known is None or (known.elsewhere and record.finished):
            chat.exchanges[record.id] = from_record(record)
    chat.exchanges = dict(sorted(chat.exchanges.items(), key=lambda pair: pair[1].record.created))
    chat.title, chat.pictures, chat.revision = kept.title, list(kept.pictures), kept.revision
    if first or not any(exchange.running for exchange in chat.exchanges.values()):
        chat.head, chat.shown = kept.head, dict(kept.shown)


def changed(session: Session, chat: Chat) -> bool:
    """Whether the store knows something of the chat that this session does not."""
    try:
        return engines.store().revision(session.owner, chat.id) != chat.revision
    except StorageError:
        return True  # deleted elsewhere: the next run says so


def from_record(record: Record) -> Exchange:
    """A kept exchange as the page shows it."""
    exchange = Exchange(record, steps=list(record.steps))
    exchange.parts = [
        Part(exchange, n, r.picture, r.turn, r.edited, r.seconds, r.detector_calls, r.segmenter_calls)
        for n, r in enumerate(record.results)
    ]
    exchange.problem = Problem(*record.failed) if record.failed else None
    return exchange


def keep(session: Session, chat: Chat) -> bool:
    """Have the store know the chat; False, with the reason in `chat.problem`, where it cannot be kept."""
    if chat.saved:
        return True
    try:
        fresh = engines.store().create(session.owner, chat.title)
    except StorageError as error:
        chat.problem = Problem(error.message, error.remedy)
        return False
    was_active = session.active == chat.id
    session.opened.pop(chat.id, None)
    chat.id, chat.saved = fresh, True
    session.opened[chat.id] = chat
    session.active = chat.id if was_active else session.active
    return True


def save_view(session: Session, chat: Chat) -> None:
    """Have the store know which branch and versions are in view."""
    if chat.saved:
        try:
            chat.note(engines.store().set_view(session.owner, chat.id, chat.head, chat.shown))
        except StorageError as error:
            chat.problem = Problem(error.message, error.remedy)


def open_in_chat(data: bytes, name: str, sample: str = "", title: str = "") -> bool:
    """Add a picture to the shown chat; on failure the chat keeps what it has and says why."""
    session = state.begin()
    chat = session.chat
    try:
        picture = engines.pictures().add(data, name, sample)
        add_picture(session, chat, picture)
    except (InputError, StorageError) as error:
        chat.problem = Problem(error.message, error.remedy)
        return False
    chat.problem, session.dialog = None, ""
    if chat.title == NEW_CHAT:
        rename_chat(chat.id, title or picture.name)
    return True


def add_picture(session: Session, chat: Chat, picture: PictureRef) -> None:
    """The chat's newest picture; one that it has already becomes the one that it is about. Raises `StorageError`."""
    numbers = [n for n, known in enumerate(chat.pictures, 1) if known.digest == picture.digest]
    if numbers:
        chat.chosen = (numbers[0],)
        return
    if keep(session, chat):
        chat.note(engines.store().add_picture(session.owner, chat.id, picture))
    chat.pictures.append(picture)
    chat.chosen = ()


def rename_chat(chat_id: str, title: str) -> None:
    """Another title for a chat, kept where the chat is."""
    session = state.begin()
    title = name_chat(title) or NEW_CHAT
    chat = session.opened.get(chat_id)
    if chat is not None:
        chat.title = title
    if chat is None or chat.saved:
        revision = engines.store().rename(session.owner, chat_id, title)
        if chat is not None:
            chat.note(revision)


def delete_chat(chat_id: str) -> None:
    """Forget a chat, its running jobs, and the pictures that no other chat shows."""
    session = state.begin()
    chat = session.opened.pop(chat_id, None)
    if chat is not None:
        for exchange in chat.exchanges.values():
            for handle in (exchange.handle, *(part.job for part in exchange.parts)):
                if handle is not None:
                    handle.cancel()
    if chat is None or chat.saved:
        engines.store().delete(session.owner, chat_id)
    if session.active == chat_id:
        session.active = ""


def clear_chat() -> None:
    """An empty view of the chat; the exchanges stay a branch, and `undo_clear` brings them back."""
    session = state.begin()
    chat = session.chat
    chat.cleared, chat.head = chat.head, ""
    save_view(session, chat)


def undo_clear() -> None:
    """The branch that was in view before everything was cleared."""
    session = state.begin()
    chat = session.chat
    chat.head, chat.cleared = chat.cleared, ""
    save_view(session, chat)


def show_version(exchange: Exchange, record_id: str) -> None:
    """Show another version of an exchange's node."""
    session = state.begin()
    chat = session.chat_of(exchange)
    newest = chat.tree.versions(exchange.record.node)[-1].id
    chat.shown = {node: version for node, version in chat.shown.items() if node != exchange.record.node}
    if record_id != newest:
        chat.shown[exchange.record.node] = record_id
    save_view(session, chat)


def show_branch(exchange: Exchange, node: str) -> None:
    """Show the newest branch that goes through a node beside this one."""
    session = state.begin()
    chat = session.chat_of(exchange)
    chat.head = chat.tree.leaf(node)
    save_view(session, chat)


def memory(chat: Chat, before: Exchange) -> Memory:
    """What a request may refer to: the branch up to it as it is shown, and the pictures of the chat."""
    path = chat.path(before.record.parent)
    records = tuple(as_shown(exchange) for exchange in path if exchange.parts)
    about = {picture.digest for picture in before.record.pictures}
    chosen = tuple(n for n, picture in enumerate(chat.pictures, 1) if picture.digest in about)
    return Memory(tuple(chat.pictures), records, chosen, before.selected)


def as_shown(exchange: Exchange) -> Record:
    """The record of an exchange, its turns at the thresholds of their sliders."""
    results = tuple(
        Result(
            part.picture, part.shown or part.turn, part.edited, part.seconds, part.detector_calls, part.segmenter_calls
        )
        for part in exchange.parts
    )
    return replace(exchange.record, results=results, steps=tuple(exchange.steps))

"""The chats of a user: opened, named, cleared, deleted; their pictures, versions and branches."""

from __future__ import annotations

import re
from dataclasses import replace

import streamlit as st

from core.dialogue.conversation import Memory
from core.errors import InputError, StorageError
from core.samples import SAMPLES
from core.sessions.records import Summary
from core.types.picture import PictureRef
from core.types.record import Record, Result
from pages.shared import engines, keeping, state
from pages.shared.state import NEW_CHAT, Chat, Exchange, Problem, Session, name_chat

CHAT_ID = re.compile(r"[0-9a-f]{32}")
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
    _let_go(session)


def show_chat(chat_id: str) -> None:
    """Show a chat, loaded where it is not open yet. An error is shown in place of it."""
    session = state.begin()
    session.opened[chat_id] = session.opened.pop(chat_id, Chat(chat_id, saved=True))
    session.active = chat_id
    _let_go(session)
    keeping.sync(session, session.chat)


def _let_go(session: Session) -> None:
    """Close the chats that were shown longest ago, but none of which the store does not know everything."""
    others = [chat for chat in session.opened.values() if chat.id != session.active]
    for chat in others[: max(0, len(session.opened) - KEPT_OPEN)]:
        if chat.saved and not chat.sounds and all(exchange.settled for exchange in chat.exchanges.values()):
            session.opened.pop(chat.id)


def open_in_chat(data: bytes, name: str, sample: str = "", title: str = "") -> bool:
    """Add a picture to the shown chat; on failure the chat keeps what it has and says why."""
    session = state.begin()
    chat = session.chat
    try:
        picture = engines.pictures().add(data, name, sample)
        chat.problem = None
        keeping.trouble(chat, "gone", None)
        add_picture(session, chat, picture)
    except (InputError, StorageError) as error:
        chat.problem = Problem(error.message, error.remedy)
        return False
    session.dialog = ""
    if chat.title == NEW_CHAT:
        name_after(session, chat, title or picture.name)
    return True


def add_picture(session: Session, chat: Chat, picture: PictureRef) -> None:
    """The chat's newest picture; one that it has already becomes the one that it is about. Raises `StorageError`."""
    numbers = [n for n, known in enumerate(chat.pictures, 1) if known.digest == picture.digest]
    if numbers:
        chat.chosen = (numbers[0],)
        return
    if keeping.keep(session, chat):
        chat.note(engines.store().add_picture(session.owner, chat.id, picture))
    chat.pictures.append(picture)
    chat.chosen = ()


def name_after(session: Session, chat: Chat, text: str) -> None:
    """A title for a chat that has none of the user's own: what it begins with."""
    own = {NEW_CHAT, *(name_chat(picture.name) for picture in chat.pictures)}
    own |= {sample.title for sample in SAMPLES if sample.key in {picture.sample for picture in chat.pictures}}
    if chat.title in own:
        try:
            rename_chat(chat.id, text)
        except StorageError as error:
            keeping.trouble(chat, "name", error)


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
            keeping.trouble(chat, "name", None)


def delete_chat(chat_id: str) -> None:
    """Forget a chat, its running jobs, and the pictures that no other chat shows."""
    session = state.begin()
    chat = session.opened.pop(chat_id, None)
    if chat is not None:
        for exchange in chat.exchanges.values():
            for handle in (exchange.handle, *(part.job for part in exchange.parts)):
                if handle is not None:
                    handle.cancel()
        for sound in chat.sounds:
            if sound.handle is not None:
                sound.handle.cancel()
    if chat is None or chat.saved:
        engines.store().delete(session.owner, chat_id)
    if session.active == chat_id:
        session.active = ""


def clear_chat() -> None:
    """An empty view of the chat; the exchanges stay a branch, and `undo_clear` brings them back."""
    session = state.begin()
    chat = session.chat
    chat.cleared, chat.head = chat.head, ""
    keeping.save_view(session, chat)


def undo_clear() -> None:
    """The branch that was in view before everything was cleared."""
    session = state.begin()
    chat = session.chat
    chat.head, chat.cleared = chat.cleared, ""
    keeping.save_view(session, chat)


def show_version(exchange: Exchange, record_id: str) -> None:
    """Show another version of an exchange's node."""
    session = state.begin()
    chat = session.chat_of(exchange)
    newest = chat.tree.versions(exchange.record.node)[-1].id
    chat.shown = {node: version for node, version in chat.shown.items() if node != exchange.record.node}
    if record_id != newest:
        chat.shown[exchange.record.node] = record_id
    keeping.save_view(session, chat)


def show_branch(exchange: Exchange, node: str) -> None:
    """Show the newest branch that goes through a node beside this one."""
    session = state.begin()
    chat = session.chat_of(exchange)
    chat.head = chat.tree.leaf(node)
    keeping.save_view(session, chat)


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


ADDRESS = "chat"  # the page's address names the chat, so that a reload or a restarted server shows it again


def follow_address(session: Session) -> None:
    """Show the chat that the address names, where none is shown yet and it is this user's."""
    named = st.query_params.get(ADDRESS, "")
    if session.active or not CHAT_ID.fullmatch(named):
        return
    try:
        engines.store().revision(session.owner, named)
    except StorageError:
        st.query_params.clear()
        return
    show_chat(named)


def name_in_address(chat: Chat) -> None:
    """Have the address name the chat that is shown."""
    if chat.saved and st.query_params.get(ADDRESS) != chat.id:
        st.query_params[ADDRESS] = chat.id
    elif not chat.saved and ADDRESS in st.query_params:
        st.query_params.clear()

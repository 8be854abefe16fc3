"""Chat: open pictures, say what you want, see what was done and why, and correct it."""

from __future__ import annotations

import streamlit as st

from core.errors import WorkbenchError
from pages.shared import chats, frame, hearing, keeping, state, turns, views_status
from pages.shared.state import Chat, Problem
from pages.shared.texts import count, escape
from pages.shared.views import exchange_view, pump, watch
from pages.shared.views_chats import cleared, dialogs, sidebar
from pages.shared.views_entry import entry
from pages.shared.views_pictures import current, problem, samples, uploader
from pages.shared.views_running import Place, Running

SHOWN_EXCHANGES = 8  # earlier ones wait behind a button: a page of thirty pictures is slow everywhere


def main() -> None:
    """The page."""
    try:
        session = state.begin()
    except WorkbenchError as error:
        problem(Problem(error.message, error.remedy))
        return
    session.full_run = True
    chats.follow_address(session)
    chat = session.chat
    keeping.sync(session, chat)
    chat = session.chat
    chats.name_in_address(chat)
    turns.collect_all(chat)
    hearing.collect_all(chat)
    with st.sidebar:
        sidebar(session)
    st.title(escape(chat.title) if not chat.empty else "What shall we look at?")
    views_status.weights()
    if chat.empty:
        uploader("empty")
        st.subheader("Or start with a sample")
        samples("empty")
    cleared(chat)
    running: list[Place] = [place for place in history(chat) if place is not None]
    if not running and not chat.empty and waits_for_words(chat):
        current(chat)
    running += entry(session, chat, bool(running))
    dialogs(session)
    watch(chat.id)
    session.full_run = False
    pump(session, chat, running)


def waits_for_words(chat: Chat) -> bool:
    """Whether pictures are chosen that the last answer was not about."""
    path = chat.path()
    if path and path[-1].stopping:
        return False
    asked = {part.picture for part in path[-1].parts} if path else set()
    return bool(chat.current) and not set(chat.current) <= asked


def history(chat: Chat) -> list[Running | None]:
    """The last exchanges of the branch in view, the earlier ones on request."""
    path = chat.path()
    hidden = 0 if chat.earlier else max(0, len(path) - SHOWN_EXCHANGES)
    if hidden and st.button(f"Show {count(hidden, 'earlier exchange')}", key="earlier", icon=":material/history:"):
        chat.earlier = True
        st.rerun()
    return [exchange_view(chat, exchange, exchange is path[-1]) for exchange in path[hidden:]]


frame.inside(main)

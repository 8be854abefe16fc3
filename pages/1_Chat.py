"""Chat: open a picture, say what you want, see what was done and why."""

from __future__ import annotations

import streamlit as st
from streamlit.typing import ChatInputValue

from core.errors import WorkbenchError
from pages.shared import engines, frame, state, turns, views_status
from pages.shared.state import Chat, Problem, Session
from pages.shared.texts import count, escape
from pages.shared.views import Running, exchange_view, pump, scroll_to
from pages.shared.views_chats import chats, dialogs, help_lines
from pages.shared.views_pictures import FILE_TYPES, current, problem, samples, uploader

SHOWN_EXCHANGES = 8  # earlier ones wait behind a button: a page of thirty pictures is slow everywhere


def main() -> None:
    """The page."""
    try:
        session = state.begin()
    except WorkbenchError as error:
        problem(Problem(error.message, error.remedy))
        return
    session.full_run = True
    turns.collect_all(session)
    with st.sidebar:
        chats(session)
    chat = session.chat
    st.title(escape(chat.title) if not chat.empty else "What shall we look at?")
    views_status.weights()
    if chat.empty:
        uploader("empty")
        st.subheader("Or start with a sample")
        samples("empty")
    running = [place for place in history(chat) if place is not None]
    new_picture = chat.picture is not None and (not chat.exchanges or chat.exchanges[-1].picture != chat.picture)
    if new_picture and not running:
        current(session, chat)
    entry(session, chat)
    dialogs(session)
    pump(session, running)
    session.full_run = False


def history(chat: Chat) -> list[Running | None]:
    """The last exchanges, the earlier ones on request."""
    hidden = 0 if chat.earlier else max(0, len(chat.exchanges) - SHOWN_EXCHANGES)
    if hidden and st.button(f"Show {count(hidden, 'earlier exchange')}", key="earlier", icon=":material/history:"):
        chat.earlier = True
        st.rerun()
    shown = chat.exchanges[hidden:]
    return [exchange_view(exchange, exchange is shown[-1]) for exchange in shown]


def entry(session: Session, chat: Chat) -> None:
    """The row that stays at the bottom: the picture, what can be said, and the field for words."""
    with st.bottom:
        with st.container(horizontal=True, gap="small"):
            label = "Open a picture" if chat.picture is None else escape(chat.picture.name, 28)
            with st.popover(label, icon=":material/image:", key="picture-menu", type="tertiary"):
                uploader("bottom")
                samples("bottom")
            with st.popover("What can I say?", icon=":material/lightbulb:", key="help-menu", type="tertiary"):
                help_lines("bottom")
        problem(chat.problem if not chat.empty else None)
        if chat.exchanges:
            scroll_to(chat.exchanges[-1])
        said = st.chat_input(
            "For example: segment the cat", key="request", accept_file=True, file_type=FILE_TYPES,
            max_upload_size=int(engines.settings().limits.upload_mb),
        )  # fmt: skip
    if said is not None:
        send(said)


def send(said: ChatInputValue) -> None:
    """A request typed, with or without a picture."""
    refused = [file for file in said.files if not state.open_in_chat(file.getvalue(), file.name)]
    if not refused and said.text.strip():
        turns.ask(said.text)
    st.rerun()


frame.inside(main)

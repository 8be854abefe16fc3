"""Chat: open pictures, say what you want, see what was done and why, and correct it."""

from __future__ import annotations

import streamlit as st
from streamlit.typing import ChatInputValue

from core.errors import WorkbenchError
from pages.shared import chats, engines, frame, state, turns, views_status
from pages.shared.state import REPLACE, WAIT, Chat, Problem, Session
from pages.shared.texts import count, escape
from pages.shared.views import Running, exchange_view, pump, scroll_to, watch_store
from pages.shared.views_chats import chat_menu, cleared, dialogs, help_lines, sidebar
from pages.shared.views_pictures import FILE_TYPES, about, current, problem, samples, thumbnails, uploader

SHOWN_EXCHANGES = 8  # earlier ones wait behind a button: a page of thirty pictures is slow everywhere
WHILE_RUNNING = {WAIT: "Next request waits", REPLACE: "Next request replaces this one"}


def main() -> None:
    """The page."""
    try:
        session = state.begin()
    except WorkbenchError as error:
        problem(Problem(error.message, error.remedy))
        return
    session.full_run = True
    chat = session.chat
    chats.sync(session, chat)
    chat = session.chat
    turns.collect_all(chat)
    with st.sidebar:
        sidebar(session)
    st.title(escape(chat.title) if not chat.empty else "What shall we look at?")
    views_status.weights()
    if chat.empty:
        uploader("empty")
        st.subheader("Or start with a sample")
        samples("empty")
    cleared(chat)
    running = [place for place in history(chat) if place is not None]
    if not running and not chat.empty and waits_for_words(chat):
        current(chat)
    entry(session, chat, bool(running))
    dialogs(session)
    session.full_run = not running
    pump(chat, running)
    session.full_run = False
    if chat.saved:
        watch_store(chat.id)


def waits_for_words(chat: Chat) -> bool:
    """Whether pictures are chosen that the last answer was not about."""
    path = chat.path()
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


def entry(session: Session, chat: Chat, running: bool) -> None:
    """The row that stays at the bottom: the pictures, what can be said, and the field for words."""
    with st.bottom:
        if running:
            st.session_state["while-running"] = session.while_running
            st.segmented_control(
                "While a request runs", list(WHILE_RUNNING), format_func=WHILE_RUNNING.__getitem__,
                key="while-running", label_visibility="collapsed", on_change=_while_running, args=(session,),
            )  # fmt: skip
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            with st.popover(_pictures_label(chat), icon=":material/image:", key="picture-menu", type="tertiary"):
                if chat.pictures:
                    thumbnails(chat, "menu")
                uploader("bottom")
                samples("bottom")
            with st.popover("What can I say?", icon=":material/lightbulb:", key="help-menu", type="tertiary"):
                help_lines("bottom")
            if not chat.empty:
                chat_menu(session, chat)
            about(chat)
        problem(chat.problem if not chat.empty else None)
        path = chat.path()
        if path:
            scroll_to(path[-1])
        said = st.chat_input(
            "For example: segment the cat", key="request", accept_file="multiple", file_type=FILE_TYPES,
            max_upload_size=int(engines.settings().limits.upload_mb),
        )  # fmt: skip
    if said is not None:
        send(said)


def _pictures_label(chat: Chat) -> str:
    if not chat.pictures:
        return "Open pictures"
    return escape(chat.pictures[0].name, 28) if len(chat.pictures) == 1 else f"{len(chat.pictures)} pictures"


def _while_running(session: Session) -> None:
    session.while_running = st.session_state["while-running"] or session.while_running


def send(said: ChatInputValue) -> None:
    """A request typed, with or without pictures (dropped, pasted or chosen); several are asked about together."""
    chat = state.begin().chat
    before, refused = len(chat.pictures), None
    for file in said.files:
        if not chats.open_in_chat(file.getvalue(), file.name):
            refused = chat.problem
    if len(chat.pictures) > before + 1:
        chat.chosen = tuple(range(before + 1, len(chat.pictures) + 1))
    if refused is not None:
        chat.problem = refused
    elif said.text.strip():
        turns.ask(said.text)
    st.rerun()


frame.inside(main)

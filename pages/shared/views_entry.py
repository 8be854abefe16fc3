"""The row that stays at the bottom of a chat: its pictures, what can be said, and the field for words."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.typing import ChatInputValue, UploadedFile

from pages.shared import ahead, chats, engines, hearing, state, turns
from pages.shared.state import REPLACE, WAIT, Chat, Problem, Session
from pages.shared.texts import escape
from pages.shared.views import scroll_to
from pages.shared.views_chats import chat_menu, help_lines
from pages.shared.views_hearing import sounds
from pages.shared.views_pictures import FILE_TYPES, about, problem, samples, thumbnails, uploader
from pages.shared.views_running import Place

WHILE_RUNNING = {WAIT: "Next request waits", REPLACE: "Next request replaces this one"}


def entry(session: Session, chat: Chat, running: bool) -> list[Place]:
    """The row that stays at the bottom: the pictures, what can be said, what was heard, and the field for words.

    The places of sounds that are still heard.
    """
    ahead.encode(session, chat)
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
        unsent(chat)
        places = sounds(chat)
        path = chat.path()
        if path:
            scroll_to(path[-1])
        said = st.chat_input(
            "For example: segment the cat", key="request", accept_file="multiple",
            file_type=(*FILE_TYPES, *hearing.FILE_TYPES),
            max_upload_size=int(engines.settings().limits.upload_mb),
        )  # fmt: skip
    if said is not None:
        send(said)
    return places


def _pictures_label(chat: Chat) -> str:
    if not chat.pictures:
        return "Open pictures"
    return escape(chat.pictures[0].name, 28) if len(chat.pictures) == 1 else f"{len(chat.pictures)} pictures"


def _while_running(session: Session) -> None:
    session.while_running = st.session_state["while-running"] or session.while_running


def send(said: ChatInputValue) -> None:
    """A request typed, with or without pictures and sounds; several pictures are asked about together.

    Words typed with a sound wait for what is heard in it; words whose files were all refused wait for the user.
    """
    chat = state.begin().chat
    chat.problem, chat.unsent = None, ""
    spoken = [file for file in said.files if hearing.is_sound(file.name, file.type)]
    pictures = [file for file in said.files if file not in spoken]
    refused = _open(chat, pictures)
    heard = 0
    for file in spoken:
        if hearing.hear(file.getvalue(), file.name, "" if heard else said.text):
            heard += 1
        else:
            refused += filter(None, [chat.problem])
    chat.problem = together(list({p.message: p for p in refused}.values())) or chat.problem
    waits = len(refused) == len(said.files) > 0 or len(spoken) > heard
    if said.text.strip() and not heard and not waits:
        turns.ask(said.text)
    elif said.text.strip() and not heard:
        chat.unsent = said.text
    st.rerun()


def _open(chat: Chat, files: Sequence[UploadedFile]) -> list[Problem]:
    """Open pictures, all of which the request is about; why some were refused."""
    sent: set[int] = set()
    refused: list[Problem] = []
    for file in files:
        if chats.open_in_chat(file.getvalue(), file.name):
            sent.add(chat.pictures.index(chat.current[0]) + 1)  # one that was there already became the current one
        else:
            refused += filter(None, [chat.problem])
    if len(sent) > 1:
        chat.chosen = tuple(sorted(sent))
    return refused


def together(problems: list[Problem]) -> Problem | None:
    """Several files that were refused, as one message."""
    if len(problems) < 2:
        return problems[0] if problems else None
    return Problem(" ".join(p.message for p in problems), problems[0].remedy)


def unsent(chat: Chat) -> None:
    """Words that were not sent because their picture or sound was refused: they are not lost."""
    if chat.unsent:
        st.button(
            escape(f"Send “{chat.unsent}” without it", 80), key="send-unsent", icon=":material/send:",
            on_click=_send_unsent, args=(chat,),
        )  # fmt: skip


def _send_unsent(chat: Chat) -> None:
    words, chat.unsent, chat.problem = chat.unsent, "", None
    turns.ask(words)

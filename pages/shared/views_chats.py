"""The user's chats in the sidebar, what can be done with one, and what can be said."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.dialogue.operations import OPERATIONS
from core.dialogue.wording import INTENT_HELP, MISSING
from core.errors import StorageError
from core.types.language import IntentName
from pages.shared import chats, state, turns
from pages.shared.state import Chat, Problem, Session
from pages.shared.texts import count, escape
from pages.shared.views_files import export_button
from pages.shared.views_pictures import problem, samples, uploader

DELETE, RENAME = "delete ", "rename "  # a dialog's name, before the chat's id
UNHELPFUL = (IntentName.OTHER,)
LISTED = 12  # chats in the sidebar; Home has all


def sidebar(session: Session) -> None:
    """New chat; each chat with a way to show it; what can be done with the one that is shown."""
    st.button(
        "New chat", key="new-chat", icon=":material/add_comment:", width="stretch",
        disabled=session.chat.empty, on_click=chats.new_chat,
    )  # fmt: skip
    try:
        kept = chats.summaries(session)
    except StorageError as error:
        problem(Problem(error.message, error.remedy))
        kept = []
    for summary in kept[:LISTED]:
        st.button(
            escape(summary.title, 34), key=f"chat-{summary.id}", width="stretch",
            type="secondary" if summary.id == session.active else "tertiary",
            on_click=chats.show_chat, args=(summary.id,),
        )  # fmt: skip
    if len(kept) > LISTED:
        st.caption(f"{count(len(kept) - LISTED, 'older chat')} on Home")


def chat_menu(session: Session, chat: Chat) -> None:
    """Rename, clear, export and delete the chat that is shown."""
    with st.popover("This chat", icon=":material/more_horiz:", key=f"chat-menu-{session.menus}", type="tertiary"):
        if chat.head:
            st.button(
                "Clear the view", key="clear", icon=":material/clear_all:", type="tertiary", on_click=_clear,
                args=(session,), help="The pictures stay; what was asked can be brought back",
            )  # fmt: skip
        manage(session, chat.id, chat.title, chat.saved)


def manage(session: Session, chat_id: str, title: str, saved: bool = True, place: str = "") -> None:
    """What can be done with a chat as a whole; `place` keeps two menus of one chat apart."""
    st.button(
        "Rename", key=f"rename{place}", icon=":material/edit:", type="tertiary", on_click=_open,
        args=(session, RENAME, chat_id),
    )  # fmt: skip
    if saved:
        export_button(session, chat_id, title)
    st.button(
        "Delete", key=f"delete{place}", icon=":material/delete:", type="tertiary", on_click=_open,
        args=(session, DELETE, chat_id),
    )  # fmt: skip


def _clear(session: Session) -> None:
    chats.clear_chat()
    session.menus += 1


def cleared(chat: Chat) -> None:
    """The way back after everything was cleared."""
    if chat.cleared:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("The view was cleared.")
            st.button("Undo", key="undo-clear", icon=":material/undo:", type="tertiary", on_click=chats.undo_clear)


def _open(session: Session, dialog: str, chat_id: str) -> None:
    session.dialog = f"{dialog}{chat_id}"
    session.menus += 1


def help_lines(place: str) -> None:
    """The intents and what can be said of a result, a sentence each; a click sends it."""
    st.caption("Click a sentence to send it, or say it in your own words.")
    for intent, (meaning, sentence) in INTENT_HELP.items():
        if intent in UNHELPFUL:
            continue
        missing = " (understood, but no engine here does it)" if intent in MISSING else ""
        with st.container(gap="xxsmall"):
            st.markdown(f":small[{escape(meaning + missing)}]")
            st.button(
                escape(sentence), key=f"help-{place}-{intent}", icon=":material/send:", wrap=True,
                on_click=_send, args=(sentence,),
            )  # fmt: skip
    st.caption("And then, of the last result:")
    lines = [f"- {escape(entry.does)} :small[{escape(', '.join(entry.examples[:3]))}]" for entry in OPERATIONS.values()]
    st.markdown("\n".join(lines))


def _close() -> None:
    state.begin().dialog = ""


def _send(sentence: str) -> None:
    _close()
    turns.ask(sentence)
    st.rerun()


def dialogs(session: Session) -> None:
    """The dialog that a button asked for, until it is left or used; a page drawn anew behind it leaves it open."""
    wanted = session.dialog
    if wanted == "help":
        _help_dialog()
    elif wanted == "sample":
        _picture_dialog()
    elif wanted.startswith(DELETE):
        _delete_dialog(wanted.removeprefix(DELETE))
    elif wanted.startswith(RENAME):
        _rename_dialog(wanted.removeprefix(RENAME))


@st.dialog("What can I say?", on_dismiss=_close)
def _help_dialog() -> None:
    help_lines("dialog")


@st.dialog("Open pictures", width="large", on_dismiss=_close)
def _picture_dialog() -> None:
    uploader("dialog")
    samples("dialog")


@st.dialog("Delete this chat?", on_dismiss=_close)
def _delete_dialog(chat_id: str) -> None:
    st.write("Its requests, answers and pictures are gone then.")
    with st.container(horizontal=True):
        if st.button("Delete", key="delete-now", type="primary", icon=":material/delete:"):
            _done(lambda: chats.delete_chat(chat_id))
        if st.button("Keep it", key="delete-not", type="tertiary"):
            _done(lambda: None)


@st.dialog("Rename this chat", on_dismiss=_close)
def _rename_dialog(chat_id: str) -> None:
    with st.form("rename-form", border=False):
        title = st.text_input("Title", _title(chat_id), key=f"title-{chat_id}", max_chars=state.TITLE_CHARS)
        sent = st.form_submit_button("Rename", key="rename-now", type="primary")
    if sent and title.strip():
        _done(lambda: chats.rename_chat(chat_id, title))


def _title(chat_id: str) -> str:
    session = state.begin()
    if chat_id in session.opened:
        return session.opened[chat_id].title
    return next((summary.title for summary in chats.summaries(session) if summary.id == chat_id), "")


def _done(what: Callable[[], None]) -> None:
    try:
        what()
    except StorageError as error:
        state.begin().chat.problem = Problem(error.message, error.remedy)
    _close()
    st.rerun()

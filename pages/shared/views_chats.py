"""The chats of the session, and what can be said."""

from __future__ import annotations

import streamlit as st

from core.dialogue.wording import INTENT_HELP, MISSING
from core.types.language import IntentName
from pages.shared import state, turns
from pages.shared.state import Session
from pages.shared.texts import escape
from pages.shared.views_pictures import samples, uploader

DELETE = "delete "  # a dialog's name, before the chat's id
UNHELPFUL = (IntentName.OTHER,)


def chats(session: Session) -> None:
    """New chat; each chat with a way to show and to delete it."""
    st.button(
        "New chat", key="new-chat", icon=":material/add_comment:", width="stretch",
        disabled=session.chat.empty, on_click=state.new_chat,
    )  # fmt: skip
    for chat in session.chats:
        if chat.empty:
            continue
        with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
            st.button(
                escape(chat.title), key=f"chat-{chat.id}", width="stretch",
                type="secondary" if chat is session.chat else "tertiary",
                on_click=state.show_chat, args=(chat.id,),
            )  # fmt: skip
            st.button(
                "", key=f"delete-{chat.id}", icon=":material/delete:", type="tertiary", help="Delete this chat",
                on_click=_ask_to_delete, args=(session, chat.id),
            )  # fmt: skip


def _ask_to_delete(session: Session, chat_id: str) -> None:
    session.dialog = f"{DELETE}{chat_id}"


def help_lines(place: str) -> None:
    """The intents, a sentence each; a click sends it."""
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


@st.dialog("What can I say?", on_dismiss=_close)
def _help_dialog() -> None:
    help_lines("dialog")


@st.dialog("Open a picture", width="large", on_dismiss=_close)
def _picture_dialog() -> None:
    uploader("dialog")
    samples("dialog")


@st.dialog("Delete this chat?", on_dismiss=_close)
def _delete_dialog(chat_id: str) -> None:
    st.write("Its requests, answers and pictures are gone then.")
    with st.container(horizontal=True):
        if st.button("Delete", key="delete-now", type="primary", icon=":material/delete:"):
            state.delete_chat(chat_id)
            _close()
            st.rerun()
        if st.button("Keep it", key="delete-not", type="tertiary"):
            _close()
            st.rerun()

"""A chat as one zip, out and in; what was corrected, as labelled examples."""

from __future__ import annotations

import io

import streamlit as st

from core.errors import InputError, StorageError
from core.formats.bundle import slug
from core.sessions.examples import intents_csv, phrases_csv
from pages.shared import chats, engines
from pages.shared.state import Problem, Session
from pages.shared.texts import count
from pages.shared.views_pictures import problem


def export_button(session: Session, chat_id: str, title: str) -> None:
    """A kept chat as a zip."""
    st.download_button(
        "Export as a zip", lambda: exported(session, chat_id), f"{slug(title)}.zip", "application/zip",
        key=f"export-{chat_id}", on_click="ignore", type="tertiary", icon=":material/archive:",
    )  # fmt: skip


def exported(session: Session, chat_id: str) -> bytes:
    """The zip's bytes."""
    file = io.BytesIO()
    engines.store().export(session.owner, chat_id, file)
    return file.getvalue()


def import_field(session: Session) -> None:
    """A field for an exported chat; it becomes a chat of this user's. Errors are shown under it."""
    key = "import-chat"
    st.file_uploader("Bring in an exported chat", "zip", key=key, on_change=_imported, args=(session, key))
    problem(st.session_state.get(f"{key}-problem"))


def _imported(session: Session, key: str) -> None:
    file, said = st.session_state[key], f"{key}-problem"
    st.session_state[said] = None
    if file is None:
        return
    try:
        chats.show_chat(engines.store().import_(session.owner, file.getvalue()))
    except (InputError, StorageError) as error:
        st.session_state[said] = Problem(error.message, error.remedy)
    else:
        st.session_state[f"{key}-done"] = session.active


def examples(session: Session) -> None:
    """What the user corrected, for the evaluation of intents and phrases."""
    try:
        kept = engines.store().examples(session.owner)
    except StorageError as error:
        problem(Problem(error.message, error.remedy))
        return
    if not kept:
        return
    st.caption(f"{count(len(kept), 'corrected request')} kept as labelled examples.")
    with st.container(horizontal=True):
        for name, write in (("intents", intents_csv), ("phrases", phrases_csv)):
            st.download_button(
                f"{name.capitalize()} (CSV)", write(kept), f"corrected-{name}.csv", "text/csv",
                key=f"examples-{name}", on_click="ignore", icon=":material/label:",
            )  # fmt: skip

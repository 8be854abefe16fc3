"""What Home offers: examples that run with one click, and the user's chats."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from core.errors import InputError, StorageError
from core.samples import EXAMPLES, Example, find, load
from core.sessions.records import Summary
from pages.shared import chats, engines, state, turns
from pages.shared.state import Problem, Session
from pages.shared.texts import count, escape
from pages.shared.views_chats import dialogs, manage
from pages.shared.views_files import examples as corrected
from pages.shared.views_files import import_field
from pages.shared.views_pictures import CARD_WIDTH, CHAT_PAGE, card, problem

FEW, MANY = 6, 60  # chats shown at first, and on request
EXAMPLE_COLUMNS, CHAT_COLUMNS, CHAT_WIDTH = 5, 3, 240


def examples() -> None:
    """Pictures with a request each: one click asks it, for real."""
    with st.grid(EXAMPLE_COLUMNS, min_column_width=CARD_WIDTH):
        for example in EXAMPLES:
            with st.container(gap="xsmall"):
                st.image(card(example.sample), width="stretch", alt=find(example.sample).alt)
                clicked = st.button(
                    escape(example.request), key=f"example-{example.sample}", width="stretch", wrap=True,
                    help=escape(example.shows),
                )  # fmt: skip
            if clicked:
                _run(example)


def _run(example: Example) -> None:
    sample = find(example.sample)
    chats.new_chat()
    try:
        opened = chats.open_in_chat(load(sample), sample.name, sample.key)
    except InputError as error:
        opened = False
        state.begin().chat.problem = Problem(error.message, error.remedy)
    if opened:
        turns.ask(example.request)
    st.switch_page(CHAT_PAGE)


def recent_chats() -> None:
    """The user's chats: picture, title, date; opened with a click, brought in from a file."""
    session = state.begin()
    try:
        kept = chats.summaries(session)
    except StorageError as error:
        problem(Problem(error.message, error.remedy))
        return
    if kept:
        st.subheader("Your chats")
    every = st.session_state.get("every-chat", False)
    with st.grid(CHAT_COLUMNS, min_column_width=CHAT_WIDTH):
        for summary in kept[: MANY if every else FEW]:
            _chat(summary)
    if len(kept) > FEW and not every:
        st.button(f"Show all {len(kept)}", key="show-all", type="tertiary", on_click=_show_every)
    with st.expander("Import a chat, export corrections", key="chat-files", type="compact"):
        _files(session)
    dialogs(session)


def _show_every() -> None:
    st.session_state["every-chat"] = True


def _files(session: Session) -> None:
    import_field(session)
    done = st.session_state.pop("import-chat-done", None)
    if done:
        st.switch_page(CHAT_PAGE)
    corrected(session)


def _chat(summary: Summary) -> None:
    with st.container(border=True, horizontal=True, gap="small", vertical_alignment="center"):
        if summary.picture is not None:
            try:
                st.image(engines.pictures().thumbnail(summary.picture), width=64, alt="")
            except (InputError, StorageError):
                st.caption("Its picture is gone")
        session = state.begin()
        with st.container(gap="xxsmall", width="stretch"):
            clicked = st.button(escape(summary.title, 40), key=f"home-{summary.id}", type="tertiary", wrap=True)
            st.caption(f"{_date(summary.updated)} · {count(summary.requests, 'request')}")
            key = f"home-menu-{summary.id}-{session.menus}"
            with st.popover("More", icon=":material/more_horiz:", key=key, type="tertiary"):
                manage(session, summary.id, summary.title, place=f"-{summary.id}")
    if clicked:
        chats.show_chat(summary.id)
        st.switch_page(CHAT_PAGE)


def _date(seconds: float) -> str:
    """When, in the browser's own time zone."""
    try:
        zone = ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    return f"{datetime.fromtimestamp(seconds, zone):%d %b %Y, %H:%M}"

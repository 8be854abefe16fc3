"""The frame of the workbench: navigation, and what can be done here and now."""

from __future__ import annotations

import streamlit as st

from core.errors import WorkbenchError
from core.settings import ASSETS
from pages.shared import chats, engines, owner, state, views_status
from pages.shared.state import Problem
from pages.shared.views_home import examples, recent_chats
from pages.shared.views_pictures import CHAT_PAGE, problem, samples

INTRODUCTION = (
    "Open a picture and say what you want: find, outline, mask, cut out or remove things, or ask what can be measured."
    " Every decision is shown, can be changed with a slider, and can be exported."
)


def home() -> None:
    """The first page: examples, recent chats, samples, engines."""
    st.title("VLP Workbench")
    st.write(INTRODUCTION)
    if st.button("Start a chat", key="start-chat", type="primary", icon=":material/forum:"):
        chats.new_chat()
        st.switch_page(CHAT_PAGE)
    views_status.weights()
    st.subheader("See it work")
    examples()
    recent_chats()
    st.subheader("Or open a sample picture")
    samples("home", to_chat=True)
    st.subheader("What works here and now")
    views_status.statuses()


def main() -> None:
    """Every page runs inside this frame."""
    # No title here: it would override each page's own. The icon is ours: a page's would be fetched from a font server.
    st.set_page_config(layout="wide", page_icon=str(ASSETS / "icon.svg"))
    page = st.navigation(
        [
            st.Page(home, title="Home", icon=":material/home:", default=True),
            st.Page(CHAT_PAGE, title="Chat", icon=":material/forum:", url_path="Chat"),
            st.Page(
                views_status.ENGINES_PAGE, title=views_status.ENGINES, icon=":material/memory:", url_path="Engines"
            ),
        ]
    )
    try:
        state.begin()
        owner.remember()
        st.html(ASSETS / "style.css")
    except WorkbenchError as error:
        problem(Problem(error.message, error.remedy))
        return
    wrong = engines.wrong()
    if wrong is not None and page.title != views_status.ENGINES:
        views_status.settings_wrong(wrong)
        return
    page.run()
    if wrong is None:
        engines.warm_up()
        engines.tidy()


if __name__ == "__main__":
    main()

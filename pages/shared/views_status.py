"""What can be done here and now: each engine's word, and the fetch of the weights where they are missing."""

from __future__ import annotations

import streamlit as st

from core.errors import SettingsError
from core.types.engine import EngineStatus
from pages.shared import engines
from pages.shared.state import Problem
from pages.shared.texts import escape
from pages.shared.views_pictures import problem

FETCH_WEIGHTS = "fetch_weights"
FETCH = "Fetch the weights (29 MB)"
ENGINES, ENGINES_PAGE = "Engines", "pages/5_Engines.py"
POLL = 0.5
COLUMNS, WIDTH = 3, 220


def statuses() -> None:
    """One line for each engine: ready, or why not and what to do; then what engines that are missing would add."""
    with st.grid(COLUMNS, min_column_width=WIDTH, gap="medium"):
        for port, status in engines.statuses().items():
            _line(engines.PORTS[port][0], status)
            if status.remedy_action == FETCH_WEIGHTS and not status.ready and not engines.fetching().running:
                st.button(FETCH, key=f"fetch-{port}", icon=":material/download:", on_click=engines.fetch_weights)
    absent = {title: (adds, status) for title, adds, status in engines.absent()}
    if absent:
        st.markdown("**Not here yet**")
    with st.grid(COLUMNS, min_column_width=WIDTH, gap="medium"):
        for title, (adds, status) in absent.items():
            with st.container(gap="xxsmall"):
                st.markdown(f":gray[:material/add_circle:] **{escape(title)}**")
                st.caption(escape(f"Would add: {adds} {status.reason} {status.remedy}".strip()))
    st.page_link(ENGINES_PAGE, label="Engines: choose, test and download them", icon=":material/memory:")


def _line(title: str, status: EngineStatus) -> None:
    icon = ":green[:material/check_circle:]" if status.ready else ":orange[:material/error:]"
    reason = status.reason if status.ready else f"{status.reason} {status.remedy}"
    with st.container(gap="xxsmall"):
        st.markdown(f"{icon} **{escape(title)}**")
        st.caption(escape(reason[:1].upper() + reason[1:]) or "Ready")


def settings_wrong(error: SettingsError) -> None:
    """In place of a page that needs settings."""
    problem(Problem(error.message, error.remedy))
    st.page_link(ENGINES_PAGE, label="Engines", icon=":material/memory:")


def fetch_needed() -> bool:
    """Whether some engine waits for weights that can be fetched here."""
    return any(s.remedy_action == FETCH_WEIGHTS for s in engines.statuses().values() if not s.ready)


def weights() -> None:
    """The button that fetches the weights, or its progress; nothing where they are there."""
    if engines.fetching().running:
        _progress()
        return
    if not fetch_needed():
        return
    failed = engines.fetching().failed
    with st.container(border=True):
        if failed is not None:
            problem(Problem(*failed))
        else:
            st.markdown(
                "**The weights for finding everyday things and faces are not here yet.** They come from a public npm"
                " package, are verified, and stay in your cache. Until then colours, text, codes and boxes drawn by"
                " hand work."
            )
        st.button(
            FETCH, key="fetch-weights", type="primary", icon=":material/download:", on_click=engines.fetch_weights
        )


@st.fragment(run_every=POLL)
def _progress() -> None:
    state = engines.fetching()
    if not state.running:
        st.rerun()
    with st.container(border=True):
        st.progress(min(1.0, max(0.0, state.fraction or 0.0)), text=escape(f"Fetching the weights: {state.text}"))
        st.button("Cancel", key="cancel-fetch", icon=":material/cancel:", on_click=_cancel)


def _cancel() -> None:
    handle = engines.fetching().handle
    if handle is not None:
        handle.cancel()

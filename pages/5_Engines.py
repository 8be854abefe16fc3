"""Engines: which engine serves each step, whether it is ready, and the form that changes it."""

from __future__ import annotations

import streamlit as st

from core.errors import WorkbenchError
from pages.shared import frame, state, views_engines
from pages.shared.state import Problem
from pages.shared.views_pictures import problem


def main() -> None:
    """The page."""
    try:
        state.begin()
    except WorkbenchError as error:
        problem(Problem(error.message, error.remedy))
        return
    st.title("Engines")
    views_engines.everything()


frame.inside(main)

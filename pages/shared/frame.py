"""The frame around every page: Home's navigation.

Until a process has run Home once, Streamlit serves an address as the file of that name in pages/, without Home. Such a
page then runs Home itself. Its address must be the file's own name ("/Chat"), or "Page not found" would be shown first.
"""

from __future__ import annotations

from collections.abc import Callable

from streamlit.runtime.pages_manager import PagesManager


def inside(page: Callable[[], None]) -> None:
    """Run a page inside the frame. The last line of every file in pages/."""
    without_home = getattr(PagesManager, "uses_pages_directory", False)  # internal; ended by Home's `st.navigation`
    if not without_home:
        page()
        return
    from Home import main

    main()

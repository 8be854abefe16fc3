"""The frame around every page: Home's navigation.

Until a process has run Home once, Streamlit serves an address as the file of that name in pages/, without Home. Such a
page then runs Home itself. Its address must be the file's own name ("/Chat"), or a "Page not found" would be shown first.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

_HOME_HAS_RUN = threading.Event()  # of the process: Streamlit remembers it there, too


def home_runs() -> None:
    """Said by Home, before it builds its navigation."""
    _HOME_HAS_RUN.set()


def inside(page: Callable[[], None]) -> None:
    """Run a page inside the frame. The last line of every file in pages/."""
    if _HOME_HAS_RUN.is_set():
        page()
        return
    from Home import main

    main()

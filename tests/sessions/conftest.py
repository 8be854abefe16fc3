"""A store of its own for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.sessions.store import SessionStore
from tests.sessions.values import settings_in

Open = Callable[..., SessionStore]


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[Open]:
    """Stores on the test's own folder (or another); keywords replace numbers of [sessions]."""
    opened: list[SessionStore] = []

    def open_(folder: Path | None = None, **sessions: Any) -> SessionStore:
        opened.append(SessionStore(settings_in(folder or tmp_path / "data", **sessions)))
        return opened[-1]

    yield open_
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Open) -> SessionStore:
    return open_store()

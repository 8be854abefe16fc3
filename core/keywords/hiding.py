"""Packages that one import in one thread must not find: what a library loads where it can, and nothing here needs."""

from __future__ import annotations

import importlib.abc
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class _Hide(importlib.abc.MetaPathFinder):
    """Lets one thread's imports of packages fail as if they were missing; other threads see them as they are."""

    def __init__(self, packages: tuple[str, ...], thread: int) -> None:
        self._packages, self._thread = packages, thread

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:
        if fullname.partition(".")[0] in self._packages and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(f"{fullname} is not wanted here", name=fullname)


@contextmanager
def hidden(*packages: str) -> Iterator[None]:
    """While inside, this thread does not find these packages; those imported before stay."""
    finder = _Hide(packages, threading.get_ident())
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)

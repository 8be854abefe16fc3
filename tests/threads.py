"""The same question from eight threads at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")
THREADS = 8


def answers_at_once(ask: Callable[[], Answer]) -> list[Answer]:
    """What each of eight threads was answered; one whose question failed has no answer."""
    answers: list[Answer] = []
    threads = [threading.Thread(target=lambda: answers.append(ask())) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers

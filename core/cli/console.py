"""What the command line writes: results on stdout, progress, warnings and errors on stderr."""

from __future__ import annotations

import json
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from core.errors import WorkbenchError
from core.jobs import Job, running
from core.types.turn import Failure

NOT_READY, ERROR, STOPPED, NO_READER = 1, 2, 130, 141  # exit statuses; the last two as a shell reports the signals
CLEAR_LINE = "\r\x1b[K"
FALLBACK_WIDTH = 100  # columns, where the terminal does not tell


def print_json(value: Mapping[str, Any]) -> None:
    """One JSON object, readable, in the letters of its own language."""
    print(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False))


def print_error(error: WorkbenchError) -> None:
    """One line, and the remedy."""
    _stderr(f"error: {_one_line(error.message)} {_one_line(error.remedy)}".rstrip() + "\n")


def print_warning(text: str) -> None:
    _stderr(f"warning: {_one_line(text)}\n")


def print_failures(failures: Sequence[Failure], name: str = "") -> None:
    """Steps of a turn that broke while the rest was done; `name` stands before each."""
    for failure in failures:
        print_warning(f"{name}{failure.message} {failure.remedy} So {failure.instead}.")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _stderr(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        return  # nobody reads it; the exit status still tells


def table(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = ()) -> str:
    """Columns of text; those named in `right` are numbers."""
    widths = [max(len(line[n]) for line in (head, *rows)) for n in range(len(head))]
    lines = []
    for line in (head, *rows):
        cells = [
            cell.rjust(width) if name in right else cell.ljust(width)
            for cell, width, name in zip(line, widths, head, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def _is_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


class ProgressLine:
    """One line on stderr that is written over; silent where stderr is no terminal."""

    def __init__(self) -> None:
        self._shown = _is_terminal()
        self._dirty = False

    def show(self, fraction: float | None, text: str) -> None:
        if not self._shown:
            return
        percent = "" if fraction is None else f"{fraction:4.0%} "
        width = shutil.get_terminal_size((FALLBACK_WIDTH, 24)).columns - 1
        _stderr(f"{CLEAR_LINE}{(percent + _one_line(text))[:width]}")
        self._dirty = True

    def clear(self) -> None:
        """Leave an empty line behind, so that the result stands alone."""
        if self._dirty:
            _stderr(CLEAR_LINE)
            self._dirty = False


@contextmanager
def interruptible(line: ProgressLine, deadline: float | None = None) -> Iterator[Job]:
    """A job that Ctrl-C stops at its next check; a second Ctrl-C ends the program at once."""
    job = Job(line.show, deadline)

    def stop(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        job.cancel()

    before = signal.signal(signal.SIGINT, stop)
    try:
        with running(job):
            yield job
    finally:
        signal.signal(signal.SIGINT, before)
        line.clear()

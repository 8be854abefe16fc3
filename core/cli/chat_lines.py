"""Where a chat's lines come from: a terminal with a prompt and history, or bytes that a program sends; and Ctrl-C."""

from __future__ import annotations

import codecs
import contextlib
import io
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any, BinaryIO

from core.dialogue.understanding import too_long
from core.errors import InputError

BYTES_A_CHARACTER = 4  # at most, in UTF-8
CHUNK = 1 << 16
TERMINATED = 143  # exit status, as a shell reports SIGTERM
NOT_UTF8 = "The line was not UTF-8; what could not be read was replaced by \N{REPLACEMENT CHARACTER}."


@dataclass(frozen=True)
class Line:
    """One line without its end; warnings: what was wrong with it."""

    text: str
    warnings: tuple[str, ...] = ()


class Stops:
    """What Ctrl-C does while no turn runs: nothing at once, so that nothing is left half done.

    At a prompt it ends the chat (`KeyboardInterrupt`); at a terminal only the second one in a row does. One that
    stopped a turn counts.
    """

    def __init__(self, interactive: bool) -> None:
        self._interactive = interactive
        self._waiting = self._missed = False
        self._count = 0
        self._before: Any = None

    def __enter__(self) -> Stops:
        self._before = signal.signal(signal.SIGINT, self._pressed)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _pressed(self, number: int, frame: FrameType | None) -> None:
        if self._waiting:
            self._waiting = False
            raise KeyboardInterrupt
        self._missed = True

    def turn_stopped(self) -> None:
        self._count = 1

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """While a line is waited for."""
        if self._missed:
            self._missed = False
            raise KeyboardInterrupt
        self._waiting = True
        try:
            yield
        finally:
            self._waiting = False

    def again(self) -> bool:
        """After a Ctrl-C at the prompt: whether to ask for a line once more."""
        self._count += 1
        return self._interactive and self._count < 2

    def line_came(self) -> None:
        self._count = 0


class Lines:
    """The lines of standard input, each when it comes. broken: it can no longer be read."""

    def __init__(self, most_chars: int, prompts: bool) -> None:
        self._most_chars = most_chars
        self.interactive = prompts and _is_terminal(sys.stdin) and _is_terminal(sys.stdout)
        self.broken = False
        if self.interactive:
            if isinstance(sys.stdin, io.TextIOWrapper):
                sys.stdin.reconfigure(errors="surrogateescape")
            with contextlib.suppress(ImportError):  # not on every system; lines can be typed without it
                import readline  # noqa: F401  (history and editing of lines; kept in memory only)

    def next(self, prompt: str, stops: Stops) -> Line | None:
        """The next line; None at the end of the input.

        Raises `InputError` for one that is too long, and `KeyboardInterrupt` where Ctrl-C ends the chat.
        """
        while True:
            try:
                with stops.waiting():
                    data = self._typed(prompt) if self.interactive else self._sent()
            except KeyboardInterrupt:
                if stops.again():
                    print("\n(Ctrl-C once more, Ctrl-D or /quit ends the chat.)", flush=True)
                    continue
                raise
            except OSError as error:
                self.broken = True
                reason = error.strerror or str(error)
                raise InputError(f"Standard input cannot be read: {reason}.", "Send one request a line.") from error
            stops.line_came()
            return None if data is None else self._decoded(data)

    def _typed(self, prompt: str) -> bytes | None:
        try:
            return input(prompt).encode("utf-8", "surrogateescape")
        except EOFError:
            print(flush=True)  # the shell's prompt begins on a line of its own
            return None

    def _sent(self) -> bytes | None:
        stream: BinaryIO | None = getattr(sys.stdin, "buffer", None)
        if stream is None:
            return None  # closed before we began
        most = self._most_chars * BYTES_A_CHARACTER + len(b"\r\n")
        data = stream.readline(most)
        if len(data) == most and not data.endswith(b"\n"):
            raise too_long(_rest_of_line(stream, data), self._most_chars)
        return data or None

    def _decoded(self, data: bytes) -> Line:
        data = data.removeprefix(codecs.BOM_UTF8)
        warnings: tuple[str, ...] = ()
        try:
            text = data.decode()
        except UnicodeDecodeError:
            text, warnings = data.decode(errors="replace"), (NOT_UTF8,)
        text = text.strip()
        if len(text) > self._most_chars:
            raise too_long(len(text), self._most_chars)
        return Line(text, warnings)


def _is_terminal(stream: Any) -> bool:
    return stream is not None and bool(stream.isatty())


@contextmanager
def terminated() -> Iterator[None]:
    """A polite request to end (SIGTERM) ends the program as an exit does: temporary files go."""

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(TERMINATED)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _rest_of_line(stream: BinaryIO, data: bytes) -> int:
    """Read a line to its end and forget it; how many characters it has."""
    decoder, count = codecs.getincrementaldecoder("utf-8")("replace"), 0
    while data:
        count += len(decoder.decode(data.rstrip(b"\r\n")))
        data = b"" if data.endswith(b"\n") else stream.readline(CHUNK)
    return count

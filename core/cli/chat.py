"""`chat`: the dialogue without a browser. One request a line from standard input, one turn a line on standard output.

What cannot be done is told in place of the turn, and the chat goes on; the end of the input ends it.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from core.cli.chat_commands import SLASH, command
from core.cli.chat_lines import Line, Lines, Stops, terminated
from core.cli.chat_told import People, Programs, Teller
from core.cli.chat_turns import Chat, Files
from core.cli.console import STOPPED, ProgressLine, interruptible
from core.dialogue.engines import assemble
from core.errors import WorkbenchError
from core.settings import Settings, load_settings

if TYPE_CHECKING:
    from core.cli.chat_kept import Kept


def run(options: argparse.Namespace) -> int:
    """Exit status 0 at the end of the input, 130 where Ctrl-C ended it, 2 where the chat cannot begin or be kept."""
    settings = load_settings(options.settings)
    with terminated(), ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="vlp-chat-", ignore_cleanup_errors=True)))
        chat, kept = _begin(options.session, folder, settings, ends)
        for path in options.images:
            chat.open(path)
        lines = Lines(settings.limits.text_chars, prompts=not options.json)
        teller: Teller = Programs(chat) if options.json else People(chat, lines.interactive)
        save = partial(kept.save, chat.pictures, chat.records) if kept is not None else _nowhere
        save()
        teller.welcome()
        with Stops(lines.interactive) as stops:
            status = _Talk(chat, lines, stops, teller, save).run()
        save()  # what could not be written after a turn
    return status


def _begin(session: Path | None, folder: Path, settings: Settings, ends: ExitStack) -> tuple[Chat, Kept | None]:
    """The chat, empty or as its zip has it."""
    if session is None:
        return Chat(assemble(settings), settings, Files.of(folder, settings)), None
    from core.cli.chat_kept import Kept  # the database's library takes half a second

    kept = Kept(session, folder, settings)
    ends.callback(kept.close)
    chat = Chat(assemble(settings), settings, kept.store)
    chat.pictures, chat.records = kept.pictures, kept.records
    return chat, kept


def _nowhere() -> None:
    """A chat without a session is not kept."""


@dataclass(frozen=True)
class _Talk:
    """The loop over the lines. save: writes the session, if there is one."""

    chat: Chat
    lines: Lines
    stops: Stops
    teller: Teller
    save: Callable[[], None]

    def run(self) -> int:
        while True:
            try:
                line = self.lines.next(self.chat.prompt, self.stops)
                if line is None or not self._one(line):
                    return 0
            except KeyboardInterrupt:
                return STOPPED
            except WorkbenchError as error:
                if self.lines.broken:
                    raise
                self.teller.error(error)

    def _one(self, line: Line) -> bool:
        """Do what a line says; False where the chat is over."""
        text = line.text
        if text.startswith(SLASH):
            done = command(self.chat, text)
            if done.request is None:
                self.teller.reply(done, (*line.warnings, *self._unkept()))
                return not done.over
            text = done.request
        if text:
            progress = ProgressLine()
            with interruptible(progress) as job:
                record = self.chat.ask(text, job, progress)
            if job.cancelled:
                self.stops.turn_stopped()
            self.teller.turn(record, (*line.warnings, *self._unkept()))
        return True

    def _unkept(self) -> tuple[str, ...]:
        """Write the session; what is wrong with that is a warning: the answer is there, and the next turn tries again.

        Before the answer is told: who reads it may rely on the file.
        """
        try:
            self.save()
        except WorkbenchError as error:
            return (str(error),)
        return ()

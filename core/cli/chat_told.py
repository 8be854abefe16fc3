"""What a chat writes, before it reads the next line: a JSON object a line for programs, a block a turn for people."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

from core.cli.chat_choices import TYPED, by_hand, choices
from core.cli.chat_commands import Done, listed
from core.cli.chat_turns import Chat
from core.cli.console import print_error, print_failures, print_warning
from core.cli.summary import objects
from core.codec import picture_to_json, record_to_json
from core.dialogue.conversation import looked
from core.errors import WorkbenchError
from core.types.record import Record, Result
from core.types.turn import Action, Status, Turn

LINE_ENDS = str.maketrans({mark: f"\\u{ord(mark):04x}" for mark in "\x7f\x85\u2028\u2029"})  # to readers of lines


class Teller(Protocol):
    """warnings: of the line, beside those of the turn."""

    def welcome(self) -> None: ...

    def turn(self, record: Record, warnings: Sequence[str]) -> None: ...

    def reply(self, done: Done, warnings: Sequence[str]) -> None: ...

    def error(self, error: WorkbenchError) -> None: ...


class Programs(Teller):
    """One JSON object for each line that was read, in order; errors and commands too."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    def welcome(self) -> None:
        return

    def turn(self, record: Record, warnings: Sequence[str]) -> None:
        own = any(looked(result.turn) for result in record.results)
        in_force = None if own else self._chat.in_force
        told = record_to_json(_with_notes(record), self._chat.pictures, in_force=in_force)
        _print_line({**told, "warnings": [*warnings, *told["warnings"]]})

    def reply(self, done: Done, warnings: Sequence[str]) -> None:
        chat = self._chat
        pictures = [picture_to_json(picture, number) for number, picture in enumerate(chat.pictures, 1)]
        _print_line(
            {
                "command": done.command, "text": done.text, "pictures": pictures, "about": list(chat.about),
                "selected": chat.selected, "files": dict(done.files), "warnings": list(warnings),
            }
        )  # fmt: skip

    def error(self, error: WorkbenchError) -> None:
        told = {"message": error.message, "remedy": error.remedy, "kind": type(error).__name__}
        _print_line({"error": told})


def _with_notes(record: Record) -> Record:
    """The turns with what was done to their pictures at the door among their warnings."""
    return replace(
        record,
        results=tuple(
            replace(r, turn=replace(r.turn, warnings=(*r.picture.notes, *r.turn.warnings))) if r.picture else r
            for r in record.results
        ),
    )


def _print_line(value: dict[str, Any]) -> None:
    print(json.dumps(value, ensure_ascii=False, allow_nan=False).translate(LINE_ENDS), flush=True)


class People(Teller):
    """Answers on standard output, a block a turn; warnings and errors on standard error."""

    def __init__(self, chat: Chat, interactive: bool) -> None:
        self._chat, self._interactive = chat, interactive

    def welcome(self) -> None:
        if self._interactive:
            print(listed(self._chat) or "No picture yet: /open FILE adds one.")
            print("Say what you want of it; /help says what else can be done.\n", flush=True)
            return
        for picture in self._chat.pictures:
            for note in picture.notes:
                print_warning(f"{picture.name}: {note}")

    def turn(self, record: Record, warnings: Sequence[str]) -> None:
        several = len(record.results) > 1
        blocks = [self._block(result, several) for result in record.results if result.turn.status != Status.FAILED]
        if blocks:
            print("\n".join(blocks), end="\n\n", flush=True)
        for warning in warnings:
            print_warning(warning)
        for result in record.results:
            _print_troubles(result.turn, f"{result.picture.name}: " if several and result.picture else "")

    def _block(self, result: Result, several: bool) -> str:
        turn, picture = result.turn, result.picture
        name = f"{picture.name}: " if several and picture is not None else ""
        lines = [f"{name}{turn.answer.text or f'({turn.status})'}"]
        lines += [f"  “{r.words}”: {r.meaning}" for r in turn.references if r.meaning]
        lines += _offers(turn.answer.actions, turn.status == Status.ASKED)
        if turn.detections.items and picture is not None:
            lines.append(objects(turn, (picture.width, picture.height)))
        if result.edited is not None:
            lines.append("The picture was changed: /save DIR writes it.")
        return "\n".join(lines)

    def reply(self, done: Done, warnings: Sequence[str]) -> None:
        if done.text:
            print(done.text, end="\n\n", flush=True)
        for warning in warnings:
            print_warning(warning)

    def error(self, error: WorkbenchError) -> None:
        print_error(error)


def _print_troubles(turn: Turn, name: str) -> None:
    """name: what stands before each, where there are several pictures."""
    failures = list(turn.failures)
    if turn.status == Status.FAILED and failures:
        first = failures.pop(0)
        print_error(WorkbenchError(f"{name}{first.message}", first.remedy))
    for warning in turn.warnings:
        print_warning(f"{name}{warning}")
    print_failures(failures, name)


def _offers(actions: Sequence[Action], asked: bool) -> list[str]:
    """What can be done next, by typing; what answers a question has its number. Buttons of a page are left out."""
    numbers = {choice.text: choice.number for choice in choices(actions)} if asked else {}
    lines = []
    for action in actions:
        number, typed = numbers.get(action.label, ""), by_hand(action)
        if number:
            lines.append(f"{number:>3}) {action.label.removeprefix(f'{number} ')}")
        elif action.kind in TYPED:
            lines.append(f"  * {action.label}")
        elif typed and (asked or action.kind != "draw_box"):
            lines.append(f"  * {action.label}: {typed}")
    return lines

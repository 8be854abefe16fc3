"""Lines that begin with a slash: what the chat itself does, beside requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from core.cli.chat_files import save_files
from core.cli.chat_turns import Chat
from core.errors import InputError
from core.types.reference import Operation

SLASH = "/"
ALL, NEWEST, NOTHING = "all", "newest", "none"


@dataclass(frozen=True)
class Done:
    """What a command did. request: to be run as if it had been typed. over: the chat ends."""

    command: str
    text: str = ""
    files: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    request: str | None = None
    over: bool = False


@dataclass(frozen=True)
class Command:
    usage: str
    does: str
    run: Callable[[Chat, str], Done]


def command(chat: Chat, line: str) -> Done:
    """Do what a line says that begins with a slash. Raises `InputError` where there is no such command."""
    name, _, rest = line.removeprefix(SLASH).partition(" ")
    known = COMMANDS.get(name.lower())
    if known is None:
        shown = name if len(name) <= 40 else f"{name[:39]}…"
        raise InputError(
            f"There is no command {SLASH}{shown}.",
            f"Commands: {', '.join(SLASH + other for other in COMMANDS)}. A request does not begin with {SLASH}",
        )
    return known.run(chat, rest.strip())


def _help(chat: Chat, rest: str) -> Done:
    width = max(len(known.usage) for known in COMMANDS.values())
    lines = [f"{SLASH}{known.usage:<{width}}  {known.does}" for known in COMMANDS.values()]
    return Done(
        "help",
        "\n".join(
            (
                "Say what you want of the picture: segment the dog, only the left one, what colour is it?, undo.",
                *lines,
                "Where a question is asked back, type the number or the words of a choice.",
                "Ctrl-C stops what runs. Earlier lines (arrow up) are kept in memory only, until the chat ends.",
            )
        ),
    )


def _pictures(chat: Chat, rest: str) -> Done:
    return Done("pictures", listed(chat) or "There is no picture yet: /open FILE adds one.")


def listed(chat: Chat) -> str:
    """The chat's pictures, one a line; * marks those that requests are about."""
    lines = []
    for number, picture in enumerate(chat.pictures, 1):
        notes = f" ({'; '.join(picture.notes)})" if picture.notes else ""
        lines.append(f"{'*' if number in chat.about else ' '} {number}  {picture.name}  {picture.size}{notes}")
    return "\n".join(lines)


def _open(chat: Chat, rest: str) -> Done:
    if not rest:
        raise InputError("Which picture?", "Name its file: /open FILE")
    chat.open(_path(rest))
    return Done("open", listed(chat))


def _path(text: str) -> Path:
    """A path as typed: quotes around it go, ~ is the home folder."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise InputError(f"{text} is no path: {error}.", "Write the path in full.") from error


def _use(chat: Chat, rest: str) -> Done:
    count = len(chat.pictures)
    words = rest.replace(",", " ").lower().split()
    if words == [NEWEST]:
        chat.chosen = ()
    elif words == [ALL]:
        chat.chosen = tuple(range(1, count + 1))
    elif words:
        chat.chosen = tuple(dict.fromkeys(_number(word, count, "picture") for word in words))
    if not chat.about:
        return Done("use", "There is no picture yet: /open FILE adds one.")
    names = ", ".join(f"{n} {chat.pictures[n - 1].name}" for n in chat.about)
    return Done("use", f"Requests are about {names}.")


def _select(chat: Chat, rest: str) -> Done:
    results = chat.in_force
    most = max((len(result.turn.detections) for result in results), default=0)
    if rest.lower() == NOTHING:
        chat.selected = None
    elif rest:
        chat.selected = _number(rest, most, "object")
    if chat.selected is None:
        return Done("select", "No object is selected.")
    phrases = [
        result.turn.detections.items[chat.selected - 1].phrase
        for result in results
        if chat.selected <= len(result.turn.detections)
    ]
    return Done("select", f"“It” is object {chat.selected}: {', '.join(dict.fromkeys(phrases))}.")


def _number(word: str, most: int, what: str) -> int:
    number = int(word) if word.isascii() and word.isdigit() and len(word) <= 9 else 0
    if not 1 <= number <= most:
        shown = word if len(word) <= 40 else f"{word[:39]}…"
        numbers = {0: f"there is no {what}", 1: f"the only {what} is 1"}.get(most, f"{what}s are numbered 1 to {most}")
        raise InputError(f"There is no {what} {shown}.", f"Here {numbers}.")
    return number


def _undo(chat: Chat, rest: str) -> Done:
    return Done("undo", request=str(Operation.UNDO))


def _save(chat: Chat, rest: str) -> Done:
    if not rest:
        raise InputError("Into which folder?", "Name it: /save DIR")
    files, notes = save_files(chat, _path(rest))
    return Done("save", "\n".join((*(f"wrote {path}" for path in files.values()), *notes)), files)


def _quit(chat: Chat, rest: str) -> Done:
    return Done("quit", over=True)


COMMANDS: dict[str, Command] = {
    "help": Command("help", "this list", _help),
    "pictures": Command("pictures", "the pictures with their numbers", _pictures),
    "open": Command("open FILE", "add a picture; the next requests are about it", _open),
    "use": Command("use 2 [3 ...]", f"the pictures that requests are about; also /use {ALL}, /use {NEWEST}", _use),
    "select": Command("select N", f"the object that “it” means; /select {NOTHING} forgets it", _select),
    "undo": Command("undo", "take the last result back", _undo),
    "save": Command("save DIR", "write overlay, masks, cut-outs and tables of the last result", _save),
    "quit": Command("quit", "end the chat (so does the end of the input)", _quit),
}

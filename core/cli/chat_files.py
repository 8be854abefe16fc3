"""Writes the files of a chat's last result, as `ask --out` does; each picture has a folder where there are several."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePath

from core.cli.chat_turns import Chat
from core.cli.outputs import Outputs
from core.dialogue.conversation import looked
from core.errors import InputError
from core.types.record import Result


def save_files(chat: Chat, folder: Path) -> tuple[dict[str, str], list[str]]:
    """What was written (name -> path), and what should be known of it. Raises `InputError`."""
    results = next((found for record in reversed(chat.records) if (found := _looked(record.results))), [])
    if not results:
        raise InputError("There is no result to write yet.", "Ask something about a picture first.")
    written: dict[str, str] = {}
    notes: list[str] = []
    for result, name in zip(results, _folders(chat, results), strict=True):
        outputs = Outputs(folder / name, "/save DIR")
        placed, trouble = outputs.write(_contents(chat, result))
        written |= {f"{name}/{file}" if name else file: path for file, path in placed.items()}
        if trouble is not None:
            raise trouble
        older = outputs.older(placed)
        notes += [f"{folder / name} still holds files of an earlier turn: {', '.join(older)}."] if older else []
    return written, notes


def _looked(results: tuple[Result, ...]) -> list[Result]:
    return [result for result in results if looked(result.turn) and result.picture is not None]


def _folders(chat: Chat, results: list[Result]) -> Iterator[str]:
    """A name for each result's folder; "" where there is one result."""
    from core.formats.bundle import slug

    numbers = {picture.digest: number for number, picture in enumerate(chat.pictures, 1)}
    for result in results:
        assert result.picture is not None
        stem = slug(PurePath(result.picture.name).stem)
        yield "" if len(results) == 1 else f"{numbers.get(result.picture.digest, 0):02d}_{stem}"


def _contents(chat: Chat, result: Result) -> dict[str, bytes]:
    from core.formats.bundle import files

    assert result.picture is not None
    edited = chat.store.pictures.open(result.edited) if result.edited is not None else None
    turn = replace(chat.store.measurements.restored(result.turn), edited=edited)
    return files(turn, chat.store.pictures.open(result.picture), chat.settings)

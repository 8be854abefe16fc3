"""What other processes do to a store: `python -m tests.sessions.child WHAT FOLDER ...`."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from core.errors import StorageError
from core.sessions.store import SessionStore
from core.types.record import Record
from tests.sessions.values import noise, png, rich_record, rich_turn, settings_in

ROOM = 400_000  # bytes a file may have where the disk is small


def put_forever(store: SessionStore, chat: str) -> None:
    """Finished requests one after the other; each is said when it is kept. Never ends by itself."""
    picture = store.pictures.add(png(1), "a.png")
    for number in range(1_000_000):
        record = Record(f"request {number}", steps=("x" * 2000,), pictures=(picture,))
        store.put("me", chat, record)
        store.measurements.save(rich_turn(seed=number % 7))
        store.pictures.add(noise(number % 11), "b.png")
        store.put("me", chat, rich_record(picture, id=record.id, node=record.node))
        say(str(number))


def put_some(store: SessionStore, chat: str) -> None:
    """Fifty requests, beside another process that does the same."""
    for number in range(50):
        store.put("me", chat, Record(f"{number}", how="child", finished=True))
        store.pictures.add(png(number), "a.png")


def hang(store: SessionStore, chat: str) -> None:
    """A request that begins, and goes on until the process is killed."""
    store.put("me", chat, Record("still running"))
    say("begun")
    sys.stdin.read()


def small_disk(store: SessionStore, chat: str) -> None:
    """No file may grow beyond `ROOM`: pictures, measurements and the database run into it."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, ROOM))
    try:
        store.pictures.add(noise(1, 500, 400), "large.png")
    except StorageError as error:
        say(f"picture: {error.message} {error.remedy}")
    small = store.pictures.add(png(1), "small.png")
    store.add_picture("me", chat, small)
    kept = 0
    try:
        for number in range(2000):
            store.put("me", chat, Record(f"{number}", steps=(noise(number).hex(),), finished=True))
            kept += 1
    except StorageError as error:
        say(f"database: {error.message} {error.remedy}")
    say(f"kept {kept}")


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    what, folder, chat = sys.argv[1:]
    parts = {"put_forever": put_forever, "put_some": put_some, "hang": hang, "small_disk": small_disk}
    parts[what](SessionStore(settings_in(Path(folder))), chat)

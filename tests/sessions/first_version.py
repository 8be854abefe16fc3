"""The data of a small installation as the first version of the database left it; nothing in it depends on the day."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from core.sessions.examples import Example
from core.sessions.store import SessionStore
from core.types.language import IntentName
from core.types.record import Record
from tests.sessions.values import made_picture, png, rich_record, rich_turn, settings_in

COMMITTED = Path(__file__).parent / "first_version"
OWNER = "the first owner"
TITLE = "A brown dog"
TEXTS = ("cut out the brown dog", "make it bigger", "make it bigger", "what is it?")
CREATED = 1_700_000_000.0


def make_first_version(folder: Path) -> None:
    """Write database, pictures and measurements into an empty folder; to be called by the first version alone."""
    store = SessionStore(settings_in(folder, keep_days=1e9))
    chat = store.create(OWNER, TITLE)
    picture = store.pictures.add(png(5), "dog.png", "shapes")
    store.add_picture(OWNER, chat, picture)
    store.add_picture(OWNER, chat, store.pictures.add(png(6), "second.png"))
    edited = store.pictures.keep(made_picture(), "dog.png (edited)", "edited")
    store.pictures.save(edited)
    first = replace(rich_record(picture, edited), id="1" * 32, node="a" * 32, created=CREATED)
    again = [Record(text, id=str(n) * 32, node="b" * 32, parent="a" * 32, created=CREATED + n, finished=True)
             for n, text in ((2, TEXTS[1]), (3, TEXTS[2]))]  # fmt: skip
    last = Record(TEXTS[3], "4" * 32, "c" * 32, "b" * 32, created=CREATED + 4)  # it runs, and never ends
    for record in (first, *again, last):
        store.put(OWNER, chat, record)
    measured = replace(rich_turn(image_digest=picture.digest), id=first.results[0].turn.id)
    store.measurements.save(measured)
    store.set_view(OWNER, chat, "c" * 32, {"b" * 32: "2" * 32})
    phrases = ("brown dog",)
    store.add_example(OWNER, chat, Example(first.id, TEXTS[0], IntentName.SEGMENT, phrases, CREATED))
    store.close()


if __name__ == "__main__":
    if COMMITTED.exists():
        sys.exit(f"{COMMITTED} is there already; what the first version left is never made anew")
    make_first_version(COMMITTED)

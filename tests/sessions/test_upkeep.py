"""What is deleted takes with it what only it referred to, and nothing else; what is old leaves by itself."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from core.errors import StorageError
from core.sessions import upkeep
from core.sessions.store import SessionStore, Tidied
from core.types.picture import PictureRef
from core.types.record import Record
from tests.sessions.conftest import Open
from tests.sessions.values import made_picture, png, rich_record, rich_turn

DAY = 86_400.0


def files(store: SessionStore, folder: str) -> set[str]:
    path = store.settings.data_dir / folder
    return {file.name for file in path.glob("*") if file.is_file()} if path.is_dir() else set()


def chat_about(store: SessionStore, owner: str, picture: PictureRef) -> tuple[str, Record]:
    """A chat with one finished request, its measurements kept."""
    chat = store.create(owner, "x")
    store.add_picture(owner, chat, picture)
    record = rich_record(picture)
    store.measurements.save(record.results[0].turn)
    store.put(owner, chat, record)
    return chat, record


def test_a_picture_goes_with_its_last_reference_over_all_users(store: SessionStore) -> None:
    alone = store.pictures.add(png(1), "alone.png")
    shared = store.pictures.add(png(2), "shared.png")
    mine, _ = chat_about(store, "me", alone)
    store.add_picture("me", mine, shared)
    yours, _ = chat_about(store, "you", store.pictures.add(png(2), "the same.png"))
    store.delete("me", mine)
    assert files(store, "pictures") == {shared.key}
    assert store.pictures.open(shared)
    store.delete("you", yours)
    assert files(store, "pictures") == set()


def test_pictures_of_records_and_changed_ones_count_as_references(store: SessionStore) -> None:
    picture = store.pictures.add(png(1), "a.png")
    edited = store.pictures.keep(made_picture(), "a.png (edited)", "edited")
    store.pictures.save(edited)
    one, two = store.create("me", "x"), store.create("me", "y")
    store.add_picture("me", one, picture)
    store.put("me", one, rich_record(picture, edited))
    store.put("me", two, rich_record(picture, edited))
    store.delete("me", one)
    assert files(store, "pictures") == {picture.key, edited.key}
    store.delete("me", two)
    assert files(store, "pictures") == set()


def test_measurements_go_with_their_chat(store: SessionStore) -> None:
    picture = store.pictures.add(png(1), "a.png")
    gone, _ = chat_about(store, "me", picture)
    _, stays = chat_about(store, "me", picture)
    store.delete("me", gone)
    assert len(files(store, "measurements")) == 1
    assert store.measurements.load(stays.results[0].turn) is not None


def test_what_was_just_uploaded_outlives_the_deletion_of_another_chat(store: SessionStore) -> None:
    chat, _ = chat_about(store, "me", store.pictures.add(png(1), "a.png"))
    again = store.pictures.add(png(1), "a.png")  # another chat is about to refer to it
    store.delete("me", chat)
    other = store.create("me", "y")
    store.add_picture("me", other, again)
    assert store.pictures.open(again)
    store.delete("me", other)
    assert files(store, "pictures") == set()


def test_chats_untouched_for_too_long_are_deleted_with_their_files(open_store: Open) -> None:
    store = open_store(keep_days=10)
    chat_about(store, "me", store.pictures.add(png(1), "a.png"))
    assert store.tidy(time.time() + 9 * DAY) == Tidied()
    assert store.tidy(time.time() + 11 * DAY) == Tidied(chats=1, pictures=1)
    assert store.chats("me") == [] and files(store, "pictures") == files(store, "measurements") == set()


def test_opening_a_chat_touches_it(open_store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(keep_days=10)
    opened, left = store.create("me", "opened"), store.create("me", "left")
    revision = store.revision("me", opened)
    now = time.time()
    monkeypatch.setattr("core.sessions.store.time.time", lambda: now + 9 * DAY)
    store.load("me", opened)
    monkeypatch.undo()
    assert store.tidy(now + 15 * DAY).chats == 1
    assert [summary.id for summary in store.chats("me")] == [opened] and left != opened
    assert store.revision("me", opened) == revision


def test_orphaned_pictures_leave_after_an_hour(store: SessionStore) -> None:
    used = store.pictures.add(png(1), "used.png")
    chat_about(store, "me", used)
    orphan, young = store.pictures.add(png(2), "orphan.png"), store.pictures.add(png(3), "young.png")
    store.pictures.release([orphan.key, young.key])
    for ref in (used, orphan):
        os.utime(store.pictures.folder / ref.key, (1000, 1000))
    assert store.tidy().pictures == 1
    assert files(store, "pictures") == {used.key, young.key}


def test_half_written_files_of_a_killed_process_leave(store: SessionStore) -> None:
    chat_about(store, "me", store.pictures.add(png(1), "a.png"))
    parts = [store.settings.data_dir / folder / ".x.part" for folder in ("pictures", "measurements")]
    for part in parts:
        part.write_bytes(b"half")
        os.utime(part, (1000, 1000))
    store.tidy()
    assert not any(part.exists() for part in parts)


def test_measurements_over_a_smaller_quota_leave_the_oldest_first(store: SessionStore, open_store: Open) -> None:
    turns = [rich_turn(seed=seed) for seed in range(3)]
    for second, turn in enumerate(turns):
        store.measurements.save(turn)
        os.utime(store.measurements._file(turn), (1000 + second, 1000 + second))
    size = max(path.stat().st_size for path in (store.settings.data_dir / "measurements").glob("*"))
    small = open_store(measurements_mb=1.5 * size / 1e6)
    assert small.tidy().measurements == 2
    bare = [replace(turn, proposals=None, bank=MappingProxyType({})) for turn in turns]
    assert [small.measurements.load(turn) is not None for turn in bare] == [False, False, True]


def test_more_chats_than_a_statement_takes_are_deleted(open_store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "AT_ONCE", 3)
    store = open_store(keep_days=1)
    for shade in range(10):
        chat_about(store, "me", store.pictures.add(png(shade), "a.png"))
    assert store.tidy(time.time() + 2 * DAY) == Tidied(chats=10, pictures=10)


def test_on_a_full_disk_deleting_frees_measurements_before_it_needs_room(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat, _ = chat_about(store, "me", store.pictures.add(png(1), "a.png"))
    seen: list[int] = []
    real = store._database.write

    def full() -> object:
        seen.append(len(files(store, "measurements")))
        if len(seen) == 1:
            raise StorageError("There is no room left.", "Delete chats.")
        return real()

    monkeypatch.setattr(type(store._database), "write", lambda self: full())
    with pytest.raises(StorageError):
        store.delete("me", chat)
    assert seen == [0] and store.pictures.open(store.load("me", chat).pictures[0])
    store.delete("me", chat)
    assert files(store, "pictures") == set()


def test_a_store_in_an_empty_folder_is_tidy(store: SessionStore, tmp_path: Path) -> None:
    assert store.tidy() == Tidied()

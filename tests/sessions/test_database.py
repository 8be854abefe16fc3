"""The database opens whatever its age, and says what is wrong where it cannot."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, event, inspect, make_url, text

from core.errors import SettingsError, StorageError
from core.sessions.database import VERSION_TABLE, Database
from core.sessions.records import INTERRUPTED
from core.sessions.store import SessionStore
from core.sessions.tables import METADATA
from core.types.language import IntentName
from core.types.record import Record
from tests.sessions import first_version
from tests.sessions.conftest import Open
from tests.sessions.values import png, rich_turn, settings_in
from tests.threads import answers_at_once


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """A copy of the committed data of the first version (made here, until they are committed)."""
    folder = tmp_path / "first"
    if first_version.COMMITTED.is_dir():
        shutil.copytree(first_version.COMMITTED, folder)
    else:
        first_version.make_first_version(folder)
    return folder


def test_the_first_version_opens_and_nothing_of_it_is_lost(first: Path, open_store: Open) -> None:
    store, owner = open_store(first, keep_days=1e9), first_version.OWNER
    [summary] = store.chats(owner)
    kept = store.load(owner, summary.id)
    assert (summary.title, summary.requests, summary.picture) == (first_version.TITLE, 3, kept.pictures[0])
    assert [record.text for record in kept.records] == list(first_version.TEXTS)
    assert [record.id[0] + record.node[0] + record.parent[:1] for record in kept.records] == ["1a", "2ba", "3ba", "4cb"]
    assert (kept.head[0], dict(kept.shown)) == ("c", {"b" * 32: "2" * 32})
    assert kept.records[-1].failed == INTERRUPTED
    result = kept.records[0].results[0]
    assert result.turn.masks.items[0].area > 0 and result.turn.detections.items[0].phrase == "brown dog"
    assert [ref.name for ref in kept.pictures] == ["dog.png", "second.png"]
    for ref in (*kept.pictures, result.edited):
        assert ref is not None and store.pictures.open(ref).digest == ref.digest
        assert store.pictures.thumbnail(ref)
    measured = store.measurements.load(result.turn)
    assert measured is not None and measured.proposals is not None
    assert measured.bank.keys() == rich_turn().bank.keys()
    [example] = store.examples(owner)
    assert (example.intent, example.phrases) == (IntentName.SEGMENT, ("brown dog",))
    store.put(owner, summary.id, Record("and on", finished=True))
    assert store.tidy().interrupted == 1 and len(store.load(owner, summary.id).records) == 5


def test_the_migrations_lead_to_the_tables_of_the_program(store: SessionStore, tmp_path: Path) -> None:
    store.chats("me")
    engine = create_engine(f"sqlite:///{tmp_path / 'data' / 'chats.db'}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(context, METADATA) == []
        names = set(inspect(connection).get_table_names())
    assert names == {*METADATA.tables, VERSION_TABLE}
    engine.dispose()


def test_one_of_a_later_version_is_left_alone(open_store: Open, tmp_path: Path) -> None:
    store = open_store()
    store.create("me", "kept")
    store.close()
    file = tmp_path / "data" / "chats.db"
    with sqlite3.connect(file) as connection:
        connection.execute(f"UPDATE {VERSION_TABLE} SET version_num = '99'")
    connection.close()
    before = file.read_bytes()
    with pytest.raises(StorageError, match="later version") as caught:
        open_store().chats("me")
    assert "Update the program" in caught.value.remedy and file.read_bytes() == before


@pytest.mark.parametrize("content", [b"this is no database, and long enough to be one" * 100, None])
def test_a_damaged_one_is_named_and_left_alone(open_store: Open, tmp_path: Path, content: bytes | None) -> None:
    store = open_store()
    store.create("me", "kept")
    store.close()
    file = tmp_path / "data" / "chats.db"
    whole = file.read_bytes()
    file.write_bytes(content if content is not None else whole[:4096] + b"\xff" * (len(whole) - 4096))
    before = file.read_bytes()
    damaged = open_store()
    with pytest.raises(StorageError) as caught:
        damaged.create("me", "new")
    assert str(file) in caught.value.message and "Move it away" in caught.value.remedy
    assert file.read_bytes() == before
    file.rename(tmp_path / "away")
    for beside in file.parent.glob("chats.db-*"):
        beside.unlink()
    assert damaged.create("me", "new")


def test_where_nothing_may_be_written_it_says_so(open_store: Open, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(StorageError) as caught:
        open_store().chats("me")
    assert str(tmp_path / "data") in caught.value.message and caught.value.remedy


def test_a_full_disk_is_said_and_what_was_kept_stays(open_store: Open, tmp_path: Path) -> None:
    """SQLite itself refuses more pages: the message of a full disk, and its way back."""
    store = open_store()
    chat = store.create("me", "kept")
    store.put("me", chat, Record("before", finished=True))
    with store._database.write() as connection:
        pages = connection.scalar(text("PRAGMA page_count"))
    engine = store._database._opened()
    engine.dispose()
    event.listen(engine, "connect", lambda raw, _: raw.execute(f"PRAGMA max_page_count = {pages}"))
    with pytest.raises(StorageError, match="no room") as caught:
        for _ in range(1000):
            store.put("me", chat, Record("more " * 1000, steps=tuple(map(str, range(2000))), finished=True))
    assert "Delete chats" in caught.value.remedy
    kept = open_store().load("me", chat)
    assert kept.records[0].text == "before" and all(record.finished for record in kept.records)


def test_eight_threads_open_it_at_once(open_store: Open) -> None:
    store = open_store()
    assert len(set(answers_at_once(lambda: store.create("me", "a")))) == 8
    assert len(store.chats("me")) == 8


def test_eight_stores_make_it_at_once(open_store: Open) -> None:
    assert len(set(answers_at_once(lambda: open_store().create("me", "a")))) == 8
    assert len(open_store().chats("me")) == 8


def test_the_limit_of_chats_holds_when_eight_stores_create_them_at_once(open_store: Open) -> None:
    """Each looks at the number first: nobody may create another one between the look and the creation."""

    def create() -> list[str]:
        store, said = open_store(chats=20), []
        for _ in range(5):
            try:
                store.create("me", "a")
            except StorageError as error:
                said.append(error.message)
        return said

    refused = [message for messages in answers_at_once(create) for message in messages]
    assert len(refused) == 20 and all(message.startswith("20 chats") for message in refused)
    assert len(open_store().chats("me")) == 20


def test_nothing_is_opened_before_it_is_used(open_store: Open, tmp_path: Path) -> None:
    open_store()
    assert not (tmp_path / "data").exists()


def test_an_address_in_the_settings_is_used(tmp_path: Path, open_store: Open) -> None:
    file = tmp_path / "elsewhere" / "mine.db"
    store = open_store(url=f"sqlite:///{file}")
    store.create("me", "a")
    assert file.is_file() and not (tmp_path / "data" / "chats.db").exists()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "no address", "nosuch://host/name"])
def test_an_address_that_keeps_nothing_is_a_wrong_setting(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError, match="url"):
        SessionStore(settings_in(tmp_path, url=url)).chats("me")


def test_a_password_is_not_told(tmp_path: Path) -> None:
    database = Database("sqlite:////x.db", tmp_path)
    other = replace_url(database, "postgresql+psycopg://user:secret@host/name")
    assert "secret" not in other and "host" in other


def replace_url(database: Database, url: str) -> str:
    database._url, database._lite = make_url(url), False
    return database.name


def test_the_owner_cannot_be_read_from_the_files(store: SessionStore, tmp_path: Path) -> None:
    chat = store.create("cookie-of-a-user", "hello")
    store.put("cookie-of-a-user", chat, Record("x"))
    store.close()
    content = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    assert b"hello" in content and b"cookie-of-a-user" not in content


def test_the_folder_is_the_owners_alone(store: SessionStore, tmp_path: Path) -> None:
    store.pictures.add(png(1), "a.png")
    store.create("me", "a")
    paths = [tmp_path / "data", *(tmp_path / "data").rglob("*")]
    assert all(path.stat().st_mode & 0o077 == 0 for path in paths if path.is_dir() or path.parent.name == "pictures")


def test_settings_of_another_folder_are_another_installation(open_store: Open, tmp_path: Path) -> None:
    chat = open_store().create("me", "a")
    other = SessionStore(replace(settings_in(tmp_path), data_dir=tmp_path / "other"))
    with pytest.raises(StorageError):
        other.load("me", chat)
    other.close()

"""Chats are listed, changed and read back; owners are apart; nothing is shown as running that nobody works on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from core.errors import StorageError
from core.sessions.examples import Example
from core.sessions.records import INTERRUPTED, slim
from core.sessions.store import NoSuchChat, SessionStore
from core.types.language import IntentName
from core.types.record import Record
from tests.sessions.conftest import Open
from tests.sessions.values import differences, made_picture, png, rich_record


def test_a_chat_comes_back_as_it_was_put(store: SessionStore, open_store: Open) -> None:
    chat = store.create("me", "A dog")
    one, two = store.pictures.add(png(1), "one.png"), store.pictures.add(png(2), "two.png", "shapes")
    store.add_picture("me", chat, one)
    store.add_picture("me", chat, two)
    edited = store.pictures.keep(made_picture(), "one.png (edited)", "edited")
    store.pictures.save(edited)
    first = rich_record(one, edited)
    versions = [Record("again", node="n", parent=first.node, finished=True, failed=("No.", "Yes.")) for _ in range(2)]
    for record in (first, *versions):
        store.put("me", chat, record)
    store.set_view("me", chat, "n", {"n": versions[0].id})
    kept = open_store().load("me", chat)
    assert (kept.id, kept.title, kept.pictures, kept.head) == (chat, "A dog", (one, two), "n")
    assert dict(kept.shown) == {"n": versions[0].id}
    assert not differences(tuple(map(slim, (first, *versions))), kept.records)


def test_a_record_is_replaced_in_its_place(store: SessionStore) -> None:
    chat = store.create("me", "x")
    records = [Record(text) for text in "abc"]
    for record in records:
        store.put("me", chat, record)
    store.put("me", chat, replace(records[0], finished=True, steps=("done",)))
    kept = store.load("me", chat).records
    assert [record.text for record in kept] == ["a", "b", "c"]
    assert [record.finished for record in kept] == [True, False, False] and kept[0].steps == ("done",)


def test_the_order_is_that_of_creation_whatever_the_clock_says(store: SessionStore) -> None:
    chat = store.create("me", "x")
    for text, created in (("a", 3.0), ("b", 1.0), ("c", 2.0)):
        store.put("me", chat, Record(text, created=created))
    assert [record.text for record in store.load("me", chat).records] == ["a", "b", "c"]


def test_the_list_has_the_newest_first_with_picture_and_number_of_requests(store: SessionStore) -> None:
    old, new = store.create("me", "old"), store.create("me", "new")
    assert [summary.id for summary in store.chats("me")] == [new, old]
    first, second = store.pictures.add(png(1), "one.png"), store.pictures.add(png(2), "two.png")
    store.add_picture("me", old, first)
    store.add_picture("me", old, second)
    store.put("me", old, Record("a", node="n"))
    store.put("me", old, Record("a again", node="n"))
    store.put("me", old, Record("b", parent="n"))
    summary, other = store.chats("me")
    assert (summary.id, summary.picture, summary.requests) == (old, first, 2)
    assert (other.id, other.picture, other.requests) == (new, None, 0)
    assert summary.created <= summary.updated <= time.time()


def test_looking_at_another_version_does_not_move_a_chat_up(store: SessionStore) -> None:
    first, second = store.create("me", "a"), store.create("me", "b")
    store.set_view("me", first, "", {})
    assert [summary.id for summary in store.chats("me")] == [second, first]


def test_a_picture_put_in_twice_is_there_once_in_its_place(store: SessionStore) -> None:
    chat = store.create("me", "x")
    for shade, name in ((1, "a.png"), (2, "b.png"), (1, "a copy.png")):
        store.add_picture("me", chat, store.pictures.add(png(shade), name))
    assert [ref.name for ref in store.load("me", chat).pictures] == ["a copy.png", "b.png"]


def test_a_picture_whose_file_is_gone_is_not_put_in(store: SessionStore) -> None:
    chat = store.create("me", "x")
    ref = store.pictures.add(png(1), "a.png")
    (store.pictures.folder / ref.key).unlink()
    with pytest.raises(StorageError, match="no longer kept"):
        store.add_picture("me", chat, ref)
    assert store.load("me", chat).pictures == ()


def test_every_change_makes_the_revision_grow_and_reading_does_not(store: SessionStore) -> None:
    chat = store.create("me", "x")
    ref, record = store.pictures.add(png(1), "a.png"), Record("a")
    changes: tuple[Callable[[], int], ...] = (
        lambda: store.rename("me", chat, "y"),
        lambda: store.add_picture("me", chat, ref),
        lambda: store.put("me", chat, record),
        lambda: store.put("me", chat, replace(record, finished=True)),
        lambda: store.set_view("me", chat, record.node, {}),
    )
    seen = [store.revision("me", chat)]
    for change in changes:
        seen.append(change())
        assert store.revision("me", chat) == store.load("me", chat).revision == seen[-1]
    assert seen == sorted(set(seen))


def test_only_what_is_new_since_a_revision_is_read_again(store: SessionStore) -> None:
    chat = store.create("me", "x")
    records = [Record(text) for text in "abc"]
    for record in records:
        store.put("me", chat, record)
    known = store.revision("me", chat)
    assert store.load("me", chat, known).records == ()
    store.put("me", chat, replace(records[1], finished=True))
    store.put("me", chat, Record("d"))
    assert [record.text for record in store.load("me", chat, known).records] == ["b", "d"]


def test_another_owner_finds_nothing(store: SessionStore) -> None:
    chat = store.create("me", "mine")
    ref, record = store.pictures.add(png(1), "a.png"), Record("a", finished=True)
    store.put("me", chat, record)
    store.add_example("me", chat, Example(record.id, "a", IntentName.DETECT))
    before = store.load("me", chat)
    attempts: tuple[Callable[[], object], ...] = (
        lambda: store.load("you", chat),
        lambda: store.rename("you", chat, "yours"),
        lambda: store.delete("you", chat),
        lambda: store.add_picture("you", chat, ref),
        lambda: store.put("you", chat, record),
        lambda: store.set_view("you", chat, "", {}),
        lambda: store.revision("you", chat),
        lambda: store.add_example("you", chat, Example(record.id, "b", IntentName.DETECT)),
        lambda: store.export("you", chat, store.settings.data_dir / "stolen.zip"),
    )
    for attempt in attempts:
        with pytest.raises(NoSuchChat) as caught:
            attempt()
        assert caught.value.message and caught.value.remedy
    assert store.chats("you") == [] and store.examples("you") == []
    assert store.load("me", chat) == before and len(store.examples("me")) == 1
    assert not (store.settings.data_dir / "stolen.zip").exists()


def test_two_chats_may_hold_records_of_one_id(store: SessionStore) -> None:
    mine, yours = store.create("me", "x"), store.create("you", "x")
    store.put("me", mine, Record("mine", id="1", finished=True))
    store.put("you", yours, Record("yours", id="1", finished=True))
    assert [record.text for record in store.load("me", mine).records] == ["mine"]


def test_a_deleted_chat_is_gone_for_its_owner_and_its_worker(store: SessionStore) -> None:
    chat = store.create("me", "x")
    record = Record("a")
    store.put("me", chat, record)
    store.delete("me", chat)
    for attempt in (lambda: store.put("me", chat, replace(record, finished=True)), lambda: store.delete("me", chat)):
        with pytest.raises(NoSuchChat):
            attempt()
    assert store.chats("me") == []


def test_one_user_may_keep_so_many_chats(open_store: Open) -> None:
    store = open_store(chats=2)
    first = store.create("me", "a")
    store.create("me", "b")
    with pytest.raises(StorageError, match="2 chats") as caught:
        store.create("me", "c")
    assert "[sessions] chats" in caught.value.remedy
    store.create("you", "another's count")
    store.delete("me", first)
    assert store.create("me", "c")


def test_what_runs_here_is_not_interrupted(store: SessionStore) -> None:
    chat = store.create("me", "x")
    store.put("me", chat, Record("a", created=1.0))
    [record] = store.load("me", chat).records
    assert not record.finished and record.failed is None


def test_what_another_living_store_works_on_is_not_interrupted(store: SessionStore, open_store: Open) -> None:
    chat = store.create("me", "x")
    store.put("me", chat, Record("a", created=1.0))
    other = open_store()
    assert not other.load("me", chat).records[0].finished
    assert other.tidy().interrupted == 0


def test_what_a_gone_store_worked_on_is_interrupted(store: SessionStore, open_store: Open) -> None:
    chat = store.create("me", "x")
    begun = Record("a", steps=("Looked.",))
    store.put("me", chat, begun)
    store.close()
    [record] = open_store().load("me", chat).records
    assert record == replace(begun, finished=True, failed=INTERRUPTED)
    assert all(INTERRUPTED)


def test_it_stays_interrupted_when_it_is_tidied_up(store: SessionStore, open_store: Open) -> None:
    chat = store.create("me", "x")
    store.put("me", chat, Record("a"))
    store.close()
    other = open_store()
    known = other.revision("me", chat)
    assert other.tidy(now=time.time() + 7200).interrupted == 1
    assert not list((store.settings.data_dir / "running").glob("*"))
    assert other.revision("me", chat) > known
    assert [r.failed for r in other.load("me", chat, known).records] == [INTERRUPTED]
    assert other.tidy().interrupted == 0


def test_a_run_that_cannot_be_asked_counts_as_gone_after_an_hour(store: SessionStore, open_store: Open) -> None:
    young, old = store.create("me", "x"), store.create("me", "y")
    store.put("me", young, Record("a"))
    store.put("me", old, Record("a", created=time.time() - 3700))
    for mark in (store.settings.data_dir / "running").glob("*"):
        mark.unlink()
    other = open_store()
    assert not other.load("me", young).records[0].finished
    assert other.load("me", old).records[0].failed == INTERRUPTED


def test_an_example_goes_with_its_exchange_and_its_latest_correction(store: SessionStore) -> None:
    chat = store.create("me", "x")
    first, second = Record("cut the dog", node="n", finished=True), Record("cut the dog", node="n", finished=True)
    other = Record("find cats", finished=True)
    for record in (first, second, other):
        store.put("me", chat, record)
    store.add_example("me", chat, Example(first.id, "cut the dog", IntentName.DETECT, None, 1.0))
    store.add_example("me", chat, Example(other.id, "find cats", None, ("cats",), 2.0))
    latest = Example(second.id, "cut the dog", IntentName.SEGMENT, ("dog",), 3.0)
    store.add_example("me", chat, latest)
    assert store.examples("me") == [Example(other.id, "find cats", None, ("cats",), 2.0), latest]
    with pytest.raises(StorageError):
        store.add_example("me", chat, Example("unknown", "x", IntentName.DETECT))
    store.delete("me", chat)
    assert store.examples("me") == []

"""Twenty chats of twenty turns at once: nothing crosses, memory is bounded, and a long chat opens quickly."""

from __future__ import annotations

import threading
import time
import tracemalloc

from core.sessions.pictures import DECODED_AT_ONCE
from core.sessions.store import SessionStore
from core.types.record import Record
from tests.sessions.values import noise, png, rich_record

CHATS, TURNS = 20, 20
WIDTH, HEIGHT = 1200, 800
PICTURE_BYTES = WIDTH * HEIGHT * 3


def test_twenty_chats_of_twenty_turns_at_once(store: SessionStore) -> None:
    pictures = [noise(seed, WIDTH // 8, HEIGHT // 8) for seed in range(4)]
    failed: list[BaseException] = []
    chats: dict[int, str] = {}

    def talk(number: int) -> None:
        try:
            owner = f"owner {number % 5}"
            chat = chats[number] = store.create(owner, f"chat {number}")
            picture = store.pictures.add(pictures[number % 4], f"{number}.png")
            store.add_picture(owner, chat, picture)
            parent = ""
            for turn in range(TURNS):
                begun = Record(f"{number} {turn}", parent=parent, pictures=(picture,))
                store.put(owner, chat, begun)
                assert store.pictures.open(picture).name == f"{number}.png"
                done = rich_record(picture, parent=parent, id=begun.id, node=begun.node, how=f"{number} {turn}")
                store.measurements.save(done.results[0].turn)
                store.put(owner, chat, done)
                store.revision(owner, chat)
                parent = done.node
            store.set_view(owner, chat, parent, {})
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(CHATS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed
    for number, chat in chats.items():
        kept = store.load(f"owner {number % 5}", chat)
        assert [record.how for record in kept.records] == [f"{number} {turn}" for turn in range(TURNS)]
        assert [ref.name for ref in kept.pictures] == [f"{number}.png"]
        assert kept.head == kept.records[-1].node and kept.revision == 1 + 1 + 2 * TURNS + 1
        measured = store.measurements.load(kept.records[-1].results[0].turn)
        assert measured is not None and measured.id == kept.records[-1].results[0].turn.id
    assert sum(len(store.chats(f"owner {n}")) for n in range(5)) == CHATS


def test_memory_is_bounded_when_twenty_look_at_pictures_of_their_own(store: SessionStore) -> None:
    """Twenty pictures are decoded by twenty threads again and again; few are ever held at once."""
    refs = [store.pictures.add(png(seed, WIDTH, HEIGHT), f"{seed}.png") for seed in range(CHATS)]
    failed: list[BaseException] = []

    def look(number: int) -> None:
        try:
            for turn in range(4):
                image = store.pictures.open(refs[(number + turn) % CHATS])
                assert image.digest == refs[(number + turn) % CHATS].digest
                del image
        except BaseException as error:
            failed.append(error)

    tracemalloc.start()
    threads = [threading.Thread(target=look, args=(number,)) for number in range(CHATS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not failed, failed
    kept = 3 + DECODED_AT_ONCE * 3  # the last ones decoded; and while one is decoded, its bytes in several forms
    assert most < (kept + 3) * PICTURE_BYTES < CHATS * PICTURE_BYTES


def test_a_chat_of_two_hundred_turns_opens_within_a_second(store: SessionStore) -> None:
    chat = store.create("me", "x")
    picture = store.pictures.add(png(1), "a.png")
    for _ in range(200):
        store.put("me", chat, rich_record(picture))
    begun = time.perf_counter()
    kept = store.load("me", chat)
    seconds = time.perf_counter() - begun
    assert len(kept.records) == 200 and seconds < 1
    begun = time.perf_counter()
    for _ in range(100):
        store.revision("me", chat)
    assert (time.perf_counter() - begun) / 100 < 0.02

"""Twenty users at once, twenty requests each, over one worker and one store: nothing crosses, memory is bounded."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from core.dialogue.engines import Engines
from core.jobs import Job
from core.memo import Memo
from core.sessions.store import SessionStore
from core.types.boxes import Box, Proposals
from core.types.image import ImageAsset
from pages.shared import chats, state, turns
from pages.shared.state import WAIT, Chat, Session
from tests.fakes import FakeDetector
from tests.pages.conftest import plain_engines, png, serve

USERS, TURNS, CHATS = 20, 20, 4
MEMO_BYTES = 2_000_000
REQUESTS = ("segment the cat", "only the left one", "undo", "find the cat", "how many cats are there?")


def place_of(user: int, chat: int) -> Box:
    """Where the first cat sits in this user's picture of this chat, and in no other."""
    return (float(user), float(chat), 60.0 + user, 50.0 + chat)


class Telling(FakeDetector):
    """Finds a cat whose place tells which picture it was: its colour says user and chat."""

    def propose(self, image: ImageAsset, phrases: Sequence[str], job: Job) -> Proposals:
        user, chat, _ = (int(value) for value in image.pixels[0, 0])
        objects = [("cat", place_of(user, chat), 0.8), ("cat", (90.0, 60.0, 118.0, 78.0), 0.6)]
        return FakeDetector(objects).propose(image, phrases, job)


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Engines:
    found = plain_engines(detector=Telling(), memo=Memo(MEMO_BYTES))
    serve(monkeypatch, found)
    return found


def check(chat: Chat, user: int, number: int) -> None:
    """Every answer of a chat is about its own picture, and about what is there."""
    digests = {picture.digest for picture in chat.pictures}
    for exchange in chat.path():
        (part,) = exchange.parts
        assert part.turn.image_digest in digests and exchange.problem is None and exchange.unkept is None
        found = part.turn.detections.items
        assert found[0].box == place_of(user, number), (exchange.record.text, found)
        assert len(found) == (1 if exchange.record.text == "only the left one" else 2)
        assert all(mask.size == (120, 80) for mask in part.turn.masks.items)


def talk(session: Session, user: int) -> None:
    """What one user does: several chats, each with requests sent at once that refer to each other."""
    for number in range(CHATS):
        chats.new_chat()
        assert chats.open_in_chat(png(colour=(user, number, 77)), f"{user}-{number}.png")
        asked = [turns.ask(REQUESTS[n % len(REQUESTS)]) for n in range(TURNS // CHATS)]
        for exchange in asked:
            assert exchange.handle is None or exchange.handle.wait(60)
        turns.collect_all(session.chat)
        check(session.chat, user, number)


def test_twenty_users_at_once(kept_chats: SessionStore, parts: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, failed = threading.local(), []
    monkeypatch.setattr(state, "begin", lambda: mine.session)
    sessions = [Session(f"browser {user:032x}", while_running=WAIT) for user in range(USERS)]

    def run(user: int) -> None:
        mine.session = sessions[user]
        try:
            talk(sessions[user], user)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(user,)) for user in range(USERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed[0]
    for user, session in enumerate(sessions):
        kept = kept_chats.chats(session.owner)
        assert len(kept) == CHATS and sum(summary.requests for summary in kept) == TURNS
        for summary in kept:
            chat = kept_chats.load(session.owner, summary.id)
            assert [p.name for p in chat.pictures] == [f"{user}-{chat.pictures[0].name.split('-')[1]}"]
            assert all(r.finished and not r.failed and len(r.results) == 1 for r in chat.records)
            assert [r.text for r in chat.records] == list(REQUESTS[: len(chat.records)])


def test_a_session_holds_few_chats_and_few_measurements(
    kept_chats: SessionStore, parts: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session("browser " + "b" * 32)
    monkeypatch.setattr(state, "begin", lambda: session)
    for number in range(chats.KEPT_OPEN + 4):
        chats.new_chat()
        chats.open_in_chat(png(colour=(1, number, 77)), f"{number}.png")
        for text in (*REQUESTS, *REQUESTS):
            handle = turns.ask(text).handle
            assert handle is None or handle.wait(60)
            turns.collect_all(session.chat)
    assert len(session.opened) <= chats.KEPT_OPEN
    for chat in session.opened.values():
        banks = [part for part in chat.parts() if part.turn.bank]
        assert len(banks) <= turns.KEPT_BANKS and len(chat.path()) == 10
    assert parts.memo.used <= MEMO_BYTES

"""A full disk, a locked database, too many chats: the answer is shown with the remedy, and kept once there is room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from core.dialogue.engines import Engines
from core.errors import StorageError
from core.sessions.store import SessionStore
from core.types.record import Record
from pages.shared import engines as shared
from pages.shared import keeping
from tests.pages.conftest import OBJECTS, App, png, reopen
from tests.pages.hands import boxes

Visit = Callable[..., App]
FULL = StorageError("There is no room left.", "Make room on the disk.")


def refuse(*_: object, **__: object) -> None:
    raise FULL


@pytest.mark.usefixtures("one_user")
def test_an_answer_that_cannot_be_kept_is_shown_with_the_remedy_and_kept_later(
    visit: Visit, kept_chats: SessionStore, monkeypatch: pytest.MonkeyPatch, restart: Callable[[], Engines]
) -> None:
    app = visit().ask("segment the cat")
    with monkeypatch.context() as full:
        full.setattr(kept_chats, "put", refuse)
        full.setattr(kept_chats, "set_view", refuse)
        app.ask("only the left one")
        assert boxes(app.part) == [OBJECTS[0][1]]
        assert "There is no room left." in app.errors and "Make room on the disk." in app.errors
        app.run()
        assert boxes(app.part) == [OBJECTS[0][1]]
    app.ask("how many cats are there?")
    assert "no room" not in app.errors
    said = app.said
    restart()
    assert reopen(visit, "segment the cat").said == said


@pytest.mark.usefixtures("one_user")
def test_a_moment_without_room_is_forgotten_once_the_answer_is_kept(
    visit: Visit, kept_chats: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, put = visit(), kept_chats.put

    def full_at_first(owner: str, chat: str, record: Record) -> int:
        if not record.finished:
            raise FULL
        return put(owner, chat, record)

    monkeypatch.setattr(kept_chats, "put", full_at_first)
    app.ask("segment the cat")
    assert app.said[1].startswith("Outlined 2 cats") and not app.errors


def test_a_picture_that_cannot_be_kept_is_refused_with_the_remedy(
    visit: Visit, kept_chats: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit().ask("segment the cat")
    monkeypatch.setattr(kept_chats.pictures, "add", refuse)
    app.upload(png(colour=(9, 9, 9)), "other.png")
    assert "Make room on the disk." in app.errors and len(app.session.chat.pictures) == 1
    assert app.said[1].startswith("Outlined 2 cats")


@pytest.mark.parametrize("method", ["rename", "add_picture", "set_view"])
def test_no_write_that_fails_breaks_the_page(
    visit: Visit, kept_chats: SessionStore, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    app = visit(picture=False)
    monkeypatch.setattr(kept_chats, method, refuse)
    app.upload(png())
    if method != "add_picture":
        app.ask("segment the cat")
        assert app.said[1].startswith("Outlined 2 cats")
    assert "Make room on the disk." in app.errors


def test_a_changed_picture_that_cannot_be_written_is_shown_and_written_later(
    visit: Visit, kept_chats: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit()
    with monkeypatch.context() as full:
        full.setattr(kept_chats.pictures, "write", refuse)
        app.ask("remove the cat")
        edited = app.part.edited
        assert edited is not None and "Make room on the disk." in app.errors
        assert shared.pictures().open(edited).width == 120
    app.ask("find the dog")
    assert (kept_chats.pictures.folder / edited.key).is_file() and "no room" not in app.errors


def test_a_store_that_cannot_be_read_for_a_moment_takes_nothing_away(
    visit: Visit, kept_chats: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit().ask("segment the cat")
    with monkeypatch.context() as locked:
        locked.setattr(kept_chats, "revision", refuse)
        app.run()
        assert app.said[1].startswith("Outlined 2 cats") and "no room left" in app.errors
        assert not keeping.changed(app.session, app.session.chat)  # or the page would be drawn anew for ever
    app.run()
    assert app.said[1].startswith("Outlined 2 cats") and not app.errors


# -- as many as one may keep -----------------------------------------------------------------------------------------


def test_one_chat_too_many_is_said_works_and_is_kept_when_there_is_room(visit: Visit, kept_chats: SessionStore) -> None:
    limited = replace(kept_chats.settings, sessions=replace(kept_chats.settings.sessions, chats=1))
    app = visit().ask("segment the cat")
    first, kept_chats.settings = app.session.chat.id, limited
    app.press("New chat").upload(png(colour=(1, 1, 1)))
    assert "one user may keep 1" in app.errors and "Delete chats" in app.errors
    app.ask("find the cat")
    assert app.said[1].startswith("Found 2 cats") and "one user may keep 1" in app.errors
    second = app.session.chat
    app.press_key(f"chat-{first}").press_key("delete").press_key("delete-now")
    app.session.active = second.id
    app.run().ask("find the dog")
    kept = kept_chats.load(app.session.owner, app.session.chat.id)
    assert [record.text for record in kept.records] == ["find the cat", "find the dog"]
    assert len(kept.pictures) == 1 and len(app.session.chat.pictures) == 1 and "one user" not in app.errors


# -- what broke ------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("one_user")
def test_what_was_done_before_it_broke_is_kept(
    visit: Visit, kept_chats: SessionStore, monkeypatch: pytest.MonkeyPatch, restart: Callable[[], Engines]
) -> None:
    app = visit().upload(png(colour=(5, 5, 5)), "dark.png").press_key("all-menu")
    open_picture = kept_chats.pictures.open
    monkeypatch.setattr(kept_chats.pictures, "open", lambda ref: open_picture(ref) if ref.name != "dark.png" else 1 / 0)
    app.ask("segment the cat")
    assert len(app.last.parts) == 1 and "ZeroDivisionError" in app.errors
    restart()
    app = reopen(visit, "segment the cat")
    assert len(app.last.parts) == 1 and boxes(app.part) and "ZeroDivisionError" in app.errors
    app.press("Try again")
    assert [len(boxes(part)) for part in app.last.parts] == [2, 2] and not app.errors

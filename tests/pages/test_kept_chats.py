"""Chats that survive: other tabs, a restart, a full disk, an interrupted request; nothing is lost without a word."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pytest

from core.dialogue.engines import Engines
from core.errors import EngineFailed
from core.sessions.store import SessionStore
from core.types.record import Record
from pages.shared import chats
from pages.shared import engines as shared
from pages.shared.views_downloads import contents
from pages.shared.views_files import exported
from tests.fakes import FakeDetector
from tests.pages.conftest import OBJECTS, OWNER, App, calls, plain_engines, png, reopen, serve, until
from tests.pages.hands import boxes
from tests.pages.test_running import SlowDetector

Visit = Callable[..., App]


# -- two tabs --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("one_user")
def test_a_second_tab_sees_what_the_first_one_finishes(visit: Visit) -> None:
    one = visit().ask("segment the cat")
    two = reopen(visit, "segment the cat")
    assert two.said == one.said and boxes(two.part) == boxes(one.part)
    one.ask("only the left one")
    two.run()
    assert two.said == one.said
    two.ask("undo")
    one.run()
    assert one.said == two.said and len(boxes(one.part)) == 2
    one.upload(png(colour=(1, 2, 3)), "second.png")
    assert [p.name for p in two.run().session.chat.pictures] == ["picture.png", "second.png"]


@pytest.mark.usefixtures("one_user")
def test_what_runs_in_another_tab_is_shown_as_such_and_then_with_its_answer(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = visit()
    slow = SlowDetector()
    serve(monkeypatch, plain_engines(detector=slow))
    monkeypatch.setattr("pages.shared.views.pump", lambda session, chat, running: None)
    one.ask("segment the cat")
    two = reopen(visit, "segment the cat")
    assert "runs in another tab" in two.captions and "Stop" not in two.labels
    slow.go_on.set()
    until(lambda: bool(one.last.handle and one.last.handle.finished))
    two.run()
    assert "runs in another tab" not in two.captions and two.said[1].startswith("Outlined 2 cats")


@pytest.mark.usefixtures("one_user")
def test_a_correction_in_one_tab_is_a_version_in_the_other(visit: Visit) -> None:
    one = visit().ask("segment the cat")
    two = reopen(visit, "segment the cat")
    two.press_key(f"regenerate-{two.last.id}")
    assert "Version 2 of 2" in one.run().captions
    one.press_key(f"Version-Earlier-{one.last.id}")
    assert "Version 1 of 2" in two.run().captions


@pytest.mark.usefixtures("one_user")
def test_a_title_changed_in_one_tab_shows_in_the_other(visit: Visit) -> None:
    one = visit().ask("segment the cat")
    two = reopen(visit, "segment the cat")
    rename(one, "Rome")
    assert two.run().at.title[0].value == "Rome"


def rename(app: App, title: str) -> App:
    app.press_key("rename")
    app.at.text_input(key=f"title-{app.session.chat.id}").set_value(title)
    return app.press_key("rename-now")


@pytest.mark.usefixtures("one_user")
def test_a_chat_deleted_in_another_tab_is_said_to_be_gone(visit: Visit, kept_chats: SessionStore) -> None:
    one = visit().ask("segment the cat")
    two = reopen(visit, "segment the cat")
    two.press_key("delete").press_key("delete-now")
    assert kept_chats.chats(OWNER) == []
    one.run()
    assert "does not exist any more" in one.errors and one.session.chat.empty
    one.upload(png()).ask("find the cat")
    assert one.said[1].startswith("Found 2 cats") and not one.errors


@pytest.mark.usefixtures("one_user")
def test_a_request_in_a_chat_that_was_just_deleted_breaks_nothing(visit: Visit, kept_chats: SessionStore) -> None:
    one = visit().ask("segment the cat")
    kept_chats.delete(OWNER, one.session.chat.id)
    one.ask("find the cat")
    assert "does not exist any more" in one.errors


# -- names and ends --------------------------------------------------------------------------------------------------


def test_a_chat_is_named_by_its_first_request_unless_the_user_named_it(visit: Visit, kept_chats: SessionStore) -> None:
    app = visit()
    assert app.at.title[0].value == "picture\\.png"
    rename(app, "My cats")
    app.ask("segment the cat")
    assert [chat.title for chat in kept_chats.chats(app.session.owner)] == ["My cats"]


def test_the_content_of_few_chats_is_held_and_the_others_are_read_again(visit: Visit) -> None:
    app = visit(picture=False)
    for number in range(chats.KEPT_OPEN + 3):
        app.upload(png(colour=(number, 1, 1))).ask(f"segment the cat {number}").press("New chat")
    assert len(app.session.opened) <= chats.KEPT_OPEN
    app.press("segment the cat 0")
    assert app.said[0] == "segment the cat 0" and len(app.session.opened) <= chats.KEPT_OPEN


# -- a restart -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("one_user")
def test_after_a_restart_the_chat_is_whole_and_sliders_need_no_detector(
    visit: Visit, restart: Callable[[], Engines]
) -> None:
    before = visit().ask("segment the cat").ask("only the left one").ask("undo")
    parts = restart()
    app = reopen(visit, "segment the cat")
    assert app.said == before.said
    assert app.last.steps == before.last.steps and "step" in " ".join(e.label for e in app.at.expander)
    app.slide("box", 0.1)
    assert len(boxes(app.part)) == 3 and calls(parts) == 0 and not app.part.note
    app.slide("box", 0.5)
    assert boxes(app.part) == [OBJECTS[0][1]]
    app.ask("make it 2 px bigger")
    assert calls(parts) == 0 and app.part.turn.references
    assert contents(app.session, app.session.chat.path()[0].parts[0])["objects.csv"].decode().count("\n") == 3


@pytest.mark.usefixtures("one_user")
def test_what_was_evicted_is_measured_again_and_said(
    visit: Visit, restart: Callable[[], Engines], kept_chats: SessionStore
) -> None:
    app = visit().ask("segment the cat")
    kept_chats.measurements.forget([app.part.turn.id])
    parts = restart()
    app = reopen(visit, "segment the cat")
    assert len(app.table()) == 2  # what was shown is there
    app.slide("box", 0.1).run()
    assert calls(parts) == 1 and len(boxes(app.part)) == 3
    assert "measured again" in app.captions
    app.slide("box", 0.5)
    assert calls(parts) == 1
    restarted = restart()
    app = reopen(visit, "segment the cat").slide("box", 0.1)
    assert calls(restarted) == 0  # it is kept now


@pytest.mark.usefixtures("one_user")
def test_what_cannot_be_measured_again_is_said_and_what_was_shown_stays(
    visit: Visit, restart: Callable[[], Engines], kept_chats: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit().ask("segment the cat")
    kept_chats.measurements.forget([app.part.turn.id])
    restart()
    app = reopen(visit, "segment the cat")
    serve(monkeypatch, plain_engines(detector=FakeDetector(error=EngineFailed("The net broke.", "Fetch it again."))))
    app.slide("box", 0.1).run()
    assert "The net broke." in app.errors and "Fetch it again." in app.errors
    assert len(app.table()) == 2 and "measured again" not in app.captions
    serve(monkeypatch, plain_engines())
    app.slide("box", 0.15).run()
    assert "measured again" in app.captions and not app.errors


@pytest.mark.usefixtures("one_user")
def test_a_request_that_was_interrupted_says_so_and_is_tried_again(
    visit: Visit, restart: Callable[[], Engines], kept_chats: SessionStore
) -> None:
    app = visit().ask("segment the cat")
    chat, parent = app.session.chat, app.last.record.node
    record = Record("find the cat", parent=parent, pictures=tuple(chat.pictures))
    kept_chats.put(OWNER, chat.id, record)
    kept_chats.set_view(OWNER, chat.id, record.node, {})
    restart()
    app = reopen(visit, "segment the cat")
    assert app.said[0] == "segment the cat" and "was interrupted" in app.errors
    app.press("Try again")
    assert app.said[-1].startswith("Found 2 cats") and "was interrupted" not in app.errors
    assert "Version 2 of 2" in app.captions


@pytest.mark.usefixtures("one_user")
def test_a_picture_whose_file_is_gone_leaves_the_chat_readable(
    visit: Visit, restart: Callable[[], Engines], kept_chats: SessionStore
) -> None:
    app = visit().ask("segment the cat")
    for file in kept_chats.pictures.folder.rglob("*"):
        if file.is_file():
            file.unlink()
    restart()
    visit(page=None)  # Home lists the chat all the same
    app = reopen(visit, "segment the cat")
    assert app.said[1].startswith("Outlined 2 cats") and "no longer kept here" in app.errors


# -- out and in ------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("one_user")
def test_a_chat_goes_out_as_a_zip_and_comes_in_as_it_was(visit: Visit, kept_chats: SessionStore) -> None:
    app = visit().ask("segment the cat").ask("only the left one")
    said, data = app.said, exported(app.session, app.session.chat.id)
    app.press_key("delete").press_key("delete-now")
    assert kept_chats.chats(OWNER) == []
    app.go_home()
    app.at.session_state["chat-files"] = True
    app.run()
    app.at.file_uploader(key="import-chat").upload("chat.zip", data, "application/zip").run()
    assert not app.at.exception
    app.go("pages/1_Chat.py")
    assert app.said == said
    parts = shared.engines()
    before = calls(parts)
    app.slide("box", 0.1)
    assert calls(parts) == before


@pytest.mark.usefixtures("one_user")
def test_a_file_that_is_no_chat_is_refused_beside_the_field(visit: Visit) -> None:
    app = visit(page=None)
    app.at.file_uploader(key="import-chat").upload("chat.zip", b"no zip", "application/zip").run()
    assert not app.at.exception and app.errors
    assert app.session.chat.empty


@pytest.mark.usefixtures("one_user")
def test_a_chat_with_a_sample_that_is_not_known_here_opens(visit: Visit, kept_chats: SessionStore) -> None:
    app = visit()
    chat = kept_chats.create(OWNER, "from elsewhere")
    kept_chats.add_picture(OWNER, chat, replace(app.session.chat.pictures[0], sample="unheard-of"))
    file = io.BytesIO()
    kept_chats.export(OWNER, chat, file)
    kept_chats.delete(OWNER, chat)
    kept_chats.import_(OWNER, file.getvalue())
    other = reopen(visit, "from elsewhere")
    assert other.ask("segment the cat").said[1].startswith("Outlined 2 cats")

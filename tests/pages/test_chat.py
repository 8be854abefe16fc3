"""The chat page: a picture, words, an answer; nothing made is lost, and no two chats or users mix."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.dialogue.engines import Engines
from core.errors import EngineFailed
from core.sessions.decoded import Decoded
from core.sessions.store import SessionStore
from pages.shared import engines as shared
from tests.fakes import FakeDetector, FakeSegmenter
from tests.pages.conftest import CHAT, App, detector_of, plain_engines, png, serve

Visit = Callable[..., App]


def test_an_empty_chat_offers_upload_and_samples(visit: Visit) -> None:
    app = visit(picture=False)
    assert app.at.title[0].value == "What shall we look at?"
    assert app.at.file_uploader(key="upload-empty")
    assert "Cat" in app.labels


def test_a_request_is_answered_with_picture_table_and_downloads(visit: Visit) -> None:
    app = visit().ask("segment the cat")
    assert app.said[0] == "segment the cat"
    assert app.said[1].startswith("Outlined 2 cats")
    table = app.table()
    assert list(table["phrase"]) == ["cat", "cat"]
    assert list(table["area_px"]) == [1600, 2000]
    assert "2 of 3 measured boxes pass" in app.captions
    assert next(button.label for button in app.at.get("download_button")) == "Download all"


def test_the_steps_are_kept_with_the_answer(visit: Visit) -> None:
    app = visit().ask("segment the cat")
    assert app.last.steps == [
        "Understood as: segment (1.00)",
        "About “cat”",
        "Measured 3 boxes; 2 passed",
        "Cut 2 masks",
        "Put the answer together",
    ]


def test_a_picture_and_words_can_be_sent_together(visit: Visit) -> None:
    app = visit(picture=False)
    app.at.chat_input(key="request").upload("mine.png", png(), "image/png").set_value("segment the cat")
    app.run()
    assert [p.name for p in app.session.chat.pictures] == ["mine.png"]
    assert app.said[1].startswith("Outlined 2 cats")


def test_a_file_that_is_no_picture_is_refused_beside_the_field_and_nothing_is_lost(visit: Visit) -> None:
    app = visit().ask("segment the cat").upload(b"no picture at all", "letter.png")
    assert "letter.png" in app.errors
    assert len(app.session.chat.pictures) == 1
    assert app.said[1].startswith("Outlined 2 cats")
    app.upload(png(colour=(10, 200, 10)), "good.png")
    assert not app.errors


def test_words_with_a_broken_picture_are_not_sent_to_the_old_one(visit: Visit) -> None:
    app = visit()
    app.at.chat_input(key="request").upload("broken.png", b"\x89PNG....", "image/png").set_value("segment the cat")
    app.run()
    assert not app.session.chat.exchanges and "broken.png" in app.errors


def test_words_without_a_picture_ask_for_one_and_can_be_asked_again(visit: Visit) -> None:
    app = visit(picture=False).ask("segment the cat")
    assert app.said[1].startswith("Open a picture first")
    app.press("Try a sample picture")
    app.press_key("sample-dialog-cat")
    app.press("Ask it of chelsea.png")
    assert app.said[-1].startswith("Outlined 2 cats")


def test_history_survives_a_page_switch(visit: Visit) -> None:
    app = visit().ask("segment the cat").ask("how many cats are there?")
    before = app.said
    app.go_home().go(CHAT)
    assert app.said == before


def test_two_users_never_see_each_other(visit: Visit) -> None:
    one, two = visit(), visit(picture=False)
    one.ask("segment the cat")
    two.run()
    assert not two.said and two.session.chat.empty
    assert one.session.id != two.session.id
    two.upload(png(), "another name.png")  # the same pixels
    assert shared.pictures().open(two.session.chat.pictures[0]).name == "another name.png"
    assert shared.pictures().open(one.session.chat.pictures[0]).name == "picture.png"


def test_chats_of_one_user_do_not_mix_and_can_be_switched_and_deleted(visit: Visit, kept_chats: SessionStore) -> None:
    app = visit().ask("segment the cat")
    first = app.session.chat
    app.press("New chat")
    assert not app.said and not app.session.chat.pictures
    app.upload(png(colour=(1, 2, 3))).ask("find the dog")
    assert app.said[0] == "find the dog"
    app.press_key(f"chat-{first.id}")
    assert app.said[0] == "segment the cat"
    app.press_key("delete")
    app.press_key("delete-now")
    assert not app.said
    assert [chat.title for chat in kept_chats.chats(app.session.owner)] == ["find the dog"]


def test_foreign_text_is_never_markup(visit: Visit) -> None:
    text = "segment the **cat** :red[x] :smile: <script>alert(1)</script> ![i](http://example.org/i.png) $x$"
    app = visit().ask(text)
    assert app.said[0] == text
    marked = [e.value for e in (*app.at.markdown, *app.at.caption, *app.at.title)] + [b.label for b in app.at.button]
    for raw in ("<script>", "![i](", "**cat**", ":red[x]", ":smile:", "$x$"):
        assert not [value for value in marked if raw in value], raw


def test_a_broken_engine_is_told_with_its_remedy_and_can_be_tried_again(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit()
    serve(monkeypatch, plain_engines(detector=FakeDetector(error=EngineFailed("The net broke.", "Fetch it again."))))
    app.ask("segment the cat")
    assert "The net broke." in app.errors and "Fetch it again." in app.errors
    serve(monkeypatch, plain_engines())
    app.press("Try again")
    assert app.said[-1].startswith("Outlined 2 cats")


def test_a_bug_ends_one_exchange_and_not_the_chat(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit().ask("segment the cat")
    serve(monkeypatch, plain_engines(segmenter=FakeSegmenter(error=ZeroDivisionError("by zero"))))
    app.upload(png(colour=(7, 7, 7))).ask("segment the cat")
    assert "ZeroDivisionError" in app.errors
    assert app.said[1].startswith("Outlined 2 cats")
    serve(monkeypatch, plain_engines())
    app.press("Try again")
    assert app.said[-1].startswith("Outlined 2 cats")


def test_a_picture_that_is_gone_is_said_plainly(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, kept_chats: SessionStore
) -> None:
    app = visit().ask("segment the cat")
    (kept_chats.pictures.folder / app.session.chat.pictures[0].key).unlink()
    monkeypatch.setattr(kept_chats.pictures, "_decoded", Decoded())
    app.ask("find the dog")
    assert "is no longer kept here" in app.errors and "Open the picture again" in app.errors
    assert app.said[1].startswith("Outlined 2 cats")


def test_only_the_last_exchanges_are_drawn_until_more_are_asked_for(visit: Visit, engines: Engines) -> None:
    app = visit()
    for number in range(10):
        app.ask(f"segment the cat {number}" if number else "segment the cat")
    assert "segment the cat" not in app.said
    app.press("Show 2 earlier exchanges")
    assert app.said[0] == "segment the cat"
    assert detector_of(engines).calls


def test_why_shows_every_decision_and_counts_the_detector(visit: Visit) -> None:
    app = visit().ask("segment the cat")
    app.at.session_state[f"why-{app.part.id}"] = True
    app.run()
    shown = " ".join(m.value for m in app.at.markdown).replace("\\", "").replace("\u2060", "")
    for part in ("What was wanted", "kept: “cat”", "box thresholds that decided: class 0.25", "Engines", "fake 1"):
        assert part in shown, part
    assert "Detector calls for this answer: 1; detector calls in this session: 1" in app.captions


def test_a_changed_picture_stands_beside_the_original_and_can_be_gone_on_with(visit: Visit) -> None:
    app = visit().ask("remove the cat")
    assert app.part.edited is not None
    assert app.part.turn.edited is None  # pixels lie in the store
    app.press("Continue with this picture")
    (now,) = app.session.chat.current
    assert len(app.session.chat.pictures) == 2 and now.name == "picture.png (edited)"
    pixels = shared.pictures().open(now).pixels
    assert tuple(pixels[20, 30]) == (255, 0, 255) and tuple(pixels[0, 0]) == (90, 90, 90)

"""Nothing said is lost: edited requests are branches, repeated ones versions, and a cleared view comes back."""

from __future__ import annotations

from collections.abc import Callable

from core.dialogue.engines import Engines
from core.sessions.store import SessionStore
from pages.shared.state import Exchange
from tests.pages.conftest import CHAT, App, detector_of
from tests.pages.hands import boxes

Visit = Callable[..., App]


def edit(app: App, exchange: Exchange, text: str) -> App:
    """Change the words of an earlier request and send them."""
    app.press_key(f"edit-{exchange.id}")
    app.at.text_area(key=f"words-{exchange.id}").set_value(text).run()
    return app.press_key(f"resend-{exchange.id}")


def asked(app: App) -> list[str]:
    """The requests of the branch in view."""
    return [exchange.record.text for exchange in app.session.chat.path()]


def to_branch(app: App, place: int, word: str) -> App:
    """To the branch beside the one that begins at a place of the path."""
    return app.press_key(f"Branch-{word}-{app.session.chat.path()[place].id}")


THREE = ("segment the cat", "only the left one", "how many cats are there?")


def three(visit: Visit) -> App:
    app = visit()
    for text in THREE:
        app.ask(text)
    return app


def test_an_edited_request_is_a_branch_and_what_followed_stays_on_the_old_one(visit: Visit) -> None:
    app = three(visit)
    old = app.said
    edit(app, app.session.chat.path()[1], "only the right one")
    assert asked(app) == ["segment the cat", "only the right one"]
    assert "Branch 2 of 2" in app.captions
    to_branch(app, 1, "Earlier")
    assert app.said == old and "Branch 1 of 2" in app.captions
    to_branch(app, 1, "Later")
    assert asked(app) == ["segment the cat", "only the right one"]


def test_the_first_request_can_be_edited_too(visit: Visit) -> None:
    app = three(visit)
    edit(app, app.session.chat.path()[0], "find the cat")
    assert asked(app) == ["find the cat"]
    to_branch(app, 0, "Earlier")
    assert asked(app) == list(THREE)


def test_each_branch_refers_to_its_own_past(visit: Visit) -> None:
    app = three(visit)
    edit(app, app.session.chat.path()[1], "only the right one")
    app.ask("undo")
    assert len(boxes(app.part)) == 2
    to_branch(app, 1, "Earlier").ask("undo")
    assert asked(app) == [*THREE, "undo"] and app.part.turn.references
    assert boxes(app.part) == boxes(app.session.chat.path()[1].parts[0])  # the count was taken back, not the choice


def test_a_branch_remembers_what_was_added_while_another_was_shown(visit: Visit) -> None:
    app = three(visit)
    edit(app, app.session.chat.path()[1], "only the right one").ask("make it blue").ask("find the dog")
    to_branch(app, 1, "Earlier")
    to_branch(app, 1, "Later")
    assert asked(app) == ["segment the cat", "only the right one", "make it blue", "find the dog"]


def test_leaving_the_edit_changes_nothing(visit: Visit) -> None:
    app = three(visit)
    first = app.session.chat.path()[0]
    app.press_key(f"edit-{first.id}")
    app.at.text_area(key=f"words-{first.id}").set_value("something else").run()
    app.press("Cancel")
    assert asked(app) == list(THREE) and len(app.session.chat.exchanges) == 3
    app.press_key(f"edit-{first.id}")
    app.at.text_area(key=f"words-{first.id}").set_value("  ").run()
    assert app.at.button(key=f"resend-{first.id}").disabled


def test_branches_and_what_is_in_view_survive(visit: Visit, kept_chats: SessionStore) -> None:
    app = three(visit)
    edit(app, app.session.chat.path()[1], "only the right one")
    to_branch(app, 1, "Earlier")
    chat, before = app.session.chat.id, app.said
    app.session.opened.clear()
    app.press_key(f"chat-{chat}")
    assert app.said == before and "Branch 1 of 2" in app.captions


def test_regenerating_puts_the_old_answer_behind_and_keeps_what_followed(visit: Visit, engines: Engines) -> None:
    app = three(visit)
    first, calls = app.session.chat.path()[0], len(detector_of(engines).calls)
    app.press_key(f"regenerate-{first.id}")
    assert asked(app) == list(THREE) and "Version 2 of 2" in app.captions
    assert app.session.chat.path()[0].parts[0].turn.id != first.parts[0].turn.id
    path = [exchange.record for exchange in app.session.chat.path()]
    assert [record.parent for record in path[1:]] == [record.node for record in path[:2]]
    assert len(detector_of(engines).calls) == calls  # the memo knew it


def test_regenerating_a_corrected_answer_claims_no_correction(visit: Visit) -> None:
    app = visit().ask("maybe the cat").press("Outline it")
    assert "meant as" in app.captions
    app.press_key(f"regenerate-{app.last.id}")
    assert app.said[-1].startswith("I am not sure") and "meant as" not in app.captions
    assert "Version 3 of 3" in app.captions


def test_a_version_turned_back_to_stays_until_a_newer_one_is_made(visit: Visit) -> None:
    app = visit().ask("segment the cat")
    first = app.last
    app.press_key(f"regenerate-{first.id}").press_key(f"Version-Earlier-{app.last.id}")
    assert app.last is first
    app.ask("find the dog")
    assert app.session.chat.path()[0] is first
    app.press_key(f"regenerate-{first.id}")
    assert "Version 3 of 3" in app.captions


def test_the_view_is_cleared_and_brought_back(visit: Visit, kept_chats: SessionStore) -> None:
    app = three(visit)
    before = app.said
    app.press("Clear the view")
    assert not app.said and "The view was cleared." in app.captions and len(app.session.chat.pictures) == 1
    assert kept_chats.load(app.session.owner, app.session.chat.id).head == ""
    app.press("Undo")
    assert app.said == before and "The view was cleared." not in app.captions


def test_after_clearing_a_new_request_begins_anew_beside_the_old_branch(visit: Visit) -> None:
    app = three(visit)
    app.press("Clear the view").ask("only the left one")
    assert not app.part.turn.detections.items  # there is nothing that it could refer to
    assert "Branch 2 of 2" in app.captions and "The view was cleared." not in app.captions
    to_branch(app, 0, "Earlier")
    assert asked(app) == list(THREE)


def test_a_cleared_view_can_be_brought_back_after_the_chat_was_closed(visit: Visit) -> None:
    app = three(visit)
    before = app.said
    app.press("Clear the view")
    chat = app.session.chat.id
    app.session.opened.clear()
    app.press_key(f"chat-{chat}")
    assert not app.said
    app.press("Undo")
    assert app.said == before


def test_another_page_and_back_shows_the_same_branch(visit: Visit) -> None:
    app = three(visit)
    edit(app, app.session.chat.path()[1], "only the right one")
    before = app.said
    app.go_home().go(CHAT)
    assert app.said == before

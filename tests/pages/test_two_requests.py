"""A second request while one runs: it waits or replaces the first, as the user chooses, and never mixes with it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.types.turn import Status
from pages.shared.state import REPLACE, WAIT
from pages.shared.turns import REPLACED
from tests.pages.conftest import OBJECTS, App, plain_engines, png, serve, until
from tests.pages.hands import boxes
from tests.pages.test_running import SlowDetector

Visit = Callable[..., App]


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> SlowDetector:
    """A slow detector, and a page that does not wait for it: as when a click ends its script."""
    detector = SlowDetector()
    serve(monkeypatch, plain_engines(detector=detector))
    monkeypatch.setattr("pages.shared.views.pump", lambda *_: None)
    return detector


def finish(app: App, slow: SlowDetector) -> App:
    """Let the detector go on, and wait for every request of the chat."""
    slow.go_on.set()
    until(lambda: all(e.handle is None or e.handle.finished for e in app.session.chat.exchanges.values()))
    return app.run()


def texts(app: App) -> list[str]:
    return [exchange.record.text for exchange in app.session.chat.path()]


def test_a_request_that_waits_refers_to_what_came_just_before_it(visit: Visit, slow: SlowDetector) -> None:
    app = visit().waits().ask("segment the cat").ask("only the left one").ask("how many cats are there?")
    assert slow.begun.wait(5)
    app.run()
    assert [label for label in app.labels if label == "Stop"] == ["Stop"] * 3
    assert "Waiting for its turn" in " ".join(status.label for status in app.at.status)
    finish(app, slow)
    assert texts(app) == ["segment the cat", "only the left one", "how many cats are there?"]
    one, two, _ = app.session.chat.path()
    assert len(boxes(one.parts[0])) == 2 and boxes(two.parts[0]) == [OBJECTS[0][1]]


def test_a_newer_request_replaces_the_one_that_runs_which_keeps_what_it_did(visit: Visit, slow: SlowDetector) -> None:
    app = visit().ask("segment the cat")
    assert slow.begun.wait(5)
    assert app.run().at.segmented_control(key="while-running").value == REPLACE
    app.ask("find the cat")
    finish(app, slow)
    one, two = app.session.chat.path()
    assert one.record.steps[-1] == REPLACED
    assert one.parts[0].turn.status == Status.STOPPED and one.parts[0].turn.keywords is not None
    assert two.parts[0].turn.status == Status.DONE and app.said[-1].startswith("Found 2 cats")
    assert texts(app) == ["segment the cat", "find the cat"]


def test_a_request_may_wait_for_the_one_that_runs(visit: Visit, slow: SlowDetector) -> None:
    app = visit().ask("segment the cat")
    assert slow.begun.wait(5)
    app.run().at.segmented_control(key="while-running").set_value(WAIT).run()
    assert app.session.while_running == WAIT
    app.ask("find the cat")
    finish(app, slow)
    assert [e.parts[0].turn.status for e in app.session.chat.path()] == [Status.DONE, Status.DONE]


def test_one_that_waits_can_be_stopped_before_it_begins(visit: Visit, slow: SlowDetector) -> None:
    app = visit().waits().ask("segment the cat").ask("find the dog")
    assert slow.begun.wait(5)
    app.press_key(f"stop-{app.last.id}")
    finish(app, slow)
    first, second = app.session.chat.path()
    assert first.parts[0].turn.status == Status.DONE
    assert not second.parts and second.problem is not None and "Stopped" in second.problem.message
    assert [phrases for _, phrases in slow.calls] == [("cat",)]
    app.press_key(f"retry-{second.id}")
    finish(app, slow)
    assert app.said[-1].startswith("No dog found")


def test_stop_keeps_the_pictures_that_are_done(visit: Visit, slow: SlowDetector) -> None:
    app = visit()
    for number in (1, 2):
        app.upload(png(colour=(number, 9, 9)), f"{number}.png")
    app.press_key("all-menu")
    slow.go_on.set()
    propose, seen = slow.propose, []

    def second_waits(image, phrases, job):  # type: ignore[no-untyped-def]
        seen.append(image.name)
        if len(seen) == 2:
            job.cancel()
        return propose(image, phrases, job)

    slow.propose = second_waits  # type: ignore[method-assign]
    app.ask("segment the cat")
    finish(app, slow)
    assert [part.turn.status for part in app.last.parts] == [Status.DONE, Status.STOPPED]
    assert len(seen) == 2 and len(boxes(app.last.parts[0])) == 2


def test_running_a_request_again_while_it_runs_leaves_one_answer_in_view(visit: Visit, slow: SlowDetector) -> None:
    app = visit().ask("segment the cat")
    assert slow.begun.wait(5)
    app.press_key(f"edit-{app.last.id}")
    app.at.text_area(key=f"words-{app.last.id}").set_value("find the cat").run()
    app.press_key(f"resend-{app.last.id}")
    finish(app, slow)
    assert texts(app) == ["find the cat"] and "Branch 2 of 2" in app.captions
    app.press_key(f"Branch-Earlier-{app.last.id}")
    assert texts(app) == ["segment the cat"] and app.said[-1].startswith("Outlined 2 cats")


def test_an_earlier_answer_corrected_while_a_later_request_runs(visit: Visit, slow: SlowDetector) -> None:
    slow.go_on.set()
    app = finish(visit().ask("segment the cat"), slow)
    slow.go_on.clear()
    app.ask("find the dog").press_key(f"regenerate-{app.session.chat.path()[0].id}")
    finish(app, slow)
    assert texts(app) == ["segment the cat", "find the dog"]
    assert all(exchange.parts[0].turn.status == Status.DONE for exchange in app.session.chat.path())
    assert "Version 2 of 2" in app.captions


def test_what_runs_in_one_chat_stays_there_while_another_is_used(visit: Visit, slow: SlowDetector) -> None:
    app = visit().ask("segment the cat")
    assert slow.begun.wait(5)
    first = app.session.chat
    app.press("New chat").upload(png(colour=(3, 3, 3)), "other.png").ask("find the cat")
    slow.go_on.set()
    until(lambda: all(e.handle is None or e.handle.finished for c in (first, app.session.chat) for e in c.path()))
    app.run()
    assert texts(app) == ["find the cat"] and app.said[-1].startswith("Found 2 cats")
    app.press_key(f"chat-{first.id}")
    assert texts(app) == ["segment the cat"] and app.said[-1].startswith("Outlined 2 cats")


def test_clearing_the_view_while_a_request_runs_loses_nothing(visit: Visit, slow: SlowDetector) -> None:
    app = visit().ask("segment the cat")
    assert slow.begun.wait(5)
    app.press("Clear the view")
    finish(app, slow)
    assert not app.said
    app.press("Undo")
    assert app.said[-1].startswith("Outlined 2 cats")

"""A turn that runs belongs to the chat, not to the run of the page that began it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import pytest

from core.jobs import Job
from core.types.boxes import Proposals
from core.types.image import ImageAsset
from core.types.turn import Status
from tests.fakes import FakeDetector
from tests.pages.conftest import CHAT, OBJECTS, App, plain_engines, serve, until

Visit = Callable[..., App]


class SlowDetector(FakeDetector):
    """Begins, and goes on when it is let."""

    def __init__(self) -> None:
        super().__init__(OBJECTS)
        self.begun, self.go_on = threading.Event(), threading.Event()

    def propose(self, image: ImageAsset, phrases: Sequence[str], job: Job) -> Proposals:
        self.begun.set()
        assert self.go_on.wait(10)
        return super().propose(image, phrases, job)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> SlowDetector:
    """A slow detector, and a page that does not wait for it: as when a click ends its script."""
    detector = SlowDetector()
    serve(monkeypatch, plain_engines(detector=detector))
    monkeypatch.setattr("pages.shared.views.pump", lambda session, chat, running: None)
    return detector


def test_steps_appear_while_the_turn_runs(visit: Visit, slow: SlowDetector) -> None:
    app = visit().ask("segment the cat")
    assert slow.begun.wait(5)
    app.run()
    assert "Stop" in app.labels and not app.at.slider
    assert "Understood as" in app.captions and "Measured" not in app.captions
    assert app.at.status[0].label.replace("\\", "").startswith(":shimmer[Looking for cat")
    slow.go_on.set()
    until(lambda: bool(app.last.handle and app.last.handle.finished))
    assert app.run().said[1].startswith("Outlined 2 cats")
    assert "Stop" not in app.labels


def test_another_page_orphans_nothing(visit: Visit, slow: SlowDetector) -> None:
    app = visit().ask("segment the cat").go_home()
    slow.go_on.set()
    until(lambda: bool(app.last.handle and app.last.handle.finished))
    app.go(CHAT)
    assert app.said[1].startswith("Outlined 2 cats")
    assert len(app.last.steps) == 5


def test_stop_ends_the_turn_and_keeps_what_was_measured(visit: Visit, slow: SlowDetector) -> None:
    app = visit().ask("segment the cat")
    assert slow.begun.wait(5)
    app.press("Stop")
    slow.go_on.set()
    until(lambda: bool(app.last.handle and app.last.handle.finished))
    app.run()
    assert app.part.turn.status == Status.STOPPED
    assert app.part.turn.keywords is not None
    assert "Stopped." in app.captions and "Try again" in app.labels


def test_requests_sent_meanwhile_wait_their_turn(visit: Visit, slow: SlowDetector) -> None:
    app = visit().waits().ask("segment the cat").ask("how many cats are there?")
    slow.go_on.set()
    until(lambda: all(e.handle is None or e.handle.finished for e in app.session.chat.path()))
    app.run()
    assert [text for text in app.said if text.startswith(("Outlined", "At least"))] == [
        "Outlined 2 cats (best score .80).",
        "At least 2 cats.",
    ]


def test_a_deleted_chat_stops_its_turn(visit: Visit, slow: SlowDetector) -> None:
    app = visit().ask("segment the cat")
    handle = app.last.handle
    assert handle is not None and slow.begun.wait(5)
    app.press_key("delete").press_key("delete-now")
    slow.go_on.set()
    until(lambda: handle.finished)
    assert handle.job.cancelled and app.session.chat.empty

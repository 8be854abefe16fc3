"""Stop frees the page within a second, also where the engine comes to its next check only later; nothing is lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from core.sessions.store import SessionStore
from core.types.turn import Status
from pages.shared import engines as shared
from pages.shared.views_running import STOPPING
from tests.fake_models import DeafDetector
from tests.pages.conftest import CHAT, OBJECTS, App, plain_engines, serve, until

Visit = Callable[..., App]
SECONDS = 3.0  # for which the engine hears nothing


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> Iterator[DeafDetector]:
    """A detector that ignores Stop for three seconds, and a page that does not wait for it."""
    detector = DeafDetector(OBJECTS, SECONDS)
    serve(monkeypatch, plain_engines(detector=detector))
    monkeypatch.setattr("pages.shared.views.pump", lambda *_: None)
    yield detector
    detector.go_on.set()


def stopped(visit: Visit, deaf: DeafDetector) -> App:
    """A request that was stopped a moment ago, and goes on."""
    app = visit().ask("segment the cat")
    assert deaf.begun.wait(5)
    begun = time.monotonic()
    app.press("Stop")
    until(lambda: not app.last.running, 2.0)
    assert time.monotonic() - begun < SECONDS - 1 and app.last.handle is not None
    return app.run()


def ended(app: App) -> App:
    until(lambda: all(e.handle is None or e.handle.finished for e in app.session.chat.exchanges.values()))
    return app.run()


def test_the_stop_itself_is_shown_at_once(visit: Visit, deaf: DeafDetector) -> None:
    app = visit().ask("segment the cat")
    assert deaf.begun.wait(5)
    begun = time.monotonic()
    app.press("Stop")
    assert time.monotonic() - begun < 1.0
    assert STOPPING in app.doing[0] and app.at.button(key=f"stop-{app.last.id}").disabled
    deaf.go_on.set()


def test_within_a_second_the_page_waits_for_it_no_longer(visit: Visit, deaf: DeafDetector) -> None:
    app = stopped(visit, deaf)
    assert not app.last.running and app.last.stopping and "Stop" not in app.labels
    assert STOPPING in app.captions and "Run again" in app.labels
    assert app.at.chat_input(key="request") is not None and not app.at.status
    deaf.go_on.set()
    ended(app)


def test_what_it_had_measured_arrives_and_is_kept_when_the_engine_is_done(
    visit: Visit, deaf: DeafDetector, kept_chats: SessionStore
) -> None:
    app = stopped(visit, deaf)
    chat = app.session.chat
    (record,) = kept_chats.load(app.session.owner, chat.id).records
    assert not record.finished
    deaf.go_on.set()
    ended(app)
    assert app.part.turn.status == Status.STOPPED and app.part.turn.keywords is not None
    assert "Stopped." in app.captions and "Try again" in app.labels and STOPPING not in app.captions
    (record,) = kept_chats.load(app.session.owner, chat.id).records
    assert record.finished and record.results[0].turn.status == Status.STOPPED


def test_other_requests_are_taken_meanwhile_and_see_their_place(visit: Visit, deaf: DeafDetector) -> None:
    app = stopped(visit, deaf)
    app.ask("find the dog").run()
    assert "Waiting for its turn: 1 request is ahead" in app.doing[0]
    assert STOPPING in app.captions
    deaf.go_on.set()
    ended(app)
    first, second = app.session.chat.path()
    assert first.parts[0].turn.status == Status.STOPPED and second.parts[0].turn.status == Status.DONE
    assert first.record.steps[-1] != "Stopped: a newer request took its place", "it was stopped by hand before"


def test_a_version_run_meanwhile_stands_before_the_stopped_one(visit: Visit, deaf: DeafDetector) -> None:
    app = stopped(visit, deaf)
    app.press("Run again")
    deaf.go_on.set()
    ended(app)
    assert app.part.turn.status == Status.DONE and "Version 2 of 2" in app.captions
    app.press_key(f"Version-Earlier-{app.last.id}")
    assert app.part.turn.status == Status.STOPPED


def test_its_record_is_kept_though_nobody_looks(visit: Visit, deaf: DeafDetector, kept_chats: SessionStore) -> None:
    app = stopped(visit, deaf).go_home()
    handle, chat = app.last.handle, app.session.chat
    assert handle is not None
    deaf.go_on.set()
    until(lambda: handle.finished)
    (record,) = kept_chats.load(app.session.owner, chat.id).records
    assert record.finished
    app.go(CHAT)
    assert app.part.turn.status == Status.STOPPED


def test_another_user_waits_for_the_layer_and_sees_it(visit: Visit, deaf: DeafDetector) -> None:
    mine = stopped(visit, deaf)
    yours = visit().ask("find the cat").run()
    assert "1 request is ahead" in yours.doing[0]
    deaf.go_on.set()
    ended(mine)
    ended(yours)
    assert yours.said[-1].startswith("Found 2 cats")


def test_one_that_waits_is_stopped_at_once_while_the_worker_is_busy(
    visit: Visit, deaf: DeafDetector, kept_chats: SessionStore
) -> None:
    app = visit().waits().ask("segment the cat").ask("find the dog")
    assert deaf.begun.wait(5)
    app.press_key(f"stop-{app.last.id}")
    assert app.last.handle is None and app.last.problem is not None and "Stopped" in app.last.problem.message
    records = kept_chats.load(app.session.owner, app.session.chat.id).records
    assert [record.finished for record in records] == [False, True]
    assert shared.worker().waiting() == 0 and app.session.chat.path()[0].running
    deaf.go_on.set()
    ended(app)

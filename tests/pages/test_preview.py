"""A quick look is shown while the full pass runs, plainly marked; it is never an answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from core.sessions.store import SessionStore
from core.types.turn import Status
from pages.shared.state import Glance
from pages.shared.views_running import PREVIEW, WHOLE
from tests.fake_models import SHIFT, WordDetector
from tests.fakes import FakeSegmenter
from tests.pages.conftest import OBJECTS, App, plain_engines, png, serve, until

Visit = Callable[..., App]
FIRST = OBJECTS[0][1]


class HeldSegmenter(FakeSegmenter):
    """Waits while `go_on` is not set."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()
        self.go_on.set()

    def segment(self, image, prompts, job):  # type: ignore[no-untyped-def]
        while not self.go_on.wait(0.02):
            job.check()
        return super().segment(image, prompts, job)


@pytest.fixture
def segmenter() -> Iterator[HeldSegmenter]:
    found = HeldSegmenter()
    yield found
    found.go_on.set()


@pytest.fixture
def detector(monkeypatch: pytest.MonkeyPatch, segmenter: HeldSegmenter) -> Iterator[WordDetector]:
    """A slow detector with a quick look, and a page that does not wait for it."""
    found = WordDetector(OBJECTS, slow=True)
    serve(monkeypatch, plain_engines(detector=found, segmenter=segmenter))
    monkeypatch.setattr("pages.shared.views.pump", lambda *_: None)
    yield found
    found.go_on.set()


def looked(visit: Visit, detector: WordDetector, text: str = "segment the cat") -> App:
    app = visit().ask(text)
    assert detector.begun.wait(5)
    return app.run()


def finish(app: App, detector: WordDetector) -> App:
    detector.go_on.set()
    until(lambda: app.last.handle is None or app.last.handle.finished)
    return app.run()


def glance(app: App) -> Glance:
    found = app.last.glance
    assert found is not None
    return found


def downloads(app: App) -> list[str]:
    return [button.label for button in app.at.get("download_button")]


def test_a_quick_look_is_shown_as_one_until_the_answer_is_there(visit: Visit, detector: WordDetector) -> None:
    app = looked(visit, detector)
    assert PREVIEW in app.captions and "1 cat" in app.captions
    assert glance(app).detections.items[0].box[0] == FIRST[0] + SHIFT
    finish(app, detector)
    assert app.last.glance is None and PREVIEW not in app.captions
    assert app.part.turn.detections.items[0].box == FIRST


def test_it_is_no_answer(visit: Visit, detector: WordDetector, kept_chats: SessionStore) -> None:
    app = looked(visit, detector)
    assert not app.last.parts and "Download all" not in downloads(app) and not app.at.slider and not app.at.dataframe
    (record,) = kept_chats.load(app.session.owner, app.session.chat.id).records
    assert not record.results and not record.finished
    finish(app, detector)
    (record,) = kept_chats.load(app.session.owner, app.session.chat.id).records
    assert len(record.results) == 1 and record.results[0].turn.detections.items[0].box == FIRST


def test_a_request_that_refers_does_so_to_the_answer(visit: Visit, detector: WordDetector) -> None:
    app = looked(visit, detector)
    app.waits().ask("only the left one")
    detector.go_on.set()
    until(lambda: all(e.handle is None or e.handle.finished for e in app.session.chat.path()))
    app.run()
    assert [d.box for d in app.part.turn.detections.items] == [FIRST]


def test_stop_ends_the_look_with_the_request(visit: Visit, detector: WordDetector) -> None:
    app = looked(visit, detector)
    app.press("Stop")
    until(lambda: app.last.handle is None or app.last.handle.finished)
    app.run()
    assert PREVIEW not in app.captions and app.part.turn.status == Status.STOPPED
    assert not app.part.turn.detections.items


def test_the_boxes_of_the_full_pass_take_its_place_before_the_outlines(
    visit: Visit, detector: WordDetector, segmenter: HeldSegmenter
) -> None:
    app = looked(visit, detector)
    segmenter.go_on.clear()
    detector.go_on.set()
    until(lambda: glance_is_whole(app))
    app.run()
    assert WHOLE in app.captions and PREVIEW not in app.captions
    assert glance(app).detections.items[0].box == FIRST
    segmenter.go_on.set()
    finish(app, detector)
    assert WHOLE not in app.captions


def glance_is_whole(app: App) -> bool:
    app.run()
    return app.last.glance is not None and app.last.glance.whole


def test_of_several_pictures_the_look_is_at_the_one_that_is_measured(visit: Visit, detector: WordDetector) -> None:
    app = visit()
    app.upload(png(colour=(1, 2, 3)), "second.png")
    app.press_key("all-menu")
    app.ask("find the cat")
    assert detector.begun.wait(5)
    app.run()
    assert glance(app).picture == app.session.chat.pictures[0]
    finish(app, detector)
    assert app.last.glance is None and len(app.last.parts) == 2


def test_a_quick_detector_is_not_looked_through_twice(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, plain_engines(detector=WordDetector(OBJECTS)))
    app = visit().ask("find the cat")
    assert app.last.glance is None and not any("quick look" in step for step in app.last.steps)

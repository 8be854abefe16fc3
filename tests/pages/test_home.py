"""Home: what can be done here and now, and one click into it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.dialogue.engines import Engines
from core.errors import EngineUnavailable
from core.samples import available
from core.types.engine import EngineStatus
from pages.shared import engines as shared
from tests.fakes import FakeDetector
from tests.pages.conftest import App, plain_engines, serve

Visit = Callable[..., App]


def test_home_shows_samples_and_the_engines(visit: Visit) -> None:
    app = visit(page=None)
    assert app.at.title[0].value == "VLP Workbench"
    assert {s.title for s in available()} <= set(app.labels)
    shown = " ".join(m.value for m in app.at.markdown)
    assert all(title in shown for title, _ in shared.PORTS.values())
    assert ":orange[" not in shown


def test_an_engine_that_cannot_work_says_why_and_what_to_do(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    error = EngineUnavailable("No net is here.", "Fetch the net.")
    serve(monkeypatch, plain_engines(detector=FakeDetector(error=error)))
    app = visit(page=None)
    assert "No net is here. Fetch the net." in app.captions
    assert ":orange[" in " ".join(m.value for m in app.at.markdown)


def test_one_click_on_a_sample_opens_it_with_its_requests(visit: Visit) -> None:
    app = visit(page=None).press("Astronaut")
    app.go("pages/1_Chat.py")
    assert [picture.sample for picture in app.session.chat.pictures] == ["astronaut"]
    for label in (
        "segment the face",
        "how many people are there?",
        "remove the face",
        "is there a zebra in the picture?",
    ):
        assert label in app.labels


def test_home_lists_the_chats_of_this_user_and_opens_them(visit: Visit) -> None:
    app = visit().ask("segment the cat").ask("how many cats are there?").go_home()
    (chat,) = app.session.opened
    assert app.at.button(key=f"home-{chat}").label == "segment the cat"
    assert "· 2 requests" in app.captions
    app.at.button(key=f"home-{chat}").click()
    other = visit(page=None)
    assert "2 requests" not in other.captions and not [b for b in other.at.button if (b.key or "").startswith("home-")]


class MissingWeights(FakeDetector):
    """A detector whose weights are not there until `fetched`."""

    fetched = False

    def status(self) -> EngineStatus:
        return EngineStatus(self.fetched, "The weights are missing.", "Fetch them.", "fetch_weights")


@pytest.fixture
def missing(monkeypatch: pytest.MonkeyPatch, engines: Engines) -> MissingWeights:
    detector = MissingWeights()
    serve(monkeypatch, plain_engines(detector=detector))
    state = shared.Fetching()
    monkeypatch.setattr(shared, "fetching", lambda: state)
    return detector


def test_missing_weights_are_fetched_with_one_button(
    visit: Visit, missing: MissingWeights, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(self: object, job: object, archive: object = None) -> None:
        missing.fetched = True

    monkeypatch.setattr("core.shared_models.weights.Weights.fetch", fetch)
    app = visit(page=None).press("Fetch the weights")
    handle = shared.fetching().handle
    assert handle is not None and handle.wait(5)
    assert missing.fetched
    assert not [label for label in app.run().labels if label.startswith("Fetch")]


def test_a_fetch_that_fails_says_why_and_can_be_tried_again(
    visit: Visit, missing: MissingWeights, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(self: object, job: object, archive: object = None) -> None:
        raise EngineUnavailable("There is no network.", "Connect, and try again.")

    monkeypatch.setattr("core.shared_models.weights.Weights.fetch", fetch)
    app = visit(picture=False).press("Fetch the weights")
    handle = shared.fetching().handle
    assert handle is not None and handle.wait(5)
    app.run()
    assert "There is no network." in app.errors and "Connect, and try again." in app.errors
    assert [label for label in app.labels if label.startswith("Fetch the weights")]


def test_an_answer_that_failed_for_want_of_weights_offers_them(visit: Visit, missing: MissingWeights) -> None:
    missing.error = EngineUnavailable("The weights are missing.", "Fetch them.")
    app = visit().ask("segment the cat")
    assert len([label for label in app.labels if label.startswith("Fetch the weights")]) == 2
    missing.error, missing.fetched = None, True
    app.run()
    assert not [label for label in app.labels if label.startswith("Fetch the weights")]
    assert "Try again" in app.labels

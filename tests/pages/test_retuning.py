"""Thresholds that move long after: what was measured is read back, what is gone is measured again, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from core.dialogue.engines import Engines
from core.errors import EngineFailed, StorageError
from core.sessions.decoded import Decoded
from core.sessions.store import SessionStore
from core.types.turn import Turn
from pages.shared import retuning
from pages.shared.state import Part
from tests.fakes import FakeDetector
from tests.pages.conftest import OBJECTS, App, calls, plain_engines, png, serve, until
from tests.pages.hands import boxes, hands_on
from tests.pages.test_running import SlowDetector

Visit = Callable[..., App]


def forget(app: App, kept_chats: SessionStore, part: Part | None = None) -> Turn:
    """The measurements of an answer are evicted, here and on the disk; the turn as it was."""
    part = part or app.part
    before = part.turn
    kept_chats.measurements.forget([before.id])
    part.turn = before.light()
    return before


def masks(turn: Turn) -> list[str]:
    return [mask.digest for mask in turn.masks.items]


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Engines:
    """Engines that remember nothing of what was asked before."""
    fresh = plain_engines()
    serve(monkeypatch, fresh)
    return fresh


def anew(monkeypatch: pytest.MonkeyPatch, **more: object) -> Engines:
    fresh = plain_engines(**more)
    serve(monkeypatch, fresh)
    return fresh


def test_a_run_of_the_page_chooses_nothing_anew(visit: Visit) -> None:
    app = visit().ask("segment the cat").slide("box", 0.5)
    first = app.part.shown
    assert app.run().part.shown is first


@pytest.mark.parametrize(
    "text",
    ["segment the cat", "segment everything", "segment the cat but not the dog", "how many cats are there?"],
)
def test_what_is_measured_again_is_what_was_measured(
    visit: Visit, kept_chats: SessionStore, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    app = visit().ask(text)
    before = forget(app, kept_chats)
    anew(monkeypatch)
    app.slide("box", 0.13).run()
    assert app.part.note == retuning.AGAIN
    app.press("Reset")
    now = app.part.turn
    assert now.detections == before.detections and masks(now) == masks(before)
    assert now.proposals is not None and before.proposals is not None
    assert now.proposals.digest == before.proposals.digest


def test_boxes_rejections_and_words_that_referred_are_still_there_when_it_is_measured_again(
    visit: Visit, kept_chats: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands = hands_on(monkeypatch)
    app = visit().ask("segment the cat").ask("only the left one")
    drawn = (2.0, 2.0, 18.0, 9.0)
    hands.draw(app, drawn)
    forget(app, kept_chats)
    parts = anew(monkeypatch)
    app.slide("mask_cut", 0.6).run()
    assert calls(parts) == 1 and app.part.note == retuning.AGAIN
    assert boxes(app.part) == [drawn, OBJECTS[0][1]]
    assert app.part.turn.references and app.said[-1].startswith("Outlined 2 cats")


def test_a_reference_to_what_is_no_longer_measured_says_that_it_was_measured_again(
    visit: Visit, kept_chats: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit().ask("segment the cat")
    forget(app, kept_chats)
    parts = anew(monkeypatch)
    app.ask("only the left one")
    assert boxes(app.part) == [OBJECTS[0][1]] and calls(parts) == 1
    assert any("measured again" in warning for warning in app.part.turn.warnings)


def test_nothing_is_lost_when_it_cannot_be_measured_again(
    visit: Visit, kept_chats: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit().ask("segment the cat")
    forget(app, kept_chats)
    anew(monkeypatch, detector=FakeDetector(error=EngineFailed("The net broke.", "Fetch it again.")))
    app.slide("box", 0.1).run()
    assert "The net broke." in app.errors and len(boxes(app.part)) == 2 and not app.part.note
    assert kept_chats.measurements.load(app.part.turn) is None  # nothing false is kept
    app.press("Reset")
    assert not app.errors and len(boxes(app.part)) == 2


def test_resetting_while_it_is_measured_again_leaves_the_answer_as_it_was(
    visit: Visit, kept_chats: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit().ask("segment the cat")
    forget(app, kept_chats)
    slow = SlowDetector()
    anew(monkeypatch, detector=slow)
    monkeypatch.setattr(retuning, "wait_for", lambda part, at_most: False)
    monkeypatch.setattr("pages.shared.views.pump", lambda *_: None)
    app.slide("box", 0.1)
    assert slow.begun.wait(5) and "Measuring again" in app.captions and app.part.job is not None
    job = app.part.job
    app.press("Reset")
    slow.go_on.set()
    until(lambda: job.finished)
    app.run()
    assert len(boxes(app.part)) == 2 and app.part.job is None and not app.part.note and not app.errors


def test_what_was_measured_again_shows_though_it_cannot_be_kept(
    visit: Visit, kept_chats: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit().ask("segment the cat")
    forget(app, kept_chats)
    anew(monkeypatch)

    def full(turn: Turn) -> None:
        raise StorageError("There is no room left.", "Make room on the disk.")

    monkeypatch.setattr(kept_chats.measurements, "save", full)
    app.slide("box", 0.1).run()
    assert len(boxes(app.part)) == 3 and app.part.note == retuning.AGAIN


def test_a_slider_on_a_picture_that_is_gone_says_so_and_keeps_what_is_shown(
    visit: Visit, kept_chats: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = visit().ask("segment the cat")
    (kept_chats.pictures.folder / app.session.chat.pictures[0].key).unlink()
    monkeypatch.setattr(kept_chats.pictures, "_decoded", Decoded())
    app.slide("box", 0.1)
    assert "no longer kept here" in app.errors and len(boxes(app.part)) == 2


def test_two_sliders_moved_quickly_show_the_last_place(visit: Visit, parts: Engines) -> None:
    app = visit().ask("segment the cat")
    app.at.slider(key=f"box-{app.part.id}").set_value(0.1)
    app.at.slider(key=f"mask_cut-{app.part.id}").set_value(0.6)
    app.run()
    assert app.part.thresholds.box == 0.1 and app.part.thresholds.mask_cut == 0.6 and len(boxes(app.part)) == 3
    assert calls(parts) == 1


def test_each_of_many_pictures_has_its_own_sliders(visit: Visit, parts: Engines) -> None:
    app = visit().upload(png(colour=(8, 8, 8)), "other.png").press_key("all-menu").ask("segment the cat")
    one, two = app.last.parts
    for part in (one, two):
        app.at.session_state[f"details-{part.id}"] = True
    app.run().slide("box", 0.1, one)
    app.slide("box", 0.5, two)
    assert len(boxes(one)) == 3 and len(boxes(two)) == 1 and calls(parts) == 2


def test_what_refers_builds_on_where_the_sliders_stand(visit: Visit, parts: Engines) -> None:
    app = visit().ask("segment the cat").slide("box", 0.1)
    app.ask("only the bottom one")
    assert boxes(app.part) == [OBJECTS[2][1]] and calls(parts) == 1


def test_a_replay_gives_every_stage_that_was_measured(visit: Visit) -> None:
    turn = visit().ask("segment the cat").part.turn
    known = retuning.replay(turn)
    assert set(known) == {"segment", "classify", "acts", "extract", "propose", "exclude"}
    assert "propose" not in retuning.replay(turn.light())
    assert set(retuning.replay(replace(turn, keywords=None, decision=None))) == {"segment", "classify"}

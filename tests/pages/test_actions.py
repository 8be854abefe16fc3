"""Every refusal ends in a button that helps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from core.types.boxes import Suggestion
from core.types.language import Filter, FilterKind, IntentName, Keywords, Phrase
from core.types.turn import Action, Answer
from pages.shared import actions
from pages.shared import engines as shared
from tests.fakes import FakeDescriber, FakeDetector, FakeKeywords
from tests.pages.conftest import OBJECTS, App, detector_of, plain_engines, png, serve

Visit = Callable[..., App]


def test_an_uncertain_intent_is_asked_back_and_a_click_decides(visit: Visit) -> None:
    app = visit().ask("maybe the cat")
    assert {"Outline it", "Remove it", "Show boxes"} <= set(app.labels)
    app.press("Outline it")
    assert app.said[-2] == "maybe the cat" and app.said[-1].startswith("Outlined 2 maybe cats")
    assert app.part.turn.intent == IntentName.SEGMENT
    assert "meant as “Outline it”" in app.captions


def test_no_object_named_offers_what_was_seen(visit: Visit) -> None:
    app = visit().ask("segment")
    app.press("segment the cat")
    assert app.said[-2] == "segment the cat" and app.said[-1].startswith("Outlined 2 cats")


def test_the_nearest_miss_is_shown_on_a_click_without_the_detector(visit: Visit) -> None:
    app = visit().ask("find the dog")
    assert app.said[-1].startswith("No dog found at .25; the best candidate scores .20")
    calls = len(detector_of(shared.engines()).calls)
    app.press("Show it (.20)")
    assert app.at.slider(key=f"box-{app.part.id}").value == 0.2
    assert app.said[-1].startswith("Found 1 dog")
    assert len(detector_of(shared.engines()).calls) == calls
    assert len(app.session.chat.exchanges) == 1


@pytest.mark.parametrize("value", [0.2, 0.57, 0.29, 0.123456, 0.0])
def test_a_threshold_set_from_a_score_lets_that_score_pass(value: float) -> None:
    assert 0 <= value - actions.at_or_below(value) < 0.0101


def test_a_colour_miss_can_be_let_in(visit: Visit) -> None:
    app = visit(picture=False).upload(png(colour=(90, 90, 90))).ask("segment the red cat")
    assert "red is only" in app.said[-1]
    app.press("Show it anyway")
    assert app.said[-1].startswith("Outlined")
    assert app.at.slider(key=f"colour-{app.part.id}").value == 0.0


def test_filters_can_be_taken_away(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    fifth = Keywords((Phrase("cat", "cat", filters=(Filter(FilterKind.ORDER, "left", 5),)),))
    serve(monkeypatch, plain_engines(keywords=FakeKeywords({"segment the fifth cat": fifth})))
    app = visit().ask("segment the fifth cat")
    assert "stands at that place" in app.said[-1]
    app.press("Show all")
    assert app.said[-1].startswith("Outlined 2 cats")


def test_a_dashed_region_can_be_taken(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    box = (30.0, 20.0, 80.0, 70.0)
    detector = FakeDetector(OBJECTS, unknown=("zorb",), suggestions=(Suggestion(box, 0.6, "zorb"),))
    serve(monkeypatch, plain_engines(detector=detector))
    app = visit().ask("segment the zorb")
    assert "Dashed" in app.captions and not app.part.turn.detections.items
    app.press("Take the dashed region")
    assert app.part.turn.user_boxes == (box,)
    assert app.said[-1].startswith("Outlined 1 zorb (marked by you")
    assert list(app.table()["basis"]) == ["user"]


def number(app: App, edge: str, value: int) -> None:
    app.at.number_input(key=f"{edge}-{app.part.id}").set_value(value)


def test_a_box_can_be_given_by_numbers(visit: Visit) -> None:
    app = visit().ask("segment the zebra").press("Draw a box")
    for edge, value in (("left", 10), ("top", 20), ("right", 50), ("bottom", 60)):
        number(app, edge, value)
    app.run().press("Use this box")
    assert app.part.turn.user_boxes == ((10.0, 20.0, 50.0, 60.0),)
    assert list(app.table()["area_px"]) == [1600]
    assert app.part.tool == "look"


def test_an_empty_box_cannot_be_used(visit: Visit) -> None:
    app = visit().ask("segment the zebra").press("Draw a box")
    number(app, "right", 30)
    number(app, "left", 30)
    app.run()
    assert app.at.button(key=f"use-{app.part.id}").disabled


def test_help_is_a_dialog_whose_sentences_are_sent(visit: Visit) -> None:
    app = visit().ask("hello").press("What can I say?")
    app.press_key("help-dialog-answer")
    assert app.said[-2] == "How many people are there?"


def test_what_is_filled_follows_the_sliders_only_on_a_click(visit: Visit) -> None:
    app = visit().ask("remove the cat").slide("box", 0.1)
    first = app.part
    app.press("Remove what is shown now")
    assert app.part is not first and app.part.edited is not None and first.edited is not None
    assert app.part.edited.digest != first.edited.digest
    assert app.part.thresholds.box == 0.1


class Offering(FakeDescriber):
    """A describer that offers these actions."""

    def __init__(self, offered: Sequence[Action]) -> None:
        super().__init__()
        self.offered = tuple(offered)

    def describe(self, scene: object, question: str) -> Answer:  # type: ignore[override]
        return Answer("Try one of these.", self.offered)


def test_every_kind_of_action_has_a_handler_and_unknown_ones_are_left_out(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = [Action(kind, f"do {kind}", 0.1) for kind in (*actions.HANDLERS, "dance")]
    serve(monkeypatch, plain_engines(describer=Offering(offered)))
    app = visit().ask("segment the cat")
    assert {f"do {kind}" for kind in actions.HANDLERS} <= set(app.labels)
    assert "do dance" not in app.labels
    documented = Action.__doc__ or ""
    assert not [kind for kind in actions.HANDLERS if f'"{kind}"' not in documented]


def test_fetching_can_be_offered_by_an_answer(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(shared, "fetch_weights", lambda: asked.append(True))
    serve(monkeypatch, plain_engines(describer=Offering([Action("fetch_weights", "Fetch them")])))
    visit().ask("segment the cat").press("Fetch them")
    assert asked == [True]


def test_an_exchange_that_was_deleted_meanwhile_is_no_error(visit: Visit) -> None:
    app = visit().ask("find the dog")
    app.session.chat.exchanges.clear()
    app.press("Show it (.20)")
    assert not app.session.chat.exchanges

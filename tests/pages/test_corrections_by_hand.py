"""Objects put right on the picture itself: boxes drawn and moved, clicks, rejected objects."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.dialogue.engines import Engines
from tests.pages.conftest import OBJECTS, App, calls
from tests.pages.hands import Hands, boxes, hands_on

Visit = Callable[..., App]
FIRST, SECOND = OBJECTS[0][1], OBJECTS[1][1]
ELSEWHERE = (2.0, 2.0, 18.0, 9.0)


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    return hands_on(monkeypatch)


def test_a_drawn_box_joins_the_objects_and_only_its_mask_is_measured(
    visit: Visit, engines: Engines, hands: Hands
) -> None:
    app = visit().ask("segment the cat")
    before, masks = calls(engines), len(engines.segmenter.engine.calls)  # type: ignore[attr-defined]
    hands.draw(app, ELSEWHERE)
    assert boxes(app.part) == [ELSEWHERE, FIRST, SECOND]
    assert calls(engines) == before
    assert len(engines.segmenter.engine.calls) == masks + 1  # type: ignore[attr-defined]
    assert "with a box drawn by hand" in app.captions and "Version 2 of 2" in app.captions
    assert [shape.editable for shape in hands.shapes(app.part)] == [True, False, False]


def test_a_drawn_box_is_moved(visit: Visit, hands: Hands, engines: Engines) -> None:
    app = visit().ask("segment the cat")
    hands.draw(app, ELSEWHERE)
    before = calls(engines)
    moved = (3.0, 60.0, 30.0, 78.0)
    hands.move(app, 1, moved)
    assert boxes(app.part) == [moved, FIRST, SECOND]
    assert app.part.turn.user_boxes == (moved,) and calls(engines) == before


def test_an_object_is_clicked(visit: Visit, hands: Hands, engines: Engines) -> None:
    app = visit().ask("segment the cat")
    before = calls(engines)
    app.at.segmented_control(key=f"tool-{app.part.id}").set_value("click").run()
    hands.click(app, 100, 70)
    hands.click(app, 110, 75, positive=False)
    assert app.part.points == ((100, 70, True), (110, 75, False))
    app.press("Cut it out")
    assert len(boxes(app.part)) == 3 and app.part.turn.detections.items[0].points == ((100, 70, True), (110, 75, False))
    assert list(app.table()["phrase"]) == ["cat", "cat", "cat"]
    assert calls(engines) == before and not app.part.points


def test_clicks_that_only_say_what_does_not_belong_are_refused_with_a_remedy(visit: Visit, hands: Hands) -> None:
    app = visit().ask("segment the cat")
    hands.click(app, 100, 70, positive=False)
    app.press("Cut it out")
    assert "Click the object itself as well" in app.errors and len(app.session.chat.exchanges) == 1


def test_clicks_correct_the_selected_object_again_and_again(visit: Visit, hands: Hands, engines: Engines) -> None:
    app = visit().ask("segment the cat")
    before = calls(engines)
    hands.select(app, 2)
    hands.click(app, 75, 20, positive=False)
    app.press("Cut it out")
    by_hand, other = app.part.turn.detections.items
    assert by_hand.prompted == SECOND and by_hand.points == ((75, 20, False),) and other.box == FIRST
    hands.select(app, 1)
    hands.click(app, 90, 40)
    app.press("Cut it out")
    by_hand, other = app.part.turn.detections.items
    assert by_hand.prompted == SECOND and by_hand.points == ((75, 20, False), (90, 40, True)) and other.box == FIRST
    assert calls(engines) == before


@pytest.mark.parametrize("way", ["button", "key"])
def test_an_object_is_rejected(visit: Visit, hands: Hands, engines: Engines, way: str) -> None:
    app = visit().ask("segment the cat")
    before = calls(engines)
    if way == "key":
        hands.reject(app, 1)
    else:
        hands.select(app, 1).press("Put away 1 cat")
    assert boxes(app.part) == [SECOND] and app.said[-1].startswith("Outlined 1 cat")
    assert calls(engines) == before and "without object 1" in app.captions
    assert app.part.selected is None
    app.press_key(f"Version-Earlier-{app.last.id}")
    assert boxes(app.part) == [FIRST, SECOND]


def test_a_box_that_was_rejected_can_be_drawn_again(visit: Visit, hands: Hands) -> None:
    app = visit().ask("segment the cat")
    hands.draw(app, ELSEWHERE)
    hands.reject(app, 1)
    assert boxes(app.part) == [FIRST, SECOND]
    hands.draw(app, ELSEWHERE)
    assert boxes(app.part) == [ELSEWHERE, FIRST, SECOND]


def test_a_box_drawn_moved_or_clicked_after_some_were_kept_shows(visit: Visit, hands: Hands) -> None:
    app = visit().ask("segment the cat").ask("only the left one")
    assert boxes(app.part) == [FIRST]
    hands.draw(app, ELSEWHERE)
    assert boxes(app.part) == [ELSEWHERE, FIRST]
    moved = (3.0, 60.0, 30.0, 78.0)
    hands.move(app, 1, moved)
    assert boxes(app.part) == [moved, FIRST]
    hands.select(app, 2)
    hands.click(app, 30, 30)
    app.press("Cut it out")
    assert len(boxes(app.part)) == 2 and app.part.turn.detections.items[1].prompted == FIRST
    hands.click(app, 110, 70)
    app.press("Cut it out")
    assert len(boxes(app.part)) == 3


def test_what_was_said_to_a_drawn_box_moves_with_it(visit: Visit, hands: Hands) -> None:
    app = visit().ask("segment the cat")
    hands.draw(app, ELSEWHERE)
    app.ask("only the first one").ask("grow it by 3 px")
    grown = app.part.turn.masks.items[0].area
    assert grown > 16 * 7
    hands.move(app, 1, (2.0, 62.0, 18.0, 69.0))
    assert boxes(app.part) == [(2.0, 62.0, 18.0, 69.0)]
    assert app.part.turn.masks.items[0].area == pytest.approx(grown, rel=0.3)

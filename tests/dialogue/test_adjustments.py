"""What the dialogue and the hand did to the objects: kept, rejected, grown, clicked."""

from __future__ import annotations

from core.types.boxes import Basis
from core.types.masks import Prompt
from core.types.reference import Adjustments, Keep
from core.types.turn import Clicked
from tests.dialogue.helpers import LEFT, RIGHT, shown, turn_of


def test_what_the_dialogue_put_away_is_not_called_missing() -> None:
    turn = turn_of("segment the dog and the cat", adjustments=Adjustments(rejected=(RIGHT,)))
    assert shown(turn) == [("dog", LEFT)]
    assert "cat" not in turn.answer.text
    nothing = turn_of("segment the cat", adjustments=Adjustments(rejected=(RIGHT,)))
    assert not shown(nothing) and "put away" in nothing.answer.text


def test_kept_boxes_narrow_only_the_phrases_they_name() -> None:
    kept = Adjustments(kept=(Keep(("dog",), ()),))
    assert shown(turn_of("segment the dog and the cat", adjustments=kept)) == [("cat", RIGHT)]


def test_a_mask_grows_and_its_box_stays_what_was_measured() -> None:
    plain = turn_of("segment the dog")
    wide = turn_of("segment the dog", adjustments=Adjustments(grown=((LEFT, 3.0),)))
    assert wide.detections.items[0].box == plain.detections.items[0].box
    (x0, y0, x1, y1) = plain.masks.items[0].box
    assert wide.masks.items[0].box == (x0 - 3, y0 - 3, x1 + 3, y1 + 3)


def test_what_was_clicked_is_an_object_of_the_users_own() -> None:
    clicked = (Clicked(Prompt(None, ((70.0, 20.0, True),)), "thing"),)
    turn = turn_of("segment the dog", clicked=clicked)
    (mine, dog) = turn.detections.items
    assert (mine.phrase, mine.basis, dog.phrase) == ("thing", Basis.USER, "dog")
    assert turn.masks.items[0].area and tuple(map(float, turn.masks.items[0].box)) == mine.box
    assert mine.anchor == (69.5, 19.5, 70.5, 20.5)
    gone = turn_of("segment the dog", clicked=clicked, adjustments=Adjustments(rejected=(mine.anchor,)))
    assert [d.phrase for d in gone.detections.items] == ["dog"]

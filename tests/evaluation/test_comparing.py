"""Two choices of boxes on one picture: which objects are the same, changed, gained and lost."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from core.evaluation.comparing import Change, What, compare, line
from core.types.boxes import Basis, Box, Detection, Detections
from core.types.engine import EngineInfo

ENGINE = EngineInfo("fake")
HERE: Box = (10.0, 10.0, 50.0, 50.0)
NEAR: Box = (14.0, 10.0, 54.0, 50.0)  # IoU with HERE: 36 / 44
AWAY: Box = (70.0, 10.0, 90.0, 50.0)


def found(phrase: str, box: Box = HERE, score: float = 0.8) -> Detection:
    return Detection(box, phrase, score, Basis.PHRASE, ENGINE)


def chosen(*items: Detection) -> Detections:
    return Detections(items)


def test_an_object_of_both_is_the_same() -> None:
    difference = compare(chosen(found("dog")), chosen(found("dog", score=0.804)))
    assert [(c.iou, c.what) for c in difference.same] == [(1.0, ())]
    assert not difference.changed + difference.gained + difference.lost
    assert line(difference.same[0]) == "dog: the same, score 0.80"


def test_what_changed_is_told() -> None:
    scored = compare(chosen(found("dog", score=0.62)), chosen(found("dog", score=0.81))).changed
    assert [c.what for c in scored] == [(What.SCORE,)]
    assert line(scored[0]) == "dog: score 0.62 → 0.81"
    moved = compare(chosen(found("dog")), chosen(found("dog", NEAR))).changed
    assert [c.what for c in moved] == [(What.BOX,)]
    assert line(moved[0]) == "dog: another box, overlap 0.82"
    named = compare(chosen(found("dog")), chosen(found("cat"))).changed
    assert [c.what for c in named] == [(What.PHRASE,)]
    assert line(named[0]) == "dog → cat: the same box, score 0.80"
    every = compare(chosen(found("dog", score=0.3)), chosen(found("cat", NEAR, 0.9))).changed
    assert [c.what for c in every] == [(What.PHRASE, What.SCORE, What.BOX)]
    assert line(every[0]) == "dog → cat: score 0.30 → 0.90; another box, overlap 0.82"


def test_scores_that_two_digits_cannot_tell_apart_get_three() -> None:
    (change,) = compare(chosen(found("dog", score=0.6151)), chosen(found("dog", score=0.6249))).changed
    assert line(change) == "dog: score 0.615 → 0.625"


def test_the_limits_of_what_counts_as_a_change() -> None:
    assert compare(chosen(found("dog", score=0.5)), chosen(found("dog", score=0.505))).same
    assert compare(chosen(found("dog", score=0.5)), chosen(found("dog", score=0.506))).changed
    assert compare(chosen(found("dog", (0, 0, 1000, 10))), chosen(found("dog", (0, 0, 991, 10)))).same
    assert compare(chosen(found("dog", (0, 0, 1000, 10))), chosen(found("dog", (0, 0, 989, 10)))).changed


def test_gained_and_lost() -> None:
    difference = compare(chosen(found("dog")), chosen(found("dog", AWAY, 0.4)))
    assert difference.gained == (Change(None, found("dog", AWAY, 0.4)),)
    assert difference.lost == (Change(found("dog"), None),)
    assert line(difference.gained[0]) == "gained: dog, score 0.40"
    assert line(difference.lost[0]) == "lost: dog, score 0.80"


def test_the_same_phrase_comes_before_a_greater_overlap() -> None:
    difference = compare(chosen(found("dog")), chosen(found("cat", HERE), found("dog", NEAR)))
    assert [(c.before, c.after) for c in difference.changed] == [(found("dog"), found("dog", NEAR))]
    assert [c.after for c in difference.gained] == [found("cat", HERE)]


def test_the_greatest_overlap_comes_first_and_each_box_is_matched_once() -> None:
    far: Box = (20.0, 10.0, 60.0, 50.0)
    difference = compare(chosen(found("dog", far), found("dog", HERE)), chosen(found("dog", NEAR)))
    assert [c.before for c in difference.changed] == [found("dog", HERE)]
    assert [c.before for c in difference.lost] == [found("dog", far)]


def test_boxes_that_lie_on_each_other_are_matched_by_their_scores() -> None:
    high, low = found("dog", score=0.9), found("dog", score=0.2)
    assert len(compare(chosen(high, low), chosen(low, high)).same) == 2


def test_the_overlap_that_makes_a_pair_can_be_chosen() -> None:
    assert compare(chosen(found("dog")), chosen(found("dog", NEAR)), iou=0.85).gained


def test_nothing_against_nothing() -> None:
    difference = compare(chosen(), chosen())
    assert not difference.same + difference.changed + difference.gained + difference.lost
    assert len(compare(chosen(), chosen(found("dog"))).gained) == 1


boxes = st.tuples(*(st.integers(0, 12) for _ in range(4))).map(
    lambda v: (float(v[0]), float(v[1]), float(v[0] + v[2]), float(v[1] + v[3]))
)
items = st.lists(st.builds(found, st.sampled_from(["dog", "cat"]), boxes, st.floats(0, 1, width=16)), max_size=7)


@settings(max_examples=60, deadline=None)
@given(items, items)
def test_every_box_is_in_one_entry(first: list[Detection], second: list[Detection]) -> None:
    difference = compare(chosen(*first), chosen(*second))
    entries = difference.same + difference.changed + difference.gained + difference.lost
    assert sorted(map(repr, [c.before for c in entries if c.before])) == sorted(map(repr, first))
    assert sorted(map(repr, [c.after for c in entries if c.after])) == sorted(map(repr, second))
    assert all(c.iou >= 0.5 for c in difference.same + difference.changed)
    assert all(line(c) for c in entries)
    itself = compare(chosen(*first), chosen(*first))
    assert len(itself.same) == len(first)

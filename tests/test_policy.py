"""Policies: one phrase a box, thresholds that only ever take away, near misses that are told, filters that count."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import geometry, policy
from core.types.boxes import Basis, Proposals, Reading
from core.types.language import INTENTS, IntentName, IntentPrediction
from core.types.thresholds import Thresholds
from tests.fakes import measured_boxes, shared

PICTURE = (100, 80)
BASES = (Basis.CLASS, Basis.FACE, Basis.COLOUR)
PLAIN = Thresholds(
    by_basis={"class": 0.25, "face": 0.7, "colour": 0.35}, listed={"class": 0.4}, abstain_score=0.6, abstain_margin=0.25
)


@st.composite
def measured(draw: st.DrawFn) -> Proposals:
    """Anything a detector may say: overlapping, equal, empty and tied boxes; phrases nobody speaks about."""
    count, columns = draw(st.integers(0, 8)), draw(st.integers(0, 3))
    edge, score = st.integers(0, 10).map(lambda v: v * 8.0), st.sampled_from([0.0, 0.1, 0.25, 0.4, 0.4, 0.7, 0.99])
    rows = []
    for _ in range(count):
        x0, y0, w, h = (draw(edge) for _ in range(4))
        rows.append(((x0, y0, x0 + w, y0 + h), [draw(score) for _ in range(columns)]))
    basis = tuple(draw(st.sampled_from(BASES)) for _ in range(count))
    return measured_boxes(rows, tuple(f"phrase{n}" for n in range(columns)), basis, listed=draw(st.booleans()))


@given(measured(), st.floats(0, 1), st.floats(0, 1), st.floats(0, 0.2))
@settings(deadline=None)
def test_what_select_promises(found: Proposals, box: float, nms_iou: float, min_area: float) -> None:
    thresholds = PLAIN.with_(box=box, nms_iou=nms_iou, min_area=min_area)
    chosen = policy.select(found, thresholds, PICTURE)
    rows = [d.index for d in chosen.items]
    assert len(set(rows)) == len(rows), "one phrase a box"
    for detection in chosen.items:
        scores = found.scores[detection.index]
        assert detection.score == pytest.approx(scores.max()), "its best phrase"
        assert detection.score == pytest.approx(scores[found.phrases.index(detection.phrase)])
        assert detection.score >= np.float32(box)
        assert detection.score > 0
        assert geometry.area([detection.box])[0] / (PICTURE[0] * PICTURE[1]) >= min_area - 1e-6
    for phrase in found.phrases:
        group = chosen.of(phrase)
        assert [d.score for d in group] == sorted((d.score for d in group), reverse=True)
        overlaps = geometry.iou([d.box for d in group], [d.box for d in group]) if group else np.zeros((0, 0))
        assert (np.triu(overlaps, 1) <= nms_iou + 1e-6).all(), "no doubles within a phrase"
        assert sum(m.phrase == phrase for m in chosen.misses) <= 1
    assert not {m.detection.index for m in chosen.misses if m.detection} & set(rows), "a miss was not chosen"


@given(measured(), st.floats(0, 1), st.floats(0, 1))
@settings(deadline=None)
def test_a_higher_threshold_only_takes_away(found: Proposals, low: float, high: float) -> None:
    low, high = sorted((low, high))
    many = policy.select(found, PLAIN.with_(box=low), PICTURE)
    few = policy.select(found, PLAIN.with_(box=high), PICTURE)
    assert {d.index for d in few.items} <= {d.index for d in many.items}


@given(measured(), st.floats(0, 0.5), st.floats(0, 0.5))
@settings(deadline=None)
def test_a_larger_minimum_area_never_lets_a_smaller_box_in(found: Proposals, low: float, high: float) -> None:
    low, high = sorted((low, high))
    few = policy.select(found, PLAIN.with_(box=0.0, min_area=high, nms_iou=1.0), PICTURE)
    many = policy.select(found, PLAIN.with_(box=0.0, min_area=low, nms_iou=1.0), PICTURE)
    assert {d.index for d in few.items} <= {d.index for d in many.items}


def test_a_score_equal_to_its_threshold_passes() -> None:
    found = measured_boxes([((0, 0, 10, 10), [0.25])], ("dog",))
    assert len(policy.select(found, PLAIN, PICTURE)) == 1
    assert not len(policy.select(found, PLAIN.with_(box=0.2500001), PICTURE))


@pytest.mark.parametrize(
    ("thresholds", "listed", "phrases"),
    [
        (PLAIN, False, ["dog"]),  # .30 as a class passes .25, .30 as a face misses .7
        (PLAIN, True, []),  # everything listed: .4
        (PLAIN.with_(box=0.1), False, ["dog", "face"]),  # one override for every basis
        (PLAIN.with_(box=0.1, phrase={"dog": 0.5}), False, ["face"]),  # a single phrase's own is stronger still
    ],
)
def test_which_threshold_holds(thresholds: Thresholds, listed: bool, phrases: list[str]) -> None:
    rows = [((0.0, 0.0, 10.0, 10.0), [0.3, 0.0]), ((50.0, 0.0, 60.0, 10.0), [0.0, 0.3])]
    found = measured_boxes(rows, ("dog", "face"), (Basis.CLASS, Basis.FACE), listed=listed)
    assert [d.phrase for d in policy.select(found, thresholds, PICTURE).items] == phrases


def test_the_nearest_miss_is_the_best_that_failed_and_says_why() -> None:
    rows = [
        ((0.0, 0.0, 40.0, 40.0), [0.6]),
        ((1.0, 1.0, 40.0, 40.0), [0.5]),  # a double of the first: no miss
        ((60.0, 0.0, 90.0, 30.0), [0.2]),
        ((60.0, 40.0, 90.0, 70.0), [0.1]),
    ]
    chosen = policy.select(measured_boxes(rows, ("dog",)), PLAIN, PICTURE)
    assert [d.index for d in chosen.items] == [0]
    (miss,) = chosen.misses
    assert (miss.phrase, round(miss.score, 2), miss.threshold, miss.why) == ("dog", 0.2, 0.25, "score")
    assert miss.box == (60.0, 0.0, 90.0, 30.0)
    small = policy.select(measured_boxes(rows[:1], ("dog",)), PLAIN.with_(min_area=0.5), PICTURE)
    assert [m.why for m in small.misses] == ["area"]


def test_alternatives_and_the_note_of_the_reading_travel_with_a_detection() -> None:
    found = measured_boxes(
        [((0.0, 0.0, 9.0, 9.0), [0.5, 0.8, 0.0])], ("goat", "sheep", "dog"),
        readings=(Reading("goat", True), Reading("sheep", True, "sheep", "taken as 'sheep'"), Reading("dog", True)),
    )  # fmt: skip
    (detection,) = policy.select(found, PLAIN, PICTURE).items
    assert detection.phrase == "sheep"
    assert [(p, round(s, 2)) for p, s in detection.alternatives] == [("goat", 0.5)]
    assert detection.note == "taken as 'sheep'"


def test_phrases_on_one_another_are_not_doubles() -> None:
    found = measured_boxes([((0.0, 0.0, 9.0, 9.0), [0.5, 0.0]), ((0.0, 0.0, 9.0, 9.0), [0.0, 0.9])], ("person", "tie"))
    assert [d.phrase for d in policy.select(found, PLAIN, PICTURE).items] == ["person", "tie"]


@pytest.mark.parametrize(
    ("scores", "intent", "says"),
    [
        ({IntentName.MASK: 0.9}, IntentName.MASK, ""),
        ({IntentName.MASK: 0.45, IntentName.DETECT: 0.1}, None, "below 0.60"),
        ({IntentName.MASK: 0.6, IntentName.DETECT: 0.39}, None, "lead 0.21"),
        ({IntentName.MASK: 0.65, IntentName.DETECT: 0.3}, IntentName.MASK, ""),
        ({IntentName.MASK: 0.5, IntentName.SEGMENT: 0.45}, IntentName.MASK, ""),  # both cut the same masks
    ],
)
def test_the_intent_or_a_question_back(scores: dict[IntentName, float], intent: IntentName | None, says: str) -> None:
    decision = policy.decide(shared(scores), PLAIN)
    assert decision.intent == intent
    assert says in decision.reason
    assert decision.options[0] == IntentName.MASK
    assert len(decision.options) == 3


@given(st.lists(st.floats(0.001, 1), min_size=len(INTENTS), max_size=len(INTENTS)), st.floats(0, 1), st.floats(0, 1))
def test_an_intent_acts_only_above_both_numbers(raw: list[float], score: float, margin: float) -> None:
    prediction = IntentPrediction(tuple(v / sum(raw) for v in raw))
    decision = policy.decide(prediction, PLAIN.with_(abstain_score=score, abstain_margin=margin))
    best = INTENTS[int(np.argmax(prediction.scores))]
    family = next((f for f in policy.FAMILIES if best in f), {best})
    pairs = list(zip(INTENTS, prediction.scores, strict=True))
    together = sum(value for intent, value in sorted(pairs, key=lambda p: -p[1]) if intent in family)
    other = max(value for intent, value in pairs if intent not in family)
    assert (decision.intent is not None) == (together >= score and together - other >= margin)
    assert decision.intent in (None, best)

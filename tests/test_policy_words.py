"""Choosing from what a model measured that scores words: two thresholds, one phrase a box, several captions."""

from __future__ import annotations

import numpy as np
import pytest

from core.policy import select
from core.types.boxes import Basis, Box, Proposals
from core.types.engine import EngineInfo
from core.types.thresholds import WORDS, Thresholds
from tests.fakes import measured_boxes

SIZE = (100, 100)
LEFT: Box = (10, 10, 40, 40)
RIGHT: Box = (60, 10, 90, 40)
Row = tuple[Box, float, tuple[float, ...]]  # box, best token of all, best token of each phrase


def worded(phrases: tuple[str, ...], *rows: Row, caption: str = "") -> Proposals:
    count = len(rows)
    return Proposals(
        phrases,
        np.array([box for box, _, _ in rows], np.float32).reshape(-1, 4),
        np.array([words for _, _, words in rows], np.float32).reshape(count, len(phrases)),
        (Basis.PHRASE,) * count,
        ("thing",) * count,
        (0,) * count,
        (EngineInfo("worded"),),
        peaks=np.array([peak for _, peak, _ in rows], np.float32),
        captions=(caption or " . ".join(phrases) + " .",),
    )


def limits(box: float = 0.35, text: float | None = None, nms_iou: float = 0.6) -> Thresholds:
    return Thresholds(box=box, text=text, nms_iou=nms_iou)


def test_a_box_passes_with_its_best_token_and_a_word_of_its_phrase() -> None:
    rows: tuple[Row, ...] = ((LEFT, 0.5, (0.3,)), (RIGHT, 0.5, (0.2,)))
    chosen = select(worded(("dog",), *rows), limits(), SIZE)
    assert [(d.box, round(d.score, 2)) for d in chosen.items] == [(LEFT, 0.5)]
    (miss,) = chosen.misses
    assert (miss.why, round(miss.score, 2), miss.threshold) == ("text", 0.2, WORDS)
    assert [d.box for d in select(worded(("dog",), *rows), limits(text=0.1), SIZE).items] == [LEFT, RIGHT]


@pytest.mark.parametrize(("box", "text", "passes"), [(0.5, 0.25, True), (0.51, 0.25, False), (0.5, 0.375, True)])
def test_a_score_equal_to_a_threshold_passes(box: float, text: float, passes: bool) -> None:
    chosen = select(worded(("dog",), (LEFT, 0.5, (0.375,))), limits(box, text), SIZE)
    assert bool(chosen.items) is passes


def test_a_box_has_the_phrase_of_its_best_word_and_keeps_the_others() -> None:
    chosen = select(worded(("car", "taxi"), (LEFT, 0.8, (0.7, 0.8))), limits(), SIZE)
    (found,) = chosen.items
    assert found.phrase == "taxi"
    assert [(phrase, round(score, 2)) for phrase, score in found.alternatives] == [("car", 0.7)]


def test_one_object_under_two_captions_is_one_object() -> None:
    near: Box = (11, 10, 41, 40)
    both = worded(("dog",), (LEFT, 0.6, (0.6,))).joined(worded(("puppy",), (near, 0.7, (0.7,)), (RIGHT, 0.4, (0.4,))))
    assert both.passes_apart == 2 and both.captions == ("dog .", "puppy .")
    chosen = select(both, limits(), SIZE)
    assert [(d.phrase, d.box) for d in chosen.items] == [("puppy", near), ("puppy", RIGHT)]
    assert not chosen.misses, "a double of something chosen is no miss"
    assert len(select(both, limits(nms_iou=0.99), SIZE).items) == 3


def test_two_phrases_of_one_caption_may_lie_on_each_other() -> None:
    person = worded(("person", "shirt"), (LEFT, 0.6, (0.6, 0.1)), (LEFT, 0.5, (0.1, 0.5)))
    assert [d.phrase for d in select(person, limits(), SIZE).items] == ["person", "shirt"]


def test_a_box_leaves_with_its_phrase() -> None:
    """Of "dog . cat ." without the cat, what was best called a cat does not become a dog."""
    found = worded(("dog", "cat"), (LEFT, 0.8, (0.4, 0.8)), (RIGHT, 0.6, (0.6, 0.5)))
    left = found.only(("dog",))
    assert [tuple(box) for box in left.boxes] == [RIGHT]
    assert left.peaks is not None and len(left.peaks) == 1


def test_peaks_and_captions_are_checked_and_change_the_identity() -> None:
    one, other = worded(("dog",), (LEFT, 0.5, (0.4,))), worded(("dog",), (LEFT, 0.6, (0.4,)))
    assert one.digest != other.digest
    with pytest.raises(ValueError, match="peaks"):
        Proposals(("dog",), one.boxes, one.scores, one.basis, one.labels, (0,), one.engines, peaks=np.zeros(2))
    with pytest.raises(ValueError, match="captions"):
        Proposals(("dog",), one.boxes, one.scores, one.basis, one.labels, (0,), one.engines, captions=("a", "b"))


def test_a_box_of_an_engine_that_scores_no_words_needs_none_beside_one_that_does() -> None:
    plain = measured_boxes([(RIGHT, [0.2])], ("dog",))
    both = plain.joined(worded(("red ball",), (LEFT, 0.6, (0.6,))))
    chosen = select(both, limits(box=0.1, text=0.3), SIZE)
    assert [(d.phrase, d.box) for d in chosen.items] == [("dog", RIGHT), ("red ball", LEFT)]
    assert list(both.worded) == [False, True]
    assert [tuple(box) for box in both.only(("dog",)).boxes] == [RIGHT]


def test_numbers_of_an_earlier_turn_beside_those_of_other_back_ends() -> None:
    old = Thresholds(by_basis={Basis.CLASS: 0.25, Basis.PHRASE: 0.35}, box=0.2)
    current = Thresholds(by_basis={Basis.PHRASE: 0.4}, listed={Basis.PHRASE: 0.6})
    shown, anew = old.beside(current, False), old.beside(current, True)
    assert dict(shown.by_basis) == {Basis.CLASS: 0.25, Basis.PHRASE: 0.35}
    assert dict(anew.by_basis) == {Basis.CLASS: 0.25, Basis.PHRASE: 0.4}
    assert shown.listed == anew.listed == {Basis.PHRASE: 0.6}
    assert shown.box == anew.box == 0.2

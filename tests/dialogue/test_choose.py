"""From everything measured to what is shown: limits, exclusions, hand-drawn boxes, colours, masks; no engine runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from core.dialogue.choose import Chosen, choose
from core.jobs import Job
from core.memo import Memo
from core.types.boxes import Basis, Box, Proposals
from core.types.image import ImageAsset
from core.types.language import Filter, FilterKind, Keywords, Phrase
from core.types.masks import MaskLogits, Prompt
from tests.fakes import FakeSegmenter, default_thresholds, measured_boxes, painted, picture

BROWN, BLACK, BLUE = (120, 72, 30), (15, 15, 15), (20, 50, 210)
LEFT: Box = (10.0, 10.0, 40.0, 40.0)
RIGHT: Box = (60.0, 10.0, 90.0, 40.0)
LOW: Box = (30.0, 50.0, 60.0, 76.0)


def bank_of(image: ImageAsset, *boxes: Box) -> Mapping[str, MaskLogits]:
    prompts = [Prompt(box) for box in boxes]
    return {p.digest: FakeSegmenter().segment(image, (p,), Job()) for p in prompts}


def chosen(image: ImageAsset, proposals: Proposals, *phrases: Phrase, **more: Any) -> Chosen:
    settings = {"thresholds": default_thresholds(), "bank": {}, "memo": Memo(10**7), "at_most": 60, **more}
    return choose(image, proposals, Keywords(phrases), **settings)


def names(result: Chosen) -> list[tuple[str, Box]]:
    return [(d.phrase, d.box) for d in result.detections.items]


def test_masks_that_are_not_measured_are_asked_for_and_empty_until_then() -> None:
    found = measured_boxes([(LEFT, [0.9]), (RIGHT, [0.8])], ("dog",))
    first = chosen(picture(), found, Phrase("dog"), bank=bank_of(picture(), LEFT))
    assert [mask.area for mask in first.masks.items] == [900, 0]
    assert [prompt.box for prompt in first.missing] == [RIGHT]
    assert len(first.masks) == len(first.detections)
    second = chosen(picture(), found, Phrase("dog"), bank=bank_of(picture(), LEFT, RIGHT))
    assert [mask.area for mask in second.masks.items] == [900, 900]
    assert not second.missing


def test_boxes_alone_ask_for_no_masks_unless_a_colour_needs_one() -> None:
    found = measured_boxes([(LEFT, [0.9, 0.0]), (RIGHT, [0.0, 0.8])], ("dog", "red cup"))
    result = chosen(picture(), found, Phrase("dog"), Phrase("red cup", "cup", ("red",)), masks_wanted=False)
    assert [prompt.box for prompt in result.missing] == [RIGHT]


def test_the_best_so_many_are_kept_over_all_phrases() -> None:
    rows: list[tuple[Box, list[float]]] = [
        ((float(x), 0.0, float(x) + 9, 9.0), [0.30 + x / 1000, 0.0]) for x in range(0, 100, 10)
    ]
    rows.append((LOW, [0.0, 0.9]))
    result = chosen(picture(), measured_boxes(rows, ("person", "ball")), Phrase("person"), Phrase("ball"), at_most=3)
    assert [d.phrase for d in result.detections.items] == ["person", "person", "ball"]
    assert [round(d.score, 2) for d in result.detections.items] == [0.39, 0.38, 0.9]


def test_what_is_left_out_takes_its_doubles_with_it() -> None:
    found = measured_boxes([(LEFT, [0.9]), (RIGHT, [0.8])], ("dog",))
    result = chosen(picture(), found, Phrase("dog"), excluded=[(11.0, 10.0, 41.0, 40.0)])
    assert names(result) == [("dog", RIGHT)]


def test_the_users_box_comes_first_and_replaces_what_lies_under_it() -> None:
    found = measured_boxes([(LEFT, [0.9]), (RIGHT, [0.8])], ("dog",))
    mine: Box = (11.0, 10.0, 41.0, 40.0)
    result = chosen(picture(), found, Phrase("dog"), user_boxes=[mine])
    assert names(result) == [("dog", mine), ("dog", RIGHT)]
    assert [d.basis for d in result.detections.items] == [Basis.USER, Basis.CLASS]
    nameless = chosen(picture(), Proposals.none(()), user_boxes=[mine])
    assert names(nameless) == [("object", mine)]


def test_objects_come_in_the_order_in_which_they_were_said() -> None:
    found = measured_boxes([(LEFT, [0.5, 0.0]), (RIGHT, [0.0, 0.9])], ("dog", "cat"))
    assert [p for p, _ in names(chosen(picture(), found, Phrase("cat"), Phrase("dog")))] == ["cat", "dog"]


def two_dogs() -> tuple[ImageAsset, Proposals]:
    """A brown dog on the left, a black one on the right; the detector cannot tell them apart."""
    image = painted({LEFT: BROWN, RIGHT: BLACK})
    return image, measured_boxes([(LEFT, [0.9, 0.9]), (RIGHT, [0.8, 0.8])], ("brown dog", "black dog"))


def test_colours_decide_which_dog_is_which() -> None:
    image, found = two_dogs()
    asked = (Phrase("brown dog", "dog", ("brown",)), Phrase("black dog", "dog", ("black",)))
    result = chosen(image, found, *asked, bank=bank_of(image, LEFT, RIGHT))
    assert names(result) == [("brown dog", LEFT), ("black dog", RIGHT)]
    assert [dict(d.checks) for d in result.detections.items] == [{"brown": 1.0}, {"black": 1.0}]


def test_an_object_of_another_colour_is_a_miss_with_what_was_measured() -> None:
    image = painted({LEFT: BLUE})
    found = measured_boxes([(LEFT, [0.9])], ("brown dog",))
    asked = Phrase("brown dog", "dog", ("brown",))
    unchecked = chosen(image, found, asked)
    assert names(unchecked) == [("brown dog", LEFT)], "shown until its mask is there"
    assert not unchecked.detections.items[0].checks
    result = chosen(image, found, asked, bank=bank_of(image, LEFT))
    assert not result.detections.items
    (miss,) = result.detections.misses
    assert (miss.phrase, miss.why, miss.score) == ("brown dog", "colour", 0.0)


def test_filters_count_only_what_carries_its_colour() -> None:
    image = painted({LEFT: BLUE, RIGHT: BROWN, LOW: BROWN})
    found = measured_boxes([(LEFT, [0.9]), (RIGHT, [0.8]), (LOW, [0.7])], ("brown dog",))
    leftmost = Phrase("brown dog", "dog", ("brown",), (Filter(FilterKind.SIDE, "left"),))
    result = chosen(image, found, leftmost, bank=bank_of(image, LEFT, RIGHT, LOW))
    assert names(result) == [("brown dog", LOW)]


def test_a_colour_region_and_the_users_box_are_not_checked_again() -> None:
    image = painted({LEFT: BLUE})
    found = measured_boxes([(LEFT, [0.9])], ("brown thing",), (Basis.COLOUR,))
    asked = Phrase("brown thing", "thing", ("brown",))
    assert names(chosen(image, found, asked, bank=bank_of(image, LEFT))) == [("brown thing", LEFT)]
    assert names(chosen(image, Proposals.none(("brown thing",)), asked, user_boxes=[LEFT])) == [("brown thing", LEFT)]


def test_the_same_cut_is_computed_once() -> None:
    memo, image = Memo(10**7), picture()
    found, bank = measured_boxes([(LEFT, [0.9])], ("dog",)), bank_of(image, LEFT)
    first = chosen(image, found, Phrase("dog"), bank=bank, memo=memo)
    again = chosen(image, found, Phrase("dog"), bank=bank, memo=memo)
    assert again.masks.items[0] is first.masks.items[0]
    other = chosen(
        image, found, Phrase("dog"), bank=bank, memo=memo, thresholds=default_thresholds().with_(mask_cut=0.99)
    )
    assert other.masks.items[0].area == 0
    assert np.array_equal(first.masks.items[0].full().nonzero()[0][[0, -1]], [10, 39])


def test_two_segmenters_that_were_asked_the_same_keep_their_own_masks() -> None:
    image, box, memo = picture(), (10.0, 10.0, 40.0, 40.0), Memo(1_000_000)
    proposals = measured_boxes([(box, [0.9])], ("dog",))
    one = bank_of(image, box)
    other = {key: replace(row, logits=-row.logits) for key, row in one.items()}
    areas = []
    for bank in (one, other, one):
        result = choose(image, proposals, Keywords((Phrase("dog"),)), default_thresholds(), bank, memo, 10)
        areas.append(result.masks.items[0].area)
    assert areas[0] == areas[2] != areas[1]

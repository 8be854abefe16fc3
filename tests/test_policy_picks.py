"""Policies that pick among objects: filters that count, colours that are checked, masks that are cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import masking, policy
from core.types.boxes import Basis, Detection, Detections, NearestMiss
from core.types.image import ImageAsset
from core.types.language import Filter, FilterKind, Phrase
from core.types.masks import Mask, MaskLogits
from core.types.thresholds import Thresholds
from tests.fakes import INFO, FakeSegmenter, Job, Prompt, measured_boxes, picture

PICTURE = (100, 80)
NONE = measured_boxes([], ())
PLAIN = Thresholds(by_basis={"class": 0.25})


def row_of(*boxes: tuple[float, float, float, float], phrase: str = "dog") -> list[Detection]:
    """Detections, best score first."""
    return [
        Detection(box, phrase, 0.9 - n / 10, Basis.CLASS, INFO, label=str(n), index=n) for n, box in enumerate(boxes)
    ]


DOGS = row_of(
    (40, 10, 60, 30), (0, 0, 30, 30), (80, 20, 90, 30), (62, 60, 70, 68)
)  # middle, left and large, right, low


@pytest.mark.parametrize(
    ("filters", "labels"),
    [
        ((), "0123"),
        ((Filter(FilterKind.SIDE, "left"),), "1"),
        ((Filter(FilterKind.SIDE, "right"),), "2"),
        ((Filter(FilterKind.SIDE, "top"),), "1"),
        ((Filter(FilterKind.SIDE, "bottom"),), "3"),
        ((Filter(FilterKind.SIDE, "center"),), "0"),
        ((Filter(FilterKind.SIZE, "largest"),), "1"),
        ((Filter(FilterKind.SIZE, "smallest"),), "3"),
        ((Filter(FilterKind.ORDER, "left", 2),), "0"),
        ((Filter(FilterKind.ORDER, "right", 2),), "3"),
        ((Filter(FilterKind.ORDER, "left", -1),), "2"),
        ((Filter(FilterKind.ORDER, "left", 5),), ""),
        ((Filter(FilterKind.ORDER, "left", -5),), ""),
        ((Filter(FilterKind.COUNT, number=2),), "01"),
        ((Filter(FilterKind.COUNT, number=9),), "0123"),
        ((Filter(FilterKind.SIZE, "largest"), Filter(FilterKind.COUNT, number=2)), "10"),
        ((Filter(FilterKind.COUNT, number=2), Filter(FilterKind.SIDE, "right")), "23"),
    ],
)
def test_filters_pick(filters: tuple[Filter, ...], labels: str) -> None:
    kept = policy.filtered(DOGS, filters, PICTURE)
    assert "".join(d.label for d in kept) == labels


def test_a_filter_that_leaves_nothing_is_a_miss_not_silence() -> None:
    phrases = (Phrase("dog", filters=(Filter(FilterKind.ORDER, "left", 9),)),)
    kept = policy.apply_filters(Detections(tuple(DOGS)), phrases, PICTURE, NONE)
    assert not kept.items
    assert [(m.phrase, m.why) for m in kept.misses] == [("dog", "filter")]


def test_filters_touch_their_own_phrase_only() -> None:
    cats = row_of((0, 0, 5, 5), (10, 0, 15, 5), phrase="cat")
    phrases = (Phrase("dog", filters=(Filter(FilterKind.SIZE, "largest"),)), Phrase("cat"))
    kept = policy.apply_filters(Detections((*DOGS, *cats)), phrases, PICTURE, NONE)
    assert [(d.phrase, d.label) for d in kept.items] == [("dog", "1"), ("cat", "0"), ("cat", "1")]


def test_one_phrase_with_two_filters_keeps_what_either_picks() -> None:
    """ "the left dog and the right dog" """
    phrases = tuple(Phrase("dog", filters=(Filter(FilterKind.SIDE, side),)) for side in ("left", "right"))
    kept = policy.apply_filters(Detections(tuple(DOGS)), phrases, PICTURE, NONE)
    assert [d.label for d in kept.items] == ["1", "2"]


ALIKE = measured_boxes([((0.0, 0.0, 9.0, 9.0), [0.5, 0.5])], ("brown dog", "black dog"))
COLOURS = {"brown dog": ("brown",), "black dog": ("black",)}


@pytest.mark.parametrize(
    ("shares", "phrase"),
    [
        ({"brown": 0.7, "black": 0.1}, "brown dog"),
        ({"brown": 0.1, "black": 0.7}, "black dog"),
        ({"brown": 0.3, "black": 0.6}, "black dog"),
        ({"brown": 0.25}, "brown dog"),
    ],
)
def test_colour_tells_apart_what_the_detector_cannot(shares: dict[str, float], phrase: str) -> None:
    (dog,) = policy.select(ALIKE, PLAIN, PICTURE).items
    checked, _ = policy.by_colour(dog, COLOURS, shares, ALIKE, PLAIN)
    assert checked is not None
    assert checked.phrase == phrase
    colour = COLOURS[phrase][0]
    assert checked.checks == {colour: shares[colour]}
    assert {checked.phrase, *(p for p, _ in checked.alternatives)} == {"brown dog", "black dog"}


def test_a_colour_that_does_not_fit_is_a_miss_of_its_phrase() -> None:
    (dog,) = policy.select(ALIKE, PLAIN, PICTURE).items
    nothing, misses = policy.by_colour(dog, COLOURS, {"white": 0.9, "brown": 0.1}, ALIKE, PLAIN)
    assert nothing is None
    assert [(m.phrase, m.why, m.score) for m in misses] == [("brown dog", "colour", 0.1), ("black dog", "colour", 0.0)]
    assert {m.threshold for m in misses} == {PLAIN.colour}


def test_what_carries_no_colour_falls_to_the_phrase_that_asks_for_none() -> None:
    """ "How many dogs are there? Outline the black dog." """
    found = measured_boxes([((0.0, 0.0, 9.0, 9.0), [0.5, 0.5])], ("dogs", "black dog"))
    (dog,) = policy.select(found, PLAIN, PICTURE).items
    black, _ = policy.by_colour(dog, COLOURS, {"black": 0.6}, found, PLAIN)
    white, misses = policy.by_colour(dog, COLOURS, {"white": 0.6}, found, PLAIN)
    assert black is not None
    assert white is not None
    assert (black.phrase, white.phrase) == ("black dog", "dogs")
    assert [m.phrase for m in misses] == ["black dog"]


def test_the_left_dog_is_one_of_the_dogs_and_the_others_stay_dogs() -> None:
    rows = [(d.box, [d.score, d.score]) for d in DOGS]
    found = measured_boxes(rows, ("dogs", "dog"))
    phrases = (Phrase("dogs"), Phrase("dog", filters=(Filter(FilterKind.SIDE, "left"),)))
    kept = policy.apply_filters(policy.select(found, PLAIN, PICTURE), phrases, PICTURE, found)
    assert sorted((d.phrase, d.index) for d in kept.items) == [("dog", 1), ("dogs", 0), ("dogs", 2), ("dogs", 3)]
    dogs = [policy.under(d, {"dogs"}, policy.plain_phrases(phrases), found) for d in kept.items]
    assert [d.phrase for d in dogs if d is not None] == ["dogs"] * 4
    left = [policy.under(d, {"dog"}, policy.plain_phrases(phrases), found) for d in kept.items]
    assert [d.index for d in left if d is not None] == [1], "the filter's own pick alone"


def test_a_phrase_below_its_threshold_does_not_take_over_by_colour() -> None:
    found = measured_boxes([((0.0, 0.0, 9.0, 9.0), [0.5, 0.2])], ("brown dog", "black dog"))
    (dog,) = policy.select(found, PLAIN, PICTURE).items
    assert policy.by_colour(dog, COLOURS, {"black": 0.9}, found, PLAIN)[0] is None


def test_every_colour_asked_for_must_be_there() -> None:
    checked = policy.check_colours(DOGS[0], ("black", "white"), {"black": 0.6, "white": 0.2})
    miss = policy.colour_miss(checked, PLAIN)
    assert miss is not None
    assert miss.score == 0.2
    assert policy.colour_miss(checked, PLAIN.with_(colour=0.2)) is None


def test_colour_shares_are_of_the_masks_own_pixels() -> None:
    pixels = np.full((40, 40, 3), (200, 20, 20), np.uint8)
    pixels[:, 20:] = (20, 40, 200)
    left = np.zeros((40, 40), bool)
    left[:, :20] = True
    image = ImageAsset.of(pixels)
    assert policy.colour_shares(image, Mask.of(left)) == {"red": pytest.approx(1.0)}
    both = policy.colour_shares(image, Mask.of(np.ones((40, 40), bool)), at_most=100)
    assert both["red"] == pytest.approx(0.5, abs=0.06)
    assert not policy.colour_shares(image, Mask.of(np.zeros((40, 40), bool)))


def test_the_best_miss_of_each_phrase_and_reason() -> None:
    misses = [
        NearestMiss("dog", (0, 0, 1, 1), s, 0.5, why) for s, why in ((0.1, "score"), (0.3, "score"), (0.2, "colour"))
    ]
    assert {(m.why, m.score) for m in policy.best_misses(misses)} == {("score", 0.3), ("colour", 0.2)}


def ramp() -> MaskLogits:
    """One object whose probability falls from left to right, over the whole picture; its second candidate is empty."""
    p = np.linspace(0.99, 0.01, 64, dtype=np.float32)
    grid = np.broadcast_to(np.log(p / (1 - p)), (64, 64))
    logits = np.stack([np.full((64, 64), -9.0, np.float32), grid])[None]
    maps = np.array([[[64 / 100, 0, 0], [0, 64 / 80, 0]]])
    return MaskLogits(logits, np.array([[0.2, 0.8]]), maps, np.array([[0, 0, 100, 80]]), (INFO,), ("",))


@given(st.floats(0.02, 0.98), st.floats(0.02, 0.98))
@settings(deadline=None)
def test_a_higher_cut_only_takes_pixels_away(low: float, high: float) -> None:
    low, high = sorted((low, high))
    wide, narrow = (masking.cut_mask(ramp(), 0, cut, PICTURE) for cut in (low, high))
    assert narrow.area <= wide.area
    assert not (narrow.full() & ~wide.full()).any()
    assert wide.area == pytest.approx((1 - (low - 0.01) / 0.98) * 8000, abs=250)


def test_the_candidate_with_the_best_quality_is_cut_and_its_stability_lies_between_0_and_1() -> None:
    mask = masking.cut_mask(ramp(), 0, 0.5, PICTURE)
    assert mask.area == pytest.approx(4000, abs=100)
    assert 0.5 < mask.stability < 0.8  # .4 / .6 of a straight ramp
    firm = FakeSegmenter().segment(picture(*PICTURE), [Prompt((10.0, 10.0, 30.0, 20.0))], Job())
    cut = masking.cut_mask(firm, 0, 0.45, PICTURE)
    assert (cut.area, cut.box, cut.stability) == (200, (10, 10, 30, 20), 1.0)


def test_the_users_box_always_passes() -> None:
    (mine,) = policy.by_hand([(0.0, 0.0, 5.0, 5.0)], "cup")
    assert (mine.basis, mine.score, mine.phrase, mine.index) == (Basis.USER, 1.0, "cup", -1)
    assert PLAIN.with_(box=1.0).for_box(Basis.USER) == 0.0


def test_crumbs_and_pinholes_leave_and_larger_parts_stay() -> None:
    grid = np.full((100, 100), -3.0, np.float32)
    grid[20:80, 20:80] = 3.0
    grid[40:43, 40:43] = -3.0  # a pinhole
    grid[60:75, 60:75] = -3.0  # a hole worth keeping
    grid[5:8, 5:8] = 3.0  # a crumb
    grid[85:98, 5:60] = 3.0  # another part
    tidy = masking.tidied(grid, 0.0) >= 0
    assert tidy[41, 41] and not tidy[6, 6]
    assert not tidy[67, 67] and tidy[90, 30]
    assert ((masking.tidied(grid, 0.0) >= 0) != (grid >= 0)).sum() == 18

"""Small pieces of English: what a reader would stumble over."""

from __future__ import annotations

import pytest

from core.generation.phrasing import count, listing, percent, plural, score, singular
from core.shared_models.everyday import CLASSES

PAIRS = [
    ("dog", "dogs"), ("brown dog", "brown dogs"), ("person", "people"), ("child", "children"), ("mouse", "mice"),
    ("knife", "knives"), ("bus", "buses"), ("bench", "benches"), ("toothbrush", "toothbrushes"), ("box", "boxes"),
    ("dress", "dresses"), ("puppy", "puppies"), ("toy", "toys"), ("tie", "ties"), ("cookie", "cookies"),
    ("potato", "potatoes"), ("wine glass", "wine glasses"), ("sheep", "sheep"), ("scissors", "scissors"),
    ("horse", "horses"), ("vase", "vases"), ("teddy bear", "teddy bears"), ("tooth", "teeth"), ("lens", "lenses"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "many"), PAIRS)
def test_plurals_there_and_back(one: str, many: str) -> None:
    assert plural(one) == many
    assert plural(many) == many, "a plural stays"
    if one != "wine glass":  # "glasses" are worn, and stay plural
        assert singular(many) == one
    assert singular(one) == one, "a singular stays"
    assert count(1, many).startswith("1 ")
    assert count(3, one) == f"3 {many}"


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_survives_its_plural(name: str) -> None:
    assert plural(plural(name)) == plural(name)
    assert singular(name) == name
    if not name.endswith("glass"):
        assert singular(plural(name)) == name


@pytest.mark.parametrize(("value", "text"), [(0.0, ".00"), (0.474, ".47"), (0.5, ".50"), (0.996, ".99"), (1.0, "1.0")])
def test_scores_never_round_up_to_certainty(value: float, text: str) -> None:
    assert score(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0 %"), (0.0004, "under 0.1 %"), (0.004, "0.4 %"), (0.0521, "5.2 %"), (0.34, "34 %"), (1, "100 %")],
)
def test_shares_as_percent(share: float, text: str) -> None:
    assert percent(share) == text


def test_lists() -> None:
    assert [listing(parts) for parts in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]

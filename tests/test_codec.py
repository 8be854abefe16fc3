"""The one form of a turn: the fields that scripts rely on, in plain JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from core.codec import plain, turn_to_json
from core.types.boxes import Suggestion
from tests.formats.turns import finished

PROMISED = {
    "intent", "phrases", "detections", "suggestions", "answer", "status", "engines", "timings_ms", "files", "warnings",
}  # fmt: skip


def test_a_turn_has_the_promised_fields() -> None:
    turn = finished()
    told = turn_to_json(turn, {"overlay.png": "out/overlay.png"})
    assert set(told) >= PROMISED
    assert told["intent"]["label"] == "segment"
    assert sum(told["intent"]["scores"].values()) == 1
    assert told["phrases"] == ["cat", "dog"]
    cat = told["detections"][0]
    assert {"phrase", "basis", "checks", "score", "box", "mask_area", "engine"} <= set(cat)
    assert cat["box"] == [10.0, 10.0, 90.0, 70.0]
    assert cat["mask_area"] == turn.masks.items[0].area
    assert told["files"] == {"overlay.png": "out/overlay.png"}
    assert told["status"] == "done"
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_without_a_mask_there_is_no_mask_area() -> None:
    assert turn_to_json(finished("where is the cat"))["detections"][0]["mask_area"] is None


def test_numbers_that_are_none_become_null() -> None:
    turn = replace(finished(), suggestions=(Suggestion((0.0, 0.0, float("nan"), 5.0), float("inf")),))
    (suggestion,) = turn_to_json(turn)["suggestions"]
    assert suggestion["box"] == [0.0, 0.0, None, 5.0]
    assert suggestion["score"] is None
    assert plain(np.float32(np.nan)) is None


def test_the_same_turn_is_told_the_same_way() -> None:
    turn = finished()
    assert json.dumps(turn_to_json(turn)) == json.dumps(turn_to_json(turn))

"""The one form of a turn: the fields that scripts rely on, in plain JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from core.codec import plain, record_to_json, turn_to_json
from core.types.boxes import Suggestion
from core.types.picture import PictureRef
from core.types.record import Record, Result
from core.types.reference import Operation, Reference
from core.types.turn import Answer, Failure, Status
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


ONE = PictureRef("k1", "d1", "one.png", 120, 80)
TWO = PictureRef("k2", "d2", "two.png", 60, 40)
LEFT = Reference("the left one", Operation.KEEP, "object 1, the cat on the left", (1,), (), "earlier")


def test_a_record_of_one_picture_is_its_turn_with_the_picture_in_each_row() -> None:
    turn = replace(finished(), references=(LEFT,))
    told = record_to_json(Record(turn.text, results=(Result(ONE, turn),)), (TWO, ONE), {"a": "out/a"})
    assert {**turn_to_json(turn), **{k: told[k] for k in ("detections", "misses", "references")}} == {
        **{k: v for k, v in told.items() if k != "pictures"}, "files": {},
    }  # fmt: skip
    assert told["pictures"] == [
        {"number": 2, "name": "one.png", "digest": "d1", "width": 120, "height": 80, "edited": None}
    ]
    assert [(d["number"], d["picture"]) for d in told["detections"]] == [(1, 2), (2, 2)]
    assert told["references"] == [
        {
            "words": "the left one", "operation": "keep", "meaning": "object 1, the cat on the left", "objects": [1],
            "phrases": [], "turn": "earlier", "picture": 2,
        }
    ]  # fmt: skip
    assert told["files"] == {"a": "out/a"}
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_a_record_of_several_pictures_is_one_with_the_rows_of_all() -> None:
    done = replace(finished(), warnings=("blurred",), timings_ms={"extract": 1.5})
    failed = replace(
        done, status=Status.FAILED, answer=Answer("Broken."), failures=(Failure("propose", "Broken.", "Mend it."),)
    )
    told = record_to_json(Record("segment", results=(Result(ONE, done), Result(TWO, failed, TWO))), (ONE, TWO))
    assert told["status"] == "failed"
    assert told["answer"] == f"one.png: {done.answer.text}\ntwo.png: Broken."
    assert [(d["picture"], d["number"]) for d in told["detections"]] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert [(f["picture"], f["message"]) for f in told["failures"]] == [(2, "Broken.")]
    assert told["warnings"] == ["one.png: blurred", "two.png: blurred"]
    assert [(p["number"], p["edited"]) for p in told["pictures"]] == [(1, None), (2, "d2")]
    assert (told["edited"], told["image_digest"]) == ("d2", "")
    assert told["phrases"] == ["cat", "dog"], "once"
    assert told["timings_ms"] == {"extract": 3.0}
    assert set(told) == set(record_to_json(Record("segment", results=(Result(ONE, done),)), (ONE,)))


@pytest.mark.parametrize(
    ("statuses", "worst"),
    [(("done", "asked"), "asked"), (("asked", "stopped", "done"), "stopped"), (("stopped", "failed"), "failed")],
)
def test_the_status_of_several_is_the_worst(statuses: tuple[str, ...], worst: str) -> None:
    results = tuple(Result(ONE, replace(finished(), status=Status(status))) for status in statuses)
    assert record_to_json(Record("segment", results=results), (ONE,))["status"] == worst


def test_objects_in_force_stand_in_for_those_of_a_turn_that_looked_at_nothing() -> None:
    asked = replace(finished("hello"), status=Status.ASKED)
    told = record_to_json(Record("hello", results=(Result(TWO, asked),)), (ONE, TWO), None, (Result(ONE, finished()),))
    assert [(d["phrase"], d["picture"]) for d in told["detections"]] == [("cat", 1), ("dog", 1)]
    assert [p["number"] for p in told["pictures"]] == [2]
    assert record_to_json(Record("hello", results=(Result(TWO, asked),)), (TWO,), None, ())["detections"] == []

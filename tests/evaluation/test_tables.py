"""A sweep as CSV and JSON: what scripts read, and cells that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import Any

import numpy as np
import pytest

from core.evaluation.curves import Case, Claim, Curve, PictureErrors, Row, Sweep
from core.evaluation.tables import (
    OVERALL,
    picture_rows,
    pictures_csv,
    rows_csv,
    summary_csv,
    summary_rows,
    sweep_json,
)
from core.types.boxes import Basis, Proposals
from core.types.engine import EngineInfo
from core.types.thresholds import Thresholds
from core.types.truth import Marks

LOW, HIGH = Row(0.3, 0.5, 1.0, 2 / 3, 4, 2), Row(0.7, 1.0, 0.5, 2 / 3, 1, 1)
CAT = Curve("cat", 2, 0.61234567, 0.75, LOW, (LOW, HIGH))
NONE = Curve("=HYPERLINK(1)", 0, None, None, None, (Row(0.3, 0.0, 0.0, 0.0, 1), Row(0.7, 0.0, 0.0, 0.0, 0)))
SWEEP = Sweep((Curve("", 2, 0.61234567, 0.75, HIGH, (LOW, HIGH)), CAT, NONE), pictures=3, unknown=1)
UNKNOWN = Sweep((Curve("", 0, None, None, None, (Row(0.3, 0.0, 0.0, 0.0, 4),)),), pictures=0, unknown=2)
NUMBERS = Thresholds(by_basis={Basis.CLASS: 0.4}, phrase={"cat": 0.6}, text=0.3)


def read(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))


def test_rows_tell_every_step_of_every_curve() -> None:
    rows = read(rows_csv(SWEEP))
    assert [row["phrase"] for row in rows] == [OVERALL, OVERALL, "cat", "cat", "'=HYPERLINK(1)", "'=HYPERLINK(1)"]
    assert list(rows[0]) == ["phrase", "threshold", "precision", "recall", "f1", "count", "right"]
    assert rows[0] == dict(zip(rows[0], [OVERALL, "0.3", "0.5", "1.0", "0.666667", "4", "2"], strict=True))


def test_without_truth_there_are_counts_only() -> None:
    (row,) = read(rows_csv(UNKNOWN))
    assert (row["count"], row["precision"], row["recall"], row["f1"], row["right"]) == ("4", "", "", "", "")
    told = sweep_json(UNKNOWN, NUMBERS)
    assert told["rows"] == [{"threshold": 0.3, "precision": None, "recall": None, "f1": None, "count": 4}]
    assert (told["ap"], told["ap50"], told["best"], told["objects"], told["pictures"]) == (None, None, None, 0, 2)
    assert read(summary_csv(UNKNOWN))[0]["objects"] == ""


def test_the_summary_has_a_line_for_each_curve() -> None:
    overall, cat, none = summary_rows(SWEEP)
    assert overall["phrase"] == OVERALL
    assert (cat["objects"], cat["ap"], cat["ap50"]) == (2, 0.612346, 0.75)
    assert (cat["threshold"], cat["precision"], cat["recall"], cat["f1"], cat["count"]) == (0.3, 0.5, 1.0, 0.666667, 4)
    assert (none["objects"], none["ap"], none["threshold"], none["f1"]) == (0, None, None, None)
    assert read(summary_csv(SWEEP))[2]["phrase"] == "'=HYPERLINK(1)"


def test_json_has_the_figures_of_all_at_the_top_and_the_same_by_phrase() -> None:
    claim = Claim("unicorn", 2, float(np.float32(0.8)), "a.png", 0.81)
    told: dict[str, Any] = sweep_json(SWEEP, NUMBERS, ["fake 1"], ["b.png: damaged"], [claim])
    assert set(told) == {
        *("ap", "ap50", "best", "objects", "rows"),
        *("phrases", "pictures", "iou", "thresholds", "engines", "left_out", "distractors"),
    }
    assert (told["ap"], told["ap50"], told["objects"], told["pictures"], told["iou"]) == (0.612346, 0.75, 2, 3, 0.5)
    assert told["best"] == {"threshold": 0.7, "precision": 1.0, "recall": 0.5, "f1": 0.666667}
    assert told["rows"][0] == {"threshold": 0.3, "precision": 0.5, "recall": 1.0, "f1": 0.666667, "count": 4}
    assert set(told["phrases"]) == {"cat", "=HYPERLINK(1)"}
    assert set(told["phrases"]["cat"]) == {"ap", "ap50", "best", "objects", "rows"}
    assert told["phrases"]["cat"]["best"]["threshold"] == 0.3
    assert told["phrases"]["=HYPERLINK(1)"]["best"] is None
    assert told["thresholds"]["by_basis"] == {"class": 0.4}
    assert (told["thresholds"]["text"], told["thresholds"]["phrase"]) == (0.3, {"cat": 0.6})
    assert told["distractors"] == [
        {"phrase": "unicorn", "count": 2, "highest": 0.8, "picture": "a.png", "silent_at": 0.81}
    ]
    assert (told["engines"], told["left_out"]) == (["fake 1"], ["b.png: damaged"])
    assert json.loads(json.dumps(told, allow_nan=False)) == told


def test_a_threshold_that_is_not_one_number_is_null() -> None:
    several = Row(math.nan, 1.0, 1.0, 1.0, 1, 1)
    told = sweep_json(Sweep((Curve("", 1, 1.0, 1.0, several, (several,)),), 1), NUMBERS)
    assert told["best"]["threshold"] is None
    json.dumps(told, allow_nan=False)


def case(key: str, marks: Marks | None, scores: list[float]) -> Case:
    count = len(scores)
    boxes = np.array([[10 * n, 0, 10 * n + 8, 8] for n in range(count)], np.float32).reshape(-1, 4)
    measured = Proposals(
        ("cat", "rival"), boxes, np.array([[s, 0] for s in scores], np.float32).reshape(-1, 2),
        (Basis.CLASS,) * count, ("",) * count, (0,) * count, (EngineInfo("fake"),),
    )  # fmt: skip
    return Case(key, (100, 50), measured, marks)


def test_pictures_are_told_worst_first_and_those_without_truth_last() -> None:
    cases = [case("-new.png", None, [0.9, 0.7, 0.1]), case("a.png", Marks(), [0.9]), case("b.png", Marks(), [])]
    judged = [PictureErrors("b.png", (), (), (("cat", (0.0, 0.0, 9.0, 9.0)),)), PictureErrors("a.png", (0,), (), ())]
    rows = picture_rows(cases, judged, Thresholds(box=0.5), ("cat",))
    assert [tuple(row.values()) for row in rows] == [
        ("b.png", 0, 0, 1, 0),
        ("a.png", 1, 0, 0, 1),
        ("-new.png", None, None, None, 2),
    ]
    assert list(read(pictures_csv(rows))[0])[:4] == ["name", "right", "wrong", "missed"]
    assert read(pictures_csv(rows))[2]["name"] == "'-new.png"


@pytest.mark.parametrize("sweep", [SWEEP, UNKNOWN])
def test_csv_is_utf8_with_the_line_ends_of_the_standard(sweep: Sweep) -> None:
    for data in (rows_csv(sweep), summary_csv(sweep)):
        assert data.endswith(b"\r\n")
        assert not data.startswith(b"\xef\xbb\xbf")

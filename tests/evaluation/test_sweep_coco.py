"""Sweeps against pycocotools called directly."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evaluation.curves import Case, Sweep
from core.evaluation.sweep import sweep
from core.policy import select
from core.types.boxes import Box
from core.types.thresholds import Thresholds
from tests.evaluation.sweeping import (
    PHRASES,
    crowded,
    figures,
    known,
    measured_cases,
    modest,
    of_row,
    plain_figures,
)
from tests.test_sieve import NUMBERS, SHARES

Shown = Callable[[Case, str], Sequence[tuple[Box, float]]]


def coco(cases: Sequence[Case], phrases: Sequence[str], shown: Shown) -> Any:
    """A finished COCOeval with COCO's own parameters; None where there is no box: it cannot load none."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    true: list[dict[str, Any]] = []
    found: list[dict[str, Any]] = []
    for picture, case in enumerate(cases):
        for category, phrase in enumerate(phrases):
            place = {"image_id": picture, "category_id": category}
            assert case.marks is not None
            for o in case.marks.objects:
                if o.phrase == phrase:
                    bbox = [o.box[0], o.box[1], o.box[2] - o.box[0], o.box[3] - o.box[1]]
                    more = {"id": len(true) + 1, "area": bbox[2] * bbox[3], "iscrowd": int(o.crowd)}
                    true.append({**place, "bbox": bbox, **more})
            for (x0, y0, x1, y1), score in shown(case, phrase):
                if known((x0, y0, x1, y1), case.marks, phrase):
                    found.append({**place, "bbox": [x0, y0, x1 - x0, y1 - y0], "score": score})
    if not found:
        return None
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        names = [{"id": n, "name": p} for n, p in enumerate(phrases)]
        truth.dataset = {"images": [{"id": n} for n in range(len(cases))], "annotations": true, "categories": names}
        truth.createIndex()
        scored = COCOeval(truth, truth.loadRes(found), "bbox")
        scored.evaluate()
        scored.accumulate()
        scored.summarize()
    return scored


def coco_figures(scored: Any, category: int | None) -> tuple[float, ...]:
    """At IoU .5, of one category or all, from who matched whom."""
    right = count = objects = 0
    for one in scored.evalImgs:
        if one and one["aRng"] == scored.params.areaRng[0] and category in (None, one["category_id"]):
            counted = ~np.asarray(one["dtIgnore"][0], bool)
            right += int((counted & (one["dtMatches"][0] > 0)).sum())
            count += int(counted.sum())
            objects += int((np.asarray(one["gtIgnore"]) == 0).sum())
    return figures(right, count, objects)


@modest
@given(measured_cases(), NUMBERS, st.lists(SHARES, min_size=1, max_size=3, unique=True))
def test_every_row_is_what_pycocotools_says_of_the_boxes_selected(
    cases: list[Case], numbers: Thresholds, grid: list[float]
) -> None:
    found, marked = sweep(cases, PHRASES, numbers, grid), [case for case in cases if case.marks is not None]
    for step, level in enumerate(sorted(grid)):
        anew = numbers.with_(box=level, phrase={})
        scored = coco(
            marked, PHRASES, lambda c, p, t=anew: [(d.box, d.score) for d in select(c.proposals, t, c.size).of(p)]
        )
        for number, curve in enumerate(found.curves):
            if scored is None:
                assert (curve.rows[step].count, curve.rows[step].f1) == (0, 0.0)
            else:
                expected = coco_figures(scored, number - 1 if number else None)
                assert of_row(curve.rows[step]) == pytest.approx(expected, abs=1e-12)


def everything(case: Case, phrase: str) -> list[tuple[Box, float]]:
    """Every box under its best phrase with the score that the box threshold is compared with."""
    p, found = case.proposals, []
    for row in range(len(p)):
        best = int(np.argmax(p.scores[row]))
        if p.phrases[best] == phrase and p.scores[row, best] > 0:
            x0, y0, x1, y1 = (float(v) for v in p.boxes[row])
            found.append(((x0, y0, x1, y1), float(p.box_scores[row])))
    return found


def check_precisions(cases: Sequence[Case], found: Sweep) -> None:
    """Against the figures that pycocotools' own summary prints."""
    scored = coco([case for case in cases if case.marks is not None], PHRASES, everything)
    for number, curve in enumerate(found.curves):
        if not curve.objects:
            assert (curve.ap, curve.ap50) == (None, None)
        elif scored is None:
            assert (curve.ap, curve.ap50) == (0.0, 0.0)
        elif number == 0:
            assert (curve.ap, curve.ap50) == pytest.approx((scored.stats[0], scored.stats[1]), abs=1e-12)
        else:
            precision = scored.eval["precision"][:, :, number - 1, 0, 2]
            assert (curve.ap, curve.ap50) == pytest.approx((precision.mean(), precision[0].mean()), abs=1e-12)


@modest
@given(measured_cases(), NUMBERS)
def test_average_precision_is_what_pycocotools_summary_says(cases: list[Case], numbers: Thresholds) -> None:
    """No number of the thresholds has a say in it."""
    check_precisions(cases, sweep(cases, PHRASES, numbers, [0.5]))


def test_many_boxes_and_the_hundred_that_average_precision_looks_at() -> None:
    cases = [crowded(seed) for seed in range(3)]
    numbers = Thresholds(nms_iou=0.9)
    found = sweep(cases, PHRASES, numbers)
    assert found.overall.ap is not None
    assert 0 < found.overall.ap < 1
    check_precisions(cases, found)
    for row in found.overall.rows[::20]:
        anew = numbers.with_(box=row.threshold)
        assert of_row(row) == pytest.approx(plain_figures(cases, PHRASES, anew))
    assert found.overall.rows[0].count > 300, "a curve knows no limit of 100"


# -- by hand ----------------------------------------------------------------------------------------------------------

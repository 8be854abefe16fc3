"""Pictures with marks to sweep over, and a plain reference that selects anew."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from core.evaluation.curves import Case, Row
from core.policy import select
from core.types.boxes import Basis, Box, Proposals
from core.types.engine import EngineInfo
from core.types.thresholds import Thresholds
from core.types.truth import Mark, Marks
from tests.evaluation.test_detection import iou
from tests.test_sieve import SIZE, measured

PHRASES = ("b", "a", "d")  # "c" is a distractor, "d" was never measured
modest = settings(max_examples=40, deadline=None)


@st.composite
def marked(draw: st.DrawFn, proposals: Proposals) -> Marks | None:
    """Objects and refused boxes, many of them on, or close to, what was measured."""
    if draw(st.integers(0, 5)) == 0:
        return None
    near = [tuple(float(v) for v in box) for box in proposals.boxes] or [(0.0, 0.0, 20.0, 20.0)]

    def marks(most: int) -> tuple[Mark, ...]:
        found = []
        for _ in range(draw(st.integers(0, most))):
            x0, y0, x1, y1 = draw(st.sampled_from(near))
            shift, wider = draw(st.sampled_from([0, 0, 10])), draw(st.sampled_from([0, 0, 10]))
            box = (x0 + shift, y0, x1 + shift + wider, y1)
            found.append(Mark(draw(st.sampled_from("aabbcd")), box, draw(st.integers(0, 4)) == 0))
        return tuple(found)

    return Marks(marks(5), marks(3), complete=draw(st.booleans()))


@st.composite
def measured_cases(draw: st.DrawFn) -> list[Case]:
    found = []
    for number in range(draw(st.integers(0, 3))):
        proposals = draw(measured())
        found.append(Case(f"picture {number}", SIZE, proposals, draw(marked(proposals))))
    return found


# -- the plain reference ----------------------------------------------------------------------------------------------


def covered(box: Box, crowd: Box) -> float:
    width, height = min(box[2], crowd[2]) - max(box[0], crowd[0]), min(box[3], crowd[3]) - max(box[1], crowd[1])
    return max(0.0, width) * max(0.0, height) / ((box[2] - box[0]) * (box[3] - box[1]))


def known(box: Box, marks: Marks, phrase: str) -> bool:
    return marks.complete or any(
        m.phrase == phrase and not m.crowd and iou(box, m.box) >= 0.5 for m in (*marks.objects, *marks.refused)
    )


def plain(case: Case, phrase: str, thresholds: Thresholds) -> tuple[list[int], list[int], list[Box]]:
    """Right rows, wrong rows, missed boxes of one phrase in one picture."""
    assert case.marks is not None
    objects = [o for o in case.marks.objects if o.phrase == phrase]
    right, wrong, taken = [], [], set()
    for d in select(case.proposals, thresholds, case.size).of(phrase):
        best, overlap = -1, 0.5
        for number, o in enumerate(objects):
            if not o.crowd and number not in taken and iou(d.box, o.box) >= overlap:
                best, overlap = number, iou(d.box, o.box)
        if best >= 0:
            taken.add(best)
            right.append(d.index)
        elif any(o.crowd and covered(d.box, o.box) >= 0.5 for o in objects):
            continue
        elif known(d.box, case.marks, phrase):
            wrong.append(d.index)
    return right, wrong, [o.box for n, o in enumerate(objects) if n not in taken and not o.crowd]


def figures(right: int, count: int, objects: int) -> tuple[float, float, float, int, int]:
    precision, recall = right / count if count else 0.0, right / objects if objects else 0.0
    both = precision + recall
    return precision, recall, 2 * precision * recall / both if both else 0.0, count, right


def plain_figures(cases: Sequence[Case], phrases: Sequence[str], thresholds: Thresholds) -> tuple[float, ...]:
    parts = [plain(case, phrase, thresholds) for case in cases if case.marks is not None for phrase in phrases]
    right, wrong, missed = (sum(len(part[n]) for part in parts) for n in range(3))
    return figures(right, right + wrong, right + missed)


def of_row(row: Row) -> tuple[float, ...]:
    return row.precision, row.recall, row.f1, row.count, row.right


def crowded(seed: int, count: int = 260) -> Case:
    """More boxes of a phrase than COCO looks at, with scores that repeat, around twenty objects."""
    random = np.random.default_rng(seed)
    corners = random.integers(0, 80, (20, 2))
    true = np.concatenate([corners, corners + random.integers(8, 20, (20, 2))], axis=1).astype(np.float32)
    boxes = true[random.integers(0, 20, count)] + random.integers(-3, 4, (count, 4)).astype(np.float32)
    scores = (random.integers(1, 60, (count, 2)) / 60).astype(np.float32)
    objects = tuple(Mark("ab"[n % 2], tuple(float(v) for v in box), n == 7) for n, box in enumerate(true))  # type: ignore[arg-type]
    return Case(f"crowded {seed}", SIZE, proposals_of(("a", "b"), boxes, scores), Marks(objects))


def proposals_of(phrases: tuple[str, ...], boxes: Any, scores: Any, basis: Basis = Basis.CLASS) -> Proposals:
    q = len(boxes)
    return Proposals(
        phrases, np.array(boxes, np.float32), np.array(scores, np.float32), (basis,) * q, ("",) * q, (0,) * q,
        (EngineInfo("one"),),
    )  # fmt: skip

"""One phrase in one picture against what is known of it: which boxes are right, which wrong, what is missed.

Where the marks are complete, every box counts. Where they are not, a box counts only if it lies on an object of its
phrase or on a box that was refused for it (IoU .5); recall is then that of the objects known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.evaluation.coco_eval import match, overlaps
from core.evaluation.curves import IOU
from core.sieve import Sieved
from core.types.arrays import Bools, Floats
from core.types.boxes import Box, Proposals
from core.types.truth import Mark, Marks


@dataclass(frozen=True, eq=False)
class Judged:
    """right, wrong: rows of the proposals, best first; a row on a crowd, or unknown, is in neither."""

    right: NDArray[np.intp]
    wrong: NDArray[np.intp]
    missed: tuple[Box, ...]


def judge(proposals: Proposals, rows: NDArray[np.intp], marks: Marks, phrase: str) -> Judged:
    """rows: the boxes shown of this phrase, best first."""
    objects, boxes = objects_of(marks, phrase), proposals.boxes[rows]
    matched = match(boxes, [o.box for o in objects], [o.crowd for o in objects])
    wrong = matched.nowhere & counts(boxes, marks, phrase)
    missed = tuple(o.box for o, lost in zip(objects, matched.missed, strict=True) if lost)
    return Judged(rows[matched.right], rows[wrong], missed)


def objects_of(marks: Marks, phrase: str) -> list[Mark]:
    """Crowds among them."""
    return [o for o in marks.objects if o.phrase == phrase]


def counts(boxes: Floats, marks: Marks, phrase: str) -> Bools:
    """(N,) bool: whether anything is known of each box (N, 4) of this phrase."""
    if marks.complete:
        return np.ones(len(boxes), bool)
    known = [m.box for m in (*marks.objects, *marks.refused) if m.phrase == phrase and not m.crowd]
    return np.asarray((overlaps(boxes, known) >= IOU).any(1), bool)


def shown(proposals: Proposals, sieved: Sieved, phrase: str) -> NDArray[np.intp]:
    """Rows that were chosen for the phrase, best first."""
    return _ranked(sieved.chosen & _of(sieved.column, proposals, phrase), sieved.score)


def proposed(proposals: Proposals, phrase: str) -> NDArray[np.intp]:
    """Rows whose best phrase this is, best first, whatever the thresholds; not those that score 0."""
    if phrase not in proposals.phrases or not len(proposals):
        return np.zeros(0, np.intp)
    best = _of(proposals.scores.argmax(1), proposals, phrase)
    speaks = (proposals.scores.max(1) > 0) & (proposals.box_scores > 0)
    return _ranked(best & speaks, proposals.box_scores)


def _of(column: NDArray[np.intp], proposals: Proposals, phrase: str) -> Bools:
    place = proposals.phrases.index(phrase) if phrase in proposals.phrases else -1
    return np.asarray(column == place, bool)


def _ranked(taken: Bools, score: NDArray[np.floating]) -> NDArray[np.intp]:
    rows = np.flatnonzero(taken)
    return rows[np.argsort(-score[rows], kind="stable")]

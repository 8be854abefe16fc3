"""What becomes of every measured box under thresholds, and why: the arithmetic behind `policy.select`.

Each step looks at what the step before left, best score first, so a box is only ever held back by better ones. Hence
what a common box threshold t chooses is what threshold 0 chooses, without the boxes that score below t.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core import geometry
from core.types.arrays import Bools, Doubles, frozen
from core.types.boxes import Proposals
from core.types.thresholds import Thresholds


class Fate(StrEnum):
    """Why a box is shown or not: the first step that holds it back."""

    CHOSEN = "chosen"
    SILENT = "silent"  # it scores 0 for every phrase
    SCORE = "score"
    TEXT = "text"
    AREA = "area"
    DOUBLE = "double"  # a better box of its phrase, or of another pass, lies on it
    SURPLUS = "top_k"  # its phrase has enough better ones


FATES = tuple(Fate)


@dataclass(frozen=True, eq=False)
class Sieved:
    """One entry for each of Q boxes; read-only.

    column: the phrase it stands for, the one of its highest score. score, limit: what the box threshold compares, and
    that threshold. words: the score of its phrase's own words where the model scores words, NaN elsewhere. share: of
    the picture's area. fate: index into `FATES`. rival: the row that a double lies on, -1 elsewhere.
    """

    column: NDArray[np.intp]
    score: Doubles
    limit: Doubles
    words: Doubles
    share: Doubles
    fate: NDArray[np.int8]
    rival: NDArray[np.intp]

    def of(self, *fates: Fate) -> Bools:
        """(Q,) bool: which boxes have one of these fates."""
        return np.isin(self.fate, [FATES.index(fate) for fate in fates])

    @property
    def chosen(self) -> Bools:
        return self.of(Fate.CHOSEN)


def sieve(proposals: Proposals, thresholds: Thresholds, picture: tuple[int, int]) -> Sieved:
    """The steps in order: box threshold, text threshold, smallest area, doubles, most of one phrase.

    picture: (width, height). Doubles are boxes of one phrase, or of two passes of a model that scores words, that
    overlap. Such a model's box must pass the box threshold with its best token, the text threshold with one of its
    phrase.
    """
    count, phrases = len(proposals), proposals.phrases
    rows = np.arange(count)
    column = proposals.scores.argmax(1) if count and phrases else np.zeros(count, np.intp)
    own = proposals.scores[rows, column].astype(np.float64) if phrases else np.zeros(count)
    score = proposals.box_scores.astype(np.float64)
    limit = _limits(proposals, column, thresholds)
    words = np.where(proposals.worded, own, np.nan)
    sides = (proposals.boxes[:, 2:] - proposals.boxes[:, :2]).astype(np.float64)
    share = sides.prod(1) / max(1, picture[0] * picture[1])
    fate = np.full(count, FATES.index(Fate.CHOSEN), np.int8)
    for name, held in (
        (Fate.AREA, share < thresholds.min_area),
        (Fate.TEXT, proposals.worded & ~(own >= thresholds.words)),
        (Fate.SCORE, ~(score >= limit)),
        (Fate.SILENT, ~(own > 0)),
    ):
        fate[held] = FATES.index(name)
    rival = np.full(count, -1, np.intp)
    order = np.argsort(-score, kind="stable")
    _suppress(proposals, column, order, fate, rival, thresholds.nms_iou)
    _keep_best(column, order, fate, thresholds.top_k)
    return Sieved(*(frozen(a, a.dtype) for a in (column, score, limit, words, share, fate, rival)))


def _limits(proposals: Proposals, column: NDArray[np.intp], thresholds: Thresholds) -> Doubles:
    """(Q,) the box threshold that holds for each box."""
    known: dict[tuple[object, int], float] = {}
    limits = np.zeros(len(proposals))
    for row, (basis, place) in enumerate(zip(proposals.basis, column.tolist(), strict=True)):
        key = (basis, place)
        if key not in known:
            phrase = proposals.phrases[place] if proposals.phrases else ""
            known[key] = thresholds.for_box(basis, phrase, proposals.listed)
        limits[row] = known[key]
    return limits


def _suppress(
    proposals: Proposals, column: NDArray[np.intp], order: NDArray[np.intp], fate: NDArray[np.int8],
    rival: NDArray[np.intp], nms_iou: float,
) -> None:  # fmt: skip
    """Mark doubles: within a phrase those above the limit, then of what is left those of another caption at it."""
    double, chosen = FATES.index(Fate.DOUBLE), FATES.index(Fate.CHOSEN)
    left = order[fate[order] == chosen]
    for place in np.unique(column[left]):
        _greedy(proposals, left[column[left] == place], fate, rival, nms_iou, double)
    if proposals.passes_apart > 1:
        left = order[(fate[order] == chosen) & proposals.worded[order]]
        passes = np.array(proposals.passes)
        overlap = geometry.iou(proposals.boxes[left], proposals.boxes[left]) >= nms_iou
        overlap &= passes[left][:, None] != passes[left][None, :]
        _mark(left, overlap, fate, rival, double)


def _greedy(
    proposals: Proposals, rows: NDArray[np.intp], fate: NDArray[np.int8], rival: NDArray[np.intp], nms_iou: float,
    double: int,
) -> None:  # fmt: skip
    if len(rows) > 1:
        _mark(rows, geometry.iou(proposals.boxes[rows], proposals.boxes[rows]) > nms_iou, fate, rival, double)


def _mark(rows: NDArray[np.intp], overlap: Bools, fate: NDArray[np.int8], rival: NDArray[np.intp], double: int) -> None:
    """Greedily, best first: a box goes where it overlaps one that stayed."""
    gone = np.zeros(len(rows), bool)
    for index in range(len(rows)):
        if gone[index]:
            continue
        hit = overlap[index] & ~gone
        hit[: index + 1] = False
        fate[rows[hit]], rival[rows[hit]] = double, rows[index]
        gone |= hit


def _keep_best(column: NDArray[np.intp], order: NDArray[np.intp], fate: NDArray[np.int8], top_k: int | None) -> None:
    if top_k is None:
        return
    left = order[fate[order] == FATES.index(Fate.CHOSEN)]
    for place in np.unique(column[left]):
        fate[left[column[left] == place][top_k:]] = FATES.index(Fate.SURPLUS)

"""What differs between two choices of boxes on one picture: two variants, or the same one before and after a change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from core import geometry
from core.evaluation.curves import IOU
from core.types.arrays import Doubles, expect
from core.types.boxes import Detection, Detections

SAME_SCORE = 0.005  # scores are shown with two digits
SAME_BOX = 0.99  # IoU: about half a pixel on each side of a box of 200 pixels
ROUNDING = 1e-6  # scores are float32


class What(StrEnum):
    """What of an object changed."""

    PHRASE = "phrase"
    SCORE = "score"
    BOX = "box"


@dataclass(frozen=True)
class Change:
    """One object. before, after: None where only the other has it. iou: of both boxes, 0 where there is one.

    what: empty where both are the same, or where there is one.
    """

    before: Detection | None
    after: Detection | None
    iou: float = 0.0
    what: tuple[What, ...] = ()


@dataclass(frozen=True)
class Difference:
    """Every box of both is in one entry. Order: as they were before; what was gained, as it is after."""

    same: tuple[Change, ...] = ()
    changed: tuple[Change, ...] = ()
    gained: tuple[Change, ...] = ()
    lost: tuple[Change, ...] = ()


def compare(before: Detections, after: Detections, iou: float = IOU) -> Difference:
    """Pairs of boxes that overlap by at least `iou`, one to one, the greatest overlap first.

    Boxes of one phrase find each other first; what is left may be one object under two phrases.
    """
    expect(0 < iou <= 1, f"iou must lie in (0, 1], but got {iou}")
    overlap = _overlap(before.items, after.items)
    partners: dict[int, int] = {}
    for same_phrase in (True, False):
        _pair(before.items, after.items, overlap, iou, same_phrase, partners)
    pairs = [_matched(d, after.items[partners[i]], overlap[i, partners[i]]) for i, d in _told(before, partners)]
    taken = set(partners.values())
    return Difference(
        same=tuple(pair for pair in pairs if not pair.what),
        changed=tuple(pair for pair in pairs if pair.what),
        gained=tuple(Change(None, d) for j, d in enumerate(after.items) if j not in taken),
        lost=tuple(Change(d, None) for i, d in enumerate(before.items) if i not in partners),
    )


def line(change: Change) -> str:
    """The change in one plain line: "dog: score 0.62 → 0.81"."""
    before, after = change.before, change.after
    if before is None or after is None:
        one = before or after
        if one is None:
            return ""
        return f"{'lost' if after is None else 'gained'}: {one.phrase}, score {one.score:.2f}"
    if not change.what:
        return f"{after.phrase}: the same, score {after.score:.2f}"
    name = f"{before.phrase} → {after.phrase}" if What.PHRASE in change.what else after.phrase
    told = []
    if What.SCORE in change.what:
        told.append(f"score {_scores(before.score, after.score)}")
    if What.BOX in change.what:
        told.append(f"another box, overlap {change.iou:.2f}")
    return f"{name}: {'; '.join(told) or f'the same box, score {after.score:.2f}'}"


def _scores(before: float, after: float) -> str:
    """Two digits, or three where two would look alike."""
    short, long = (f"{before:.{digits}f} → {after:.{digits}f}" for digits in (2, 3))
    return long if f"{before:.2f}" == f"{after:.2f}" else short


def _told(before: Detections, partners: dict[int, int]) -> list[tuple[int, Detection]]:
    return [(i, d) for i, d in enumerate(before.items) if i in partners]


def _overlap(before: Sequence[Detection], after: Sequence[Detection]) -> Doubles:
    """(B, A) IoU; a box overlaps itself wholly even where it is empty."""
    overlap = geometry.iou([d.box for d in before], [d.box for d in after]).astype(np.float64)
    first, second = (geometry.as_boxes([d.box for d in side]) for side in (before, after))
    overlap[(first[:, None] == second[None]).all(-1)] = 1.0
    return overlap


def _pair(
    before: Sequence[Detection], after: Sequence[Detection], overlap: Doubles, iou: float, same_phrase: bool,
    partners: dict[int, int],
) -> None:  # fmt: skip
    """Add the pairs of one phrase, or of any, to `partners`: of equal overlaps the nearest scores first."""
    rows, columns = np.nonzero(overlap >= iou)
    candidates = [
        (-overlap[i, j], abs(before[i].score - after[j].score), i, j)
        for i, j in zip(rows.tolist(), columns.tolist(), strict=True)
        if not same_phrase or before[i].phrase == after[j].phrase
    ]
    taken = set(partners.values())
    for _, _, i, j in sorted(candidates):
        if i not in partners and j not in taken:
            partners[i] = j
            taken.add(j)


def _matched(before: Detection, after: Detection, iou: float) -> Change:
    what = []
    if before.phrase != after.phrase:
        what.append(What.PHRASE)
    if abs(before.score - after.score) > SAME_SCORE + ROUNDING:
        what.append(What.SCORE)
    if iou < SAME_BOX:
        what.append(What.BOX)
    return Change(before, after, float(iou), tuple(what))

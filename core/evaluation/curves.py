"""What a sweep over thresholds gives: rows, curves, surfaces, errors. Values only; `core.evaluation.sweep` computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.types.arrays import Doubles
from core.types.boxes import Box, Proposals
from core.types.truth import Marks

IOU = 0.5  # a box is right where it overlaps an object of its phrase this much (PASCAL VOC; COCO's AP50)
GRID: tuple[float, ...] = tuple(round(step / 100, 2) for step in range(101))  # the steps of every slider


@dataclass(frozen=True, eq=False)
class Case:
    """One picture as it was measured. key: the picture's. size: (width, height). marks: None where nothing is known."""

    key: str
    size: tuple[int, int]
    proposals: Proposals
    marks: Marks | None = None


@dataclass(frozen=True)
class Row:
    """What a box threshold gives at IoU .5. count: boxes shown. right: those on an object of their phrase.

    precision, recall, f1 in [0, 1]; 0 where they would be divided by 0. Boxes that count neither way (on a crowd, or
    unknown on a picture that is not marked completely) are not in `count`, so precision is right / count.
    threshold: NaN where the boxes had several.
    """

    threshold: float
    precision: float
    recall: float
    f1: float
    count: int
    right: int = 0

    @classmethod
    def counted(cls, threshold: float, right: int, count: int, objects: int) -> Row:
        """The figures of so many right boxes among so many shown, where so many objects are."""
        precision, recall, f1 = share(right, count), share(right, objects), share(2 * right, count + objects)
        return cls(threshold, precision, recall, f1, count, right)


@dataclass(frozen=True)
class Curve:
    """One phrase, or all together (phrase ""). objects: true ones. ap, ap50: None where there is no object.

    best: the row of the highest F1, in the middle of its plateau; None where there is no object. rows: by threshold.
    """

    phrase: str
    objects: int
    ap: float | None
    ap50: float | None
    best: Row | None
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Sweep:
    """curves: all together first, then one for each phrase. pictures, unknown: how many had marks, how many none."""

    curves: tuple[Curve, ...]
    pictures: int
    unknown: int = 0

    @property
    def overall(self) -> Curve:
        return self.curves[0]

    def of(self, phrase: str) -> Curve | None:
        return next((curve for curve in self.curves[1:] if curve.phrase == phrase), None)


@dataclass(frozen=True, eq=False)
class Surface:
    """Two thresholds at once. second: a field of `Thresholds`. values: (S,) its values; grid: (T,) box thresholds.

    precision, recall, f1: (S, T) in [0, 1]. count: (S, T).
    """

    second: str
    values: tuple[float, ...]
    grid: tuple[float, ...]
    precision: Doubles
    recall: Doubles
    f1: Doubles
    count: Doubles


@dataclass(frozen=True)
class PictureErrors:
    """One picture at one setting: rows of its proposals that are right and wrong, and objects that nothing lies on."""

    key: str
    right: tuple[int, ...]
    wrong: tuple[int, ...]
    missed: tuple[tuple[str, Box], ...]

    @property
    def errors(self) -> int:
        return len(self.wrong) + len(self.missed)


@dataclass(frozen=True)
class Claim:
    """What the detector claims to see of a phrase that is surely absent.

    count: boxes at the present numbers. highest: the best score that passes all numbers but the box threshold, 0 where
    there is none. picture: where it is, "" then. silent_at: the lowest step of the grid at which no box passes; None
    where even the highest step does not silence it.
    """

    phrase: str
    count: int
    highest: float
    picture: str
    silent_at: float | None


def share(part: int, whole: int) -> float:
    """part / whole; 0 of nothing."""
    return part / whole if whole else 0.0


def at_precision(curve: Curve, precision: float) -> Row | None:
    """The row of the highest recall whose precision reaches `precision`; of equals the highest precision.

    None where no row that shows a box reaches it.
    """
    fitting = [row for row in curve.rows if row.count and row.precision >= precision]
    return max(fitting, key=lambda row: (row.recall, row.precision, row.threshold), default=None)


def best_f1(rows: Sequence[Row]) -> Row | None:
    """The row of the highest F1 in the middle of the first run of equals; None where F1 is 0 everywhere."""
    top = max((row.f1 for row in rows), default=0.0)
    if top <= 0:
        return None
    first = next(index for index, row in enumerate(rows) if row.f1 == top)
    last = first
    while last + 1 < len(rows) and rows[last + 1].f1 == top:
        last += 1
    return rows[(first + last) // 2]

"""What thresholds do to pictures that were measured once: curves over the box threshold, surfaces, errors, claims.

A picture is sieved and matched once, at the lowest threshold: a higher one shows its best boxes only, and what a box
lies on does not depend on worse ones (`core.sieve`, `coco_eval.match`). That needs boxes of a detector: the user's own
(basis `user`) pass every threshold and must not be among them. Boxes of phrases not asked about are left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.evaluation.coco_eval import Found, average_precisions
from core.evaluation.curves import GRID, Case, Claim, Curve, PictureErrors, Row, Surface, Sweep, best_f1
from core.evaluation.sweep_judging import Judged, counts, judge, objects_of, proposed, shown
from core.jobs import Job
from core.sieve import Sieved, sieve
from core.types.arrays import Doubles, expect, frozen
from core.types.thresholds import Thresholds
from core.types.truth import Marks, TrueObject

SECONDS = ("text", "nms_iou", "min_area")  # numbers that choose boxes, beside the box threshold


@dataclass
class _Tally:
    """What one phrase scored over pictures; scores of right and of wrong boxes."""

    objects: int = 0
    right: list[Doubles] = field(default_factory=list)
    wrong: list[Doubles] = field(default_factory=list)

    def rows(self, grid: Sequence[float]) -> tuple[Row, ...]:
        """One for each threshold: how many score at least that."""
        right, wrong = (np.sort(np.concatenate([np.zeros(0), *scores])) for scores in (self.right, self.wrong))
        hits, misses = (len(s) - np.searchsorted(s, np.array(grid), "left") for s in (right, wrong))
        return tuple(
            Row.counted(t, int(hit), int(hit + miss), self.objects)
            for t, hit, miss in zip(grid, hits, misses, strict=True)
        )


def sweep(
    cases: Sequence[Case], phrases: Sequence[str], thresholds: Thresholds, grid: Sequence[float] = GRID,
    job: Job | None = None,
) -> Sweep:  # fmt: skip
    """Precision, recall, F1 and count at each box threshold of the grid, together and by phrase; average precision.

    The grid's step stands for every box threshold of `thresholds`; all other numbers hold. Pictures without marks do
    not count. AP looks at every box, whatever the thresholds, as COCO defines it: each under its best phrase, at most
    100 of one phrase in one picture; together it is the mean over the phrases that have objects.
    """
    names, steps = _once(phrases), _steps(grid)
    known = [case for case in cases if case.marks is not None]
    tallies = _tallies(known, names, thresholds, steps, job)
    precisions = _precisions(known, names, job)
    curves = [_curve(name, tally.objects, precisions[name], tally.rows(steps)) for name, tally in tallies.items()]
    every = _sum(tallies.values())
    present = [ap for ap in precisions.values() if ap is not None]
    mean = (_mean(ap for ap, _ in present), _mean(ap50 for _, ap50 in present)) if present else None
    overall = _curve("", every.objects, mean, every.rows(steps))
    return Sweep((overall, *curves), len(known), len(cases) - len(known))


def surface(
    cases: Sequence[Case], phrases: Sequence[str], thresholds: Thresholds, second: str, values: Sequence[float],
    grid: Sequence[float] = GRID, job: Job | None = None,
) -> Surface:  # fmt: skip
    """The rows of all phrases together at each value of a second number: one of `SECONDS`."""
    expect(second in SECONDS, f"second must be one of {', '.join(SECONDS)}, but got {second}")
    names, steps, values = _once(phrases), _steps(grid), tuple(values)
    known = [case for case in cases if case.marks is not None]
    table = []
    for number, value in enumerate(values):
        numbers = thresholds.with_(**{second: value})
        part = (number / len(values), 1 / len(values))
        table.append(_sum(_tallies(known, names, numbers, steps, job, part).values()).rows(steps))
    shape = (len(values), len(steps))

    def cells(name: str) -> Doubles:
        return frozen(np.array([getattr(row, name) for rows in table for row in rows]).reshape(shape), np.float64)

    return Surface(second, values, steps, cells("precision"), cells("recall"), cells("f1"), cells("count"))


def errors(cases: Sequence[Case], phrases: Sequence[str], thresholds: Thresholds) -> list[PictureErrors]:
    """Every picture with marks at these numbers, the most errors first, then by key.

    Rows come by phrase, as asked, the best score first.
    """
    names = _once(phrases)
    found = []
    for case in cases:
        if case.marks is not None:
            judged = _judged(case, sieve(case.proposals, thresholds, case.size), names)
            right = tuple(int(r) for j in judged.values() for r in j.right)
            wrong = tuple(int(r) for j in judged.values() for r in j.wrong)
            missed = tuple((name, box) for name, j in judged.items() for box in j.missed)
            found.append(PictureErrors(case.key, right, wrong, missed))
    return sorted(found, key=lambda e: (-e.errors, e.key))


def at(cases: Sequence[Case], phrases: Sequence[str], thresholds: Thresholds) -> dict[str, Row]:
    """The row of each phrase, and under "" of all together, at these numbers as they are.

    Its threshold is the phrase's own, or the common one, or what all its boxes have in common by their basis; else NaN.
    """
    names = _once(phrases)
    tallies = {name: _Tally() for name in names}
    limits: dict[str, set[float]] = {name: _set_by_hand(thresholds, name) for name in names}
    for case in cases:
        if case.marks is not None:
            sieved = sieve(case.proposals, thresholds, case.size)
            _add(tallies, case, sieved)
            for name in names:
                if name in case.proposals.phrases:
                    own = sieved.column == case.proposals.phrases.index(name)
                    limits[name] |= set(sieved.limit[own].tolist())
    rows = {name: _row(tally, limits[name]) for name, tally in tallies.items()}
    every = set().union(*limits.values()) or _set_by_hand(thresholds, "")
    return {"": _row(_sum(tallies.values()), every), **rows}


def claims(
    cases: Sequence[Case], distractors: Sequence[str], thresholds: Thresholds, grid: Sequence[float] = GRID
) -> list[Claim]:
    """What is shown of phrases that are surely absent, in every picture, marked or not; one for each, as asked."""
    names, steps = _once(distractors), _steps(grid)
    numbers = dict.fromkeys(names, 0)
    best: dict[str, tuple[float, str]] = dict.fromkeys(names, (0.0, ""))
    anything = thresholds.with_(box=0.0, phrase={})
    for case in cases:
        present, loose = (sieve(case.proposals, t, case.size) for t in (thresholds, anything))
        for name in names:
            numbers[name] += len(shown(case.proposals, present, name))
            highest = loose.score[shown(case.proposals, loose, name)[:1]]
            if len(highest) and highest[0] > best[name][0]:
                best[name] = (float(highest[0]), case.key)
    return [
        Claim(name, numbers[name], score, key, next((t for t in steps if not key or t > score), None))
        for name, (score, key) in best.items()
    ]


def _tallies(
    known: Sequence[Case], names: Sequence[str], thresholds: Thresholds, steps: Sequence[float], job: Job | None,
    part: tuple[float, float] = (0.0, 1.0),
) -> dict[str, _Tally]:  # fmt: skip
    """Every picture sieved once, at the lowest step. part: where this work begins in the job's, and its share."""
    tallies = {name: _Tally() for name in names}
    lowest = thresholds.with_(box=steps[0], phrase={})
    for number, case in enumerate(known):
        if job is not None:
            job.report(part[0] + part[1] * number / len(known), f"{number + 1} of {len(known)}: {case.key}")
        _add(tallies, case, sieve(case.proposals, lowest, case.size))
    return tallies


def _add(tallies: Mapping[str, _Tally], case: Case, sieved: Sieved) -> None:
    for name, judged in _judged(case, sieved, tuple(tallies)).items():
        tally = tallies[name]
        tally.objects += sum(not o.crowd for o in objects_of(_marks(case), name))
        tally.right.append(sieved.score[judged.right])
        tally.wrong.append(sieved.score[judged.wrong])


def _judged(case: Case, sieved: Sieved, names: Sequence[str]) -> dict[str, Judged]:
    marks = _marks(case)
    return {name: judge(case.proposals, shown(case.proposals, sieved, name), marks, name) for name in names}


def _marks(case: Case) -> Marks:
    return case.marks or Marks()


def _sum(tallies: Iterable[_Tally]) -> _Tally:
    every = _Tally()
    for tally in tallies:
        every.objects += tally.objects
        every.right += tally.right
        every.wrong += tally.wrong
    return every


def _row(tally: _Tally, limits: set[float]) -> Row:
    right, wrong = (sum(map(len, scores)) for scores in (tally.right, tally.wrong))
    threshold = next(iter(limits)) if len(limits) == 1 else math.nan
    return Row.counted(threshold, right, right + wrong, tally.objects)


def _set_by_hand(thresholds: Thresholds, phrase: str) -> set[float]:
    """The box threshold that holds whatever the basis; empty where the basis decides."""
    given = thresholds.phrase.get(phrase, thresholds.box)
    return set() if given is None else {given}


def _curve(phrase: str, objects: int, precisions: tuple[float, float] | None, rows: tuple[Row, ...]) -> Curve:
    ap, ap50 = precisions or (None, None)
    return Curve(phrase, objects, ap, ap50, best_f1(rows), rows)


def _precisions(known: Sequence[Case], names: Sequence[str], job: Job | None) -> dict[str, tuple[float, float] | None]:
    """(AP, AP50) of each phrase; one after the other, so that pycocotools' own records stay small."""
    found = {}
    for name in names:
        if job is not None:
            job.report(1.0, f"average precision of {name}")
        objects, boxes = [], []
        for number, case in enumerate(known):
            marks, p = _marks(case), case.proposals
            for o in objects_of(marks, name):
                x0, y0, x1, y1 = o.box
                objects.append(TrueObject(number, 0, o.box, (x1 - x0) * (y1 - y0), o.crowd))
            rows = proposed(p, name)
            rows = rows[counts(p.boxes[rows], marks, name)]
            boxes.append(Found(number, 0, p.boxes[rows], p.box_scores[rows]))
        found[name] = average_precisions(range(len(known)), (0,), objects, boxes)[0]
    return found


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def _once(phrases: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(phrases))


def _steps(grid: Sequence[float]) -> tuple[float, ...]:
    expect(len(grid) > 0, "grid must have a threshold, but it is empty")
    return tuple(sorted(set(grid)))

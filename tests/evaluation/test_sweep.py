"""Sweeps against a plain reference that selects anew at every threshold."""

from __future__ import annotations

import math
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Cancelled
from core.evaluation.curves import GRID, Case
from core.evaluation.sweep import at, claims, errors, surface, sweep
from core.jobs import Job
from core.policy import select
from core.types.boxes import Basis, Proposals
from core.types.thresholds import Thresholds
from core.types.truth import Mark, Marks
from tests.evaluation.sweeping import (
    PHRASES,
    measured_cases,
    modest,
    of_row,
    plain,
    plain_figures,
    proposals_of,
)
from tests.test_sieve import NUMBERS, SHARES, SIZE


@modest
@given(measured_cases(), NUMBERS, st.lists(SHARES, min_size=1, max_size=5, unique=True))
def test_every_row_is_what_selecting_anew_gives(cases: list[Case], numbers: Thresholds, grid: list[float]) -> None:
    found = sweep(cases, PHRASES, numbers, grid)
    assert [curve.phrase for curve in found.curves] == ["", *PHRASES]
    assert (found.pictures, found.unknown) == (
        sum(c.marks is not None for c in cases), sum(c.marks is None for c in cases),
    )  # fmt: skip
    for curve in found.curves:
        assert [row.threshold for row in curve.rows] == sorted(grid)
        for row in curve.rows:
            anew = numbers.with_(box=row.threshold, phrase={})
            asked = [curve.phrase] if curve.phrase else PHRASES
            assert of_row(row) == pytest.approx(plain_figures(cases, asked, anew), abs=1e-12)


@modest
@given(measured_cases(), NUMBERS, SHARES)
def test_the_present_numbers_are_a_row_of_the_sweep(cases: list[Case], numbers: Thresholds, level: float) -> None:
    common = numbers.with_(box=level, phrase={})
    found = sweep(cases, PHRASES, numbers, [0.0, level])
    assert at(cases, PHRASES, common) == {curve.phrase: curve.rows[-1] for curve in found.curves}


@modest
@given(measured_cases(), NUMBERS)
def test_errors_and_figures_at_any_numbers(cases: list[Case], numbers: Thresholds) -> None:
    """Phrases' own thresholds included."""
    rows = at(cases, PHRASES, numbers)
    assert of_row(rows[""]) == pytest.approx(plain_figures(cases, PHRASES, numbers))
    for phrase in PHRASES:
        assert of_row(rows[phrase]) == pytest.approx(plain_figures(cases, [phrase], numbers))
    found = errors(cases, PHRASES, numbers)
    assert found == sorted(found, key=lambda e: (-e.errors, e.key))
    by_key = {e.key: e for e in found}
    assert set(by_key) == {case.key for case in cases if case.marks is not None}
    for case in cases:
        if case.marks is not None:
            parts = [(phrase, plain(case, phrase, numbers)) for phrase in PHRASES]
            e = by_key[case.key]
            assert list(e.right) == [row for _, part in parts for row in part[0]]
            assert list(e.wrong) == [row for _, part in parts for row in part[1]]
            assert list(e.missed) == [(phrase, box) for phrase, part in parts for box in part[2]]


# -- pycocotools, called directly -------------------------------------------------------------------------------------


LEFT = (0.0, 0.0, 20.0, 20.0)
RIGHT = (50.0, 0.0, 70.0, 20.0)
LOW = (0.0, 50.0, 20.0, 70.0)


def one(marks: Marks | None, key: str = "one") -> Case:
    """Boxes of "a": LEFT .9, RIGHT .6, LOW .3."""
    return Case(key, SIZE, proposals_of(("a", "x"), [LEFT, RIGHT, LOW], [[0.9, 0], [0.6, 0], [0.3, 0]]), marks)


def test_a_curve_by_hand() -> None:
    found = sweep([one(Marks((Mark("a", LEFT), Mark("a", LOW)))), one(None, "two")], ["a"], Thresholds())
    assert (found.pictures, found.unknown, found.overall.objects) == (1, 1, 2)
    rows = {row.threshold: of_row(row)[:4] for row in found.overall.rows}
    assert rows[0.2] == pytest.approx((2 / 3, 1.0, 0.8, 3))
    assert rows[0.5] == pytest.approx((0.5, 0.5, 0.5, 2))
    assert rows[0.7] == pytest.approx((1.0, 0.5, 2 / 3, 1))
    assert rows[1.0] == (0.0, 0.0, 0.0, 0)
    assert found.overall.best is not None
    assert (found.overall.best.threshold, found.overall.best.f1) == (0.15, pytest.approx(0.8))
    assert found.overall.ap50 == pytest.approx((51 + 50 * 2 / 3) / 101)
    assert found.of("a") is not None
    assert found.of("x") is None


def test_where_marks_are_incomplete_only_what_they_speak_of_counts() -> None:
    accepted, refused = (Mark("a", LEFT),), (Mark("a", LOW),)
    numbers = Thresholds(box=0.1)
    assert of_row(at([one(Marks(accepted, refused, complete=False))], ["a"], numbers)["a"])[3:] == (2, 1)
    assert of_row(at([one(Marks(accepted, (Mark("x", LOW),), complete=False))], ["a"], numbers)["a"])[3:] == (1, 1)
    assert of_row(at([one(Marks(accepted, refused))], ["a"], numbers)["a"])[3:] == (3, 1)
    unknown = errors([one(Marks(accepted, complete=False))], ["a"], numbers)[0]
    assert (unknown.right, unknown.wrong, unknown.missed) == ((0,), (), ())


def test_without_objects_pictures_phrases_or_boxes() -> None:
    nothing = sweep([one(Marks())], ["a"], Thresholds())
    assert nothing.overall.rows[0].count == 3
    assert (nothing.overall.ap, nothing.overall.best, nothing.overall.rows[0].precision) == (None, None, 0.0)
    blind = Case("blind", SIZE, Proposals.none(("a",)), Marks((Mark("a", LEFT),)))
    found = sweep([blind], ["a"], Thresholds())
    assert (found.overall.ap, found.overall.best, found.overall.rows[0].recall) == (0.0, None, 0.0)
    assert errors([blind], ["a"], Thresholds())[0].missed == (("a", LEFT),)
    for cases, phrases in (([], ["a"]), ([one(Marks())], []), ([one(None)], ["a"])):
        empty = sweep(cases, phrases, Thresholds())
        assert (empty.overall.objects, empty.overall.ap, empty.overall.rows[0].count) == (0, None, 0)
        assert of_row(at(cases, phrases, Thresholds())[""]) == (0.0, 0.0, 0.0, 0, 0)


def test_a_phrase_asked_for_twice_counts_once() -> None:
    case = one(Marks((Mark("a", LEFT),)))
    assert sweep([case], ["a", "a"], Thresholds()) == sweep([case], ["a"], Thresholds())


def test_which_box_threshold_the_present_row_names() -> None:
    case = one(Marks((Mark("a", LEFT),)))
    by_basis = Thresholds(by_basis={Basis.CLASS: 0.5, Basis.FACE: 0.8})
    assert at([case], ["a"], by_basis)["a"].threshold == 0.5
    assert at([case], ["a"], by_basis)["a"].count == 2
    assert at([case], ["a"], Thresholds(box=0.7))[""].threshold == 0.7
    own = at([case], ["a", "d"], Thresholds(box=0.7, phrase={"a": 0.2}))
    assert (own["a"].threshold, own["d"].threshold, own["a"].count) == (0.2, 0.7, 3)
    assert math.isnan(own[""].threshold)
    faces = proposals_of(("a",), [LEFT], [[0.9]], Basis.FACE)
    mixed = at([case, Case("face", SIZE, faces, Marks())], ["a"], by_basis)
    assert math.isnan(mixed["a"].threshold)


@modest
@given(measured_cases(), NUMBERS)
def test_a_surface_holds_the_rows_of_each_sweep(cases: list[Case], numbers: Thresholds) -> None:
    grid = (0.0, 0.3, 0.31, 0.7)
    for second, values in {"text": (0.2, 0.6), "nms_iou": (0.3, 1.0), "min_area": (0.0, 0.1)}.items():
        found = surface(cases, PHRASES, numbers, second, values, grid)
        for number, value in enumerate(values):
            rows = sweep(cases, PHRASES, numbers.with_(**{second: value}), grid).overall.rows
            columns = [found.precision, found.recall, found.f1, found.count]
            assert [tuple(c[number, n] for c in columns) for n in range(len(grid))] == [of_row(r)[:4] for r in rows]
        assert (found.second, found.values, found.grid) == (second, values, grid)


@modest
@given(measured_cases(), NUMBERS)
def test_claims_are_what_selecting_anew_shows(cases: list[Case], numbers: Thresholds) -> None:
    grid = GRID[::5]

    def chosen(phrase: str, thresholds: Thresholds) -> list[tuple[float, str]]:
        return [(d.score, c.key) for c in cases for d in select(c.proposals, thresholds, SIZE).of(phrase)]

    found = claims(cases, ("c", "a", "d"), numbers, grid)
    assert [claim.phrase for claim in found] == ["c", "a", "d"]
    for claim in found:
        assert claim.count == len(chosen(claim.phrase, numbers))
        every = chosen(claim.phrase, numbers.with_(box=0.0, phrase={}))
        highest = max((score for score, _ in every), default=0.0)
        assert (claim.highest, claim.picture) == (highest, next((k for s, k in every if s == highest), ""))
        levels = (t for t in grid if not chosen(claim.phrase, numbers.with_(box=t, phrase={})))
        assert claim.silent_at == next(levels, None)


def test_a_claim_that_no_step_silences() -> None:
    sure = Case("sure", SIZE, proposals_of(("x",), [LEFT], [[1.0]]), None)
    (claim,) = claims([one(None), sure], ["x"], Thresholds(box=0.5))
    assert (claim.count, claim.highest, claim.picture, claim.silent_at) == (1, 1.0, "sure", None)


# -- asked wrongly, stopped, silent -----------------------------------------------------------------------------------


def test_what_cannot_be_asked() -> None:
    with pytest.raises(ValueError, match="second must be one of text, nms_iou, min_area, but got mask_cut"):
        surface([], ["a"], Thresholds(), "mask_cut", [0.5])
    with pytest.raises(ValueError, match="grid must have a threshold"):
        sweep([], ["a"], Thresholds(), [])


def test_a_sweep_tells_how_far_it_is_and_stops(capsys: pytest.CaptureFixture[str]) -> None:
    cases, told, out = [one(Marks((Mark("a", LEFT),)), str(n)) for n in range(4)], list[float](), sys.stdout
    job = Job(lambda fraction, text: told.append(fraction or 0.0))
    sweep(cases, ["a"], Thresholds(), job=job)
    assert told == [0.0, 0.25, 0.5, 0.75, 1.0]
    told.clear()
    surface(cases, ["a"], Thresholds(), "nms_iou", [0.5, 0.6], job=job)
    assert told == [0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875]
    job.cancel()
    with pytest.raises(Cancelled):
        sweep(cases, ["a"], Thresholds(), job=job)
    assert capsys.readouterr().out == "", "pycocotools prints what it does"
    assert sys.stdout is out

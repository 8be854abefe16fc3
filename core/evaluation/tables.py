"""A sweep as tables for spreadsheets (CSV) and for scripts (JSON). Without truth the figures are empty, never 0."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from core.evaluation.curves import IOU, Case, Claim, Curve, PictureErrors, Row, Sweep
from core.evaluation.sweep_judging import shown
from core.formats.table import FORMULA_STARTS
from core.sieve import sieve
from core.types.thresholds import Thresholds

OVERALL = "(overall)"  # the phrase of the rows of all phrases together, in CSV
DIGITS = 6  # of a figure
FIGURES = ("precision", "recall", "f1")
ROW_COLUMNS = ("phrase", "threshold", *FIGURES, "count", "right")
SUMMARY_COLUMNS = ("phrase", "objects", "ap", "ap50", "threshold", *FIGURES, "count")
PICTURE_COLUMNS = ("name", "right", "wrong", "missed", "boxes")
CHOOSING = ("box", "by_basis", "phrase", "text", "top_k", "nms_iou", "min_area")  # the numbers that choose boxes


def rows_csv(sweep: Sweep) -> bytes:
    """Every step of every curve, all phrases together first (phrase "(overall)"). UTF-8."""
    rows = []
    for curve in sweep.curves:
        for row in curve.rows:
            right = row.right if sweep.pictures else None
            rows.append({"phrase": curve.phrase or OVERALL, **_row(row, sweep), "right": right})
    return _csv(ROW_COLUMNS, rows)


def summary_rows(sweep: Sweep) -> list[dict[str, Any]]:
    """One dict a curve with the keys of `SUMMARY_COLUMNS`; threshold to count are those of its best F1."""
    rows = []
    for curve in sweep.curves:
        best = _row(curve.best, sweep) if curve.best is not None else {}
        figures = {"objects": curve.objects if sweep.pictures else None, "ap": curve.ap, "ap50": curve.ap50}
        row = {"phrase": curve.phrase or OVERALL, **figures, **best}
        rows.append({column: _rounded(row.get(column)) for column in SUMMARY_COLUMNS})
    return rows


def summary_csv(sweep: Sweep) -> bytes:
    return _csv(SUMMARY_COLUMNS, summary_rows(sweep))


def picture_rows(
    cases: Sequence[Case], judged: Sequence[PictureErrors], thresholds: Thresholds, phrases: Sequence[str]
) -> list[dict[str, Any]]:
    """One dict a picture with the keys of `PICTURE_COLUMNS`: those judged in their order, then those without truth.

    judged: at these thresholds. boxes: shown of these phrases, those that count neither way too.
    """
    by_key = {case.key: case for case in cases}
    errors = {found.key: found for found in judged}
    rows = []
    for key in (*errors, *(key for key in by_key if key not in errors)):
        found, boxes = errors.get(key), _boxes(by_key[key], thresholds, phrases)
        counts = (len(found.right), len(found.wrong), len(found.missed)) if found is not None else (None,) * 3
        rows.append(dict(zip(PICTURE_COLUMNS, (key, *counts, boxes), strict=True)))
    return rows


def pictures_csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    return _csv(PICTURE_COLUMNS, rows)


def sweep_json(
    sweep: Sweep, thresholds: Thresholds, engines: Sequence[str] = (), left_out: Sequence[str] = (),
    distractors: Sequence[Claim] = (),
) -> dict[str, Any]:  # fmt: skip
    """The figures of all phrases together at the top, those of each under `phrases`; plain values.

    pictures: those that the rows are of. thresholds: the numbers that held beside the box threshold of a row, and the
    settings' own. left_out: a line for whatever was not used.
    """
    return {
        **_curve_json(sweep.overall, sweep),
        "phrases": {curve.phrase: _curve_json(curve, sweep) for curve in sweep.curves[1:]},
        "pictures": sweep.pictures or sweep.unknown,
        "iou": IOU,
        "thresholds": {name: _plain(getattr(thresholds, name)) for name in CHOOSING},
        "engines": list(engines),
        "left_out": list(left_out),
        "distractors": [{name: _rounded(value) for name, value in asdict(claim).items()} for claim in distractors],
    }


def _curve_json(curve: Curve, sweep: Sweep) -> dict[str, Any]:
    best = None
    if curve.best is not None:
        best = {name: value for name, value in _row(curve.best, sweep).items() if name != "count"}
    return {
        "ap": _rounded(curve.ap), "ap50": _rounded(curve.ap50), "best": best, "objects": curve.objects,
        "rows": [_row(row, sweep) for row in curve.rows],
    }  # fmt: skip


def _row(row: Row, sweep: Sweep) -> dict[str, Any]:
    figures = {name: _rounded(getattr(row, name)) if sweep.pictures else None for name in FIGURES}
    return {"threshold": _rounded(row.threshold), **figures, "count": row.count}


def _rounded(value: Any) -> Any:
    """NaN, of rows with several thresholds, is none in JSON."""
    if isinstance(value, float):
        return None if value != value else round(value, DIGITS)
    return value


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


def _boxes(case: Case, thresholds: Thresholds, phrases: Sequence[str]) -> int:
    sieved = sieve(case.proposals, thresholds, case.size)
    return sum(len(shown(case.proposals, sieved, phrase)) for phrase in phrases)


def _csv(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    """RFC 4180 with a header, UTF-8; as in `core.formats.table`, what a spreadsheet could run gets an apostrophe."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(columns)
    writer.writerows([_cell(row[column]) for column in columns] for row in rows)
    return stream.getvalue().encode("utf-8", "replace")


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA_STARTS):
        return f"'{value}"
    return value

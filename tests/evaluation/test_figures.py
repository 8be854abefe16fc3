"""Plots of a sweep: what they show, that they read on light and dark, and one file that needs no network."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from core.evaluation.curves import GRID, Curve, Row, Surface, Sweep
from core.evaluation.figures import MOST_PHRASES, best_of, curves_figure, figures_html, pr_figure, surface_figure

ROWS = tuple(Row.counted(t, round(10 * (1 - t)), round(20 * (1 - t) ** 2), 10) for t in GRID)
ODD = "<b>cat</b></script>"
SWEEP = Sweep((Curve("", 10, 0.5, 0.7, ROWS[40], ROWS), Curve(ODD, 10, 0.5, 0.7, ROWS[30], ROWS)), 4)
UNKNOWN = Sweep((Curve("", 0, None, None, None, ROWS),), 0, 3)


def surface(f1: Any) -> Surface:
    table = np.array(f1, float)
    seconds = tuple(round(n / 10, 1) for n in range(table.shape[0]))
    steps = tuple(round(n / 10, 1) for n in range(table.shape[1]))
    return Surface("text", seconds, steps, table, table, table, np.ones_like(table))


def lightness(colour: str) -> float:
    """Relative luminance (WCAG 2)."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(p * w for p, w in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


def contrast(a: str, b: str) -> float:
    high, low = sorted((lightness(a), lightness(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_curves_show_three_measures_and_the_count() -> None:
    figure = curves_figure(SWEEP, ODD, 0.35)
    measures = figure.data[:3]
    for line, values in zip(measures, ("precision", "recall", "f1"), strict=True):
        assert line.name.casefold().startswith(values)
        assert list(line.x) == list(line.customdata) == list(GRID)
        assert list(line.y) == [getattr(row, values) for row in ROWS]
        assert "markers" in line.mode
    assert len({line.line.dash for line in measures}) == len({line.line.color for line in measures}) == 3
    assert len({line.marker.symbol for line in measures}) == 3
    count = figure.data[3]
    assert (count.yaxis, list(count.y)) == ("y2", [row.count for row in ROWS])
    best = figure.data[4]
    assert (best.x[0], best.y[0]) == (0.3, ROWS[30].f1)
    assert [(shape.x0, shape.x1) for shape in figure.layout.shapes] == [(0.35, 0.35)]
    assert not curves_figure(SWEEP).layout.shapes


def test_the_curves_of_all_phrases_and_of_one_that_is_not_there() -> None:
    assert curves_figure(SWEEP).data[4].x[0] == 0.4
    with pytest.raises(ValueError, match="unicorn"):
        curves_figure(SWEEP, "unicorn")


def test_without_truth_the_count_alone_is_drawn_and_can_be_clicked() -> None:
    (count,) = curves_figure(UNKNOWN, at=0.5).data
    assert list(count.y) == [row.count for row in ROWS]
    assert "markers" in count.mode


@pytest.mark.parametrize(
    "figure", [curves_figure(SWEEP, ODD, 0.5), surface_figure(surface([[0.1, 0.4]]), (0.0, 0.0)), pr_figure(SWEEP)]
)
def test_it_reads_on_light_and_dark(figure: Any) -> None:
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0, 0, 0, 0)"
    colours = [
        figure.layout.font.color,
        *(t.line.color for t in figure.data if "lines" in (getattr(t, "mode", None) or "")),
    ]
    for colour in colours:
        assert min(contrast(colour, "#ffffff"), contrast(colour, "#0b1220")) >= 3, colour
    for axis in (figure.layout.xaxis, figure.layout.yaxis):
        assert axis.title.text
    assert figure.layout.title.text


def test_a_phrase_is_text_and_no_markup() -> None:
    assert "&lt;b&gt;cat" in curves_figure(SWEEP, ODD).layout.title.text
    assert pr_figure(SWEEP).data[0].name.startswith("&lt;b&gt;")


def test_the_surface_marks_the_present_point_and_the_best() -> None:
    figure = surface_figure(surface([[0.1, 0.4, 0.2], [0.3, 0.8, 0.5]]), (0.2, 0.0))
    heat, best, now = figure.data
    assert [list(row) for row in heat.z] == [[0.1, 0.4, 0.2], [0.3, 0.8, 0.5]]
    assert (best.x[0], best.y[0]) == (0.1, 0.1)
    assert (now.x[0], now.y[0]) == (0.2, 0.0)
    assert "Text threshold" in figure.layout.yaxis.title.text


def test_the_best_of_many_equals_lies_in_their_middle() -> None:
    assert best_of(surface([[0.5, 0.5, 0.5], [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]])) == (0.1, 0.1)
    assert best_of(surface([[0.0, 0.0]])) is None
    assert len(surface_figure(surface([[0.0, 0.0]])).data) == 1


def test_precision_against_recall_has_a_line_for_each_phrase_with_objects() -> None:
    curves = [Curve(f"thing {n}", 10, 0.5, 0.5, ROWS[0], ROWS) for n in range(MOST_PHRASES + 2)]
    figure = pr_figure(Sweep((SWEEP.overall, *curves, Curve("none", 0, None, None, None, ROWS)), 4))
    assert len(figure.data) == 1 + MOST_PHRASES + 2
    assert [line.visible for line in figure.data].count("legendonly") == 2
    looks = {(line.line.color, line.line.dash) for line in figure.data[1 : 1 + MOST_PHRASES]}
    assert len(looks) == MOST_PHRASES
    shown = [row for row in ROWS if row.count]
    assert list(figure.data[1].x) == [row.recall for row in shown]
    assert list(figure.data[1].y) == [row.precision for row in shown]
    assert not pr_figure(UNKNOWN).data


def test_one_file_holds_everything() -> None:
    page = figures_html([curves_figure(SWEEP, ODD), pr_figure(SWEEP)], "A & <B>", "2 < 3").decode()
    assert page.startswith("<!DOCTYPE html>")
    assert page.count("Plotly.newPlot(") >= 2
    assert "<h1>A &amp; &lt;B&gt;</h1><p>2 &lt; 3</p>" in page
    assert not re.search(r"<(script|link|img)[^>]*(src|href)=", page.split("</head>")[1] + page[:400])
    assert not re.search(r"<script[^>]+src=", page)
    assert page.count("</script>") == 3  # plotly and two figures; none from a phrase
    again = figures_html([curves_figure(SWEEP, ODD), pr_figure(SWEEP)], "A & <B>", "2 < 3").decode()
    assert again == page

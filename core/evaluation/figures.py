"""A sweep as plots (plotly): curves over the box threshold, two thresholds at once, precision against recall.

Backgrounds are transparent, greys are between, and lines differ in style and colour: they read on light and dark, and
by those who see few colours.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from core.evaluation.curves import Curve, Row, Surface, Sweep
from core.types.arrays import expect

Figure = Any  # plotly.graph_objects.Figure

# Okabe and Ito, "Color universal design" (2008); of theirs, those with a contrast of 3 on white and on near black
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#b8609a")
STYLES = ("solid", "dash", "dot", "dashdot")
SYMBOLS = ("circle", "square", "diamond", "cross")
TEXT = "#7b7f86"  # contrast about 4 on white and on near black
GRID = "rgba(128, 128, 128, 0.25)"
CLEAR = "rgba(0, 0, 0, 0)"
MOST_PHRASES = len(COLOURS) * len(STYLES)  # lines that can be told apart; the others wait in the legend
HEIGHT = 460  # pixels
MEASURES = (
    ("precision", "Precision: shown boxes that are right"),
    ("recall", "Recall: objects that are found"),
    ("f1", "F1: both in one number"),
)
BOX_AXIS = "Box threshold: boxes that score less are not shown"
SECOND_AXIS = {
    "text": "Text threshold",
    "nms_iou": "Overlap (IoU) above which two boxes are one",
    "min_area": "Smallest box, as a share of the picture",
}
PAGE_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:1000px;padding:0 1rem;"
    "background:#fff;color:#1f2328}"
    "@media(prefers-color-scheme:dark){body{background:#0b1220;color:#e5e7eb}}"
)


def curves_figure(sweep: Sweep, phrase: str = "", at: float | None = None) -> Figure:
    """Precision, recall, F1 and count against the box threshold; without truth the count alone.

    phrase: "" for all together. at: where a vertical line stands. A point's `x` and `customdata` are its threshold.
    """
    import plotly.graph_objects as go

    curve = _curve(sweep, phrase)
    steps = [row.threshold for row in curve.rows]
    figure = go.Figure()
    shown = MEASURES if sweep.pictures else ()
    for (measure, name), colour, style, symbol in zip(shown, COLOURS, STYLES, SYMBOLS, strict=False):
        figure.add_scatter(
            x=steps, y=[getattr(row, measure) for row in curve.rows], customdata=steps, name=name,
            mode="lines+markers", line={"color": colour, "dash": style, "width": 2},
            marker={"symbol": symbol, "size": 6}, unselected={"marker": {"opacity": 1}},
            hovertemplate=f"{name.partition(':')[0]} %{{y:.3f}} at %{{x:.2f}}<extra></extra>",
        )  # fmt: skip
    figure.add_scatter(
        x=steps, y=[row.count for row in curve.rows], customdata=steps, name="Boxes shown (right axis)", yaxis="y2",
        mode="lines" if sweep.pictures else "lines+markers", line={"color": TEXT, "dash": "dashdot", "width": 1},
        hovertemplate="%{y} boxes shown at %{x:.2f}<extra></extra>",
    )  # fmt: skip
    if curve.best is not None and sweep.pictures:
        figure.add_trace(_star([curve.best.threshold], [curve.best.f1], f"Best F1: {curve.best.f1:.2f}"))
    figure.update_layout(
        **_layout(f"What each box threshold gives: {_name(phrase)}"),
        xaxis=_axis(BOX_AXIS, range=[0, 1]),
        yaxis=_axis("Share", range=[0, 1.03], visible=bool(sweep.pictures)),
        yaxis2=_axis("Boxes shown", overlaying="y", side="right", rangemode="tozero", showgrid=False),
    )
    if at is not None:
        _line_at(figure, at)
    return figure


def surface_figure(surface: Surface, at: tuple[float, float] | None = None) -> Figure:
    """F1 over the box threshold (x) and the second number (y). at: the present box threshold and second number."""
    import plotly.graph_objects as go

    more = np.stack([surface.precision, surface.recall, surface.count], axis=-1)
    figure = go.Figure()
    figure.add_heatmap(
        x=list(surface.grid), y=list(surface.values), z=surface.f1.tolist(), customdata=more.tolist(),
        colorscale="Cividis", zmin=0, zmax=1, colorbar={"title": {"text": "F1"}, "outlinewidth": 0},
        hovertemplate="box %{x:.2f}, second %{y:.3g}: F1 %{z:.3f}, precision %{customdata[0]:.3f}, "
        "recall %{customdata[1]:.3f}, %{customdata[2]} boxes<extra></extra>",
    )  # fmt: skip
    best = best_of(surface)
    if best is not None:
        figure.add_trace(_star([best[0]], [best[1]], f"Best F1: {surface.f1.max():.2f}"))
    if at is not None:
        figure.add_scatter(
            x=[at[0]], y=[at[1]], mode="markers", name="Now",
            marker={"symbol": "circle-open", "size": 14, "color": "#ffffff", "line": {"color": "#ffffff", "width": 3}},
        )  # fmt: skip
    second = SECOND_AXIS.get(surface.second, surface.second)
    figure.update_layout(
        **_layout("F1 at every pair of thresholds"), xaxis=_axis(BOX_AXIS), yaxis=_axis(second, type="linear")
    )
    return figure


def best_of(surface: Surface) -> tuple[float, float] | None:
    """(box threshold, second number) of the highest F1, where it is reached by many the one nearest to their middle.

    None where F1 is 0 everywhere.
    """
    if not surface.f1.size or surface.f1.max() <= 0:
        return None
    cells = np.argwhere(surface.f1 == surface.f1.max())
    row, column = cells[((cells - cells.mean(0)) ** 2).sum(1).argmin()]
    return surface.grid[column], surface.values[row]


def pr_figure(sweep: Sweep) -> Figure:
    """Recall against precision: a line for all together and one for each phrase that has objects."""
    import plotly.graph_objects as go

    figure = go.Figure()
    phrases = sorted((c for c in sweep.curves[1:] if c.objects), key=lambda c: -c.objects)
    if sweep.pictures and sweep.overall.objects and len(phrases) > 1:
        figure.add_trace(_pr_line(sweep.overall, {"color": TEXT, "width": 4}, "circle", True))
    for number, curve in enumerate(phrases):
        colour, style = COLOURS[number % len(COLOURS)], STYLES[(number // len(COLOURS) + number) % len(STYLES)]
        line = {"color": colour, "dash": style, "width": 2}
        figure.add_trace(_pr_line(curve, line, SYMBOLS[number % len(SYMBOLS)], number < MOST_PHRASES))
    figure.update_layout(
        **_layout("Precision against recall: each point is a box threshold"),
        xaxis=_axis("Recall: share of the objects that are found", range=[0, 1.03]),
        yaxis=_axis("Precision: share of the shown boxes that are right", range=[0, 1.03]),
    )
    if not phrases:
        figure.add_annotation(
            text="No object is known: nothing to draw", showarrow=False, xref="paper", yref="paper", x=0.5, y=0.5
        )
    return figure


def figures_html(figures: Sequence[Figure], title: str, note: str = "") -> bytes:
    """One HTML file with everything in it, that of plotly too: it needs no network. UTF-8."""
    from plotly import offline
    from plotly.io import to_html

    parts = [
        to_html(
            figure, config={"displaylogo": False, "responsive": True}, include_plotlyjs=False, full_html=False,
            default_height=f"{HEIGHT}px", div_id=f"figure-{number}",
        )
        for number, figure in enumerate(figures, 1)
    ]  # fmt: skip
    told = f"<p>{html.escape(note)}</p>" if note else ""
    page = (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{PAGE_STYLE}</style><script>{offline.get_plotlyjs()}</script></head>\n"
        f"<body><h1>{html.escape(title)}</h1>{told}\n{''.join(parts)}\n</body></html>\n"
    )
    return page.encode("utf-8", "replace")


def _curve(sweep: Sweep, phrase: str) -> Curve:
    curve = sweep.of(phrase) if phrase else sweep.overall
    expect(curve is not None, f"phrase must be one of the sweep's, but got {phrase!r}")
    assert curve is not None
    return curve


def _name(phrase: str) -> str:
    """plotly reads a little HTML in its texts."""
    return html.escape(phrase, quote=False) or "all phrases together"


def _pr_line(curve: Curve, line: Mapping[str, Any], symbol: str, visible: bool) -> Any:
    import plotly.graph_objects as go

    rows: list[Row] = [row for row in curve.rows if row.count]
    return go.Scatter(
        x=[row.recall for row in rows], y=[row.precision for row in rows],
        customdata=[row.threshold for row in rows], name=_name(curve.phrase), mode="lines+markers", line=line,
        marker={"symbol": symbol, "size": 5}, visible=True if visible else "legendonly",
        unselected={"marker": {"opacity": 1}},
        hovertemplate="threshold %{customdata:.2f}: precision %{y:.3f}, recall %{x:.3f}<extra>%{fullData.name}</extra>",
    )  # fmt: skip


def _star(x: Sequence[float], y: Sequence[float], name: str) -> Any:
    import plotly.graph_objects as go

    marker = {"symbol": "star", "size": 15, "color": "#e69f00", "line": {"color": "#1f2328", "width": 1}}
    return go.Scatter(
        x=list(x), y=list(y), customdata=list(x), mode="markers", name=name, marker=marker,
        unselected={"marker": {"opacity": 1}}, hovertemplate=f"{name} at %{{x:.2f}}<extra></extra>",
    )  # fmt: skip


def _line_at(figure: Figure, at: float) -> None:
    figure.add_shape(
        type="line", x0=at, x1=at, y0=0, y1=1, yref="paper", line={"color": TEXT, "width": 2, "dash": "dash"}
    )
    figure.add_annotation(
        text=f"now {at:.2f}", x=at, y=1, yref="paper", yanchor="bottom", showarrow=False,
        xanchor="left" if at < 0.1 else "right" if at > 0.9 else "center",
    )  # fmt: skip


def _layout(title: str) -> dict[str, Any]:
    return {
        "title": {"text": title, "font": {"size": 16}}, "template": "none", "height": HEIGHT,
        "paper_bgcolor": CLEAR, "plot_bgcolor": CLEAR, "font": {"color": TEXT, "size": 13}, "hovermode": "closest",
        "clickmode": "event+select", "margin": {"l": 60, "r": 60, "t": 80, "b": 110},
        "legend": {"orientation": "h", "y": -0.2, "yanchor": "top", "x": 0, "bgcolor": CLEAR},
    }  # fmt: skip


def _axis(title: str, **more: Any) -> dict[str, Any]:
    return {
        "title": {"text": title}, "gridcolor": GRID, "linecolor": GRID, "zerolinecolor": GRID, "automargin": True,
        **more,
    }  # fmt: skip

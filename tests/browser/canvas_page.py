"""A page with one canvas: a made picture of 12 megapixels with 50 objects, and in words what the user did to it.

Its address chooses: ?tool=click, ?tool=box, ?listen=no, ?objects=no, ?label=..., ?small=yes (another picture).
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import cv2
import numpy as np
import streamlit as st
from streamlit import runtime

from core.pictures import encode_jpeg
from core.types.arrays import Pixels
from core.types.image import ImageAsset
from core.types.masks import Mask
from pages.shared.canvas import CanvasEvent, Jpeg, Shape, canvas

WIDTH, HEIGHT, ACROSS, DOWN = 4000, 3000, 10, 5
CELL = (WIDTH // ACROSS, HEIGHT // DOWN)
NASTY = '<img src=x onerror="document.title=1"><b>bold</b> &amp; كلب بني 🐕‍🦺 ' + "very long " * 20


@st.cache_resource(max_entries=4)
def made(small: bool) -> tuple[ImageAsset, tuple[Mask, ...]]:
    """Fine texture, and in each cell of a grid a wavy blob; number 1 has a hole, and 2 lies inside its lower right."""
    random = np.random.default_rng(1)
    pixels: Pixels = cv2.resize(random.integers(60, 200, (300, 400, 3), np.uint8), (WIDTH, HEIGHT))
    pixels = np.asarray(pixels // 2 + random.integers(0, 60, pixels.shape, np.uint8), np.uint8)
    if small:
        return ImageAsset.of(pixels[:90, :120], "small"), ()
    masks = []
    turn = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    for index in range(ACROSS * DOWN):
        centre = (np.array([index % ACROSS, index // ACROSS]) + 0.5) * CELL
        radius = 150 + 30 * np.sin(turn * 7 + index) + 12 * np.sin(turn * 31) + random.normal(0, 2, len(turn))
        outline = centre + np.stack([np.cos(turn) * radius, np.sin(turn) * radius * 1.6], 1)
        bits = cv2.fillPoly(np.zeros((HEIGHT, WIDTH), np.uint8), [outline.astype(np.int32)], 1)
        if index == 0:
            cv2.circle(bits, tuple(int(v) for v in centre), 60, 0, -1)
        if index == 1:
            bits[:] = 0
            bits[400:420, 240:260] = 1  # on number 1's lower half
        masks.append(Mask.of(bits.astype(bool)))
    return ImageAsset.of(pixels, "made"), tuple(masks)


def main() -> None:
    """The page."""
    query, kept = st.query_params, st.session_state
    for name, value in (
        ("events", []),
        ("selected", None),
        ("hidden", []),
        ("points", []),
        ("drawn", (2100, 1300, 2300, 1500)),
    ):
        kept.setdefault(name, value)
    kept.setdefault("encoded", [])
    picture, masks = made(st.toggle("Other picture", key="other") or query.get("small") == "yes")

    def jpeg(side: int | None) -> bytes:
        kept["encoded"].append(side)
        return encode_jpeg(picture.pixels, side, 88)

    st.button("Run again")
    layers = st.pills(
        "Layers", ["Masks", "Boxes", "Labels"], selection_mode="multi", default=["Masks", "Boxes", "Labels"]
    )
    if not st.toggle("Without the canvas"):
        part(picture, masks, jpeg, layers or [])


@st.fragment
def part(picture: ImageAsset, masks: Sequence[Mask], jpeg: Jpeg, layers: list[str]) -> None:
    """The canvas in a fragment, as on a page."""
    query, kept = st.query_params, st.session_state
    shapes = [
        Shape(n, NASTY if n == 3 else f"{n} thing .{n:02d}", tuple(float(v) for v in mask.box), mask)
        for n, mask in enumerate(masks, 1)
    ]
    if masks:
        shapes.append(Shape(51, "51 drawn", kept["drawn"], editable=True))
        shapes.append(Shape(52, "52 perhaps", (3000.0, 1000.0, 3300.0, 1400.0), dashed=True))
    canvas(
        "canvas", picture, shapes, alt="A made picture", jpeg=jpeg, layers=layers, hidden=kept["hidden"],
        selected=kept["selected"], tool=query.get("tool", "look"), points=kept["points"],
        on_event=None if query.get("listen") == "no" else on_event, objects=query.get("objects") != "no",
    )  # fmt: skip
    st.button("Run the part again")
    files = runtime.get_instance().media_file_mgr
    st.code(json.dumps({"events": kept["events"], "encoded": kept["encoded"], "files": len(files._file_metadata)}))


def on_event(event: CanvasEvent) -> None:
    """Note it, and do as a page would."""
    kept = st.session_state
    kept["events"].append(
        {k: sorted(v) if isinstance(v, frozenset) else v for k, v in vars(event).items() if v is not None}
    )
    if event.kind == "select":
        kept["selected"] = event.number
    if event.hidden is not None:
        kept["hidden"] = sorted(event.hidden)
    if event.point is not None:
        kept["points"] = [*kept["points"], event.point]
    if event.kind == "move":
        kept["drawn"] = event.box


if __name__ == "__main__":  # as Streamlit runs it; the tests import its figures
    main()

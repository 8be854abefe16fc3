"""A box drawn with two sliders over the picture, with a live preview."""

from __future__ import annotations

import cv2
import numpy as np
import streamlit as st

from core.overlay import DARK, LIGHT
from core.pictures import encode_jpeg, thumbnail
from core.types.boxes import Box
from core.types.image import ImageAsset
from pages.shared import actions
from pages.shared.pictures import SCREEN_QUALITY
from pages.shared.state import Exchange, Session

PREVIEW_SIDE = 960
SHADE = 0.45  # what lies outside the box is darkened to this share
SMALLEST = 2  # pixels a side


def draw_box(session: Session, exchange: Exchange) -> None:
    """The form: preview, left to right, top to bottom, use or leave."""
    assert exchange.picture is not None
    width, height = exchange.picture.width, exchange.picture.height
    left, right = st.columns([3, 2], gap="medium")
    with right:
        st.markdown("**Draw a box around the object**")
        across = st.slider(
            "Left to right (px)", 0, width, (width // 4, width - width // 4), key=f"across-{exchange.id}"
        )
        down = st.slider(
            "Top to bottom (px)", 0, height, (height // 4, height - height // 4), key=f"down-{exchange.id}"
        )
        box = (float(across[0]), float(down[0]), float(across[1]), float(down[1]))
        too_small = min(box[2] - box[0], box[3] - box[1]) < SMALLEST
        with st.container(horizontal=True):
            st.button(
                "Use this box", key=f"use-{exchange.id}", type="primary", icon=":material/crop_free:",
                disabled=too_small, help="The box is empty: move the handles apart" if too_small else None,
                on_click=_use, args=(exchange, box),
            )  # fmt: skip
            st.button("Leave it", key=f"leave-{exchange.id}", type="tertiary", on_click=_leave, args=(exchange,))
    with left:
        image = session.store.open(exchange.picture)
        st.image(preview(image, box), width="stretch", alt="The picture with the box drawn on it")


def _use(exchange: Exchange, box: Box) -> None:
    actions.use_box(exchange, box)
    st.rerun()


def _leave(exchange: Exchange) -> None:
    exchange.drawing = False


def preview(image: ImageAsset, box: Box) -> bytes:
    """JPEG: the picture, dark outside the box."""
    small = thumbnail(image.pixels, PREVIEW_SIDE)
    factor = small.shape[1] / image.width
    x0, y0, x1, y1 = (round(v * factor) for v in box)
    canvas = np.asarray(small * SHADE, np.uint8)
    canvas[y0:y1, x0:x1] = small[y0:y1, x0:x1]
    cv2.rectangle(canvas, (x0, y0), (max(x1 - 1, x0), max(y1 - 1, y0)), DARK, 4)
    cv2.rectangle(canvas, (x0, y0), (max(x1 - 1, x0), max(y1 - 1, y0)), LIGHT, 2)
    return encode_jpeg(canvas, None, SCREEN_QUALITY)

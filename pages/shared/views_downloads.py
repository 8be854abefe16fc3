"""The downloads of one answer. A file is built when it is clicked, from what is shown then; the page stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from core.formats.bundle import files, slug, zip_bytes
from core.types.turn import Turn
from pages.shared import engines
from pages.shared.state import Part, Session
from pages.shared.texts import escape

SINGLE: dict[str, tuple[str, str]] = {  # file -> what it is called, its kind
    "overlay.png": ("Overlay (PNG)", "image/png"),
    "index.png": ("Index mask (PNG)", "image/png"),
    "coco.json": ("COCO annotations (JSON)", "application/json"),
    "objects.csv": ("Table of objects (CSV)", "text/csv"),
    "manifest.json": ("Manifest, to replay it (JSON)", "application/json"),
}
EDITED = {"edited.png": ("Changed picture (PNG)", "image/png")}
MOST_OBJECTS = 8  # with buttons of their own; all are in the zip


def downloads(session: Session, part: Part, turn: Turn) -> None:
    """ "Download all" first, then single files, listed when they are asked for."""
    stem = slug(part.turn.text)
    with st.container(horizontal=True):
        st.download_button(
            "Download all", lambda: zip_bytes(contents(session, part)), f"{stem}.zip", "application/zip",
            key=f"zip-{part.id}", on_click="ignore", type="primary", icon=":material/download:",
            help="One zip: overlay, masks, cut-outs, COCO, CSV and a manifest, at the thresholds shown",
        )  # fmt: skip
        more = st.popover("Single files", key=f"more-{part.id}", on_change="rerun", type="tertiary")
    if more.open:
        with more:
            _single_files(session, part, turn, stem)


def _single_files(session: Session, part: Part, turn: Turn, stem: str) -> None:
    for name, (label, kind) in (SINGLE | (EDITED if part.edited else {})).items():
        _button(session, part, name, label, kind, f"{stem}-{name}")
    masked = [
        (n, detection.phrase)
        for n, (detection, mask) in enumerate(zip(turn.detections.items, turn.masks.items, strict=False), 1)
        if mask.area
    ]
    for number, phrase in masked[:MOST_OBJECTS]:
        name = f"cutouts/{number:02d}_{slug(phrase)}.png"
        label = f"Cut-out {number}: {escape(phrase, 30)} (PNG)"
        _button(session, part, name, label, "image/png", name.rpartition("/")[2])
    if len(masked) > MOST_OBJECTS:
        st.caption("The other cut-outs are in the zip.")


def _button(session: Session, part: Part, name: str, label: str, kind: str, file_name: str) -> None:
    st.download_button(
        label, _one(session, part, name), file_name, kind,
        key=f"file-{part.id}-{name}", on_click="ignore", type="tertiary", icon=":material/draft:", width="stretch",
    )  # fmt: skip


def _one(session: Session, part: Part, name: str) -> Callable[[], bytes]:
    return lambda: contents(session, part)[name]


def contents(session: Session, part: Part) -> dict[str, bytes]:
    """Every file of an answer, at the thresholds that its sliders show now."""
    turn = (part.shown if part.tuned is not None else None) or part.turn
    assert part.picture is not None
    if part.edited is not None:
        turn = replace(turn, edited=engines.pictures().open(part.edited))
    return files(turn, engines.pictures().open(part.picture), engines.settings())

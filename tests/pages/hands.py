"""A user's hands on the canvas, for AppTest: it cannot run a component's page code.

The canvas is replaced by a button whose callback says what the browser would have said: as with the component, before
the script runs again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
import streamlit as st

from core.types.boxes import Box
from core.types.picture import PictureRef
from pages.shared.canvas import CanvasEvent, Shape
from pages.shared.state import Part
from tests.pages.conftest import App

SCREEN = 1460


@dataclass
class Hands:
    """drawn: the shapes of each canvas on the page, by key, as of the last run."""

    drawn: dict[str, Sequence[Shape]] = field(default_factory=dict)
    event: CanvasEvent | None = None

    def canvas(
        self,
        key: str,
        picture: PictureRef,
        shapes: Sequence[Shape],
        *,
        jpeg: Callable[[int | None], bytes],
        on_event: Callable[[CanvasEvent], None] | None = None,
        **_: Any,
    ) -> None:
        """In the canvas's place; the picture is read as it would be."""
        assert jpeg(SCREEN)
        self.drawn[key] = shapes
        if on_event is not None:
            st.button(key, key=f"hand-{key}", on_click=self._say, args=(on_event,))

    def _say(self, on_event: Callable[[CanvasEvent], None]) -> None:
        assert self.event is not None
        on_event(self.event)

    def do(self, app: App, event: CanvasEvent, part: Part | None = None) -> App:
        self.event = event
        return app.press_key(f"hand-canvas-{(part or app.part).id}")

    def select(self, app: App, number: int | None) -> App:
        return self.do(app, CanvasEvent("select", number))

    def click(self, app: App, x: float, y: float, positive: bool = True) -> App:
        return self.do(app, CanvasEvent("point", point=(x, y, positive)))

    def draw(self, app: App, box: Box, part: Part | None = None) -> App:
        return self.do(app, CanvasEvent("box", box=box), part)

    def move(self, app: App, number: int, box: Box) -> App:
        return self.do(app, CanvasEvent("move", number, box=box))

    def reject(self, app: App, number: int, part: Part | None = None) -> App:
        return self.do(app, CanvasEvent("reject", number), part)

    def shapes(self, part: Part) -> Sequence[Shape]:
        return self.drawn[f"canvas-{part.id}"]


def hands_on(monkeypatch: pytest.MonkeyPatch) -> Hands:
    """Hands on every canvas of the app."""
    hands = Hands()
    monkeypatch.setattr("pages.shared.views_answer.canvas", hands.canvas)
    monkeypatch.setattr("pages.shared.views_pictures.canvas", hands.canvas)
    return hands


def boxes(part: Part) -> list[Box]:
    """What is marked in an answer's picture."""
    return [detection.box for detection in (part.shown or part.turn).detections.items]

"""What a hand does on a page with a canvas, and what it sees there."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page

from tests.browser.canvas_page import CELL, HEIGHT, WIDTH
from tests.browser.conftest import DESKTOP, WAIT_MS

SOON_MS = 400
ROOT_OF = "[...document.querySelectorAll('*')].find(e => e.shadowRoot?.querySelector('.stage')).shadowRoot"
PICTURE, INK = f"{ROOT_OF}.querySelector('.picture')", f"{ROOT_OF}.querySelector('.ink')"
COUNT_RUNS = """() => { window.runs = 0; new MutationObserver(() => { window.runs += 1 }).observe(
    document.querySelector('[data-testid=stApp]'), {attributeFilter: ['data-test-script-state']}) }"""
TIME_REDRAWS = f"""() => {{ window.took = []; const ask = window.requestAnimationFrame.bind(window), ink = {INK};
    window.requestAnimationFrame = (draw) => ask((time) => {{
        const start = performance.now(); draw(time);
        ink.getContext('2d').getImageData(0, 0, 1, 1); // waits until it is really painted
        took.push(performance.now() - start) }}) }}"""
Opened = Callable[..., "Canvas"]


class Canvas:
    """The page with its canvas open in a browser."""

    def __init__(self, page: Page) -> None:
        self.page, self.size, self.errors = page, (WIDTH, HEIGHT), list[str]()
        self.stage = page.locator(".stage")
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, address: str) -> Canvas:
        self.page.goto(address)
        self.stage.wait_for(timeout=WAIT_MS)
        self.page.wait_for_function(PICTURE + ".naturalWidth > 0", timeout=WAIT_MS)
        self.page.wait_for_load_state("networkidle")  # the outlines are there
        self.settle()
        return self

    def settle(self) -> None:
        self.page.wait_for_timeout(SOON_MS)
        self.page.wait_for_function(
            "() => document.querySelector('[data-testid=stApp][data-test-script-state=notRunning]')", timeout=WAIT_MS
        )
        assert not self.errors, self.errors

    @property
    def view(self) -> tuple[float, float, float]:
        """x and y of the picture's corner in the window, and CSS pixels for one of its pixels."""
        rect = self.page.evaluate(
            f"(() => {{ const r = {PICTURE}.getBoundingClientRect(); return [r.x, r.y, r.width] }})()"
        )
        return rect[0], rect[1], rect[2] / self.size[0]

    def spot(self, x: float, y: float) -> tuple[float, float]:
        """Where a place of the picture is in the window."""
        left, top, scale = self.view
        return left + x * scale, top + y * scale

    def click(self, x: float, y: float, **how: Any) -> None:
        self.page.mouse.move(*self.spot(x, y))
        self.page.mouse.click(*self.spot(x, y), **how)
        self.settle()

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Between two places of the picture."""
        first, last = self.spot(*start), self.spot(*end)
        self.page.mouse.move(*first)
        self.page.mouse.down()
        self.page.mouse.move((first[0] + last[0]) / 2, (first[1] + last[1]) / 2)
        self.page.mouse.move(*last)
        self.page.mouse.up()
        self.settle()

    def wheel(self, x: float, y: float, turns: int = 5) -> None:
        """Zoom in (or out, for negative turns) at a place."""
        self.page.mouse.move(*self.spot(x, y))
        for _ in range(abs(turns)):
            self.page.mouse.wheel(0, -100 if turns > 0 else 100)
            self.page.wait_for_timeout(20)
        self.settle()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.stage.press(key)
        self.settle()

    def button(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()
        self.settle()

    @property
    def told(self) -> dict[str, Any]:
        """What the page wrote below the canvas."""
        told: dict[str, Any] = json.loads(self.page.get_by_test_id("stCode").inner_text())
        return told

    @property
    def events(self) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = self.told["events"]
        return events

    def row(self, number: int) -> Locator:
        return self.page.locator(f"li[data-number='{number}']")

    def colours(self, x: float, y: float) -> list[int]:
        """The drawing's own RGBA at a place."""
        spot = self.spot(x, y)
        rgba: list[int] = self.page.evaluate(
            f"""([x, y]) => {{ const ink = {INK}, r = ink.getBoundingClientRect(), k = ink.width / r.width;
            return [...ink.getContext('2d').getImageData((x - r.x) * k, (y - r.y) * k, 1, 1).data] }}""",
            list(spot),
        )
        return rgba

    def listeners(self) -> int:
        """How many listeners for the wheel the document has."""
        client = self.page.context.new_cdp_session(self.page)
        document = client.send("Runtime.evaluate", {"expression": "document"})["result"]["objectId"]
        found = client.send("DOMDebugger.getEventListeners", {"objectId": document})["listeners"]
        return sum(one["type"] == "wheel" for one in found)

    def shoot(self, name: str) -> None:
        """Keep a picture of the page, where a folder for them is named."""
        folder = os.environ.get("VLP_SCREENSHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(Path(folder) / f"canvas-{name}.png"))


@contextmanager
def visitors(chromium: Browser, address: str) -> Iterator[Opened]:
    """Open the page as somebody new."""
    contexts = []

    def visit(query: str = "", size: tuple[int, int] = DESKTOP, **how: Any) -> Canvas:
        context = chromium.new_context(viewport={"width": size[0], "height": size[1]}, **how)
        contexts.append(context)
        return Canvas(context.new_page()).open(f"{address}/?{query}")

    yield visit
    for context in contexts:
        context.close()


def centre(number: int) -> tuple[float, float]:
    """The middle of an object of the page's grid."""
    return ((number - 1) % 10 + 0.5) * CELL[0], ((number - 1) // 10 + 0.5) * CELL[1]

"""Warm turns by step, and a threshold change against a detector pass."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

from core.contours import path_data
from core.dialogue.answering import retune
from core.dialogue.engines import Engines, assemble
from core.dialogue.turn import run_turn
from core.jobs import Job
from core.pictures import encode_jpeg
from core.sessions.pictures import SHOWN_QUALITY
from core.settings import load_settings
from core.types.events import Completed
from core.types.image import ImageAsset
from core.types.turn import Request, Turn
from pages.shared.canvas import SCREEN_SIDE
from tests.bench import needs
from tests.bench.pictures import mosaic, resized, sample

RUNS, CHANGES = 7, 200


@contextmanager
def clock(into: list[float]) -> Iterator[None]:
    """Append the milliseconds that the block took."""
    begin = time.perf_counter()
    yield
    into.append((time.perf_counter() - begin) * 1000)


def ask(engines: Engines, image: ImageAsset, text: str) -> Turn:
    """One finished turn."""
    thresholds = load_settings().thresholds
    events = list(run_turn(Request(text, image, thresholds), engines, Job()))
    assert isinstance(events[-1], Completed)
    return events[-1].turn


def show(image: ImageAsset, turn: Turn) -> None:
    """What a page does with a new answer: the picture at screen size, encoded, and its masks' outlines."""
    encode_jpeg(image.pixels, SCREEN_SIDE, SHOWN_QUALITY)
    outline(turn)


def outline(turn: Turn) -> None:
    """What a page does with an answer that changed: the outlines of masks that are new. The picture stays."""
    for mask in turn.masks.items:
        path_data(mask)


def warm_turn_640() -> dict[str, float]:
    """One object at 640 px, every picture new to the engines."""
    return _warm("warm_turn_640", 640, 640)


def warm_turn_12mp() -> dict[str, float]:
    """The same at 12 megapixels."""
    return _warm("warm_turn_12mp", 4000, 3000)


def _warm(name: str, width: int, height: int) -> dict[str, float]:
    needs.weights()
    engines = assemble(load_settings())
    base = sample("astronaut")
    ask(engines, resized(base, width, height, 999), "segment the person")
    total: list[float] = []
    steps: dict[str, list[float]] = {}
    for run in range(RUNS):
        image = resized(base, width, height, run)
        shown: list[float] = []
        with clock(total):
            turn = ask(engines, image, "segment the person")
            with clock(shown):
                show(image, turn)
        assert len(turn.detections) >= 1, "the person was not found"
        for step, value in {**turn.timings_ms, "draw": shown[0]}.items():
            steps.setdefault(step, []).append(value)
    figures = {f"{name}_ms": statistics.median(total)}
    return figures | {f"{name}_{step}_ms": statistics.median(values) for step, values in steps.items()}


def threshold_change() -> dict[str, float]:
    """A moved slider at 12 megapixels: select, cut, answer, outline; against one detector pass."""
    needs.weights()
    engines = assemble(load_settings())
    detector = engines.detector
    image = mosaic(4000, 3000)
    thresholds = load_settings().thresholds
    turn = ask(engines, image, "segment the person, the cat, the cup and the motorcycle")
    passes: list[float] = []
    for run in range(RUNS):
        with clock(passes):
            detector.propose(resized(image, 4000, 3000, run), ("person", "cat", "cup", "motorcycle"), Job())
    calls = getattr(detector, "calls", 0)
    boxes: list[float] = []
    cuts: list[float] = []
    for change in range(CHANGES):
        level = 0.15 + 0.6 * (change % 50) / 50
        with clock(boxes):
            outline(retune(turn, image, thresholds.with_(box=level), engines)[0])
    for change in range(CHANGES):
        level = 0.2 + 0.6 * change / CHANGES  # a new cut every time: nothing is remembered
        with clock(cuts):
            outline(retune(turn, image, thresholds.with_(mask_cut=level), engines)[0])
    box, mask, measured = statistics.median(boxes), statistics.median(cuts), statistics.median(passes)
    return {
        "threshold_change_box_12mp_ms": box,
        "threshold_change_mask_12mp_ms": mask,
        "detector_pass_12mp_ms": measured,
        "threshold_change_to_detector_pass_ratio": box / measured,
        "threshold_change_detector_calls": getattr(detector, "calls", 0) - calls,
        "threshold_change_objects": float(len(turn.detections)),
    }

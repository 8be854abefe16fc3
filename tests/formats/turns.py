"""A finished turn on a painted picture, made by the real line with fake engines."""

from __future__ import annotations

from core.dialogue.turn import run_turn
from core.jobs import Job
from core.types.events import Completed
from core.types.image import ImageAsset
from core.types.turn import Request, Turn
from tests.fakes import default_thresholds, fake_engines, painted

LARGE, SMALL = (10.0, 10.0, 90.0, 70.0), (60.0, 30.0, 100.0, 60.0)  # they overlap
PICTURE = painted({LARGE: (200, 30, 30), SMALL: (30, 30, 200)})


def finished(text: str = "segment the cat and the dog", image: ImageAsset = PICTURE) -> Turn:
    """Two objects, masked."""
    engines = fake_engines([("cat", LARGE, 0.9), ("dog", SMALL, 0.8)])
    last = list(run_turn(Request(text, image, default_thresholds()), engines, Job()))[-1]
    assert isinstance(last, Completed)
    return last.turn

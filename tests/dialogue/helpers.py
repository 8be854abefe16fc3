"""One request with faked engines, for the tests of turns."""

from __future__ import annotations

from typing import Any

from core.dialogue.engines import Engines
from core.dialogue.turn import run_turn
from core.jobs import Job
from core.types.boxes import Box
from core.types.events import Completed, Event
from core.types.turn import Request, Turn
from tests.fakes import default_thresholds, fake_engines, picture

LEFT: Box = (10.0, 10.0, 40.0, 40.0)
RIGHT: Box = (60.0, 10.0, 90.0, 40.0)
PETS = (("dog", LEFT, 0.9), ("cat", RIGHT, 0.8))


def events_of(text: str, engines: Engines | None = None, job: Job | None = None, **more: Any) -> list[Event]:
    given = more.pop("given", {})
    image, thresholds = more.pop("image", picture()), more.pop("thresholds", default_thresholds())
    request = Request(text, image, thresholds, **more)
    return list(run_turn(request, engines or fake_engines(PETS), job or Job(), given))


def turn_of(text: str, engines: Engines | None = None, job: Job | None = None, **more: Any) -> Turn:
    events = events_of(text, engines, job, **more)
    completed = [event for event in events if isinstance(event, Completed)]
    assert [events[-1]] == completed, "Completed comes once, and last"
    return completed[0].turn


def shown(turn: Turn) -> list[tuple[str, Box]]:
    return [(d.phrase, d.box) for d in turn.detections.items]

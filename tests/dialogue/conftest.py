"""A scene of two dogs and a cat, and the turns that looked at it."""

from __future__ import annotations

import pytest

from core.dialogue.engines import Engines
from core.types.turn import Turn
from tests.dialogue.references_helpers import first, scene_engines


@pytest.fixture
def engines() -> Engines:
    return scene_engines()


@pytest.fixture
def dogs(engines: Engines) -> Turn:
    return first("segment the dogs", engines)


@pytest.fixture
def pets(engines: Engines) -> Turn:
    return first("segment the dogs and the cat", engines)

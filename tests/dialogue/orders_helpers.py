"""The engines with which orders are read in tests, and the filters that they speak of."""

from __future__ import annotations

from collections.abc import Sequence

from core.dialogue.engines import Engines
from core.dialogue.orders import read_order
from core.keywords.embedded import EmbeddedKeywords
from core.registry import EngineContext
from core.settings import ASSETS
from core.types.language import Filter, FilterKind, IntentName, IntentPrediction
from core.types.reference import Order
from tests.fakes import FakeIntent, fake_engines

NAMED = ("dog", "cat", "ball")
LEFT, RIGHT = Filter(FilterKind.SIDE, "left"), Filter(FilterKind.SIDE, "right")
TOP, BOTTOM, MIDDLE = (Filter(FilterKind.SIDE, side) for side in ("top", "bottom", "center"))
LARGEST, SMALLEST = Filter(FilterKind.SIZE, "largest"), Filter(FilterKind.SIZE, "smallest")
ONE, TWO, MANY = (Filter(FilterKind.COUNT, "", number) for number in (1, 2, 0))
# the real extractor, which needs no weights; intents by their first word
ENGINES: Engines = fake_engines(keywords=EmbeddedKeywords(EngineContext(ASSETS, ASSETS)))


class Reserved(FakeIntent):
    """Takes every text for something else: only the words of the tables make an order."""

    def classify(self, texts: Sequence[str]) -> list[IntentPrediction]:
        return [IntentPrediction.certain(IntentName.OTHER) for _ in texts]


def order(side: str, number: int) -> Filter:
    return Filter(FilterKind.ORDER, side, number)


def read(text: str, named: tuple[str, ...] = NAMED) -> Order:
    """The order in a text that must be one."""
    found = read_order(text, ENGINES, (), named)
    assert found is not None, f"{text!r} was not read as an order"
    return found

"""One extractor for all tests here: the parser takes half a second to load."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.keywords.embedded import EmbeddedKeywords
from core.keywords.parse import read
from core.ports import KeywordExtractor
from core.registry import EngineContext
from core.settings import ASSETS
from core.types.engine import EngineStatus
from core.types.language import Keywords


class RulesAlone(KeywordExtractor):
    """The extractor as it is where spaCy is missing."""

    def extract(self, text: str) -> Keywords:
        return read(text, ASSETS, None)

    def status(self) -> EngineStatus:
        return EngineStatus(True)


@pytest.fixture(scope="session")
def extractor() -> KeywordExtractor:
    return EmbeddedKeywords(EngineContext(Path("unused"), ASSETS))


@pytest.fixture(scope="session")
def rules() -> KeywordExtractor:
    return RulesAlone()

"""The embedded extractor: a dependency parse guarded by lexicon rules; the rules alone where spaCy is missing."""

from __future__ import annotations

from types import MappingProxyType

from core.errors import EngineUnavailable
from core.keywords.lexicon import load_lexicon
from core.keywords.parse import read
from core.keywords.parser import installed_model, load_parser
from core.ports import KeywordExtractor
from core.registry import EngineContext
from core.types.engine import EngineStatus
from core.types.language import Keywords

RULES_ALONE = "spaCy or its English model is missing: object phrases come from the word lists alone."
REMEDY = "Install them: pip install -r requirements-embedded.txt"


class EmbeddedKeywords(KeywordExtractor):
    """Thread-safe; the parser is loaded once a process, on the first text."""

    def __init__(self, context: EngineContext) -> None:
        self._assets = context.assets

    def extract(self, text: str) -> Keywords:
        """Raises `EngineUnavailable` where the word lists are missing."""
        return read(text, self._assets, load_parser())

    def status(self) -> EngineStatus:
        try:
            load_lexicon(self._assets, "english")
        except EngineUnavailable as error:
            return EngineStatus(False, error.message, error.remedy)
        model = installed_model()
        details = MappingProxyType({"method": "parse" if model else "rules", "model": model})
        return EngineStatus(True, "" if model else RULES_ALONE, "" if model else REMEDY, details=details)

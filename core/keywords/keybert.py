"""Object phrases by KeyBERT: the parser says what may be meant, a sentence embedding ranks it.

KeyBERT's own n-grams cross commas and take verbs and places for objects (F1 .27 instead of .98 on the project's
sentences), so it is offered the word groups of the parser's targets alone.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import PurePath
from types import MappingProxyType
from typing import Any

import numpy as np

from core.errors import EngineUnavailable, SettingsError
from core.jobs import Job, current
from core.keywords import embedders
from core.keywords.embedded import REMEDY, RULES_ALONE
from core.keywords.lexicon import load_lexicon
from core.keywords.ngrams import joined, named, offered
from core.keywords.parse import read
from core.keywords.parser import installed_model, load_parser
from core.ports import KeywordExtractor
from core.registry import EngineContext
from core.shared_models.local import LocalModel
from core.shared_models.minilm import INFO, shared_minilm
from core.shared_models.passes import translated
from core.shared_models.placement import INSTALL
from core.shared_models.source import TRANSFORMERS, Source
from core.types.engine import EngineStatus
from core.types.language import OUTRANKED, Keywords

BUNDLED = "bundled"
METHOD = "keybert"
WHAT = "The sentence embedding"
MOST = 100  # of `most`: the time of a selection grows with its square
LONGEST = 10  # of `ngrams`, in words


class KeyBertKeywords(KeywordExtractor):
    """Loads at first use; thread-safe: one request at a time.

    What KeyBERT decides: under which of its word groups (`ngrams` words at most) an object is asked for, by likeness to
    the whole request; and where more than `most` objects are named, which of them, by maximal marginal relevance
    (Carbonell and Goldstein 1998) with `diversity`. All else is the parser's: what is meant, context, exclusions,
    filters, and the colours said, which are checked even where the phrase lost the word.
    """

    def __init__(
        self,
        context: EngineContext,
        model: str = BUNDLED,
        device: str = "auto",
        dtype: str = "auto",
        ngrams: int = 3,
        most: int = 5,
        diversity: float = 0.5,
    ) -> None:
        """Raises `SettingsError` where a number is out of its range."""
        self._assets = context.assets
        self._ngrams, self._most = _whole("ngrams", ngrams, LONGEST), _whole("most", most, MOST)
        if isinstance(diversity, bool) or not isinstance(diversity, int | float) or not 0 <= diversity <= 1:
            raise SettingsError(f"[keywords] diversity = {diversity!r}.", "It is a number from 0 to 1.")
        self._diversity = float(diversity)
        short = INFO.version.split()[0] if model == BUNDLED else PurePath(model).name or model
        self.name = f"{METHOD}/{short}"
        self.model: LocalModel[Any] | None = None
        if model != BUNDLED:
            source = Source(model, TRANSFORMERS, context)
            self.model = LocalModel(WHAT, source, context, device, dtype, embedders.PACKAGES, embedders.load)
        self._bundled: Any = None
        self._lock = threading.Lock()

    def status(self) -> EngineStatus:
        """Whether it can work, without loading anything."""
        told = self._embedding()
        parser = installed_model()
        details = MappingProxyType({**told.details, "method": "parse" if parser else "rules", "parser": parser})
        try:
            load_lexicon(self._assets, "english")
            path = self.model.source.here() if self.model is not None else None
            if told.ready and path is not None:
                embedders.check(path)
        except EngineUnavailable as error:
            return EngineStatus(False, error.message, error.remedy, details=details)
        if told.ready and not parser:
            return EngineStatus(True, RULES_ALONE, REMEDY, details=details)
        return replace(told, details=details)

    def _embedding(self) -> EngineStatus:
        if self.model is not None:
            return self.model.status()
        details = MappingProxyType({"model": INFO.version, "state": "loaded" if self._bundled else "not loaded"})
        if find_spec("keybert") is None:
            return EngineStatus(False, "The package 'keybert' is not installed.", INSTALL, details=details)
        return replace(shared_minilm().status(), details=details)

    def download(self, job: Job) -> None:
        if self.model is not None:
            self.model.download(job)

    def unload(self) -> int:
        """The bundled embedding stays: other engines use it too."""
        return 0 if self.model is None else self.model.unload()

    def extract(self, text: str) -> Keywords:
        """Nothing is loaded or ranked for a text that names no object.

        Raises `EngineUnavailable` where KeyBERT or its embedding cannot be had, `EngineFailed` where it broke.
        """
        found = replace(read(text, self._assets, load_parser()), method=METHOD, engine=self.name)
        if not found.phrases:
            return found
        barred = frozenset((*found.context, *found.excluded))
        groups = {phrase: offered(phrase, self._ngrams, barred) for phrase in found.phrases}
        with self._lock, translated(self.name, "this request", INSTALL):
            ranking = _Ranking(self._loaded(), text, [group for own in groups.values() for group in own])
            ranked = ranking.scores()
            names = named(groups, ranked)
            different = list(dict.fromkeys(names.values()))
            many = len(different) > self._most
            kept = ranking.best(different, self._most, self._diversity) if many else different
        left = tuple((name, OUTRANKED) for name in different if name not in kept)
        return replace(
            found,
            phrases=joined(found, names, kept),
            dropped=(*found.dropped, *left),
            scores=tuple(sorted(ranked.items(), key=lambda pair: -pair[1])),
        )

    def _loaded(self) -> Any:
        if self.model is not None:
            return self.model.get(current() or Job()).value
        if self._bundled is None:
            self._bundled = embedders.bundled()
        return self._bundled


class _Ranking:
    """One request's word groups, embedded once, as KeyBERT ranks them."""

    def __init__(self, model: Any, text: str, groups: Sequence[str]) -> None:
        self._model, self._text = model, _readable(text)
        self._rows = {group: row for row, group in enumerate(dict.fromkeys(groups))}
        self._document, self._vectors = model.model.embed([self._text]), model.model.embed(list(self._rows))

    def scores(self) -> dict[str, float]:
        """Every group's cosine with the request."""
        return self._asked(list(self._rows), top_n=len(self._rows))

    def best(self, groups: Sequence[str], most: int, diversity: float) -> list[str]:
        """The first so many by marginal relevance."""
        return list(self._asked(groups, top_n=most, use_mmr=True, diversity=diversity))

    def _asked(self, groups: Sequence[str], **how: Any) -> dict[str, float]:
        pairs = self._model.extract_keywords(
            self._text,
            vectorizer=_Offered(groups),
            doc_embeddings=self._document,
            word_embeddings=self._vectors[[self._rows[group] for group in groups]],
            **how,
        )
        return {str(group): float(score) for group, score in pairs}


class _Offered:
    """Stands where KeyBERT has its word counter: these word groups and no other, as they were said."""

    def __init__(self, groups: Sequence[str]) -> None:
        self._groups = np.array(groups, dtype=object)

    def fit(self, documents: Sequence[str]) -> _Offered:
        return self

    def get_feature_names_out(self) -> Any:
        return self._groups

    def transform(self, documents: Sequence[str]) -> Any:
        """One row a document, one column a word group; each occurs once."""
        return np.ones((len(documents), 1, len(self._groups)))


def _readable(text: str) -> str:
    """Without lone surrogates, which no tokenizer takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _whole(key: str, given: Any, most: int) -> int:
    if isinstance(given, bool) or not isinstance(given, int | float) or given not in range(1, most + 1):
        raise SettingsError(f"[keywords] {key} = {given!r}.", f"It is a whole number from 1 to {most}.")
    return int(given)

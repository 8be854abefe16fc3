"""The embedded intent classifier: trained from the project's utterances at first use, kept in the cache, no torch."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import EngineUnavailable
from core.intent.features import Reading, read
from core.intent.glosses import Glossary
from core.intent.head import Head
from core.intent.train import RECIPE, fit, utterances
from core.ports import IntentClassifier
from core.registry import EngineContext
from core.shared_models.minilm import DIMENSIONS, MiniLM, shared_minilm
from core.shared_models.minilm import INFO as MINILM
from core.types.engine import EngineStatus
from core.types.language import IntentPrediction

NAME = "embedded"
UTTERANCES = "intents"  # folder below the assets
GLOSSES = "glosses.tsv"
KEPT = "intent"  # folder below the cache
WITHOUT = "Sentence embedding missing ({reason}): intents rest on words and letters alone and are less sure."
NOT_KEPT = "The trained intent head cannot be kept in {folder} ({reason}): every start trains it again."


@dataclass(frozen=True)
class _Ready:
    """Everything that a prediction needs. minilm: None where it is missing. note: what a user must know."""

    glossary: Glossary
    head: Head
    minilm: MiniLM | None
    note: str


class EmbeddedIntent(IntentClassifier):
    """Texts to calibrated intents. Thread-safe; the first call trains or loads, later ones share the head."""

    def __init__(self, context: EngineContext) -> None:
        self._utterances = context.assets / UTTERANCES
        self._kept = context.cache_dir / KEPT
        self._lock = threading.Lock()
        self._ready: _Ready | None = None

    def status(self) -> EngineStatus:
        if not any(self._utterances.glob("*.csv")) or not (self._utterances / GLOSSES).is_file():
            return EngineStatus(
                False,
                f"The labelled utterances are missing from {self._utterances}.",
                "Restore assets/intents from the project's archive.",
            )
        minilm = shared_minilm().status()
        if not minilm.ready:
            return EngineStatus(True, WITHOUT.format(reason=minilm.reason.rstrip(".")), minilm.remedy)
        return EngineStatus(True)

    def classify(self, texts: Sequence[str]) -> list[IntentPrediction]:
        """Raises `EngineUnavailable` where the utterances cannot be read."""
        if not texts:
            return []
        ready = self._load()
        return [self._predict(ready, text) for text in texts]

    @staticmethod
    def _predict(ready: _Ready, text: str) -> IntentPrediction:
        reading = read(text, ready.glossary)
        # one text at a time: a batch's other texts would shift the last digits of its vector
        vector = ready.minilm.embed([reading.wanted])[0] if ready.minilm is not None else None
        chances = ready.head.probabilities(reading, vector)
        return IntentPrediction(tuple(float(chance) for chance in chances), NAME, ready.note)

    def _load(self) -> _Ready:
        ready = self._ready
        if ready is not None:
            return ready
        with self._lock:
            if self._ready is None:
                self._ready = self._prepare()
            return self._ready

    def _prepare(self) -> _Ready:
        glossary = Glossary.read(self._utterances / GLOSSES)
        minilm, note = _minilm()
        file = self._kept / f"{_digest(self._utterances, minilm is not None)}.npz"
        try:
            return _Ready(glossary, Head.load(file), minilm, note)
        except (OSError, ValueError):  # not trained yet, or damaged: either way it is trained now
            head = _train(self._utterances, glossary, minilm)
        try:
            head.save(file)
        except OSError as error:
            lost = NOT_KEPT.format(folder=self._kept, reason=error.strerror or error)
            note = f"{note} {lost}".strip()
        return _Ready(glossary, head, minilm, note)


def _minilm() -> tuple[MiniLM | None, str]:
    """The sentence embedding, or None and why not."""
    minilm = shared_minilm()
    try:
        minilm.embed(["ready?"])
    except EngineUnavailable as error:
        return None, WITHOUT.format(reason=error.message.rstrip("."))
    return minilm, ""


def _train(folder: Path, glossary: Glossary, minilm: MiniLM | None) -> Head:
    rows = utterances(folder)
    readings: list[Reading] = [read(row.text, glossary) for row in rows]
    intents, voices = [row.intent for row in rows], [row.voice for row in rows]
    if minilm is None:
        return fit(readings, intents, voices, lambda: np.zeros((0, DIMENSIONS), np.float32))
    with ThreadPoolExecutor(1) as beside:  # the net takes two thirds of the time and leaves Python free meanwhile
        vectors = beside.submit(minilm.embed, [reading.wanted for reading in readings])
        return fit(readings, intents, voices, vectors.result)


def _digest(folder: Path, embedded: bool) -> str:
    """Names what a head was trained from: data, recipe and embedding."""
    state = hashlib.sha256(f"{RECIPE} {MINILM.version if embedded else 'no embedding'}".encode())
    for file in (*sorted(folder.glob("*.csv")), folder / GLOSSES):
        data = file.read_bytes()
        state.update(f" {file.name} {len(data)} ".encode() + data)
    return state.hexdigest()[:32]

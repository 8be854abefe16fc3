"""Intents by zero-shot classification with any NLI checkpoint: which wording does the request entail most?"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from core.errors import EngineFailed, EngineUnavailable
from core.intent import entailment
from core.intent.wordings import best_of, hypothesis, wordings
from core.jobs import Job, current
from core.ports import IntentClassifier
from core.registry import EngineContext
from core.shared_models.local import LocalModel, OneModel
from core.shared_models.passes import translated
from core.shared_models.source import TRANSFORMERS, Source
from core.types.engine import EngineStatus
from core.types.language import INTENTS, IntentPrediction

WHAT = "The zero-shot classifier"
NOTE = "Zero-shot intents: the scores compare nine wordings with each other and are not calibrated."


class ZeroShotIntent(OneModel, IntentClassifier):
    """Loads at first use; thread-safe: one request at a time.

    labels: intent name -> wording, for those that shall not have the project's own. top_k: only the best so many
    wordings share the score, as if the others had not been asked; 1 therefore never asks back.
    """

    def __init__(
        self,
        context: EngineContext,
        model: str,
        device: str = "auto",
        dtype: str = "auto",
        template: str = "This request asks to {}.",
        labels: Mapping[str, Any] | None = None,
        top_k: int = len(INTENTS),
    ) -> None:
        """Raises `SettingsError` where an intent is unknown, or a wording, the template or top_k cannot be used."""
        self.name = f"zero_shot/{PurePath(model).name or model}"
        self._wordings, self._template, self._top_k = wordings(labels or {}), hypothesis(template), best_of(top_k)
        source = Source(model, TRANSFORMERS, context)
        self.model: LocalModel[Any] = LocalModel(
            WHAT, source, context, device, dtype, entailment.PACKAGES, entailment.load
        )
        self._lock = threading.Lock()  # the pipeline's tokenizer is set up at its first call

    def status(self) -> EngineStatus:
        """A checkpoint without an entailment label is known before anything is loaded."""
        told, path = self.model.status(), self.model.source.here()
        if not told.ready or path is None:
            return told
        try:
            entailment.check(path)
        except EngineUnavailable as error:
            return replace(told, ready=False, reason=error.message, remedy=error.remedy)
        return told

    def classify(self, texts: Sequence[str]) -> list[IntentPrediction]:
        """The softmax over the entailment scores of the best `top_k` wordings; the other intents have 0.

        A request is cut to what the checkpoint reads (512 tokens with the wording). Raises `EngineUnavailable` where
        the checkpoint cannot be had or tells no entailment, `EngineFailed` where it broke.
        """
        if not texts:
            return []
        pipeline = self.model.get(current() or Job()).value
        with translated(self.name, "this request", "Try again, or choose another checkpoint."), self._lock:
            found = pipeline(
                [_readable(text) for text in texts],
                candidate_labels=list(self._wordings),
                hypothesis_template=self._template,
                batch_size=len(self._wordings),
            )
        return [self._prediction(dict(zip(one["labels"], one["scores"], strict=True))) for one in found]

    def _prediction(self, by_wording: Mapping[str, float]) -> IntentPrediction:
        scores = [by_wording[wording] for wording in self._wordings]
        if not all(math.isfinite(score) for score in scores):
            raise EngineFailed(f"{self.name} gave scores that are no numbers.", 'Set dtype = "float32".')
        kept = sorted(range(len(scores)), key=lambda n: -scores[n])[: self._top_k]
        total = sum(scores[n] for n in kept)
        shares = tuple(scores[n] / total if n in kept else 0.0 for n in range(len(scores)))
        return IntentPrediction(shares, self.name, NOTE)


def _readable(text: str) -> str:
    """Without lone surrogates, which no tokenizer takes; nothing said stands as a blank."""
    return text.encode("utf-8", "replace").decode("utf-8") or " "

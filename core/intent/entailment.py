"""A checkpoint trained on natural language inference (Williams et al. 2018), as transformers' zero-shot pipeline.

Its labels must name entailment. The pipeline would take any other classifier too, such as one of sentiment, and rank
the wordings by that classifier's last label (Yin, Hay and Roth 2019 describe the method).
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.errors import EngineUnavailable
from core.jobs import Job
from core.shared_models.folders import refuse_own_code, some_of
from core.shared_models.placement import Placement

PACKAGES = ("transformers",)
SHOWN = 5  # names of labels or tensors that an error tells
ENTAILMENT = "entail"  # how the label begins, in lower case
MOST_TOKENS = 512  # of request and hypothesis together, where the checkpoint's tokenizer does not say
UNSAID = 100_000  # a tokenizer's limit beyond this is transformers' word for "none was saved"
CHOOSE = "Choose one trained on MNLI, such as typeform/distilbert-base-uncased-mnli."


def load(path: Path, placement: Placement, job: Job) -> tuple[Any, Any]:
    """The pipeline and its torch module. Raises `EngineUnavailable` where the checkpoint cannot tell entailment."""
    check(path)
    transformers: Any = importlib.import_module("transformers")
    job.check()
    model, told = transformers.AutoModelForSequenceClassification.from_pretrained(
        path, dtype=placement.dtype, local_files_only=True, trust_remote_code=False, output_loading_info=True
    )
    if told["missing_keys"]:
        raise EngineUnavailable(
            f"The checkpoint {path} lacks {some_of(sorted(told['missing_keys']), SHOWN)}.",
            "It holds another kind of model, or was cut. " + CHOOSE,
        )
    model.config.label2id = labels_of(model.config.to_dict())
    tokenizer = transformers.AutoTokenizer.from_pretrained(path, local_files_only=True, trust_remote_code=False)
    if tokenizer.model_max_length > UNSAID:
        tokenizer.model_max_length = min(MOST_TOKENS, getattr(model.config, "max_position_embeddings", MOST_TOKENS))
    model.to(placement.device)
    return transformers.ZeroShotClassificationPipeline(model=model, tokenizer=tokenizer, device=placement.device), model


def check(path: Path) -> None:
    """Raises `EngineUnavailable` where the checkpoint's `config.json` names no entailment, or code; loads nothing."""
    refuse_own_code(path)
    file = path / "config.json"
    try:
        labels = labels_of(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise EngineUnavailable(f"{file} cannot be read ({error}).", "Download the checkpoint again.") from error
    if not any(label.lower().startswith(ENTAILMENT) for label in labels):
        raise EngineUnavailable(
            f"The checkpoint {path.name} tells no entailment: {_told(labels)}."
            " Zero-shot intents would be ranked by something else.",
            CHOOSE,
        )


def labels_of(config: Any) -> dict[str, int]:
    """Label to number, from either of the two tables that a configuration may have."""
    labels: dict[str, int] = {str(label): int(number) for label, number in (config.get("label2id") or {}).items()}
    return labels or {str(label): int(number) for number, label in (config.get("id2label") or {}).items()}


def _told(labels: Iterable[str]) -> str:
    names = list(labels)
    return f"its labels are {some_of(sorted(names), SHOWN)}" if names else "it has no labels at all"

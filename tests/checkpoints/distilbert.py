"""A tiny DistilBERT for sentence pairs, such as one trained on natural language inference."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.checkpoints.bert import LONGEST, tiny_bert_folder

INFERENCE = ("ENTAILMENT", "NEUTRAL", "CONTRADICTION")
SENTIMENT = ("NEGATIVE", "POSITIVE")
SPREAD = 0.5  # of the random weights: wordings must differ by more than rounding


def tiny_distilbert_folder(path: Path, labels: Sequence[str] = INFERENCE, says_its_limit: bool = True) -> Path:
    """Weights, configuration and tokenizer in a folder. says_its_limit: the tokenizer knows how much it may read."""
    import torch
    from transformers import DistilBertConfig, DistilBertForSequenceClassification, DistilBertTokenizerFast

    words = tiny_bert_folder(path / "words") / "vocab.txt"
    limit = {"model_max_length": LONGEST} if says_its_limit else {}
    tokenizer = DistilBertTokenizerFast(vocab_file=str(words), do_lower_case=True, **limit)
    config = DistilBertConfig(
        vocab_size=len(tokenizer), dim=32, hidden_dim=64, n_layers=1, n_heads=2, num_labels=len(labels),
        initializer_range=SPREAD, id2label=dict(enumerate(labels)), label2id={n: i for i, n in enumerate(labels)},
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(5)
        DistilBertForSequenceClassification(config).save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path

"""A tiny sentence-transformers model: a BERT of one layer and the mean over its tokens."""

from __future__ import annotations

from pathlib import Path

from tests.checkpoints.bert import tiny_bert_folder

SPREAD = 0.5  # of the random weights: texts must differ by more than rounding


def tiny_sentence_folder(path: Path) -> Path:
    """`modules.json`, weights, tokenizer and pooling in a folder."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel

    base = tiny_bert_folder(path.parent / f"{path.name}-bert")
    config = BertConfig.from_pretrained(base)
    config.initializer_range = SPREAD
    with torch.random.fork_rng():
        torch.manual_seed(6)
        BertModel(config).save_pretrained(base)
    words = Transformer(str(base))
    SentenceTransformer(modules=[words, Pooling(words.get_embedding_dimension())], device="cpu").save(str(path))
    return path

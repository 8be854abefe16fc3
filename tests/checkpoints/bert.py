"""A tiny BERT: a WordPiece tokenizer and a configuration, of a few kilobytes."""

from __future__ import annotations

from pathlib import Path

from core.shared_models.everyday import CLASSES

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
MORE = (
    "a an the of and or is with on in at to this that what it me my all find show segment remove replace describe "
    "brown red black white green blue yellow orange grey pink old tiny large small left right taxi van lantern unicorn "
    "ball sofa shirt face sky tree house road grass woman man child puppy kitten animal animals colour example request "
    "about text says word words picture photo question answer"
)
HIDDEN, LONGEST = 32, 512


def vocabulary() -> tuple[str, ...]:
    """ASCII characters, letters that go on a word, the words of the everyday classes and some more."""
    symbols = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
    words = [word for name in (*CLASSES, MORE) for word in name.split()]
    return tuple(dict.fromkeys((*SPECIAL, *symbols, *(f"##{letter}" for letter in LETTERS), "##s", *words)))


def tiny_bert_folder(path: Path) -> Path:
    """`config.json` and the tokenizer's files in a folder, as of bert-base-uncased; no weights. Needs transformers."""
    from transformers import BertConfig, BertTokenizerFast

    path.mkdir(parents=True, exist_ok=True)
    words = vocabulary()
    file = path / "vocab.txt"
    file.write_text("\n".join(words) + "\n", encoding="utf-8")
    BertTokenizerFast(vocab_file=str(file), do_lower_case=True, model_max_length=LONGEST).save_pretrained(path)
    config = BertConfig(
        vocab_size=len(words), hidden_size=HIDDEN, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=LONGEST,
    )  # fmt: skip
    config.save_pretrained(path)
    return path

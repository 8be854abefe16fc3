"""Phrases to captions: one text for all, several where they are too many, and each phrase's own tokens."""

from __future__ import annotations

from typing import Any

import pytest

from core.detection.grounding_captions import NO_WORD, PARTLY_UNKNOWN, UNKNOWN, Captioner, plain
from tests.checkpoints.bert import tiny_bert_folder

LIMIT = 256


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    transformers = pytest.importorskip("transformers", reason="the package 'transformers' is not installed")
    return transformers.AutoTokenizer.from_pretrained(tiny_bert_folder(tmp_path_factory.mktemp("bert")))


@pytest.fixture(scope="module")
def captioner(tokenizer: Any) -> Captioner:
    return Captioner(tokenizer, LIMIT)


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("A Brown  Dog.", "a brown dog"),
        ("what? a dog...", "what a dog"),
        ("CAT!!!", "cat"),
        ("‮c\x00at", "cat"),
        ("tennis\nracket", "tennis racket"),
        ("t-shirt", "t-shirt"),
        ("[SEP] dog", "[sep] dog"),
        (" .?! ", ""),
        ("", ""),
    ],
)
def test_a_phrase_as_a_caption_holds_it(phrase: str, expected: str) -> None:
    assert plain(phrase) == expected


def test_one_caption_for_all_and_the_tokens_of_each(captioner: Captioner, tokenizer: Any) -> None:
    asked = ("Brown dog", "unicorns", "red ball?")
    captions = captioner.write(asked)
    (caption,) = captions.passes
    assert caption.text == "brown dog . unicorns . red ball ."
    ids = tokenizer(caption.text)["input_ids"]
    own = [tokenizer.decode(ids[start:end]) for start, end in caption.spans]
    assert own == list(caption.phrases) == ["brown dog", "unicorns", "red ball"]
    assert captions.names == caption.phrases
    assert [(r.phrase, r.covered, r.name) for r in captions.readings] == [
        (phrase, True, name) for phrase, name in zip(asked, captions.names, strict=True)
    ]


def test_the_same_phrase_is_asked_once(captioner: Captioner) -> None:
    captions = captioner.write(("dog", "Dog.", "cat", "dog"))
    assert [c.text for c in captions.passes] == ["dog . cat ."]
    assert captions.names == ("dog", "dog", "cat", "dog")


def test_what_the_model_cannot_read_is_not_asked_and_is_said(captioner: Captioner) -> None:
    captions = captioner.write(("", "...", "ネコ 🐱", "dog 🐱", "a" * 5000))
    assert [c.text for c in captions.passes] == ["dog 🐱 ."]
    assert [(r.covered, r.note) for r in captions.readings] == [
        (False, NO_WORD), (False, NO_WORD), (False, UNKNOWN), (True, PARTLY_UNKNOWN), (False, UNKNOWN),
    ]  # fmt: skip
    assert captioner.write(("", "ネコ")).passes == ()


def test_special_tokens_in_a_phrase_are_ordinary_text(captioner: Captioner, tokenizer: Any) -> None:
    (caption,) = captioner.write(("dog [SEP] cat", "[CLS]")).passes
    ids = tokenizer(caption.text)["input_ids"]
    assert ids.count(tokenizer.sep_token_id) == 1 and ids.count(tokenizer.cls_token_id) == 1


@pytest.mark.parametrize("count", [1, 40, 83, 84, 85, 200])
def test_many_phrases_take_as_few_passes_as_the_limit_allows(captioner: Captioner, tokenizer: Any, count: int) -> None:
    asked = tuple(f"{letter} {number}" for letter in "abcdefghijklmnopqrstuvwxyz" for number in range(9))[:count]
    captions = captioner.write(asked)
    assert [phrase for caption in captions.passes for phrase in caption.phrases] == list(asked)
    lengths = [len(tokenizer(caption.text)["input_ids"]) for caption in captions.passes]
    assert max(lengths) <= LIMIT
    assert len(captions.passes) == -(-count // 84)  # 3 tokens each, and two special ones


def test_a_phrase_at_the_limit_and_one_beyond(captioner: Captioner, tokenizer: Any) -> None:
    longest, longer = " ".join(["dog"] * 253), " ".join(["dog"] * 254)
    captions = captioner.write(("cat", longest, longer, "bus"))
    assert [caption.phrases for caption in captions.passes] == [("cat",), (longest,), ("bus",)]
    assert len(tokenizer(captions.passes[1].text)["input_ids"]) == LIMIT
    (left_out,) = [reading for reading in captions.readings if not reading.covered]
    assert left_out.phrase == longer and "254" in left_out.note and "253" in left_out.note

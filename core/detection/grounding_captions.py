"""Phrases to the captions of Grounding DINO, "dog . red ball .", and each phrase's own tokens in them."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import EngineFailed, EngineUnavailable
from core.types.boxes import Reading

SEPARATORS = ".?"  # the model parts its text at these (`generate_masks_with_special_tokens` in its source)
LOOSE = " !,;:\"'"  # round a phrase they would only be tokens that mean nothing
NO_WORD = "there is no word in it"
UNKNOWN = "no word of it is in the model's vocabulary"
PARTLY_UNKNOWN = "a part of it is not in the model's vocabulary"


@dataclass(frozen=True)
class Caption:
    """The text of one pass. phrases: as the text holds them. spans: of each, its first token and the one after it."""

    text: str
    phrases: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Captions:
    """How phrases are asked. passes: one caption each. names: for each asked phrase what it is in them, or "".

    readings: one for each asked phrase.
    """

    passes: tuple[Caption, ...]
    names: tuple[str, ...]
    readings: tuple[Reading, ...]


def plain(phrase: str) -> str:
    """The phrase as a caption can hold it: lower case, no separators, nothing that does not print; "" without words."""
    kept = "".join(
        " " if c in SEPARATORS or c.isspace() else c for c in phrase.lower() if c.isspace() or c.isprintable()
    )
    return " ".join(kept.split()).strip(LOOSE)


class Captioner:
    """Writes captions for a model's tokenizer. Thread-safe.

    limit: tokens that the model reads at most, its special ones among them.
    """

    def __init__(self, tokenizer: Any, limit: int) -> None:
        self._tokenizer = copy.deepcopy(tokenizer)  # a tokenizer of which others change the padding is not thread-safe
        self.limit = limit
        self._separator = int(self._tokenizer.convert_tokens_to_ids("."))
        self._unknown = self._tokenizer.unk_token_id
        if self._separator == self._unknown or not self._tokenizer.is_fast:
            raise EngineUnavailable(
                "The text encoder's tokenizer has no full stop, which parts the phrases.",
                "Take the tokenizer of bert-base-uncased.",
            )
        self._ids("warm")  # the first call sets the tokenizer up

    def write(self, asked: Sequence[str]) -> Captions:
        """Captions for the phrases, in their order; as few as the limit allows."""
        names: list[str] = []
        readings: list[Reading] = []
        tokens: dict[str, list[int]] = {}
        for phrase in asked:
            name = plain(phrase)
            its = tokens[name] if name in tokens else self._ids(name) if name else []
            reading = self._reading(phrase, name, its)
            readings.append(reading)
            names.append(name if reading.covered else "")
            if reading.covered:
                tokens[name] = its
        return Captions(tuple(self._passes(tokens)), tuple(names), tuple(readings))

    def _reading(self, phrase: str, name: str, tokens: list[int]) -> Reading:
        unknown = sum(token == self._unknown for token in tokens)
        if not tokens:
            return Reading(phrase, False, note=NO_WORD)
        if unknown == len(tokens):
            return Reading(phrase, False, note=UNKNOWN)
        most = self.limit - 3  # the two special ones and the full stop
        if len(tokens) > most:
            return Reading(phrase, False, note=f"it is {len(tokens)} tokens long, and the model reads at most {most}")
        return Reading(phrase, True, name, PARTLY_UNKNOWN if unknown else "")

    def _passes(self, tokens: dict[str, list[int]]) -> list[Caption]:
        groups: list[list[str]] = []
        used = self.limit
        for name, its in tokens.items():
            if used + len(its) + 1 > self.limit:
                groups.append([])
                used = 2
            groups[-1].append(name)
            used += len(its) + 1
        return [self._caption(group, tokens) for group in groups]

    def _caption(self, names: list[str], tokens: dict[str, list[int]]) -> Caption:
        text = " . ".join(names) + " ."
        expected, spans = [self._tokenizer.cls_token_id], []
        for name in names:
            spans.append((len(expected), len(expected) + len(tokens[name])))
            expected += [*tokens[name], self._separator]
        if self._tokenizer(text)["input_ids"] != [*expected, self._tokenizer.sep_token_id]:
            raise EngineFailed(
                "The tokenizer reads these phrases together otherwise than apart.", "Change their wording."
            )
        return Caption(text, tuple(names), tuple(spans))

    def _ids(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])

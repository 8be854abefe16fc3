"""Phrases that were ranked by the words alone: what the picture does not bear out is reported in the turn."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.codec import keywords_to_json
from core.dialogue.answering import retune
from core.dialogue.engines import Engines
from core.errors import EngineUnavailable
from core.settings import ASSETS
from core.types.language import OUTRANKED, Keywords, Phrase
from tests.dialogue.helpers import LEFT, PETS, turn_of
from tests.fakes import FakeDetector, FakeKeywords, fake_engines, painted, picture

TEXT = "segment the dog, the red ball and the lantern"
SAID = Keywords(
    phrases=(Phrase("dog", "dog"), Phrase("red ball", "ball"), Phrase("lantern", "lantern")),
    method="keybert",
    engine="keybert/tiny",
    scores=(("dog", 0.6), ("red ball", 0.5), ("lantern", 0.4)),
)
NOT_FOUND = "Asked for, not found: red ball, lantern."


def engines_with(said: Keywords, text: str = TEXT, detector: FakeDetector | None = None) -> Engines:
    return fake_engines(detector=detector or FakeDetector(PETS), keywords=FakeKeywords({text: said}))


def test_what_was_not_found_is_said_beside_what_was() -> None:
    turn = turn_of(TEXT, engines_with(SAID))
    assert [d.phrase for d in turn.detections.items] == ["dog"]
    assert turn.answer.text.endswith(NOT_FOUND)
    assert turn.engines["keywords"] == "keybert/tiny"
    assert keywords_to_json(SAID)["scores"][0] == {"words": "dog", "score": 0.6}


def test_nothing_at_all_is_said_too() -> None:
    turn = turn_of(TEXT, engines_with(SAID, detector=FakeDetector()))
    assert "Asked for, not found: dog, red ball, lantern." in turn.answer.text


def test_with_everything_found_or_parsed_there_is_no_such_line() -> None:
    found = replace(SAID, phrases=SAID.phrases[:1])
    assert "not found" not in turn_of(TEXT, engines_with(found)).answer.text
    parsed = replace(SAID, method="parse", engine="embedded", scores=())
    turn = turn_of(TEXT, engines_with(parsed))
    assert "not found" not in turn.answer.text
    assert turn.engines["keywords"] == "embedded/parse"


def test_a_threshold_that_moves_moves_the_line() -> None:
    engines = engines_with(SAID)
    turn = turn_of(TEXT, engines)
    higher, _ = retune(turn, picture(), turn.thresholds.with_(box=0.95), engines)
    assert "Asked for, not found: dog, red ball, lantern." in higher.answer.text


def test_a_colour_that_fails_its_check_is_not_found() -> None:
    said = replace(SAID, phrases=(Phrase("brown dog", "dog", ("brown",)),))
    image = painted({LEFT: (0, 0, 255)})
    turn = turn_of("segment the brown dog", engines_with(said, "segment the brown dog"), image=image)
    assert "Asked for, not found: brown dog." in turn.answer.text


def test_what_was_ranked_too_low_is_said_not_to_be_looked_for() -> None:
    said = replace(SAID, phrases=SAID.phrases[:1], dropped=(("segment", "verb of the request"), ("lantern", OUTRANKED)))
    answer = turn_of(TEXT, engines_with(said)).answer.text
    assert "Not looked for, because other things were ranked higher: lantern." in answer
    assert "segment," not in answer and "Asked for" not in answer


def test_nothing_is_claimed_of_a_picture_that_was_not_looked_at() -> None:
    broken = FakeDetector(error=EngineUnavailable("gone", "get it"))
    assert "not found" not in turn_of(TEXT, engines_with(SAID, detector=broken)).answer.text


def test_two_acts_keep_the_scores_of_both() -> None:
    engines = fake_engines(PETS, keywords=FakeKeywords({
        "segment the dog": replace(SAID, phrases=SAID.phrases[:1], scores=(("dog", 0.6),)),
        "tell me how many cats there are": replace(SAID, phrases=(Phrase("cats", "cats"),), scores=(("cats", 0.5),)),
    }))  # fmt: skip
    turn = turn_of("segment the dog and tell me how many cats there are", engines)
    assert turn.keywords is not None and turn.keywords.scores == (("dog", 0.6), ("cats", 0.5))


def test_with_keybert_itself() -> None:
    pytest.importorskip("keybert")
    from core.registry import BACKENDS, EngineContext, build

    keywords = build("keywords", "keybert", BACKENDS["keywords", "keybert"].options, EngineContext(ASSETS, ASSETS))
    turn = turn_of(TEXT, fake_engines(PETS, keywords=keywords))
    assert NOT_FOUND in turn.answer.text

"""Plain words: foreign text made safe, events as lines."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.types.events import Asked, Extracted, Progress, StepFailed, Understood
from core.types.language import IntentDecision, IntentName, IntentPrediction, Keywords, Phrase
from core.types.turn import Act, Failure
from pages.shared.steps import line_of
from pages.shared.texts import WORD_JOINER, count, escape, seconds

SEGMENT = IntentPrediction.certain(IntentName.SEGMENT)


@pytest.mark.parametrize("text", ["**b**", "[a](http://x)", ":red[x]", ":smile:", "<b>", "# h", "~~s~~", "&lt;", "\\*"])
def test_escaped_text_reads_as_it_was(text: str) -> None:
    assert re.sub(r"\\([^\w\s])", r"\1", escape(text)).replace(WORD_JOINER, "") == text


@given(st.text())
def test_no_punctuation_is_left_that_markdown_could_read(text: str) -> None:
    left = re.sub(r"\\.", "", escape(text))
    assert not set(left) & set(string.punctuation)
    assert "\n" not in escape(text)


def test_a_colon_begins_no_directive_even_where_escapes_are_taken_away_first() -> None:
    assert all(part.startswith(WORD_JOINER) for part in escape(":red[x] :material/home: :smile:").split(":")[1:])


def test_long_text_is_cut() -> None:
    assert escape("a" * 50, 10) == "a" * 9 + "…"


def test_numbers_in_few_characters() -> None:
    assert (seconds(0.0123), seconds(1.26)) == ("12 ms", "1.3 s")
    assert (count(1, "box", "boxes"), count(2, "box", "boxes"), count(3, "mask")) == ("1 box", "2 boxes", "3 masks")


def test_events_become_lines() -> None:
    acts = (Act(IntentName.SEGMENT, "a"), Act(IntentName.ANSWER, "b"))
    decision = IntentDecision(IntentName.SEGMENT, 0.934)
    assert line_of(Understood(SEGMENT, decision, acts)) == "Understood as: segment, then answer (0.93)"
    assert line_of(Understood(SEGMENT, IntentDecision(None, 0.3), ())) == ""
    assert line_of(Asked(IntentDecision(None, 0.3, (), "too close"))) == "Not sure what is wanted: too close"
    keywords = Keywords((Phrase("brown dog"), Phrase("red ball")), context=("sofa",))
    assert line_of(Extracted(keywords)) == "About “brown dog”, “red ball” (placed by sofa)"
    assert line_of(Extracted(Keywords(everything=True))) == "About everything in the picture"
    failed = StepFailed(Failure("edit", "It broke.", "Mend it.", "the picture is unchanged"))
    assert line_of(failed) == "Failed: It broke.; the picture is unchanged"
    assert line_of(Progress("x", "y")) == ""

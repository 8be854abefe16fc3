"""Which segments act: each number drops what it is for, at its limit nothing, and says why."""

from __future__ import annotations

import pytest

from core.policy_speech import heard
from core.types.thresholds import Thresholds
from tests.fake_speech import segment, transcript

NUMBERS = Thresholds()


def test_clear_speech_is_joined() -> None:
    spoken = heard(transcript(segment(" Segment the cat"), segment("and the dog. ", 1.0, 2.0)), NUMBERS)
    assert spoken.text == "Segment the cat and the dog."
    assert spoken.dropped == ()


def test_nothing_measured_is_nothing_heard() -> None:
    assert heard(transcript(), NUMBERS).text == ""
    assert heard(transcript(segment("  ")), NUMBERS).text == ""


@pytest.mark.parametrize(
    ("numbers", "why"),
    [
        ({"loudness": -55.1}, "too quiet: -55 dB"),
        ({"voice": 0.09}, "no voice in the sound: 0.09 s"),
        ({"no_speech_prob": 0.61, "avg_logprob": -1.01}, "likely no speech: 0.61"),
        ({"compression": 2.41}, "repeats itself: compression 2.4"),
    ],
)
def test_each_number_drops_and_says_why(numbers: dict[str, float], why: str) -> None:
    spoken = heard(transcript(segment("Show the cat."), segment("Thank you.", 1.0, 2.0, **numbers)), NUMBERS)
    assert spoken.text == "Show the cat."
    ((index, reason),) = spoken.dropped
    assert index == 1
    assert why in reason


@pytest.mark.parametrize(
    "numbers",
    [
        {"loudness": -55.0},
        {"voice": 0.1},
        {"no_speech_prob": 0.6, "avg_logprob": -3.0},
        {"no_speech_prob": 0.99, "avg_logprob": -1.0},  # the model doubts, yet its words are likely
        {"no_speech_prob": 0.1, "avg_logprob": -3.0},  # mumbled
        {"compression": 2.4},
    ],
)
def test_at_the_limit_it_passes(numbers: dict[str, float]) -> None:
    assert heard(transcript(segment("yes", **numbers)), NUMBERS).text == "yes"


def test_where_no_voice_was_measured_it_does_not_count() -> None:
    unmeasured = segment("yes", voice=None)
    assert heard(transcript(unmeasured), NUMBERS).text == "yes"


def test_a_moved_threshold_hears_no_model_again() -> None:
    quiet = transcript(segment("whispered", loudness=-60.0))
    assert heard(quiet, NUMBERS).text == ""
    assert heard(quiet, NUMBERS.with_(loudness=-65.0)).text == "whispered"

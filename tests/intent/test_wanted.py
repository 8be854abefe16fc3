"""What a request takes back, and what it asks for only afterwards, is not what is wanted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.intent.wanted import wanted


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("don't segment, just tell me what it is", "just tell me what it is"),
        ("Don't segment it just tell me what it is", "tell me what it is"),
        ("box the dog, no wait, trace its outline", "trace its outline"),
        ("remove the car, I mean, show me where it is", "show me where it is"),
        ("No need to cut it out, how many are there?", "how many are there"),
        ("trace the leaf instead of boxing it", "trace the leaf"),
        ("the emblem's real contour, not a rectangle", "the emblem's real contour"),
        ("outline the cat and then tell me its breed", "outline the cat"),
        ("um could you uh cut out the the dog", "could you cut out the dog"),
    ],
)
def test_the_wanted_part(text: str, part: str) -> None:
    assert wanted(text) == part


@pytest.mark.parametrize(
    "text",
    [
        "segment the dog",
        "I do not want the sign in there",  # nothing else is said: the refusal is the wish
        "make the plastic bag not be there",
        "box the dog, no, the cat",  # another object, the same wish
        "what comes next to the house",
        "where the first stops and the next begins",
        "not",
        "",
    ],
)
def test_a_text_that_takes_nothing_back_stays_whole(text: str) -> None:
    assert wanted(text) == text


@given(st.text(max_size=300))
def test_any_text_keeps_something(text: str) -> None:
    assert bool(wanted(text)) == bool(text.strip())


def test_a_long_text_is_read_in_no_time() -> None:
    assert wanted("not a dog and " * 2000)

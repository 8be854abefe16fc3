"""Windows that Whisper's own rule takes for no speech."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests import sounds

pytest.importorskip("whisper")

from tests.speech.test_windows import PLAIN, heard, library, model, ours, rows

__all__ = ["model"]  # fixture


def test_a_window_where_nobody_speaks_is_passed_over_whole(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the library does by its own thresholds: no prompt, and the next begins behind it. Its pieces are kept."""
    from whisper.decoding import DecodingResult

    prompts: list[list[int]] = []
    said = [50_364, 1_000, 50_464, 50_464, 1_001, 50_564, 50_564, 1_002]

    def decode(self: Any, features: Any, options: Any) -> DecodingResult:
        prompts.append(list(options.prompt))
        doubts = {"no_speech_prob": 0.9, "avg_logprob": -2.0} if len(prompts) == 2 else {"avg_logprob": -0.1}
        tokens = said if len(prompts) <= 2 else [50_364, 1_003, 51_864]
        return DecodingResult(features, options.language, tokens=tokens, compression_ratio=1.0, **doubts)

    monkeypatch.setattr("whisper.model.Whisper.decode", decode)
    sound = sounds.speech(80.0)
    default = {"compression_ratio_threshold": 2.4, "logprob_threshold": -1.0, "no_speech_threshold": 0.6}
    found = library(model, sound, language="en", **default)
    theirs, prompts = prompts, []
    listener = heard(model, sound, replace(PLAIN, language="en"))
    assert prompts == theirs
    sure = [row for row in ours(listener) if not row[4] > 0.6]
    assert [row[:3] for row in sure] == [row[:3] for row in rows(found)]
    doubted = [row[1:3] for row in ours(listener) if row[4] > 0.6]
    assert doubted == [(4.0, 6.0), (6.0, 8.0), (8.0, 34.0)], "all of it, to the end of the window"

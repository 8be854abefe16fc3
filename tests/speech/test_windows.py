"""The same as `whisper.transcribe` with nothing dropped: spectrogram, segments, numbers and word times."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import Cancelled, EngineUnavailable
from core.jobs import Job
from core.types.audio import RATE
from tests import sounds

pytest.importorskip("whisper")

from core.speech.mel import BLOCK, HOP, log_mel
from core.speech.windows import Listener, Wish

PLAIN = Wish(words=False, temperatures=(0.0,), tokens=12)
KEEP_ALL = {"compression_ratio_threshold": None, "logprob_threshold": None, "no_speech_threshold": None}


@pytest.fixture(scope="module")
def model(tiny: Path) -> Any:
    import whisper

    return whisper.load_model(str(tiny), device="cpu")


def heard(model: Any, sound: np.ndarray, wish: Wish = PLAIN, job: Job | None = None) -> Listener:
    listener = Listener(model, sound, wish, job or Job())
    listener.run()
    return listener


def library(model: Any, sound: np.ndarray, **options: Any) -> dict[str, Any]:
    import whisper

    chosen = {"temperature": 0.0, "sample_len": 12, "fp16": False, **KEEP_ALL, **options}
    found: dict[str, Any] = whisper.transcribe(model, sound, **chosen)
    return found


def rows(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (s["text"], s["start"], s["end"], s["avg_logprob"], s["no_speech_prob"], s["compression_ratio"])
        for s in found["segments"]
        if s["text"]
    ]


def ours(listener: Listener) -> list[tuple[Any, ...]]:
    return [
        (p.text, p.start, p.end, p.result.avg_logprob, p.result.no_speech_prob, p.result.compression_ratio)
        for p in listener.pieces
    ]


@pytest.mark.parametrize(
    ("count", "n_mels"),
    [(1, 80), (159, 80), (160, 128), (201, 80), (3_210, 80), (BLOCK * HOP - 1, 80), (BLOCK * HOP + 1, 128),
     (2 * BLOCK * HOP + 777, 80)],
)  # fmt: skip
def test_the_spectrogram_is_the_packages(count: int, n_mels: int) -> None:
    """To the last bit, mostly: products of other widths may round otherwise."""
    import torch
    from whisper import log_mel_spectrogram
    from whisper.audio import N_SAMPLES

    sound = sounds.noise(count / RATE, -30.0)[:count]
    sound[-1:] = 0.9  # the loudest frame is one behind the last
    theirs = log_mel_spectrogram(sound, n_mels, padding=N_SAMPLES)
    assert log_mel(sound, n_mels).shape == theirs.shape
    assert torch.allclose(log_mel(sound, n_mels), theirs, rtol=0, atol=1e-6)


@pytest.mark.parametrize("seconds", [0.1, 3.0, 30.0, 65.0])
def test_segments_are_those_of_the_library(model: Any, seconds: float) -> None:
    sound = sounds.speech(seconds)
    listener, found = heard(model, sound), library(model, sound)
    assert ours(listener) == rows(found)
    assert listener.language == found["language"]


@pytest.mark.parametrize("seconds", [0.1, 3.0, 65.0])
def test_word_times_are_those_of_the_library(model: Any, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library encodes the window again for them, by another attention: here both use that one throughout.

    Otherwise the two round differently, by 1e-7.
    """
    monkeypatch.setattr("whisper.model.MultiHeadAttention.use_sdpa", False)
    sound = sounds.speech(seconds)
    listener, found = heard(model, sound, replace(PLAIN, words=True)), library(model, sound, word_timestamps=True)
    assert ours(listener) == rows(found)
    assert [p.words for p in listener.pieces] == [s["words"] for s in found["segments"] if s["text"]]


def test_a_window_is_encoded_once(model: Any) -> None:
    """Not again for other temperatures or for the word times; the language of a short sound takes one pass more."""
    sound = sounds.speech(3.0) + sounds.noise(3.0, -50.0)  # no window is silent
    passes: list[int] = []
    hook = model.encoder.register_forward_hook(lambda *_: passes.append(1))
    try:
        wish = replace(PLAIN, words=True, temperatures=(0.0, 0.2, 0.4), tokens=4)
        windows: list[Any] = []
        heard(model, sound, replace(wish, language="en"), Job(lambda at, _: windows.append(at)))
        assert len(passes) == len(windows)
        windows.clear()
        passes.clear()
        heard(model, sound, wish, Job(lambda at, _: windows.append(at)))
        assert len(passes) == len(windows) + 1
    finally:
        hook.remove()


def test_a_decoder_that_never_moves_on_comes_to_an_end(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from whisper.decoding import DecodingResult

    stuck = lambda self, features, options: DecodingResult(features, "en", tokens=[50_364, 50_364])  # noqa: E731
    monkeypatch.setattr("whisper.model.Whisper.decode", stuck)
    assert heard(model, sounds.speech(0.1)).pieces == []


def test_digital_silence_is_not_decoded(model: Any) -> None:
    passes: list[int] = []
    hook = model.encoder.register_forward_hook(lambda *_: passes.append(1))
    try:
        heard(model, sounds.silence(95.0))
        assert not passes
        sound = np.concatenate([sounds.silence(60.0), sounds.speech(2.0)])
        listener = heard(model, sound)
    finally:
        hook.remove()
    assert passes
    assert all(piece.start >= 60 for piece in listener.pieces)


def test_warmer_decodings_follow_a_bad_one_and_always_draw_the_same(model: Any) -> None:
    import torch

    sound = sounds.speech(1.0)
    wish = replace(PLAIN, temperatures=(0.0, 0.4, 1.0))
    first = heard(model, sound, wish)
    torch.rand(1)  # somebody else draws
    before = torch.random.get_rng_state()
    second = heard(model, sound, wish)
    assert ours(first) == ours(second)
    assert {piece.result.temperature for piece in first.pieces} == {1.0}  # random weights: no decoding is likely
    assert ours(first) != ours(heard(model, sound, PLAIN))
    assert torch.equal(torch.random.get_rng_state(), before)  # nobody else's dice were touched


def test_a_doubted_window_is_not_decoded_again(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.speech.windows.NOBODY", 0.0)  # random weights are sure that somebody speaks
    listener = heard(model, sounds.speech(1.0), replace(PLAIN, temperatures=(0.0, 1.0)))
    assert {piece.result.temperature for piece in listener.pieces} == {0.0}


def test_a_good_decoding_is_kept(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.speech.windows.UNLIKELY", -100.0)
    listener = heard(model, sounds.speech(1.0), replace(PLAIN, temperatures=(0.0, 1.0)))
    assert {piece.result.temperature for piece in listener.pieces} == {0.0}


@pytest.mark.parametrize(("language", "code"), [("de", "de"), ("German", "de"), ("castilian", "es")])
def test_the_language_can_be_said(model: Any, language: str, code: str) -> None:
    """It is kept, and its probability is measured all the same."""
    listener = heard(model, sounds.speech(1.0), replace(PLAIN, language=language))
    assert listener.language == code
    assert 0 < listener.probability < 0.5
    assert ours(listener) == rows(library(model, sounds.speech(1.0), language=code))


def test_an_unknown_language_is_told(model: Any) -> None:
    for language in ("klingon", "yue"):  # Cantonese came with large-v3
        with pytest.raises(EngineUnavailable, match=language) as caught:
            Listener(model, sounds.speech(1.0), replace(PLAIN, language=language), Job())
        assert "en" in caught.value.remedy


def test_translation_is_asked_of_the_model(model: Any) -> None:
    sound = sounds.speech(2.0)
    listener = heard(model, sound, replace(PLAIN, task="translate"))
    assert ours(listener) == rows(library(model, sound, task="translate"))
    assert ours(listener) != ours(heard(model, sound))


def test_stop_leaves_no_hook_on_the_model(tiny: Path) -> None:
    """Stopped at every layer in turn: the key/value cache and the attention hooks are gone each time."""
    import whisper

    from core.shared_models.placement import watch

    model = whisper.load_model(str(tiny), device="cpu")
    watch(model)
    hooks = sum(len(module._forward_hooks) for module in model.modules())
    sound, wish = sounds.speech(1.0), replace(PLAIN, words=True, language="en", tokens=2)
    whole = StoppedAfter(10_000)
    heard(model, sound, wish, whole)
    assert whole.checks > 80
    for checks in range(0, whole.checks, 7):
        with pytest.raises(Cancelled):
            heard(model, sound, wish, StoppedAfter(checks))
        assert sum(len(module._forward_hooks) for module in model.modules()) == hooks
    assert whisper.model.MultiHeadAttention.use_sdpa
    assert ours(heard(model, sound)) == ours(heard(whisper.load_model(str(tiny), device="cpu"), sound))


class StoppedAfter(Job):
    """A job that is cancelled at its n-th check."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most, self.checks = most, 0

    def check(self) -> None:
        self.checks += 1
        if self.checks > self.most:
            self.cancel()
        super().check()


def test_word_times_leave_torchs_threads_alone(model: Any) -> None:
    """OpenMP's own number, which torch's does not show."""
    import torch

    torch.set_num_threads(1)
    heard(model, sounds.speech(1.0), replace(PLAIN, words=True))
    assert "omp_get_max_threads() : 1\n" in torch.__config__.parallel_info()


def scripts() -> list[list[list[int]]]:
    """What decoders say of window after window: times in pairs, single, none, at the end or not, and only times."""
    start, word = 50_364, 1_000  # <|0.00|>, a token of text
    one = [start, word, word + 1, start + 100, start + 100, word + 2, start + 250]
    cases = [
        [one],
        [[*one, start + 250]],
        [[start, word, start + 200, start + 200]],
        [[start, word]],
        [[word, word + 1]],
        [[start]],
        [[]],
        [[start, word, start + 1_500]],
        [[start, word, start + 1_500, start + 1_500]],
        [[start, start + 50, start + 50, word, start + 90, start + 90, word]],
    ]
    draw = np.random.default_rng(0)
    for _ in range(12):
        case = []
        for _ in range(6):
            times = start + np.sort(draw.integers(0, 1_500, draw.integers(1, 5)))
            tokens: list[int] = []
            for time in times.tolist():
                tokens += [time] * int(draw.integers(1, 3)) + [word + int(n) for n in draw.integers(0, 99, 2)]
            case.append(tokens[: int(draw.integers(1, len(tokens) + 1))])
        cases.append(case)
    return cases


@pytest.mark.parametrize("script", scripts())
def test_whatever_a_decoder_says_is_cut_as_the_library_cuts_it(
    model: Any, script: list[list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from whisper.decoding import DecodingResult

    prompts: list[list[int]] = []

    def decode(self: Any, features: Any, options: Any) -> DecodingResult:
        said = script[len(prompts)] if len(prompts) < len(script) else [50_364, 2_000, 51_864]
        prompts.append(list(options.prompt))
        return DecodingResult(features, options.language, tokens=said, temperature=0.6 * (len(prompts) % 3 == 0))

    monkeypatch.setattr("whisper.model.Whisper.decode", decode)
    sound = sounds.speech(40.0)
    found = library(model, sound, language="en")
    theirs, prompts = prompts, []
    listener = heard(model, sound, replace(PLAIN, language="en"))
    cut = [(piece.text, piece.start, piece.end, piece.tokens) for piece in listener.pieces]
    assert cut == [(s["text"], s["start"], s["end"], s["tokens"]) for s in found["segments"] if s["text"]]
    assert prompts == theirs

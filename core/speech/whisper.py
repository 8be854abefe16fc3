"""Whisper (Radford et al. 2022, "Robust speech recognition via large-scale weak supervision"), by openai-whisper."""

from __future__ import annotations

import importlib.metadata
import threading
from pathlib import Path
from typing import Any

from core import voice
from core.errors import SettingsError
from core.jobs import Job
from core.ports import Transcriber
from core.registry import EngineContext
from core.shared_models.local import LocalModel, OneModel
from core.shared_models.passes import held, translated
from core.shared_models.placement import Placement, torch_for
from core.shared_models.source import Source, Wanted
from core.speech import checkpoint
from core.speech.windows import Listener, Piece, Wish
from core.types.arrays import Floats
from core.types.audio import RATE, AudioClip
from core.types.engine import EngineInfo
from core.types.speech import Segment, Transcript, Word

DISTRIBUTION = "openai-whisper"
TASKS = ("transcribe", "translate")
FILES = Wanted(suffixes=(".pt",))
NO_TRANSLATORS = ("turbo", "large-v3-turbo")  # the package's README: they return the language that is spoken
WITHOUT = ("mps",)  # its alignment heads are a sparse tensor, which mps lacks
GROWS = 2.0  # the published checkpoints are in float16

# Decoding hangs its key/value cache as hooks on the model, and word times switch a fast path off for every model of
# the process (whisper.model.disable_sdpa): one sound at a time, whatever the model.
_ONE_AT_A_TIME = threading.Lock()


class WhisperTranscriber(OneModel, Transcriber):
    """Every segment that Whisper decodes, with its own doubts and what the sound itself tells: nothing is left out.

    avg_logprob, no_speech_prob and compression are the window's (30 s), as Whisper gives them. model: one of Whisper's
    names ("tiny" to "large-v3", "turbo") or a checkpoint's path. language: "" to detect it. words: with times, for one
    more pass of the decoder.
    """

    def __init__(
        self, context: EngineContext, model: str = "base", device: str = "auto", dtype: str = "auto",
        task: str = "transcribe", language: str = "", words: bool = True,
    ) -> None:  # fmt: skip
        if task not in TASKS:
            raise SettingsError(f"[speech] task = {task!r} is unknown.", f"Allowed: {', '.join(TASKS)}.")
        self.wish = Wish(task, language, words)
        self._context, self._name = context, model
        source = Source(checkpoint.address(model), FILES, context)
        self.model: LocalModel[Any] = LocalModel(
            "Whisper", source, context, device, dtype, ("whisper",), self._loaded, without=WITHOUT, grows=GROWS
        )

    @property
    def name(self) -> str:
        return f"whisper/{Path(self._name).stem if Path(self._name).suffix == '.pt' else self._name}"

    def _loaded(self, path: Path, placement: Placement, job: Job) -> tuple[Any, Any]:
        model = checkpoint.load(path, self._name, placement, torch_for(self._context.runtime))
        return model, model

    def transcribe(self, clip: AudioClip, job: Job) -> Transcript:
        model = self.model.get(job).value
        with held(_ONE_AT_A_TIME, job), translated("Whisper", f"'{clip.name}'", "Try another sound, or another model."):
            listener = Listener(model, clip.samples, self.wish, job)
            listener.run()
        job.report(1.0, "Heard")
        made = (_segment(piece, clip.samples) for piece in listener.pieces)
        segments = tuple(segment for segment in made if segment.end > segment.start)
        return Transcript(
            segments, listener.language, listener.probability, self.wish.task, clip.seconds, self._info(), clip.digest
        )

    def _info(self) -> EngineInfo:
        version = f"{DISTRIBUTION} {importlib.metadata.version(DISTRIBUTION)}"
        untaught = self.wish.task == "translate" and self._name in NO_TRANSLATORS
        return EngineInfo(self.name, version, "This model was not taught to translate." if untaught else "")


def _segment(piece: Piece, samples: Floats) -> Segment:
    """Within the sound, and its words within it: Whisper's times are guesses, and windows end in 30 s of silence."""
    seconds = len(samples) / RATE
    start = min(max(float(piece.start), 0.0), seconds)
    end = min(max(float(piece.end), start), seconds)
    words = []
    for word in piece.words:
        begin = min(max(float(word["start"]), start), end)
        finish = min(max(float(word["end"]), begin), end)
        words.append(Word(word["word"].strip(), begin, finish, float(word["probability"])))
    result = piece.result
    return Segment(
        piece.text.strip(), start, end, float(result.avg_logprob), float(result.no_speech_prob),
        float(result.compression_ratio), voice.loudness(samples[int(start * RATE) : int(end * RATE)]), tuple(words),
        voice.voiced_seconds(samples, start, end),
    )  # fmt: skip

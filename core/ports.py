"""The whole engine API on one page: one Protocol per capability, one method each (plus `status`, for the doctor).

Construction is cheap; weights load on first use. Adapters subclass the Protocol. `job` carries progress, cancellation
and deadline; an engine calls `job.check()` where it can. Engines take no threshold: they return every score they
measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from core.jobs import Job
from core.types.audio import AudioClip
from core.types.boxes import Proposals
from core.types.engine import EngineStatus
from core.types.image import ImageAsset
from core.types.language import IntentPrediction, Keywords
from core.types.masks import MaskLogits, MaskSet, Prompt
from core.types.scene import Scene
from core.types.speech import Transcript
from core.types.turn import Answer


class Engine(Protocol):
    """What every engine can say of itself without loading anything heavy."""

    def status(self) -> EngineStatus:
        """Ready, or why not and what to do; never raises."""
        ...


class Detector(Engine, Protocol):
    """Phrases to boxes."""

    def propose(self, image: ImageAsset, phrases: Sequence[str], job: Job) -> Proposals:
        """Every box with its score for every phrase; `phrases=()` asks for everything the engine can name.

        Raises `EngineUnavailable` where nothing can be measured at all.
        """
        ...


class Previewer(Protocol):
    """What a slow detector can also do."""

    def preview(self, image: ImageAsset, phrases: Sequence[str], job: Job) -> Proposals | None:
        """A quick, coarse measurement to show while `propose` runs; None where `propose` is quick itself."""
        ...


class Segmenter(Engine, Protocol):
    """Boxes and clicks to masks."""

    def segment(self, image: ImageAsset, prompts: Sequence[Prompt], job: Job) -> MaskLogits:
        """Logits for each prompt, in order; no prompt gives `MaskLogits.none()`."""
        ...


class ImageEncoder(Protocol):
    """What a segmenter that encodes a picture once can do ahead of its first prompt."""

    def encode(self, image: ImageAsset, job: Job) -> None:
        """Keep the picture's encoding for the prompts to come; nothing where it is there already."""
        ...


class Transcriber(Engine, Protocol):
    """Sounds to words."""

    def transcribe(self, clip: AudioClip, job: Job) -> Transcript:
        """Every segment with its probabilities, also those that are likely no speech."""
        ...


class Local(Protocol):
    """What an engine with a model in this process can do beside its work."""

    def download(self, job: Job) -> None:
        """Fetch and verify the weights, with progress; at once where they are here. Raises `EngineUnavailable`."""
        ...

    def unload(self) -> int:
        """Let the model go; the next call loads it again. Bytes of its parameters, 0 where it was not loaded."""
        ...


class IntentClassifier(Engine, Protocol):
    """Texts to intents."""

    def classify(self, texts: Sequence[str]) -> list[IntentPrediction]:
        """One calibrated prediction a text."""
        ...


class KeywordExtractor(Engine, Protocol):
    """A text to object phrases."""

    def extract(self, text: str) -> Keywords:
        """Phrases, context, exclusions and filters. An empty text gives empty `Keywords`."""
        ...


class ImageEditor(Engine, Protocol):
    """Change a masked part of a picture."""

    def edit(self, image: ImageAsset, masks: MaskSet, instruction: str, job: Job) -> ImageAsset:
        """The picture with everything under the masks filled; outside them (and their rim) not one pixel changes."""
        ...


class Describer(Engine, Protocol):
    """Answers assembled from measurement, without a language model."""

    def describe(self, scene: Scene, question: str) -> Answer:
        """Plain text, and actions that help where the question is beyond measurement."""
        ...

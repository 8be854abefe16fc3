"""(port, back-end name) to "module:Class", imported only when chosen.

Never falls back to another back-end by itself.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import EngineUnavailable, SettingsError, WorkbenchError
from core.types.arrays import Floats
from core.types.masks import Frame
from core.types.runtime import Runtime


@dataclass(frozen=True)
class Backend:
    """Where a back-end lives, and its own settings keys with their defaults.

    target: "module:Class", or "" where nothing serves the port yet; then `missing` and `remedy` say what and why.
    thresholds: the numbers that fit its scores, where the settings say nothing else.
    """

    target: str
    options: Mapping[str, Any] = field(default_factory=dict)
    thresholds: Mapping[str, Any] = field(default_factory=dict)
    missing: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class EngineContext:
    """What every engine is built with.

    cache_dir: weights and trained heads. assets: files of the project. runtime: how local models run.
    """

    cache_dir: Path
    assets: Path
    runtime: Runtime = field(default_factory=Runtime)


INSTALL = "Install it: pip install -r requirements-embedded.txt (or requirements.txt for the large models)."
REPAIR = "Check its own keys in the settings file and the packages that it needs."
PORTS = ("detection", "segmentation", "intent", "keywords", "speech", "answering", "planning", "editing")

MODEL = {"device": "auto", "dtype": "auto"}  # of every back-end with a model of this process, beside its `model`
BASES = {"class": 0.25, "face": 0.7, "text": 0.6, "code": 0.5, "colour": 0.35, "place": 0.5}
LISTED = {"class": 0.4, "face": 0.8}  # a false name is worse in a list

BACKENDS: dict[tuple[str, str], Backend] = {
    ("detection", "embedded"): Backend(
        "core.detection.embedded:EmbeddedDetector", {"tiles": False}, {"by_basis": BASES, "listed": LISTED}
    ),
    ("detection", "groundingdino"): Backend(
        "core.detection.grounding_dino:GroundingDino",
        {"model": "groundingdino_swint_ogc", **MODEL, "text_encoder": "bert-base-uncased"},
        {"by_basis": {"phrase": 0.35}, "text": 0.25},  # the repository's README
    ),
    ("detection", "transformers"): Backend(
        "core.detection.grounding_dino:TransformersGroundingDino",
        {"model": "IDEA-Research/grounding-dino-tiny", **MODEL},
        {"by_basis": {"phrase": 0.4}, "text": 0.3},  # the model card
    ),
    ("segmentation", "embedded"): Backend(
        "core.segmentation.embedded:EmbeddedSegmenter", {"mask_head": True}, {"mask_cut": 0.45}
    ),
    ("segmentation", "segment_anything"): Backend(
        "core.segmentation.sam:SegmentAnything", {"model": "sam_vit_b_01ec64", **MODEL}, {"mask_cut": 0.5}
    ),
    ("segmentation", "transformers"): Backend(
        "core.segmentation.sam:TransformersSam", {"model": "facebook/sam-vit-base", **MODEL}, {"mask_cut": 0.5}
    ),
    ("intent", "embedded"): Backend("core.intent.embedded:EmbeddedIntent", {}, {}),
    ("intent", "zero_shot"): Backend(
        "core.intent.zero_shot:ZeroShotIntent",
        {
            "model": "typeform/distilbert-base-uncased-mnli",
            **MODEL,
            "template": "This request asks to {}.",
            "labels": {},
            "top_k": 9,
        },
        {"abstain_score": 0.3, "abstain_margin": 0.05},  # softmax over nine wordings, not calibrated
    ),
    ("keywords", "embedded"): Backend("core.keywords.embedded:EmbeddedKeywords"),
    ("keywords", "keybert"): Backend(
        "core.keywords.keybert:KeyBertKeywords",
        {"model": "bundled", **MODEL, "ngrams": 3, "most": 5, "diversity": 0.5},
    ),
    ("speech", "whisper"): Backend(
        "core.speech.whisper:WhisperTranscriber",
        {"model": "base", **MODEL, "task": "transcribe", "language": "", "words": True},
    ),
    ("editing", "embedded"): Backend("core.editing.fill:Fill", {"dilate": 0.03}),
    ("answering", "embedded"): Backend("core.generation.embedded:EmbeddedDescriber"),
    ("speech", "embedded"): Backend(
        "",
        missing="No speech engine is chosen.",
        remedy='Type the request; or set [speech] backend = "whisper" (pip install -r requirements.txt).',
    ),
    ("planning", "embedded"): Backend(
        "",
        missing="No planner is installed.",
        remedy="Ask for one or two things at a time; they run in the order said.",
    ),
}


ENLARGER = "core.segmentation.enlarge:enlarge"


def enlarger() -> Callable[[Floats, Frame, float, tuple[int, int]], tuple[Floats, tuple[int, int]]]:
    """From a logit grid (h, w) with a frame, a level and a picture's (width, height) to the logits of its pixels.

    Only a region outside of which nothing reaches the level: (h, w) float32 and its upper left corner. Raises
    `EngineUnavailable` where the library that made such logits is not installed.
    """
    module, _, name = ENLARGER.partition(":")
    return getattr(importlib.import_module(module), name)  # type: ignore[no-any-return]


def allowed_backends(port: str) -> tuple[str, ...]:
    """The names that `[port] backend` may take."""
    return tuple(name for where, name in BACKENDS if where == port)


def allowed_options(port: str, backend: str) -> Mapping[str, Any] | None:
    """A back-end's own keys with their defaults; None for a plug-in, which checks its own."""
    known = BACKENDS.get((port, backend))
    return None if known is None else known.options


def default_thresholds(port: str, backend: str) -> Mapping[str, Any]:
    """The numbers that fit a back-end's scores; none for a plug-in."""
    known = BACKENDS.get((port, backend))
    return {} if known is None else known.thresholds


def build(port: str, backend: str, options: Mapping[str, Any], context: EngineContext) -> Any:
    """An engine of the chosen back-end. Cheap: weights load on first use.

    Raises `EngineUnavailable` where nothing serves the port, its package is missing or it cannot be made,
    `SettingsError` where its module has no such class.
    """
    known = BACKENDS.get((port, backend))
    if known is not None and not known.target:
        raise EngineUnavailable(known.missing, known.remedy)
    target = known.target if known is not None else backend
    module, _, name = target.partition(":")
    where = f"[{port}] back-end '{backend}'"
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise EngineUnavailable(
            f"{where} needs the package '{error.name}', which is not installed.",
            INSTALL if known is not None else "Install it, or put its folder on PYTHONPATH.",
        ) from error
    except Exception as error:  # a plug-in's module, or a library that cannot load here, breaks in its own way
        raise EngineUnavailable(f"{where} cannot be imported ({type(error).__name__}: {error}).", REPAIR) from error
    if not hasattr(found, name):
        raise SettingsError(f"[{port}] backend: {module} has no '{name}'.", "Write 'package.module:Class'.")
    try:
        return getattr(found, name)(context, **options)
    except WorkbenchError:
        raise
    except Exception as error:  # a plug-in checks its own options
        raise EngineUnavailable(f"{where} cannot be made ({type(error).__name__}: {error}).", REPAIR) from error

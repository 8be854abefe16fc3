"""Grounding DINO as a detector: phrases to captions, one pass of the model for each, and their boxes in one table."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any

import numpy as np

from core.detection import grounding_original, grounding_transformers
from core.detection.embedded.words import is_everything
from core.detection.grounding_captions import NO_WORD, Caption, Captions, plain
from core.detection.grounding_model import Grounder
from core.errors import EngineFailed, EngineUnavailable
from core.jobs import Job, running
from core.ports import Detector, Previewer
from core.registry import EngineContext
from core.shared_models.everyday import CLASSES
from core.shared_models.local import DOWNLOAD, Loaded, LocalModel, OneModel
from core.shared_models.placement import Placement, torch_for
from core.shared_models.source import TRANSFORMERS, Source, Wanted
from core.types.arrays import Floats
from core.types.boxes import Basis, Proposals, Reading
from core.types.engine import EngineInfo, EngineStatus
from core.types.image import ImageAsset

WHAT = "Grounding DINO"
NOTE = "Its scores depend on everything named together."
LISTED = f"An open vocabulary cannot be listed: it was asked for {len(CLASSES)} everyday names."
PREVIEW = "A preview at {side} px: small objects may be missing."
PREVIEW_SIDE = 384  # shortest side in pixels: less than a third of a full pass at 800
FULL_PARAMETERS, FULL_SECONDS = 100e6, 9.0  # Swin-T has 172 million and takes this long on two idle CPU cores
FLOOR = 0.05  # only bounds the size of a listing: no useful threshold lies below it
TEXT_ENCODER = Wanted(
    ("config.json", "vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"),
    one_of=("tokenizer.json", "vocab.txt"),
)


class Grounding(OneModel, Detector, Previewer):
    """What both back-ends share. Loads at first use; thread-safe.

    name: "back-end/model". It measures in passes of one caption, each its own engine of the proposals.
    """

    def __init__(self, name: str, model: LocalModel[Grounder], context: EngineContext) -> None:
        self.name = f"{name}/{_short(model.source.model)}"
        self.model = model
        self._preview_seconds = context.runtime.preview_seconds
        self._seconds: float | None = None  # of the last full pass

    def propose(self, image: ImageAsset, phrases: Sequence[str], job: Job) -> Proposals:
        """All phrases in one caption, or in several where they are too many. All "everything", or none, ask for a list.

        Raises `EngineUnavailable` where the model cannot be had, `EngineFailed` where it broke.
        """
        asked = tuple(phrases)
        job.check()
        listing = all(is_everything(phrase) for phrase in asked)
        if not listing and not any(plain(phrase) for phrase in asked):
            return Proposals.none(asked, tuple(Reading(p, False, note=NO_WORD) for p in asked))
        loaded = self.model.get(job)
        captions = loaded.value.captioner.write(CLASSES if listing else asked)
        began = time.monotonic()
        note = f"{LISTED} {NOTE}" if listing else NOTE
        found = self._measured(loaded, image, captions, loaded.value.side, note, job)
        if captions.passes:
            self._seconds = (time.monotonic() - began) / len(captions.passes)
        return _listed(found, asked) if listing else found

    def preview(self, image: ImageAsset, phrases: Sequence[str], job: Job) -> Proposals | None:
        """The same at 384 px, where `propose` is expected to take longer than `[local] preview_seconds`."""
        asked = tuple(phrases)
        job.check()
        if not any(plain(phrase) for phrase in asked) or all(is_everything(phrase) for phrase in asked):
            return None
        loaded = self.model.get(job)
        captions = loaded.value.captioner.write(asked)
        expected = len(captions.passes) * (self._first_guess(loaded) if self._seconds is None else self._seconds)
        if expected <= self._preview_seconds or loaded.value.side <= PREVIEW_SIDE:
            return None
        return self._measured(loaded, image, captions, PREVIEW_SIDE, PREVIEW.format(side=PREVIEW_SIDE), job)

    def _first_guess(self, loaded: Loaded[Grounder]) -> float:
        full = sum(p.numel() for p in loaded.module.parameters()) >= FULL_PARAMETERS
        return FULL_SECONDS if full and loaded.placement.device.type == "cpu" else 0.0

    def _measured(
        self, loaded: Loaded[Grounder], image: ImageAsset, captions: Captions, side: int, note: str, job: Job
    ) -> Proposals:
        engine = EngineInfo(self.name, loaded.value.version, note)
        parts: list[tuple[Floats, Floats, Floats]] = []
        for number, caption in enumerate(captions.passes):
            job.report(number / len(captions.passes), f"Pass {number + 1} of {len(captions.passes)}")
            with running(job):
                scores, boxes = loaded.value.measure(image.pixels, caption.text, side, job)
            parts.append(_rows(scores, boxes, caption, captions.names, image))
        job.check()
        return _table(parts, captions, engine)


class GroundingDino(Grounding):
    """By groundingdino-py: `model` is a `.pth` checkpoint, `text_encoder` the BERT that it was trained with."""

    def __init__(
        self, context: EngineContext, model: str, device: str = "auto", dtype: str = "auto",
        text_encoder: str = "bert-base-uncased",
    ) -> None:  # fmt: skip
        self._text_encoder = Source(text_encoder, TEXT_ENCODER, context)

        def load(path: Any, placement: Placement, job: Job) -> tuple[Grounder, Any]:
            words = self._text_encoder.fetch(job)
            return grounding_original.load(torch_for(context.runtime), path, words, placement)

        packages = ("torchvision", "transformers", "timm", "groundingdino")
        source = Source(model, Wanted(), context)
        super().__init__(
            "groundingdino",
            LocalModel(WHAT, source, context, device, dtype, packages, load, prepare=self._text_encoder.fetch),
            context,
        )

    def status(self) -> EngineStatus:
        """Of the checkpoint, and of the text encoder's files."""
        told = self.model.status()
        if not told.ready or self._text_encoder.here() is not None or self.model.memory:
            return told
        missing: EngineUnavailable = self._text_encoder.missing()
        action = DOWNLOAD if self._text_encoder.fetchable else ""
        return replace(told, ready=False, reason=missing.message, remedy=missing.remedy, remedy_action=action)

    def download(self, job: Job) -> None:
        self.model.download(job)
        self._text_encoder.fetch(job, complete=True)


class TransformersGroundingDino(Grounding):
    """By transformers: `model` is a repository's name or a folder."""

    def __init__(self, context: EngineContext, model: str, device: str = "auto", dtype: str = "auto") -> None:
        def load(path: Any, placement: Placement, job: Job) -> tuple[Grounder, Any]:
            return grounding_transformers.load(torch_for(context.runtime), path, placement)

        packages = ("torchvision", "transformers")
        source = Source(model, TRANSFORMERS, context)
        super().__init__("transformers", LocalModel(WHAT, source, context, device, dtype, packages, load), context)


def _short(model: str) -> str:
    path = PurePath(model)
    return path.stem.rpartition(":")[2] if path.suffix in Wanted().suffixes else path.name


def _rows(
    scores: Floats, boxes: Floats, caption: Caption, names: Sequence[str], image: ImageAsset
) -> tuple[Floats, Floats, Floats]:
    """Boxes (R, 4) clipped to the picture, scores (R, P) of the asked phrases and peaks (R,), of one pass.

    Left out: what has no area in the picture, and what no phrase of the caption has any score for.
    """
    if not (np.isfinite(scores).all() and np.isfinite(boxes).all()):
        raise EngineFailed(f"{WHAT} gave scores that are no numbers.", 'Set [detection] dtype = "float32".')
    spoken = {
        phrase: scores[:, start:end].max(1) for phrase, (start, end) in zip(caption.phrases, caption.spans, strict=True)
    }
    table = np.zeros((len(scores), len(names)), np.float32)
    for column, name in enumerate(names):
        if name in spoken:
            table[:, column] = spoken[name]
    limits = np.array([image.width, image.height] * 2, np.float32)
    clipped = np.clip(boxes, 0, limits)
    kept = (clipped[:, 2:] > clipped[:, :2]).all(1) & (table.max(1, initial=0) > 0)
    return clipped[kept], table[kept], scores.max(1)[kept]


def _table(parts: Sequence[tuple[Floats, Floats, Floats]], captions: Captions, engine: EngineInfo) -> Proposals:
    """All passes as one: each is an engine of its own, since scores of one caption are not those of another."""
    asked = tuple(reading.phrase for reading in captions.readings)
    if not parts:
        return Proposals.none(asked, captions.readings)
    boxes, scores, peaks = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    count = len(boxes)
    return Proposals(
        phrases=asked,
        boxes=boxes,
        scores=scores,
        basis=(Basis.PHRASE,) * count,
        labels=tuple(captions.names[column] for column in scores.argmax(1)) if count else (),
        passes=tuple(number for number, (rows, _, _) in enumerate(parts) for _ in rows),
        engines=(engine,) * len(parts),
        readings=captions.readings,
        peaks=peaks,
        captions=tuple(caption.text for caption in captions.passes),
    )


def _listed(found: Proposals, asked: tuple[str, ...]) -> Proposals:
    """A list of what may be there: the names that reach the floor, best first."""
    best = found.scores.max(0, initial=0)
    order = [int(c) for c in np.argsort(-best, kind="stable") if best[c] >= FLOOR]
    rows = [int(r) for r in np.flatnonzero(found.scores.max(1, initial=0) >= FLOOR)]
    return replace(
        found,
        phrases=tuple(found.phrases[c] for c in order),
        boxes=found.boxes[rows],
        scores=found.scores[np.ix_(rows, order)],
        basis=tuple(found.basis[r] for r in rows),
        labels=tuple(found.labels[r] for r in rows),
        passes=tuple(found.passes[r] for r in rows),
        readings=tuple(Reading(phrase, True, "everything") for phrase in asked),
        listed=True,
        peaks=None if found.peaks is None else found.peaks[rows],
    )

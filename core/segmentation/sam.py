"""Segment Anything in this process: a picture is encoded once for all sessions, each prompt is decoded by itself."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from core.errors import EngineFailed, EngineUnavailable, InputError
from core.geometry import LOGIT_RANGE
from core.jobs import Job, running
from core.memo import Memo
from core.ports import ImageEncoder, Segmenter
from core.registry import EngineContext
from core.segmentation.sam_network import Encoding, Network
from core.segmentation.sam_original import PACKAGE, OriginalSam
from core.segmentation.sam_transformers import TransformersNetwork, kind_of
from core.segmentation.view import inside
from core.shared_models.local import LocalModel, OneModel
from core.shared_models.passes import held, translated
from core.shared_models.placement import Placement, torch_for
from core.shared_models.source import TRANSFORMERS, Source, Wanted
from core.types.arrays import Doubles, Floats
from core.types.boxes import Box
from core.types.engine import EngineStatus
from core.types.image import ImageAsset
from core.types.masks import Frame, MaskLogits, Prompt

OUTSIDE = "The box lies outside the picture."
PICTURE, OTHERWISE = "this picture", "Try again, or choose another model."  # where a pass breaks


@dataclass(frozen=True)
class _Kept:
    """A loaded network and the encodings that it made: both leave together."""

    network: Network
    encodings: Memo
    encoding: threading.Lock


@dataclass(frozen=True)
class _Row:
    """What was measured of one prompt. logits: (C, h, w). quality: (C,). frame: None where nothing was sought."""

    logits: Floats
    quality: Floats
    map: Doubles
    extent: Box
    note: str = ""
    frame: Frame | None = None


class _SegmentAnything(OneModel, Segmenter, ImageEncoder):
    """Four candidates a prompt: the library's single mask, then its three for an ambiguous prompt.

    quality: the predicted IoU, clipped to [0, 1] (a regression may leave it by a little).
    Encodings leave with the model.
    """

    def __init__(
        self, context: EngineContext, source: Source, device: str, dtype: str, what: str, packages: Sequence[str]
    ) -> None:
        self._context = context
        self._what = what
        self._kept: Callable[[], _Kept | None] = lambda: None
        self.model: LocalModel[_Kept] = LocalModel(what, source, context, device, dtype, packages, self._load)

    def _network(self, torch: Any, path: Path, placement: Placement) -> tuple[Network, Any]:
        """The network at a path, and its module."""
        raise NotImplementedError

    def _load(self, path: Path, placement: Placement, job: Job) -> tuple[_Kept, Any]:
        network, module = self._network(torch_for(self._context.runtime), path, placement)
        kept = _Kept(network, Memo(int(self._context.runtime.encodings_mb * 1e6)), threading.Lock())
        self._kept = weakref.ref(kept)  # the model lives as long as `LocalModel` holds it
        return kept, module

    def status(self) -> EngineStatus:
        """The model's own, with the number and bytes of the encodings that are kept."""
        status, kept = super().status(), self._kept()
        pictures, used = (len(kept.encodings), kept.encodings.used) if kept is not None else (0, 0)
        more = {"encodings": pictures, "encodings_bytes": used}
        return replace(status, details=MappingProxyType({**status.details, **more}))

    def encode(self, image: ImageAsset, job: Job) -> None:
        with running(job):
            self._encoded(self.model.get(job).value, image, job)

    def segment(self, image: ImageAsset, prompts: Sequence[Prompt], job: Job) -> MaskLogits:
        """Raises `InputError` for a box that is none or clicks outside the picture, `Cancelled` at the next layer."""
        boxes = [_checked(image, prompt) for prompt in prompts]
        if not prompts:
            return MaskLogits.none()
        with running(job):
            kept = self.model.get(job).value
            rows: list[_Row] = []
            encoding: Encoding | None = None  # kept here too: `encodings_mb` may be below one encoding
            for number, (prompt, box) in enumerate(zip(prompts, boxes, strict=True)):
                job.report(number / len(prompts), f"Cutting out object {number + 1} of {len(prompts)}")
                if prompt.box is not None and box is None:
                    rows.append(_nothing(kept.network))
                    continue
                encoding = encoding or self._encoded(kept, image, job)
                rows.append(self._row(kept.network, encoding, prompt, box))
        return MaskLogits(
            np.stack([row.logits for row in rows]),
            np.stack([row.quality for row in rows]),
            np.stack([row.map for row in rows]),
            np.array([row.extent for row in rows], np.float32),
            (kept.network.info,) * len(rows),
            tuple(row.note for row in rows),
            tuple(row.frame for row in rows),
        )

    def _row(self, network: Network, encoding: Encoding, prompt: Prompt, box: Box | None) -> _Row:
        with translated(self._what, PICTURE, OTHERWISE):
            logits, quality = network.decode(encoding, box, prompt.points)
        if not (np.isfinite(logits).all() and np.isfinite(quality).all()):
            raise EngineFailed(f"{self._what} gave masks that are no numbers.", 'Set [segmentation] dtype = "float32".')
        cells = network.cells / network.side
        scale = [part / whole * cells for part, whole in zip(encoding.part, encoding.size, strict=True)]
        frame = Frame(network.side, encoding.part, prompt.box is None and len(prompt.points) == 1)
        whole = (0.0, 0.0, float(encoding.size[0]), float(encoding.size[1]))
        return _Row(logits, np.clip(quality, 0, 1), np.diag([*scale, 1.0])[:2], whole, frame=frame)

    def _encoded(self, kept: _Kept, image: ImageAsset, job: Job) -> Encoding:
        """The picture's encoding, made where it is not kept: one at a time, so that no picture is encoded twice."""
        found = kept.encodings.get(image.digest)
        if isinstance(found, Encoding):
            return found
        with held(kept.encoding, job):
            found = kept.encodings.get(image.digest)
            if isinstance(found, Encoding):
                return found
            job.report(None, "Encoding the picture")
            with translated(self._what, PICTURE, OTHERWISE):
                made = kept.network.encode(image.pixels)
            kept.encodings.put(image.digest, made, made.nbytes)
            return made


class SegmentAnything(_SegmentAnything):
    """The package segment-anything. model: a `.pth` file, an address or a known name."""

    def __init__(
        self, context: EngineContext, model: str = "sam_vit_b_01ec64", device: str = "auto", dtype: str = "auto"
    ) -> None:
        super().__init__(context, Source(model, Wanted(), context), device, dtype, "Segment Anything", (PACKAGE,))

    def _network(self, torch: Any, path: Path, placement: Placement) -> tuple[Network, Any]:
        network = OriginalSam(torch, path, placement)
        return network, network.sam


class TransformersSam(_SegmentAnything):
    """SAM, SAM-HQ and SAM 2 of transformers. model: a hub name or a folder."""

    def __init__(
        self, context: EngineContext, model: str = "facebook/sam-vit-base", device: str = "auto", dtype: str = "auto"
    ) -> None:
        self._name, self._source = model, Source(model, TRANSFORMERS, context)
        super().__init__(context, self._source, device, dtype, "Segment Anything (transformers)", ("transformers",))

    def _network(self, torch: Any, path: Path, placement: Placement) -> tuple[Network, Any]:
        network = TransformersNetwork(torch, path, self._name, placement)
        return network, network.model

    def status(self) -> EngineStatus:
        """A model of another type is known by its config, before anything is loaded."""
        status, here = super().status(), self._source.here()
        if status.ready and here is not None:
            try:
                kind_of(here)
            except EngineUnavailable as error:
                return EngineStatus(False, error.message, error.remedy, details=status.details)
        return status


def _nothing(network: Network) -> _Row:
    """The row of a box outside the picture."""
    shape = (network.candidates, network.cells, network.cells)
    logits, quality = np.full(shape, -LOGIT_RANGE, np.float32), np.full(shape[:1], np.nan, np.float32)
    return _Row(logits, quality, np.eye(2, 3), (0.0, 0.0, 0.0, 0.0), OUTSIDE)


def _checked(image: ImageAsset, prompt: Prompt) -> Box | None:
    """The prompt's box inside the picture; None where it has none, or it lies outside. Raises `InputError`."""
    for x, y, _ in prompt.points:
        if not (0 <= x <= image.width and 0 <= y <= image.height):
            raise InputError(f"The click ({x:g}, {y:g}) lies outside the picture.", "Click inside it.")
    return None if prompt.box is None else inside(prompt.box, image.width, image.height)

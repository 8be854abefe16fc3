"""Masks without a large model: a small mask head averaged with a graph cut.

The graph cut works alone for a box that clicks correct, and where weights are missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.errors import EngineUnavailable, InputError
from core.jobs import Job
from core.ports import Segmenter
from core.registry import EngineContext
from core.segmentation import clicks, graph_cut
from core.segmentation.affine import chained, grid_map, inverted, moved, resample
from core.segmentation.mask_head import RESTORE, MaskHead
from core.segmentation.view import View, inside, view_of
from core.shared_models.everyday import shared_net
from core.types.arrays import Doubles, Floats
from core.types.boxes import Box
from core.types.engine import EngineInfo, EngineStatus
from core.types.image import ImageAsset
from core.types.masks import MaskLogits, Prompt

CELLS = 256  # of every object's grid, in x and in y: a quarter of a megabyte an object
HEAD_SHARE = 0.75  # against the graph cut's: measured best at a cut of .45
BLUR, LEAST_BLUR = 0.015, 0.4  # of the box's shorter side, and window pixels: blur of the graph cut before averaging
CLICK_CORE = 0.2  # of the half axes of a window around clicks: its size is a guess, so little of it is taken for sure
CERTAIN = 1e-4  # probabilities stay this far from 0 and 1, so that logits are finite
TINY = 16.0  # px, mean side of a box: below it little is to be seen, and the box's ellipse is the better guess
SLIM = 0.1  # shorter side by longer side: below it the head's cells are too coarse, and the same holds
BLIND_SHARE = 0.7  # the ellipse's largest share, reached at half of TINY or SLIM
HEAD_FILE = "models/mask_head.onnx"
VERSION = "mask head 1"
HEAD = EngineInfo("embedded/mask-head", VERSION, "Typical overlap .72 with a true box.")
CUT = EngineInfo("embedded/graph-cut", "OpenCV GrabCut", "Colour and edges only; typical overlap .65 with a true box.")


@dataclass(frozen=True)
class _Target:
    """Where one prompt's object is sought. core: of the graph cut's start. trusted: a box that the head may judge."""

    box: Box | None
    points: tuple[graph_cut.Point, ...]
    core: float
    trusted: bool
    note: str = ""


class EmbeddedSegmenter(Segmenter):
    """One candidate a prompt, on a grid spread over the box. mask_head: False leaves the graph cut alone."""

    def __init__(self, context: EngineContext, mask_head: bool = True) -> None:
        self._net = shared_net(context.cache_dir)
        self._head = MaskHead(context.assets / HEAD_FILE, self._net) if mask_head else None

    def status(self) -> EngineStatus:
        """Always ready: without weights the graph cut works alone, and the reason says so."""
        if self._head is None:
            return EngineStatus(True, "The graph cut works alone (mask_head = false).")
        if not self._head.file.is_file():
            return EngineStatus(True, "The mask head is missing: the graph cut works alone.", RESTORE)
        weights = self._net.weights.status()
        if not weights.ready:
            reason = f"{weights.reason} The graph cut works alone."
            return EngineStatus(True, reason, weights.remedy, weights.remedy_action)
        return EngineStatus(True)

    def segment(self, image: ImageAsset, prompts: Sequence[Prompt], job: Job) -> MaskLogits:
        """Raises `InputError` for a box that is none or clicks outside the picture, `Cancelled` between prompts."""
        if not prompts:
            return MaskLogits.none()
        grids: list[Floats] = []
        maps: list[Doubles] = []
        extents: list[Box] = []
        engines: list[EngineInfo] = []
        notes: list[str] = []
        for prompt in prompts:
            job.check()
            target = self._target(image, prompt)
            box = target.box or (0.0, 0.0, 0.0, 0.0)
            probability, engine, note = self._one(image, target) if target.box else _nothing()
            grids.append(_logits(probability))
            maps.append(grid_map(target.box or (0.0, 0.0, 1.0, 1.0), CELLS))
            extents.append(box)
            engines.append(engine)
            notes.append(" ".join(n for n in (target.note, note) if n))
        quality = np.full((len(prompts), 1), np.nan, np.float32)  # the head estimates no overlap
        return MaskLogits(
            np.stack(grids)[:, None],
            quality,
            np.stack(maps),
            np.array(extents, np.float32),
            tuple(engines),
            tuple(notes),
        )

    def _target(self, image: ImageAsset, prompt: Prompt) -> _Target:
        for x, y, _ in prompt.points:
            if not (0 <= x <= image.width and 0 <= y <= image.height):
                raise InputError(f"The click ({x:g}, {y:g}) lies outside the picture.", "Click inside it.")
        if prompt.box is not None:
            box = inside(prompt.box, image.width, image.height)
            return _Target(box, prompt.points, graph_cut.CORE, trusted=not prompt.points)
        found = self._known(image, prompt)
        if found is not None:
            box, corrected = inside(found, image.width, image.height), not all(p[2] for p in prompt.points)
            note = "The box is the everyday detector's best around the clicks."
            return _Target(box, prompt.points, graph_cut.CORE, not corrected, note)
        box = inside(clicks.window_box(image, prompt.points), image.width, image.height)
        return _Target(
            box, prompt.points, CLICK_CORE, False, "A window around the clicks was searched: a box is better."
        )

    def _known(self, image: ImageAsset, prompt: Prompt) -> Box | None:
        try:
            return clicks.known_box(self._net, image, prompt.points)
        except EngineUnavailable:
            return None  # the target's note says that a window was searched

    def _one(self, image: ImageAsset, target: _Target) -> tuple[Floats, EngineInfo, str]:
        """(CELLS, CELLS) probability over the target's box, who measured it, and what the user must know."""
        assert target.box is not None
        view = view_of(image.pixels, target.box)
        to_grid = grid_map(view.box, CELLS)
        cut = graph_cut.graph_cut(view.pixels, view.box, _in_view(target.points, view), target.core)
        shorter = min(view.box[2] - view.box[0], view.box[3] - view.box[1]) * cut.to_window[0, 0]
        soft = cut.soft(to_grid, CELLS, max(BLUR * shorter, LEAST_BLUR))
        failed = "" if cut.converged else "Colour and edges did not separate the object: the box's ellipse stands in."
        if self._head is None or not target.trusted:
            return soft, CUT, failed
        try:
            head, to_crop = self._head.probability(view.pixels, view.box)
        except EngineUnavailable as error:
            alone = f"Graph cut alone: {error.message}"
            return soft, CUT, f"{alone} {failed}".strip()
        spread = resample(head, chained(to_grid, inverted(to_crop)), CELLS)
        return _with_prior(HEAD_SHARE * spread + (1 - HEAD_SHARE) * soft, target.box), HEAD, ""


def _with_prior(probability: Floats, box: Box) -> Floats:
    """A tiny or slim box leans on its ellipse (probability .5 on its rim)."""
    width, height = box[2] - box[0], box[3] - box[1]
    blind = max(2 - (width * height) ** 0.5 / (TINY / 2), 2 - min(width, height) / max(width, height) / (SLIM / 2))
    if blind <= 0:
        return probability
    share = BLIND_SHARE * min(blind, 1.0)
    place = (np.arange(CELLS, dtype=np.float32) + 0.5) / CELLS * 2 - 1
    ellipse = np.clip(1.2 - 0.7 * (place[:, None] ** 2 + place**2), 0, 1)
    return np.asarray((1 - share) * probability + share * ellipse, np.float32)


def _in_view(points: Sequence[graph_cut.Point], view: View) -> list[graph_cut.Point]:
    corners = [moved((x, y, x, y), view.to_view) for x, y, _ in points]
    return [(c[0], c[1], p[2]) for c, p in zip(corners, points, strict=True)]


def _nothing() -> tuple[Floats, EngineInfo, str]:
    return np.zeros((CELLS, CELLS), np.float32), CUT, "The box lies outside the picture."


def _logits(probability: Floats) -> Floats:
    p = np.clip(probability, CERTAIN, 1 - CERTAIN)
    return np.asarray(np.log(p / (1 - p)), np.float32)

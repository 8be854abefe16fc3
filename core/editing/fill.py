"""Removes what masks cover and fills the place from its surroundings. It restores nothing that was behind."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from core.editing.exemplar import HALF, fill_sources
from core.editing.seams import correction
from core.editing.transport import transport
from core.errors import InputError, SettingsError
from core.geometry import dilate
from core.jobs import Job
from core.ports import ImageEditor
from core.registry import EngineContext
from core.types.arrays import Bools, Pixels, digest, frozen
from core.types.engine import EngineInfo, EngineStatus
from core.types.image import ImageAsset
from core.types.masks import Mask, MaskSet

INFO = EngineInfo("embedded/fill", "1", "Filled from the surroundings; what was behind is not known.")
DILATE = 0.03  # of the object's size (the root of its area): masks rarely reach the very edge, and shadows cling to it
LEAST_DILATE, RIM = 2.0, 0.5  # px; of the dilation: width of the feathered rim outside it
MOST = 0.8  # of the picture: with more than this covered there is too little to fill from
THIN = 6.0  # px, largest distance to a hole's edge: such holes are filled smoothly (Telea 2004), patches gain nothing
TELEA_RADIUS = 3.0
CELLS, LEAST_CELLS = 4500, 300  # cells that all holes together, and each of them, are searched at: bounds the time
CONTEXT, LEAST_CONTEXT = 0.6, 24  # of a hole's longer side, and px: the surroundings on every side
LONGEST = 400  # cells of a window: a long thin hole is searched more coarsely


@dataclass(frozen=True)
class _Hole:
    """One connected part of what is to fill: xyxy bounds, and (h, w) bool inside them."""

    bounds: tuple[int, int, int, int]
    mask: Bools


class Fill(ImageEditor):
    """dilate: how far the fill reaches beyond the mask, as a share of the object's size."""

    name = INFO.name

    def __init__(self, context: EngineContext, dilate: float = DILATE) -> None:
        del context  # it needs neither weights nor assets
        if not 0 <= dilate <= 1:
            raise SettingsError(f"[editing] dilate = {dilate} is out of range.", "It is a share between 0 and 1.")
        self._dilate = float(dilate)

    def status(self) -> EngineStatus:
        return EngineStatus(True)

    def edit(self, image: ImageAsset, masks: MaskSet, instruction: str, job: Job) -> ImageAsset:
        """The instruction is not read: this editor only fills. Raises `InputError` where nothing, or all, is masked."""
        opacity = self._opacity(image, masks)
        covered = np.count_nonzero(opacity) / opacity.size
        if covered > MOST:
            raise InputError(
                f"The masks cover {covered:.0%} of the picture: too little is left to fill from.",
                "Choose a smaller object, or raise the mask threshold.",
            )
        holes = _holes(opacity > 0)
        total = sum(int(np.count_nonzero(hole.mask)) for hole in holes)
        pixels = image.pixels.copy()
        for index, hole in enumerate(holes):
            job.report(index / len(holes), "filling")
            filled = _fill(image.pixels, opacity > 0, hole, total, job)
            _blend(pixels, filled, opacity, hole)
        pixels = frozen(pixels, np.uint8)
        return replace(image, pixels=pixels, digest=digest(pixels), notes=(*image.notes, INFO.note))

    def _opacity(self, image: ImageAsset, masks: MaskSet) -> Pixels:
        """(H, W) uint8: 255 under the dilated masks, falling to 0 over their rims."""
        opacity = np.zeros((image.height, image.width), np.uint8)
        for mask in masks.items:
            if mask.size != (image.width, image.height):
                raise InputError("A mask has another size than the picture.", "Segment the object again.")
            if mask.area:
                _mark(opacity, mask, max(LEAST_DILATE, self._dilate * mask.area**0.5))
        if not opacity.any():
            raise InputError(
                "There is nothing to fill: no object is marked.",
                "Name something in the picture, or draw a box around it.",
            )
        return opacity


def _mark(opacity: Pixels, mask: Mask, radius: float) -> None:
    """Add one mask's dilation and rim; the stronger of two masks holds."""
    rim = max(1.0, RIM * radius)
    reach = int(np.ceil(radius + rim))
    height, width = opacity.shape
    x0, y0, x1, y1 = mask.box
    left, top, right, bottom = max(0, x0 - reach), max(0, y0 - reach), min(width, x1 + reach), min(height, y1 + reach)
    outside = np.ones((bottom - top, right - left), np.uint8)
    outside[y0 - top : y1 - top, x0 - left : x1 - left][mask.crop()] = 0
    distance = cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    share = np.where(distance <= radius + rim, np.clip((radius + rim + 1 - distance) / (rim + 1), 0, 1), 0)
    part = opacity[top:bottom, left:right]
    np.maximum(part, np.rint(255 * share).astype(np.uint8), out=part)


def _holes(covered: Bools) -> list[_Hole]:
    count, labels, table, _ = cv2.connectedComponentsWithStats(covered.view(np.uint8), connectivity=8)
    holes = []
    for label in range(1, count):
        x, y, w, h = (int(v) for v in table[label, :4])
        holes.append(_Hole((x, y, x + w, y + h), np.asarray(labels[y : y + h, x : x + w] == label)))
    return holes


def _fill(rgb: Pixels, covered: Bools, hole: _Hole, total: int, job: Job) -> Pixels:
    """(h, w, 3) uint8 over the hole's bounds; valid inside the hole."""
    depth = cv2.distanceTransform(np.pad(hole.mask, 1).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE).max()
    if depth > THIN:
        for context in (CONTEXT, np.inf):
            filled = _from_pieces(rgb, covered, hole, total, context, job)
            if filled is not None:
                return filled
    x0, y0, x1, y1 = _window(rgb, hole, 0.0)
    smooth = cv2.inpaint(
        np.ascontiguousarray(rgb[y0:y1, x0:x1]), covered[y0:y1, x0:x1].astype(np.uint8), TELEA_RADIUS, cv2.INPAINT_TELEA
    )
    left, top, right, bottom = hole.bounds
    return np.asarray(smooth[top - y0 : bottom - y0, left - x0 : right - x0], np.uint8)


def _from_pieces(rgb: Pixels, covered: Bools, hole: _Hole, total: int, context: float, job: Job) -> Pixels | None:
    """None where the surroundings hold no whole patch to copy from."""
    x0, y0, x1, y1 = _window(rgb, hole, context)
    left, top, right, bottom = hole.bounds
    own = np.zeros((y1 - y0, x1 - x0), np.uint8)
    own[top - y0 : bottom - y0, left - x0 : right - x0] = hole.mask
    area = int(np.count_nonzero(hole.mask))
    budget = max(LEAST_CELLS, CELLS * area / total)
    scale = min(1.0, (budget / area) ** 0.5, LONGEST / max(own.shape))
    size = (max(1, round(own.shape[1] * scale)), max(1, round(own.shape[0] * scale)))
    window = np.ascontiguousarray(rgb[y0:y1, x0:x1])
    small = np.asarray(cv2.resize(window, size, interpolation=cv2.INTER_AREA), np.uint8)
    cells, unknown = _touched(own, size), _touched(covered[y0:y1, x0:x1].astype(np.uint8), size)
    allowed = _sources(unknown)
    if not allowed.any():
        return None
    sources = fill_sources(small, cells, ~unknown, allowed, job.check)
    light = correction(small, cells, ~unknown, sources)
    return transport(window, hole.mask, (left - x0, top - y0), cells, sources, light, job.check)


def _window(rgb: Pixels, hole: _Hole, context: float) -> tuple[int, int, int, int]:
    """The hole's bounds with its surroundings, inside the picture."""
    height, width = rgb.shape[:2]
    x0, y0, x1, y1 = hole.bounds
    reach = max(height, width) if np.isinf(context) else int(context * max(x1 - x0, y1 - y0)) + LEAST_CONTEXT
    return max(0, x0 - reach), max(0, y0 - reach), min(width, x1 + reach), min(height, y1 + reach)


def _touched(mask: Pixels, size: tuple[int, int]) -> Bools:
    """Cells (of a small picture of `size`, width and height) that hold any pixel of a mask."""
    return np.asarray(cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0)


def _sources(unknown: Bools) -> Bools:
    """Patch centres to copy from: a patch and one cell around it are known and inside."""
    allowed = ~dilate(unknown, (HALF + 1) * 2**0.5)
    rim = HALF + 1
    inner = np.zeros_like(allowed)
    inner[rim:-rim, rim:-rim] = allowed[rim:-rim, rim:-rim]
    return inner


def _blend(pixels: Pixels, filled: Pixels, opacity: Pixels, hole: _Hole) -> None:
    """Lay the fill over the picture; a pixel of opacity 0 is not touched."""
    x0, y0, x1, y1 = hole.bounds
    view, share = pixels[y0:y1, x0:x1], opacity[y0:y1, x0:x1]
    np.copyto(view, filled, where=(hole.mask & (share == 255))[..., None])
    rim = hole.mask & (share < 255)
    weight = share[rim][:, None].astype(np.float32) / 255
    view[rim] = np.rint(weight * filled[rim] + (1 - weight) * view[rim]).astype(np.uint8)

"""Policy of masks: from logits and a cut to one mask an object. No engine runs here."""

from __future__ import annotations

import cv2
import numpy as np

from core import geometry, registry
from core.types.arrays import Floats
from core.types.masks import Mask, MaskLogits

STABILITY_STEP = 0.1  # stability compares the masks cut this much (in probability) below and above


def cut_mask(logits: MaskLogits, row: int, cut: float, picture: tuple[int, int]) -> Mask:
    """One object's mask; cutting logits at logit(cut) needs no exponential over the picture.

    Logits with a frame are enlarged exactly as their model's library does, and nothing is tidied.
    """
    level, frame = geometry.logit(cut), logits.frames[row]
    grid = logits.logits[row, candidate(logits, row)]
    if frame is None:
        grid = tidied(grid, level)
        enlarged, origin = geometry.enlarge_logits(grid, logits.maps[row], logits.extents[row], picture)
    else:
        enlarged, origin = registry.enlarger()(grid, frame, level, picture)
    wide = np.count_nonzero(grid >= geometry.logit(cut - STABILITY_STEP))
    narrow = np.count_nonzero(grid >= geometry.logit(cut + STABILITY_STEP))
    return Mask.of(enlarged >= level, narrow / wide if wide else 0.0, origin, picture)


def candidate(logits: MaskLogits, row: int) -> int:
    """The candidate that counts: the one of best quality; where they are made for it, the first answers a clear prompt.

    Segment Anything (Kirillov et al. 2023, section 3): three masks for an ambiguous click, a fourth for a clear prompt.
    """
    quality, frame = logits.quality[row], logits.frames[row]
    if frame is None or len(quality) == 1:
        return 0 if np.isnan(quality).all() else int(np.nanargmax(quality))
    return 1 + int(np.nanargmax(quality[1:])) if frame.ambiguous else 0


CRUMB, HOLE = 0.02, 0.01  # of the object's area: smaller islands leave, smaller holes close


def tidied(grid: Floats, level: float) -> Floats:
    """A logit grid (h, w) without crumbs beside the object and pinholes in it, where it is cut at `level`."""
    inside = (grid >= level).astype(np.uint8)
    area = int(inside.sum())
    crumbs = _small_parts(inside, CRUMB * area)
    holes = _small_parts(1 - inside, HOLE * area)
    if not (crumbs.any() or holes.any()):
        return grid
    step = np.abs(grid - level) + 1e-3
    return np.where(crumbs, level - step, np.where(holes, level + step, grid)).astype(np.float32)


def _small_parts(bits: np.ndarray, limit: float) -> np.ndarray:
    """(h, w) bool: the 8-connected parts of fewer than `limit` cells."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(bits, connectivity=8)
    small = stats[:, cv2.CC_STAT_AREA] < limit
    small[0] = False  # the ground
    return np.asarray(small[labels]) if count > 1 else np.zeros(bits.shape, bool)


def grown(mask: Mask, pixels: float) -> Mask:
    """The mask with its edge moved out by so many pixels (in where negative), clipped to the picture.

    Euclidean: every pixel within that distance of the mask joins, or of the outside leaves. The picture's own border is
    no outside: a mask that touches it does not shrink away from it.
    """
    reach = round(abs(pixels))
    if not mask.area or not reach:
        return mask
    width, height = mask.size
    x0, y0, x1, y1 = mask.box
    left, top = max(0, x0 - reach - 1), max(0, y0 - reach - 1)
    right, bottom = min(width, x1 + reach + 1), min(height, y1 + reach + 1)
    bits = np.zeros((bottom - top, right - left), np.uint8)
    bits[y0 - top : y1 - top, x0 - left : x1 - left] = mask.crop()
    if pixels > 0:
        wide = cv2.distanceTransform(1 - bits, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) <= reach
    else:
        wide = cv2.distanceTransform(bits, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) > reach
    return Mask.of(wide, mask.stability, (left, top), mask.size)

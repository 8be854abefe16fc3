"""Regions that merely stand out: saliency by robust background detection (Zhu et al. 2014, CVPR). Suggestions only."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.detection.embedded.view import View, shrink
from core.errors import EngineUnavailable
from core.types.arrays import Bools, Doubles, Floats, Pixels
from core.types.boxes import Suggestion

SIDE, SUPERPIXELS, COMPACTNESS = 300, 250, 20.0
MOST = 3
LEAST = 0.004  # smallest region, as a share of the picture
SIGMA_GEODESIC, SIGMA_SPACE, SIGMA_SMOOTH = 10.0, 0.4, 7.0  # of equations 3 and 8, and of the smoothness term
BACKGROUND_WEIGHT, LEAST_SMOOTH = 5.0, 0.1


def suggest(view: View, phrase: str) -> tuple[Suggestion, ...]:
    """At most `MOST` regions, the most salient first; none in a picture of one colour."""
    small = shrink(view.rgb, SIDE)
    saliency = measure(small)
    if saliency is None:
        return ()
    level, _ = cv2.threshold((saliency * 255).astype(np.uint8), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    mask = (saliency * 255 > level).astype(np.uint8)
    count, marks, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    found: list[tuple[float, float, NDArray[Any]]] = []
    for index in range(1, count):
        x, y, w, h, area = (int(v) for v in stats[index])
        if area < LEAST * mask.size:
            continue
        mean = float(saliency[marks == index].mean())
        found.append((mean * float(np.sqrt(area / mask.size)), mean, np.array([x, y, x + w, y + h], np.float32)))
    found.sort(key=lambda item: -item[0])
    suggestions = []
    for _, mean, box in found[:MOST]:
        x0, y0, x1, y1 = (float(v) for v in view.to_picture(box[None], small)[0])
        suggestions.append(Suggestion((x0, y0, x1, y1), mean, phrase))
    return tuple(suggestions)


def measure(rgb: Pixels) -> Floats | None:
    """(h, w) saliency in [0, 1]; None where the picture holds nothing to compare."""
    patches = _patches(rgb)
    count = int(patches.max()) + 1
    if count < 4:
        return None
    lab = np.asarray(cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float64)
    colour, place = _means(patches, count, lab)
    distance = np.linalg.norm(colour[:, None] - colour[None], axis=2)
    if distance.max() < 1e-3:
        return None
    border = np.zeros(count, bool)
    border[np.unique(np.concatenate([patches[0], patches[-1], patches[:, 0], patches[:, -1]]))] = True
    beside = _neighbours(patches, count)
    background = _background(beside, border, distance)
    near = np.exp(-(np.linalg.norm(place[:, None] - place[None], axis=2) ** 2) / (2 * SIGMA_SPACE**2))
    contrast = (distance * near * background[None]).sum(1)  # equation 8
    values = _optimise(beside, border, distance, background, _stretch(contrast))
    return np.asarray(_stretch(values)[patches], np.float32)


def _patches(rgb: Pixels) -> NDArray[np.int64]:
    try:
        from skimage.segmentation import slic
    except ImportError as error:
        raise EngineUnavailable(
            "Suggestions need the package 'scikit-image'.", "Install it: pip install -r requirements-embedded.txt."
        ) from error
    return np.asarray(slic(rgb, n_segments=SUPERPIXELS, compactness=COMPACTNESS, start_label=0), np.int64)


def _means(patches: NDArray[np.int64], count: int, lab: Doubles) -> tuple[Doubles, Doubles]:
    """Each patch's mean Lab (N, 3), and its centre (N, 2) in shares of the longer side."""
    flat = patches.ravel()
    area = np.bincount(flat, minlength=count).astype(np.float64)
    colour = np.stack([np.bincount(flat, lab[..., c].ravel(), count) / area for c in range(3)], axis=1)
    rows, columns = np.mgrid[0 : patches.shape[0], 0 : patches.shape[1]]
    centre = np.stack([np.bincount(flat, part.ravel(), count) / area for part in (columns, rows)], axis=1)
    return colour, centre / max(patches.shape)


def _neighbours(patches: NDArray[np.int64], count: int) -> Bools:
    """(N, N) which patches touch."""
    beside = np.zeros((count, count), bool)
    beside[patches[:, :-1], patches[:, 1:]] = True
    beside[patches[:-1], patches[1:]] = True
    beside |= beside.T
    np.fill_diagonal(beside, False)
    return beside


def _background(beside: Bools, border: Bools, distance: Doubles) -> Doubles:
    """(N,) probability of background, from boundary connectivity (equations 2 to 6)."""
    from scipy.sparse.csgraph import shortest_path

    linked = beside | np.logical_and.outer(border, border)  # border patches are mutually connected
    np.fill_diagonal(linked, False)
    least = np.where(beside, distance, np.inf).min(1)
    noise = float(least[np.isfinite(least)].mean()) if np.isfinite(least).any() else 0.0
    steps = np.where(linked, np.maximum(distance - noise, 0) + 1e-6, 0.0)
    geodesic = np.asarray(shortest_path(steps, method="D", directed=False))
    affinity = np.exp(-(geodesic**2) / (2 * SIGMA_GEODESIC**2))
    connectivity = affinity[:, border].sum(1) / np.sqrt(affinity.sum(1))
    return np.asarray(1 - np.exp(-(connectivity**2) / 2), np.float64)


def _optimise(beside: Bools, border: Bools, distance: Doubles, background: Doubles, foreground: Doubles) -> Doubles:
    """(N,) least squares of background (to 0), foreground (to 1) and smoothness over two rings (equation 9)."""
    counts = beside.astype(np.float64)
    near = (counts @ counts + counts > 0) | np.logical_and.outer(border, border)
    np.fill_diagonal(near, False)
    weights = np.where(near, np.exp(-(distance**2) / (2 * SIGMA_SMOOTH**2)) + LEAST_SMOOTH, 0.0)
    laplacian = np.diag(weights.sum(1)) - weights
    pull = np.diag(BACKGROUND_WEIGHT * background + foreground)
    return np.asarray(np.linalg.solve(pull + laplacian, foreground), np.float64)


def _stretch(values: Doubles) -> Doubles:
    return np.asarray((values - values.min()) / (np.ptp(values) + 1e-9), np.float64)
